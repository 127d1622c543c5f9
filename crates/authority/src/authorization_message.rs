//! Why a request was refused, for whoever may ask: what `DecodeAuthorizationMessage` answers.
//!
//! Source: STS API reference, "DecodeAuthorizationMessage"; contract/policy.md section 4.

use std::borrow::Cow;

use rolecall_policy::{Decision, MatchedStatement, Request};
use rolecall_token::AUTHORIZATION_MESSAGE_BYTES_MAX;
use serde::Serialize;

use crate::caller::Caller;

/// The account of a refusal, as JSON that fits into a sealed message.
///
/// What would not fit is left out: first conditions, in the order of the request's context. Nothing
/// in it is secret to the caller but the policies that decided; it holds no key and no token.
pub(crate) fn authorization_message(
    decision: &Decision<'_>,
    caller: &Caller,
    question: &Request<'_>,
) -> String {
    let mut message = Message::without_items(decision, caller, question);
    let mut room = AUTHORIZATION_MESSAGE_BYTES_MAX.saturating_sub(json(&message).len());
    let matched = match decision {
        Decision::Allowed { by } => Some(Matched::of(by, "ALLOW")),
        Decision::ExplicitDeny { by } => Some(Matched::of(by, "DENY")),
        Decision::ImplicitDeny { .. } => None,
    };
    message.matched_statements.fill(&mut room, matched);
    if let Decision::ImplicitDeny { reasons, .. } = decision {
        let reasons = reasons.iter().map(|reason| TextValue { value: reason.to_string().into() });
        message.failures.fill(&mut room, reasons);
    }
    let conditions = question.context.iter().map(|(key, values)| {
        let values = values.iter().map(|value| TextValue { value: value.as_ref().into() });
        Condition { key, values: Items { items: values.collect() } }
    });
    message.context.conditions.fill(&mut room, conditions);
    json(&message)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    allowed: bool,
    explicit_deny: bool,
    matched_statements: Items<Matched<'a>>,
    /// Statements that speak of the action and do not apply: AWS does not say what it keeps here.
    failures: Items<TextValue<'a>>,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    principal: Principal<'a>,
    action: &'a str,
    resource: Cow<'a, str>,
    conditions: Items<Condition<'a>>,
}

#[derive(Serialize)]
struct Principal<'a> {
    id: String,
    arn: &'a str,
}

/// AWS names the statement; we name its policy, too.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Matched<'a> {
    statement_id: &'a str,
    effect: &'static str,
    source_policy: &'a str,
    source_policy_type: String,
    statement_index: usize,
}

#[derive(Serialize)]
struct Condition<'a> {
    key: &'a str,
    values: Items<TextValue<'a>>,
}

#[derive(Serialize)]
struct TextValue<'a> {
    value: Cow<'a, str>,
}

/// A list as AWS writes it.
#[derive(Serialize)]
struct Items<T> {
    items: Vec<T>,
}

impl<'a> Message<'a> {
    fn without_items(
        decision: &Decision<'_>,
        caller: &'a Caller,
        question: &'a Request<'_>,
    ) -> Self {
        Self {
            allowed: decision.is_allowed(),
            explicit_deny: matches!(decision, Decision::ExplicitDeny { .. }),
            matched_statements: Items::none(),
            failures: Items::none(),
            context: Context {
                principal: Principal { id: caller.user_id().into_owned(), arn: caller.arn() },
                action: question.action,
                resource: cut(question.resource),
                conditions: Items::none(),
            },
        }
    }
}

impl<'a> Matched<'a> {
    fn of(by: &MatchedStatement<'a>, effect: &'static str) -> Self {
        Self {
            statement_id: by.sid.unwrap_or_default(),
            effect,
            source_policy: by.policy,
            source_policy_type: by.kind.to_string(),
            statement_index: by.statement,
        }
    }
}

impl<T: Serialize> Items<T> {
    const fn none() -> Self {
        Self { items: Vec::new() }
    }

    /// Takes what there is room for.
    fn fill(&mut self, room: &mut usize, items: impl IntoIterator<Item = T>) {
        for item in items {
            let needed = json(&item).len() + SEPARATOR;
            if let Some(left) = room.checked_sub(needed) {
                *room = left;
                self.items.push(item);
            }
        }
    }
}

fn json(value: &impl Serialize) -> String {
    // Texts, numbers and lists always write.
    serde_json::to_string(value).unwrap_or_default()
}

/// A resource is named by the request, which may name anything.
fn cut(resource: &str) -> Cow<'_, str> {
    match resource.char_indices().nth(RESOURCE_CHARACTERS_MAX) {
        Some((end, _)) => resource.get(..end).unwrap_or_default().into(),
        None => resource.into(),
    }
}

/// The comma between two items.
const SEPARATOR: usize = 1;
/// Even if each character is written as `\u0000`, there is room for all that is always there.
const RESOURCE_CHARACTERS_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_room_for_is_told() {
        let mut room = 40;
        let mut items = Items::none();
        let texts = ["fits", &"x".repeat(100), "too"];
        items.fill(&mut room, texts.map(|text| TextValue { value: text.into() }));
        assert_eq!(json(&items), r#"{"items":[{"value":"fits"},{"value":"too"}]}"#);
        assert!(room < 40);
    }

    #[test]
    fn a_resource_is_cut_between_characters() {
        let longest = "é".repeat(RESOURCE_CHARACTERS_MAX);
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&format!("{longest}é")), longest);
    }
}
