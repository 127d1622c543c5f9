use rolecall_authority::State;
use rolecall_authority::seed::Seed;
use rolecall_identity::{
    AccessKeyId, AccessKeyKind, Arn, Credentials, InstanceBinding, InstanceId, RoleDelivery,
    SessionClaims, SessionPrincipal, Timestamp,
};
use rolecall_server::OsEntropy;
use rolecall_token::Keyring;

/// An instance's session of the role `s3access`, as the metadata service delivers it.
pub struct Session {
    /// What seals it.
    pub keyring: Keyring,
    /// Who it is.
    pub claims: SessionClaims,
    /// What a client signs with.
    pub credentials: Credentials,
    /// When it was issued.
    pub now: Timestamp,
}

/// The state of the development world.
pub fn world(keyring: &Keyring, now: Timestamp) -> State {
    let seed: Seed = toml::from_str(DEVELOPMENT).unwrap();
    let mut state = State::default();
    for change in seed.changes(keyring, now, &mut OsEntropy).unwrap() {
        state.apply(&change).unwrap();
    }
    state
}

impl Session {
    /// A new key ring, and a session under it in a development world.
    pub fn new(now: Timestamp) -> (Self, State) {
        let keyring = Keyring::generate(now, &mut OsEntropy);
        let state = world(&keyring, now);
        let account = state.accounts().next().unwrap();
        let role = account.role("s3access").unwrap();
        let instance: InstanceId = "i-0123456789abcdef0".parse().unwrap();
        let arn = format!("arn:aws:ec2:us-east-1:{}:instance/{instance}", account.id());
        let claims = SessionClaims {
            account: account.id(),
            principal: SessionPrincipal::Role {
                role: role.id.clone(),
                role_name: role.name.clone(),
                session_name: instance.to_string(),
            },
            issued_at: now,
            not_after: now.plus_seconds(6 * 3600),
            source_identity: None,
            tags: Vec::new(),
            policies: Vec::new(),
            policy_arns: Vec::new(),
            mfa_at: None,
            chain_depth: 1,
            instance: Some(InstanceBinding {
                instance_arn: Arn::try_new(&arn).unwrap(),
                instance_id: instance,
                vpc_id: "vpc-0123456789abcdef0".into(),
                private_ip: "10.0.0.10".parse().unwrap(),
                delivery: RoleDelivery::V2,
            }),
        };
        let id = AccessKeyId::mint(AccessKeyKind::Temporary, claims.account, &mut OsEntropy);
        let credentials = keyring.seal_session(id, &claims, 0, &mut OsEntropy).unwrap();
        (Self { keyring, claims, credentials, now }, state)
    }

    /// The session's token.
    pub fn token(&self) -> &str {
        self.credentials.session_token.as_ref().unwrap().expose()
    }
}

const DEVELOPMENT: &str = include_str!("../../rolecall/src/development.toml");
