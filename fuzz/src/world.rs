use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_authority::seed::Seed;
use rolecall_authority::{Connection, State};
use rolecall_identity::{Credentials, Entropy, SecretAccessKey, SessionToken, Timestamp};
use rolecall_imds::{
    DocumentSigner, IamFacts, IdentityProof, InstanceFacts, InterfaceFacts, KeySets, LoginKeyFacts,
    MetadataSettings, RoleFacts, Snapshot,
};
use rolecall_token::Keyring;

/// The moment of everything: 2027-01-15T08:00:00Z.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub const SECRET_V1: &str = "v1alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
pub const SECRET_V2: &str = "v2alrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Counts instead of drawing.
#[derive(Default)]
pub struct Counting(pub u8);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
    }
}

pub fn keyring() -> Keyring {
    Keyring::generate(NOW, &mut Counting::default())
}

/// What a seed file describes.
pub fn state(keyring: &Keyring, seed: &str) -> State {
    let (seed, mut state): (Seed, _) = (toml::from_str(seed).unwrap(), State::default());
    for change in seed.changes(keyring, NOW, &mut Counting::default()).unwrap() {
        state.apply(&change).unwrap();
    }
    state
}

/// A plain connection from outside.
pub fn connection() -> Connection {
    Connection {
        peer: "192.0.2.1".parse().unwrap(),
        network: None,
        secure: false,
        user_agent: None,
        referer: None,
        watch: None,
    }
}

pub fn credentials(id: &str, secret: &str, session: &str) -> Credentials {
    Credentials {
        access_key_id: id.parse().unwrap(),
        secret_access_key: SecretAccessKey::new(secret),
        session_token: Some(SessionToken::new(session)),
        expiration: Some(NOW.plus_seconds(6 * 3600)),
    }
}

/// The keys of `role-x`, one pair for each version of the service.
pub fn key_sets() -> KeySets {
    KeySets {
        role_name: "role-x".into(),
        role_arn: "arn:aws:iam::123456789012:role/role-x".into(),
        v1: credentials("ASIAIOSFODNN7EXAMPL1", SECRET_V1, "SESSIONEXAMPLEv1=="),
        v2: credentials("ASIAIOSFODNN7EXAMPL2", SECRET_V2, "SESSIONEXAMPLEv2=="),
        last_updated: NOW,
        expiration: NOW.plus_seconds(6 * 3600),
    }
}

/// An instance with a bit of everything.
pub fn facts(tokens_required: bool) -> InstanceFacts {
    let interface = InterfaceFacts {
        interface_id: "eni-0123456789abcdef0".into(),
        mac: "02:00:17:3a:5c:9e".into(),
        device_number: 0,
        local_ipv4s: vec!["10.0.0.10".into()],
        ipv6s: vec!["2001:db8::10".into()],
        public_ipv4: Some("203.0.113.7".into()),
        subnet_id: "subnet-0123456789abcdef0".into(),
        subnet_ipv4_cidr: "10.0.0.0/24".into(),
        subnet_ipv6_cidrs: vec!["2001:db8::/64".into()],
        security_groups: vec!["default".into()],
        security_group_ids: vec!["sg-0aaaaaaaaaaaaaaa0".into()],
    };
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
        interfaces: vec![interface],
        key: Some(LoginKeyFacts {
            name: "my-key".into(),
            public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE my-key".into(),
        }),
        user_data: Some(b"#cloud-config\nruncmd: []\n".to_vec()),
        tags: vec![("Name".into(), "n".into()), ("team".into(), "blue".into())],
        launched: NOW,
        settings: MetadataSettings { tokens_required, endpoint_enabled: true, tags_shown: true },
        iam: IamFacts::Role {
            profile_arn: "arn:aws:iam::123456789012:instance-profile/p".into(),
            profile_id: "AIPAIOSFODNN7EXAMPLEP".into(),
            role: RoleFacts::Ready(Box::new(key_sets())),
        },
        identity: Some(KeySets { role_name: "ec2-instance".into(), ..key_sets() }),
        values: BTreeMap::from([("meta-data/spot/termination-time".into(), Some("x".into()))]),
    }
}

pub fn snapshot(facts: &InstanceFacts) -> Snapshot {
    Snapshot::new(facts, Some(Arc::new(Stamp)), NOW)
}

/// Stands in for the keys that sign identity documents.
struct Stamp;

impl DocumentSigner for Stamp {
    fn sign(&self, document: &str) -> Option<Arc<IdentityProof>> {
        let of = |name: &str| format!("{name} of {} bytes", document.len());
        let (pkcs7, rsa2048, signature) = (of("pkcs7"), of("rsa2048"), of("signature"));
        Some(Arc::new(IdentityProof { pkcs7, rsa2048, signature }))
    }
}
