//! Conditions that no request meets, or every one.

use super::Scope;
use crate::lint::keys::{self, Absent};
use crate::lint::view::Condition;
use crate::lint::{Code, Finding};
use crate::operator::{Family, Quantifier, Text};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let without_keys = scope.statement.empty_conditions.iter().map(|word| {
        let message = format!("`{}` has no keys, so it asks nothing", word.text.escape_debug());
        Finding::new(Code::EmptyCondition, word.span, message)
            .hint("take it away, or say what it asks")
    });
    let of_conditions = scope.statement.conditions.iter().flat_map(|condition| {
        let mut found = literal_wildcards(condition);
        found.extend(never(scope, condition).or_else(|| always(condition)));
        found
    });
    without_keys.chain(of_conditions).collect()
}

fn literal_wildcards(condition: &Condition<'_>) -> Vec<Finding> {
    let family = condition.operator.family;
    if !matches!(family, Family::Text(Text::Equals | Text::EqualsIgnoreCase)) {
        return Vec::new();
    }
    let name = condition.name.text;
    let like = if condition.operator.negated { "StringNotLike" } else { "StringLike" };
    let values = condition.values.iter().filter(|value| has_wildcard(value.text));
    let finding = |value: &crate::lint::view::Word<'_>| {
        let message = format!("`*` and `?` mean themselves in `{name}`");
        Finding::new(Code::LiteralWildcard, value.span, message).hint(format!("use `{like}`"))
    };
    values.map(finding).collect()
}

/// Whether a star or question mark stands outside of `${*}` and `${?}`.
fn has_wildcard(text: &str) -> bool {
    text.replace("${*}", "").replace("${?}", "").contains(['*', '?'])
}

fn never(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<Finding> {
    let why = without_values(condition)
        .or_else(|| absent_and_needed(scope, condition))
        .or_else(|| equal_and_unequal(scope, condition))?;
    let message = format!("no request meets this: {why}");
    let hint = match scope.statement.allows {
        true => "the statement allows nothing",
        false => "the statement denies nothing",
    };
    Some(Finding::new(Code::ConditionNeverTrue, condition.key.span, message).hint(hint))
}

fn without_values(condition: &Condition<'_>) -> Option<String> {
    let empty = condition.values.is_empty();
    let never = condition.operator.family == Family::Null || condition.needs_key();
    (empty && never).then(|| "there is no value to be met".to_owned())
}

fn absent_and_needed(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<String> {
    if !condition.is_null("true") {
        return None;
    }
    let key = condition.key.text;
    if keys::find(key).is_some_and(|found| found.absent == Absent::Never) {
        return Some(format!("every request has `{key}`"));
    }
    let needs = scope.statement.conditions_on(key).find(|other| other.needs_key())?;
    Some(format!("`{}` needs the key to be there", needs.name.text))
}

fn equal_and_unequal(scope: &Scope<'_, '_>, condition: &Condition<'_>) -> Option<String> {
    let is_equals = |condition: &Condition<'_>, negated| {
        condition.operator.family == Family::Text(Text::Equals)
            && condition.operator.negated == negated
            && condition.operator.quantifier.is_none()
    };
    let key = condition.key.text;
    let needs = is_equals(condition, false) && condition.needs_key();
    let excluded = |other: &Condition<'_>| {
        let listed = |value: &str| other.values.iter().any(|excluded| excluded.text == value);
        let literal = |value: &str| !value.contains("${");
        condition.values.iter().all(|value| literal(value.text) && listed(value.text))
    };
    let mut others = scope.statement.conditions_on(key).filter(|other| is_equals(other, true));
    let other = others.find(|other| needs && !condition.values.is_empty() && excluded(other))?;
    Some(format!("`{}` excludes each of its values", other.name.text))
}

/// A list without values excludes nothing.
fn always(condition: &Condition<'_>) -> Option<Finding> {
    let operator = condition.operator;
    let holds = operator.negated && operator.quantifier != Some(Quantifier::Any);
    (condition.values.is_empty() && holds).then(|| {
        let message = format!("`{}` has no values, so it asks nothing", condition.name.text);
        Finding::new(Code::EmptyCondition, condition.key.span, message)
            .hint("take it away, or say what it excludes")
    })
}
