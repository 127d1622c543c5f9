use rolecall_identity::Arn;
use serde::{Deserialize, Serialize};

/// An EKS cluster whose pods get the credentials of roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodIdentityCluster {
    /// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME`
    pub arn: Arn,
    /// The issuer of its service account tokens, as `iss` has it.
    pub issuer: String,
    /// Which service account may use which role.
    pub associations: Vec<PodIdentityAssociation>,
}

/// The role of a service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodIdentityAssociation {
    /// The service account's namespace.
    pub namespace: String,
    /// The service account's name.
    pub service_account: String,
    /// The role.
    pub role: Arn,
}

impl PodIdentityCluster {
    /// The association of a service account: there is one at most.
    pub fn association(&self, namespace: &str, account: &str) -> Option<&PodIdentityAssociation> {
        let is_of = |one: &&PodIdentityAssociation| {
            one.namespace == namespace && one.service_account == account
        };
        self.associations.iter().find(is_of)
    }
}
