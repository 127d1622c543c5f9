//! Texts that are not JSON, or hold what no policy may.

use super::{Code, Finding, Span, locate};
use crate::PolicyError;
use crate::json::{self, JsonFault};

/// The finding for a text that could not be read past a byte.
pub(super) fn finding(text: &str, error: &PolicyError, at: usize) -> Finding {
    let place = locate(text, error).unwrap_or(Span::of(0, 0));
    let found = |code| Finding::new(code, place, error.complaint());
    // The characters of a document are looked at first, whatever its shape.
    let is_shape = error.complaint() != error.detail();
    let finding = match json::read(text).map_err(|unread| unread.fault) {
        Err(JsonFault::Depth) if is_shape => {
            found(Code::MalformedPolicy).hint("a policy needs six levels")
        }
        Err(JsonFault::Duplicate(key)) if is_shape => {
            Finding { span: second_key(text, at, &key), ..found(Code::DuplicateKey) }
                .hint("one of the two would be lost without a word; make them one")
        }
        Err(JsonFault::Malformed(what)) if is_shape => {
            let found = found(Code::JsonSyntax);
            let hint = if what == NOT_CLOSED { unclosed(text) } else { hint(text, at) };
            match hint {
                Some(hint) => found.hint(hint),
                None => found,
            }
        }
        _ => {
            let found = found(Code::ForbiddenCharacter);
            match text.get(at..).and_then(|rest| rest.chars().next()) {
                Some('\u{2018}'..='\u{201f}') => found.hint(QUOTES_HINT),
                Some('\u{feff}') => found.hint("save the file without a byte order mark"),
                _ => found.hint("IAM takes tabs, line ends and U+0020 to U+00FF"),
            }
        }
    };
    Finding { iam_message: Some(error.to_string()), ..finding }
}

/// The key that ends at a byte. Written with escapes, only its end is shown.
fn second_key(text: &str, end: usize, key: &str) -> Span {
    let quoted = format!("\"{key}\"");
    let is_plain = text.get(..end).is_some_and(|before| before.ends_with(&quoted));
    Span::of(end.saturating_sub(if is_plain { quoted.len() } else { 1 }), end)
}

/// What usually makes a text stop there.
fn hint(text: &str, at: usize) -> Option<String> {
    let before = text.get(..at)?.trim_end();
    let rest = text.get(at..)?;
    let last = before.chars().next_back();
    match rest.chars().next() {
        None => unclosed(text).or_else(|| Some("the document is empty".to_owned())),
        Some('}' | ']') if last == Some(',') => {
            Some("take away the comma before the bracket".to_owned())
        }
        Some('\'') => Some(QUOTES_HINT.to_owned()),
        Some('/' | '#') => Some("JSON has no comments; a `Sid` can say what is meant".to_owned()),
        Some('"' | '{' | '[') if last.is_some_and(|last| "\"}]0123456789el".contains(last)) => {
            let line = before.matches('\n').count() + 1;
            Some(format!("a comma may be missing at the end of line {line}"))
        }
        Some('T' | 'F' | 'N') => Some("`true`, `false` and `null` are in lower case".to_owned()),
        Some('\n' | '\r' | '\t') => {
            Some("a string ends on its line; write line breaks as `\\n`, tabs as `\\t`".to_owned())
        }
        _ => None,
    }
}

/// Where the bracket or quote that was never closed stands.
fn unclosed(text: &str) -> Option<String> {
    let (mut open, mut string, mut escaped) = (Vec::new(), None, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if string.is_some() => escaped = true,
            '"' => string = if string.is_some() { None } else { Some((at, c)) },
            _ if string.is_some() => {}
            '{' | '[' => open.push((at, c)),
            '}' | ']' => drop(open.pop()),
            _ => {}
        }
    }
    let (at, c) = string.or_else(|| open.pop())?;
    let (line, column) = Span::of(at, at).line_and_column(text.as_bytes());
    Some(format!("the `{c}` of line {line}, column {column} is not closed"))
}

/// Said by the reader of JSON.
const NOT_CLOSED: &str = "a string is not closed";

const QUOTES_HINT: &str = "write strings between plain double quotes";

#[cfg(test)]
mod tests {
    use super::super::{Kind, check};

    const CURLY: &str = "a document may not hold the character \\u{201c}";
    const MARK: &str = "a document may not hold the character \\u{feff}";
    const FACE: &str = "a document may not hold the character \\u{1f600}";

    #[test]
    fn the_usual_slips_have_a_hint() {
        for (text, line, column, message, hint) in [
            ("{\n \"a\": 1,\n}", 3, 1, "expected a string in double quotes", "take away the comma"),
            ("[1, ]", 1, 5, "expected a value", "take away the comma"),
            ("{'a': 1}", 1, 2, "expected a string in double quotes", "plain double quotes"),
            ("{\"a\": 1 // b\n}", 1, 9, "expected `,` or `}`", "no comments"),
            ("{\"a\": [1\n \"b\"]}", 2, 2, "expected `,` or `]`", "end of line 1"),
            ("{\"a\": True}", 1, 7, "expected a value", "lower case"),
            ("{\"a\": \"b\n\"}", 1, 9, "a control character in a string", "write line breaks"),
            ("{\"a\": [{}, \n", 1, 11, "expected a value", "the `[` of line 1, column 7"),
            ("{\"a\": \"é", 1, 8, "a string is not closed", "the `\"` of line 1, column 7"),
            ("{\u{201c}a\u{201d}: 1}", 1, 2, CURLY, "plain double quotes"),
            ("\u{feff}{}", 1, 1, MARK, "byte order mark"),
            ("{\"a\": \"\u{1F600}\"}", 1, 8, FACE, "IAM takes"),
            ("{\"a\": 1, \"a\": 2}", 1, 10, "the key `a` stands twice", "lost without a word"),
            ("", 1, 1, "expected a value", "the document is empty"),
            ("{\"a\": \"\\é\"}", 1, 9, "an unknown escape in a string", ""),
            ("{\"a\": \"\\u12é\"}", 1, 12, "expected four hexadecimal digits", ""),
            ("{\"a\": 1} x", 1, 10, "expected the end of the document", ""),
        ] {
            let report = check(Some(Kind::Identity), text.as_bytes());
            let [finding] = &*report.findings else { panic!("{text}: {report:?}") };
            let place = finding.span.line_and_column(text.as_bytes());
            assert_eq!((place, &*finding.message), ((line, column), message), "{text}");
            let told = finding.hint.as_deref().unwrap_or_default();
            assert!(told.contains(hint), "{text}: {told}");
            assert_eq!(told.is_empty(), hint.is_empty(), "{text}: {told}");
        }
    }
}
