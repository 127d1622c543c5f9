//! Where the statements of a document stand in its text.

/// A place in a text, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Where a statement begins and ends: columns are those behind a bracket.
///
/// AWS: it ends behind its brace; one that stands alone begins behind its brace, the first of a list
/// behind the list's bracket (AWS CLI reference, examples of `simulate-custom-policy` and
/// `simulate-principal-policy`). docs; so a later one begins behind the one before: uncertain
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: Position,
    pub(super) end: Position,
}

/// The statements of a document that was accepted as a policy, in order.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut scan = Scan::new(text);
    for (at, c) in text.char_indices() {
        scan.step(at, c);
    }
    scan.spans
}

struct Scan<'t> {
    text: &'t str,
    /// The place behind the character that is looked at.
    here: Position,
    depth: usize,
    /// Where a string began, while inside one.
    string: Option<usize>,
    escaped: bool,
    /// The last string of the outermost object: its key, once a colon follows.
    last: &'t str,
    /// How deep statements stand, while inside of `Statement`.
    statements_at: Option<usize>,
    is_key_statement: bool,
    start: Option<Position>,
    spans: Vec<Span>,
}

impl<'t> Scan<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            text,
            here: Position { line: 1, column: 1 },
            depth: 0,
            string: None,
            escaped: false,
            last: "",
            statements_at: None,
            is_key_statement: false,
            start: None,
            spans: Vec::new(),
        }
    }

    fn step(&mut self, at: usize, c: char) {
        if c == '\n' {
            self.here = Position { line: self.here.line + 1, column: 1 };
        } else {
            self.here.column += 1;
        }
        match self.string {
            Some(start) => self.inside_string(start, at, c),
            None => self.outside_string(at, c),
        }
    }

    fn inside_string(&mut self, start: usize, at: usize, c: char) {
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' => self.escaped = true,
            '"' => {
                self.string = None;
                if self.depth == 1 {
                    self.last = self.text.get(start..=at).unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    fn outside_string(&mut self, at: usize, c: char) {
        match c {
            '"' => self.string = Some(at),
            ':' if self.depth == 1 => self.is_key_statement = is_statement(self.last),
            '{' | '[' => self.open(c),
            '}' | ']' => self.close(),
            _ => {}
        }
    }

    fn open(&mut self, c: char) {
        if self.depth == 1 && self.is_key_statement {
            self.statements_at = Some(if c == '[' { 3 } else { 2 });
        }
        self.depth += 1;
        // A list's bracket, or the brace of a statement that stands alone.
        if self.statements_at.is_some() && self.depth == 2 {
            self.start = Some(self.here);
        }
    }

    fn close(&mut self) {
        if self.statements_at == Some(self.depth) {
            let start = self.start.replace(self.here);
            self.spans.extend(start.map(|start| Span { start, end: self.here }));
        }
        self.depth = self.depth.saturating_sub(1);
        if self.depth <= 1 {
            self.statements_at = None;
        }
    }
}

/// A key may be written with escapes.
fn is_statement(quoted: &str) -> bool {
    serde_json::from_str::<String>(quoted).is_ok_and(|key| key == "Statement")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<[usize; 4]> {
        let place =
            |span: Span| [span.start.line, span.start.column, span.end.line, span.end.column];
        spans(text).into_iter().map(place).collect()
    }

    /// Source: AWS CLI reference, `simulate-custom-policy` and `simulate-principal-policy`.
    #[test]
    fn the_examples_of_the_reference() {
        let alone = concat!(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","#,
            r#""Resource":"*","Condition":{"DateGreaterThan":"#,
            r#"{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#
        );
        assert_eq!(places(alone), [[1, 38, 1, 167]]);
        let first = r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [ "codecommit:ListRepositories" ],
            "Resource": "*",
            "Sid": "x"
        }
    ]
}"#;
        assert_eq!(places(first), [[3, 19, 9, 10]]);
    }

    #[test]
    fn statements_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("{\n  \"Statement\":{\n    \"Sid\": \"a\"\n  }\n}", vec![[2, 16, 4, 4]]),
            (
                "{\"Statement\": [\n{\"a\": {}},\r\n  {}\n], \"Id\": \"x\"}",
                vec![[1, 16, 2, 10], [2, 10, 3, 5]],
            ),
            (r#"{"Id":"Statement","\u0053tatement":{}}"#, vec![[1, 37, 1, 38]]),
            (r#"{"Id":"\"Statement\":{}","Statement":[{"Sid":"é}]\\\"{"}]}"#, vec![[1, 39, 1, 57]]),
            (
                r#"{"Id": "x", "Statement":[{"Condition":{"Bool":{"a:b":[true]}}}]}"#,
                vec![[1, 26, 1, 63]],
            ),
            ("{}", vec![]),
            ("", vec![]),
            ("}]", vec![]),
        ] {
            assert_eq!(places(text), expected, "{text}");
        }
    }
}
