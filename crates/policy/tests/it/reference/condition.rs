//! The Condition element: section 2.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Key, lower, pattern, texts, value};

/// All operators and all keys under them are joined by AND. `variables` is `None` in the older
/// language.
pub(super) fn all_hold(condition: &Value, keys: &[Key], variables: Option<&[Key]>) -> bool {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    members(condition).iter().all(|(operator, body)| {
        members(body).iter().all(|(name, wanted)| {
            let found = keys.iter().find(|key| lower(&key.name) == lower(name));
            let found = found.map(|key| &key.values[..]);
            holds(operator, &texts(wanted), found, variables)
        })
    })
}

/// One row of the second table of section 2.
fn holds(
    operator: &str,
    wanted: &[String],
    found: Option<&[String]>,
    variables: Option<&[Key]>,
) -> bool {
    if operator == "Null" {
        return wanted.iter().any(|w| w.eq_ignore_ascii_case("true") == found.is_none());
    }
    let (quantifier, decorated) = operator.split_once(':').unwrap_or(("", operator));
    let name = decorated.strip_suffix("IfExists").unwrap_or(decorated);
    let negated = name.contains("Not");
    let Some(found) = found else {
        return decorated != name
            || match quantifier {
                "ForAllValues" => true,
                "ForAnyValue" => false,
                _ => negated,
            };
    };
    // Positive: equal to one of the policy's values. Negated: different from all of them.
    let positive = name.replace("Not", "");
    let satisfies = |value: &String| {
        wanted.iter().any(|wanted| compares(&positive, wanted, value, variables)) != negated
    };
    let is_null_set = found == [""];
    match quantifier {
        "ForAllValues" => is_null_set || found.iter().all(satisfies),
        "ForAnyValue" => !is_null_set && found.iter().any(satisfies),
        _ => found.iter().any(satisfies),
    }
}

/// The first table of section 2: does the request's value compare with the policy's?
fn compares(operator: &str, wanted: &str, found: &str, variables: Option<&[Key]>) -> bool {
    let plain = || pattern::plain(wanted, variables);
    match operator {
        "StringEquals" => plain().is_some_and(|wanted| wanted == found),
        "StringEqualsIgnoreCase" => plain().is_some_and(|wanted| lower(&wanted) == lower(found)),
        "StringLike" => pattern::matches(wanted, found, variables),
        "ArnEquals" | "ArnLike" => pattern::matches_arn(wanted, found, variables),
        "Bool" => value::truth(found).is_some_and(|found| value::truth(wanted) == Some(found)),
        "BinaryEquals" => {
            value::bytes(found).is_some_and(|found| value::bytes(wanted) == Some(found))
        }
        "IpAddress" => value::is_in_network(found, wanted),
        _ => match operator.strip_prefix("Numeric") {
            Some(order) => is_ordered(order, value::compare_numbers(found, wanted)),
            None => is_ordered(&operator["Date".len()..], value::compare_dates(found, wanted)),
        },
    }
}

fn is_ordered(order: &str, found: Option<Ordering>) -> bool {
    let Some(found) = found else { return false };
    match order {
        "Equals" => found.is_eq(),
        "LessThan" => found.is_lt(),
        "LessThanEquals" => found.is_le(),
        "GreaterThan" => found.is_gt(),
        "GreaterThanEquals" => found.is_ge(),
        other => panic!("no operator ends in `{other}`"),
    }
}
