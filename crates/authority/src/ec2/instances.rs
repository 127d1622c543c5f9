use super::filters::Filters;
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Done;
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{Instance, MetadataOptions};

/// The caller's instances in the region; `InstanceId.N` and filters pick some.
pub(super) fn describe_instances(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let asked: Vec<&str> = params.list("InstanceId").collect();
    let filters = Filters::read(params)?;
    let own: Vec<&Instance> = call
        .state
        .instances()
        .map(AsRef::as_ref)
        .filter(|instance| instance.account == call.account_id() && instance.region == call.region)
        .collect();
    let is_own = |id: &str| own.iter().any(|instance| instance.id.as_str() == id);
    if let Some(unknown) = asked.iter().find(|id| !is_own(id)) {
        let message = format!("The instance ID '{unknown}' does not exist");
        return Err(ApiError::new("InvalidInstanceID.NotFound", message));
    }
    let shown = own.iter().filter(|i| asked.is_empty() || asked.contains(&i.id.as_str()));
    let shown = shown.filter(|instance| filters.pass(instance));
    let reservations = shown.map(|instance| reservation(call, instance));
    Ok(Done::output(vec![Element::items("reservationSet", reservations)]))
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
        Element::fields("metadataOptions", option_fields(&instance.metadata_options)),
    ];
    let profile = instance.profile.as_deref();
    let profile = profile.and_then(|name| call.account()?.instance_profile(name));
    fields.extend(profile.map(|profile| {
        Element::fields(
            "iamInstanceProfile",
            vec![
                Element::text("arn", profile.arn(instance.account)),
                Element::text("id", profile.id.as_str()),
            ],
        )
    }));
    let tags = instance.tags.iter().map(|tag| {
        Body::Fields(vec![
            Element::text("key", tag.key.as_str()),
            Element::text("value", tag.value.as_str()),
        ])
    });
    fields.push(Element::items("tagSet", tags));
    fields
}

fn option_fields(options: &MetadataOptions) -> Vec<Element> {
    let enabled = |on: bool| if on { "enabled" } else { "disabled" };
    vec![
        Element::text("state", "applied"),
        Element::text("httpTokens", options.http_tokens.as_str()),
        Element::text("httpPutResponseHopLimit", options.http_put_response_hop_limit.to_string()),
        Element::text("httpEndpoint", enabled(options.http_endpoint)),
        Element::text("httpProtocolIpv6", enabled(options.http_protocol_ipv6)),
        Element::text("instanceMetadataTags", enabled(options.instance_metadata_tags)),
    ]
}
