use std::ops::Range;
use std::path::Path;

use rolecall_authority::seed::Seed;

use crate::failure::Failure;

/// The default world, in the format of every seed.
pub(crate) const DEVELOPMENT: &str = include_str!("development.toml");

/// Reads a seed file, or the default one.
pub(crate) fn read(path: Option<&Path>) -> Result<Seed, Failure> {
    let Some(path) = path else { return parse("the default seed", DEVELOPMENT) };
    let shown = format!("seed file `{}`", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&shown, &text),
        Err(error) => Err(Failure::configuration(
            format!("cannot read {shown}"),
            vec![error.to_string()],
            vec![],
        )),
    }
}

fn parse(shown: &str, text: &str) -> Result<Seed, Failure> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let place = error.span().map(|span| Place::of(text, &span));
        let message = error.message();
        let cause = match &place {
            Some(place) => place.show(message),
            None => message.to_owned(),
        };
        let hints = suggestion(message).into_iter().collect();
        Failure::configuration(format!("{shown} is not valid"), vec![cause], hints)
    })
}

/// Where something stands in a text.
struct Place<'a> {
    line: usize,
    column: usize,
    width: usize,
    text: &'a str,
}

impl<'a> Place<'a> {
    fn of(text: &'a str, span: &Range<usize>) -> Self {
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
    fn show(&self, message: &str) -> String {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(self.column - 1);
        let carets = "^".repeat(self.width);
        format!(
            "line {}, column {}: {message}\n{number} | {}\n{gutter} | {indent}{carets}",
            self.line, self.column, self.text
        )
    }
}

/// For ``unknown field `regoin`, expected one of `account`, `region` ``: the nearest of them.
fn suggestion(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    let (unknown, expected) = rest.split_once('`')?;
    let known = expected.split('`').skip(1).step_by(2);
    let nearest = known
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2)?;
    Some(format!("did you mean `{}`?", nearest.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_world_reads() {
        assert!(read(None).is_ok());
    }

    #[test]
    fn a_place_counts_from_one_and_marks_the_words() {
        let text = "a = 1\n  bad = 2\n";
        let place = Place::of(text, &(8..11));
        assert_eq!(place.show("no"), "line 2, column 3: no\n2 |   bad = 2\n  |   ^^^");
    }

    #[test]
    fn a_mistyped_key_gets_the_nearest() {
        let message = "unknown field `regoin`, expected one of `account`, `region`, `user`";
        assert_eq!(suggestion(message).as_deref(), Some("did you mean `region`?"));
        assert_eq!(suggestion("unknown field `zzzz`, expected `account`"), None);
    }
}
