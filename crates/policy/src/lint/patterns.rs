//! Texts with `*` and `?` against each other. Where it is not plain, the answer is no.

use crate::RequestContext;
use crate::template::{Meaning, Template};

/// A pattern, read once.
#[derive(Debug)]
pub(super) struct Pattern<'t> {
    text: &'t str,
    letter_case: LetterCase,
    /// What is no pattern matches nothing.
    template: Option<Template>,
}

/// Actions are compared without case, resources with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetterCase {
    Exact,
    Ignore,
}

impl<'t> Pattern<'t> {
    pub(super) fn of(text: &'t str, letter_case: LetterCase) -> Self {
        let meaning = Meaning { variables: false, wildcards: true };
        Self { text, letter_case, template: Template::parse(text, meaning).ok() }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.template.as_ref().is_some_and(|template| match self.letter_case {
            LetterCase::Exact => template.matches(text, &RequestContext::default()),
            LetterCase::Ignore => template.matches_ignore_case(text),
        })
    }

    /// Whether every text that `inner` matches is matched, as far as that is plain.
    pub(super) fn covers(&self, inner: &str) -> bool {
        // A `?` would take a star of `inner` for one character, and a variable is any text.
        let is_plain = self.text.contains('*') && !self.text.contains(['?', '$']);
        self.is_same(inner) || (is_plain && self.matches(inner))
    }

    /// Whether the two are written alike.
    pub(super) fn is_same(&self, other: &str) -> bool {
        match self.letter_case {
            LetterCase::Exact => self.text == other,
            LetterCase::Ignore => self.text.eq_ignore_ascii_case(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_matches_whole() {
        for (outer, inner, expected) in [
            ("*", "s3:Get*", true),
            ("s3:*", "S3:GetObject", true),
            ("s3:Get*", "s3:*", false),
            ("s3:*", "sts:AssumeRole", false),
            ("s3:G?tObject", "s3:GetObject", false),
            ("s3:G?tObject", "s3:G?tObject", true),
            ("s3:Get*", "s3:Get?", true),
        ] {
            let outer = Pattern::of(outer, LetterCase::Ignore);
            assert_eq!(outer.covers(inner), expected, "{outer:?} {inner}");
        }
        assert!(!Pattern::of("arn:aws:s3:::a*", LetterCase::Exact).covers("arn:aws:s3:::Ab"));
    }
}
