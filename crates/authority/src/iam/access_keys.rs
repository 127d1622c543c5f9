use rolecall_identity::{AccessKeyId, AccessKeyKind};
use rolecall_token::mint_secret;

use super::entity::operation;
use super::page::page;
use super::quota;
use super::users::{named_or_calling, user_target};
use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::{Done, Operation};
use crate::output::{Body, Element};
use crate::params::Params;
use crate::state::{AccessKey, AccessKeyOwner, AccessKeyStatus, Change, User};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateAccessKey", false, &["UserName"], user_target, create_access_key),
    operation(
        "DeleteAccessKey",
        false,
        &["AccessKeyId", "UserName"],
        user_target,
        delete_access_key,
    ),
    operation(
        "ListAccessKeys",
        true,
        &["Marker", "MaxItems", "UserName"],
        user_target,
        list_access_keys,
    ),
    operation(
        "UpdateAccessKey",
        false,
        &["AccessKeyId", "Status", "UserName"],
        user_target,
        update_access_key,
    ),
];

const ID: Field = Field::new("AccessKeyId", 16, 128, Pattern::Word);
const STATUS: Field = Field::new("Status", 1, 16, Pattern::Any);

fn owner(call: &Call<'_>, user: &User) -> AccessKeyOwner {
    AccessKeyOwner::User(call.account_id(), user.id.clone())
}

fn create_access_key(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let user = named_or_calling(call, params)?;
    let (name, owner) = (user.name.clone(), owner(call, user));
    if call.state.access_keys_of(&owner).count() >= quota::ACCESS_KEYS_PER_USER {
        return Err(quota::exceeded("AccessKeysPerUser", quota::ACCESS_KEYS_PER_USER));
    }
    let id = unused_id(call);
    let secret = mint_secret(call.entropy);
    let created = call.now.whole_second();
    let sealed = call.keyring.seal_secret(id, &secret, call.entropy);
    let sealed = sealed.ok_or_else(|| ApiError::internal("a secret does not seal"))?;
    let key = vec![
        Element::text("UserName", name),
        Element::text("AccessKeyId", id.as_str()),
        Element::text("Status", AccessKeyStatus::Active.as_str()),
        Element::secret("SecretAccessKey", secret.expose()),
        Element::time("CreateDate", created),
    ];
    let change = Change::AccessKeyCreated { id, owner, secret: sealed, created };
    Ok(Done::change(change).answering(vec![Element::fields("AccessKey", key)]))
}

/// Only 39 bits of an id are random: long-term ids are checked against those in use.
fn unused_id(call: &mut Call<'_>) -> AccessKeyId {
    loop {
        let id = AccessKeyId::mint(AccessKeyKind::LongTerm, call.account_id(), call.entropy);
        if call.state.access_key(id).is_none() {
            return id;
        }
    }
}

fn list_access_keys(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let user = named_or_calling(call, params)?;
    let owner = owner(call, user);
    let keys: Vec<(String, &AccessKey)> =
        call.state.access_keys_of(&owner).map(|(id, key)| (id.to_string(), key)).collect();
    let body = |(id, key): &(String, &AccessKey)| {
        Body::Fields(vec![
            Element::text("UserName", user.name.as_str()),
            Element::text("AccessKeyId", id.as_str()),
            Element::text("Status", key.status.as_str()),
            Element::time("CreateDate", key.created),
        ])
    };
    Ok(Done::output(page(params, "AccessKeyMetadata", keys.into_iter(), |(id, _)| id, body)?))
}

fn delete_access_key(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    Ok(Done::change(Change::AccessKeyDeleted { id: own_key(call, params)? }))
}

fn update_access_key(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let id = own_key(call, params)?;
    let status = match STATUS.required(params)? {
        "Active" => AccessKeyStatus::Active,
        "Inactive" => AccessKeyStatus::Inactive,
        other => {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{other}' at 'status' failed to satisfy \
                 constraint: Member must satisfy enum value set: [Active, Inactive]"
            )));
        }
    };
    Ok(Done::change(Change::AccessKeyUpdated { id, status }))
}

/// The key a request names, which must be of the user it names.
fn own_key(call: &Call<'_>, params: &Params) -> Result<AccessKeyId, ApiError> {
    let text = ID.required(params)?;
    let owner = owner(call, named_or_calling(call, params)?);
    let id = text
        .parse()
        .ok()
        .filter(|&id| call.state.access_key(id).is_some_and(|key| key.owner == owner));
    id.ok_or_else(|| {
        let message = format!("The Access Key with id {text} cannot be found.");
        ApiError::new("NoSuchEntity", message)
    })
}
