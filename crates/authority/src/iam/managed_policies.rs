use rolecall_identity::{Arn, UniqueIdKind};
use rolecall_policy::{Policy, PolicyKind};

use super::attachments::parse_arn;
use super::entity::{
    DESCRIPTION, change, encoded, list_target, new_entity, operation, own_account, path_prefix,
    target,
};
use super::page::page;
use super::quota;
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation, Target};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{Account, AccountChange, ManagedPolicy, PolicyAttachments, State};

pub(super) const OPERATIONS: &[Operation] = &[
    operation(
        "CreatePolicy",
        false,
        &["Description", "Path", "PolicyDocument", "PolicyName"],
        create_target,
        create_policy,
    ),
    operation("DeletePolicy", false, &["PolicyArn"], policy_target, delete_policy),
    operation("GetPolicy", true, &["PolicyArn"], policy_target, get_policy),
    operation(
        "GetPolicyVersion",
        true,
        &["PolicyArn", "VersionId"],
        policy_target,
        get_policy_version,
    ),
    operation(
        "ListPolicies",
        true,
        &["Marker", "MaxItems", "PathPrefix", "Scope"],
        |c, p| list_target(c, p, "policy"),
        list_policies,
    ),
];

const NAME: Field = Field::new("PolicyName", 1, 128, Pattern::NameNonEmpty);
const DOCUMENT: Field = Field::new("PolicyDocument", 1, 131_072, Pattern::Any);
const ARN: Field = Field::new("PolicyArn", 20, 2048, Pattern::Any);
const VERSION: Field = Field::new("VersionId", 1, 64, Pattern::Any);

fn create_target(call: &Call<'_>, params: &Params) -> Target {
    let name = params.get("PolicyName").unwrap_or_default();
    let existing = call.account().and_then(|account| named(account, name));
    target(call, params, "policy", existing.map(|policy| policy.arn.to_string()), name)
}

fn policy_target(_: &Call<'_>, params: &Params) -> Target {
    Target::resource(params.get("PolicyArn").unwrap_or_default())
}

fn create_policy(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let name = NAME.required(params)?;
    let document = DOCUMENT.required(params)?.to_owned();
    let description = DESCRIPTION.optional(params)?.map(str::to_owned);
    Policy::parse(PolicyKind::Managed, &document)
        .map_err(|error| ApiError::malformed_policy(&error))?;
    quota::managed(&document)?;
    let entity = new_entity(call, params, UniqueIdKind::ManagedPolicy, name)?;
    let account = own_account(call)?;
    let arn = account.iam_arn("policy", &entity.path, name);
    if named(account, name).is_some() {
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
        Element::time("CreateDate", entity.created),
        Element::time("UpdateDate", entity.created),
    ];
    let done = change(call, AccountChange::ManagedPolicyCreated { entity, description, document });
    Ok(done.answering(vec![Element::fields("Policy", policy)]))
}

/// A policy by name; policies are unique by name, whatever their paths.
fn named<'a>(account: &'a Account, name: &str) -> Option<&'a ManagedPolicy> {
    account.managed_policies().find(|known| known.name.eq_ignore_ascii_case(name))
}

fn find<'a>(call: &Call<'a>, params: &Params) -> Result<&'a ManagedPolicy, ApiError> {
    let text = ARN.required(params)?;
    let arn = parse_arn(text)?;
    let not_found = || ApiError::new("NoSuchEntity", format!("Policy {text} was not found."));
    call.state.managed_policy_for(call.account_id(), &arn).ok_or_else(not_found)
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
        Element::time("CreateDate", policy.created),
        Element::time("UpdateDate", policy.created),
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
        Element::time("CreateDate", policy.created),
    ];
    Ok(Done::output(vec![Element::fields("PolicyVersion", fields)]))
}

fn list_policies(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let prefix = path_prefix(params)?;
    let (own, of_aws) = match params.get("Scope").unwrap_or("All") {
        "All" => (true, true),
        "AWS" => (false, true),
        "Local" => (true, false),
        other => {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{other}' at 'scope' failed to satisfy \
                 constraint: Member must satisfy enum value set: [All, AWS, Local]"
            )));
        }
    };
    let account = call.account().filter(|_| own).into_iter();
    let policies = account.flat_map(|account| account.managed_policies());
    let policies = policies.chain(State::aws_policies().filter(|_| of_aws));
    let policies = policies.filter(|policy| policy.path.starts_with(prefix));
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
