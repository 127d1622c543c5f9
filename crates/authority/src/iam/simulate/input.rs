//! The parameters of a simulation, checked for form.

use rolecall_identity::{AccountId, Arn};

use crate::error::ApiError;
use crate::field::{Field, Pattern};
use crate::params::Params;

/// IAM's code for what it cannot simulate.
pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidInput", message)
}

/// The members of a list, each checked.
pub(super) fn list<'a>(
    params: &'a Params,
    field: &Field,
    prefix: &'static str,
) -> Result<Vec<&'a str>, ApiError> {
    params.list(prefix).map(|value| field.check(value)).collect()
}

/// The same, of a list that must have members.
pub(super) fn required_list<'a>(
    params: &'a Params,
    field: &Field,
    prefix: &'static str,
) -> Result<Vec<&'a str>, ApiError> {
    let members = list(params, field, prefix)?;
    if members.is_empty() {
        field.required(params)?;
    }
    Ok(members)
}

/// `ActionNames`: whole names, for a pattern is not an operation.
pub(super) fn actions(params: &Params) -> Result<Vec<&str>, ApiError> {
    let actions = required_list(params, &ACTION, "ActionNames.member")?;
    match actions.iter().find(|action| !is_action(action)) {
        Some(other) => Err(invalid(format!("Invalid action name: {other}"))),
        None => Ok(actions),
    }
}

fn is_action(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else { return false };
    let word = |text: &str, others: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    word(service, "-.") && word(name, "-_")
}

/// `ResourceArns`, or `*`.
pub(super) fn resources(params: &Params) -> Result<Vec<&str>, ApiError> {
    let resources = list(params, &RESOURCE, "ResourceArns.member")?;
    let is_resource = |text: &str| text == "*" || Arn::try_new(text).is_ok();
    match resources.iter().find(|text| !is_resource(text)) {
        Some(other) => Err(invalid(format!("Invalid resource ARN: {other}"))),
        None if resources.is_empty() => Ok(vec!["*"]),
        None => Ok(resources),
    }
}

/// `ResourceOwner`: an account, or its ARN.
pub(super) fn resource_owner(params: &Params) -> Result<Option<AccountId>, ApiError> {
    let Some(text) = OWNER.optional(params)? else { return Ok(None) };
    let of_arn = |text| {
        let arn = Arn::try_new(text).ok()?;
        let is_root = arn.service() == "iam" && arn.resource() == "root";
        arn.account().filter(|_| is_root)
    };
    let owner = text.parse().ok().or_else(|| of_arn(text));
    owner.map(Some).ok_or_else(|| invalid(format!("Invalid resource owner: {text}")))
}

/// How many results a page may have, and the first of this one.
pub(super) fn page(params: &Params) -> Result<(usize, usize), ApiError> {
    let most = crate::field::number(params, "MaxItems", 1..=1000, 100)?;
    let most = usize::try_from(most).unwrap_or(100);
    let Some(marker) = MARKER.optional(params)? else { return Ok((most, 0)) };
    let first = marker.parse().map_err(|_| invalid("The marker is not one of this simulation."))?;
    Ok((most, first))
}

const ACTION: Field = Field::new("ActionNames", 3, 128, Pattern::Any);
const RESOURCE: Field = Field::new("ResourceArns", 1, 2048, Pattern::Any);
const OWNER: Field = Field::new("ResourceOwner", 1, 2048, Pattern::Any);
const MARKER: Field = Field::new("Marker", 1, 320, Pattern::Any);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_a_whole_name() {
        for (text, expected) in [
            ("s3:GetObject", true),
            ("s3-object-lambda:GetObject", true),
            ("IAM:passrole", true),
            ("s3:Get*", false),
            ("s3:", false),
            (":GetObject", false),
            ("*", false),
            ("*:*", false),
            ("GetObject", false),
            ("s3:Get:Object", false),
            ("s3:Get Object", false),
            ("s3:GetObjéct", false),
        ] {
            assert_eq!(is_action(text), expected, "{text}");
        }
    }

    #[test]
    fn an_owner_is_an_account_in_either_form() {
        let owner = |text: &str| {
            let params = Params::parse(&format!("ResourceOwner={text}")).unwrap();
            resource_owner(&params).map(|owner| owner.map(|owner| owner.to_string()))
        };
        let account = Some("123456789012".to_owned());
        assert_eq!(owner("123456789012"), Ok(account.clone()));
        assert_eq!(owner("arn:aws:iam::123456789012:root"), Ok(account));
        for bad in ["12345678901", "arn:aws:iam::123456789012:user/root", "x", ""] {
            assert!(owner(bad).is_err(), "{bad}");
        }
    }
}
