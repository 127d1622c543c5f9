use std::fmt;
use std::str::FromStr;

/// A length of time in whole seconds, as people write it: `2h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    seconds: u64,
}

/// The text is no length of time.
#[derive(Debug, thiserror::Error)]
#[error("expected a duration such as `90s`, `6h` or `2h30m`")]
pub(crate) struct SpanError;

/// From the longest to the shortest, as they stand in a text.
const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

impl Span {
    pub(crate) const fn of_seconds(seconds: u64) -> Self {
        Self { seconds }
    }

    pub(crate) const fn seconds(self) -> u64 {
        self.seconds
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let mut units = UNITS.iter();
        let (mut rest, mut seconds) = (text, 0_u64);
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).ok_or(SpanError)?;
            let (number, tail) = rest.split_at(end);
            let unit = tail.chars().next().ok_or(SpanError)?;
            let (_, length) = units.find(|(name, _)| *name == unit).ok_or(SpanError)?;
            let number: u64 = number.parse().map_err(|_| SpanError)?;
            let part = number.checked_mul(*length).ok_or(SpanError)?;
            seconds = seconds.checked_add(part).ok_or(SpanError)?;
            rest = tail.get(unit.len_utf8()..).unwrap_or_default();
        }
        if text.is_empty() { Err(SpanError) } else { Ok(Self { seconds }) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == 0 {
            return f.write_str("0s");
        }
        let mut left = self.seconds;
        for (name, length) in UNITS {
            if left >= length {
                write!(f, "{}{name}", left / length)?;
                left %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("6h", 21_600),
            ("2h30m", 9000),
            ("1d12h30m5s", 131_405),
            ("1d5s", 86_405),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().seconds(), seconds, "{text}");
        }
        assert_eq!("90m".parse::<Span>().unwrap().to_string(), "1h30m");
        assert_eq!(Span::of_seconds(0).to_string(), "0s");
        for seconds in [1, 59, 60, 61, 3599, 86_400, 90_061] {
            let span = Span::of_seconds(seconds);
            assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "6", "h", "6 h", "-6h", "30m2h", "1h1h", "6H", "6w", "1.5h", "6hé"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        assert!("9999999999999999999d".parse::<Span>().is_err());
        assert!("18446744073709551615s1s".parse::<Span>().is_err());
        assert!("213503982334602d".parse::<Span>().is_err(), "more than 64 bits");
    }
}
