//! What a simulation acts on, and the policy that is on it.

use std::sync::Arc;

use rolecall_identity::Arn;
use rolecall_policy::PolicyKind;

use super::evaluate::{AssumedRole, Resource, is_of_trust};
use super::input::{self, invalid};
use super::principal::{self, Simulated};
use super::sources::Source;
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;
use crate::state::Role;

/// The resources, and `ResourcePolicy` for those that are no role to be assumed.
pub(super) fn read(
    call: &Call<'_>,
    params: &Params,
    caller: &Simulated,
    actions: &[&str],
) -> Result<(Vec<Resource>, Option<Source>), ApiError> {
    let names = input::resources(params)?;
    let owner = input::resource_owner(params)?.unwrap_or(caller.account);
    let given = Given::read(params, caller, actions, &names)?;
    let by_trust = actions.iter().any(|action| is_of_trust(action));
    let resource = |name: &str| {
        let role = role_arn(name).filter(|_| by_trust);
        let arn = Arn::try_new(name).ok();
        Resource {
            name: name.to_owned(),
            owner: arn.and_then(|arn| arn.account()).unwrap_or(owner),
            role: role.map(|arn| assumed_role(call, &arn, caller, given.trust.as_ref())),
        }
    };
    Ok((names.into_iter().map(resource).collect(), given.resource))
}

/// `ResourcePolicy`, in the parts that it plays.
struct Given {
    resource: Option<Source>,
    trust: Option<Arc<Source>>,
}

impl Given {
    /// What is no trust policy cannot stand for one, and no trust policy for another policy: a
    /// request that needs both is refused.
    fn read(
        params: &Params,
        caller: &Simulated,
        actions: &[&str],
        resources: &[&str],
    ) -> Result<Self, ApiError> {
        let Some(text) = RESOURCE_POLICY.optional(params)? else {
            return Ok(Self { resource: None, trust: None });
        };
        if !caller.is_named() {
            return Err(invalid("A ResourcePolicy needs a CallerArn that it can name."));
        }
        let read = |kind| Source::given("ResourcePolicy".to_owned(), "resource", kind, text);
        let is_role = |name: &&&str| role_arn(name).is_some();
        let (roles, trusts) = (
            resources.iter().filter(is_role).count(),
            actions.iter().filter(|action| is_of_trust(action)).count(),
        );
        let trust = (roles > 0 && trusts > 0).then(|| read(PolicyKind::Trust)).transpose()?;
        let others = roles < resources.len() || trusts < actions.len();
        let resource = others.then(|| read(PolicyKind::Resource)).transpose()?;
        Ok(Self { resource, trust: trust.map(Arc::new) })
    }
}

fn role_arn(name: &str) -> Option<Arn> {
    let arn = Arn::try_new(name).ok()?;
    let is_role = arn.service() == "iam" && arn.resource_of("role").is_some();
    is_role.then_some(arn).filter(|arn| arn.account().is_some())
}

/// A role with the trust policy that was given, or with its own: a role of another account shows
/// that to nobody here.
fn assumed_role(
    call: &Call<'_>,
    arn: &Arn,
    caller: &Simulated,
    given: Option<&Arc<Source>>,
) -> AssumedRole {
    let role = own_role(call, arn);
    let own = role.filter(|_| given.is_none());
    let own_trust = own.map(|role| {
        let id = format!("role_{}_AssumeRolePolicyDocument", role.name);
        Arc::new(Source::new(id, "resource", Arc::clone(&role.trust.policy)))
    });
    AssumedRole {
        trust: given.cloned().or(own_trust),
        stand_in: own.and_then(|role| replaced_principal(call, role, caller)),
        tags: role.map_or(Vec::new(), |role| role.tags.clone()),
    }
}

fn own_role<'a>(call: &Call<'a>, arn: &Arn) -> Option<&'a Role> {
    call.state.role(arn).filter(|_| arn.account() == Some(call.account_id())).map(Arc::as_ref)
}

/// What the trust policy sees of a caller whose name it means for an earlier entity: the unique id
/// of the present one, or nothing if there is none.
fn replaced_principal(call: &Call<'_>, role: &Role, caller: &Simulated) -> Option<String> {
    let arn = Arn::try_new(caller.arn()).ok()?;
    let meant = role.trust.principals.get(&arn)?;
    let present = principal::find(call.state, &arn).map(|entity| entity.id);
    (present != Some(meant)).then(|| present.map(ToString::to_string).unwrap_or_default())
}

const RESOURCE_POLICY: Field = Field::new("ResourcePolicy", 1, 131_072, Pattern::Any);
