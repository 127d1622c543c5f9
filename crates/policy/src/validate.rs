//! What IAM refuses on write, in its order. Source: contract/policy.md section 7.

use std::collections::HashSet;

use crate::PolicyKind;
use crate::document::{Document, RawStatement, Version};
use crate::error::{PolicyError, Refusal, Step};

/// Step 2: managed policies need the newer language.
pub(crate) fn version(kind: PolicyKind, document: &Document) -> Result<(), PolicyError> {
    if kind == PolicyKind::Managed && document.version != Version::V2012 {
        let what = "a managed policy needs `\"Version\": \"2012-10-17\"`";
        return Err(PolicyError::new(Refusal::Version, what).at(member("Version")));
    }
    Ok(())
}

/// Step 3 in part: the case of `Effect`.
pub(crate) fn effect(statement: &RawStatement) -> Result<(), PolicyError> {
    match statement.effect.as_str() {
        "Allow" | "Deny" => Ok(()),
        _ => {
            let what = "hint: write `Allow` or `Deny`";
            Err(statement.place.error(Refusal::Legacy, what).at(member("Effect")))
        }
    }
}

/// Step 4: Sids are unique; empty ones may repeat.
pub(crate) fn sids(document: &Document) -> Result<(), PolicyError> {
    let mut seen = HashSet::new();
    for RawStatement { place, .. } in &document.statements {
        match &place.sid {
            Some(sid) if !sid.is_empty() && !seen.insert(sid) => {
                let error = place.error(Refusal::Sids, "the Sid was used before");
                return Err(error.at(member("Sid")));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Step 5: every statement names actions.
pub(crate) fn actions_present(document: &Document) -> Result<(), PolicyError> {
    each(document, |statement| {
        let present = statement.action.as_ref().is_some_and(|listed| !listed.values.is_empty());
        let error = || statement.place.error(Refusal::ActionsMissing, "no actions");
        (!present).then(|| error().at(member(action_element(statement))))
    })
}

/// Step 7: action names have a vendor and one colon.
pub(crate) fn action_names(document: &Document) -> Result<(), PolicyError> {
    each(document, |statement| {
        actions(statement).find_map(|name| Some(wrong_action(statement, action_name(name)?, name)))
    })
}

fn action_name(name: &str) -> Option<Refusal> {
    let Some((vendor, action)) = name.split_once(':') else {
        return (name != "*").then_some(Refusal::ActionVendorMissing);
    };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    match vendor {
        _ if action.contains(':') => Some(Refusal::ActionColons),
        "*" => None,
        vendor if vendor.is_empty() || !vendor.chars().all(known) => {
            Some(Refusal::ActionVendor(vendor.to_owned()))
        }
        _ => None,
    }
}

/// Step 8: what each kind must and must not say.
pub(crate) fn elements(kind: PolicyKind, document: &Document) -> Result<(), PolicyError> {
    each(document, |statement| {
        let refused = |refusal, element: &str| refused(statement, refusal, element);
        let has_resources = statement.resource.as_ref().is_some_and(|r| !r.values.is_empty());
        match kind {
            PolicyKind::Trust if statement.resource.is_some() => {
                refused(Refusal::ProhibitedResource, "Resource")
            }
            PolicyKind::Trust => None,
            _ if !has_resources => refused(Refusal::ResourcesMissing, "Resource"),
            _ => None,
        }
    })?;
    each(document, |statement| {
        let refused = |refusal, element: &str| refused(statement, refusal, element);
        let negated = statement.principal.as_ref().map(|principal| principal.negated);
        match (kind, negated) {
            (PolicyKind::Resource | PolicyKind::Trust, None) => {
                refused(Refusal::PrincipalMissing, "Principal")
            }
            (PolicyKind::Resource, Some(_)) | (PolicyKind::Trust, Some(false)) | (_, None) => None,
            (_, Some(true)) => {
                refused(Refusal::ProhibitedPrincipal("NotPrincipal"), "NotPrincipal")
            }
            (_, Some(false)) => refused(Refusal::ProhibitedPrincipal("Principal"), "Principal"),
        }
    })
}

/// Step 8, last: trust policies speak of STS only.
pub(crate) fn trust_actions(kind: PolicyKind, document: &Document) -> Result<(), PolicyError> {
    if kind != PolicyKind::Trust {
        return Ok(());
    }
    each(document, |statement| {
        let other = |name: &&String| {
            let vendor = name.split_once(':').map_or("", |(vendor, _)| vendor);
            !vendor.eq_ignore_ascii_case("sts")
        };
        let name = actions(statement).find(other)?;
        Some(wrong_action(statement, Refusal::TrustActions, name))
    })
}

fn actions(statement: &RawStatement) -> impl Iterator<Item = &String> {
    statement.action.iter().flat_map(|listed| &listed.values)
}

fn action_element(statement: &RawStatement) -> &'static str {
    let negated = statement.action.as_ref().is_some_and(|listed| listed.negated);
    if negated { "NotAction" } else { "Action" }
}

fn wrong_action(statement: &RawStatement, refusal: Refusal, name: &str) -> PolicyError {
    let error = statement.place.error(refusal, format!("action `{}`", name.escape_debug()));
    error.at(member(action_element(statement))).at(Step::Text(name.to_owned()))
}

/// An element that a policy of this kind must have, or must not.
fn refused(statement: &RawStatement, refusal: Refusal, element: &str) -> Option<PolicyError> {
    let error = statement.place.error(refusal, "see the policy's kind");
    Some(error.at(Step::Key(element.to_owned())))
}

fn member(element: &str) -> Step {
    Step::Member(element.to_owned())
}

/// The first complaint about a statement.
fn each(
    document: &Document,
    complaint: impl Fn(&RawStatement) -> Option<PolicyError>,
) -> Result<(), PolicyError> {
    document.statements.iter().find_map(complaint).map_or(Ok(()), Err)
}
