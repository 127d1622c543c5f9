//! A small reader of JSON (RFC 8259) that refuses what a policy must never hide.
//!
//! The usual readers keep the last of two equal keys: a second `Condition` would silently replace
//! the first. Here a repeated key is an error, and so is nesting past [`DEPTH_MAX`].

use std::collections::HashSet;

/// Deepest nesting of a document; a policy needs six levels.
pub(crate) const DEPTH_MAX: usize = 16;

/// A JSON value. Members keep their order; numbers keep their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Array(Vec<Value>),
    Bool(bool),
    Null,
    Number(String),
    Object(Vec<(String, Value)>),
    String(String),
}

/// Where and why reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) fault: JsonFault,
    /// The byte that was read last, or was to be read next.
    pub(crate) at: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Why reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonFault {
    Depth,
    Duplicate(String),
    Malformed(&'static str),
}

/// Reads one value that fills `text`.
pub(crate) fn read(text: &str) -> Result<Value, JsonError> {
    let mut reader = Reader { text, at: 0 };
    reader.document().map_err(|fault| reader.place(fault))
}

/// Line and column of a byte, counted from one.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
    (line, column)
}

/// The keys of an object's members: the first are compared one by one, more of them are hashed.
#[derive(Default)]
struct Seen {
    hashed: HashSet<String>,
}

impl Seen {
    /// Whether a key stands among the members already.
    fn has(&mut self, key: &str, members: &[(String, Value)]) -> bool {
        if members.len() < KEYS_COMPARED {
            return members.iter().any(|(seen, _)| seen == key);
        }
        if self.hashed.is_empty() {
            self.hashed.extend(members.iter().map(|(seen, _)| seen.clone()));
        }
        !self.hashed.insert(key.to_owned())
    }
}

/// The elements of a statement.
const MEMBERS_USUAL: usize = 5;

/// More than the elements of a statement.
const KEYS_COMPARED: usize = 16;

/// Reads a text from front to back.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

pub(crate) type Read<T> = Result<T, JsonFault>;

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that is read next.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Steps over an object or list without looking at what it holds: that is read later, or known.
    pub(crate) fn raw(&mut self) -> Read<&'t str> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.next() {
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth = depth.saturating_sub(1),
                Some(b'"') => self.raw_string()?,
                Some(_) => {}
                None => return Err(JsonFault::Malformed("an object or a list is not closed")),
            }
            if depth == 0 {
                return Ok(self.text.get(start..self.at).unwrap_or_default());
            }
        }
    }

    /// Steps over the rest of a string.
    fn raw_string(&mut self) -> Read<()> {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')) else {
                return Err(JsonFault::Malformed("a string is not closed"));
            };
            self.at += plain;
            if self.next() == Some(b'"') {
                return Ok(());
            }
            self.next();
        }
    }
}

impl Reader<'_> {
    fn document(&mut self) -> Read<Value> {
        let value = self.value(0)?;
        self.space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(JsonFault::Malformed("expected the end of the document")),
        }
    }

    pub(crate) fn value(&mut self, depth: usize) -> Read<Value> {
        self.space();
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(JsonFault::Malformed("expected a value")),
        }
    }

    fn object(&mut self, depth: usize) -> Read<Value> {
        self.enter(depth)?;
        let (mut members, mut seen) = (Vec::with_capacity(MEMBERS_USUAL), Seen::default());
        if self.closes(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let key = self.string()?;
            if seen.has(&key, &members) {
                return Err(JsonFault::Duplicate(key));
            }
            self.space();
            self.expect(b':', "expected `:` after a key")?;
            members.push((key, self.value(depth)?));
            if self.closes(b'}') {
                return Ok(Value::Object(members));
            }
            self.expect(b',', "expected `,` or `}`")?;
        }
    }

    fn array(&mut self, depth: usize) -> Read<Value> {
        self.enter(depth)?;
        let mut values = Vec::new();
        if self.closes(b']') {
            return Ok(Value::Array(values));
        }
        loop {
            values.push(self.value(depth)?);
            if self.closes(b']') {
                return Ok(Value::Array(values));
            }
            self.expect(b',', "expected `,` or `]`")?;
        }
    }

    pub(crate) fn string(&mut self) -> Read<String> {
        self.expect(b'"', "expected a string in double quotes")?;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let ends = |byte: u8| matches!(byte, b'"' | b'\\' | 0..b' ');
            let Some(plain) = rest.bytes().position(ends) else {
                return Err(JsonFault::Malformed("a string is not closed"));
            };
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.next() {
                Some(b'"') => return Ok(out),
                Some(b'\\') => out.push(self.escape()?),
                _ => {
                    self.at = self.at.saturating_sub(1);
                    return Err(JsonFault::Malformed("a control character in a string"));
                }
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let escaped = match self.peek() {
            Some(plain @ (b'"' | b'/' | b'\\')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(JsonFault::Malformed("an unknown escape in a string")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// The character of `\uXXXX`, or of a surrogate pair.
    fn unicode(&mut self) -> Read<char> {
        const LONE: JsonFault = JsonFault::Malformed("half of a surrogate pair in a string");
        let first = self.hex()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(LONE);
        }
        if first >= 0xdc00 || self.next() != Some(b'\\') || self.next() != Some(b'u') {
            return Err(LONE);
        }
        match self.hex()? {
            second @ 0xdc00..0xe000 => {
                char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)).ok_or(LONE)
            }
            _ => Err(LONE),
        }
    }

    fn hex(&mut self) -> Read<u32> {
        (0..4).try_fold(0, |value, _| {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or(JsonFault::Malformed("expected four hexadecimal digits"))?;
            self.at += 1;
            Ok(value * 16 + digit)
        })
    }

    pub(crate) fn number(&mut self) -> Read<Value> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _signed = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(Value::Number(self.text.get(start..self.at).unwrap_or_default().to_owned()))
    }

    fn digits(&mut self) -> Read<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(JsonFault::Malformed("expected a digit")) }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(value);
        }
        Err(JsonFault::Malformed("expected a value"))
    }

    /// Steps over `{` or `[`.
    fn enter(&mut self, depth: usize) -> Read<()> {
        self.at += 1;
        if depth > DEPTH_MAX { Err(JsonFault::Depth) } else { Ok(()) }
    }

    pub(crate) fn closes(&mut self, bracket: u8) -> bool {
        self.space();
        self.skip(bracket)
    }

    pub(crate) fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &'static str) -> Read<()> {
        if self.skip(byte) { Ok(()) } else { Err(JsonFault::Malformed(what)) }
    }

    pub(crate) fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn place(&self, fault: JsonFault) -> JsonError {
        let (line, column) = line_and_column(self.text, self.at);
        JsonError { fault, at: self.at, line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        for text in
            ["null", " true ", "-0.5e+3", r#""a\n\u00e9\ud83d\ude00""#, "[]", r#"{"a":[1]}"#]
        {
            assert!(read(text).is_ok(), "{text}");
        }
        let Ok(Value::String(text)) = read(r#""a\/\u00e9\ud83d\ude00""#) else { panic!() };
        assert_eq!(text, "a/é😀");
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "nul",
            "01",
            "1.",
            "-",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"a\nb\"",
            "{} {}",
            "{'a':1}",
            "+1",
            "\"\\u12\"",
        ] {
            let fault = read(text).map_err(|error| error.fault);
            assert!(matches!(fault, Err(JsonFault::Malformed(_))), "{text}: {fault:?}");
        }
        let error = read("{\n  \"a\": x}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
    }

    #[test]
    fn a_repeated_key_is_refused_however_it_is_written() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#] {
            let fault = read(text).map_err(|error| error.fault);
            assert_eq!(fault, Err(JsonFault::Duplicate("a".to_owned())), "{text}");
        }
    }

    #[test]
    fn a_repeated_key_is_found_among_many() {
        let object = |keys: std::ops::Range<usize>, last: &str| {
            let keys: String = keys.map(|key| format!("\"{key}\":0,")).collect();
            format!("{{{keys}\"{last}\":0}}")
        };
        for count in [1, KEYS_COMPARED - 1, KEYS_COMPARED, KEYS_COMPARED + 1, 10_000] {
            assert!(read(&object(0..count, "last")).is_ok(), "{count}");
            for key in [0, count / 2, count - 1] {
                let fault = read(&object(0..count, &key.to_string())).map_err(|error| error.fault);
                assert_eq!(fault, Err(JsonFault::Duplicate(key.to_string())), "{count}");
            }
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEPTH_MAX)).is_ok());
        let fault = read(&nested(DEPTH_MAX + 1)).map_err(|error| error.fault);
        assert_eq!(fault, Err(JsonFault::Depth));
    }
}
