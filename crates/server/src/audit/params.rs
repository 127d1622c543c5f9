//! Parameters and answers as CloudTrail writes them: camel case, lists as arrays, no secrets.

use rolecall_audit::{Array, Json, Name, Object};
use rolecall_authority::{Body, Element, Params};
use serde_json::json;

/// `requestParameters`; `None` when there are none.
///
/// For proved callers alone: what a stranger sends is not worth the room.
pub(super) fn request_parameters(params: &Params) -> Option<Json> {
    let told = || params.iter().filter(|(name, _)| is_told(name));
    let size: usize = told().map(|(name, value)| name.len() + value.len()).sum();
    if size > PARAMETERS_BYTES_MAX {
        let reason = "requestParameters too large";
        return Some(json!({ "omitted": true, "originalSize": size, "reason": reason }).into());
    }
    let mut parameters: Vec<_> =
        told().take(PARAMETERS_TOLD_MAX).filter_map(Parameter::read).collect();
    // Stable: the first of a name counts, as it does for the operation. A second one hides nothing.
    parameters.sort_by(|one, other| one.place().cmp(&other.place()));
    (!parameters.is_empty())
        .then(|| Json::object(|object| write_parameters(object, &parameters, 0)))
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

/// A parameter, its name in parts: `Tags`, `1`, `Key`.
struct Parameter<'p> {
    /// Those that the name does not have are empty.
    parts: [&'p str; PATH_PARTS_MAX],
    value: &'p str,
}

/// What parts are ordered by: members of a list by their numbers, names without the case of their
/// first letter, which a record does not keep.
type Place<'p> = (Option<usize>, u8, &'p [u8]);

impl<'p> Parameter<'p> {
    /// No operation has parameters that deep; recursion must not follow a stranger's dots.
    fn read((name, value): (&'p str, &'p str)) -> Option<Self> {
        let mut names = name.split('.').filter(|part| *part != "member");
        let parts = [(); PATH_PARTS_MAX].map(|()| names.next().unwrap_or_default());
        let is_whole = names.next().is_none() && name.split('.').all(|part| !part.is_empty());
        (is_whole && parts != [""; PATH_PARTS_MAX]).then_some(Self { parts, value })
    }

    fn part(&self, depth: usize) -> &'p str {
        self.parts.get(depth).copied().unwrap_or_default()
    }

    fn place(&self) -> [Place<'p>; PATH_PARTS_MAX] {
        self.parts.map(place)
    }

    fn is_beside(&self, other: &Self, depth: usize) -> bool {
        place(self.part(depth)) == place(other.part(depth))
    }
}

fn place(part: &str) -> Place<'_> {
    let (first, rest) = part.as_bytes().split_first().unwrap_or((&0, &[]));
    (number(part), first.to_ascii_lowercase(), rest)
}

fn number(part: &str) -> Option<usize> {
    part.parse().ok()
}

/// Writes what has the same parts up to `depth`: `{"tags": [{"key": …}]}`.
fn write_parameters(object: &mut Object<'_>, parameters: &[Parameter<'_>], depth: usize) {
    for named in parameters.chunk_by(|one, other| one.is_beside(other, depth)) {
        let Some(first) = named.first() else { continue };
        let name = Name::Camel(first.part(depth));
        match first.part(depth + 1) {
            "" => object.text(name, first.value),
            part if number(part).is_some() => {
                object.array(name, |array| write_members(array, named, depth + 1));
            }
            _ => object.object(name, |object| write_parameters(object, named, depth + 1)),
        }
    }
}

fn write_members(array: &mut Array<'_>, members: &[Parameter<'_>], depth: usize) {
    for member in members.chunk_by(|one, other| one.is_beside(other, depth)) {
        match member.first() {
            Some(first) if first.part(depth + 1).is_empty() => array.text(first.value),
            _ => array.object(|object| write_parameters(object, member, depth + 1)),
        }
    }
}

/// A secret has no place in a record.
fn write_fields(object: &mut Object<'_>, elements: &[Element]) {
    for Element { name, body } in elements {
        let name = Name::Camel(name);
        match body {
            Body::Fields(fields) => object.object(name, |object| write_fields(object, fields)),
            Body::Items(items) => object.array(name, |array| write_items(array, items)),
            Body::Secret(_) => {}
            Body::Text(text) => object.text(name, text),
            Body::Time(time) => object.plain(name, time.us_locale()),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rolecall_identity::Timestamp;
    use serde_json::Value;

    use super::*;

    fn told(json: &Option<Json>) -> Value {
        serde_json::from_str(&format!("{:?}", json.as_ref().unwrap())).unwrap()
    }

    #[test]
    fn parameters_are_told_as_cloudtrail_does() {
        let of = |text: &str| request_parameters(&Params::parse(text).unwrap());
        for (text, expected) in [
            ("Action=AssumeRole&Version=2011-06-15&RoleArn=r", json!({ "roleArn": "r" })),
            (
                "Tags.member.2.Key=l&Tags.member.1.Value=v&Tags.member.1.Key=k&B=1&A=2",
                json!({ "a": "2", "b": "1", "tags": [{ "key": "k", "value": "v" }, { "key": "l" }] }),
            ),
            (
                "Keys.member.10=c&Keys.member.2=b&Keys.member.1=a",
                json!({ "keys": ["a", "b", "c"] }),
            ),
            (
                "Filter.1.Name=n&Filter.1.Value.1=a&Filter.1.Value.2=b",
                json!({ "filter": [{ "name": "n", "value": ["a", "b"] }] }),
            ),
            ("Monitoring.Enabled=true", json!({ "monitoring": { "enabled": "true" } })),
            ("\"a\\=\"b\\", json!({ "\"a\\": "\"b\\" })),
            // The first of a name counts, whatever the second looks like.
            ("A=1&A=2&a=3&A.B=4", json!({ "a": "1" })),
            ("A.1.B=1&A.1.B=2&A.1=3", json!({ "a": ["3"] })),
            ("A=1&X-Amz-Security-Token=secret&x-amz-signature=0&TokenCode=1", json!({ "a": "1" })),
            ("A=1&A..B=2&.=3&=4&member=5&B.=6", json!({ "a": "1" })),
        ] {
            assert_eq!(told(&of(text)), expected, "{text}");
        }
        for none in ["", "Action=A", "member.member=1", "TokenCode=1"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    proptest! {
        /// Names that meet: of a value, a list and a structure, in both cases, and with escapes.
        #[test]
        fn whatever_is_asked_is_told_as_json_and_once(
            names in prop::collection::vec("(A|a|B|1|2|01|member|\"|\\\\|\u{e9}|)(\\.(A|B|1|2|10|member|)){0,4}", 0..8),
        ) {
            let pairs = names.iter().enumerate().map(|(at, name)| format!("{name}={at}"));
            let params = Params::parse(&pairs.collect::<Vec<_>>().join("&")).unwrap();
            if let Some(json) = request_parameters(&params) {
                let written = format!("{json:?}");
                let read: Value = serde_json::from_str(&written).unwrap();
                // A name that stood twice would be gone.
                prop_assert_eq!(read.to_string().len(), written.len(), "{}", written);
            }
        }
    }

    #[test]
    fn a_name_of_many_dots_is_left_out() {
        let deep = format!("A={}&{}b=1", "x", "a.".repeat(10_000));
        let params = Params::parse(&deep).unwrap();
        assert_eq!(told(&request_parameters(&params)), json!({ "a": "x" }));
    }

    #[test]
    fn a_record_has_room_for_so_much() {
        let at_limit = format!("A={}", "x".repeat(PARAMETERS_BYTES_MAX - 1));
        let of = |text: &str| told(&request_parameters(&Params::parse(text).unwrap()));
        assert!(of(&at_limit).get("omitted").is_none());
        assert!(of(&format!("{at_limit}x")).get("omitted").is_some());
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
        assert_eq!(told(&response_elements(&output)), expected);
        let secret = Element { name: "Plaintext", body: Body::Secret("s".to_owned()) };
        assert_eq!(response_elements(&[secret]), None);
        assert_eq!(response_elements(&[]), None);
    }
}
