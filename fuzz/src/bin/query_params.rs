//! The parameters of STS, IAM and EC2, and what the operations make of them: one call a line, each in
//! the state that the last one left.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_authority::{
    Call, Caller, Connection, Done, PARAMS_MAX, Params, Service, State, handle, is_read_only,
};
use rolecall_fuzz::{Counting, NOW, connection, keyring, state};
use rolecall_identity::percent;
use rolecall_token::Keyring;

/// A world with one who may do all and one who may do nothing.
struct World {
    ring: Keyring,
    state: State,
    admin: Caller,
    nobody: Caller,
    connection: Connection,
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let mut state = WORLD.state.clone();
    for line in text.lines().take(CALLS_MAX) {
        let Ok(params) = Params::parse(line) else { continue };
        check_encoding(&params);
        let action = params.get("Action").unwrap_or_default();
        for service in [Service::Ec2, Service::Iam, Service::Sts] {
            if let Some(done) = WORLD.call(&state, service, &WORLD.nobody, &params) {
                assert!(done.changes.is_empty(), "{action} of one who may do nothing");
            }
            let Some(done) = WORLD.call(&state, service, &WORLD.admin, &params) else { continue };
            assert!(
                done.changes.is_empty() || !is_read_only(service, action),
                "{action} only reads"
            );
            for change in &done.changes {
                state.apply(change).expect("what was answered can be kept");
            }
        }
    }
    Corpus::Keep
});

const CALLS_MAX: usize = 6;

/// What was decoded and is encoded again is the same.
fn check_encoding(params: &Params) {
    let encode = |text: &str| percent::encode(text, b"");
    let pair = |(name, value): (&str, &str)| format!("{}={}", encode(name), encode(value));
    let pairs: Vec<String> = params.iter().map(pair).collect();
    assert!(pairs.len() <= PARAMS_MAX);
    assert_eq!(Params::parse(&pairs.join("&")).as_ref(), Ok(params));
}

impl World {
    fn new() -> Self {
        let ring = keyring();
        let state = state(&ring, SEED);
        let caller = |id: &str| Caller::of_access_key(&state, id.parse().unwrap()).unwrap().0;
        let (admin, nobody) = (caller("AKIAIOSFODNN7EXAMPLE"), caller("AKIAI44QH8DHBEXAMPLE"));
        Self { ring, state, admin, nobody, connection: connection() }
    }

    /// What an operation did, if it was not refused.
    fn call(
        &self,
        state: &State,
        service: Service,
        caller: &Caller,
        params: &Params,
    ) -> Option<Done> {
        let mut call = Call {
            state,
            keyring: &self.ring,
            caller,
            connection: &self.connection,
            region: "us-east-1",
            now: NOW,
            entropy: &mut Counting::default(),
        };
        match handle(service, &mut call, params) {
            Ok(done) => Some(done),
            Err(error) => {
                assert!((400..600).contains(&error.status), "{}", error.status);
                assert!(error.status < 500, "{}: {:?}", error.code, error.detail);
                None
            }
        }
    }
}

const SEED: &str = r#"
account = "123456789012"

[[policy]]
name = "own"
document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'

[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
access-key = [{ id = "AKIAIOSFODNN7EXAMPLE", secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" }]

[[user]]
name = "nobody"
access-key = [{ id = "AKIAI44QH8DHBEXAMPLE", secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY" }]

[[role]]
name = "app"
trust-policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}}'

[[role.policy]]
name = "inline"
document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}'

[[instance-profile]]
name = "app"
role = "app"

[[instance]]
id = "i-0123456789abcdef0"
profile = "app"
tags = { Name = "dev" }
"#;
