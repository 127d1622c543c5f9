//! What policies would say: the simulator, on the engine that decides real requests.
//!
//! AWS's own leaves the trust policies of roles out; here `sts:AssumeRole` and its kin on a role of
//! the account are decided by it, as they are when somebody calls.
//!
//! Source: IAM API reference, `SimulatePrincipalPolicy`, `SimulateCustomPolicy`,
//! `GetContextKeysForPrincipalPolicy`, `GetContextKeysForCustomPolicy`.

mod answer;
mod context;
mod evaluate;
mod input;
mod keys;
mod principal;
mod resource;
mod sources;
mod spans;

use rolecall_identity::Arn;

use self::evaluate::{Resource, Simulation};
use self::keys::Keys;
use self::principal::Simulated;
use self::sources::Source;
use super::entity::{operation, with_resource_tags};
use crate::call::Call;
use crate::error::ApiError;
use crate::operation::{Done, Operation, Target};
use crate::output::Element;
use crate::params::Params;

pub(super) const OPERATIONS: &[Operation] = &[
    operation(
        "GetContextKeysForCustomPolicy",
        true,
        &["PolicyInputList.member.N"],
        Target::any,
        context_keys_for_custom_policy,
    ),
    operation(
        "GetContextKeysForPrincipalPolicy",
        true,
        &["PolicyInputList.member.N", "PolicySourceArn"],
        principal_target,
        context_keys_for_principal_policy,
    ),
    operation("SimulateCustomPolicy", true, CUSTOM_PARAMS, Target::any, simulate_custom_policy),
    operation(
        "SimulatePrincipalPolicy",
        true,
        PRINCIPAL_PARAMS,
        principal_target,
        simulate_principal_policy,
    ),
];

const CUSTOM_PARAMS: &[&str] = &[
    "ActionNames.member.N",
    "CallerArn",
    "ContextEntries.member.N.ContextKeyName",
    "ContextEntries.member.N.ContextKeyType",
    "ContextEntries.member.N.ContextKeyValues.member.N",
    "Marker",
    "MaxItems",
    "PermissionsBoundaryPolicyInputList.member.N",
    "PolicyInputList.member.N",
    "ResourceArns.member.N",
    "ResourceOwner",
    "ResourcePolicy",
];
const PRINCIPAL_PARAMS: &[&str] = &[
    "ActionNames.member.N",
    "CallerArn",
    "ContextEntries.member.N.ContextKeyName",
    "ContextEntries.member.N.ContextKeyType",
    "ContextEntries.member.N.ContextKeyValues.member.N",
    "Marker",
    "MaxItems",
    "PermissionsBoundaryPolicyInputList.member.N",
    "PolicyInputList.member.N",
    "PolicySourceArn",
    "ResourceArns.member.N",
    "ResourceOwner",
    "ResourcePolicy",
];

/// The user or role whose policies are shown.
fn principal_target(call: &Call<'_>, params: &Params) -> Target {
    let text = params.get("PolicySourceArn").unwrap_or_default();
    let arn = Arn::try_new(text).ok().filter(|arn| arn.account() == Some(call.account_id()));
    let entity = arn.and_then(|arn| principal::find(call.state, &arn));
    with_resource_tags(Target::resource(text), entity.map_or(&[], |entity| entity.tags))
}

fn simulate_principal_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let (arn, entity) = principal::policy_source(call, params)?;
    let mut identity = sources::of_entity(call, &entity)?;
    identity.extend(sources::given(params)?);
    let boundary = match sources::given_boundary(params)? {
        Some(given) => Some(given),
        None => sources::boundary_of_entity(call, &entity)?,
    };
    let caller = match Simulated::read(params)?.filter(|caller| caller.arn() != arn.as_str()) {
        Some(other) => other,
        None => Simulated::of_entity(&arn, &entity)
            .ok_or_else(|| ApiError::internal("an entity without account"))?,
    };
    simulate(call, params, caller, (identity, boundary))
}

fn simulate_custom_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let identity = required_policies(params)?;
    let boundary = sources::given_boundary(params)?;
    let caller = Simulated::read(params)?;
    let caller = caller.unwrap_or_else(|| Simulated::unnamed(call.account_id()));
    simulate(call, params, caller, (identity, boundary))
}

fn simulate(
    call: &Call<'_>,
    params: &Params,
    caller: Simulated,
    (identity, boundary): (Vec<Source>, Option<Source>),
) -> Result<Done, ApiError> {
    let actions = input::actions(params)?;
    let (resources, resource_policy) = resource::read(call, params, &caller, &actions)?;
    let entries = context::entries(params)?;
    let (most, first) = input::page(params)?;
    let simulation = Simulation { caller, identity, boundary, resource_policy, entries };
    let most = most.min(simulation.results_max(&resources));
    let questions = actions.len() * resources.len();
    if first > 0 && first >= questions {
        return Err(input::invalid("The marker is not one of this simulation."));
    }
    let pairs =
        actions.iter().flat_map(|&action| resources.iter().map(move |resource| (action, resource)));
    let results = pairs.skip(first).take(most).map(|(action, resource)| {
        answer::result(action, &resource.name, &simulation.evaluate(action, resource))
    });
    let next = first + most;
    let mut output = vec![
        Element::items("EvaluationResults", results),
        Element::text("IsTruncated", (next < questions).to_string()),
    ];
    output.extend((next < questions).then(|| Element::text("Marker", next.to_string())));
    Ok(Done::output(output))
}

impl Simulation {
    /// A page has fewer results than asked for where there is much to evaluate for each.
    ///
    /// Source: IAM API reference: "IAM might return fewer than the MaxItems number of results".
    fn results_max(&self, resources: &[Resource]) -> usize {
        let trusts =
            resources.iter().filter_map(|resource| resource.role.as_ref()?.trust.as_deref());
        let size = |source: &Source| source.policy.text().len();
        let of_resource = trusts.chain(&self.resource_policy).map(size).max().unwrap_or_default();
        let own = self.identity.iter().chain(&self.boundary).map(size).sum::<usize>();
        (POLICY_BYTES_A_PAGE / (own + of_resource).max(1)).max(1)
    }
}

fn context_keys_for_custom_policy(_: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    Ok(context_keys(&required_policies(params)?))
}

fn context_keys_for_principal_policy(
    call: &mut Call<'_>,
    params: &Params,
) -> Result<Done, ApiError> {
    let (_, entity) = principal::policy_source(call, params)?;
    let mut policies = sources::of_entity(call, &entity)?;
    policies.extend(sources::given(params)?);
    Ok(context_keys(&policies))
}

fn context_keys(policies: &[Source]) -> Done {
    let mut keys = Keys::default();
    policies.iter().flat_map(Source::keys).for_each(|key| keys.add(key));
    Done::output(vec![answer::keys("ContextKeyNames", &keys.into_vec())])
}

fn required_policies(params: &Params) -> Result<Vec<Source>, ApiError> {
    input::required_list(params, &sources::POLICY_INPUT, "PolicyInputList.member")?;
    sources::given(params)
}

/// Bytes of policies that are evaluated for one page: a hundred results of the largest principal.
const POLICY_BYTES_A_PAGE: usize = 4 * 1024 * 1024;
