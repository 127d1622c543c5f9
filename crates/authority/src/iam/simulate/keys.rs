//! The context keys that a document asks for: in conditions, and as policy variables.

use std::collections::HashSet;

use serde_json::Value;

/// The keys of each statement of a document that was accepted as a policy, in order.
pub(super) fn keys_of_statements(text: &str) -> Vec<Vec<String>> {
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    // Before this version `${…}` is a text like any other.
    let variables = document.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let statements = match document.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    statements.iter().map(|statement| keys_of_statement(statement, variables)).collect()
}

/// Keys in the order they were added, each once, in whatever case.
#[derive(Default)]
pub(super) struct Keys {
    keys: Vec<String>,
    seen: HashSet<String>,
}

impl Keys {
    pub(super) fn add(&mut self, key: &str) {
        if self.seen.insert(key.to_lowercase()) {
            self.keys.push(key.to_owned());
        }
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.keys
    }
}

fn keys_of_statement(statement: &Value, variables: bool) -> Vec<String> {
    let mut keys = Keys::default();
    for element in ["Resource", "NotResource"].iter().filter(|_| variables) {
        add_variables(&mut keys, statement.get(element).unwrap_or(&Value::Null));
    }
    let operators = statement.get("Condition").and_then(Value::as_object);
    let conditions = operators.into_iter().flat_map(|operators| operators.values());
    for (key, values) in conditions.filter_map(Value::as_object).flatten() {
        keys.add(key);
        if variables {
            add_variables(&mut keys, values);
        }
    }
    keys.into_vec()
}

fn add_variables(keys: &mut Keys, value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| add_variables(keys, value)),
        Value::String(text) => variables(text).for_each(|key| keys.add(key)),
        _ => {}
    }
}

/// The keys of `${key}` and `${key, 'default'}`; `${*}`, `${?}` and `${$}` are characters.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once('}')?;
        let key = inside.split(',').next().unwrap_or_default();
        (!matches!(key, "*" | "?" | "$")).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_conditions_and_variables() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Resource":["arn:aws:s3:::${aws:username}/${*}","arn:aws:s3:::${aws:userid, 'x}y'}"],
             "Condition":{"Null":{"aws:SourceVpc":"true"},"Numeric":{},
                          "StringLike":{"AWS:sourcevpc":["a","${aws:PrincipalTag/Team}"]}}},
            {"NotResource":"arn:aws:s3:::$a${AWS:Username}"},
            {"Resource":"*"}]}"#;
        let expected = [
            vec!["aws:username", "aws:userid", "aws:SourceVpc", "aws:PrincipalTag/Team"],
            vec!["AWS:Username"],
            vec![],
        ];
        assert_eq!(keys_of_statements(text), expected);
        let older = text.replace("2012-10-17", "2008-10-17");
        assert_eq!(keys_of_statements(&older)[1], Vec::<String>::new());
        let single = r#"{"Statement":{"Condition":{"Bool":{"aws:ViaAWSService":true}}}}"#;
        assert_eq!(keys_of_statements(single), [["aws:ViaAWSService"]]);
    }
}
