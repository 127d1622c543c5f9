use std::fmt;

use crate::Entropy;

/// Names one request in its answer, in the log and in its audit record: a UUID of version 4
/// (RFC 9562 section 5.4).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// A new id.
    pub fn mint(entropy: &mut dyn Entropy) -> Self {
        let mut random = [0; 16];
        entropy.fill(&mut random);
        let version = 0x4000_u128 << 64;
        let variant = 0x8000_u128 << 48;
        Self(u128::from_be_bytes(random) & !(0xf000 << 64 | 0xc000 << 48) | version | variant)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand: an id is written three times per request, and `{:x}` of a `u128` is slow.
        let mut text = *b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
        let places = text.iter_mut().filter(|byte| **byte != b'-');
        for (place, at) in places.zip((0..32_u32).rev()) {
            let digit = (self.0 >> (4 * at)) as u8 & 15;
            *place = if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) };
        }
        // The digits are ASCII, so the fallback is never taken.
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
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
    fn an_id_is_a_uuid_of_version_4() {
        let id = RequestId::mint(&mut Ones).to_string();
        assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
