//! The instance metadata service and the container credential endpoint, as pure functions.
//!
//! [`respond`] answers one request from a [`Snapshot`]: the whole tree of one instance, rendered
//! before anybody asks. A listing and the leaves under it always come from the same snapshot, and a
//! read waits for nothing. Sockets, hop limits and the order of headers are the server's business.
//!
//! Source: EC2 user guide, "Use instance metadata to manage your EC2 instance"; contract/imds.md.

pub mod container;
mod document;
mod facts;
mod hardened;
mod path;
mod render;
mod request;
mod respond;
mod response;
mod scenario;
mod snapshot;
mod tree;
mod value;
mod version;

pub use container::{
    ContainerRequest, ContainerService, respond_container, respond_task_credentials,
};
pub use facts::{
    IamFacts, InstanceFacts, InterfaceFacts, KeySets, LoginKeyFacts, MetadataSettings, RoleFacts,
};
pub use hardened::{Bearing, hardened_refuses};
pub use request::{Presented, Request};
pub use respond::respond;
pub use response::{Body, ContentType, Response};
pub use scenario::{
    IN_SECONDS_MAX, MaintenanceState, Scenario, ScenarioError, ScenarioValue, SpotAction,
};
pub use snapshot::{DocumentSigner, IdentityProof, Snapshot};
pub use value::{PATH_BYTES_MAX, ValuePathError, value_path};
