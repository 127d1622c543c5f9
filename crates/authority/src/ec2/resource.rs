//! An instance, as requests name it and as policies see it.

use std::sync::Arc;

use rolecall_identity::InstanceId;

use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Target;
use crate::output::Element;
use crate::params::Params;
use crate::state::{Instance, InstanceProfile};

/// The caller's instances in the region.
pub(super) fn own<'a>(call: &Call<'a>) -> impl Iterator<Item = &'a Arc<Instance>> + use<'a> {
    let (account, region) = (call.account_id(), call.region);
    let instances = call.state.instances();
    instances.filter(move |instance| instance.account == account && instance.region == region)
}

/// One of the caller's instances in the region.
pub(super) fn find<'a>(call: &Call<'a>, id: &str) -> Option<&'a Arc<Instance>> {
    let instance = call.state.instance(&InstanceId::try_new(id).ok()?)?;
    let own = instance.account == call.account_id() && instance.region == call.region;
    own.then_some(instance)
}

/// The instance of an id, or what is wrong with the id.
pub(super) fn named<'a>(call: &Call<'a>, id: &str) -> Result<&'a Arc<Instance>, ApiError> {
    find(call, id).ok_or_else(|| match InstanceId::try_new(id) {
        Ok(_) => {
            let message = format!("The instance ID '{id}' does not exist");
            ApiError::new("InvalidInstanceID.NotFound", message)
        }
        Err(_) => {
            ApiError::new("InvalidInstanceID.Malformed", format!("Invalid id: \"{}\"", shown(id)))
        }
    })
}

/// The instance that `InstanceId` names.
pub(super) fn required<'a>(
    call: &Call<'a>,
    params: &Params,
) -> Result<&'a Arc<Instance>, ApiError> {
    named(call, parameter(params, "InstanceId", "instanceId")?)
}

/// A parameter that must be there; the message has a name of its own for it.
pub(super) fn parameter<'a>(
    params: &'a Params,
    name: &str,
    told: &str,
) -> Result<&'a str, ApiError> {
    params.get(name).ok_or_else(|| missing(told))
}

pub(super) fn missing(told: &str) -> ApiError {
    let message = format!("The request must contain the parameter {told}");
    ApiError::new("MissingParameter", message)
}

/// A value that its parameter does not take.
pub(super) fn invalid(value: &str, told: &str, why: &str) -> ApiError {
    let message = format!("Value ({}) for parameter {told} is invalid. {why}", shown(value));
    ApiError::new("InvalidParameterValue", message)
}

/// As much of a bad value as a message shows.
pub(super) fn shown(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}

/// What a request names as policies see it. Of what is not there, only the name is known.
pub(super) fn target(call: &Call<'_>, id: &str) -> Target {
    let arn = format!("arn:aws:ec2:{}:{}:instance/{id}", call.region, call.account_id());
    let target = Target::resource(arn).with("ec2:Region", call.region).with("ec2:InstanceID", id);
    match find(call, id) {
        Some(instance) => with_instance(target, call, instance),
        None => target,
    }
}

/// AWS: the keys of metadata options hold what the instance has, not what is asked for; a policy on
/// what is asked for says `ec2:Attribute/HttpTokens`. docs, uncertain
fn with_instance(target: Target, call: &Call<'_>, instance: &Instance) -> Target {
    let options = &instance.metadata_options;
    let hop_limit = options.http_put_response_hop_limit.to_string();
    let mut target = target
        .with("ec2:AvailabilityZone", &instance.availability_zone)
        .with("ec2:InstanceType", &instance.instance_type)
        .with("ec2:InstanceMetadataTags", enabled(options.instance_metadata_tags))
        .with("ec2:MetadataHttpEndpoint", enabled(options.http_endpoint))
        .with("ec2:MetadataHttpPutResponseHopLimit", &hop_limit)
        .with("ec2:MetadataHttpTokens", options.http_tokens.as_str());
    if let Some(profile) = profile_of(call, instance) {
        target = target.with("ec2:InstanceProfile", &profile.arn);
    }
    instance.tags.iter().fold(target, |target, tag| {
        let target = target.with(&format!("aws:ResourceTag/{}", tag.key), &tag.value);
        target.with(&format!("ec2:ResourceTag/{}", tag.key), &tag.value)
    })
}

/// An instance's profile, if it has one that is there.
pub(super) fn profile_element(call: &Call<'_>, instance: &Instance) -> Option<Element> {
    profile_of(call, instance).map(profile_fields)
}

/// A profile as answers show it.
pub(super) fn profile_fields(profile: &InstanceProfile) -> Element {
    let fields =
        vec![Element::text("arn", profile.arn.as_str()), Element::text("id", profile.id.as_str())];
    Element::fields("iamInstanceProfile", fields)
}

fn profile_of<'a>(call: &Call<'a>, instance: &Instance) -> Option<&'a InstanceProfile> {
    call.account()?.instance_profile(instance.profile.as_deref()?)
}

/// EC2's word for a switch.
pub(super) const fn enabled(on: bool) -> &'static str {
    if on { "enabled" } else { "disabled" }
}

const SHOWN: usize = 256;
