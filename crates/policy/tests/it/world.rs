//! What the tests share: one account, its principals, and short ways to ask.

use rolecall_identity::AccountId;
use rolecall_policy::*;
use serde_json::{Value, json};

pub(crate) const ROLE: &str = "arn:aws:iam::123456789012:role/path/app";
pub(crate) const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/app/s";
pub(crate) const USER: &str = "arn:aws:iam::123456789012:user/ana";
pub(crate) const FEDERATED: &str = "arn:aws:sts::123456789012:federated-user/ana";
pub(crate) const OBJECT: &str = "arn:aws:s3:::bucket/key";
pub(crate) const ASSUMED: &str = "arn:aws:iam::123456789012:role/target";

pub(crate) fn account() -> AccountId {
    "123456789012".parse().unwrap()
}

pub(crate) fn other_account() -> AccountId {
    "210987654321".parse().unwrap()
}

pub(crate) fn role() -> RequestPrincipal<'static> {
    RequestPrincipal::Role { account: account(), role_arn: ROLE, session_arn: SESSION }
}

pub(crate) fn user() -> RequestPrincipal<'static> {
    RequestPrincipal::User { account: account(), arn: USER }
}

/// A principal by its word; other words are services (with `.amazonaws.com`) or providers.
pub(crate) fn who(word: &str) -> RequestPrincipal<'_> {
    let account = account();
    match word {
        "anonymous" => RequestPrincipal::Anonymous,
        "federated" => {
            RequestPrincipal::Federated { account, session_arn: FEDERATED, user_arn: USER }
        }
        "role" => role(),
        "root" => RequestPrincipal::Root { account },
        "user" => user(),
        name if name.ends_with(".amazonaws.com") => RequestPrincipal::Service { name },
        name => RequestPrincipal::Provider { name },
    }
}

/// The lines of a table.
pub(crate) fn rows(table: &str) -> Vec<Value> {
    table.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A context of single values.
pub(crate) fn context(values: &[(&'static str, &'static str)]) -> RequestContext<'static> {
    let mut context = RequestContext::default();
    for &(key, value) in values {
        context.set(key, value);
    }
    context
}

pub(crate) fn policy(kind: PolicyKind, statements: Value) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let text = document.to_string();
    Policy::parse(kind, &text).unwrap_or_else(|e| panic!("{text}: {e}: {}", e.detail()))
}

pub(crate) fn allow_all() -> Policy {
    policy(PolicyKind::Managed, json!({"Effect": "Allow", "Action": "*", "Resource": "*"}))
}

/// Allows nothing that is asked here, and denies nothing.
pub(crate) fn silent() -> Policy {
    let statement = json!({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"});
    policy(PolicyKind::Managed, statement)
}

pub(crate) fn named(policy: &Policy) -> Named<'_> {
    Named { name: "p", policy }
}

pub(crate) fn get_object<'a>(
    principal: RequestPrincipal<'a>,
    context: &'a RequestContext<'a>,
) -> Request<'a> {
    let resource_account = Some(account());
    Request { principal, action: "s3:GetObject", resource: OBJECT, resource_account, context }
}

/// Whether one identity policy lets the user do something.
pub(crate) fn user_may(
    policy: &Policy,
    action: &str,
    resource: &str,
    context: &RequestContext<'_>,
) -> bool {
    let request = Request { principal: user(), action, resource, resource_account: None, context };
    let identity = [named(policy)];
    evaluate(&PolicySet { identity: &identity, ..Default::default() }, &request).is_allowed()
}

/// Whether a Condition element is met.
pub(crate) fn met(condition: Value, context: &RequestContext<'_>) -> bool {
    let statement =
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition});
    user_may(&policy(PolicyKind::Identity, statement), "s3:GetObject", OBJECT, context)
}
