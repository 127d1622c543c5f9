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
    Arn(Box<ArnResource>),
    /// Too short for an ARN; kept, and matched as it stands.
    Text(Box<str>),
}

/// `arn:PARTITION:SERVICE:` and the rest, in which `*` crosses `/` and `:`.
#[derive(Debug, Clone)]
pub(crate) struct ArnResource {
    /// `None` is `*`.
    partition: Option<Box<str>>,
    service: Box<str>,
    rest: Template,
}

/// The resource of a request, split once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedResource<'r> {
    text: &'r str,
    /// Partition, service and the rest, of an ARN.
    parts: Option<[&'r str; 3]>,
}

impl<'r> AskedResource<'r> {
    pub(crate) fn new(text: &'r str) -> Self {
        Self { text, parts: split(text) }
    }
}

impl Resources {
    pub(crate) fn compile(negated: bool, values: &[String], variables: bool) -> Result<Self, Flaw> {
        let patterns = Flaw::each(values, |value| ResourcePattern::parse(value, variables))?;
        Ok(if negated { Self::NotIn(patterns) } else { Self::In(patterns) })
    }

    pub(crate) fn matches(
        &self,
        resource: AskedResource<'_>,
        context: &RequestContext<'_>,
    ) -> bool {
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
        let Some([partition, service, rest]) = split(text) else {
            return Ok(Self::Text(text.into()));
        };
        if variables && before_resource(text).contains("${") {
            return Err("a variable before the fifth colon of a resource; hint: variables may \
                        stand in the resource part only"
                .to_owned());
        }
        Ok(Self::Arn(Box::new(ArnResource {
            partition: (partition != "*").then(|| partition.into()),
            service: service.into(),
            rest: Template::parse(rest, Meaning { variables, wildcards: true })?,
        })))
    }

    fn matches(&self, resource: AskedResource<'_>, context: &RequestContext<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Arn(arn) => resource.parts.is_some_and(|parts| arn.matches(parts, context)),
            Self::Text(text) => **text == *resource.text,
        }
    }
}

impl ArnResource {
    fn matches(&self, parts: [&str; 3], context: &RequestContext<'_>) -> bool {
        let [partition, service, rest] = parts;
        self.partition.as_deref().is_none_or(|wanted| wanted == partition)
            && *self.service == *service
            && self.rest.matches(rest, context)
    }
}

/// Partition, service and the rest of an ARN.
fn split(text: &str) -> Option<[&str; 3]> {
    let (partition, after) = text.strip_prefix("arn:")?.split_once(':')?;
    let (service, rest) = after.split_once(':')?;
    Some([partition, service, rest])
}

/// The text up to its fifth colon.
fn before_resource(text: &str) -> &str {
    let fifth = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at);
    text.get(..fifth).unwrap_or(text)
}
