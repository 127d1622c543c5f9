use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use rolecall_authority::{
    IdentityCredentials, Instance, InstanceCredentials, InstanceRoleError, MetadataOptions,
    ROTATE_SECONDS_BEFORE_END, State, instance_role, mint_identity_credentials,
    mint_instance_credentials,
};
use rolecall_identity::{InstanceId, Timestamp};
use rolecall_imds::{DocumentSigner, IamFacts, InstanceFacts, KeySets, RoleFacts, Snapshot};
use rolecall_token::Keyring;

use super::facts::facts;
use super::fault::Faults;
use super::signer::Signer;
use crate::audit::{AuditLog, issuance_records};
use crate::entropy::OsEntropy;
use crate::ledger::Ledger;

/// What the metadata service shows of one instance, kept fresh.
///
/// A read takes what is rendered. It is rendered anew when the state changed, and the keys are
/// minted anew when they have half an hour left; minting is local and takes microseconds, so the
/// read that finds them due does it, alone.
pub(crate) struct Metadata {
    instance: InstanceId,
    parts: Arc<MetadataParts>,
    rendered: ArcSwapOption<Rendered>,
    renewing: Mutex<()>,
}

/// What all instances share.
pub(crate) struct MetadataParts {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) signer: Arc<Signer>,
    pub(crate) faults: Arc<Faults>,
}

/// One rendering.
pub(crate) struct Rendered {
    pub(crate) snapshot: Snapshot,
    pub(crate) facts: InstanceFacts,
    pub(crate) options: MetadataOptions,
    /// The state it was made from.
    position: u64,
    /// What the keys depend on; other keys are minted when it changes.
    source: KeySource,
    renew_at: Option<Timestamp>,
}

/// Which role the keys are of, and whether EC2 may assume it.
#[derive(PartialEq, Eq)]
struct KeySource {
    profile: Option<String>,
    role_id: Option<String>,
    trust: Option<String>,
}

/// The credentials of an instance, and when to look for new ones.
struct Minted {
    iam: IamFacts,
    identity: Option<KeySets>,
    renew_at: Option<Timestamp>,
}

/// How long to wait after keys could not be made.
const RETRY_SECONDS: i64 = 10;

impl Metadata {
    pub(crate) fn new(instance: InstanceId, parts: Arc<MetadataParts>) -> Self {
        Self { instance, parts, rendered: ArcSwapOption::empty(), renewing: Mutex::default() }
    }

    /// What to show now; `None` if the instance does not exist.
    pub(crate) fn current(&self, state: &State, now: Timestamp) -> Option<Arc<Rendered>> {
        if let Some(rendered) = self.rendered.load_full().filter(|r| r.is_fresh(state, now)) {
            return Some(rendered);
        }
        let _alone = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.parts.ledger.state();
        let before = self.rendered.load_full();
        if let Some(rendered) = before.as_ref().filter(|r| r.is_fresh(&state, now)) {
            return Some(Arc::clone(rendered));
        }
        let rendered = Arc::new(self.render(&state, before.as_deref(), now)?);
        self.rendered.store(Some(Arc::clone(&rendered)));
        Some(rendered)
    }

    fn render(&self, state: &State, before: Option<&Rendered>, now: Timestamp) -> Option<Rendered> {
        let instance = state.instance(&self.instance)?;
        let source = KeySource::of(state, instance);
        let kept = before.filter(|before| before.source == source);
        let minted = match kept {
            Some(before) if !before.is_due(now) => before.minted(),
            _ if self.parts.faults.is_authority_down(&self.instance) => {
                tracing::warn!(instance = %instance.id, "no new credentials: the authority is down");
                let iam = kept.map(|before| before.facts.iam.clone());
                Minted {
                    iam: iam.unwrap_or_else(|| unavailable(state, instance, now)),
                    // They do not depend on the role.
                    identity: before.and_then(|before| before.facts.identity.clone()),
                    renew_at: Some(now.plus_seconds(RETRY_SECONDS)),
                }
            }
            _ => self.mint(state, instance, now),
        };
        let Minted { iam, identity, renew_at } = minted;
        let facts = facts(instance, iam, identity);
        let signer: Arc<dyn DocumentSigner> = Arc::clone(&self.parts.signer) as _;
        let snapshot = Snapshot::new(&facts, Some(signer), now);
        let (options, position) = (instance.metadata_options, state.position());
        Some(Rendered { snapshot, facts, options, position, source, renew_at })
    }

    fn mint(&self, state: &State, instance: &Instance, now: Timestamp) -> Minted {
        let keyring = &self.parts.keyring;
        let identity = mint_identity_credentials(state, keyring, instance, now, &mut OsEntropy);
        let identity = identity.map(|issued| identity_sets(instance, issued));
        let minted = mint_instance_credentials(state, keyring, instance, now, &mut OsEntropy);
        let refused = match minted {
            Ok(issued) => {
                for record in issuance_records(&instance.id, &instance.region, &issued, now) {
                    self.parts.audit.record(&record);
                }
                let ends = issued.expiration;
                let iam = role_facts(state, instance, ready(issued));
                return Minted { iam, renew_at: renew_at(Some(ends), identity.as_ref()), identity };
            }
            Err(error) => error,
        };
        tracing::info!(instance = %instance.id, reason = %refused, "no role credentials");
        let iam = without_role(state, instance, refused, now);
        Minted { iam, renew_at: renew_at(None, identity.as_ref()), identity }
    }
}

/// When the first of the keys is due.
fn renew_at(role_ends: Option<Timestamp>, identity: Option<&KeySets>) -> Option<Timestamp> {
    let ends = role_ends.into_iter().chain(identity.map(|sets| sets.expiration)).min()?;
    Some(ends.plus_seconds(-ROTATE_SECONDS_BEFORE_END))
}

fn identity_sets(instance: &Instance, issued: IdentityCredentials) -> KeySets {
    KeySets {
        role_name: "ec2-instance".to_owned(),
        role_arn: format!(
            "arn:aws:sts::{}:assumed-role/aws:ec2-instance/{}",
            issued.account, instance.id
        ),
        v1: issued.v1,
        v2: issued.v2,
        last_updated: issued.issued_at,
        expiration: issued.expiration,
    }
}

/// The profile's role, while nobody can make credentials of it.
fn unavailable(state: &State, instance: &Instance, now: Timestamp) -> IamFacts {
    let refused = match instance_role(state, instance) {
        Ok(role) => InstanceRoleError::Unavailable(role.name.clone()),
        Err(error) => error,
    };
    without_role(state, instance, refused, now)
}

fn without_role(
    state: &State,
    instance: &Instance,
    refused: InstanceRoleError,
    now: Timestamp,
) -> IamFacts {
    let at = now.whole_second();
    match refused {
        InstanceRoleError::NoProfile => IamFacts::NoProfile,
        InstanceRoleError::ProfileGone(name) => IamFacts::ProfileGone { name, at },
        InstanceRoleError::RoleGone(_) => no_role(state, instance, at),
        InstanceRoleError::TrustDenied(role) => {
            role_facts(state, instance, RoleFacts::Unauthorized { role, at })
        }
        InstanceRoleError::Unavailable(role) => {
            let message = "The credentials could not be made".to_owned();
            role_facts(state, instance, RoleFacts::Unavailable { role, message, at })
        }
    }
}

impl Rendered {
    /// Whether it is still true.
    pub(crate) fn is_fresh(&self, state: &State, now: Timestamp) -> bool {
        self.position == state.position() && !self.is_due(now)
    }

    fn minted(&self) -> Minted {
        let (iam, identity) = (self.facts.iam.clone(), self.facts.identity.clone());
        Minted { iam, identity, renew_at: self.renew_at }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.renew_at.is_some_and(|at| now >= at)
    }
}

impl KeySource {
    fn of(state: &State, instance: &Instance) -> Self {
        let account = state.account(instance.account);
        let profile = instance.profile.as_deref();
        let found = profile.and_then(|name| account?.instance_profile(name));
        let role = found.and_then(|profile| account?.role(profile.role.as_deref()?));
        Self {
            profile: found.map(|profile| profile.id.to_string()),
            role_id: role.map(|role| role.id.to_string()),
            trust: role.map(|role| role.trust.policy.text().to_owned()),
        }
    }
}

fn ready(issued: InstanceCredentials) -> RoleFacts {
    RoleFacts::Ready(Box::new(KeySets {
        role_name: issued.role_name,
        role_arn: issued.role_arn,
        v1: issued.v1,
        v2: issued.v2,
        last_updated: issued.issued_at,
        expiration: issued.expiration,
    }))
}

fn role_facts(state: &State, instance: &Instance, role: RoleFacts) -> IamFacts {
    match profile(state, instance) {
        Some((profile_arn, profile_id)) => IamFacts::Role { profile_arn, profile_id, role },
        None => IamFacts::NoProfile,
    }
}

fn no_role(state: &State, instance: &Instance, at: Timestamp) -> IamFacts {
    match profile(state, instance) {
        Some((profile_arn, profile_id)) => IamFacts::NoRole { profile_arn, profile_id, at },
        None => IamFacts::NoProfile,
    }
}

fn profile(state: &State, instance: &Instance) -> Option<(String, String)> {
    let account = state.account(instance.account)?;
    let profile = account.instance_profile(instance.profile.as_deref()?)?;
    Some((profile.arn.clone(), profile.id.to_string()))
}
