use crate::call::Call;
use crate::error::ApiError;
use crate::operation::Done;
use crate::output::{Body, Element};
use crate::params::Params;

/// The regions of the partition that are on by default; `RegionName.N` picks some.
pub(super) fn describe_regions(_: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let asked: Vec<&str> = params.list("RegionName").collect();
    if let Some(unknown) = asked.iter().find(|name| !REGIONS.contains(name)) {
        let message = format!("Invalid region provided: {unknown}");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    let shown = REGIONS.iter().filter(|name| asked.is_empty() || asked.contains(name));
    let items = shown.map(|name| {
        Body::Fields(vec![
            Element::text("regionName", *name),
            Element::text("regionEndpoint", format!("ec2.{name}.amazonaws.com")),
            Element::text("optInStatus", "opt-in-not-required"),
        ])
    });
    Ok(Done::output(vec![Element::items("regionInfo", items)]))
}

/// Source: EC2 user guide, "Available Regions", those without opt-in.
const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];
