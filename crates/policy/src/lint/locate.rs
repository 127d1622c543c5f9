//! The place of what `Policy::parse` refused.

use super::Span;
use super::tree::{Node, Spanned};
use crate::PolicyError;
use crate::error::Step;

/// Where in the document that was refused the error is; `None` for one that is too large.
///
/// ```
/// use rolecall_policy::{Policy, PolicyKind, lint};
///
/// let text = r#"{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}"#;
/// let error = Policy::parse(PolicyKind::Identity, text).unwrap_err();
/// let span = lint::locate(text, &error).unwrap();
/// assert_eq!(&text[span.start..span.end], r#""allow""#);
/// ```
pub fn locate(text: &str, error: &PolicyError) -> Option<Span> {
    if text.len() > crate::DOCUMENT_BYTES_MAX {
        return None;
    }
    if let [Step::Byte(at)] = error.path() {
        return Some(byte(text, *at));
    }
    let root = Node::read(text)?;
    let mut here = &root;
    for step in error.path() {
        let next = match step {
            Step::Byte(_) => None,
            Step::Key(key) => {
                return Some(here.member(key).map_or(here.span, |member| member.key_span));
            }
            Step::Member(key) => here.member(key).map(|member| &member.value),
            Step::Statement(index) => statement(here, *index),
            Step::Text(text) => here.find(text),
        };
        let Some(next) = next else { return Some(here.span) };
        here = next;
    }
    Some(offender(here).span)
}

fn statement(root: &Node, index: usize) -> Option<&Node> {
    root.member("Statement")?.value.items().get(index)
}

/// In a list, what can be no value.
fn offender(node: &Node) -> &Node {
    let is_scalar = |item: &&Node| matches!(item.value, Spanned::Scalar(_));
    node.items().iter().find(|item| !is_scalar(item)).unwrap_or(node)
}

/// The character at a byte, or the end of the text.
fn byte(text: &str, at: usize) -> Span {
    let Some(rest) = text.get(at..) else { return Span::of(text.len(), text.len()) };
    match rest.chars().next() {
        Some(next) => Span::of(at, at + next.len_utf8()),
        None => Span::of(text.trim_end().len(), text.trim_end().len()),
    }
}
