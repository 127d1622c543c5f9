use std::fmt;

use crate::Entropy;

/// Names one request in its answer, in the log and in its audit record: a UUID of version 4
/// (RFC 9562 section 5.4).
///
/// Kept as its text: it is written three times for a request, and read by nobody here.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 36]);

impl RequestId {
    /// A new id.
    pub fn mint(entropy: &mut dyn Entropy) -> Self {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let version = 0x4000_u128 << 64;
        let variant = 0x8000_u128 << 48;
        Self::of(u128::from_be_bytes(random) & !(0xf000 << 64 | 0xc000 << 48) | version | variant)
    }

    fn of(number: u128) -> Self {
        // By hand: `{:x}` of a `u128` is slow.
        let mut text = [b'-'; 36];
        for (place, byte) in PLACES.into_iter().zip(number.to_be_bytes()) {
            if let Some([high, low]) = text.get_mut(place..place + 2) {
                (*high, *low) = (digit(byte >> 4), digit(byte & 15));
            }
        }
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        // The digits are ASCII, so the fallback is never taken.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the two digits of each byte stand.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + (value - 10) }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;

    impl Entropy for Ones {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }

    #[test]
    fn digits_stand_in_order() {
        let id = RequestId::of(0x0123_4567_89ab_cdef_0011_2233_4455_6677).to_string();
        assert_eq!(id, "01234567-89ab-cdef-0011-223344556677");
    }

    #[test]
    fn an_id_is_a_uuid_of_version_4() {
        let id = RequestId::mint(&mut Ones).to_string();
        assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
