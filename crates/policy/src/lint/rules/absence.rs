//! What becomes of a request that does not have the key.

use super::Scope;
use crate::lint::keys::{self, Absent, Unknown};
use crate::lint::view::Condition;
use crate::lint::{Code, Finding};
use crate::operator::{Family, Quantifier};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let of_condition = |condition: &Condition<'_>| {
        for_all(scope, condition)
            .or_else(|| negated(scope, condition))
            .or_else(|| evaded(scope, condition))
    };
    scope.statement.conditions.iter().filter_map(of_condition).collect()
}

/// `ForAllValues` holds for a key without values.
fn for_all(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<Finding> {
    let applies = condition.operator.quantifier == Some(Quantifier::All)
        && may_be_absent(scope, condition)
        && !is_needed(scope, condition);
    let key = condition.key.text;
    let message = format!("{} means requests without `{key}`, too", effect(scope));
    applies.then(|| {
        Finding::new(Code::ForAllValues, condition.name.span, message)
            .hint(format!("add `\"Null\": {{\"{key}\": \"false\"}}`"))
    })
}

/// A negated operator holds for an absent key, and so the Allow applies.
fn negated(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<Finding> {
    let operator = condition.operator;
    let applies = scope.statement.allows
        && operator.negated
        && !operator.if_exists
        && operator.quantifier.is_none()
        && may_be_absent(scope, condition)
        && !is_looked_at(scope, condition);
    let (name, key) = (condition.name.text, condition.key.text);
    let message = format!("the Allow means requests without `{key}`, too");
    applies.then(|| {
        Finding::new(Code::NegatedAbsentKey, condition.key.span, message).hint(format!(
            "add `\"Null\": {{\"{key}\": \"false\"}}`, or write `{name}IfExists` if that is meant"
        ))
    })
}

/// A positive operator does not hold for an absent key, and so the Deny does not apply.
fn evaded(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<Finding> {
    let evades = keys::find(condition.key.text).is_some_and(|key| key.absent == Absent::Evades);
    let applies = !scope.statement.allows
        && evades
        && condition.needs_key()
        && condition.operator.family != Family::Null
        && !is_looked_at(scope, condition)
        && !is_denied_elsewhere(scope, condition);
    let (name, key) = (condition.name.text, condition.key.text);
    let message = format!("the Deny misses requests without `{key}`");
    applies.then(|| {
        Finding::new(Code::DenyMissesAbsentKey, condition.key.span, message).hint(format!(
            "write `{name}IfExists`, or deny them with `\"Null\": {{\"{key}\": \"true\"}}` in a \
             statement of its own"
        ))
    })
}

fn may_be_absent(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> bool {
    match keys::find(condition.key.text) {
        Some(key) => match key.absent {
            Absent::Evades | Absent::Meant => true,
            Absent::Never => false,
            Absent::Unsigned => scope.statement.means_anyone(),
        },
        // What is no key has its own finding.
        None => matches!(keys::unknown(condition.key.text), Unknown::Possible),
    }
}

/// Whether another condition is met only by requests with the key.
fn is_needed(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> bool {
    scope.statement.conditions_on(condition.key.text).any(Condition::needs_key)
}

/// Whether the statement thinks of the key's absence.
fn is_looked_at(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> bool {
    let others = scope.statement.conditions_on(condition.key.text);
    let mut others = others.filter(|other| !std::ptr::eq(*other, condition));
    others.any(|other| other.operator.family == Family::Null || other.needs_key())
}

/// Whether another Deny means the requests without the key.
fn is_denied_elsewhere(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> bool {
    let mut denies = scope.view.statements.iter().filter(|statement| !statement.allows);
    denies.any(|deny| {
        let mut others = deny.conditions_on(condition.key.text);
        others.any(|other| {
            let operator = other.operator;
            let holds = operator.negated && operator.quantifier != Some(Quantifier::Any);
            other.is_null("true") || operator.if_exists || holds
        })
    })
}

fn effect(scope: &Scope<'_, '_>) -> &'static str {
    if scope.statement.allows { "the Allow" } else { "the Deny" }
}
