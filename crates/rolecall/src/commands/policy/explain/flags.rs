use rolecall_identity::Arn;
use serde_json::{Map, Value, json};

use crate::cli::ExplainArgs;

/// The flags as a case, so that they are read as strictly.
pub(super) fn case(args: &ExplainArgs) -> Value {
    let principal = args.principal.as_deref().unwrap_or_default();
    json!({
        "name": "flags",
        "principal": with(
            principal_of(principal),
            [("role_arn", args.role_arn.as_ref().map(|arn| json!(arn))), ("tags", tags(args))],
        ),
        "action": args.action,
        "resource": with(
            json!({ "arn": args.resource }),
            [("account", resource_account(args, principal).map(Value::from))],
        ),
        "context": context(args),
        "policies": with(json!({ "identity": args.policy }), [
            ("boundary", args.boundary.as_ref().map(|file| json!([file]))),
            ("session", Some(json!(args.session_policy)).filter(|_| !args.session_policy.is_empty())),
            ("resource", args.resource_policy.as_ref().map(|file| json!(file))),
            ("endpoint", args.endpoint_policy.as_ref().map(|file| json!([file]))),
        ]),
    })
}

/// What an ARN or a name is of.
fn principal_of(text: &str) -> Value {
    if text == "anonymous" {
        return json!({ "type": "anonymous" });
    }
    let word = match Arn::try_new(text) {
        Ok(arn) if arn.service() == "sts" && arn.resource_of("assumed-role").is_some() => {
            "role-session"
        }
        Ok(arn) if arn.service() == "sts" => "federated",
        Ok(arn) if arn.resource() == "root" => "root",
        Ok(arn) if arn.resource_of("role").is_some() => "role",
        Ok(arn) if arn.resource_of("user").is_some() => "user",
        Err(_) if text.contains(".amazonaws.com") => "service",
        _ => "federated",
    };
    json!({ "type": word, "arn": text })
}

fn tags(args: &ExplainArgs) -> Option<Value> {
    let tags = args.tag.iter().map(|(key, value)| (key.clone(), json!(value)));
    Some(Value::Object(tags.collect())).filter(|_| !args.tag.is_empty())
}

fn resource_account(args: &ExplainArgs, principal: &str) -> Option<String> {
    let of = |text: &str| Arn::try_new(text).ok()?.account().map(|account| account.to_string());
    let resource = args.resource.as_deref().unwrap_or_default();
    let given = args.resource_account.clone();
    let by_default = || of(resource).or_else(|| of(principal));
    given.or_else(|| Some(()).filter(|()| resource != "*").and_then(|()| by_default()))
}

fn context(args: &ExplainArgs) -> Value {
    let mut context = Map::new();
    for (key, value) in &args.context {
        let value = json!(value);
        match context.get_mut(key) {
            None => {
                context.insert(key.clone(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    Value::Object(context)
}

/// An object with the fields that have a value.
fn with<const N: usize>(object: Value, fields: [(&str, Option<Value>); N]) -> Value {
    let Value::Object(mut object) = object else { return object };
    for (field, value) in fields {
        object.extend(value.map(|value| (field.to_owned(), value)));
    }
    Value::Object(object)
}
