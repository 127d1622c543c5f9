use std::collections::BTreeMap;

use rolecall_identity::{
    AccessKeyId, AccessKeyKind, AccountId, Arn, Entropy, SecretAccessKey, Timestamp, UniqueId,
    UniqueIdKind,
};
use rolecall_token::{Keyring, mint_secret};

use super::names::refuse_twice;
use super::{
    Seed, SeedAccessKey, SeedBucket, SeedImds, SeedInstance, SeedInstanceProfile, SeedNetwork,
    SeedPolicy, SeedRole, SeedUser, SeedValue,
};
use crate::iam::trust_document;
use crate::state::{
    AccessKeyOwner, AccountChange, ApplyError, Change, Holder, Instance, LoginKey, MetadataOptions,
    Network, NewEntity, Origin, RoleSettings, State, Tag, UserData,
};
use crate::tags::is_metadata_tag_key;

/// A seed that cannot be a world.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct SeedError {
    /// Which entry: ``role `s3access` ``.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

impl Seed {
    /// The changes that make this world, from nothing.
    pub fn changes(
        &self,
        keyring: &Keyring,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<Change>, SeedError> {
        refuse_twice(self)?;
        let now = now.whole_second();
        let (state, changes) = (State::default(), Vec::new());
        let mut world = World { seed: self, keyring, now, entropy, state, changes };
        world.push("account", Change::AccountCreated { account: self.account })?;
        self.policies.iter().try_for_each(|policy| world.policy(policy))?;
        self.users.iter().try_for_each(|user| world.user(user))?;
        self.roles.iter().try_for_each(|role| world.role(role))?;
        self.instance_profiles.iter().try_for_each(|profile| world.instance_profile(profile))?;
        self.instances.iter().try_for_each(|instance| world.instance(instance))?;
        self.imds.iter().try_for_each(|imds| world.imds(imds))?;
        self.tasks.iter().try_for_each(|task| world.task(task))?;
        self.pod_identity.iter().try_for_each(|cluster| world.pod_identity(cluster))?;
        self.buckets.iter().try_for_each(|bucket| world.bucket(bucket))?;
        self.networks.iter().try_for_each(|network| world.network(network))?;
        Ok(world.changes)
    }
}

/// The world so far: each entry is checked against those before it.
pub(super) struct World<'a> {
    pub(super) seed: &'a Seed,
    keyring: &'a Keyring,
    pub(super) now: Timestamp,
    pub(super) entropy: &'a mut dyn Entropy,
    pub(super) state: State,
    changes: Vec<Change>,
}

impl World<'_> {
    pub(super) fn push(&mut self, what: &str, change: Change) -> Result<(), SeedError> {
        let why = |error: &ApplyError| match error {
            ApplyError::Policy(_, policy) => format!("{error}: {policy} ({})", policy.detail()),
            ApplyError::Missing(_) => error.to_string(),
        };
        self.state.apply(&change).map_err(|error| refuse(what, why(&error)))?;
        self.changes.push(change);
        Ok(())
    }

    fn push_in(
        &mut self,
        what: &str,
        account: Option<AccountId>,
        change: AccountChange,
    ) -> Result<(), SeedError> {
        let account = account.unwrap_or(self.seed.account);
        if self.state.account(account).is_none() {
            self.push(what, Change::AccountCreated { account })?;
        }
        self.push(what, Change::AccountChanged { account, change })
    }

    fn entity(&mut self, kind: UniqueIdKind, name: &str, path: &str) -> NewEntity {
        let id = UniqueId::mint(kind, self.entropy);
        NewEntity { id, name: name.to_owned(), path: path.to_owned(), created: self.now }
    }

    fn policy(&mut self, policy: &SeedPolicy) -> Result<(), SeedError> {
        let entity = self.entity(UniqueIdKind::ManagedPolicy, &policy.name, "/");
        let (description, document) = (None, policy.document.clone());
        let change = AccountChange::ManagedPolicyCreated { entity, description, document };
        self.push_in(&format!("policy `{}`", policy.name), policy.account, change)
    }

    fn user(&mut self, user: &SeedUser) -> Result<(), SeedError> {
        let what = format!("user `{}`", user.name);
        let entity = self.entity(UniqueIdKind::User, &user.name, &user.path);
        let id = entity.id.clone();
        let change = AccountChange::UserCreated { entity, tags: tags(&user.tags) };
        self.push_in(&what, user.account, change)?;
        let holder = Holder::User(user.name.clone());
        let held = (&user.managed_policies, &user.policies, &user.permissions_boundary);
        self.attachments(&what, user.account, &holder, held)?;
        let owner = AccessKeyOwner::User(user.account.unwrap_or(self.seed.account), id);
        user.access_keys.iter().try_for_each(|key| self.access_key(&what, &owner, key))
    }

    fn access_key(
        &mut self,
        what: &str,
        owner: &AccessKeyOwner,
        key: &SeedAccessKey,
    ) -> Result<(), SeedError> {
        let (AccessKeyOwner::Root(account) | AccessKeyOwner::User(account, _)) = owner;
        let mint = || AccessKeyId::mint(AccessKeyKind::LongTerm, *account, &mut *self.entropy);
        let id = key.id.unwrap_or_else(mint);
        if id.kind() != AccessKeyKind::LongTerm || self.state.access_key(id).is_some() {
            return Err(refuse(what, format!("access key `{id}` must be a new `AKIA…` id")));
        }
        let secret = match &key.secret {
            Some(secret) => SecretAccessKey::new(secret.clone()),
            None => mint_secret(self.entropy),
        };
        let secret = self.keyring.seal_secret(id, &secret, self.entropy);
        let secret = secret.ok_or_else(|| refuse(what, "the secret is too long"))?;
        let (owner, created) = (owner.clone(), self.now);
        self.push(what, Change::AccessKeyCreated { id, owner, secret, created })
    }

    fn role(&mut self, role: &SeedRole) -> Result<(), SeedError> {
        let what = format!("role `{}`", role.name);
        let account = role.account.unwrap_or(self.seed.account);
        if self.state.account(account).is_none() {
            self.push(&what, Change::AccountCreated { account })?;
        }
        if !(3600..=43_200).contains(&role.max_session_seconds) {
            return Err(refuse(&what, "`max-session-seconds` must be 3600 to 43200"));
        }
        let trust = trust_document(&self.state, &role.trust_policy).map_err(|error| {
            let detail = error.detail.as_deref().unwrap_or("no more is known");
            refuse(&what, format!("`trust-policy`: {} ({detail})", error.message))
        })?;
        let settings = RoleSettings {
            description: role.description.clone(),
            session_seconds_max: role.max_session_seconds,
        };
        let entity = self.entity(UniqueIdKind::Role, &role.name, &role.path);
        let tags = tags(&role.tags);
        let change = AccountChange::RoleCreated { entity, settings, trust, tags };
        self.push_in(&what, role.account, change)?;
        let holder = Holder::Role(role.name.clone());
        let held = (&role.managed_policies, &role.policies, &role.permissions_boundary);
        self.attachments(&what, role.account, &holder, held)
    }

    fn attachments(
        &mut self,
        what: &str,
        account: Option<AccountId>,
        holder: &Holder,
        (managed, inline, boundary): (&Vec<Arn>, &Vec<SeedPolicy>, &Option<Arn>),
    ) -> Result<(), SeedError> {
        let unknown =
            managed.iter().chain(boundary).find(|arn| self.state.managed_policy(arn).is_none());
        if let Some(arn) = unknown {
            return Err(refuse(what, format!("managed policy `{arn}` does not exist")));
        }
        for policy in managed {
            let change =
                AccountChange::PolicyAttached { holder: holder.clone(), policy: policy.clone() };
            self.push_in(what, account, change)?;
        }
        for policy in inline {
            let (name, document) = (policy.name.clone(), policy.document.clone());
            let change = AccountChange::PolicyPut { holder: holder.clone(), name, document };
            self.push_in(what, account, change)?;
        }
        if let Some(arn) = boundary {
            let (holder, boundary) = (holder.clone(), Some(arn.clone()));
            self.push_in(what, account, AccountChange::BoundarySet { holder, boundary })?;
        }
        Ok(())
    }

    fn instance_profile(&mut self, profile: &SeedInstanceProfile) -> Result<(), SeedError> {
        let what = format!("instance profile `{}`", profile.name);
        let entity = self.entity(UniqueIdKind::InstanceProfile, &profile.name, &profile.path);
        self.push_in(&what, profile.account, AccountChange::InstanceProfileCreated(entity))?;
        let Some(role) = &profile.role else { return Ok(()) };
        let account = profile.account.unwrap_or(self.seed.account);
        if self.state.account(account).and_then(|account| account.role(role)).is_none() {
            return Err(refuse(&what, format!("role `{role}` does not exist")));
        }
        let (name, role) = (profile.name.clone(), Some(role.clone()));
        self.push_in(&what, profile.account, AccountChange::InstanceProfileRoleSet { name, role })
    }

    fn instance(&mut self, seed: &SeedInstance) -> Result<(), SeedError> {
        let what = format!("instance `{}`", seed.id);
        let account = seed.account.unwrap_or(self.seed.account);
        let known = self.state.account(account);
        let missing = |name: &&String| known.is_none_or(|a| a.instance_profile(name).is_none());
        if let Some(name) = seed.profile.as_ref().filter(missing) {
            return Err(refuse(&what, format!("instance profile `{name}` does not exist")));
        }
        if let Some(key) = seed.tags.keys().find(|key| !is_metadata_tag_key(key)) {
            let why = format!("tag key `{key}` cannot be shown by the metadata service");
            return Err(refuse(&what, why));
        }
        if !(1..=64).contains(&seed.http_put_response_hop_limit) {
            return Err(refuse(&what, "`http-put-response-hop-limit` must be 1 to 64"));
        }
        if let Some((path, _)) =
            seed.metadata.iter().find(|(_, value)| matches!(value, SeedValue::Absent(true)))
        {
            let why = format!("`{path}` is a text, or `false` for what is not there");
            return Err(refuse(&what, why));
        }
        let user_data = user_data(seed).map_err(|why| refuse(&what, why))?;
        let instance = Box::new(Instance { user_data, ..self.describe(seed, account) });
        self.push(&what, Change::InstanceRegistered { instance })
    }

    /// An address is no part of the state, but whom it answers for is.
    fn imds(&self, imds: &SeedImds) -> Result<(), SeedError> {
        let what = format!("imds `{}`", imds.address);
        if imds.by_source && imds.instance.is_some() {
            return Err(refuse(&what, "set either `instance` or `by-source`"));
        }
        if !imds.hosts.is_empty() && !imds.hardened {
            return Err(refuse(&what, "`hosts` is for `hardened = true`"));
        }
        match imds.instance.as_ref().filter(|id| self.state.instance(id).is_none()) {
            Some(id) => Err(refuse(&what, format!("instance `{id}` does not exist"))),
            None => Ok(()),
        }
    }

    fn describe(&self, seed: &SeedInstance, account: AccountId) -> Instance {
        let region = seed.region.clone().unwrap_or_else(|| self.seed.region.clone());
        let digits = seed.id.as_str().trim_start_matches("i-");
        Instance {
            id: seed.id.clone(),
            account,
            availability_zone: seed
                .availability_zone
                .clone()
                .unwrap_or_else(|| format!("{region}a")),
            availability_zone_id: zone_id(&region),
            region,
            image_id: seed.image_id.clone(),
            instance_type: seed.instance_type.clone(),
            architecture: seed.architecture.clone(),
            reservation_id: format!("r-{digits}"),
            vpc_id: seed.vpc.clone(),
            vpc_cidr: seed.vpc_cidr,
            subnet_id: seed.subnet.clone(),
            subnet_cidr: seed.subnet_cidr,
            vpc_ipv6_cidrs: seed.vpc_ipv6_cidr.into_iter().collect(),
            subnet_ipv6_cidrs: seed.subnet_ipv6_cidr.into_iter().collect(),
            ipv6s: seed.ipv6s.clone(),
            public_ipv4: seed.public_ipv4,
            interfaces: seed.interfaces.clone(),
            metadata: metadata(&seed.metadata),
            interface_id: format!("eni-{digits}"),
            mac: seed.mac.clone(),
            private_ip: seed.private_ip,
            security_group_ids: seed
                .security_groups
                .iter()
                .map(|_| format!("sg-{digits}"))
                .collect(),
            security_groups: seed.security_groups.clone(),
            profile: seed.profile.clone(),
            key: seed.key_name.as_ref().map(|name| LoginKey {
                name: name.clone(),
                public_key: seed.public_key.clone().unwrap_or_default(),
            }),
            user_data: None,
            tags: tags(&seed.tags),
            metadata_options: MetadataOptions {
                http_tokens: seed.http_tokens,
                http_put_response_hop_limit: seed.http_put_response_hop_limit,
                http_endpoint: seed.http_endpoint,
                http_protocol_ipv6: seed.http_protocol_ipv6,
                instance_metadata_tags: seed.instance_metadata_tags,
            },
            launched: self.now,
        }
    }

    fn bucket(&mut self, bucket: &SeedBucket) -> Result<(), SeedError> {
        let Some(document) = &bucket.policy else { return Ok(()) };
        let change =
            Change::BucketPolicyPut { bucket: bucket.name.clone(), document: document.clone() };
        self.push(&format!("bucket `{}`", bucket.name), change)
    }

    fn network(&mut self, network: &SeedNetwork) -> Result<(), SeedError> {
        let what = format!("network of `{}`", network.vpc);
        let origin = match (network.cidr, &network.listener) {
            (Some(cidr), None) => Origin::Cidr(cidr),
            (None, Some(listener)) if listener == LISTENER => Origin::Listener(listener.clone()),
            (None, Some(listener)) => {
                return Err(refuse(&what, format!("listener `{listener}` is not `{LISTENER}`")));
            }
            _ => return Err(refuse(&what, "set either `cidr` or `listener`")),
        };
        let (vpc_id, endpoint_id) = (network.vpc.clone(), network.endpoint.clone());
        let network = Network { origin, vpc_id, endpoint_id };
        self.push(&what, Change::NetworkMapped { network })
    }
}

/// Text or base64, not both.
fn user_data(seed: &SeedInstance) -> Result<Option<UserData>, &'static str> {
    let data = match (&seed.user_data, &seed.user_data_base64) {
        (None, None) => return Ok(None),
        (Some(text), None) => UserData::new(text.clone().into_bytes()),
        (None, Some(text)) => UserData::from_base64(text),
        (Some(_), Some(_)) => return Err("set either `user-data` or `user-data-base64`"),
    };
    data.map(Some).ok_or("the user data is no base64, or longer than 16 KiB")
}

fn metadata(values: &BTreeMap<String, SeedValue>) -> BTreeMap<String, Option<String>> {
    let value = |value: &SeedValue| match value {
        SeedValue::Absent(_) => None,
        SeedValue::Text(text) => Some(text.clone()),
    };
    values.iter().map(|(path, set)| (path.clone(), value(set))).collect()
}

/// The one listener whose connections can stand for a VPC.
const LISTENER: &str = "api";

/// `use1-az6` for `us-east-1`: the first letters of its words and its number.
pub(super) fn zone_id(region: &str) -> String {
    let mut parts = region.split('-');
    let first = parts.next().unwrap_or_default();
    let rest: String = parts.filter_map(|part| part.chars().next()).collect();
    format!("{first}{rest}-az6")
}

pub(super) fn tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

pub(super) fn refuse(what: &str, why: impl Into<String>) -> SeedError {
    SeedError { what: what.to_owned(), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Ones;

    impl Entropy for Ones {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(1);
        }
    }

    #[test]
    fn an_address_of_the_metadata_service_says_nothing_in_vain() {
        let now = Timestamp::from_seconds(0);
        let keyring = Keyring::generate(now, &mut Ones);
        let changes = |imds: serde_json::Value| {
            let mut seed = serde_json::json!({ "account": "123456789012", "imds": [imds] });
            seed["imds"][0]["address"] = "127.0.0.1:0".into();
            let seed: Seed = serde_json::from_value(seed).unwrap();
            seed.changes(&keyring, now, &mut Ones).map_err(|error| error.to_string())
        };
        assert!(changes(serde_json::json!({ "hardened": true, "hosts": ["metadata"] })).is_ok());
        for (imds, told) in [
            (serde_json::json!({ "hosts": ["metadata"] }), "`hosts` is for `hardened = true`"),
            (
                serde_json::json!({ "by-source": true, "instance": "i-0123456789abcdef0" }),
                "set either `instance` or `by-source`",
            ),
        ] {
            let refused = changes(imds).unwrap_err();
            assert_eq!(refused, format!("imds `127.0.0.1:0`: {told}"));
        }
    }

    #[test]
    fn a_network_of_a_listener_that_does_not_exist_is_refused() {
        let now = Timestamp::from_seconds(0);
        let keyring = Keyring::generate(now, &mut Ones);
        let network = |listener: &str| {
            serde_json::json!({
                "account": "123456789012",
                "network": [{"listener": listener, "vpc": "vpc-1", "endpoint": "vpce-1"}],
            })
        };
        let changes = |listener: &str| {
            let seed: Seed = serde_json::from_value(network(listener)).unwrap();
            seed.changes(&keyring, now, &mut Ones)
        };
        assert!(changes("api").is_ok());
        let error = changes("imds").unwrap_err();
        assert_eq!(error.to_string(), "network of `vpc-1`: listener `imds` is not `api`");
    }
}
