//! A compiled condition: one operator, one key, the values. Source: contract/policy.md section 2.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;

use crate::RequestContext;
use crate::arn_pattern::ArnPattern;
use crate::date::Date;
use crate::error::Flaw;
use crate::number::Number;
use crate::operator::{Comparison, Family, Operator, Quantifier, Text};
use crate::template::{Meaning, Template};

/// One key under one operator.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    name: Box<str>,
    key: Box<str>,
    operator: Operator,
    values: Values,
}

/// Values of the policy, parsed once.
#[derive(Debug, Clone)]
enum Values {
    Arn(Box<[ArnPattern]>),
    Binary(Box<[String]>),
    Bool(Box<[bool]>),
    Date(Comparison, Box<[Date]>),
    Ip(Box<[IpNet]>),
    Null(Box<[bool]>),
    Numeric(Comparison, Box<[Number]>),
    Text(Text, Box<[Template]>),
}

impl Condition {
    /// Compiles; the error names the value that is none of the operator's.
    pub(crate) fn compile(
        (name, operator): (&str, Operator),
        key: &str,
        values: &[String],
        variables: bool,
    ) -> Result<Self, Flaw> {
        let values = Values::parse(operator, values, variables && operator.takes_variables())
            .map_err(|Flaw { value, what }| Flaw {
                value,
                what: format!("`{name}` of `{}`: {what}", key.escape_debug()),
            })?;
        Ok(Self { name: name.into(), key: key.into(), operator, values })
    }

    /// The operator as written.
    pub(crate) fn operator(&self) -> &str {
        &self.name
    }

    /// The key as written.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the request satisfies the condition.
    pub(crate) fn holds(&self, context: &RequestContext<'_>) -> bool {
        let found = context.lookup(&self.key);
        if let Values::Null(wanted) = &self.values {
            return wanted.contains(&found.is_none());
        }
        let Some(found) = found else { return self.holds_without_key() };
        let satisfies = |value: &Cow<'_, str>| self.satisfies(value, context);
        match self.operator.quantifier {
            None => found.iter().any(satisfies),
            Some(Quantifier::All) => is_null_set(found) || found.iter().all(satisfies),
            Some(Quantifier::Any) => !is_null_set(found) && found.iter().any(satisfies),
        }
    }

    fn holds_without_key(&self) -> bool {
        match self.operator.quantifier {
            _ if self.operator.if_exists => true,
            None => self.operator.negated,
            Some(Quantifier::All) => true,
            Some(Quantifier::Any) => false,
        }
    }

    /// Whether one value of the request does: a negated operator wants it to differ from every
    /// value of the policy. What is no number, date or address equals none of them.
    fn satisfies(&self, value: &str, context: &RequestContext<'_>) -> bool {
        self.values.contain(value, context) != self.operator.negated
    }
}

impl Values {
    fn parse(operator: Operator, texts: &[String], variables: bool) -> Result<Self, Flaw> {
        let template =
            |wildcards| move |text: &str| Template::parse(text, Meaning { variables, wildcards });
        Ok(match operator.family {
            Family::Arn => Self::Arn(Flaw::each(texts, |text| ArnPattern::parse(text, variables))?),
            Family::Binary => Self::Binary(Flaw::each(texts, optional(canonical_base64))?),
            Family::Bool => Self::Bool(Flaw::each(texts, optional(boolean))?),
            Family::Date(order) => Self::Date(order, Flaw::each(texts, optional(Date::parse))?),
            Family::Ip => Self::Ip(Flaw::each(texts, optional(network))?),
            Family::Null => Self::Null(Flaw::each(texts, optional(boolean))?),
            Family::Numeric(order) => {
                Self::Numeric(order, Flaw::each(texts, optional(Number::parse))?)
            }
            Family::Text(Text::Like) => Self::Text(Text::Like, Flaw::each(texts, template(true))?),
            Family::Text(text) => Self::Text(text, Flaw::each(texts, template(false))?),
        })
    }

    /// Whether a value of the request compares with one of these.
    fn contain(&self, value: &str, context: &RequestContext<'_>) -> bool {
        match self {
            Self::Arn(patterns) => patterns.iter().any(|p| p.matches(value, context)),
            Self::Binary(texts) => texts.iter().any(|text| text == value),
            Self::Bool(values) => boolean(value).is_some_and(|value| values.contains(&value)),
            Self::Date(order, dates) => {
                Date::parse(value).is_some_and(|value| dates.iter().any(|d| order.holds(&value, d)))
            }
            Self::Ip(networks) => {
                address(value).is_some_and(|value| networks.iter().any(|net| net.contains(&value)))
            }
            // Presence was asked before.
            Self::Null(_) => false,
            Self::Numeric(order, numbers) => Number::parse(value)
                .is_some_and(|value| numbers.iter().any(|n| order.holds(&value, n))),
            Self::Text(Text::EqualsIgnoreCase, templates) => {
                templates.iter().any(|t| t.equals_ignore_case(value, context))
            }
            Self::Text(_, templates) => templates.iter().any(|t| t.matches(value, context)),
        }
    }
}

/// A set that holds nothing but an empty string counts as null for the quantifiers.
fn is_null_set(values: &[Cow<'_, str>]) -> bool {
    matches!(values, [only] if only.is_empty())
}

/// A parser that says nothing about what it refuses.
fn optional<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let shown =
            || text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect::<String>();
        parse(text).ok_or_else(|| format!("`{}` is no value of this operator", shown()))
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A CIDR block; a bare address is a block of one.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The address of a request. A dual-stack socket shows IPv4 as `::ffff:192.0.2.1`.
fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Requests carry binary values as base64, so the policy's are kept so, in the one usual form.
fn canonical_base64(text: &str) -> Option<String> {
    STANDARD.decode(text).ok().map(|bytes| STANDARD.encode(bytes))
}

/// How much of a bad value an error shows.
const SHOWN_MAX: usize = 64;
