//! Keys nobody sets, and operators that do not fit a key.

use super::Scope;
use crate::lint::keys::{self, Key, Unknown};
use crate::lint::view::{Condition, Word};
use crate::lint::{Code, Finding};
use crate::operator::Family;

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let conditions = scope.statement.conditions.iter();
    conditions
        .flat_map(|condition| match keys::find(condition.key.text) {
            Some(key) => {
                let found = [
                    unsupported(key, condition.key),
                    mismatch(key, condition),
                    single(key, condition),
                ];
                found.into_iter().flatten().collect()
            }
            None => Vec::from_iter(unknown(condition.key)),
        })
        .collect()
}

/// A name that is no key.
pub(super) fn unknown(word: Word<'_>) -> Option<Finding> {
    let Unknown::Certain(nearest) = keys::unknown(word.text) else { return None };
    let message = format!("there is no condition key `{}`", word.text.escape_debug());
    let finding = Finding::new(Code::UnknownConditionKey, word.span, message);
    Some(finding.hint(match nearest {
        Some(nearest) => format!("did you mean `{}`?", nearest.escape_debug()),
        None => "nothing sets it, so it is absent from every request".to_owned(),
    }))
}

/// A key of AWS that has no value here.
pub(super) fn unsupported(key: &Key, word: Word<'_>) -> Option<Finding> {
    (!key.supported).then(|| {
        let message = format!("rolecall never sets `{}`", word.text.escape_debug());
        Finding::new(Code::UnsupportedConditionKey, word.span, message)
            .hint("here it is absent from every request; at AWS it may not be")
    })
}

fn mismatch(key: &Key, condition: &Condition<'_>) -> Option<Finding> {
    (!key.holds.fits(condition.operator.family)).then(|| {
        let (holds, fitting) = key.holds.described();
        let message = format!(
            "`{}` compares {}, and `{}` is {holds}",
            condition.name.text,
            compared(condition.operator.family),
            condition.key.text
        );
        Finding::new(Code::OperatorType, condition.key.span, message).hint(format!("use {fitting}"))
    })
}

fn single(key: &Key, condition: &Condition<'_>) -> Option<Finding> {
    let operator = condition.operator;
    let single = operator.quantifier.is_none() && operator.family != Family::Null;
    (key.many && single).then(|| {
        let name = condition.name.text;
        let message =
            format!("`{}` has many values, and `{name}` asks for one", condition.key.text);
        Finding::new(Code::SingleValuedOperator, condition.key.span, message)
            .hint(format!("use `ForAnyValue:{name}` or `ForAllValues:{name}`"))
    })
}

fn compared(family: Family) -> &'static str {
    match family {
        Family::Arn => "ARNs",
        Family::Binary => "bytes",
        Family::Bool => "truth values",
        Family::Date(_) => "dates",
        Family::Ip => "addresses",
        Family::Null => "nothing",
        Family::Numeric(_) => "numbers",
        Family::Text(_) => "strings",
    }
}
