//! Percent-encoding of text, as RFC 3986 section 2 has it.

/// Decodes `%XY`; every other byte stays. `None` for a broken escape, or what is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, tail) = tail.split_first_chunk::<2>()?;
        bytes.push(hex_pair(*digits)?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

/// Encodes all but the unreserved characters and those of `kept`.
pub fn encode(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend([byte >> 4, byte & 15].map(hex_digit));
        }
    }
    encoded
}

/// The byte of two hexadecimal digits, in either case.
pub fn hex_pair([high, low]: [u8; 2]) -> Option<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(high)? * 16 + value(low)?).ok()
}

fn hex_digit(value: u8) -> char {
    char::from(if value < 10 { b'0' + value } else { b'A' + (value - 10) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_encoded_and_read_back() {
        for (text, encoded) in [("a b/é~", "a%20b%2F%C3%A9~"), ("", ""), ("%", "%25")] {
            assert_eq!(encode(text, b""), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(encode("a/b", b"/"), "a/b");
        assert_eq!(decode("%c3%A9+").as_deref(), Some("é+"));
    }

    #[test]
    fn broken_escapes_are_refused() {
        for broken in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
