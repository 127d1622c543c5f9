//! What IAM refuses on write, in its order. Source: contract/policy.md section 7.

use std::collections::HashSet;

use crate::PolicyKind;
use crate::document::{Document, RawStatement, Version};
use crate::error::{PolicyError, Refusal};

/// Step 2: managed policies need the newer language.
pub(crate) fn version(kind: PolicyKind, document: &Document) -> Result<(), PolicyError> {
    if kind == PolicyKind::Managed && document.version != Version::V2012 {
        let what = "a managed policy needs `\"Version\": \"2012-10-17\"`";
        return Err(PolicyError::new(Refusal::Version, what));
    }
    Ok(())
}

/// Step 3 in part: the case of `Effect`.
pub(crate) fn effect(statement: &RawStatement) -> Result<(), PolicyError> {
    match statement.effect.as_str() {
        "Allow" | "Deny" => Ok(()),
        _ => Err(statement.place.error(Refusal::Legacy, "hint: write `Allow` or `Deny`")),
    }
}

/// Step 4: Sids are unique; empty ones may repeat.
pub(crate) fn sids(document: &Document) -> Result<(), PolicyError> {
    let mut seen = HashSet::new();
    for RawStatement { place, .. } in &document.statements {
        match &place.sid {
            Some(sid) if !sid.is_empty() && !seen.insert(sid) => {
                return Err(place.error(Refusal::Sids, "the Sid was used before"));
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
        (!present).then(|| (Refusal::ActionsMissing, "no actions".to_owned()))
    })
}

/// Step 7: action names have a vendor and one colon.
pub(crate) fn action_names(document: &Document) -> Result<(), PolicyError> {
    each(document, |statement| {
        actions(statement).find_map(|name| {
            Some((action_name(name)?, format!("action `{}`", name.escape_debug())))
        })
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
    let refused = |refusal: Refusal| Some((refusal, String::from("see the policy's kind")));
    each(document, |statement| {
        let has_resources = statement.resource.as_ref().is_some_and(|r| !r.values.is_empty());
        match kind {
            PolicyKind::Trust if statement.resource.is_some() => {
                refused(Refusal::ProhibitedResource)
            }
            PolicyKind::Trust => None,
            _ if !has_resources => refused(Refusal::ResourcesMissing),
            _ => None,
        }
    })?;
    each(document, |statement| {
        let negated = statement.principal.as_ref().map(|principal| principal.negated);
        match (kind, negated) {
            (PolicyKind::Resource | PolicyKind::Trust, None) => refused(Refusal::PrincipalMissing),
            (PolicyKind::Resource, Some(_)) | (PolicyKind::Trust, Some(false)) | (_, None) => None,
            (_, Some(true)) => refused(Refusal::ProhibitedPrincipal("NotPrincipal")),
            (_, Some(false)) => refused(Refusal::ProhibitedPrincipal("Principal")),
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
        Some((Refusal::TrustActions, format!("action `{}`", name.escape_debug())))
    })
}

fn actions(statement: &RawStatement) -> impl Iterator<Item = &String> {
    statement.action.iter().flat_map(|listed| &listed.values)
}

/// The first complaint about a statement, with its place.
fn each(
    document: &Document,
    complaint: impl Fn(&RawStatement) -> Option<(Refusal, String)>,
) -> Result<(), PolicyError> {
    document.statements.iter().try_for_each(|statement| match complaint(statement) {
        Some((refusal, what)) => Err(statement.place.error(refusal, what)),
        None => Ok(()),
    })
}
