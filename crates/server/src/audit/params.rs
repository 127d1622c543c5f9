//! Parameters and answers as CloudTrail writes them: camel case, lists as arrays, no secrets.

use rolecall_authority::{Body, Element, Params};
use rolecall_identity::Timestamp;
use serde_json::{Map, Value, json};

/// `requestParameters`; `null` when there are none.
///
/// For proved callers alone: what a stranger sends is not worth the room.
pub(super) fn request_parameters(params: &Params) -> Value {
    let told = || params.iter().filter(|(name, _)| is_told(name));
    let size: usize = told().map(|(name, value)| name.len() + value.len()).sum();
    if size > PARAMETERS_BYTES_MAX {
        return json!({ "omitted": true, "originalSize": size, "reason": "requestParameters too large" });
    }
    let mut root = Map::new();
    for (name, value) in told().take(PARAMETERS_TOLD_MAX) {
        let mut parts = name.split('.').filter(|part| *part != "member");
        let path: Vec<&str> = parts.by_ref().take(PATH_PARTS_MAX).collect();
        // No operation has parameters that deep; recursion must not follow a stranger's dots.
        if parts.next().is_none() {
            insert(&mut root, &path, value);
        }
    }
    if root.is_empty() { Value::Null } else { Value::Object(root) }
}

/// `responseElements`, for answers that a record holds.
pub(super) fn response_elements(output: &[Element]) -> Value {
    let fields = fields(output);
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}

/// Leaves out what is no parameter of the operation: a presigned query holds its signature and the
/// session token.
fn is_told(name: &str) -> bool {
    let is_signature = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
    !is_signature && !HIDDEN.contains(&name)
}

/// Not parameters of the operation, or secrets.
const HIDDEN: &[&str] = &["Action", "TokenCode", "Version"];
/// A record holds no more of them. Source: CloudTrail user guide, "Record contents".
const PARAMETERS_BYTES_MAX: usize = 100 * 1024;
/// Parts of a name: `ProvidedContexts.1.ProviderArn` has three.
const PATH_PARTS_MAX: usize = 4;
/// A record names no more parameters than this.
const PARAMETERS_TOLD_MAX: usize = 200;

/// Puts a value at `Tags.1.Key`: `{"tags": [{"key": …}]}`.
fn insert(map: &mut Map<String, Value>, path: &[&str], value: &str) {
    let Some((&first, rest)) = path.split_first() else { return };
    let name = camel(first);
    let Some((index, rest)) = rest.split_first().filter(|(n, _)| n.parse::<usize>().is_ok()) else {
        if rest.is_empty() {
            map.insert(name, Value::from(value));
        } else if let Value::Object(inner) = map.entry(name).or_insert_with(|| Map::new().into()) {
            insert(inner, rest, value);
        }
        return;
    };
    let entry = map.entry(name).or_insert_with(|| Vec::<Value>::new().into());
    let Value::Array(items) = entry else { return };
    if rest.is_empty() {
        items.push(Value::from(value));
        return;
    }
    let at = index.parse::<usize>().unwrap_or(1).saturating_sub(1).min(items.len());
    if at == items.len() {
        items.push(Map::new().into());
    }
    if let Some(Value::Object(inner)) = items.get_mut(at) {
        insert(inner, rest, value);
    }
}

fn fields(elements: &[Element]) -> Map<String, Value> {
    elements
        .iter()
        .filter_map(|element| Some((camel(element.name), body(element.name, &element.body)?)))
        .collect()
}

/// `None` for a secret: it has no place in a record.
fn body(name: &str, body: &Body) -> Option<Value> {
    match body {
        Body::Fields(elements) => Some(Value::Object(fields(elements))),
        Body::Items(items) => {
            Some(items.iter().filter_map(|item| self::body(name, item)).collect())
        }
        Body::Secret(_) => None,
        Body::Text(text) if name == "Expiration" => {
            let time = Timestamp::parse_iso8601(text).map(|time| time.us_locale().to_string());
            Some(Value::from(time.unwrap_or_else(|_| text.clone())))
        }
        Body::Text(text) => Some(Value::from(text.as_str())),
    }
}

/// `RoleArn` is `roleArn`.
fn camel(name: &str) -> String {
    let mut camel = name.to_owned();
    if let Some(first) = camel.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_become_arrays_and_the_action_is_left_out() {
        let text = "Action=AssumeRole&Version=2011-06-15&RoleArn=r&Tags.member.1.Key=k\
                    &Tags.member.1.Value=v&Tags.member.2.Key=l&TransitiveTagKeys.member.1=k\
                    &TokenCode=123456&X-Amz-Security-Token=secret&x-amz-signature=0";
        let params = Params::parse(text).unwrap();
        let expected = serde_json::json!({
            "roleArn": "r",
            "tags": [{"key": "k", "value": "v"}, {"key": "l"}],
            "transitiveTagKeys": ["k"],
        });
        assert_eq!(request_parameters(&params), expected);
        assert_eq!(request_parameters(&Params::default()), Value::Null);
    }

    #[test]
    fn a_name_of_many_dots_is_left_out() {
        let deep = format!("A={}&{}b=1", "x", "a.".repeat(10_000));
        let params = Params::parse(&deep).unwrap();
        assert_eq!(request_parameters(&params), serde_json::json!({ "a": "x" }));
    }

    #[test]
    fn a_record_has_room_for_so_much() {
        let at_limit = format!("A={}", "x".repeat(PARAMETERS_BYTES_MAX - 1));
        let told = |text: &str| request_parameters(&Params::parse(text).unwrap());
        assert!(told(&at_limit).get("omitted").is_none());
        assert!(told(&format!("{at_limit}x")).get("omitted").is_some());
    }
}
