//! Parameters and answers as CloudTrail writes them: camel case, lists as arrays, no secrets.

use rolecall_authority::{Body, Element, Params};
use rolecall_identity::Timestamp;
use serde_json::{Map, Value};

/// `requestParameters`; `null` when there are none.
pub(super) fn request_parameters(params: &Params) -> Value {
    let mut root = Map::new();
    let told = params.iter().filter(|(name, _)| !HIDDEN.contains(name));
    for (name, value) in told.take(PARAMETERS_TOLD_MAX) {
        let path: Vec<&str> = name.split('.').filter(|part| *part != "member").collect();
        insert(&mut root, &path, value);
    }
    if root.is_empty() { Value::Null } else { Value::Object(root) }
}

/// `responseElements`, for answers that a record holds.
pub(super) fn response_elements(output: &[Element]) -> Value {
    let fields = fields(output);
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}

/// Not parameters of the operation, or secrets.
const HIDDEN: &[&str] = &["Action", "TokenCode", "Version"];
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
                    &TokenCode=123456";
        let params = Params::parse(text).unwrap();
        let expected = serde_json::json!({
            "roleArn": "r",
            "tags": [{"key": "k", "value": "v"}, {"key": "l"}],
            "transitiveTagKeys": ["k"],
        });
        assert_eq!(request_parameters(&params), expected);
        assert_eq!(request_parameters(&Params::default()), Value::Null);
    }
}
