//! Writes JSON objects field by field.
//!
//! A record is written for every request. A general serialiser looks at every byte of every name
//! for what to escape, and takes a tenth of a request's time; here names are known, and values that
//! need no escape are found out at once.

use std::fmt::Display;
use std::io::Write as _;

use serde_json::Value;

/// An object that is being written.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

/// Appends an object of what `fields` writes.
pub(crate) fn write_object(out: &mut Vec<u8>, fields: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    fields(&mut Object { out, is_empty: true });
    out.push(b'}');
}

impl Object<'_> {
    /// Any text.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        push_text(self.name(name), value);
    }

    /// A text that may be missing: then there is no such field.
    pub(crate) fn optional_text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// What is never written with a quote, a backslash or a control character: ids, times, addresses.
    pub(crate) fn plain(&mut self, name: &'static str, value: impl Display) {
        // Writing to a vector does not fail.
        let _ = write!(self.name(name), "\"{value}\"");
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// An object within.
    pub(crate) fn object(&mut self, name: &'static str, fields: impl FnOnce(&mut Object<'_>)) {
        write_object(self.name(name), fields);
    }

    /// A list of objects.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        items: &[T],
        fields: impl Fn(&mut Object<'_>, &T),
    ) {
        let out = self.name(name);
        out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            write_object(out, |object| fields(object, item));
        }
        out.push(b']');
    }

    /// Any value.
    pub(crate) fn value(&mut self, name: &'static str, value: &Value) {
        // Neither writing to a vector nor a value as text fails.
        let _ = serde_json::to_writer(self.name(name), value);
    }

    fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        let begin: &[u8] = if self.is_empty { b"\"" } else { b",\"" };
        self.is_empty = false;
        self.out.extend_from_slice(begin);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| (byte >= b' ') & (byte != b'"') & (byte != b'\\');
    // Without short circuits, so that the scan becomes vector code.
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // Neither writing to a vector nor a text as text fails.
        let _ = serde_json::to_writer(out, text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
                object.objects("list", &[1, 2], |object, item| object.plain("n", item));
                object.objects("none", &[] as &[u8], |_, _| {});
                object.value("value", &json!([null, { "a": text }]));
            });
            let read: Value = serde_json::from_slice(&out).unwrap();
            let meant = json!({
                "text": text, "plain": "7", "flag": true, "empty": {},
                "list": [{ "n": "1" }, { "n": "2" }], "none": [],
                "value": [null, { "a": text }],
            });
            assert_eq!(read, meant, "{text:?}");
            let mut expected = String::from("{\"text\":");
            expected.push_str(&serde_json::to_string(text).unwrap());
            assert!(out.starts_with(expected.as_bytes()), "as serde_json escapes it");
        }
    }
}
