//! EC2: what finds regions and instances; the rest answers `InvalidAction`.
//!
//! Source: EC2 API reference; contract/authority.md section 7.

mod instances;
mod regions;

use crate::operation::{Gate, Operation, Target};

pub(crate) const OPERATIONS: &[&[Operation]] = &[&[
    Operation {
        name: "DescribeInstances",
        gate: Gate::Policy(Target::any),
        read_only: true,
        run: instances::describe_instances,
    },
    Operation {
        name: "DescribeRegions",
        gate: Gate::Policy(Target::any),
        read_only: true,
        run: regions::describe_regions,
    },
]];
