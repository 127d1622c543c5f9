//! Matching with `*` and `?`. Source: contract/policy.md section 1.
//!
//! Only the last `*` is ever retried, and the text after a `*` is searched for, not stepped to. A
//! pattern of text and `*` alone costs one pass over the text; with `?` at most pieces × text.

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'p> {
    /// `*`: any characters, none included.
    Any,
    /// `?`: one character.
    One,
    /// Itself.
    Text(&'p str),
}

/// Whether letters of other case are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Exact,
    Ignore,
}

/// Whether `text` as a whole matches the pieces; `pieces` gives the piece of an index.
pub(crate) fn matches<'p>(
    pieces: impl Fn(usize) -> Option<Piece<'p>>,
    text: &str,
    case: Case,
) -> bool {
    let (mut at, mut rest) = (0, text);
    let mut star: Option<(usize, &str)> = None;
    loop {
        let advanced = match pieces(at) {
            None if rest.is_empty() => return true,
            None => None,
            Some(Piece::Any) => match (pieces(at + 1), pieces(at + 2)) {
                (None, _) => return true,
                (Some(Piece::Text(last)), None) => return case.ends_with(rest, last),
                (next, _) => {
                    let found = seek(next, rest, case);
                    star = found.map(|found| (at + 1, found));
                    found
                }
            },
            Some(Piece::One) => after_one(rest),
            Some(Piece::Text(text)) => case.strip_prefix(rest, text),
        };
        if let Some(advanced) = advanced {
            (at, rest) = (at + 1, advanced);
            continue;
        }
        let Some((after, from)) = star else { return false };
        let Some(found) = after_one(from).and_then(|from| seek(pieces(after), from, case)) else {
            return false;
        };
        star = Some((after, found));
        (at, rest) = (after, found);
    }
}

/// The first place in `rest` where `piece` may stand.
fn seek<'t>(piece: Option<Piece<'_>>, rest: &'t str, case: Case) -> Option<&'t str> {
    match piece {
        Some(Piece::Text(text)) => rest.get(case.find(rest, text)?..),
        _ => Some(rest),
    }
}

fn after_one(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().map(|_| chars.as_str())
}

impl Case {
    fn strip_prefix<'t>(self, text: &'t str, prefix: &str) -> Option<&'t str> {
        match self {
            Self::Exact => text.strip_prefix(prefix),
            Self::Ignore => {
                let (head, tail) = text.split_at_checked(prefix.len())?;
                head.eq_ignore_ascii_case(prefix).then_some(tail)
            }
        }
    }

    fn ends_with(self, text: &str, suffix: &str) -> bool {
        let tail = text.len().checked_sub(suffix.len()).and_then(|from| text.get(from..));
        tail.is_some_and(|tail| match self {
            Self::Exact => tail == suffix,
            Self::Ignore => tail.eq_ignore_ascii_case(suffix),
        })
    }

    fn find(self, text: &str, wanted: &str) -> Option<usize> {
        match self {
            Self::Exact => text.find(wanted),
            Self::Ignore => {
                let starts = |&at: &usize| {
                    let rest = text.get(at..).unwrap_or_default();
                    self.strip_prefix(rest, wanted).is_some()
                };
                text.char_indices().map(|(at, _)| at).find(starts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn glob(pattern: &str, text: &str, case: Case) -> bool {
        counted(pattern, text, case).0
    }

    /// Whether the text matches, and how often a piece was looked at.
    fn counted(pattern: &str, text: &str, case: Case) -> (bool, usize) {
        let pieces: Vec<Piece<'_>> = pattern
            .split_inclusive(['*', '?'])
            .flat_map(|part| match part.strip_suffix(['*', '?']) {
                Some(text) if part.ends_with('*') => [Piece::Text(text), Piece::Any],
                Some(text) => [Piece::Text(text), Piece::One],
                None => [Piece::Text(part), Piece::Text("")],
            })
            .filter(|piece| *piece != Piece::Text(""))
            .collect();
        let steps = Cell::new(0);
        let piece = |at: usize| {
            steps.set(steps.get() + 1);
            pieces.get(at).copied()
        };
        (matches(piece, text, case), steps.get())
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("??", "é", false),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("*a", "ab", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a?c*", "abcd", true),
            ("*?b", "b", false),
            ("*?b", "bb", true),
            ("*ab?", "ababc", true),
            ("*a?b*c", "xabac", false),
            ("*a?b*c", "xaacbacbc", true),
            ("a*", "ba", false),
            ("a?b*c?", "axbcz", true),
            ("a?b*c?", "axbzc", false),
            ("a?b*?c", "axbzzc", true),
            ("A", "a", false),
        ] {
            assert_eq!(glob(pattern, text, Case::Exact), expected, "{pattern} {text}");
        }
        assert!(glob("GET*Ct", "getobject", Case::Ignore));
        assert!(!glob("GET*Cx", "getobject", Case::Ignore));
    }

    /// What `*` and `?` mean, by definition.
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| fits(rest, &text[skip..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => fits(rest, tail),
            ([sign, rest @ ..], [other, tail @ ..]) => sign == other && fits(rest, tail),
            _ => false,
        }
    }

    /// All texts of some letters up to a length.
    fn all(letters: &str, length: usize) -> Vec<String> {
        let mut texts = vec![String::new()];
        let mut from = 0;
        for _ in 0..length {
            let longer = texts[from..].to_vec();
            from = texts.len();
            let add = |text: &String| letters.chars().map(|c| format!("{text}{c}")).collect();
            texts.extend(longer.iter().flat_map::<Vec<_>, _>(add));
        }
        texts
    }

    #[test]
    fn every_short_pattern_means_what_it_says() {
        let texts = all("ab", 5);
        for pattern in all("a*?", 6) {
            for text in &texts {
                let expected = fits(pattern.as_bytes(), text.as_bytes());
                assert_eq!(glob(&pattern, text, Case::Exact), expected, "{pattern} {text}");
                assert_eq!(glob(&pattern, &text.to_uppercase(), Case::Ignore), expected);
            }
        }
    }

    /// Texts after a `*` are searched for, so each step is on a part of the text of its own.
    #[test]
    fn work_grows_as_pattern_and_text_do() {
        let hostile: [fn(usize) -> String; 4] = [
            |n| format!("{}b", "a*".repeat(n)),
            |n| format!("{}b*", "a*".repeat(n)),
            |n| format!("{}b*", "*a".repeat(n)),
            |n| format!("*{}*c*", "ab*".repeat(n)),
        ];
        for case in [Case::Exact, Case::Ignore] {
            for pattern in hostile {
                let steps = |n| {
                    let (matches, steps) = counted(&pattern(n), &"a".repeat(2 * n), case);
                    assert!(!matches);
                    steps
                };
                assert!(steps(4_000) <= 4 * steps(1_000) + 8, "{}", pattern(2));
                assert!(steps(1_000) <= 4 * 1_000 + 8, "{}", pattern(2));
            }
        }
    }

    /// A `?` right after a `*` cannot be searched for: every place is tried, with every piece.
    #[test]
    fn work_with_question_marks_is_bounded_by_pieces_times_text() {
        for pattern in ["*?b", "*??????b", "*?a?a?a?b*", "*a?a?a?a?b"] {
            for length in [100, 400] {
                let (matches, steps) = counted(pattern, &"a".repeat(length), Case::Exact);
                assert!(!matches);
                assert!(steps <= 3 * pattern.len() * length, "{pattern}: {steps}");
            }
        }
    }

    #[test]
    fn a_hostile_pattern_costs_one_pass() {
        let text = "a".repeat(100_000);
        for case in [Case::Exact, Case::Ignore] {
            assert!(!glob(&format!("{}b", "a*".repeat(1000)), &text, case));
            assert!(!glob(&format!("{}b*", "a*".repeat(1000)), &text, case));
        }
    }
}
