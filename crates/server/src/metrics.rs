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
    /// What is counted most is found without asking.
    metadata_served: Counter<u64, AtomicU64>,
    calls_served: Counter<u64, AtomicU64>,
    metadata_reads: [Counter<u64, AtomicU64>; 2],
}

/// How a read of the metadata service came.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Delivery {
    /// Without a token.
    V1,
    /// With one.
    V2,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum PlaneLabel {
    Api,
    Container,
    Imds,
    PodIdentity,
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
        let served = |plane| requests.get_or_create_owned(&RequestLabels { plane, status: 200 });
        let (metadata_served, calls_served) = (served(PlaneLabel::Imds), served(PlaneLabel::Api));
        let reads = Family::<DeliveryLabels, Counter<u64, AtomicU64>>::default();
        let metadata_reads =
            ["v1", "v2"].map(|version| reads.get_or_create_owned(&DeliveryLabels { version }));
        let help = "Reads of the metadata service, by version: v1 came without a token";
        registry.register("metadata_reads", help, reads);
        Self { registry, requests, metadata_served, calls_served, metadata_reads }
    }

    pub(crate) fn request(&self, plane: PlaneLabel, status: u16) {
        match (plane, status) {
            (PlaneLabel::Imds, 200) => self.metadata_served.inc(),
            (PlaneLabel::Api, 200) => self.calls_served.inc(),
            _ => self.requests.get_or_create(&RequestLabels { plane, status }).inc(),
        };
    }

    pub(crate) fn metadata_read(&self, delivery: Delivery) {
        let [v1, v2] = &self.metadata_reads;
        match delivery {
            Delivery::V1 => v1.inc(),
            Delivery::V2 => v2.inc(),
        };
    }

    /// The text of `/metrics`.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
