use std::net::SocketAddr;
use std::path::PathBuf;

use rolecall_identity::AccountId;
use serde::Deserialize;

use super::defaults;

/// An EKS cluster, and where its Pod Identity agent answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedPodIdentity {
    /// The account.
    pub account: Option<AccountId>,
    /// The region.
    pub region: Option<String>,
    /// The cluster's name.
    pub cluster: String,
    /// The issuer of its service account tokens, as `iss` has it.
    pub issuer: String,
    /// The issuer's public keys: the path of a JWKS file, which is read again when it changes, or the
    /// JSON text itself.
    pub jwks: String,
    /// `HOST:PORT` of the agent.
    #[serde(default = "defaults::pod_identity_address")]
    pub address: SocketAddr,
    /// Which service account may use which role.
    #[serde(default, rename = "association")]
    pub associations: Vec<SeedPodIdentityAssociation>,
}

/// The role of a service account.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SeedPodIdentityAssociation {
    /// The service account's namespace.
    pub namespace: String,
    /// The service account's name.
    pub service_account: String,
    /// The name of a role of the cluster's account, which must let `pods.eks.amazonaws.com` do
    /// `sts:AssumeRole` and `sts:TagSession`.
    pub role: String,
}

/// Where the keys of an issuer are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeedJwks {
    /// In a file.
    File(PathBuf),
    /// In the seed.
    Text(String),
}

impl SeedPodIdentity {
    /// A text in braces is the keys themselves.
    pub fn keys(&self) -> SeedJwks {
        match self.jwks.trim_start().starts_with('{') {
            true => SeedJwks::Text(self.jwks.clone()),
            false => SeedJwks::File(PathBuf::from(&self.jwks)),
        }
    }
}
