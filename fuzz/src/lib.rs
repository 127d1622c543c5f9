//! What the fuzz targets share: requests as text, and a small world to ask.
//!
//! A target reads bytes, hands them to one parser through its public functions, and panics if an
//! answer breaks a promise of that parser. Nothing here is a secret: keys are made by counting.

mod request;
pub mod signed;
mod tasks;
mod world;

pub use request::{Lines, TextRequest};
pub use tasks::{AGENT_ID, Host};
pub use world::{
    Counting, NOW, SECRET_V1, SECRET_V2, connection, credentials, facts, key_sets, keyring,
    snapshot, state,
};
