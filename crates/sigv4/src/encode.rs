//! Percent encoding as SigV4 wants it: everything but `A-Z a-z 0-9 - _ . ~` as `%XX`, upper case.
//!
//! Source: contract/sigv4.md section 1. The table is written by hand: the general crates encode
//! other sets.

/// An escape that does not decode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEscape {
    /// `%XY` where XY are not hexadecimal digits.
    #[error("`%{0}` is not a percent escape")]
    Illegal(String),
    /// A `%` with fewer than two characters after it.
    #[error("a percent escape is cut short")]
    Incomplete,
}

/// Whether SigV4 leaves `byte` as it is.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    // Without short circuits, so that a scan over many bytes becomes vector code.
    letter | digit | (byte == b'-') | (byte == b'_') | (byte == b'.') | (byte == b'~')
}

/// Whether every byte is unreserved or one of `extra`.
pub(crate) fn all_plain<const N: usize>(bytes: &[u8], extra: [u8; N]) -> bool {
    let plain = |byte: u8| extra.iter().fold(is_unreserved(byte), |ok, &e| ok | (byte == e));
    bytes.iter().fold(true, |all, &byte| all & plain(byte))
}

/// Whether every `%` starts an escape that encoding anew would write the same.
///
/// `kept` is a reserved byte that the caller leaves in the clear (the slash of a path).
pub(crate) fn escapes_are_canonical(bytes: &[u8], kept: Option<u8>) -> bool {
    memchr::memchr_iter(b'%', bytes).all(|at| {
        let Some(&[_, high, low]) = bytes.get(at..at + 3) else { return false };
        let upper = high < b'a' && low < b'a';
        let decoded = pair(high, low);
        upper && decoded.is_some_and(|byte| !is_unreserved(byte) && Some(byte) != kept)
    })
}

/// Refuses a text with an escape that does not decode.
pub(crate) fn check_escapes(bytes: &[u8]) -> Result<(), BadEscape> {
    let broken = |&at: &usize| match bytes.get(at..at + 3) {
        Some(&[_, high, low]) => pair(high, low).is_none(),
        _ => true,
    };
    match memchr::memchr_iter(b'%', bytes).find(broken) {
        None => Ok(()),
        Some(at) => Err(self::broken(bytes, at)),
    }
}

/// What is wrong with the escape at `at`.
fn broken(bytes: &[u8], at: usize) -> BadEscape {
    match bytes.get(at + 1..at + 3) {
        Some(digits) => BadEscape::Illegal(String::from_utf8_lossy(digits).into_owned()),
        None => BadEscape::Incomplete,
    }
}

/// Appends `byte` as SigV4 writes it.
pub(crate) fn push_encoded(byte: u8, out: &mut Vec<u8>) {
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[b'%', digit_upper(byte >> 4), digit_upper(byte & 15)]);
    }
}

/// Appends `text` encoded strictly.
pub(crate) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    text.iter().for_each(|&byte| push_encoded(byte, out));
}

/// The decoded bytes of a query name or value: escapes, and `+` for a space.
pub(crate) fn decode_query(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    Decode { rest: bytes, plus: b' ' }
}

/// Appends the decoded bytes of a query value in one walk, and says whether its escapes are as
/// SigV4 writes them. What was appended before a broken escape stays.
pub(crate) fn decode_query_into(text: &[u8], out: &mut Vec<u8>) -> Result<bool, BadEscape> {
    // LIMIT: a decoded value is never longer than what was received.
    out.reserve(text.len());
    let (mut canonical, mut start) = (true, 0);
    // What follows a `%` are digits, or the walk ends: no special byte is met inside an escape.
    for at in memchr::memchr2_iter(b'%', b'+', text) {
        out.extend_from_slice(text.get(start..at).unwrap_or_default());
        let escape = text.get(at..at + 3);
        match (text.get(at), escape) {
            (Some(b'+'), _) => {
                out.push(b' ');
                start = at + 1;
            }
            (_, Some(&[_, high, low])) if let Some(byte) = pair(high, low) => {
                canonical &= high < b'a' && low < b'a' && !is_unreserved(byte);
                out.push(byte);
                start = at + 3;
            }
            _ => return Err(broken(text, at)),
        }
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
    Ok(canonical)
}

/// The decoded bytes of a path, where `+` is a plus.
pub(crate) fn decode_path(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    Decode { rest: bytes, plus: b'+' }
}

/// Lower-case hexadecimal, as signatures and hashes are written.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (digits, &byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        *digits = [digit_lower(byte >> 4), digit_lower(byte & 15)];
    }
    text
}

/// Reads 64 lower-case hexadecimal digits. Upper case is refused: contract/sigv4.md section 1.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    let (mut bytes, mut seen) = ([0; 32], 0);
    for (byte, &[high, low]) in bytes.iter_mut().zip(text.as_chunks::<2>().0) {
        let (high, low) = (lower_hex_value(high), lower_hex_value(low));
        seen |= high | low;
        *byte = high << 4 | low;
    }
    (seen < NO_DIGIT).then_some(bytes)
}

/// The value of a lower-case digit, or [`NO_DIGIT`]; without branches, as it runs over many.
const fn lower_hex_value(digit: u8) -> u8 {
    let (decimal, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
    if decimal < 10 {
        decimal
    } else if letter < 6 {
        letter + 10
    } else {
        NO_DIGIT
    }
}

/// Decodes as it goes. A broken escape passes as it stands; who must refuse it asked before.
struct Decode<'a> {
    rest: &'a [u8],
    plus: u8,
}

impl Iterator for Decode<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.rest
            && let Some(byte) = pair(*high, *low)
        {
            self.rest = rest;
            return Some(byte);
        }
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(if byte == b'+' { self.plus } else { byte })
    }
}

fn pair(high: u8, low: u8) -> Option<u8> {
    let value = |digit: u8| HEX_VALUES.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT);
    let (high, low) = (value(high), value(low));
    ((high | low) < NO_DIGIT).then_some(high << 4 | low)
}

/// The value of every hexadecimal digit, and [`NO_DIGIT`] for the rest.
static HEX_VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut byte = 0;
    while byte < 256 {
        if let Some(value) = (byte as u8 as char).to_digit(16)
            && let Some((_, tail)) = values.split_at_mut_checked(byte)
            && let Some(slot) = tail.first_mut()
        {
            *slot = value as u8;
        }
        byte += 1;
    }
    values
};

/// Above every digit's value, and still so after `|` with any.
const NO_DIGIT: u8 = 0x10;

const fn digit_lower(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + (value - 10) }
}

const fn digit_upper(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'A' + (value - 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unreserved_set_is_that_of_the_documentation() {
        let kept: Vec<u8> = (0..=255).filter(|&byte| is_unreserved(byte)).collect();
        let set = b"-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~";
        assert_eq!(kept, set);
    }

    #[test]
    fn every_byte_survives_encoding_and_decoding() {
        let all: Vec<u8> = (0..=255).collect();
        let mut encoded = Vec::new();
        push_text(&all, &mut encoded);
        assert!(escapes_are_canonical(&encoded, None));
        assert_eq!(decode_query(&encoded).collect::<Vec<_>>(), all);
        assert_eq!(decode_path(&encoded).collect::<Vec<_>>(), all);
    }

    #[test]
    fn broken_escapes_are_named() {
        assert_eq!(check_escapes(b"a%2Fb"), Ok(()));
        assert_eq!(check_escapes(b"a%"), Err(BadEscape::Incomplete));
        assert_eq!(check_escapes(b"a%2"), Err(BadEscape::Incomplete));
        assert_eq!(check_escapes(b"a%zz"), Err(BadEscape::Illegal("zz".into())));
    }

    #[test]
    fn a_value_is_decoded_and_judged_in_one_walk() {
        for (text, decoded, canonical) in [
            ("", "", true),
            ("plain", "plain", true),
            ("a%2Fb%3D", "a/b=", true),
            ("a%2fb", "a/b", false),
            ("%61", "a", false),
            ("a+b%20c", "a b c", true),
            ("%2B+", "+ ", true),
        ] {
            let mut out = b"x".to_vec();
            assert_eq!(decode_query_into(text.as_bytes(), &mut out), Ok(canonical), "{text}");
            assert_eq!(out, ["x", decoded].concat().into_bytes(), "{text}");
            assert_eq!(out[1..], decode_query(text.as_bytes()).collect::<Vec<_>>());
            let alone = escapes_are_canonical(text.as_bytes(), None);
            assert_eq!(alone, canonical, "{text}");
        }
        for text in ["%", "a%2", "a%2Fb%", "%+1", "%%41", "%zz"] {
            let told = decode_query_into(text.as_bytes(), &mut Vec::new()).unwrap_err();
            assert_eq!(Err(told), check_escapes(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn hexadecimal_is_lower_case_and_whole() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 9) as u8);
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex(&hex(&bytes).to_ascii_uppercase()), None);
        assert_eq!(unhex(&hex(&bytes)[1..]), None);
        assert_eq!(unhex(&[b'g'; 64]), None);
    }
}
