//! The services of containers that a line of a case file may ask.

use std::net::IpAddr;

use rolecall_identity::Timestamp;
use rolecall_imds::container::pod_identity::{
    PodIdentityRequest, Refusal, authenticate, credentials_response,
};
use rolecall_imds::container::{TaskCredentials, TaskRole, task_metadata};
use rolecall_imds::{InstanceFacts, Presented, Response, respond_task_credentials};
use serde::Deserialize;

use crate::case::CONTAINER_ID;
use crate::jwt::{Jwt, associations, settings};
use crate::tasks::Host;
use crate::world::key_sets;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Ask {
    /// The EKS Pod Identity agent.
    PodIdentity {
        /// The values of `Host`.
        host: Vec<String>,
        /// The token in `Authorization`.
        jwt: Jwt,
    },
    /// The credentials of a task, by their id alone.
    TaskCredentials,
    /// The task metadata endpoint.
    TaskMetadata {
        /// Where the request comes from.
        source: IpAddr,
        /// Whether tasks see each other.
        #[serde(default)]
        peers: bool,
    },
}

impl Ask {
    pub(crate) fn answer(
        &self,
        now: Timestamp,
        facts: &InstanceFacts,
        method: &str,
        target: &str,
    ) -> Response {
        match self {
            Self::PodIdentity { host, jwt } => {
                let values = jwt.values();
                let request = PodIdentityRequest {
                    method,
                    target,
                    host: Presented::from_values(host.iter().map(String::as_bytes)),
                    authorization: Presented::from_values(values.iter().map(String::as_bytes)),
                };
                pod_identity(now, facts, &request).unwrap_or_else(|refusal| refusal.response())
            }
            Self::TaskCredentials => {
                respond_task_credentials(now, target, |id| match facts.iam.key_sets() {
                    _ if id != CONTAINER_ID => TaskRole::Unknown,
                    None => TaskRole::Pending,
                    Some(sets) => TaskRole::Ready(TaskCredentials {
                        role_arn: "arn:aws:iam::123456789012:role/role-x",
                        keys: &sets.v2,
                    }),
                })
            }
            Self::TaskMetadata { source, peers } => {
                let host = Host::new();
                task_metadata::respond(&host.view(*peers), *source, target)
            }
        }
    }
}

/// The steps that the server takes.
fn pod_identity(
    now: Timestamp,
    facts: &InstanceFacts,
    request: &PodIdentityRequest<'_>,
) -> Result<Response, Refusal> {
    let account = authenticate(now, &settings(), request)?;
    let role = associations().role_of(&account)?.clone();
    assert_eq!(role.as_str(), "arn:aws:iam::123456789012:role/role-x");
    credentials_response(now, &key_sets().v2, &facts.account)
}
