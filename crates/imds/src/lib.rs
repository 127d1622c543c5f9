//! The instance metadata service and the container credential endpoint, as pure functions.
//!
//! [`respond`] answers one request from a [`Snapshot`]: the whole tree of one instance, rendered
//! before anybody asks. A listing and the leaves under it always come from the same snapshot, and a
//! read waits for nothing. Sockets, hop limits and the order of headers are the server's business.
//!
//! Source: EC2 user guide, "Use instance metadata to manage your EC2 instance"; contract/imds.md.

mod container;
mod document;
mod facts;
mod path;
mod request;
mod respond;
mod response;
mod snapshot;
mod tree;
mod version;

pub use container::{ContainerRequest, respond_container};
pub use facts::{IamFacts, InstanceFacts, KeySets, LoginKeyFacts, MetadataSettings, RoleFacts};
pub use request::{Presented, Request};
pub use respond::respond;
pub use response::{Body, ContentType, Response};
pub use snapshot::Snapshot;
