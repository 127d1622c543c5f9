use rolecall_identity::{
    AccessKeyId, AccessKeyKind, Credentials, Entropy, InstanceBinding, RoleDelivery, SessionClaims,
    SessionPrincipal, Timestamp,
};
use rolecall_token::Keyring;

use crate::state::Instance;

/// Two key sets of one session principal that an instance is given. They end together.
pub(crate) struct Delivered {
    pub(crate) v1: Credentials,
    pub(crate) v2: Credentials,
    pub(crate) issued_at: Timestamp,
    pub(crate) expiration: Timestamp,
}

/// Seals a session of `principal` once for each delivery version, bound to the instance.
///
/// `None` if the instance's data is not fit for an ARN, or the session does not fit a token.
pub(crate) fn deliver(
    keyring: &Keyring,
    instance: &Instance,
    principal: &SessionPrincipal,
    now: Timestamp,
    entropy: &mut dyn Entropy,
) -> Option<Delivered> {
    let issued_at = now.whole_second();
    let expiration = issued_at.plus_seconds(lifetime_seconds(entropy));
    let mut mint = |delivery| {
        let claims = claims(instance, principal.clone(), delivery, issued_at, expiration)?;
        let id = AccessKeyId::mint(AccessKeyKind::Temporary, instance.account, entropy);
        keyring.seal_session(id, &claims, 0, entropy).ok()
    };
    Some(Delivered {
        v1: mint(RoleDelivery::V1)?,
        v2: mint(RoleDelivery::V2)?,
        issued_at,
        expiration,
    })
}

fn claims(
    instance: &Instance,
    principal: SessionPrincipal,
    delivery: RoleDelivery,
    issued_at: Timestamp,
    not_after: Timestamp,
) -> Option<SessionClaims> {
    Some(SessionClaims {
        account: instance.account,
        chain_depth: u8::from(matches!(principal, SessionPrincipal::Role { .. })),
        principal,
        issued_at,
        not_after,
        source_identity: None,
        tags: Vec::new(),
        policies: Vec::new(),
        policy_arns: Vec::new(),
        mfa_at: None,
        instance: Some(InstanceBinding {
            instance_arn: instance.arn()?,
            instance_id: instance.id.clone(),
            vpc_id: instance.vpc_id.clone(),
            private_ip: instance.private_ip,
            delivery,
        }),
    })
}

/// Six hours and five to thirty-six minutes, so that a fleet does not rotate at once.
pub(crate) fn lifetime_seconds(entropy: &mut dyn Entropy) -> i64 {
    let mut random = [0; 2];
    entropy.fill(&mut random);
    LIFETIME_SECONDS_MIN + i64::from(u16::from_le_bytes(random)) % LIFETIME_SECONDS_JITTER
}

/// Source: contract/imds.md sections 1.7 and 5.
const LIFETIME_SECONDS_MIN: i64 = 6 * 3600 + 5 * 60;
const LIFETIME_SECONDS_JITTER: i64 = 31 * 60;
