//! What an unknown name or a bad value was probably meant to be.

use super::nearest::nearest;
use crate::PolicyError;
use crate::error::{Refusal, Step};
use crate::operator::{Family, Operator};

/// What would be right, where that can be told.
pub(super) fn of(error: &PolicyError) -> Option<String> {
    match error.path() {
        [.., Step::Member(condition), Step::Key(name)] if condition == "Condition" => {
            operator(name)
        }
        [.., Step::Key(name)] if error.complaint().starts_with("unknown element") => {
            meant(near(name, ELEMENTS)?, name)
        }
        [.., Step::Member(effect)] if effect == "Effect" => {
            Some("write `Allow` or `Deny`".to_owned())
        }
        [_, Step::Member(_), Step::Member(name), _, Step::Text(_)] => {
            value(Operator::parse(name)?.family)
        }
        [.., Step::Member(resource), Step::Text(_)]
            if resource.ends_with("Resource") && *error.refusal() == Refusal::Legacy =>
        {
            Some("write `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`, with five colons".to_owned())
        }
        _ => None,
    }
}

fn operator(name: &str) -> Option<String> {
    let (prefix, rest) = match name.rsplit_once(':') {
        Some((prefix, rest)) => (format!("{}:", near(prefix, QUANTIFIERS)?), rest),
        None => (String::new(), name),
    };
    let (base, suffix) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, "IfExists"),
        None => (rest, ""),
    };
    let base = near(base, OPERATORS)?;
    if base == "Null" {
        return Some("write `Null`, without prefix and suffix".to_owned());
    }
    meant(&format!("{prefix}{base}{suffix}"), name)
}

fn meant(nearest: &str, written: &str) -> Option<String> {
    (nearest != written).then(|| format!("did you mean `{nearest}`?"))
}

fn near(name: &str, names: &[&'static str]) -> Option<&'static str> {
    nearest(name, names.iter().copied(), DISTANCE_MAX)
}

/// How the values of an operator are written.
fn value(family: Family) -> Option<String> {
    let form = match family {
        Family::Arn => "`arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`, with `*` in any part",
        Family::Binary => "base64",
        Family::Bool | Family::Null => "`true` or `false`",
        Family::Date(_) => "a date such as `2030-01-31T12:00:00Z`, or seconds since 1970",
        Family::Ip => "an address or a network such as `192.0.2.0/24`",
        Family::Numeric(_) => "a number such as `3` or `2.5`",
        Family::Text(_) => return None,
    };
    Some(format!("write {form}"))
}

/// How many letters may differ in a slip.
const DISTANCE_MAX: usize = 2;

const ELEMENTS: &[&str] = &[
    "AWS",
    "Action",
    "CanonicalUser",
    "Condition",
    "Effect",
    "Federated",
    "Id",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Service",
    "Sid",
    "Statement",
    "Version",
];

const QUANTIFIERS: &[&str] = &["ForAllValues", "ForAnyValue"];

const OPERATORS: &[&str] = &[
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "Bool",
    "DateEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateNotEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "NumericEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericNotEquals",
    "StringEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotEquals",
    "StringNotEqualsIgnoreCase",
    "StringNotLike",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_operators_are_told() {
        for (name, expected) in [
            ("StringEqual", Some("did you mean `StringEquals`?")),
            ("stringLike", Some("did you mean `StringLike`?")),
            (
                "ForAnyValues:StringLikeIfExists",
                Some("did you mean `ForAnyValue:StringLikeIfExists`?"),
            ),
            ("ForAllValues::Bool", Some("did you mean `ForAllValues:Bool`?")),
            ("NullIfExists", Some("write `Null`, without prefix and suffix")),
            ("StringSortOf", None),
        ] {
            assert_eq!(operator(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn every_operator_is_one() {
        assert!(OPERATORS.iter().all(|name| Operator::parse(name).is_some()));
    }
}
