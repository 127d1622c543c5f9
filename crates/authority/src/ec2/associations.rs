use std::sync::Arc;

use super::filters::Filters;
use super::{profiles, resource};
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::{Done, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{Change, Instance, InstanceProfile};

pub(super) fn associate_target(call: &Call<'_>, params: &Params) -> Target {
    giving_target(call, params, params.get("InstanceId").unwrap_or_default())
}

pub(super) fn replace_target(call: &Call<'_>, params: &Params) -> Target {
    giving_target(call, params, &named_instance(params))
}

pub(super) fn disassociate_target(call: &Call<'_>, params: &Params) -> Target {
    resource::target(call, &named_instance(params))
}

/// Gives a profile to an instance that has none.
pub(super) fn associate(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instance = resource::required(call, params)?;
    let profile = profiles::named(call, params)?;
    if instance.profile.is_some() {
        let message = format!("There is an existing association for instance {}", instance.id);
        return Err(ApiError::new("IncorrectState", message));
    }
    Ok(give(instance, profile))
}

/// Gives another profile to an instance that has one.
pub(super) fn replace(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instance = associated(call, association(params)?)?;
    let profile = profiles::named(call, params)?;
    Ok(give(instance, profile))
}

/// Takes the profile from an instance.
pub(super) fn disassociate(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let instance = associated(call, association(params)?)?;
    let element = resource::profile_element(call, instance);
    let change = Change::InstanceProfileAssociated { instance: instance.id.clone(), profile: None };
    Ok(Done::change(change).answering(answer(instance, element, "disassociating")))
}

/// The associations of the caller's instances in the region.
pub(super) fn describe(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let asked: Vec<&str> = params.list("AssociationId").collect();
    let filters = Filters::read(params, By::read)?;
    for id in &asked {
        associated(call, id)?;
    }
    let shown = resource::own(call).filter(|instance| {
        instance.profile.is_some()
            && (asked.is_empty() || asked.contains(&association_id(instance).as_str()))
            && filters.pass(|by, value| by.is(instance, value))
    });
    let items = shown.map(|instance| {
        Body::Fields(fields(instance, resource::profile_element(call, instance), ASSOCIATED))
    });
    Ok(Done::output(vec![Element::items("iamInstanceProfileAssociationSet", items)]))
}

/// What a filter looks at.
enum By {
    InstanceId,
    State,
}

impl By {
    fn read(name: &str) -> Option<Self> {
        match name {
            "instance-id" => Some(Self::InstanceId),
            "state" => Some(Self::State),
            _ => None,
        }
    }

    fn is(&self, instance: &Instance, value: &str) -> bool {
        match self {
            Self::InstanceId => instance.id.as_str() == value,
            Self::State => value == ASSOCIATED,
        }
    }
}

/// The one state that an association is found in.
const ASSOCIATED: &str = "associated";

fn giving_target(call: &Call<'_>, params: &Params, instance: &str) -> Target {
    let target = resource::target(call, instance);
    // A profile that is not there is refused by the operation.
    let Ok(profile) = profiles::named(call, params) else { return target };
    let arn = target.resource.clone();
    profiles::with_profile(target, call, profile, &arn)
}

fn give(instance: &Instance, profile: &InstanceProfile) -> Done {
    let element = resource::profile_fields(profile);
    let change = Change::InstanceProfileAssociated {
        instance: instance.id.clone(),
        profile: Some(profile.name.clone()),
    };
    Done::change(change).answering(answer(instance, Some(element), "associating"))
}

fn answer(instance: &Instance, profile: Option<Element>, state: &str) -> Vec<Element> {
    vec![Element::fields("iamInstanceProfileAssociation", fields(instance, profile, state))]
}

/// AWS: answers carry no `timestamp`, though the model has one. docs
fn fields(instance: &Instance, profile: Option<Element>, state: &str) -> Vec<Element> {
    let mut fields = vec![
        Element::text("associationId", association_id(instance)),
        Element::text("instanceId", instance.id.as_str()),
    ];
    // A profile that was deleted since has no ARN to show.
    fields.extend(profile);
    fields.push(Element::text("state", state));
    fields
}

fn association(params: &Params) -> Result<&str, ApiError> {
    resource::parameter(params, "AssociationId", "associationId")
}

/// The instance of an association that is there.
fn associated<'a>(call: &Call<'a>, id: &str) -> Result<&'a Arc<Instance>, ApiError> {
    let instance = id.strip_prefix(PREFIX).and_then(|digits| {
        let instance = resource::find(call, &format!("i-{digits}"))?;
        instance.profile.is_some().then_some(instance)
    });
    instance.ok_or_else(|| {
        let message = format!("An invalid association-id of '{}' was given", resource::shown(id));
        ApiError::new("InvalidAssociationID.NotFound", message)
    })
}

/// The id of the instance that `AssociationId` is of, for policies: even if it does not exist.
fn named_instance(params: &Params) -> String {
    let id = params.get("AssociationId").unwrap_or_default();
    format!("i-{}", id.strip_prefix(PREFIX).unwrap_or(id))
}

/// An instance has one association at most, so it has the instance's digits.
fn association_id(instance: &Instance) -> String {
    format!("{PREFIX}{}", instance.id.as_str().trim_start_matches("i-"))
}

const PREFIX: &str = "iip-assoc-";
