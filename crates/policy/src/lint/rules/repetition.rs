//! What is said twice, and what is taken back.

use std::collections::{HashMap, HashSet};

use super::Scope;
use crate::lint::patterns::{LetterCase, Pattern};
use crate::lint::view::{Clause, Condition, Statement, View, Word};
use crate::lint::{Code, Finding};

/// Statements against each other.
pub(super) fn of_statements(view: &View<'_>) -> Vec<Finding> {
    let mut findings = duplicates(view);
    let absolute: Vec<_> = view
        .statements
        .iter()
        .enumerate()
        .filter_map(|(index, statement)| Some((index, Absolute::of(statement)?)))
        .take(DENIES_MAX)
        .collect();
    for allow in view.statements.iter().filter(|statement| statement.allows) {
        let taken = absolute.iter().find(|(_, deny)| deny.takes_back(allow));
        findings.extend(taken.map(|(index, _)| {
            let message = format!("statement {index} denies all that this one allows");
            Finding::new(Code::UnreachableStatement, allow.head, message)
                .hint("a Deny wins, wherever it stands; take one of the two away")
        }));
    }
    findings
}

/// The values of one list against each other.
pub(super) fn of_values(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let actions = covered(scope.statement.action_values(), LetterCase::Ignore);
    let resources = covered(scope.statement.resource_values(), LetterCase::Exact);
    actions.into_iter().chain(resources).collect()
}

fn covered(words: &[Word<'_>], letter_case: LetterCase) -> Vec<Finding> {
    if words.len() > LIST_MAX {
        return Vec::new();
    }
    let patterns: Vec<_> = words.iter().map(|word| Pattern::of(word.text, letter_case)).collect();
    let cover = |(at, word): (usize, &Word<'_>)| {
        let covers = |(other, pattern): &(usize, &Pattern<'_>)| {
            *other != at
                && pattern.covers(word.text)
                // Of two that are written alike, the later is one too many.
                && (*other < at || !pattern.is_same(word.text))
        };
        let (other, _) = patterns.iter().enumerate().find(covers)?;
        let by = words.get(other)?.text.escape_debug();
        let message = format!("`{}` is covered by `{by}`", word.text.escape_debug());
        Some(Finding::new(Code::RedundantValue, word.span, message).hint("take it away"))
    };
    words.iter().enumerate().filter_map(cover).collect()
}

fn duplicates(view: &View<'_>) -> Vec<Finding> {
    let mut seen = HashMap::new();
    let repeated = |(index, statement): (usize, &Statement<'_>)| {
        let first = *seen.entry(meaning(statement)).or_insert(index);
        let message = format!("this is what statement {first} says");
        (first != index).then(|| {
            Finding::new(Code::DuplicateStatement, statement.head, message).hint("take it away")
        })
    };
    view.statements.iter().enumerate().filter_map(repeated).collect()
}

/// All that a statement says, in one order; its Sid is a name.
fn meaning(statement: &Statement<'_>) -> String {
    let actions = listed(statement.actions.as_ref(), |word| word.text.to_ascii_lowercase());
    let resources = listed(statement.resources.as_ref(), |word| word.text.to_owned());
    let principals =
        listed(statement.principals.as_ref(), |(kind, word)| format!("{kind:?} {}", word.text));
    let conditions = sorted(statement.conditions.iter().map(condition));
    format!("{:?}", (statement.allows, actions, resources, principals, conditions))
}

fn condition(condition: &Condition<'_>) -> String {
    let values = sorted(condition.values.iter().map(|value| value.text.to_owned()));
    format!("{:?}", (condition.name.text, condition.key.text.to_lowercase(), values))
}

fn listed<T>(
    clause: Option<&Clause<T>>,
    text: impl Fn(&T) -> String,
) -> Option<(bool, Vec<String>)> {
    clause.map(|clause| (clause.negated, sorted(clause.values.iter().map(text))))
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let unique: HashSet<_> = texts.collect();
    let mut texts = Vec::from_iter(unique);
    texts.sort_unstable();
    texts
}

/// A Deny without any "if", for everybody.
struct Absolute<'d> {
    actions: Vec<Pattern<'d>>,
    /// `None` in trust policies.
    resources: Option<Vec<Pattern<'d>>>,
}

impl<'d> Absolute<'d> {
    fn of(statement: &Statement<'d>) -> Option<Self> {
        let everybody = match &statement.principals {
            Some(_) => statement.principal_values().iter().any(|(_, word)| word.text == "*"),
            None => true,
        };
        let applies = !statement.allows && statement.conditions.is_empty() && everybody;
        let actions = patterns(statement.actions.as_ref()?, LetterCase::Ignore)?;
        let resources = match &statement.resources {
            Some(clause) => Some(patterns(clause, LetterCase::Exact)?),
            None => None,
        };
        applies.then_some(Self { actions, resources })
    }

    fn takes_back(&self, allow: &Statement<'_>) -> bool {
        let resources = match (&self.resources, &allow.resources) {
            (None, None) => true,
            (Some(patterns), Some(clause)) => cover(patterns, clause),
            _ => false,
        };
        resources && allow.actions.as_ref().is_some_and(|clause| cover(&self.actions, clause))
    }
}

fn patterns<'d>(clause: &Clause<Word<'d>>, letter_case: LetterCase) -> Option<Vec<Pattern<'d>>> {
    let compared = !clause.negated && clause.values.len() <= LIST_MAX;
    let words = clause.values.iter();
    compared.then(|| words.map(|word| Pattern::of(word.text, letter_case)).collect())
}

/// Whether a list takes in another; what is negated is taken in by `*` alone.
fn cover(patterns: &[Pattern<'_>], clause: &Clause<Word<'_>>) -> bool {
    let covered = |text: &str| patterns.iter().any(|pattern| pattern.covers(text));
    match clause.negated {
        true => covered("*"),
        false => clause.values.iter().all(|word| covered(word.text)),
    }
}

/// How many values of a list are compared with each other.
const LIST_MAX: usize = 512;

/// How many Denies every Allow is compared with.
const DENIES_MAX: usize = 16;
