//! What containers ask: the endpoints of the ECS agent and of the EKS Pod Identity agent.
//!
//! [`respond_container`] and [`respond_task_credentials`] deliver credentials of a task,
//! [`task_metadata`] tells a task about itself, [`task_protection`] keeps it from being scaled in,
//! and [`pod_identity`] proves which service account a pod acts for. Each is a function of the
//! request and of what the caller knows; single-flight, rate limits and files are the server's.
//!
//! Sources: Amazon ECS developer guide, "Task metadata endpoint version 4" and "Task scale-in
//! protection endpoint"; Amazon EKS user guide, "EKS Pod Identity"; contract/imds.md 1.10 to 1.12.

mod credentials;
mod json;
pub mod pod_identity;
mod service;
pub mod task_metadata;
pub mod task_protection;

pub use credentials::{
    CREDENTIALS_LEFT_SECONDS_MIN, ContainerRequest, TaskCredentials, TaskRole, respond_container,
    respond_task_credentials,
};
pub use service::ContainerService;
