//! Policy variables that are none, or never have a value. Source: contract/policy.md section 2.1.

use super::{Scope, condition_keys};
use crate::lint::keys;
use crate::lint::view::Word;
use crate::lint::{Code, Finding, Span};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let statement = scope.statement;
    let conditions = statement.conditions.iter();
    let values = conditions
        .clone()
        .filter(|condition| condition.operator.takes_variables())
        .flat_map(|condition| &condition.values);
    let substituted = statement.resource_values().iter().chain(values);
    let of_words = substituted.flat_map(|word| match scope.view.has_variables() {
        true => unresolvable(*word),
        false => in_2008(*word),
    });
    let principals = statement.principals.iter().flat_map(|clause| &clause.values);
    let elsewhere = (statement.action_values().iter().map(|word| (*word, "an action")))
        .chain(principals.map(|(_, word)| (*word, "a principal")))
        .chain(conditions.map(|condition| (condition.key, "the name of a key")));
    let literal = elsewhere.flat_map(|(word, place)| not_substituted(word, place));
    of_words.chain(literal).collect()
}

fn in_2008(word: Word<'_>) -> Vec<Finding> {
    let finding = |variable: Variable<'_>| {
        let message = format!("`{}` is no variable in this version of the language", variable.text);
        Finding::new(Code::VariableIn2008, variable.span, message)
            .hint("write `\"Version\": \"2012-10-17\"`; without it, `2008-10-17` is meant")
    };
    variables(word).map(finding).collect()
}

fn not_substituted(word: Word<'_>, place: &str) -> Vec<Finding> {
    let finding = |variable: Variable<'_>| {
        let message = format!("`{}` stays as it is in {place}", variable.text);
        Finding::new(Code::VariableNotSubstituted, variable.span, message)
            .hint("variables are for resources, and for the values of string and ARN operators")
    };
    variables(word).map(finding).collect()
}

fn unresolvable(word: Word<'_>) -> Vec<Finding> {
    variables(word).filter_map(of_variable).collect()
}

fn of_variable(variable: Variable<'_>) -> Option<Finding> {
    let key = Word { text: variable.key, span: variable.span };
    let Some(known) = keys::find(variable.key) else { return condition_keys::unknown(key) };
    if !known.many {
        return condition_keys::unsupported(known, key);
    }
    let message = format!("`{}` is never replaced: the key has many values", variable.text);
    let finding = Finding::new(Code::UnresolvableVariable, variable.span, message);
    Some(finding.hint("compare the key itself, with `ForAnyValue` or `ForAllValues`"))
}

#[derive(Debug, Clone, Copy)]
struct Variable<'d> {
    text: &'d str,
    key: &'d str,
    span: Span,
}

/// The variables of a text; `${*}`, `${?}` and `${$}` are none.
fn variables(word: Word<'_>) -> impl Iterator<Item = Variable<'_>> {
    let starts = word.text.match_indices("${").map(|(at, _)| at);
    starts.filter_map(move |start| {
        let rest = word.text.get(start..)?;
        let end = rest.find('}')? + 1;
        let inside = rest.get(2..end - 1)?;
        let key = inside.split_once(", ").map_or(inside, |(key, _)| key);
        let is_key = !matches!(key, "" | "*" | "?" | "$") && !key.contains("${");
        let text = rest.get(..end)?;
        is_key.then_some(Variable { text, key, span: word.part(start, text.len()) })
    })
}
