use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use rolecall_identity::{AccountId, Arn, Timestamp, UniqueId};
use rolecall_policy::Policy;
use rolecall_token::SealedSecret;
use serde::{Deserialize, Serialize};

/// One account: its users, roles, policies and profiles. Names are unique without case.
#[derive(Debug, Clone)]
pub struct Account {
    pub(super) id: AccountId,
    pub(super) users: BTreeMap<String, Arc<User>>,
    pub(super) roles: BTreeMap<String, Arc<Role>>,
    pub(super) instance_profiles: BTreeMap<String, InstanceProfile>,
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
}

/// An IAM user.
#[derive(Debug, Clone)]
pub struct User {
    /// `AIDA…`
    pub id: UniqueId,
    /// `arn:aws:iam::ACCOUNT:user/PATH/NAME`
    pub arn: String,
    /// The name, its case kept.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Tags on the user.
    pub tags: Vec<Tag>,
    /// What it may do.
    pub policies: PolicyAttachments,
}

/// An IAM role.
#[derive(Debug, Clone)]
pub struct Role {
    /// `AROA…`
    pub id: UniqueId,
    /// `arn:aws:iam::ACCOUNT:role/PATH/NAME`
    pub arn: String,
    /// The name, its case kept.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for, in words.
    pub description: Option<String>,
    /// Longest session, 3600 to 43,200 seconds.
    pub session_seconds_max: i64,
    /// Who may assume it.
    pub trust: Trust,
    /// Tags on the role.
    pub tags: Vec<Tag>,
    /// What it may do.
    pub policies: PolicyAttachments,
}

/// Who may assume a role.
#[derive(Debug, Clone)]
pub struct Trust {
    /// `AssumeRolePolicyDocument`
    pub policy: Arc<Policy>,
    /// The unique ids that the roles and users it names had when it was written. A later entity of
    /// the same name is not trusted.
    pub principals: BTreeMap<Arn, UniqueId>,
}

/// A trust policy as it stands in the change log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustDocument {
    /// The document's text.
    pub document: String,
    /// The unique ids of the roles and users it names.
    pub principals: BTreeMap<Arn, UniqueId>,
}

/// The policies of a user or role.
#[derive(Debug, Clone, Default)]
pub struct PolicyAttachments {
    /// Inline policies by name.
    pub inline: BTreeMap<String, Arc<Policy>>,
    /// Attached managed policies.
    pub attached: BTreeSet<Arn>,
    /// The managed policy that bounds it.
    pub boundary: Option<Arn>,
}

/// A user or a role, where an operation takes either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Holder {
    /// The role of this name.
    Role(String),
    /// The user of this name.
    User(String),
}

/// A container that hands one role to instances.
#[derive(Debug, Clone)]
pub struct InstanceProfile {
    /// `AIPA…`
    pub id: UniqueId,
    /// `arn:aws:iam::ACCOUNT:instance-profile/PATH/NAME`
    pub arn: String,
    /// The name, its case kept.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// The role's name; AWS allows one.
    pub role: Option<String>,
}

/// A managed policy, of its default version.
#[derive(Debug, Clone)]
pub struct ManagedPolicy {
    /// `ANPA…`
    pub id: UniqueId,
    /// Its ARN.
    pub arn: Arn,
    /// The name, its case kept.
    pub name: String,
    /// `/` or `/…/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// What it is for, in words.
    pub description: Option<String>,
    /// The document.
    pub policy: Arc<Policy>,
}

/// A tag of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value, possibly empty.
    pub value: String,
}

/// A long-term access key; its secret is encrypted.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// Whose key it is.
    pub owner: AccessKeyOwner,
    /// The secret, as it stands in the change log.
    pub secret: SealedSecret,
    /// Whether it may sign.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created: Timestamp,
}

/// Whose access key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessKeyOwner {
    /// The account itself.
    Root(AccountId),
    /// A user, by its unique id.
    User(AccountId, UniqueId),
}

/// Whether an access key may sign. Source: IAM API reference, `AccessKeyMetadata`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessKeyStatus {
    /// It may.
    Active,
    /// It may not, until it is made active again.
    Inactive,
}

impl Account {
    pub(super) const fn new(id: AccountId) -> Self {
        Self {
            id,
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            instance_profiles: BTreeMap::new(),
            policies: BTreeMap::new(),
        }
    }

    /// The account's id.
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// A user by name, without case.
    pub fn user(&self, name: &str) -> Option<&Arc<User>> {
        self.users.get(&*fold(name))
    }

    /// A user by unique id.
    pub fn user_by_id(&self, id: &UniqueId) -> Option<&Arc<User>> {
        self.users.values().find(|user| user.id == *id)
    }

    /// Users by name.
    pub fn users(&self) -> impl Iterator<Item = &Arc<User>> {
        self.users.values()
    }

    /// A role by name, without case.
    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(&*fold(name))
    }

    /// Roles by name.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    /// An instance profile by name, without case.
    pub fn instance_profile(&self, name: &str) -> Option<&InstanceProfile> {
        self.instance_profiles.get(&*fold(name))
    }

    /// Instance profiles by name.
    pub fn instance_profiles(&self) -> impl Iterator<Item = &InstanceProfile> {
        self.instance_profiles.values()
    }

    /// A managed policy by ARN.
    pub fn managed_policy(&self, arn: &str) -> Option<&ManagedPolicy> {
        self.policies.get(arn)
    }

    /// Managed policies by ARN.
    pub fn managed_policies(&self) -> impl Iterator<Item = &ManagedPolicy> {
        self.policies.values()
    }

    /// The policies of a user or role.
    pub fn attachments(&self, holder: &Holder) -> Option<&PolicyAttachments> {
        match holder {
            Holder::Role(name) => self.role(name).map(|role| &role.policies),
            Holder::User(name) => self.user(name).map(|user| &user.policies),
        }
    }

    /// The ARN of something of this account: `arn:aws:iam::ACCOUNT:KIND/PATH…NAME`.
    pub fn iam_arn(&self, kind: &str, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:{kind}{path}{name}", self.id)
    }
}

impl Holder {
    /// The name, as it was given.
    pub fn name(&self) -> &str {
        match self {
            Self::Role(name) | Self::User(name) => name,
        }
    }
}

impl AccessKeyStatus {
    /// `Active` or `Inactive`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(name) => write!(f, "role `{name}`"),
            Self::User(name) => write!(f, "user `{name}`"),
        }
    }
}

/// The form under which names are unique.
pub(super) fn fold(name: &str) -> Cow<'_, str> {
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => name.to_ascii_lowercase().into(),
        false => name.into(),
    }
}
