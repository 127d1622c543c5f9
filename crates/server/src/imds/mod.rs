//! The metadata service and the container endpoint on their listeners.

mod body;
mod container;
mod facts;
mod fault;
mod instances;
mod listener;
mod metadata;
mod plane;
mod signer;
mod write;

pub(crate) use container::{
    ContainerPlane, PodIdentityListener, PodIdentityParts, TaskParts, Tasks,
};
pub use container::{PodIdentityAddress, PodIdentityError, TaskContainerSettings, TaskSettings};
pub(crate) use fault::Faults;
pub use fault::{Fault, FaultKind, FaultOn};
pub use instances::Serves;
pub(crate) use instances::{InstanceFinder, Instances};
pub(crate) use listener::bind;
pub use listener::{ImdsListener, Profile};
pub(crate) use metadata::MetadataParts;
pub(crate) use plane::ImdsPlane;
pub(crate) use signer::Signer;
