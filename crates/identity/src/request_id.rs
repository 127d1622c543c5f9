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
        let id = self.0;
        let (a, b, c) = (id >> 96, id >> 80 & 0xffff, id >> 64 & 0xffff);
        let (d, e) = (id >> 48 & 0xffff, id & 0xffff_ffff_ffff);
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
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
