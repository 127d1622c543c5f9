//! Listeners, AWS protocol codecs and the admin address.
//!
//! [`World::start`] opens a change log and serves everything from it: the metadata service, the
//! container endpoint, STS, IAM and EC2 with the S3 gateway on one address, and the admin address.
//! The protocols are functions of the crates above; here are sockets, time, randomness and files.
//!
//! Nothing is acknowledged before it is in the log: see [`Ledger`].

mod admin;
mod api;
mod audit;
mod clock;
mod deadlines;
mod entropy;
mod files;
mod http_date;
mod imds;
mod ledger;
mod lingering;
mod listen;
mod metrics;
mod proxy_protocol;
mod recent;
mod world;

pub use audit::AuditLog;
pub use clock::{AHEAD_SECONDS_MAX, ManualClock, MovableClock, SystemClock};
pub use entropy::OsEntropy;
pub use files::{FileError, load_or_make_keyring, write_private};
pub use imds::{
    Fault, FaultKind, FaultOn, ImdsListener, PodIdentityAddress, PodIdentityError, Profile, Serves,
    TaskContainerSettings, TaskSettings,
};
pub use ledger::{Ledger, LedgerError};
pub use listen::CONNECTIONS_MAX;
pub use rolecall_imds::container::task_metadata::PathId;
pub use world::{Addresses, Config, Planes, Settings, StartError, World};
