use super::error::{Fault, Read};
use crate::json::{JsonFault, Reader, Value};

/// Reads the JSON of a case from front to back and knows in which field it is.
pub(super) struct Scan<'t> {
    reader: Reader<'t>,
    path: String,
}

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut reader = Reader::new(text);
        reader.space();
        Self { reader, path: String::new() }
    }

    /// The byte at which the next value begins.
    pub(super) fn at(&self) -> usize {
        self.reader.at()
    }

    /// The field that is read.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.reader.peek()
    }

    /// A complaint about what begins at `at`.
    pub(super) fn fault(&self, at: usize, what: impl Into<String>) -> Fault {
        Fault { at, path: self.path.clone(), what: what.into() }
    }

    /// Reads an object; `member` reads the value of the key it is given.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Read<()>,
    ) -> Read<()> {
        self.open(b'{', "an object")?;
        let mut seen: Vec<String> = Vec::new();
        if self.reader.closes(b'}') {
            return Ok(());
        }
        loop {
            self.reader.space();
            let at = self.at();
            let key = self.json(Reader::string)?;
            if seen.contains(&key) {
                let what = format!("the key `{}` stands twice", key.escape_debug());
                return Err(self.fault(at, what));
            }
            if seen.len() >= MEMBERS_MAX {
                return Err(self.fault(at, format!("more than {MEMBERS_MAX} fields")));
            }
            self.reader.space();
            self.json(|reader| reader.expect(b':', "expected `:` after a key"))?;
            let outer = self.path.len();
            self.path.push_str(if outer == 0 { "" } else { "." });
            self.path.extend(key.escape_debug());
            self.reader.space();
            member(self, &key)?;
            self.path.truncate(outer);
            seen.push(key);
            if self.reader.closes(b'}') {
                return Ok(());
            }
            self.json(|reader| reader.expect(b',', "expected `,` or `}`"))?;
        }
    }

    /// Reads a list; `item` reads one of its values.
    pub(super) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Read<()>) -> Read<()> {
        self.open(b'[', "a list")?;
        if self.reader.closes(b']') {
            return Ok(());
        }
        for index in 0_usize.. {
            let outer = self.path.len();
            self.path.push_str(&format!("[{index}]"));
            self.reader.space();
            item(self)?;
            self.path.truncate(outer);
            if self.reader.closes(b']') {
                break;
            }
            self.json(|reader| reader.expect(b',', "expected `,` or `]`"))?;
        }
        Ok(())
    }

    /// Reads a string.
    pub(super) fn string(&mut self) -> Read<String> {
        match self.peek() {
            Some(b'"') => self.json(Reader::string),
            _ => Err(self.expected("a string")),
        }
    }

    /// Reads a string, number or boolean as text.
    pub(super) fn scalar(&mut self, or: &str) -> Read<String> {
        if matches!(self.peek(), Some(b'{' | b'[' | b'n')) {
            return Err(self.expected(or));
        }
        match self.json(|reader| reader.value(0))? {
            Value::Bool(value) => Ok(value.to_string()),
            Value::Number(text) | Value::String(text) => Ok(text),
            _ => Err(self.expected(or)),
        }
    }

    /// Steps over an object and gives its text; what it holds is not looked at.
    pub(super) fn raw_object(&mut self) -> Read<&'t str> {
        match self.peek() {
            Some(b'{') => self.json(Reader::raw),
            _ => Err(self.expected("an object")),
        }
    }

    /// Steps over any value.
    pub(super) fn skip(&mut self) -> Read<()> {
        match self.peek() {
            Some(b'{' | b'[') => self.json(Reader::raw).map(|_| ()),
            _ => self.json(|reader| reader.value(0)).map(|_| ()),
        }
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Read<()> {
        self.reader.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fault(self.at(), "expected the end of the case")),
        }
    }

    /// A complaint that the next value is of another type.
    pub(super) fn expected(&self, what: &str) -> Fault {
        let found = match self.peek() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a string",
            Some(b'-' | b'0'..=b'9') => "a number",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "`null`; hint: leave a field out that has no value",
            _ => "no value",
        };
        self.fault(self.at(), format!("expected {what}, found {found}"))
    }

    fn open(&mut self, bracket: u8, what: &str) -> Read<()> {
        if self.reader.skip(bracket) { Ok(()) } else { Err(self.expected(what)) }
    }

    fn json<T>(&mut self, read: impl FnOnce(&mut Reader<'t>) -> Result<T, JsonFault>) -> Read<T> {
        read(&mut self.reader).map_err(|fault| {
            let what = match fault {
                JsonFault::Depth => "nested too deep".to_owned(),
                JsonFault::Duplicate(key) => {
                    format!("the key `{}` stands twice", key.escape_debug())
                }
                JsonFault::Malformed(what) => what.to_owned(),
            };
            self.fault(self.at(), what)
        })
    }
}

/// Most fields of an object: one more than keys of a context, which have their own message.
const MEMBERS_MAX: usize = super::KEYS_MAX + 1;
