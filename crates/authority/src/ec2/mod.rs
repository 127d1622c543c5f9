//! EC2: regions, instances, their tags, their profiles and their metadata options; the rest answers
//! `InvalidAction`.
//!
//! Source: EC2 API reference; contract/authority.md section 7. What a policy may ask of an instance:
//! service authorization reference, "Actions, resources, and condition keys for Amazon EC2".

mod associations;
mod describe_tags;
mod filters;
mod instances;
mod metadata_options;
mod profiles;
mod regions;
mod resource;
mod tags;

use crate::operation::{Gate, Operation, Target};

/// Every list is one page, whatever `MaxResults` asks.
pub(crate) const OPERATIONS: &[&[Operation]] = &[ASSOCIATIONS, INSTANCES, TAGS];

const ASSOCIATIONS: &[Operation] = &[
    Operation {
        name: "AssociateIamInstanceProfile",
        gate: Gate::Policy(associations::associate_target),
        read_only: false,
        params: &["IamInstanceProfile.Arn", "IamInstanceProfile.Name", "InstanceId"],
        run: associations::associate,
    },
    Operation {
        name: "DescribeIamInstanceProfileAssociations",
        gate: Gate::Policy(Target::any),
        read_only: true,
        params: &[
            "AssociationId.N",
            "Filter.N.Name",
            "Filter.N.Value.N",
            "MaxResults",
            "NextToken",
        ],
        run: associations::describe,
    },
    Operation {
        name: "DisassociateIamInstanceProfile",
        gate: Gate::Policy(associations::disassociate_target),
        read_only: false,
        params: &["AssociationId"],
        run: associations::disassociate,
    },
    Operation {
        name: "ReplaceIamInstanceProfileAssociation",
        gate: Gate::Policy(associations::replace_target),
        read_only: false,
        params: &["AssociationId", "IamInstanceProfile.Arn", "IamInstanceProfile.Name"],
        run: associations::replace,
    },
];

const INSTANCES: &[Operation] = &[
    Operation {
        name: "DescribeInstances",
        gate: Gate::Policy(Target::any),
        read_only: true,
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
    Operation {
        name: "ModifyInstanceMetadataOptions",
        gate: Gate::Policy(metadata_options::target),
        read_only: false,
        params: metadata_options::PARAMS,
        run: metadata_options::modify,
    },
];

const TAGS: &[Operation] = &[
    Operation {
        name: "CreateTags",
        gate: Gate::Policy(tags::create_target),
        read_only: false,
        params: &["DryRun", "ResourceId.N", "Tag.N.Key", "Tag.N.Value"],
        run: tags::create_tags,
    },
    Operation {
        name: "DeleteTags",
        gate: Gate::Policy(tags::delete_target),
        read_only: false,
        params: &["DryRun", "ResourceId.N", "Tag.N.Key", "Tag.N.Value"],
        run: tags::delete_tags,
    },
    Operation {
        name: "DescribeTags",
        gate: Gate::Policy(Target::any),
        read_only: true,
        params: &["DryRun", "Filter.N.Name", "Filter.N.Value.N", "MaxResults", "NextToken"],
        run: describe_tags::describe_tags,
    },
];
