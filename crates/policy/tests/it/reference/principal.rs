//! Whom a statement means: sections 1 and 3.2.

use serde_json::Value;

use super::texts;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who<'a> {
    Anonymous,
    Federated { account: &'a str, session: &'a str, user: &'a str },
    Provider(&'a str),
    Role { account: &'a str, role: &'a str, session: &'a str },
    Root { account: &'a str },
    Service(&'a str),
    User { account: &'a str, user: &'a str },
}

/// What naming somebody in an Allow gives: the column `effect` of section 3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    Nothing,
    /// The account is meant, and its own policies must allow, too.
    Delegation,
    /// Within boundary and session policies.
    Limited,
    /// Whatever other policies leave out.
    Direct,
}

impl<'a> Who<'a> {
    pub(super) fn account(&self) -> Option<&'a str> {
        match self {
            Self::Anonymous | Self::Provider(_) | Self::Service(_) => None,
            Self::Federated { account, .. }
            | Self::Role { account, .. }
            | Self::Root { account }
            | Self::User { account, .. } => Some(account),
        }
    }
}

/// What an Allow gives the caller. Without a principal clause, whoever has the policy is meant.
pub(super) fn grant(statement: &Value, who: &Who<'_>) -> Grant {
    let named = |clause| values(clause).iter().map(|(kind, value)| named(kind, value, who)).max();
    if let Some(listed) = statement.get("Principal") {
        return named(listed).unwrap_or(Grant::Nothing);
    }
    match statement.get("NotPrincipal").map(named) {
        None => Grant::Delegation,
        Some(Some(excluded)) if excluded > Grant::Nothing => Grant::Nothing,
        // Not being excluded is less than being named: no trust in a provider follows from it.
        Some(_) if matches!(who, Who::Provider(_)) => Grant::Delegation,
        Some(_) => Grant::Limited,
    }
}

/// Whether a Deny means the caller. Section 1: NotPrincipal spares only whose account, entity and
/// session are all listed.
pub(super) fn is_meant_by_deny(statement: &Value, who: &Who<'_>) -> bool {
    if let Some(listed) = statement.get("Principal") {
        return values(listed).iter().any(|(kind, value)| named(kind, value, who) > Grant::Nothing);
    }
    let Some(spared) = statement.get("NotPrincipal") else { return true };
    let spared = values(spared);
    let has = |kind: &str, value: &str| spared.contains(&(kind.to_owned(), value.to_owned()));
    let has_account = |account: &str| {
        spared.iter().any(|(kind, value)| kind == "AWS" && is_account(value, account))
    };
    let all_listed = match *who {
        Who::Anonymous => false,
        Who::Federated { account, session, user } => {
            has_account(account) && has("AWS", user) && has("AWS", session)
        }
        Who::Provider(name) => has("Federated", name),
        Who::Role { account, role, session } => {
            has_account(account) && has("AWS", role) && has("AWS", session)
        }
        Who::Root { account } => has_account(account),
        Who::Service(name) => has("Service", name),
        Who::User { account, user } => has_account(account) && has("AWS", user),
    };
    !all_listed && !has("AWS", "*")
}

/// The table of section 3.2, one row after the other.
fn named(kind: &str, value: &str, who: &Who<'_>) -> Grant {
    match (kind, *who) {
        // Everyone: yet a provider's word counts only where the provider is named.
        ("AWS", Who::Provider(_)) if value == "*" => Grant::Delegation,
        ("AWS", _) if value == "*" => Grant::Direct,
        ("AWS", Who::Role { role, .. }) if value == role => Grant::Limited,
        ("AWS", Who::Role { session, .. }) if value == session => Grant::Direct,
        ("AWS", Who::User { user, .. }) if value == user => Grant::Direct,
        ("AWS", Who::Federated { session, .. }) if value == session => Grant::Direct,
        ("AWS", Who::Federated { user, .. }) if value == user => Grant::Limited,
        ("AWS", _) if who.account().is_some_and(|id| is_account(value, id)) => Grant::Delegation,
        ("Federated", Who::Provider(name)) if value == name => Grant::Direct,
        ("Service", Who::Service(name)) if value == name => Grant::Direct,
        _ => Grant::Nothing,
    }
}

/// An account is named by its number or by its root.
fn is_account(value: &str, account: &str) -> bool {
    let parts: Vec<&str> = value.split(':').collect();
    value == account || matches!(parts[..], ["arn", _, "iam", "", id, "root"] if id == account)
}

/// The clause as pairs of kind and value; `"*"` is short for `{"AWS": "*"}`.
fn values(clause: &Value) -> Vec<(String, String)> {
    let Some(kinds) = clause.as_object() else { return vec![("AWS".into(), "*".into())] };
    let pairs = kinds.iter().map(|(kind, values)| (kind, texts(values)));
    pairs.flat_map(|(kind, values)| values.into_iter().map(|v| (kind.clone(), v))).collect()
}
