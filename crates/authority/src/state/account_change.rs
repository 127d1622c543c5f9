use std::sync::Arc;

use rolecall_identity::{Arn, Timestamp, UniqueId};
use rolecall_policy::PolicyKind;
use serde::{Deserialize, Serialize};

use super::account::{
    Account, Holder, InstanceProfile, ManagedPolicy, PolicyAttachments, Role, Tag, Trust,
    TrustDocument, User, fold,
};
use super::change::{ApplyError, missing, read_policy};

/// One change inside an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the state's types, documented there")]
pub enum AccountChange {
    BoundarySet { holder: Holder, boundary: Option<Arn> },
    InstanceProfileCreated(NewEntity),
    InstanceProfileDeleted { name: String },
    InstanceProfileRoleSet { name: String, role: Option<String> },
    ManagedPolicyCreated { entity: NewEntity, description: Option<String>, document: String },
    ManagedPolicyDeleted { arn: Arn },
    PolicyAttached { holder: Holder, policy: Arn },
    PolicyDeleted { holder: Holder, name: String },
    PolicyDetached { holder: Holder, policy: Arn },
    PolicyPut { holder: Holder, name: String, document: String },
    RoleCreated { entity: NewEntity, settings: RoleSettings, trust: TrustDocument, tags: Vec<Tag> },
    RoleDeleted { name: String },
    RoleUpdated { name: String, settings: RoleSettings },
    TrustPolicyUpdated { name: String, trust: TrustDocument },
    UserCreated { entity: NewEntity, tags: Vec<Tag> },
    UserDeleted { name: String },
}

/// What every new IAM entity has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntity {
    /// The unique id.
    pub id: UniqueId,
    /// The name, its case kept.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
}

/// What `UpdateRole` may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSettings {
    /// What the role is for, in words.
    pub description: Option<String>,
    /// Longest session, 3600 to 43,200 seconds.
    pub session_seconds_max: i64,
}

impl Account {
    pub(super) fn apply(&mut self, change: &AccountChange) -> Result<(), ApplyError> {
        match change {
            AccountChange::BoundarySet { holder, boundary } => {
                self.attachments_mut(holder)?.boundary.clone_from(boundary);
            }
            AccountChange::InstanceProfileCreated(entity) => self.create_instance_profile(entity),
            AccountChange::InstanceProfileDeleted { name } => {
                let profile = self.instance_profiles.remove(&*fold(name));
                profile.ok_or_else(|| missing("instance profile", name))?;
            }
            AccountChange::InstanceProfileRoleSet { name, role } => {
                let profile = self.instance_profiles.get_mut(&*fold(name));
                let profile = profile.ok_or_else(|| missing("instance profile", name))?;
                profile.role.clone_from(role);
            }
            AccountChange::ManagedPolicyCreated { entity, description, document } => {
                self.create_managed_policy(entity, description.clone(), document)?;
            }
            AccountChange::ManagedPolicyDeleted { arn } => {
                let policy = self.policies.remove(arn.as_str());
                policy.ok_or_else(|| missing("policy", arn.as_str()))?;
            }
            AccountChange::PolicyAttached { holder, policy } => {
                self.attachments_mut(holder)?.attached.insert(policy.clone());
            }
            AccountChange::PolicyDeleted { holder, name } => {
                self.attachments_mut(holder)?.inline.remove(name);
            }
            AccountChange::PolicyDetached { holder, policy } => {
                self.attachments_mut(holder)?.attached.remove(policy);
            }
            AccountChange::PolicyPut { holder, name, document } => {
                let policy = read_policy(PolicyKind::Identity, document, name)?;
                self.attachments_mut(holder)?.inline.insert(name.clone(), policy);
            }
            AccountChange::RoleCreated { entity, settings, trust, tags } => {
                self.create_role(entity, settings, trust, tags)?;
            }
            AccountChange::RoleDeleted { name } => {
                self.roles.remove(&*fold(name)).ok_or_else(|| missing("role", name))?;
            }
            AccountChange::RoleUpdated { name, settings } => {
                let role = self.role_mut(name)?;
                role.description.clone_from(&settings.description);
                role.session_seconds_max = settings.session_seconds_max;
            }
            AccountChange::TrustPolicyUpdated { name, trust } => {
                self.role_mut(name)?.trust = read_trust(trust, name)?;
            }
            AccountChange::UserCreated { entity, tags } => self.create_user(entity, tags),
            AccountChange::UserDeleted { name } => {
                self.users.remove(&*fold(name)).ok_or_else(|| missing("user", name))?;
            }
        }
        Ok(())
    }

    fn create_user(&mut self, entity: &NewEntity, tags: &[Tag]) {
        let NewEntity { id, name, path, created } = entity.clone();
        let arn = self.iam_arn("user", &path, &name);
        let policies = PolicyAttachments::default();
        let user = User { id, arn, name, path, created, tags: tags.to_vec(), policies };
        self.users.insert(fold(&entity.name).into_owned(), Arc::new(user));
    }

    fn create_role(
        &mut self,
        entity: &NewEntity,
        settings: &RoleSettings,
        trust: &TrustDocument,
        tags: &[Tag],
    ) -> Result<(), ApplyError> {
        let NewEntity { id, name, path, created } = entity.clone();
        let role = Role {
            trust: read_trust(trust, &name)?,
            id,
            arn: self.iam_arn("role", &path, &name),
            name,
            path,
            created,
            description: settings.description.clone(),
            session_seconds_max: settings.session_seconds_max,
            tags: tags.to_vec(),
            policies: PolicyAttachments::default(),
        };
        self.roles.insert(fold(&entity.name).into_owned(), Arc::new(role));
        Ok(())
    }

    fn create_instance_profile(&mut self, entity: &NewEntity) {
        let NewEntity { id, name, path, created } = entity.clone();
        let arn = self.iam_arn("instance-profile", &path, &name);
        let profile = InstanceProfile { id, arn, name, path, created, role: None };
        self.instance_profiles.insert(fold(&entity.name).into_owned(), profile);
    }

    fn create_managed_policy(
        &mut self,
        entity: &NewEntity,
        description: Option<String>,
        document: &str,
    ) -> Result<(), ApplyError> {
        let NewEntity { id, name, path, created } = entity.clone();
        let text = self.iam_arn("policy", &path, &name);
        let arn = Arn::try_new(&text).map_err(|_| missing("policy", &text))?;
        let policy = read_policy(PolicyKind::Managed, document, &name)?;
        let policy = ManagedPolicy { id, arn, name, path, created, description, policy };
        self.policies.insert(text, policy);
        Ok(())
    }

    fn role_mut(&mut self, name: &str) -> Result<&mut Role, ApplyError> {
        let role = self.roles.get_mut(&*fold(name)).ok_or_else(|| missing("role", name))?;
        Ok(Arc::make_mut(role))
    }

    fn attachments_mut(&mut self, holder: &Holder) -> Result<&mut PolicyAttachments, ApplyError> {
        match holder {
            Holder::Role(name) => Ok(&mut self.role_mut(name)?.policies),
            Holder::User(name) => {
                let user = self.users.get_mut(&*fold(name)).ok_or_else(|| missing("user", name))?;
                Ok(&mut Arc::make_mut(user).policies)
            }
        }
    }
}

fn read_trust(trust: &TrustDocument, of: &str) -> Result<Trust, ApplyError> {
    let policy = read_policy(PolicyKind::Trust, &trust.document, of)?;
    Ok(Trust { policy, principals: trust.principals.clone() })
}
