use std::collections::BTreeMap;
use std::sync::Arc;

use rolecall_identity::{AccessKeyId, AccountId, Arn, InstanceId, Timestamp};
use rolecall_policy::{Policy, PolicyKind};
use rolecall_token::SealedSecret;
use serde::{Deserialize, Serialize};

use super::State;
use super::account::{AccessKey, AccessKeyOwner, AccessKeyStatus, Account, Tag};
use super::account_change::AccountChange;
use super::instance::{Instance, MetadataOptions, Network};
use super::pod_identity::{PodIdentityAssociation, PodIdentityCluster};
use super::task::{Task, TaskArn};

/// One change of state, as it stands in the log. Names end in what happened.
///
/// A change says what is, not what to compute: folding the log needs no clock and no randomness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of the state's types, documented there")]
pub enum Change {
    AccessKeyCreated {
        id: AccessKeyId,
        owner: AccessKeyOwner,
        secret: SealedSecret,
        created: Timestamp,
    },
    AccessKeyDeleted {
        id: AccessKeyId,
    },
    AccessKeyUpdated {
        id: AccessKeyId,
        status: AccessKeyStatus,
    },
    AccountChanged {
        account: AccountId,
        change: AccountChange,
    },
    AccountCreated {
        account: AccountId,
    },
    BucketPolicyPut {
        bucket: String,
        document: String,
    },
    InstanceMetadataSet {
        instance: InstanceId,
        values: BTreeMap<String, MetadataValue>,
    },
    InstanceProfileAssociated {
        instance: InstanceId,
        profile: Option<String>,
    },
    InstanceRegistered {
        instance: Box<Instance>,
    },
    InstanceTagged {
        instance: InstanceId,
        tags: Vec<Tag>,
    },
    MetadataOptionsModified {
        instance: InstanceId,
        options: MetadataOptions,
    },
    NetworkMapped {
        network: Network,
    },
    PodIdentityAssociationCreated {
        cluster: Arn,
        association: PodIdentityAssociation,
    },
    PodIdentityClusterRegistered {
        cluster: Arn,
        issuer: String,
    },
    TaskProtectionUpdated {
        task: TaskArn,
        protected_until: Option<Timestamp>,
    },
    TaskRegistered {
        task: Box<Task>,
    },
}

/// What a metadata path holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetadataValue {
    /// Nothing: the path is not found, whatever the instance is.
    Absent,
    /// What follows from the instance.
    Derived,
    /// This text.
    Text(String),
}

/// A change does not fit the state it is applied to: the log is damaged, or of another version.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It names something that is not there.
    #[error("a change names {0}, which does not exist")]
    Missing(String),
    /// It holds a policy that does not parse.
    #[error("the policy of {0} is not valid")]
    Policy(String, #[source] rolecall_policy::PolicyError),
}

impl State {
    /// Folds one change in.
    pub fn apply(&mut self, change: &Change) -> Result<(), ApplyError> {
        match change {
            Change::AccessKeyCreated { id, owner, secret, created } => {
                let key = AccessKey {
                    owner: owner.clone(),
                    secret: secret.clone(),
                    status: AccessKeyStatus::Active,
                    created: *created,
                };
                Arc::make_mut(&mut self.access_keys).insert(*id, key);
            }
            Change::AccessKeyDeleted { id } => {
                let key = Arc::make_mut(&mut self.access_keys).remove(id);
                key.ok_or_else(|| missing("access key", id.last_four()))?;
            }
            Change::AccessKeyUpdated { id, status } => {
                let key = Arc::make_mut(&mut self.access_keys).get_mut(id);
                key.ok_or_else(|| missing("access key", id.last_four()))?.status = *status;
            }
            Change::AccountChanged { account, change } => {
                let found = self.accounts.get_mut(account);
                let found = found.ok_or_else(|| missing("account", &account.to_string()))?;
                Arc::make_mut(found).apply(change)?;
            }
            Change::AccountCreated { account } => {
                self.accounts.entry(*account).or_insert_with(|| Arc::new(Account::new(*account)));
            }
            Change::BucketPolicyPut { bucket, document } => {
                let policy = read_policy(PolicyKind::Resource, document, bucket)?;
                Arc::make_mut(&mut self.bucket_policies).insert(bucket.clone(), policy);
            }
            Change::InstanceMetadataSet { instance, values } => {
                let metadata = &mut self.instance_mut(instance)?.metadata;
                for (path, value) in values {
                    match value {
                        MetadataValue::Absent => metadata.insert(path.clone(), None),
                        MetadataValue::Derived => metadata.remove(path),
                        MetadataValue::Text(text) => {
                            metadata.insert(path.clone(), Some(text.clone()))
                        }
                    };
                }
            }
            Change::InstanceProfileAssociated { instance, profile } => {
                self.instance_mut(instance)?.profile.clone_from(profile);
            }
            Change::InstanceRegistered { instance } => {
                let registered = Arc::new(Instance::clone(instance));
                Arc::make_mut(&mut self.instances).insert(instance.id.clone(), registered);
            }
            Change::InstanceTagged { instance, tags } => {
                self.instance_mut(instance)?.tags.clone_from(tags);
            }
            Change::MetadataOptionsModified { instance, options } => {
                self.instance_mut(instance)?.metadata_options = *options;
            }
            Change::NetworkMapped { network } => {
                Arc::make_mut(&mut self.networks).push(network.clone());
            }
            Change::PodIdentityAssociationCreated { cluster, association } => {
                let found = Arc::make_mut(&mut self.pod_identity_clusters).get_mut(cluster);
                let found = found.ok_or_else(|| missing("cluster", cluster.as_str()))?;
                Arc::make_mut(found).associations.push(association.clone());
            }
            Change::PodIdentityClusterRegistered { cluster, issuer } => {
                let (arn, issuer) = (cluster.clone(), issuer.clone());
                let registered = PodIdentityCluster { arn, issuer, associations: Vec::new() };
                Arc::make_mut(&mut self.pod_identity_clusters)
                    .insert(cluster.clone(), Arc::new(registered));
            }
            Change::TaskProtectionUpdated { task, protected_until } => {
                let found = Arc::make_mut(&mut self.tasks).get_mut(task);
                let found = found.ok_or_else(|| missing("task", task.as_str()))?;
                Arc::make_mut(found).protected_until = *protected_until;
            }
            Change::TaskRegistered { task } => {
                let registered = Arc::new(Task::clone(task));
                Arc::make_mut(&mut self.tasks).insert(task.arn.clone(), registered);
            }
        }
        self.position += 1;
        Ok(())
    }

    fn instance_mut(&mut self, id: &InstanceId) -> Result<&mut Instance, ApplyError> {
        let instance = Arc::make_mut(&mut self.instances).get_mut(id);
        Ok(Arc::make_mut(instance.ok_or_else(|| missing("instance", id.as_str()))?))
    }
}

pub(super) fn read_policy(
    kind: PolicyKind,
    document: &str,
    of: &str,
) -> Result<Arc<Policy>, ApplyError> {
    let policy = Policy::parse(kind, document);
    policy.map(Arc::new).map_err(|source| ApplyError::Policy(of.to_owned(), source))
}

pub(super) fn missing(kind: &str, name: &str) -> ApplyError {
    ApplyError::Missing(format!("{kind} `{name}`"))
}
