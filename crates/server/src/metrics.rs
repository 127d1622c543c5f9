use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counters of a process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    metadata_reads: Family<DeliveryLabels, Counter<u64, AtomicU64>>,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum PlaneLabel {
    Api,
    Container,
    Imds,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    plane: PlaneLabel,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    version: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("rolecall");
        let requests = Family::default();
        registry.register("requests", "Answered requests", requests.clone());
        let metadata_reads = Family::default();
        let help = "Reads of the metadata service, by version: v1 came without a token";
        registry.register("metadata_reads", help, metadata_reads.clone());
        Self { registry, requests, metadata_reads }
    }

    pub(crate) fn request(&self, plane: PlaneLabel, status: u16) {
        self.requests.get_or_create(&RequestLabels { plane, status }).inc();
    }

    pub(crate) fn metadata_read(&self, version: &'static str) {
        self.metadata_reads.get_or_create(&DeliveryLabels { version }).inc();
    }

    /// The text of `/metrics`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
