//! Instance I of contract/imds.md section 4, its variants, and the tokens that clients present.

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_identity::{Credentials, Entropy, SecretAccessKey, SessionToken, Timestamp};
use rolecall_imds::{
    DocumentSigner, IamFacts, IdentityProof, InstanceFacts, InterfaceFacts, KeySets, LoginKeyFacts,
    MetadataSettings, Presented, Request, RoleFacts, Snapshot, respond,
};
use rolecall_token::{Keyring, TokenTtl};
use serde::Deserialize;

/// When tokens are given out and snapshots are made: 2027-01-15T08:00:00Z.
pub(crate) const ISSUED: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) const SECRET_V1: &str = "v1alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const SECRET_V2: &str = "v2alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub(crate) const SESSION_V1: &str = "IQoJb3JpZ2luX2VjEXAMPLEv1==";
pub(crate) const SESSION_V2: &str = "IQoJb3JpZ2luX2VjEXAMPLEv2==";
pub(crate) const USER_DATA: &str = "#cloud-config\nruncmd: []\n";

/// How an instance differs from I.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct Variant {
    pub(crate) tokens: Tokens,
    pub(crate) endpoint: Endpoint,
    pub(crate) profile: Profile,
    pub(crate) tags: Tags,
    pub(crate) key: Given,
    pub(crate) user_data: Given,
    pub(crate) keyring: KeyringState,
    pub(crate) interfaces: Interfaces,
    /// Values that were set, by whole path.
    pub(crate) values: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Interfaces {
    #[default]
    One,
    /// A second one; the first has a public address, both have IPv6.
    Two,
}

impl Interfaces {
    fn facts(self) -> Vec<InterfaceFacts> {
        let first = InterfaceFacts {
            interface_id: "eni-0123456789abcdef0".into(),
            mac: "02:00:17:3a:5c:9e".into(),
            device_number: 0,
            local_ipv4s: vec!["10.0.0.10".into()],
            ipv6s: Vec::new(),
            public_ipv4: None,
            subnet_id: "subnet-0123456789abcdef0".into(),
            subnet_ipv4_cidr: "10.0.0.0/24".into(),
            subnet_ipv6_cidrs: vec!["2001:db8::/64".into()],
            security_groups: vec!["default".into(), "web".into()],
            security_group_ids: vec!["sg-0aaaaaaaaaaaaaaa0".into(), "sg-0bbbbbbbbbbbbbbb0".into()],
        };
        match self {
            Self::One => vec![first],
            Self::Two => {
                let second = InterfaceFacts {
                    interface_id: "eni-0123456789abcdef1".into(),
                    mac: "02:00:17:3a:5c:9f".into(),
                    device_number: 1,
                    local_ipv4s: vec!["10.0.1.10".into(), "10.0.1.11".into()],
                    ipv6s: vec!["2001:db8::1:10".into()],
                    ..first.clone()
                };
                let (ipv6s, public) = (vec!["2001:db8::10".into()], Some("203.0.113.7".into()));
                vec![InterfaceFacts { ipv6s, public_ipv4: public, ..first }, second]
            }
        }
    }
}

/// Stands in for keys: what real ones make is tested where they are.
struct Stamp;

impl DocumentSigner for Stamp {
    fn sign(&self, document: &str) -> Option<Arc<IdentityProof>> {
        let length = document.len();
        let of = |name: &str| format!("{name} of {length} bytes");
        let (pkcs7, rsa2048, signature) = (of("pkcs7"), of("rsa2048"), of("signature"));
        Some(Arc::new(IdentityProof { pkcs7, rsa2048, signature }))
    }
}

pub(crate) fn snapshot(facts: &InstanceFacts) -> Snapshot {
    Snapshot::new(facts, Some(Arc::new(Stamp)), ISSUED)
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tokens {
    Optional,
    #[default]
    Required,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Endpoint {
    Disabled,
    #[default]
    Enabled,
}

/// Profile `p` and its role `role-x`.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Profile {
    Gone,
    NoRole,
    None,
    #[default]
    Ready,
    Unauthorized,
    Unavailable,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tags {
    /// Shown, but there are none.
    Empty,
    Off,
    #[default]
    On,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Given {
    None,
    #[default]
    Given,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyringState {
    #[default]
    Same,
    /// Written to its file and read again, as over a restart.
    Restored,
    /// Of another installation.
    Foreign,
}

/// The token header of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenHeader {
    Absent,
    /// One character is another.
    Changed,
    Empty,
    /// 56 characters that are not base64.
    Garbage,
    /// 70 characters.
    Longer,
    OtherInstance,
    Truncated,
    Twice,
    Valid,
}

/// Counts instead of drawing.
#[derive(Default)]
pub(crate) struct Counting(u8);

impl Counting {
    /// Starts at `first`, to draw other bytes than those who start at zero.
    pub(crate) fn from(first: u8) -> Self {
        Self(first)
    }
}

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
    }
}

impl Variant {
    pub(crate) fn snapshot(&self) -> Snapshot {
        snapshot(&self.facts())
    }

    pub(crate) fn facts(&self) -> InstanceFacts {
        let key = LoginKeyFacts {
            name: "my-key".into(),
            public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE my-key".into(),
        };
        let tags = vec![("Name".into(), "n".into()), ("team".into(), "blue".into())];
        InstanceFacts {
            instance_id: "i-0123456789abcdef0".parse().unwrap(),
            account: "123456789012".parse().unwrap(),
            region: "us-east-1".into(),
            availability_zone: "us-east-1a".into(),
            availability_zone_id: "use1-az6".into(),
            ami_id: "ami-0abcdef1234567890".into(),
            instance_type: "t3.micro".into(),
            architecture: "x86_64".into(),
            reservation_id: "r-0123456789abcdef0".into(),
            vpc_id: "vpc-0123456789abcdef0".into(),
            vpc_cidr: "10.0.0.0/16".into(),
            vpc_ipv6_cidrs: vec!["2001:db8::/56".into()],
            interfaces: self.interfaces.facts(),
            key: self.key.some(key),
            user_data: self.user_data.some(USER_DATA.into()),
            tags: if matches!(self.tags, Tags::Empty) { Vec::new() } else { tags },
            launched: Timestamp::from_seconds(1_767_225_600),
            settings: MetadataSettings {
                tokens_required: self.tokens == Tokens::Required,
                endpoint_enabled: self.endpoint == Endpoint::Enabled,
                tags_shown: !matches!(self.tags, Tags::Off),
            },
            iam: self.profile.facts(),
            identity: Some(identity_sets()),
            values: self.values.iter().map(|(path, value)| (path.clone(), value.clone())).collect(),
        }
    }

    /// The ring that answers; [`ring`] is the one that gave tokens out.
    pub(crate) fn keyring(&self) -> Keyring {
        match self.keyring {
            KeyringState::Same => ring(),
            KeyringState::Restored => Keyring::from_json(&ring().to_json()).unwrap(),
            KeyringState::Foreign => Keyring::generate(ISSUED, &mut Counting::from(99)),
        }
    }
}

impl Profile {
    fn facts(self) -> IamFacts {
        let at = ISSUED;
        let role = String::from("role-x");
        let role = match self {
            Self::None => return IamFacts::NoProfile,
            Self::Gone => return IamFacts::ProfileGone { name: "p".into(), at },
            Self::NoRole => {
                let (profile_arn, profile_id) = profile();
                return IamFacts::NoRole { profile_arn, profile_id, at };
            }
            Self::Ready => RoleFacts::Ready(Box::new(key_sets())),
            Self::Unauthorized => RoleFacts::Unauthorized { role, at },
            Self::Unavailable => {
                let message = "credentials could not be renewed".into();
                RoleFacts::Unavailable { role, message, at }
            }
        };
        let (profile_arn, profile_id) = profile();
        IamFacts::Role { profile_arn, profile_id, role }
    }
}

impl Given {
    fn some<T>(self, value: T) -> Option<T> {
        matches!(self, Self::Given).then_some(value)
    }
}

impl TokenHeader {
    /// The values of the header, for a token that was given out at [`ISSUED`] for `ttl` seconds.
    pub(crate) fn values(self, ttl: u32) -> Vec<Vec<u8>> {
        let valid = token("i-0123456789abcdef0", ttl);
        match self {
            Self::Absent => vec![],
            Self::Changed => vec![changed(valid)],
            Self::Empty => vec![vec![]],
            Self::Garbage => vec![vec![b'!'; valid.len()]],
            Self::Longer => vec![[valid, vec![b'A'; 14]].concat()],
            Self::OtherInstance => vec![token("i-0123456789abcdef1", ttl)],
            Self::Truncated => vec![valid[..55].to_vec()],
            Self::Twice => vec![valid.clone(), valid],
            Self::Valid => vec![valid],
        }
    }
}

/// The ring that gives tokens out.
pub(crate) fn ring() -> Keyring {
    Keyring::generate(ISSUED, &mut Counting::default())
}

pub(crate) fn token(instance: &str, ttl: u32) -> Vec<u8> {
    let ttl = TokenTtl::parse(ttl.to_string().as_bytes()).unwrap();
    let mut entropy = Counting::from(200);
    let token = ring().seal_metadata(&instance.parse().unwrap(), ttl, ISSUED, &mut entropy);
    token.expose().as_bytes().to_vec()
}

pub(crate) fn key_sets() -> KeySets {
    let expiration = ISSUED.plus_seconds(6 * 3600 + 6 * 60);
    let credentials = |id: &str, secret: &str, session: &str| Credentials {
        access_key_id: id.parse().unwrap(),
        secret_access_key: SecretAccessKey::new(secret),
        session_token: Some(SessionToken::new(session)),
        expiration: Some(expiration),
    };
    KeySets {
        role_name: "role-x".into(),
        role_arn: "arn:aws:iam::123456789012:role/role-x".into(),
        v1: credentials("ASIAIOSFODNN7EXAMPL1", SECRET_V1, SESSION_V1),
        v2: credentials("ASIAIOSFODNN7EXAMPL2", SECRET_V2, SESSION_V2),
        last_updated: ISSUED,
        expiration,
    }
}

/// The instance's own credentials.
fn identity_sets() -> KeySets {
    KeySets { role_name: "ec2-instance".into(), ..key_sets() }
}

fn profile() -> (String, String) {
    let arn = "arn:aws:iam::123456789012:instance-profile/p";
    (arn.into(), "AIPAIOSFODNN7EXAMPLEP".into())
}

fn changed(mut token: Vec<u8>) -> Vec<u8> {
    let middle = token.len() / 2;
    token[middle] = if token[middle] == b'A' { b'B' } else { b'A' };
    token
}

/// Reads a snapshot with a good token, or without one.
pub(crate) struct Reader {
    snapshot: Snapshot,
    ring: Keyring,
    token: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, ring: ring(), token: token("i-0123456789abcdef0", 21_600) }
    }

    pub(crate) fn read(&self, target: &str) -> (u16, String) {
        self.get(target, Presented::Once(&self.token))
    }

    pub(crate) fn read_without_token(&self, target: &str) -> (u16, String) {
        self.get(target, Presented::Absent)
    }

    fn get(&self, target: &str, token: Presented<'_>) -> (u16, String) {
        let request = Request {
            method: "GET",
            target,
            token,
            ttl: Presented::Absent,
            forwarded: false,
            strict_ttl: false,
        };
        let mut entropy = Counting::default();
        let answer = respond(ISSUED, &self.snapshot, &self.ring, &request, &mut entropy);
        (answer.status, answer.body.as_str().to_owned())
    }
}
