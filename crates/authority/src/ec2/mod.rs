//! EC2: what finds regions and instances; the rest answers `InvalidAction`.
//!
//! Source: EC2 API reference; contract/authority.md section 7.

mod filters;
mod instances;
mod regions;

use crate::operation::{Gate, Operation, Target};

pub(crate) const OPERATIONS: &[&[Operation]] = &[&[
    Operation {
        name: "DescribeInstances",
        gate: Gate::Policy(Target::any),
        read_only: true,
        // Everything is one page, whatever `MaxResults` asks.
        params: &[
            "DryRun",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "InstanceId.N",
            "MaxResults",
            "NextToken",
        ],
        run: instances::describe_instances,
    },
    Operation {
        name: "DescribeRegions",
        gate: Gate::Policy(Target::any),
        read_only: true,
        // No region here is one that must be switched on, so `AllRegions` adds none.
        params: &["AllRegions", "DryRun", "RegionName.N"],
        run: regions::describe_regions,
    },
]];
