use std::sync::Arc;

use super::filters::Filters;
use super::metadata_options::option_fields;
use super::resource;
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Done;
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::Instance;

/// The caller's instances in the region; `InstanceId.N` and filters pick some.
pub(super) fn describe_instances(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let asked: Vec<&str> = params.list("InstanceId").collect();
    let filters = Filters::read(params, By::read)?;
    let chosen: Vec<&Arc<Instance>> = if asked.is_empty() {
        resource::own(call).collect()
    } else {
        for id in &asked {
            resource::named(call, id)?;
        }
        resource::own(call).filter(|instance| asked.contains(&instance.id.as_str())).collect()
    };
    let shown = chosen.into_iter().filter(|i| filters.pass(|by, value| by.is(i, value)));
    let reservations = shown.map(|instance| reservation(call, instance));
    Ok(Done::output(vec![Element::items("reservationSet", reservations)]))
}

/// What a filter looks at.
enum By<'a> {
    InstanceId,
    PrivateIp,
    State,
    Tag(&'a str),
    VpcId,
}

impl<'a> By<'a> {
    fn read(name: &'a str) -> Option<Self> {
        Some(match name {
            "instance-id" => Self::InstanceId,
            "instance-state-name" => Self::State,
            "private-ip-address" => Self::PrivateIp,
            "vpc-id" => Self::VpcId,
            _ => Self::Tag(name.strip_prefix("tag:")?),
        })
    }

    fn is(&self, instance: &Instance, value: &str) -> bool {
        match self {
            Self::InstanceId => instance.id.as_str() == value,
            Self::PrivateIp => instance.private_ip.to_string() == value,
            Self::State => value == "running",
            Self::Tag(key) => instance.tags.iter().any(|tag| tag.key == *key && tag.value == value),
            Self::VpcId => instance.vpc_id == value,
        }
    }
}

fn reservation(call: &Call<'_>, instance: &Instance) -> Body {
    Body::Fields(vec![
        Element::text("reservationId", instance.reservation_id.as_str()),
        Element::text("ownerId", instance.account.to_string()),
        Element::items("instancesSet", [Body::Fields(instance_fields(call, instance))]),
    ])
}

fn instance_fields(call: &Call<'_>, instance: &Instance) -> Vec<Element> {
    let mut fields = vec![
        Element::text("instanceId", instance.id.as_str()),
        Element::text("imageId", instance.image_id.as_str()),
        Element::fields(
            "instanceState",
            vec![Element::text("code", "16"), Element::text("name", "running")],
        ),
        Element::text("instanceType", instance.instance_type.as_str()),
        Element::text("launchTime", instance.launched.iso8601().to_string()),
        Element::fields(
            "placement",
            vec![Element::text("availabilityZone", instance.availability_zone.as_str())],
        ),
        Element::text("subnetId", instance.subnet_id.as_str()),
        Element::text("vpcId", instance.vpc_id.as_str()),
        Element::text("privateIpAddress", instance.private_ip.to_string()),
        Element::text("architecture", instance.architecture.as_str()),
        Element::fields("metadataOptions", option_fields(&instance.metadata_options, "applied")),
    ];
    fields.extend(resource::profile_element(call, instance));
    let tags = instance.tags.iter().map(|tag| {
        Body::Fields(vec![
            Element::text("key", tag.key.as_str()),
            Element::text("value", tag.value.as_str()),
        ])
    });
    fields.push(Element::items("tagSet", tags));
    fields
}
