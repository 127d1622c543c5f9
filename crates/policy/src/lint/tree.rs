//! A document with the place of every value. Only text that was read before, or nearly.

use super::Span;
use crate::json::{DEPTH_MAX, Reader, Value};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Spanned,
}

#[derive(Debug)]
pub(super) enum Spanned {
    Array(Vec<Node>),
    Null,
    Object(Vec<Member>),
    /// A string, or a number or truth value as written.
    Scalar(String),
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Node {
    /// Reads a document; `None` if it is not JSON.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let root = node(&mut reader, 0)?;
        reader.space();
        reader.peek().is_none().then_some(root)
    }

    pub(super) fn members(&self) -> &[Member] {
        if let Spanned::Object(members) = &self.value { members } else { &[] }
    }

    pub(super) fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.key == key)
    }

    /// The values of a list, or the single value.
    pub(super) fn items(&self) -> &[Self] {
        if let Spanned::Array(items) = &self.value { items } else { std::slice::from_ref(self) }
    }

    pub(super) fn scalar(&self) -> Option<&str> {
        if let Spanned::Scalar(text) = &self.value { Some(text) } else { None }
    }

    /// The first scalar with this text, here or below.
    pub(super) fn find(&self, text: &str) -> Option<&Self> {
        match &self.value {
            Spanned::Array(items) => items.iter().find_map(|item| item.find(text)),
            Spanned::Null => None,
            Spanned::Object(members) => members.iter().find_map(|member| member.value.find(text)),
            Spanned::Scalar(scalar) => (scalar == text).then_some(self),
        }
    }
}

fn node(reader: &mut Reader<'_>, depth: usize) -> Option<Node> {
    reader.space();
    let start = reader.at();
    let value = match reader.peek()? {
        b'{' | b'[' if depth >= DEPTH_MAX => return None,
        b'{' => Spanned::Object(members(reader, depth)?),
        b'[' => Spanned::Array(items(reader, depth)?),
        _ => match reader.value(depth).ok()? {
            Value::Bool(value) => Spanned::Scalar(value.to_string()),
            Value::Number(text) | Value::String(text) => Spanned::Scalar(text),
            _ => Spanned::Null,
        },
    };
    Some(Node { span: Span::of(start, reader.at()), value })
}

fn members(reader: &mut Reader<'_>, depth: usize) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    reader.skip(b'{');
    if reader.closes(b'}') {
        return Some(members);
    }
    loop {
        reader.space();
        let start = reader.at();
        let key = reader.string().ok()?;
        let key_span = Span::of(start, reader.at());
        reader.space();
        reader.expect(b':', "").ok()?;
        members.push(Member { key, key_span, value: node(reader, depth + 1)? });
        if reader.closes(b'}') {
            return Some(members);
        }
        reader.expect(b',', "").ok()?;
    }
}

fn items(reader: &mut Reader<'_>, depth: usize) -> Option<Vec<Node>> {
    let mut items = Vec::new();
    reader.skip(b'[');
    if reader.closes(b']') {
        return Some(items);
    }
    loop {
        items.push(node(reader, depth + 1)?);
        if reader.closes(b']') {
            return Some(items);
        }
        reader.expect(b',', "").ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place() {
        let text = "{\"a\": [1, \"\\u00e9\", null], \"b\":{} , \"c\": true}";
        let root = Node::read(text).unwrap();
        let at = |span: Span| &text[span.start..span.end];
        assert_eq!(at(root.span), text);
        let a = root.member("a").unwrap();
        assert_eq!((at(a.key_span), at(a.value.span)), ("\"a\"", "[1, \"\\u00e9\", null]"));
        let items: Vec<_> = a.value.items().iter().map(|item| at(item.span)).collect();
        assert_eq!(items, ["1", "\"\\u00e9\"", "null"]);
        assert_eq!(root.find("é").map(|found| at(found.span)), Some("\"\\u00e9\""));
        assert_eq!(root.find("true").map(|found| at(found.span)), Some("true"));
        assert_eq!(at(root.member("b").unwrap().value.span), "{}");
    }

    #[test]
    fn what_is_no_json_has_no_tree() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Node::read(&nested(DEPTH_MAX)).is_some());
        for bad in ["", "{", "[1,]", "{} {}", "{\"a\" 1}", &nested(DEPTH_MAX + 1)] {
            assert!(Node::read(bad).is_none(), "{bad}");
        }
    }
}
