//! The managed policy that bounds a user or role.

use rolecall_identity::Arn;

use super::attachments::managed_policy;
use super::entity::change;
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Target};
use crate::output::Element;
use crate::params::Params;
use crate::state::{AccountChange, Holder};

const BOUNDARY: Field = Field::new("PermissionsBoundary", 20, 2048, Pattern::Any);

/// The boundary that a request must name.
pub(super) fn required(call: &Call<'_>, params: &Params) -> Result<Arn, ApiError> {
    managed_policy(call, BOUNDARY.required(params)?)
}

/// The boundary that a request may name.
pub(super) fn optional(call: &Call<'_>, params: &Params) -> Result<Option<Arn>, ApiError> {
    BOUNDARY.optional(params)?.map(|text| managed_policy(call, text)).transpose()
}

/// Policies may demand a boundary.
pub(super) fn with_key(target: Target, params: &Params) -> Target {
    match params.get(BOUNDARY.name) {
        Some(boundary) => target.with("iam:PermissionsBoundary", boundary),
        None => target,
    }
}

/// A user or role is created with its boundary at once.
pub(super) fn set_with(mut done: Done, call: &Call<'_>, holder: Holder, arn: Option<Arn>) -> Done {
    if arn.is_some() {
        let set = AccountChange::BoundarySet { holder, boundary: arn };
        done.changes.extend(change(call, set).changes);
    }
    done
}

pub(super) fn element(arn: &Arn) -> Element {
    Element::fields(
        BOUNDARY.name,
        vec![
            Element::text("PermissionsBoundaryType", "Policy"),
            Element::text("PermissionsBoundaryArn", arn.as_str()),
        ],
    )
}
