//! The contract a second time: naive, uncompiled, straight from the JSON of the documents.
//!
//! It is to be read beside contract/policy.md and shares no code with the crate; `properties`
//! compares the two on generated situations. Documents are taken for valid ones, since the crate
//! refuses others when they are written.

mod condition;
mod pattern;
mod principal;
mod value;

use serde_json::Value;

use principal::Grant;
pub(crate) use principal::Who;

/// A request.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) who: Who<'a>,
    pub(crate) action: &'a str,
    pub(crate) resource: &'a str,
    /// The account whose resource it is.
    pub(crate) owner: Option<&'a str>,
    pub(crate) keys: &'a [Key],
}

/// A condition key of a request, with one value at least.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
    pub(crate) multivalued: bool,
}

/// The documents that apply to a request.
#[derive(Clone, Copy)]
pub(crate) struct Documents<'a> {
    pub(crate) identity: &'a [Value],
    pub(crate) boundary: Option<&'a [Value]>,
    pub(crate) session: Option<&'a [Value]>,
    pub(crate) endpoint: Option<&'a [Value]>,
    pub(crate) service_control: &'a [Vec<Value>],
    pub(crate) resource_control: &'a [Vec<Value>],
    pub(crate) own: Own<'a>,
}

/// The policy of the resource itself.
#[derive(Clone, Copy)]
pub(crate) enum Own<'a> {
    Resource(Option<&'a Value>),
    /// The resource is a role that is to be assumed.
    Trust(&'a Value),
}

/// `allowed`, `explicitDeny` or `implicitDeny`: section 3.1.
pub(crate) fn decide(documents: &Documents<'_>, question: &Question<'_>) -> &'static str {
    if documents.all().any(|document| denies(document, question)) {
        return "explicitDeny";
    }
    let levels = documents.service_control.iter().chain(documents.resource_control);
    let guarded = levels.into_iter().all(|level| some_allows(level, question))
        && documents.endpoint.is_none_or(|endpoint| some_allows(endpoint, question));
    if guarded && permitted(documents, question) { "allowed" } else { "implicitDeny" }
}

/// Sections 3.2 to 3.4: who must allow, after what nobody may do was ruled out.
fn permitted(documents: &Documents<'_>, question: &Question<'_>) -> bool {
    let who = question.who;
    let (own, is_trust) = match documents.own {
        Own::Resource(own) => (own, false),
        Own::Trust(own) => (Some(own), true),
    };
    let grant = own.map_or(Grant::Nothing, |own| farthest_grant(own, question));
    let identity = || matches!(who, Who::Root { .. }) || some_allows(documents.identity, question);
    let limits = || {
        documents.boundary.is_none_or(|boundary| some_allows(boundary, question))
            && match documents.session {
                Some(session) => some_allows(session, question),
                // A federated user may do nothing without a session policy.
                None => !matches!(who, Who::Federated { .. }),
            }
    };
    let Some(account) = who.account() else { return grant >= Grant::Limited };
    let is_own_account = match question.owner {
        Some(owner) => owner == account,
        // Nobody's resource is nobody else's; a role always is somebody's.
        None => !is_trust,
    };
    match grant {
        Grant::Direct if is_own_account => true,
        Grant::Limited if is_own_account => limits(),
        Grant::Nothing if is_trust || !is_own_account => false,
        _ => identity() && limits(),
    }
}

impl<'a> Documents<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Value> {
        let own = match self.own {
            Own::Resource(own) => own,
            Own::Trust(own) => Some(own),
        };
        let given = [Some(self.identity), self.boundary, self.session, self.endpoint];
        let levels = self.service_control.iter().chain(self.resource_control).flatten();
        given.into_iter().flatten().flatten().chain(levels).chain(own)
    }
}

fn denies(document: &Value, question: &Question<'_>) -> bool {
    statements(document).iter().any(|statement| {
        statement["Effect"] == "Deny"
            && principal::is_meant_by_deny(statement, &question.who)
            && applies(document, statement, question)
    })
}

/// One of the documents has to allow; a principal clause in it has to mean the caller somehow.
fn some_allows(documents: &[Value], question: &Question<'_>) -> bool {
    documents.iter().any(|document| farthest_grant(document, question) > Grant::Nothing)
}

fn farthest_grant(document: &Value, question: &Question<'_>) -> Grant {
    let allows = statements(document).iter().filter(|statement| {
        statement["Effect"] == "Allow" && applies(document, statement, question)
    });
    allows.map(|allow| principal::grant(allow, &question.who)).max().unwrap_or(Grant::Nothing)
}

/// Whether action, resource and conditions fit. Section 1.
fn applies(document: &Value, statement: &Value, question: &Question<'_>) -> bool {
    // Section 2.1: the older language has no variables.
    let keys = question.keys;
    let variables = (document["Version"] == "2012-10-17").then_some(keys);
    listed(statement, "Action", |action| is_action(action, question.action))
        && listed(statement, "Resource", |resource| {
            is_resource(resource, question.resource, variables)
        })
        && condition::all_hold(&statement["Condition"], keys, variables)
}

/// `X` wants one of its values to fit, `NotX` none; trust policies speak of no resource.
fn listed(statement: &Value, element: &str, fits: impl Fn(&str) -> bool) -> bool {
    let not = format!("Not{element}");
    match (statement.get(element), statement.get(&not)) {
        (Some(values), _) => texts(values).iter().any(|value| fits(value)),
        (_, Some(values)) => !texts(values).iter().any(|value| fits(value)),
        (None, None) => true,
    }
}

/// Actions have no case; a service is named whole or not at all.
fn is_action(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((service, name)) = pattern.split_once(':') else { return pattern == "*" };
    let (asked_service, asked_name) = action.split_once(':').unwrap_or(("", &action));
    (service == "*" || service == asked_service) && pattern::is_like(name, asked_name)
}

/// Resources have case; partition and service are named whole, or the partition not at all.
fn is_resource(pattern: &str, resource: &str, variables: Option<&[Key]>) -> bool {
    let wanted: Vec<&str> = pattern.splitn(4, ':').collect();
    let asked: Vec<&str> = resource.splitn(4, ':').collect();
    match (&wanted[..], &asked[..]) {
        (["*"], _) => true,
        (
            ["arn", partition, service, rest],
            ["arn", asked_partition, asked_service, asked_rest],
        ) => {
            (*partition == "*" || partition == asked_partition)
                && service == asked_service
                && pattern::matches(rest, asked_rest, variables)
        }
        (["arn", _, _, _], _) => false,
        _ => pattern == resource,
    }
}

fn statements(document: &Value) -> &[Value] {
    match &document["Statement"] {
        Value::Array(statements) => statements,
        single => std::slice::from_ref(single),
    }
}

/// A value or a list of them, as texts: numbers and truths are taken as written.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// Lower case, letter by letter, in any script.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}
