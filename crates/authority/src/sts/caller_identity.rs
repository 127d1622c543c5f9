use rolecall_identity::AccessKeyId;

use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::Done;
use crate::output::Element;
use crate::params::Params;

/// Needs no permission, and succeeds under an explicit deny.
pub(super) fn get_caller_identity(call: &mut Call<'_>, _: &Params) -> Result<Done, ApiError> {
    Ok(Done::output(vec![
        Element::text("UserId", call.caller.user_id()),
        Element::text("Account", call.caller.account_text()),
        Element::text("Arn", call.caller.arn()),
    ]))
}

/// The account is in the key id itself; ids of the old layout are looked up.
pub(super) fn get_access_key_info(call: &mut Call<'_>, params: &Params) -> Result<Done, ApiError> {
    let text = ACCESS_KEY_ID.required(params)?;
    let id: Option<AccessKeyId> = text.parse().ok();
    let known = id.and_then(|id| call.state.access_key(id)).map(|key| match &key.owner {
        crate::AccessKeyOwner::Root(account) | crate::AccessKeyOwner::User(account, _) => *account,
    });
    let account = known.or_else(|| id.and_then(|id| id.account()));
    let account =
        account.ok_or_else(|| ApiError::validation(format!("Invalid access key id {text}")))?;
    Ok(Done::output(vec![Element::text("Account", account.to_string())]))
}

const ACCESS_KEY_ID: Field = Field::new("AccessKeyId", 16, 128, Pattern::Word);
