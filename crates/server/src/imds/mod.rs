//! The metadata service and the container endpoint on their listeners.

mod container;
mod metadata;
mod plane;

pub(crate) use container::ContainerPlane;
pub(crate) use metadata::{Metadata, MetadataParts};
pub(crate) use plane::ImdsPlane;
