use rolecall_token::AUTHORIZATION_MESSAGE_LENGTH_MAX;

use crate::call::Call;
use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::operation::Done;
use crate::output::Element;
use crate::params::Params;

/// What a refusal of EC2 sealed, for callers of the account that was refused.
pub(super) fn decode_authorization_message(
    call: &mut Call<'_>,
    params: &Params,
) -> Result<Done, ApiError> {
    let sealed = ENCODED_MESSAGE.required(params)?;
    let opened = call.keyring.open_authorization_message(call.account_id(), sealed, call.now);
    // AWS: the code is the service model's, the text is not published. uncertain
    let invalid = || {
        let message = "Message could not be decoded. It is invalid, or it has expired.";
        ApiError::new("InvalidAuthorizationMessageException", message)
    };
    Ok(Done::output(vec![Element::text("DecodedMessage", opened.ok_or_else(invalid)?)]))
}

const ENCODED_MESSAGE: Field =
    Field::new("EncodedMessage", 1, AUTHORIZATION_MESSAGE_LENGTH_MAX, Pattern::Any);
