//! Parameters and answers as CloudTrail writes them: camel case, lists as arrays, no secrets.

use rolecall_audit::{Array, Json, Object};
use rolecall_authority::{Body, Element, Params};
use serde_json::{Map, Value, json};

/// `requestParameters`; `null` when there are none.
///
/// For proved callers alone: what a stranger sends is not worth the room.
pub(super) fn request_parameters(params: &Params) -> Option<Value> {
    let told = || params.iter().filter(|(name, _)| is_told(name));
    let size: usize = told().map(|(name, value)| name.len() + value.len()).sum();
    if size > PARAMETERS_BYTES_MAX {
        let reason = "requestParameters too large";
        return Some(json!({ "omitted": true, "originalSize": size, "reason": reason }));
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
    (!root.is_empty()).then_some(Value::Object(root))
}

/// `responseElements`, for answers that a record holds.
pub(super) fn response_elements(output: &[Element]) -> Option<Json> {
    let is_told = output.iter().any(|element| !matches!(element.body, Body::Secret(_)));
    is_told.then(|| Json::object(|object| write_fields(object, output)))
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

/// Puts a value at `Tags.1.Key`: `{"tags": [{"key": …}]}`. The first of a name counts, as it does
/// for the operation: a second one hides nothing.
fn insert(map: &mut Map<String, Value>, path: &[&str], value: &str) {
    let Some((&first, rest)) = path.split_first() else { return };
    let name = camel(first);
    let Some((index, rest)) = rest.split_first().filter(|(n, _)| n.parse::<usize>().is_ok()) else {
        if rest.is_empty() {
            map.entry(name).or_insert_with(|| Value::from(value));
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

/// A secret has no place in a record.
fn write_fields(object: &mut Object<'_>, elements: &[Element]) {
    for Element { name, body } in elements {
        let key = camel(name);
        match body {
            Body::Fields(fields) => object.object(&key, |object| write_fields(object, fields)),
            Body::Items(items) => object.array(&key, |array| write_items(array, items)),
            Body::Secret(_) => {}
            Body::Text(text) => object.text(&key, text),
            Body::Time(time) => object.plain(&key, time.us_locale()),
        }
    }
}

fn write_items(array: &mut Array<'_>, items: &[Body]) {
    for item in items {
        match item {
            Body::Fields(fields) => array.object(|object| write_fields(object, fields)),
            Body::Items(items) => array.array(|array| write_items(array, items)),
            Body::Secret(_) => {}
            Body::Text(text) => array.text(text),
            Body::Time(time) => array.text(&time.us_locale().to_string()),
        }
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
    use rolecall_identity::Timestamp;

    use super::*;

    #[test]
    fn lists_become_arrays_and_the_action_is_left_out() {
        let text = "Action=AssumeRole&Version=2011-06-15&RoleArn=r&Tags.member.1.Key=k\
                    &Tags.member.1.Value=v&Tags.member.2.Key=l&TransitiveTagKeys.member.1=k\
                    &RoleArn=other&Tags.member.1.Key=other&TokenCode=123456&X-Amz-Security-Token=secret&x-amz-signature=0";
        let params = Params::parse(text).unwrap();
        let expected = serde_json::json!({
            "roleArn": "r",
            "tags": [{"key": "k", "value": "v"}, {"key": "l"}],
            "transitiveTagKeys": ["k"],
        });
        assert_eq!(request_parameters(&params), Some(expected));
        assert_eq!(request_parameters(&Params::default()), None);
    }

    #[test]
    fn a_name_of_many_dots_is_left_out() {
        let deep = format!("A={}&{}b=1", "x", "a.".repeat(10_000));
        let params = Params::parse(&deep).unwrap();
        assert_eq!(request_parameters(&params), Some(serde_json::json!({ "a": "x" })));
    }

    #[test]
    fn a_record_has_room_for_so_much() {
        let at_limit = format!("A={}", "x".repeat(PARAMETERS_BYTES_MAX - 1));
        let told = |text: &str| request_parameters(&Params::parse(text).unwrap()).unwrap();
        assert!(told(&at_limit).get("omitted").is_none());
        assert!(told(&format!("{at_limit}x")).get("omitted").is_some());
    }

    #[test]
    fn an_answer_is_told_without_its_secrets() {
        let text = |name, text: &str| Element { name, body: Body::Text(text.to_owned()) };
        let end = Timestamp::from_seconds(1_440_938_160);
        let secret = Element { name: "SecretAccessKey", body: Body::Secret("s".to_owned()) };
        let fields = vec![
            text("AccessKeyId", "A"),
            secret,
            Element { name: "Expiration", body: Body::Time(end) },
        ];
        let items = vec![
            Body::Text("a".to_owned()),
            Body::Secret("s".to_owned()),
            Body::Fields(vec![text("Key", "k")]),
            Body::Items(vec![Body::Text("b".to_owned())]),
        ];
        let output = [
            Element { name: "Credentials", body: Body::Fields(fields) },
            Element { name: "Tags", body: Body::Items(items) },
        ];
        let expected = json!({
            "credentials": { "accessKeyId": "A", "expiration": "Aug 30, 2015, 12:36:00 PM" },
            "tags": ["a", { "key": "k" }, ["b"]],
        });
        let told = format!("{:?}", response_elements(&output).unwrap());
        assert_eq!(serde_json::from_str::<Value>(&told).unwrap(), expected);
        let secret = Element { name: "Plaintext", body: Body::Secret("s".to_owned()) };
        assert_eq!(response_elements(&[secret]), None);
        assert_eq!(response_elements(&[]), None);
    }
}
