//! A policy as the rules see it: every word with its place. Only for documents that parse; of
//! others it shows what it can, for the guess of their kind.

use super::Span;
use super::tree::Node;
use crate::document::Version;
use crate::operator::Operator;
use crate::principal::PrincipalKind;

#[derive(Debug)]
pub(super) struct View<'d> {
    pub(super) version: Version,
    pub(super) statements: Vec<Statement<'d>>,
}

#[derive(Debug)]
pub(super) struct Statement<'d> {
    /// Where it is named: its Sid, or its Effect.
    pub(super) head: Span,
    pub(super) allows: bool,
    pub(super) principals: Option<Clause<(PrincipalKind, Word<'d>)>>,
    pub(super) actions: Option<Clause<Word<'d>>>,
    pub(super) resources: Option<Clause<Word<'d>>>,
    pub(super) conditions: Vec<Condition<'d>>,
    /// Operators without keys.
    pub(super) empty_conditions: Vec<Word<'d>>,
}

/// `X` or `NotX`.
#[derive(Debug)]
pub(super) struct Clause<T> {
    pub(super) negated: bool,
    pub(super) element: Span,
    pub(super) values: Vec<T>,
}

/// One key under one operator.
#[derive(Debug)]
pub(super) struct Condition<'d> {
    pub(super) operator: Operator,
    pub(super) name: Word<'d>,
    pub(super) key: Word<'d>,
    pub(super) values: Vec<Word<'d>>,
}

/// A text of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'d> {
    pub(super) text: &'d str,
    pub(super) span: Span,
}

impl Word<'_> {
    /// The place of a part. A text that is written with escapes is shown whole.
    pub(super) fn part(&self, start: usize, length: usize) -> Span {
        let begin = self.span.start + 1 + start;
        let is_plain = self.span.end - self.span.start == self.text.len() + 2;
        if is_plain { Span::of(begin, begin + length) } else { self.span }
    }
}

impl<'d> View<'d> {
    pub(super) fn of(root: &'d Node) -> Self {
        let text = |element| root.member(element).and_then(|member| member.value.scalar());
        let version = match text("Version") {
            Some("2012-10-17") => Version::V2012,
            _ => Version::V2008,
        };
        let statements = root.member("Statement").map(|member| member.value.items());
        let statements = statements.unwrap_or_default().iter().map(Statement::of);
        Self { version, statements: statements.collect() }
    }

    pub(super) fn has_variables(&self) -> bool {
        self.version == Version::V2012
    }
}

impl<'d> Statement<'d> {
    fn of(node: &'d Node) -> Self {
        let member = |element| node.member(element).map(|member| &member.value);
        let conditions = member("Condition").map(Node::members).unwrap_or_default();
        let (empty, full) = conditions
            .iter()
            .partition::<Vec<_>, _>(|operator| operator.value.members().is_empty());
        let word = |key: &'d str, span| Word { text: key, span };
        Self {
            head: member("Sid").or_else(|| member("Effect")).unwrap_or(node).span,
            allows: member("Effect").and_then(Node::scalar) == Some("Allow"),
            principals: clause(node, "Principal", "NotPrincipal", principals),
            actions: clause(node, "Action", "NotAction", words),
            resources: clause(node, "Resource", "NotResource", words),
            conditions: full
                .iter()
                .flat_map(|operator| {
                    let name = word(&operator.key, operator.key_span);
                    let keys = operator.value.members().iter();
                    keys.filter_map(move |key| {
                        Some(Condition {
                            operator: Operator::parse(name.text)?,
                            name,
                            key: word(&key.key, key.key_span),
                            values: words(&key.value),
                        })
                    })
                })
                .collect(),
            empty_conditions: empty
                .iter()
                .map(|operator| word(&operator.key, operator.key_span))
                .collect(),
        }
    }

    /// What stands under Action or NotAction.
    pub(super) fn action_values(&self) -> &[Word<'d>] {
        self.actions.as_ref().map(|clause| clause.values.as_slice()).unwrap_or_default()
    }

    /// What stands under Resource or NotResource.
    pub(super) fn resource_values(&self) -> &[Word<'d>] {
        self.resources.as_ref().map(|clause| clause.values.as_slice()).unwrap_or_default()
    }

    /// What stands under Principal; nothing for NotPrincipal.
    pub(super) fn principal_values(&self) -> &[(PrincipalKind, Word<'d>)] {
        match &self.principals {
            Some(clause) if !clause.negated => &clause.values,
            _ => &[],
        }
    }

    /// Whether anybody, the anonymous included, may be meant.
    pub(super) fn means_anyone(&self) -> bool {
        let negated = self.principals.as_ref().is_some_and(|clause| clause.negated);
        negated || self.principal_values().iter().any(|(_, word)| word.text == "*")
    }

    /// The other conditions on a key.
    pub(super) fn conditions_on(&self, key: &str) -> impl Iterator<Item = &Condition<'d>> {
        let same =
            move |other: &&Condition<'d>| crate::RequestContext::is_same_key(other.key.text, key);
        self.conditions.iter().filter(same)
    }
}

fn clause<'d, T>(
    node: &'d Node,
    plain: &str,
    negated: &str,
    values: impl Fn(&'d Node) -> Vec<T>,
) -> Option<Clause<T>> {
    let plain = node.member(plain).map(|member| (false, member));
    let (negated, member) = plain.or_else(|| Some((true, node.member(negated)?)))?;
    Some(Clause { negated, element: member.key_span, values: values(&member.value) })
}

fn words(node: &Node) -> Vec<Word<'_>> {
    let word = |item| Some(Word { text: Node::scalar(item)?, span: item.span });
    node.items().iter().filter_map(word).collect()
}

fn principals(node: &Node) -> Vec<(PrincipalKind, Word<'_>)> {
    let single = node.scalar().map(|text| (PrincipalKind::Aws, Word { text, span: node.span }));
    let listed = node.members().iter().filter_map(|member| {
        let kind = PrincipalKind::parse(&member.key)?;
        Some(words(&member.value).into_iter().map(move |word| (kind, word)))
    });
    single.into_iter().chain(listed.flatten()).collect()
}
