use std::ops::Range;

/// Where something stands in a text.
pub(crate) struct Place<'a> {
    pub(crate) line: usize,
    pub(crate) column: usize,
    width: usize,
    text: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) fn of(text: &'a str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let shown = text.lines().nth(line).unwrap_or_default();
        let column = before.get(start..).unwrap_or_default().chars().count();
        let width = text
            .get(span.clone())
            .map_or(1, |marked| marked.lines().next().unwrap_or_default().chars().count().max(1));
        Self { line: line + 1, column: column + 1, width, text: shown }
    }

    /// The message with file position, line and caret.
    pub(crate) fn show(&self, message: &str) -> String {
        format!("line {}, column {}: {message}\n{}", self.line, self.column, self.excerpt())
    }

    /// The line, and carets below what is meant. Of a long line, the part around it.
    pub(crate) fn excerpt(&self) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let length = self.text.chars().count();
        let skipped = match length > LINE_MAX {
            true => (self.column - 1).saturating_sub(LEAD_MAX),
            false => 0,
        };
        // One column a character, whatever a terminal makes of it.
        let visible = |c: char| if c.is_control() { ' ' } else { c };
        let shown: String = self.text.chars().skip(skipped).take(LINE_MAX).map(visible).collect();
        let (before, after) = (if skipped > 0 { "…" } else { "" }, skipped + LINE_MAX < length);
        let indent = " ".repeat(self.column - 1 - skipped + before.chars().count());
        let carets =
            "^".repeat(self.width.min(LINE_MAX - (self.column - 1 - skipped).min(LEAD_MAX)));
        let after = if after { "…" } else { "" };
        format!("{number} | {before}{shown}{after}\n{gutter} | {indent}{carets}")
    }
}

/// How many characters of a line are shown.
const LINE_MAX: usize = 120;

/// How many of them before the place, in a longer line.
const LEAD_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_from_one_and_marks_the_words() {
        let text = "a = 1\n  bad = 2\n";
        let place = Place::of(text, &(8..11));
        assert_eq!(place.show("no"), "line 2, column 3: no\n2 |   bad = 2\n  |   ^^^");
    }

    #[test]
    fn of_a_long_line_the_part_around_is_shown() {
        let text = format!("{}bad{}", "a".repeat(500), "b".repeat(500));
        let place = Place::of(&text, &(500..503));
        let shown = format!("{}bad{}", "a".repeat(40), "b".repeat(77));
        let expected = format!("1 | …{shown}…\n  | {}^^^", " ".repeat(41));
        assert_eq!((place.column, place.excerpt()), (501, expected));
        let whole = Place::of(&text, &(0..text.len())).excerpt();
        assert!(whole.ends_with(&format!("| {}", "^".repeat(120))), "{whole}");
    }

    #[test]
    fn a_terminal_obeys_nothing_in_a_line() {
        let place = Place::of("\tx\u{1b}[31my", &(1..2));
        assert_eq!(place.excerpt(), "1 |  x [31my\n  |  ^");
    }
}
