use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use constant_time_eq::constant_time_eq;
use hmac::{Hmac, Mac};
use rolecall_identity::{Entropy, InstanceId, Timestamp};
use sha2::Sha256;

use crate::keyring::Keyring;
use crate::opened::PresentedToken;

/// An IMDSv2 token as the client carries it: 56 characters. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MetadataToken(String);

/// How long a metadata token lives: 0 to 21,600 seconds. Zero is legal and dead at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTtl(u32);

/// Longest lifetime a metadata token may ask for: six hours.
/// Source: EC2 user guide, "Use the Instance Metadata Service".
pub const TOKEN_TTL_SECONDS_MAX: u32 = 21_600;

/// Characters of every metadata token: 40 bytes in URL-safe base64. Source: contract/imds.md 1.2.
pub const METADATA_TOKEN_LENGTH: usize = 56;

impl TokenTtl {
    /// Reads the value of `X-aws-ec2-metadata-token-ttl-seconds`: digits alone, at most the maximum.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > 10 || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let seconds = str::from_utf8(text).ok()?.parse().ok()?;
        (seconds <= TOKEN_TTL_SECONDS_MAX).then_some(Self(seconds))
    }

    /// The lifetime in seconds.
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl Keyring {
    /// A token for `instance`, valid for `ttl` from `now`.
    ///
    /// A token of another instance does not open here: the instance is authenticated, not stored.
    pub fn seal_metadata(
        &self,
        instance: &InstanceId,
        ttl: TokenTtl,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> MetadataToken {
        let end = now.plus_seconds(i64::from(ttl.0)).seconds();
        let mut open = [0; OPEN];
        let mut salt = [0; 8];
        entropy.fill(&mut salt);
        let end = (end as u32).to_be_bytes();
        for (to, from) in open.iter_mut().zip(PREFIX.iter().chain(&end).chain(&salt)) {
            *to = *from;
        }
        let tag = self.metadata_tag(&open, instance);
        MetadataToken(URL_SAFE.encode([open.as_slice(), tag.as_slice()].concat()))
    }

    /// The seconds a presented token still has, or `None`: every refusal is the same 401.
    pub fn open_metadata(
        &self,
        presented: &[u8],
        instance: &InstanceId,
        now: Timestamp,
    ) -> Option<u32> {
        let token: &PresentedToken = presented.try_into().ok()?;
        let end = self.opened.end(token, instance).or_else(|| self.check(token, instance))?;
        let remaining = i64::from(end).saturating_sub(now.seconds());
        u32::try_from(remaining).ok().filter(|&seconds| seconds > 0)
    }

    /// The end of a token whose tag is right, in seconds since the epoch.
    fn check(&self, token: &PresentedToken, instance: &InstanceId) -> Option<u32> {
        let mut bytes = [0; TOKEN];
        let read = URL_SAFE.decode_slice(token, &mut bytes).ok()?;
        let (open, tag) = bytes.split_first_chunk::<OPEN>().filter(|_| read == TOKEN)?;
        if !constant_time_eq(&self.metadata_tag(open, instance), tag) {
            return None;
        }
        let (end, _salt) = open.strip_prefix(&PREFIX)?.split_first_chunk::<4>()?;
        let end = u32::from_be_bytes(*end);
        self.opened.keep(token, instance, end);
        Some(end)
    }

    fn metadata_tag(&self, open: &[u8; OPEN], instance: &InstanceId) -> [u8; TAG] {
        let mut hmac = self.metadata.hmac();
        hmac.update(open);
        hmac.update(instance.as_str().as_bytes());
        shortened(hmac)
    }
}

impl Keyring {
    /// Ties the id of a multipart upload to its object: 32 hexadecimal digits.
    ///
    /// Who knows an id alone cannot use it for another object.
    pub fn upload_tag(&self, bucket: &str, key: &str, upload: &str) -> String {
        hex::encode(self.labelled_tag(&["rolecall-upload-v1", bucket, key, upload]))
    }

    /// The id by which `of` is known in a path, in the form of a UUID. Nobody guesses it without the
    /// key ring, and it stays the same for as long as the key ring does.
    ///
    /// Ids of one thing for two purposes tell nothing of each other.
    pub fn path_id(&self, purpose: &str, of: &str) -> String {
        let mut id = hex::encode(self.labelled_tag(&["rolecall-path-v1", purpose, of]));
        for dash in [20, 16, 12, 8] {
            id.insert(dash, '-');
        }
        id
    }

    fn labelled_tag(&self, parts: &[&str]) -> [u8; 16] {
        let mut hmac = self.metadata.hmac();
        for part in parts {
            hmac.update(&(part.len() as u64).to_be_bytes());
            hmac.update(part.as_bytes());
        }
        shortened(hmac)
    }
}

/// The first bytes of a tag.
fn shortened<const LENGTH: usize>(hmac: Hmac<Sha256>) -> [u8; LENGTH] {
    let mut tag = [0; LENGTH];
    tag.iter_mut().zip(hmac.finalize().into_bytes()).for_each(|(to, from)| *to = from);
    tag
}

impl MetadataToken {
    /// The token in the clear, for the wire to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MetadataToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetadataToken(…)")
    }
}

/// The first four bytes of every token of AWS, hence `AQAEA`. Source: contract/imds.md section 1.2.
const PREFIX: [u8; 4] = [1, 0, 4, 0];
/// Prefix, end and salt.
const OPEN: usize = 16;
const TAG: usize = 24;
const TOKEN: usize = OPEN + TAG;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::Counting;

    fn setup() -> (Keyring, InstanceId, Timestamp) {
        let now = Timestamp::from_seconds(1_800_000_000);
        let instance = "i-0123456789abcdef0".parse().unwrap();
        (Keyring::generate(now, &mut Counting::default()), instance, now)
    }

    fn ttl(seconds: &str) -> TokenTtl {
        TokenTtl::parse(seconds.as_bytes()).unwrap()
    }

    #[test]
    fn a_token_has_the_form_of_aws() {
        let (ring, instance, now) = setup();
        let token = ring.seal_metadata(&instance, ttl("21600"), now, &mut Counting::default());
        assert_eq!(token.expose().len(), METADATA_TOKEN_LENGTH);
        assert!(token.expose().starts_with("AQAEA") && token.expose().ends_with("=="));
        assert_eq!(ring.open_metadata(token.expose().as_bytes(), &instance, now), Some(21_600));
        let later = now.plus_seconds(1);
        assert_eq!(ring.open_metadata(token.expose().as_bytes(), &instance, later), Some(21_599));
    }

    #[test]
    fn a_token_ends_with_its_ttl() {
        let (ring, instance, now) = setup();
        for seconds in ["0", "1", "300"] {
            let token = ring.seal_metadata(&instance, ttl(seconds), now, &mut Counting::default());
            let end = now.plus_seconds(seconds.parse().unwrap());
            let last = now.plus_seconds(end.seconds_since(now) - 1);
            let left = ring.open_metadata(token.expose().as_bytes(), &instance, last);
            assert_eq!(left, Some(1), "remembered now, and dead all the same");
            assert_eq!(ring.open_metadata(token.expose().as_bytes(), &instance, end), None);
        }
    }

    #[test]
    fn a_token_of_another_instance_or_altered_is_refused() {
        let (ring, instance, now) = setup();
        let token = ring.seal_metadata(&instance, ttl("300"), now, &mut Counting::default());
        refuses_others(&ring, &instance, &token, now);
        assert!(ring.open_metadata(token.expose().as_bytes(), &instance, now).is_some());
        refuses_others(&ring, &instance, &token, now);
        assert!(ring.open_metadata(token.expose().as_bytes(), &instance, now).is_some());
    }

    fn refuses_others(
        ring: &Keyring,
        instance: &InstanceId,
        token: &MetadataToken,
        now: Timestamp,
    ) {
        let other = "i-0123456789abcdef1".parse().unwrap();
        assert_eq!(ring.open_metadata(token.expose().as_bytes(), &other, now), None);
        for position in 0..METADATA_TOKEN_LENGTH {
            let mut changed = token.expose().as_bytes().to_vec();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            assert_eq!(ring.open_metadata(&changed, instance, now), None, "at {position}");
        }
        let longer = [token.expose().as_bytes(), b"A"].concat();
        assert_eq!(ring.open_metadata(&longer, instance, now), None);
        assert_eq!(ring.open_metadata(&longer[..55], instance, now), None);
    }

    #[test]
    fn an_id_in_a_path_is_of_one_thing_for_one_purpose() {
        let (ring, ..) = setup();
        let id = ring.path_id("credentials", "task-a");
        assert_eq!(ring.path_id("credentials", "task-a"), id);
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        let other = Keyring::generate(Timestamp::from_seconds(0), &mut Counting::default());
        for another in [
            ring.path_id("credentials", "task-b"),
            ring.path_id("agent", "task-a"),
            ring.path_id("credentialst", "ask-a"),
        ] {
            assert_ne!(another, id);
        }
        let mut rotated = other;
        rotated.rotate(Timestamp::from_seconds(9), &mut Counting::default());
        assert_eq!(rotated.path_id("credentials", "task-a"), id, "rotation keeps ids");
    }

    #[test]
    fn lifetimes_are_whole_seconds_up_to_six_hours() {
        for (text, seconds) in [("0", 0), ("1", 1), ("21600", 21_600), ("021600", 21_600)] {
            assert_eq!(TokenTtl::parse(text.as_bytes()).map(TokenTtl::seconds), Some(seconds));
        }
        for bad in ["", "-1", "+5", "1.5", "21601", "invalid", "99999999999999999999", " 5"] {
            assert_eq!(TokenTtl::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
