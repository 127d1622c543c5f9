use super::resource::{self, enabled, invalid};
use super::tags::check_shown;
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::{Done, Target};
use crate::output::Element;
use crate::params::Params;
use crate::state::{Change, HttpTokens, MetadataOptions};

pub(super) const PARAMS: &[&str] = &[
    "DryRun",
    HTTP_ENDPOINT,
    HTTP_PROTOCOL_IPV6,
    HTTP_PUT_RESPONSE_HOP_LIMIT,
    HTTP_TOKENS,
    INSTANCE_METADATA_TAGS,
    "InstanceId",
];

const HTTP_ENDPOINT: &str = "HttpEndpoint";
const HTTP_PROTOCOL_IPV6: &str = "HttpProtocolIpv6";
const HTTP_PUT_RESPONSE_HOP_LIMIT: &str = "HttpPutResponseHopLimit";
const HTTP_TOKENS: &str = "HttpTokens";
const INSTANCE_METADATA_TAGS: &str = "InstanceMetadataTags";

/// Most IP hops of a token answer. Source: EC2 API reference, `ModifyInstanceMetadataOptions`.
const HOP_LIMIT_MAX: u8 = 64;

/// The instance, and each option asked for as `ec2:Attribute/NAME`.
pub(super) fn target(call: &Call<'_>, params: &Params) -> Target {
    let target = resource::target(call, params.get("InstanceId").unwrap_or_default());
    let options = [
        HTTP_ENDPOINT,
        HTTP_PROTOCOL_IPV6,
        HTTP_PUT_RESPONSE_HOP_LIMIT,
        HTTP_TOKENS,
        INSTANCE_METADATA_TAGS,
    ];
    options.into_iter().fold(target, |target, name| match params.get(name) {
        Some(value) => target.with(&format!("ec2:Attribute/{name}"), value),
        None => target,
    })
}

/// Changes the options that are given; the others stay.
///
/// AWS: the answer says `pending`, the next DescribeInstances `applied`. docs
pub(super) fn modify(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instance = resource::required(call, params)?;
    let options = asked(params, instance.metadata_options)?;
    if options.instance_metadata_tags {
        check_shown(&instance.tags)?;
    }
    let output = vec![
        Element::text("instanceId", instance.id.as_str()),
        Element::fields("instanceMetadataOptions", option_fields(&options, "pending")),
    ];
    if options == instance.metadata_options {
        return Ok(Done::output(output));
    }
    let change = Change::MetadataOptionsModified { instance: instance.id.clone(), options };
    Ok(Done::change(change).answering(output))
}

pub(super) fn option_fields(options: &MetadataOptions, state: &str) -> Vec<Element> {
    vec![
        Element::text("state", state),
        Element::text("httpTokens", options.http_tokens.as_str()),
        Element::text("httpPutResponseHopLimit", options.http_put_response_hop_limit.to_string()),
        Element::text("httpEndpoint", enabled(options.http_endpoint)),
        Element::text("httpProtocolIpv6", enabled(options.http_protocol_ipv6)),
        Element::text("instanceMetadataTags", enabled(options.instance_metadata_tags)),
    ]
}

fn asked(params: &Params, before: MetadataOptions) -> Result<MetadataOptions, ApiError> {
    Ok(MetadataOptions {
        http_tokens: http_tokens(params)?.unwrap_or(before.http_tokens),
        http_endpoint: switch(params, HTTP_ENDPOINT)?.unwrap_or(before.http_endpoint),
        http_put_response_hop_limit: hop_limit(params)?
            .unwrap_or(before.http_put_response_hop_limit),
        http_protocol_ipv6: switch(params, HTTP_PROTOCOL_IPV6)?
            .unwrap_or(before.http_protocol_ipv6),
        instance_metadata_tags: switch(params, INSTANCE_METADATA_TAGS)?
            .unwrap_or(before.instance_metadata_tags),
    })
}

fn http_tokens(params: &Params) -> Result<Option<HttpTokens>, ApiError> {
    let read = |text: &str| match text {
        "optional" => Ok(HttpTokens::Optional),
        "required" => Ok(HttpTokens::Required),
        _ => Err(invalid(text, HTTP_TOKENS, "Valid values are optional and required")),
    };
    params.get(HTTP_TOKENS).map(read).transpose()
}

fn switch(params: &Params, name: &str) -> Result<Option<bool>, ApiError> {
    let read = |text: &str| match text {
        "disabled" => Ok(false),
        "enabled" => Ok(true),
        _ => Err(invalid(text, name, "Valid values are disabled and enabled")),
    };
    params.get(name).map(read).transpose()
}

fn hop_limit(params: &Params) -> Result<Option<u8>, ApiError> {
    let read = |text: &str| {
        let number = text.parse().ok().filter(|number| (1..=HOP_LIMIT_MAX).contains(number));
        let why = "Valid values are integers from 1 to 64";
        number.ok_or_else(|| invalid(text, HTTP_PUT_RESPONSE_HOP_LIMIT, why))
    };
    params.get(HTTP_PUT_RESPONSE_HOP_LIMIT).map(read).transpose()
}
