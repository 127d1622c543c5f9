use rolecall_identity::{Arn, SessionTag};

use super::claims::ServiceAccount;

/// An EKS cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster(Arn);

/// The ARN is not that of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cluster: expected `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`")]
pub struct ClusterError(Arn);

impl Cluster {
    /// From `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`.
    pub fn try_new(arn: Arn) -> Result<Self, ClusterError> {
        let name = arn.resource_of("cluster").filter(|_| arn.service() == "eks");
        if name.is_some_and(is_cluster_name) { Ok(Self(arn)) } else { Err(ClusterError(arn)) }
    }

    /// The ARN.
    pub const fn arn(&self) -> &Arn {
        &self.0
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.resource_of("cluster").unwrap_or_default()
    }
}

/// The session tags of a pod, all of them transitive.
///
/// Source: EKS user guide, "Grant pods access to AWS resources based on tags".
pub fn session_tags(cluster: &Cluster, account: &ServiceAccount) -> Vec<SessionTag> {
    let tags = [
        ("eks-cluster-arn", cluster.arn().as_str()),
        ("eks-cluster-name", cluster.name()),
        ("kubernetes-namespace", account.namespace()),
        ("kubernetes-service-account", account.name()),
        ("kubernetes-pod-name", account.pod()),
        ("kubernetes-pod-uid", account.pod_uid()),
    ];
    let tag = |(key, value): (&str, &str)| SessionTag {
        key: key.to_owned(),
        value: value.to_owned(),
        transitive: true,
    };
    tags.into_iter().map(tag).collect()
}

/// `eks-CLUSTER-POD-POD_UID`, its names shortened to what a session name may have.
///
/// AWS draws the last part; the pod's id serves as well, and one pod keeps one session name.
pub fn session_name(cluster: &Cluster, account: &ServiceAccount) -> String {
    let short = |name: &str| name.chars().take(NAME_SHOWN_MAX).collect::<String>();
    let (cluster, pod) = (short(cluster.name()), short(account.pod()));
    let name = format!("eks-{cluster}-{pod}-{}", account.pod_uid());
    name.chars().take(SESSION_NAME_CHARACTERS_MAX).collect()
}

/// Source: EKS API reference, `CreateCluster`.
fn is_cluster_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() <= 100
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Source: STS API reference, `RoleSessionName`.
const SESSION_NAME_CHARACTERS_MAX: usize = 64;
/// `eks`, three dashes, an id of 36 characters and two of these are 64.
const NAME_SHOWN_MAX: usize = 11;
