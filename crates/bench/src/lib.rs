//! What is measured in process, shared by the program that times it and the one that counts.
//!
//! A [`Workload`] is our own code beside its floor: the primitives that no implementation can do
//! without, on the same bytes. Benchmarks fail by panicking, as tests do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a development tool, never shipped: it fails by panicking, as tests do"
)]

mod many;
mod policy;
/// The policies' meaning, written a second time for the tests of the engine.
#[path = "../../policy/tests/it/reference/mod.rs"]
#[allow(dead_code, reason = "the tests ask it of more callers and policies")]
mod reference;
mod session;
mod sigv4;
mod token;
mod typical;

pub use session::{Session, world};

/// One thing that is done many times.
pub struct Workload {
    /// What it is, as the table names it.
    pub name: &'static str,
    /// Our code.
    pub ours: Box<dyn FnMut()>,
    /// What nobody can do without.
    pub floor: Option<Box<dyn FnMut()>>,
    /// Most nanoseconds.
    pub nanoseconds_max: Option<f64>,
    /// Most times the floor.
    pub floors_max: Option<f64>,
    /// Most allocations.
    pub allocations_max: Option<f64>,
}

/// The sections that run in process.
pub const SECTIONS: [&str; 3] = ["sigv4", "token", "policy"];

/// The workloads of a section.
pub fn workloads(section: &str) -> Vec<Workload> {
    match section {
        "sigv4" => sigv4::workloads(),
        "token" => token::workloads(),
        "policy" => policy::workloads(),
        _ => Vec::new(),
    }
}

impl Workload {
    pub(crate) fn new(name: &'static str, ours: impl FnMut() + 'static) -> Self {
        Self {
            name,
            ours: Box::new(ours),
            floor: None,
            nanoseconds_max: None,
            floors_max: None,
            allocations_max: None,
        }
    }

    pub(crate) fn floor(self, floor: impl FnMut() + 'static) -> Self {
        Self { floor: Some(Box::new(floor)), ..self }
    }

    pub(crate) fn at_most_nanoseconds(self, most: f64) -> Self {
        Self { nanoseconds_max: Some(most), ..self }
    }

    pub(crate) fn at_most_floors(self, most: f64) -> Self {
        Self { floors_max: Some(most), ..self }
    }

    pub(crate) fn without_allocations(self) -> Self {
        Self { allocations_max: Some(0.0), ..self }
    }
}

/// Measured code borrows for as long as the process lives.
pub(crate) fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
