//! A development world for tests, and drivers of real clients. Never part of what is shipped.
//!
//! - [`Dev`] is the real program in a process of its own.
//! - [`TestWorld`] is the same world in this process, with a clock that tests move.
//! - [`Imds`] asks a metadata service, from an address of this machine.
//! - [`Issuer`] signs service account tokens, as a cluster of Kubernetes does.
//! - [`Namespace`] is a network of its own, for root.
//! - [`Wire`] sends bytes as they are, so that malformed requests can be sent too.
//! - [`Clients`] are the unmodified AWS tools, set up by `cargo xtask test`.
//!
//! Every world has its own ports and folders. A test fails by panicking.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "this code runs in tests alone, and a test fails by panicking"
)]

mod clients;
mod dev;
mod imds;
mod issuer;
mod namespace;
mod signer;
mod wire;
mod world;

pub use clients::{Client, Clients, Ran};
pub use dev::{Dev, Ended};
pub use imds::Imds;
pub use issuer::{Issuer, Pod};
pub use namespace::{Namespace, is_root};
pub use rustix::process::{Pid, Signal, kill_process};
pub use signer::{Keys, SignedRequest};
pub use wire::{Reply, Wire};
pub use world::TestWorld;
