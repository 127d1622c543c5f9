//! Resource and NotResource. Source: contract/policy.md sections 1 and 2.1.

use crate::RequestContext;
use crate::error::Flaw;
use crate::template::{Meaning, Template};

/// The resource clause of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Resources {
    In(Box<[ResourcePattern]>),
    NotIn(Box<[ResourcePattern]>),
    /// Trust policies name none: they stand on their resource.
    Unstated,
}

#[derive(Debug, Clone)]
pub(crate) enum ResourcePattern {
    /// `*`
    All,
    /// `arn:PARTITION:SERVICE:` to the letter, and the rest, in which `*` crosses `/` and `:`.
    Whole(Template),
    /// Of any partition: what follows `arn:*:`.
    AnyPartition(Template),
}

impl Resources {
    pub(crate) fn compile(negated: bool, values: &[String], variables: bool) -> Result<Self, Flaw> {
        let patterns = Flaw::each(values, |value| ResourcePattern::parse(value, variables))?;
        Ok(if negated { Self::NotIn(patterns) } else { Self::In(patterns) })
    }

    pub(crate) fn matches(&self, resource: &str, context: &RequestContext<'_>) -> bool {
        let listed = |patterns: &[ResourcePattern]| {
            patterns.iter().any(|pattern| pattern.matches(resource, context))
        };
        match self {
            Self::In(patterns) => listed(patterns),
            Self::NotIn(patterns) => !listed(patterns),
            Self::Unstated => true,
        }
    }
}

impl ResourcePattern {
    fn parse(text: &str, variables: bool) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::All);
        }
        let meaning = Meaning { variables, wildcards: true };
        let Some((service, rest)) = after_partition(text).and_then(at_colon) else {
            // Too short for an ARN; kept, and matched as it stands.
            return Template::parse_after(text, "", meaning).map(Self::Whole);
        };
        if variables && before_resource(text).contains("${") {
            return Err("a variable before the fifth colon of a resource; hint: variables may \
                        stand in the resource part only"
                .to_owned());
        }
        if text.starts_with("arn:*:") {
            return Template::parse_after(service, rest, meaning).map(Self::AnyPartition);
        }
        let literal = text.strip_suffix(rest).unwrap_or(text);
        Template::parse_after(literal, rest, meaning).map(Self::Whole)
    }

    fn matches(&self, resource: &str, context: &RequestContext<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Whole(whole) => whole.matches(resource, context),
            Self::AnyPartition(from_service) => after_partition(resource)
                .is_some_and(|resource| from_service.matches(resource, context)),
        }
    }
}

/// What follows `arn:PARTITION:`.
fn after_partition(text: &str) -> Option<&str> {
    let (_, from_service) = text.strip_prefix("arn:")?.split_once(':')?;
    Some(from_service)
}

/// The text up to its first colon, and the rest with it.
fn at_colon(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.find(':')?)
}

/// The text up to its fifth colon.
fn before_resource(text: &str) -> &str {
    let fifth = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at);
    text.get(..fifth).unwrap_or(text)
}
