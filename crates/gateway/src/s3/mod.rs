//! The S3 gateway: parse, verify, map to actions, decide, forward, answer.

mod access;
mod arrival;
mod conditions;
mod declared;
mod delete_objects;
mod error;
mod event;
mod gateway;
mod operation;
mod path;
mod query;
mod reply;
mod route;
mod store;
mod store_answer;
mod store_quirks;
mod transform;
mod upload_id;

pub use arrival::Arrival;
pub(crate) use error::S3Error;
pub use event::{S3Event, Sink};
pub use gateway::Gateway;
pub use reply::GatewayBody;
pub use store::{Store, StoreError};
