//! The state of an authority: the fold of its changes.

mod account;
mod account_change;
mod change;
mod instance;
mod managed;
mod pod_identity;
mod task;

use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_identity::{AccessKeyId, AccountId, Arn, InstanceId};
use rolecall_policy::Policy;

pub use account::{
    AccessKey, AccessKeyOwner, AccessKeyStatus, Account, Holder, InstanceProfile, ManagedPolicy,
    PolicyAttachments, Role, Tag, Trust, TrustDocument, User,
};
pub use account_change::{AccountChange, NewEntity, RoleSettings};
pub use change::{ApplyError, Change, MetadataValue};
pub use instance::{
    HttpTokens, Instance, Interface, LoginKey, MetadataOptions, Network, Origin,
    USER_DATA_BYTES_MAX, UserData,
};
pub use pod_identity::{PodIdentityAssociation, PodIdentityCluster};
pub(crate) use task::is_ecs_name;
pub use task::{LaunchType, NetworkMode, Task, TaskArn, TaskArnError, TaskContainer};

/// Everything an authority knows, at one position of its change log.
///
/// Immutable once published: a write applies its changes to a copy, which shares all it did not
/// touch.
#[derive(Debug, Clone, Default)]
pub struct State {
    position: u64,
    accounts: BTreeMap<AccountId, Arc<Account>>,
    access_keys: Arc<BTreeMap<AccessKeyId, AccessKey>>,
    instances: Arc<BTreeMap<InstanceId, Arc<Instance>>>,
    bucket_policies: Arc<BTreeMap<String, Arc<Policy>>>,
    networks: Arc<Vec<Network>>,
    tasks: Arc<BTreeMap<TaskArn, Arc<Task>>>,
    pod_identity_clusters: Arc<BTreeMap<Arn, Arc<PodIdentityCluster>>>,
}

impl State {
    /// How many changes were folded to get here.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// An account.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id).map(Arc::as_ref)
    }

    /// All accounts, by id.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values().map(Arc::as_ref)
    }

    /// A role by its ARN, path and all.
    pub fn role(&self, arn: &Arn) -> Option<&Arc<Role>> {
        let account = self.account(arn.account()?)?;
        let role = account.role(arn.resource_of("role")?.rsplit('/').next()?)?;
        (role.arn == arn.as_str()).then_some(role)
    }

    /// A user by its ARN, path and all.
    pub fn user(&self, arn: &Arn) -> Option<&Arc<User>> {
        let account = self.account(arn.account()?)?;
        let user = account.user(arn.resource_of("user")?.rsplit('/').next()?)?;
        (user.arn == arn.as_str()).then_some(user)
    }

    /// A long-term access key.
    pub fn access_key(&self, id: AccessKeyId) -> Option<&AccessKey> {
        self.access_keys.get(&id)
    }

    /// The access keys of one owner, by id.
    pub fn access_keys_of<'a>(
        &'a self,
        owner: &'a AccessKeyOwner,
    ) -> impl Iterator<Item = (AccessKeyId, &'a AccessKey)> {
        self.access_keys
            .iter()
            .filter(move |(_, key)| key.owner == *owner)
            .map(|(id, key)| (*id, key))
    }

    /// An instance.
    pub fn instance(&self, id: &InstanceId) -> Option<&Arc<Instance>> {
        self.instances.get(id)
    }

    /// All instances, by id.
    pub fn instances(&self) -> impl Iterator<Item = &Arc<Instance>> {
        self.instances.values()
    }

    /// A managed policy: of AWS, or of the account in its ARN.
    pub fn managed_policy(&self, arn: &Arn) -> Option<&ManagedPolicy> {
        if arn.account_text() == "aws" {
            return managed::aws_policy(arn.as_str());
        }
        self.account(arn.account()?)?.managed_policy(arn.as_str())
    }

    /// A managed policy that an account may use: its own, or one of AWS.
    pub fn managed_policy_for(&self, account: AccountId, arn: &Arn) -> Option<&ManagedPolicy> {
        let usable = arn.account() == Some(account) || arn.account_text() == "aws";
        self.managed_policy(arn).filter(|_| usable)
    }

    /// The managed policies of AWS that this authority knows.
    pub fn aws_policies<'a>() -> impl Iterator<Item = &'a ManagedPolicy> {
        managed::aws_policies().values()
    }

    /// The policy of a bucket.
    pub fn bucket_policy(&self, bucket: &str) -> Option<&Policy> {
        self.bucket_policies.get(bucket).map(Arc::as_ref)
    }

    /// The networks that stand for VPCs.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// A task.
    pub fn task(&self, arn: &TaskArn) -> Option<&Arc<Task>> {
        self.tasks.get(arn)
    }

    /// All tasks, by ARN.
    pub fn tasks(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.values()
    }

    /// An EKS cluster, by ARN.
    pub fn pod_identity_cluster(&self, arn: &Arn) -> Option<&Arc<PodIdentityCluster>> {
        self.pod_identity_clusters.get(arn)
    }
}
