use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use rolecall_identity::{AccountId, Arn, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::Tag;

/// A task of ECS: containers that get the credentials of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Which one it is.
    pub arn: TaskArn,
    /// The task definition's family.
    pub family: String,
    /// The task definition's revision.
    pub revision: u32,
    /// The service that started it: such a task alone can be protected.
    pub service: Option<String>,
    /// The name of its role, in its own account.
    pub role: Option<String>,
    /// Where it was launched.
    pub launch_type: LaunchType,
    /// How its containers are connected.
    pub network_mode: NetworkMode,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// `02:…`
    pub mac: String,
    /// `vpc-…`
    pub vpc_id: String,
    /// The subnet's addresses.
    pub subnet_cidr: IpNet,
    /// `us-east-1a`
    pub availability_zone: String,
    /// `use1-az6`
    pub availability_zone_id: String,
    /// What it may use: 1024 CPU units are one vCPU.
    pub cpu_units: Option<u32>,
    /// What it may use, in MiB.
    pub memory_mib: Option<u64>,
    /// Its containers, one at least.
    pub containers: Vec<TaskContainer>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// When it was started.
    pub started: Timestamp,
    /// Until when scale-in leaves it alone.
    #[serde(default)]
    pub protected_until: Option<Timestamp>,
}

/// A container of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskContainer {
    /// Its name in the task definition.
    pub name: String,
    /// Its image.
    pub image: String,
    /// `sha256:…`
    pub image_id: String,
    /// 64 hexadecimal digits.
    pub docker_id: String,
    /// `arn:aws:ecs:REGION:ACCOUNT:container/…`
    pub arn: Arn,
    /// Labels beside those of ECS.
    pub labels: BTreeMap<String, String>,
    /// What it may use, in CPU units.
    pub cpu_units: Option<u32>,
    /// What it may use, in MiB.
    pub memory_mib: Option<u64>,
}

/// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`, whose id can name a session.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arn", into = "Arn")]
pub struct TaskArn {
    arn: Arn,
    account: AccountId,
}

/// The ARN is not that of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a task: expected `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`")]
pub struct TaskArnError(Arn);

/// Where a task was launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LaunchType {
    /// On an instance of the cluster.
    Ec2,
    /// On a machine outside AWS.
    External,
    /// On Fargate.
    Fargate,
}

/// How the containers of a task are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkMode {
    /// With an interface of their own.
    Awsvpc,
    /// Behind the bridge of their host.
    Bridge,
    /// As their host.
    Host,
}

impl TaskArn {
    /// Checks that it is the ARN of a task.
    pub fn try_new(arn: Arn) -> Result<Self, TaskArnError> {
        let named = arn.resource_of("task").and_then(|rest| rest.split_once('/'));
        let is_task = arn.service() == "ecs"
            && !arn.region().is_empty()
            && named.is_some_and(|(cluster, id)| is_ecs_name(cluster) && is_task_id(id));
        match arn.account().filter(|_| is_task) {
            Some(account) => Ok(Self { arn, account }),
            None => Err(TaskArnError(arn)),
        }
    }

    /// The ARN.
    pub const fn arn(&self) -> &Arn {
        &self.arn
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        self.arn.as_str()
    }

    /// The account that owns the task and its role.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The region it runs in.
    pub fn region(&self) -> &str {
        self.arn.region()
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        self.parts().0
    }

    /// `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`
    pub fn cluster_arn(&self) -> String {
        format!("arn:aws:ecs:{}:{}:cluster/{}", self.region(), self.account, self.cluster())
    }

    /// The task's id.
    pub fn id(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let named = self.arn.resource_of("task").and_then(|rest| rest.split_once('/'));
        named.unwrap_or_default()
    }
}

impl TryFrom<Arn> for TaskArn {
    type Error = TaskArnError;

    fn try_from(arn: Arn) -> Result<Self, TaskArnError> {
        Self::try_new(arn)
    }
}

impl From<TaskArn> for Arn {
    fn from(task: TaskArn) -> Self {
        task.arn
    }
}

impl std::fmt::Debug for TaskArn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name of a cluster, a family, a service or a container. Source: ECS API reference.
pub(crate) fn is_ecs_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.len() <= ECS_NAME_BYTES_MAX && name.bytes().all(fits)
}

/// The id names the session of the task's role. ECS draws 32 hexadecimal digits.
fn is_task_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (SESSION_NAME_MIN..=SESSION_NAME_MAX).contains(&id.len()) && id.bytes().all(fits)
}

const ECS_NAME_BYTES_MAX: usize = 255;
/// Source: STS API reference, `RoleSessionName`.
const SESSION_NAME_MIN: usize = 2;
const SESSION_NAME_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TaskArn, TaskArnError> {
        TaskArn::try_new(text.parse().unwrap())
    }

    #[test]
    fn a_task_has_the_arn_of_one() {
        let task = read("arn:aws:ecs:eu-west-1:123456789012:task/blue/0123abcd").unwrap();
        assert_eq!((task.cluster(), task.id(), task.region()), ("blue", "0123abcd", "eu-west-1"));
        assert_eq!(task.cluster_arn(), "arn:aws:ecs:eu-west-1:123456789012:cluster/blue");
        for arn in [
            "arn:aws:ecs:eu-west-1:123456789012:task/0123abcd",
            "arn:aws:ecs:eu-west-1:123456789012:task/blue/",
            "arn:aws:ecs:eu-west-1:123456789012:task//0123abcd",
            "arn:aws:ecs:eu-west-1:123456789012:task/blue/a/b",
            "arn:aws:ecs:eu-west-1:123456789012:task/blue/a b",
            "arn:aws:ecs:eu-west-1:123456789012:service/blue/0123abcd",
            "arn:aws:ecs:eu-west-1::task/blue/0123abcd",
            "arn:aws:ecs::123456789012:task/blue/0123abcd",
            "arn:aws:eks:eu-west-1:123456789012:task/blue/0123abcd",
        ] {
            assert!(read(arn).is_err(), "{arn}");
        }
        let of =
            |length| format!("arn:aws:ecs:eu-west-1:123456789012:task/blue/{}", "0".repeat(length));
        assert!(read(&of(SESSION_NAME_MAX)).is_ok());
        assert!(read(&of(SESSION_NAME_MAX + 1)).is_err());
    }

    #[test]
    fn a_log_is_read_by_the_same_rule() {
        let good = "\"arn:aws:ecs:eu-west-1:123456789012:task/blue/0123abcd\"";
        let read: TaskArn = serde_json::from_str(good).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), good);
        assert!(serde_json::from_str::<TaskArn>(&good.replace("task", "service")).is_err());
    }
}
