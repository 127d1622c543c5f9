//! The same semantics a second time: naive, uncompiled, straight from the JSON text.
//!
//! It shares no code with the crate. `properties` compares the two on generated policies.

use std::collections::BTreeMap;

use serde_json::Value;

/// Lower-cased keys with their values; `true` marks keys that were set as multivalued.
pub(crate) type Keys = BTreeMap<String, (bool, Vec<String>)>;

/// A request of a role.
pub(crate) struct Question<'a> {
    pub(crate) role: &'a str,
    pub(crate) session: &'a str,
    pub(crate) account: &'a str,
    pub(crate) same_account: bool,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) keys: &'a Keys,
}

/// The policies of a request.
pub(crate) struct Documents<'a> {
    pub(crate) identity: &'a [Value],
    pub(crate) boundary: Option<&'a Value>,
    pub(crate) session: Option<&'a Value>,
    pub(crate) resource: Option<&'a Value>,
}

pub(crate) fn allowed(documents: &Documents<'_>, q: &Question<'_>) -> bool {
    let all = documents.identity.iter().chain(documents.boundary).chain(documents.session);
    if all.chain(documents.resource).any(|document| denies(document, q)) {
        return false;
    }
    let boundary = documents.boundary.is_none_or(|document| allows(document, q, &[]));
    let session = documents.session.is_none_or(|document| allows(document, q, &[]));
    let identity = documents.identity.iter().any(|document| allows(document, q, &[]));
    let own = |names: &[&str]| documents.resource.is_some_and(|d| allows(d, q, names));
    let direct = own(&["*", q.session]);
    let limited = own(&[q.role]);
    let delegated = own(&[q.account]);
    if q.same_account {
        direct || ((limited || identity) && boundary && session)
    } else {
        (direct || limited || delegated) && identity && boundary && session
    }
}

fn denies(document: &Value, q: &Question<'_>) -> bool {
    let everyone = ["*", q.account, q.role, q.session];
    statements(document).iter().any(|s| s["Effect"] == "Deny" && applies(document, s, q, &everyone))
}

fn allows(document: &Value, q: &Question<'_>, names: &[&str]) -> bool {
    statements(document).iter().any(|s| s["Effect"] == "Allow" && applies(document, s, q, names))
}

fn applies(document: &Value, statement: &Value, q: &Question<'_>, names: &[&str]) -> bool {
    let variables = document["Version"] == "2012-10-17";
    let principal = match &statement["Principal"] {
        Value::Null => true,
        Value::String(text) => names.contains(&text.as_str()),
        object => list(&object["AWS"]).iter().any(|name| names.contains(&name.as_str())),
    };
    let action = |pattern: &String| {
        glob(&literal(&pattern.to_lowercase()), &chars(&q.action.to_lowercase()))
    };
    let resource = |pattern: &String| {
        pattern == "*"
            || substituted(pattern, true, variables, q.keys)
                .is_some_and(|pattern| glob(&pattern, &chars(q.resource)))
    };
    principal
        && listed(statement, "Action", action)
        && listed(statement, "Resource", resource)
        && conditions(statement, variables, q.keys)
}

fn listed(statement: &Value, element: &str, hit: impl Fn(&String) -> bool) -> bool {
    let opposite = format!("Not{element}");
    match statement.get(element) {
        Some(values) => list(values).iter().any(hit),
        None => !list(&statement[&opposite]).iter().any(hit),
    }
}

fn conditions(statement: &Value, variables: bool, keys: &Keys) -> bool {
    let Some(operators) = statement["Condition"].as_object() else { return true };
    operators.iter().all(|(operator, body)| {
        body.as_object().unwrap().iter().all(|(key, values)| {
            condition(operator, &list(values), keys.get(&key.to_lowercase()), variables, keys)
        })
    })
}

fn condition(
    operator: &str,
    wanted: &[String],
    found: Option<&(bool, Vec<String>)>,
    variables: bool,
    keys: &Keys,
) -> bool {
    let found = found.map(|(_, values)| values.clone()).filter(|values| !values.is_empty());
    if operator == "Null" {
        return wanted.iter().any(|w| (w == "true") == found.is_none());
    }
    let (quantifier, name) = operator.split_once(':').unwrap_or(("", operator));
    let if_exists = name.ends_with("IfExists");
    let name = name.trim_end_matches("IfExists");
    let negated = name.contains("Not");
    let Some(found) = found else {
        return if_exists || quantifier == "ForAllValues" || (quantifier.is_empty() && negated);
    };
    let one = |value: &String| {
        let equal = wanted.iter().any(|w| compare(name, w, value, variables, keys));
        equal != negated
    };
    let null = found == [""];
    match quantifier {
        "ForAllValues" => null || found.iter().all(one),
        "ForAnyValue" => !null && found.iter().any(one),
        _ => found.iter().any(one),
    }
}

fn compare(name: &str, wanted: &str, value: &str, variables: bool, keys: &Keys) -> bool {
    match name.replace("Not", "").as_str() {
        "StringEquals" => substituted(wanted, false, variables, keys)
            .is_some_and(|pattern| glob(&pattern, &chars(value))),
        "StringLike" => substituted(wanted, true, variables, keys)
            .is_some_and(|pattern| glob(&pattern, &chars(value))),
        "Bool" => wanted == value,
        "NumericLessThan" => numbers(value, wanted).is_some_and(|(v, w)| v < w),
        "NumericEquals" => numbers(value, wanted).is_some_and(|(v, w)| v == w),
        other => panic!("{other}"),
    }
}

fn numbers(a: &str, b: &str) -> Option<(i64, i64)> {
    Some((a.parse().ok()?, b.parse().ok()?))
}

/// A pattern: a character, or `None` for `?`, or `Some(None)`-like star as `Star`.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Char(char),
    One,
    Star,
}

fn literal(pattern: &str) -> Vec<Sign> {
    pattern.chars().map(sign).collect()
}

fn sign(c: char) -> Sign {
    match c {
        '*' => Sign::Star,
        '?' => Sign::One,
        c => Sign::Char(c),
    }
}

fn substituted(pattern: &str, wildcards: bool, variables: bool, keys: &Keys) -> Option<Vec<Sign>> {
    let mut signs = Vec::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if variables && rest.starts_with("${") {
            let end = rest.find('}').unwrap();
            let key = rest[2..end].to_lowercase();
            match key.as_str() {
                "*" | "?" | "$" => signs.push(Sign::Char(key.chars().next().unwrap())),
                _ => {
                    let (multivalued, values) = keys.get(&key)?;
                    if *multivalued {
                        return None;
                    }
                    signs.extend(values[0].chars().map(Sign::Char));
                }
            }
            rest = &rest[end + 1..];
        } else {
            signs.push(if wildcards { sign(c) } else { Sign::Char(c) });
            rest = &rest[c.len_utf8()..];
        }
    }
    Some(signs)
}

fn glob(pattern: &[Sign], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((Sign::Star, rest)), None) => glob(rest, text),
        (Some((Sign::Star, rest)), Some((_, tail))) => glob(rest, text) || glob(pattern, tail),
        (Some((Sign::One, rest)), Some((_, tail))) => glob(rest, tail),
        (Some((Sign::Char(c), rest)), Some((d, tail))) => c == d && glob(rest, tail),
        _ => false,
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn statements(document: &Value) -> &[Value] {
    document["Statement"].as_array().unwrap()
}

fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Null => Vec::new(),
        single => vec![text(single)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
