use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use rolecall_authority::{
    HttpTokens, Instance, InstanceCredentials, InstanceRoleError, ROTATE_SECONDS_BEFORE_END, State,
    mint_instance_credentials,
};
use rolecall_identity::{InstanceId, Timestamp};
use rolecall_imds::{
    IamFacts, InstanceFacts, KeySets, LoginKeyFacts, MetadataSettings, RoleFacts, Snapshot,
};
use rolecall_token::Keyring;

use crate::audit::{AuditLog, issuance_records};
use crate::entropy::OsEntropy;
use crate::ledger::Ledger;

/// What the metadata service shows of one instance, kept fresh.
///
/// A read takes what is rendered. It is rendered anew when the state changed, and the keys are
/// minted anew when they have half an hour left; minting is local and takes microseconds, so the
/// read that finds them due does it, alone.
pub(crate) struct Metadata {
    parts: MetadataParts,
    rendered: ArcSwapOption<Rendered>,
    renewing: Mutex<()>,
}

pub(crate) struct MetadataParts {
    /// The instance that is asked; without one, nothing is shown.
    pub(crate) instance: Option<InstanceId>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) audit: Arc<AuditLog>,
}

/// One rendering.
pub(crate) struct Rendered {
    pub(crate) snapshot: Snapshot,
    pub(crate) facts: InstanceFacts,
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

impl Metadata {
    pub(crate) fn new(parts: MetadataParts) -> Self {
        Self { parts, rendered: ArcSwapOption::empty(), renewing: Mutex::default() }
    }

    /// What to show now; `None` if the instance does not exist.
    pub(crate) fn current(&self, now: Timestamp) -> Option<Arc<Rendered>> {
        let state = self.parts.ledger.state();
        if let Some(rendered) = self.rendered.load_full().filter(|r| r.is_fresh(&state, now)) {
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
        let instance = state.instance(self.parts.instance.as_ref()?)?;
        let source = KeySource::of(state, instance);
        let kept = before.filter(|before| before.source == source && !before.is_due(now));
        let (iam, renew_at) = match kept {
            Some(before) => (before.facts.iam.clone(), before.renew_at),
            None => self.mint(state, instance, now),
        };
        let facts = facts(instance, iam);
        let snapshot = Snapshot::new(&facts, now);
        Some(Rendered { snapshot, facts, position: state.position(), source, renew_at })
    }

    fn mint(
        &self,
        state: &State,
        instance: &Instance,
        now: Timestamp,
    ) -> (IamFacts, Option<Timestamp>) {
        let keyring = &self.parts.keyring;
        let minted = mint_instance_credentials(state, keyring, instance, now, &mut OsEntropy);
        let role = match minted {
            Ok(issued) => {
                for record in issuance_records(&instance.id, &instance.region, &issued, now) {
                    self.parts.audit.record(&record);
                }
                let renew_at = issued.expiration.plus_seconds(-ROTATE_SECONDS_BEFORE_END);
                return (role_facts(state, instance, ready(issued)), Some(renew_at));
            }
            Err(error) => error,
        };
        tracing::info!(instance = %instance.id, reason = %role, "no role credentials");
        let at = now.whole_second();
        let iam = match role {
            InstanceRoleError::NoProfile => IamFacts::NoProfile,
            InstanceRoleError::ProfileGone(name) => IamFacts::ProfileGone { name, at },
            InstanceRoleError::RoleGone(_) => no_role(state, instance, at),
            InstanceRoleError::TrustDenied(role) => {
                role_facts(state, instance, RoleFacts::Unauthorized { role, at })
            }
            InstanceRoleError::Instance(role) => {
                let message = "The credentials could not be made".to_owned();
                role_facts(state, instance, RoleFacts::Unavailable { role, message, at })
            }
        };
        (iam, None)
    }
}

impl Rendered {
    fn is_fresh(&self, state: &State, now: Timestamp) -> bool {
        self.position == state.position() && !self.is_due(now)
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
    Some((profile.arn(instance.account), profile.id.to_string()))
}

fn facts(instance: &Instance, iam: IamFacts) -> InstanceFacts {
    let options = &instance.metadata_options;
    let mut tags: Vec<(String, String)> =
        instance.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    tags.sort();
    InstanceFacts {
        instance_id: instance.id.clone(),
        account: instance.account,
        region: instance.region.clone(),
        availability_zone: instance.availability_zone.clone(),
        availability_zone_id: instance.availability_zone_id.clone(),
        ami_id: instance.image_id.clone(),
        instance_type: instance.instance_type.clone(),
        architecture: instance.architecture.clone(),
        reservation_id: instance.reservation_id.clone(),
        vpc_id: instance.vpc_id.clone(),
        vpc_cidr: instance.vpc_cidr.to_string(),
        subnet_id: instance.subnet_id.clone(),
        subnet_cidr: instance.subnet_cidr.to_string(),
        interface_id: instance.interface_id.clone(),
        mac: instance.mac.clone(),
        private_ip: instance.private_ip.to_string(),
        security_groups: instance.security_groups.clone(),
        security_group_ids: instance.security_group_ids.clone(),
        key: instance.key.as_ref().map(|key| LoginKeyFacts {
            name: key.name.clone(),
            public_key: key.public_key.clone(),
        }),
        user_data: instance.user_data.clone(),
        tags,
        launched: instance.launched,
        settings: MetadataSettings {
            tokens_required: options.http_tokens == HttpTokens::Required,
            endpoint_enabled: options.http_endpoint,
            tags_shown: options.instance_metadata_tags,
        },
        iam,
    }
}
