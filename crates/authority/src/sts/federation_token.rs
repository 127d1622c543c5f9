use rolecall_identity::SessionPrincipal;

use crate::call::Call;
use crate::caller::CallerKind;
use crate::error::ApiError;
use crate::field::{Field, Pattern, number};
use crate::operation::{Done, Target};
use crate::output::Element;
use crate::params::Params;
use crate::sts::session_policy::SessionPolicies;
use crate::sts::session_tags::{DUPLICATE_TAG, SessionTags, packed_size};
use crate::sts::sessions::{claims, vend};
use crate::tags::read_tags;

pub(super) fn target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("Name").unwrap_or_default();
    // Tags that do not read are refused by the operation.
    let tags = read_tags(params, DUPLICATE_TAG).unwrap_or_default();
    Target::resource(arn(call, name)).tagging("sts:TagSession", &tags)
}

/// A session of the user's permissions cut by session policies: without one, it may do nothing.
pub(super) fn get_federation_token(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let user = match call.caller.kind() {
        CallerKind::User(user) if call.caller.claims().is_none() => user,
        CallerKind::Root if call.caller.claims().is_none() => {
            return Err(ApiError::access_denied(
                "Cannot call GetFederationToken with root credentials here",
            ));
        }
        _ => {
            return Err(ApiError::access_denied(
                "Cannot call GetFederationToken with session credentials",
            ));
        }
    };
    let name = NAME.required(params)?;
    let duration = number(params, "DurationSeconds", 900..=129_600, 43_200)?;
    let policies = SessionPolicies::read(params)?;
    policies.must_exist(call.state, call.account_id())?;
    let tags = SessionTags::read(params, None)?;
    let packed = packed_size(&tags, &policies)?;
    let principal = SessionPrincipal::Federated {
        name: name.to_owned(),
        user: user.id.clone(),
        user_name: user.name.clone(),
    };
    let mut claims = claims(call, principal, duration);
    claims.tags = tags.into_tags();
    policies.seal_into(&mut claims);
    let federated = Element::fields(
        "FederatedUser",
        vec![
            Element::text("FederatedUserId", format!("{}:{name}", call.account_id())),
            Element::text("Arn", arn(call, name)),
        ],
    );
    let mut output = vend(call, params, &claims)?;
    output.extend([federated, Element::text("PackedPolicySize", packed.to_string())]);
    Ok(Done::output(output))
}

fn arn(call: &Call<'_>, name: &str) -> String {
    format!("arn:aws:sts::{}:federated-user/{name}", call.account_id())
}

pub(super) const PARAMS: &[&str] = &[
    "DurationSeconds",
    "MinimumSessionTokenSize",
    "Name",
    "Policy",
    "PolicyArns.member.N.arn",
    "Tags.member.N.Key",
    "Tags.member.N.Value",
];
const NAME: Field = Field::new("Name", 2, 32, Pattern::Name);
