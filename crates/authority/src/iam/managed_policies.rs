use rolecall_identity::{Arn, UniqueIdKind};
use rolecall_policy::{Policy, PolicyKind};

use super::entity::{DESCRIPTION, change, date, encoded, new_entity, operation, target};
use super::page::page;
use super::quota;
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccountChange, ManagedPolicy, PolicyAttachments};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreatePolicy", false, create_target, create_policy),
    operation("DeletePolicy", false, policy_target, delete_policy),
    operation("GetPolicy", true, policy_target, get_policy),
    operation("GetPolicyVersion", true, policy_target, get_policy_version),
    operation("ListPolicies", true, list_target, list_policies),
];

const NAME: Field = Field::new("PolicyName", 1, 128, Pattern::NameNonEmpty);
const DOCUMENT: Field = Field::new("PolicyDocument", 1, 131_072, Pattern::Any);
const ARN: Field = Field::new("PolicyArn", 20, 2048, Pattern::Any);
const VERSION: Field = Field::new("VersionId", 1, 64, Pattern::Any);

fn create_target(call: &Call<'_>, params: &Params) -> Target {
    target(call, params, "policy", None, params.get("PolicyName").unwrap_or_default())
}

fn policy_target(_: &Call<'_>, params: &Params) -> Target {
    Target::resource(params.get("PolicyArn").unwrap_or_default())
}

fn list_target(call: &Call<'_>, params: &Params) -> Target {
    target(call, params, "policy", params.get("PathPrefix"), "")
}

fn create_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = NAME.required(params)?;
    let document = DOCUMENT.required(params)?.to_owned();
    let description = DESCRIPTION.optional(params)?.map(str::to_owned);
    Policy::parse(PolicyKind::Managed, &document)
        .map_err(|error| ApiError::malformed_policy(&error))?;
    quota::managed(&document)?;
    let entity = new_entity(call, params, UniqueIdKind::ManagedPolicy, name)?;
    let account = call.account().ok_or_else(|| ApiError::internal("the account is gone"))?;
    let arn = account.iam_arn("policy", &entity.path, name);
    let taken = account.managed_policies().any(|known| known.name.eq_ignore_ascii_case(name));
    if taken {
        let message =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(ApiError::new("EntityAlreadyExists", message));
    }
    let policy = vec![
        Element::text("PolicyName", name),
        Element::text("PolicyId", entity.id.as_str()),
        Element::text("Arn", arn),
        Element::text("Path", entity.path.as_str()),
        Element::text("DefaultVersionId", "v1"),
        Element::text("AttachmentCount", "0"),
        Element::text("IsAttachable", "true"),
        date("CreateDate", entity.created),
        date("UpdateDate", entity.created),
    ];
    let done = change(call, AccountChange::ManagedPolicyCreated { entity, description, document });
    Ok(done.answering(vec![Element::fields("Policy", policy)]))
}

fn find<'a>(call: &Call<'a>, params: &Params) -> Result<&'a ManagedPolicy, ApiError> {
    let text = ARN.required(params)?;
    let arn = Arn::try_new(text)
        .map_err(|_| ApiError::validation("Invalid ARN:  Could not be parsed!"))?;
    let not_found = || ApiError::new("NoSuchEntity", format!("Policy {text} was not found."));
    call.state.managed_policy(&arn).ok_or_else(not_found)
}

fn get_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let policy = find(call, params)?;
    let mut fields = policy_fields(call, policy);
    fields.extend(policy.description.as_deref().map(|text| Element::text("Description", text)));
    Ok(Done::output(vec![Element::fields("Policy", fields)]))
}

fn policy_fields(call: &Call<'_>, policy: &ManagedPolicy) -> Vec<Element> {
    vec![
        Element::text("PolicyName", policy.name.as_str()),
        Element::text("PolicyId", policy.id.as_str()),
        Element::text("Arn", policy.arn.as_str()),
        Element::text("Path", policy.path.as_str()),
        Element::text("DefaultVersionId", "v1"),
        Element::text("AttachmentCount", holders(call, &policy.arn).to_string()),
        Element::text("IsAttachable", "true"),
        date("CreateDate", policy.created),
        date("UpdateDate", policy.created),
    ]
}

fn get_policy_version(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let policy = find(call, params)?;
    let version = VERSION.required(params)?;
    if version != "v1" {
        let arn = policy.arn.as_str();
        let message =
            format!("Policy {arn} version {version} does not exist or is not attachable.");
        return Err(ApiError::new("NoSuchEntity", message));
    }
    let fields = vec![
        Element::text("Document", encoded(policy.policy.text())),
        Element::text("VersionId", "v1"),
        Element::text("IsDefaultVersion", "true"),
        date("CreateDate", policy.created),
    ];
    Ok(Done::output(vec![Element::fields("PolicyVersion", fields)]))
}

fn list_policies(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let policies = call.account().into_iter().flat_map(|account| account.managed_policies());
    let body = |policy: &&ManagedPolicy| Body::Fields(policy_fields(call, policy));
    Ok(Done::output(page(params, "Policies", policies, |policy| policy.arn.as_str(), body)?))
}

fn delete_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let policy = find(call, params)?;
    if policy.arn.account() != Some(call.account_id()) {
        return Err(ApiError::access_denied("AWS managed policies cannot be deleted"));
    }
    if holders(call, &policy.arn) > 0 {
        let message = "Cannot delete a policy attached to entities.";
        return Err(ApiError::new("DeleteConflict", message));
    }
    let arn = policy.arn.clone();
    Ok(change(call, AccountChange::ManagedPolicyDeleted { arn }))
}

/// How many users and roles of the account hold a policy, as a boundary or attached.
fn holders(call: &Call<'_>, arn: &Arn) -> usize {
    let Some(account) = call.account() else { return 0 };
    let users = account.users().map(|user| &user.policies);
    let roles = account.roles().map(|role| &role.policies);
    let holds = |held: &&PolicyAttachments| {
        held.attached.contains(arn) || held.boundary.as_ref() == Some(arn)
    };
    users.chain(roles).filter(holds).count()
}
