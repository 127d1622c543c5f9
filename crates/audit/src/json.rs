//! Writes JSON objects field by field.
//!
//! A record is written for every request. A general serialiser looks at every byte of every name
//! for what to escape, and takes a tenth of a request's time; here names are known, and values that
//! need no escape are found out at once.

use std::fmt::{self, Display, Write as _};

use serde_json::Value;

/// A JSON text, written when it was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Vec<u8>);

/// The name of a field.
#[derive(Debug, Clone, Copy)]
pub enum Name<'n> {
    /// Any text, in camel case: `RoleArn` is written `roleArn`.
    Camel(&'n str),
    /// One that needs no escape.
    Known(&'static str),
}

/// An object that is being written.
pub struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

/// A list that is being written.
pub struct Array<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl Json {
    /// An object of what `fields` writes.
    pub fn object(fields: impl FnOnce(&mut Object<'_>)) -> Self {
        let mut out = Vec::with_capacity(BYTES_USUAL);
        write_object(&mut out, fields);
        Self(out)
    }
}

impl From<&'static str> for Name<'_> {
    fn from(name: &'static str) -> Self {
        Self::Known(name)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string().into_bytes())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// Appends an object of what `fields` writes.
pub(crate) fn write_object(out: &mut Vec<u8>, fields: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    fields(&mut Object { out, is_empty: true });
    out.push(b'}');
}

fn write_array(out: &mut Vec<u8>, items: impl FnOnce(&mut Array<'_>)) {
    out.push(b'[');
    items(&mut Array { out, is_empty: true });
    out.push(b']');
}

impl Object<'_> {
    /// Any text.
    pub fn text<'n>(&mut self, name: impl Into<Name<'n>>, value: &str) {
        push_text(self.name(name), value);
    }

    /// A text that may be missing: then there is no such field.
    pub(crate) fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// A text without a quote, a backslash or a control character: an id, a word of ours.
    pub(crate) fn word(&mut self, name: &'static str, word: &str) {
        push_word(self.name(name), word);
    }

    /// What is written as such a text: a time, an address.
    pub fn plain<'n>(&mut self, name: impl Into<Name<'n>>, value: impl Display) {
        let out = self.name(name);
        out.push(b'"');
        // Writing to a vector does not fail.
        let _ = write!(Appended(out), "{value}");
        out.push(b'"');
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An object within.
    pub fn object<'n>(&mut self, name: impl Into<Name<'n>>, fields: impl FnOnce(&mut Object<'_>)) {
        write_object(self.name(name), fields);
    }

    /// A list.
    pub fn array<'n>(&mut self, name: impl Into<Name<'n>>, items: impl FnOnce(&mut Array<'_>)) {
        write_array(self.name(name), items);
    }

    /// What was written before, or `null`.
    pub(crate) fn json(&mut self, name: &'static str, value: Option<&Json>) {
        self.name(name).extend_from_slice(value.map_or(b"null", |json| &json.0));
    }

    fn name<'n>(&mut self, name: impl Into<Name<'n>>) -> &mut Vec<u8> {
        separate(self.out, &mut self.is_empty);
        match name.into() {
            Name::Known(name) => push_word(self.out, name),
            Name::Camel(name) => {
                let first = self.out.len() + 1;
                push_text(self.out, name);
                if let Some(first) = self.out.get_mut(first) {
                    first.make_ascii_lowercase();
                }
            }
        }
        self.out.push(b':');
        self.out
    }
}

impl Array<'_> {
    /// Any text.
    pub fn text(&mut self, value: &str) {
        push_text(self.next(), value);
    }

    /// An object.
    pub fn object(&mut self, fields: impl FnOnce(&mut Object<'_>)) {
        write_object(self.next(), fields);
    }

    /// A list within.
    pub fn array(&mut self, items: impl FnOnce(&mut Array<'_>)) {
        write_array(self.next(), items);
    }

    fn next(&mut self) -> &mut Vec<u8> {
        separate(self.out, &mut self.is_empty);
        self.out
    }
}

/// Every field and item but the first follows a comma.
fn separate(out: &mut Vec<u8>, is_empty: &mut bool) {
    if !std::mem::take(is_empty) {
        out.push(b',');
    }
}

/// Text that is formatted to the end of a vector.
struct Appended<'o>(&'o mut Vec<u8>);

impl fmt::Write for Appended<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        push_word(out, text);
    } else {
        // Neither writing to a vector nor a text as text fails.
        let _ = serde_json::to_writer(out, text);
    }
}

/// Appends a text that needs no escape.
fn push_word(out: &mut Vec<u8>, word: &str) {
    out.reserve(word.len() + 2);
    out.push(b'"');
    out.extend_from_slice(word.as_bytes());
    out.push(b'"');
}

/// Whether no byte needs an escape.
fn is_plain(text: &[u8]) -> bool {
    // Sixteen bytes at a time and without short circuits, so that this becomes vector code.
    let are_plain = |bytes: &[u8; 16]| {
        let is_plain = |byte: u8| (byte >= b' ') & (byte != b'"') & (byte != b'\\');
        bytes.iter().fold(true, |all, &byte| all & is_plain(byte))
    };
    match text.last_chunk() {
        // The last chunk and the one before it may have bytes in common.
        Some(last) => text.as_chunks().0.iter().all(are_plain) && are_plain(last),
        None => {
            let mut padded = [b' '; 16];
            padded.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
            are_plain(&padded)
        }
    }
}

/// Room for what most answers hold.
const BYTES_USUAL: usize = 512;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_byte_to_escape_is_found_wherever_it_stands() {
        for length in 1..50 {
            assert!(is_plain(&vec![b'a'; length]));
            for place in 0..length {
                let mut text = vec![b'a'; length];
                text[place] = b'"';
                assert!(!is_plain(&text), "{place} of {length}");
            }
        }
    }

    #[test]
    fn what_is_written_reads_as_what_was_meant() {
        let texts = ["", "plain", "a \"b\" \\c", "line\nline\t\u{0}\u{1f}", "\u{7f}é\u{2028}😀"];
        for text in texts {
            let mut out = Vec::new();
            write_object(&mut out, |object| {
                object.text("text", text);
                object.optional_text("absent", None);
                object.plain("plain", 7);
                object.flag("flag", true);
                object.object("empty", |_| {});
                object.array("list", |array| {
                    array.object(|object| object.plain("n", 1));
                    array.text(text);
                    array.array(|array| array.text("inner"));
                    array.array(|_| {});
                });
                object.array("none", |_| {});
                object.json("json", Some(&json!([null, { "a": text }]).into()));
                object.json("made", Some(&Json::object(|object| object.text("b", text))));
                object.json("null", None);
                object.text(Name::Camel("RoleArn"), "r");
                object.text(Name::Camel("\"É"), "q");
                object.text(Name::Camel(""), "e");
            });
            let read: Value = serde_json::from_slice(&out).unwrap();
            let meant = json!({
                "text": text, "plain": "7", "flag": true, "empty": {},
                "list": [{ "n": "1" }, text, ["inner"], []], "none": [],
                "json": [null, { "a": text }], "made": { "b": text }, "null": null,
                "roleArn": "r", "\"É": "q", "": "e",
            });
            assert_eq!(read, meant, "{text:?}");
            let mut expected = String::from("{\"text\":");
            expected.push_str(&serde_json::to_string(text).unwrap());
            assert!(out.starts_with(expected.as_bytes()), "as serde_json escapes it");
        }
    }
}
