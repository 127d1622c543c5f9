//! The values of ArnEquals and ArnLike: six parts, each matched on its own.

use crate::RequestContext;
use crate::template::{Meaning, Template};

/// An ARN with wildcards. Source: contract/policy.md section 2.
#[derive(Debug, Clone)]
pub(crate) enum ArnPattern {
    /// A value that is more variable than ARN, as `${aws:PrincipalArn}`, or a single `*`.
    Whole(Template),
    Parts(Box<[Template; PARTS]>),
}

impl ArnPattern {
    pub(crate) fn parse(text: &str, variables: bool) -> Result<Self, String> {
        let whole = Template::parse(text, Meaning { variables, wildcards: true })?;
        match whole.split_at_colons(PARTS).try_into() {
            Ok(parts) => Ok(Self::Parts(Box::new(parts))),
            Err(_) if whole.has_variables() || whole.is_any() => Ok(Self::Whole(whole)),
            Err(_) => Err("an ARN has six parts between colons".to_owned()),
        }
    }

    /// Whether `text` is an ARN that matches.
    pub(crate) fn matches(&self, text: &str, context: &RequestContext<'_>) -> bool {
        if text.splitn(PARTS, ':').count() < PARTS {
            return false;
        }
        match self {
            Self::Whole(whole) => whole.matches(text, context),
            Self::Parts(parts) => parts
                .iter()
                .zip(text.splitn(PARTS, ':'))
                .all(|(pattern, part)| pattern.matches(part, context)),
        }
    }
}

const PARTS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_matched_on_its_own() {
        let mut context = RequestContext::default();
        context.set("aws:PrincipalAccount", "123456789012");
        context.set("aws:PrincipalArn", "arn:aws:iam::123456789012:role/a");
        for (pattern, text, expected) in [
            ("arn:aws:iam::*:role/x", "arn:aws:iam::123456789012:role/x", true),
            ("arn:*:role/x:::", "arn:aws:iam::123456789012:role/x", false),
            ("arn:aws:*:*:*:*", "arn:aws:sns:eu-west-1:123456789012:a:b", true),
            ("arn:aws:s*:role/x", "arn:aws:sts::1:role/x", false),
            ("arn:aws:iam::${aws:PrincipalAccount}:*", "arn:aws:iam::123456789012:x", true),
            ("arn:aws:iam::${aws:PrincipalAccount}:*", "arn:aws:iam::210987654321:x", false),
            ("${aws:PrincipalArn}", "arn:aws:iam::123456789012:role/a", true),
            ("${aws:PrincipalArn}", "arn:aws:iam::123456789012:role/b", false),
            ("*", "arn:aws:iam::123456789012:role/b", true),
            ("*", "no ARN", false),
            ("arn:aws:iam::*:role/${aws:absent}", "arn:aws:iam::1:role/", false),
        ] {
            match ArnPattern::parse(pattern, true) {
                Ok(parsed) => assert_eq!(parsed.matches(text, &context), expected, "{pattern}"),
                Err(_) => assert!(!expected, "{pattern}"),
            }
        }
        assert!(ArnPattern::parse("arn:aws:s3", true).is_err());
    }
}
