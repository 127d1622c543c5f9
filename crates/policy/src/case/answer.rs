/// Writes compact JSON, member by member in the order of the calls.
#[derive(Debug, Default)]
pub(super) struct Json {
    text: String,
    /// Whether the next item of an open object or list needs a comma before it.
    comma: bool,
}

impl Json {
    pub(super) fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
        self.comma = false;
    }

    pub(super) fn close(&mut self, bracket: char) {
        self.text.push(bracket);
        self.comma = true;
    }

    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.text.push(':');
        self.comma = false;
        self
    }

    pub(super) fn string(&mut self, text: &str) {
        self.separate();
        self.text.push('"');
        let mut rest = text;
        while let Some(at) = rest.find(is_escaped) {
            let (plain, special) = rest.split_at(at);
            self.text.push_str(plain);
            let mut chars = special.chars();
            match chars.next() {
                Some('"') => self.text.push_str("\\\""),
                Some('\\') => self.text.push_str("\\\\"),
                other => {
                    let code = other.map_or(0, u32::from);
                    self.text.push_str(&format!("\\u{code:04x}"));
                }
            }
            rest = chars.as_str();
        }
        self.text.push_str(rest);
        self.text.push('"');
        self.comma = true;
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.word("null"),
        }
    }

    pub(super) fn number(&mut self, number: usize) {
        self.word(&number.to_string());
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn word(&mut self, word: &str) {
        self.separate();
        self.text.push_str(word);
        self.comma = true;
    }

    fn separate(&mut self) {
        if self.comma {
            self.text.push(',');
        }
    }
}

/// The line separators, too: a line of answers stays one line for every reader.
fn is_escaped(c: char) -> bool {
    matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}') || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let mut json = Json::default();
        json.open('{');
        json.key("a\"\\\n\u{7f}\u{2028}é😀").open('[');
        json.number(7);
        json.optional(None);
        json.open('{');
        json.close('}');
        json.close(']');
        json.key("b").string("");
        json.close('}');
        let text = json.into_text();
        assert!(!text.contains(char::is_control));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({"a\"\\\n\u{7f}\u{2028}é😀": [7, null, {}], "b": ""});
        assert_eq!(value, expected);
    }
}
