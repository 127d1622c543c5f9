//! Exact decimal numbers of Numeric conditions.

/// A number, counted in units of 10^-18: no rounding, so neighbours of 2^53 stay apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(i128);

/// Most digits before and after the point.
pub(crate) const DIGITS_MAX: usize = 18;

impl Number {
    /// Reads `-12.5`; no exponent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let fits =
            |part: &str| part.len() <= DIGITS_MAX && part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !fits(whole) || !fits(fraction) {
            return None;
        }
        let missing = u32::try_from(DIGITS_MAX - fraction.len()).ok()?;
        let fraction = if fraction.is_empty() { 0 } else { fraction.parse::<i128>().ok()? };
        let units = whole.parse::<i128>().ok()? * UNIT + fraction * 10_i128.pow(missing);
        Some(Self(if negative { -units } else { units }))
    }
}

/// One, in units.
const UNIT: i128 = 10_i128.pow(DIGITS_MAX as u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_exactly() {
        let number = |text| Number::parse(text).unwrap();
        assert_eq!(number("2"), number("2.000"));
        assert_eq!(number("-0"), number("0"));
        assert!(number("9007199254740992") < number("9007199254740993"));
        assert!(number("-1.5") < number("-1.25"));
        assert!(number("0.000000000000000001") > number("0"));
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for bad in ["", "-", ".5", "1.", "1e3", "+1", " 1", "1,0", "0x1", "NaN", "--1"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn digits_have_a_limit() {
        let nines = |count| "9".repeat(count);
        assert!(Number::parse(&format!("{0}.{0}", nines(DIGITS_MAX))).is_some());
        assert!(Number::parse(&nines(DIGITS_MAX + 1)).is_none());
        assert!(Number::parse(&format!("0.{}", nines(DIGITS_MAX + 1))).is_none());
    }
}
