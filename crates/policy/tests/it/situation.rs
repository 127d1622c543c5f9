//! Generated situations: policies of every kind, a request, and what engine and reference say.
//!
//! Few words, used on both sides: policy and request meet often, and part often.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rolecall_policy::*;
use serde_json::{Map, Value, json};

use crate::reference::{self, Documents, Key, Own, Question, Who};
use crate::world::*;

/// Everything that a decision depends on.
#[derive(Debug, Clone)]
pub(crate) struct Situation {
    pub(crate) who: &'static str,
    pub(crate) action: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) owner: Option<&'static str>,
    pub(crate) keys: Vec<Key>,
    pub(crate) identity: Vec<Value>,
    pub(crate) boundary: Option<Vec<Value>>,
    pub(crate) session: Option<Vec<Value>>,
    pub(crate) endpoint: Option<Vec<Value>>,
    pub(crate) service_control: Vec<Vec<Value>>,
    pub(crate) resource_control: Vec<Vec<Value>>,
    /// The policy of the resource, or the trust policy if a role is to be assumed.
    pub(crate) own: Option<Value>,
    pub(crate) is_trust: bool,
}

/// A situation of any kind.
pub(crate) fn situation() -> impl Strategy<Value = Situation> {
    prop_oneof![3 => of_request(), 1 => of_trust()]
}

fn of_request() -> impl Strategy<Value = Situation> {
    let asked = (select(&ACTIONS_ASKED), select(&RESOURCES_ASKED));
    let own = option::weighted(0.6, document(Kind::Resource));
    around(asked, own, false)
}

fn of_trust() -> impl Strategy<Value = Situation> {
    around((select(&ACTIONS_TRUSTED), Just(ASSUMED)), document(Kind::Trust).prop_map(Some), true)
}

fn around(
    asked: impl Strategy<Value = (&'static str, &'static str)>,
    own: impl Strategy<Value = Option<Value>>,
    is_trust: bool,
) -> impl Strategy<Value = Situation> {
    let control = |kind| vec(vec(document(kind), 1..3), 0..3).prop_map(levels);
    let limits = (
        option::weighted(0.2, vec(document(Kind::Identity), 1..3)),
        option::weighted(0.4, vec(document(Kind::Identity), 0..3)),
        option::weighted(0.15, vec(document(Kind::Resource), 1..3)),
        control(Kind::Identity),
        control(Kind::Resource),
    );
    let owner = prop_oneof![6 => Just(Some(ACCOUNT)), 2 => Just(Some(OTHER)), 1 => Just(None)];
    (asked, select(&WHO), owner, keys(), vec(document(Kind::Identity), 0..3), limits, own).prop_map(
        move |((action, resource), who, owner, keys, identity, limits, own)| {
            let (boundary, session, endpoint, service_control, resource_control) = limits;
            Situation {
                who,
                action,
                resource,
                owner,
                keys,
                identity,
                boundary,
                session,
                endpoint,
                service_control,
                resource_control,
                own,
                is_trust,
            }
        },
    )
}

/// Control policies are rare among all situations, for every level of them has to allow.
fn levels(levels: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    if levels.len() < 2 { Vec::new() } else { levels.into_iter().skip(1).collect() }
}

/// The kinds of documents that differ in what statements may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Identity,
    Resource,
    Trust,
}

pub(crate) fn document(kind: Kind) -> impl Strategy<Value = Value> {
    let of_version = move |version: &'static str| {
        let statements = vec(statement(kind, version == NEW), 1..4);
        statements.prop_map(move |s| json!({"Version": version, "Statement": s}))
    };
    let single = statement(kind, false).prop_map(|statement| json!({"Statement": statement}));
    prop_oneof![
        10 => Just(full(kind)),
        8 => of_version(NEW),
        2 => of_version("2008-10-17"),
        1 => single,
    ]
}

/// Full access, as most accounts have it somewhere.
pub(crate) fn full(kind: Kind) -> Value {
    let mut statement = json!({"Effect": "Allow"});
    statement["Action"] = json!(if kind == Kind::Trust { "sts:*" } else { "*" });
    if kind != Kind::Trust {
        statement["Resource"] = json!("*");
    }
    if kind != Kind::Identity {
        statement["Principal"] = json!("*");
    }
    json!({"Version": NEW, "Statement": [statement]})
}

/// A statement in a language with variables or without.
pub(crate) fn statement(kind: Kind, variables: bool) -> impl Strategy<Value = Value> {
    let (all, actions): (_, &[_]) = match kind {
        Kind::Trust => ("sts:*", &TRUST_ACTIONS),
        _ => ("*", &ACTIONS),
    };
    (
        prop_oneof![2 => Just("Allow"), 1 => Just("Deny")],
        element("Action", prop_oneof![2 => Just(json!(all)), 3 => values(actions, 1..4)], 0.1),
        element("Resource", prop_oneof![2 => Just(json!("*")), 3 => values(&RESOURCES, 1..5)], 0.1),
        principal(kind),
        conditions(variables),
    )
        .prop_map(move |(effect, action, resource, principal, conditions)| {
            let mut statement = Map::from_iter([("Effect".to_owned(), json!(effect)), action]);
            if kind != Kind::Trust {
                statement.extend([resource]);
            }
            if kind != Kind::Identity {
                statement.extend([principal]);
            }
            statement.extend(conditions.map(|conditions| ("Condition".to_owned(), conditions)));
            Value::Object(statement)
        })
}

type Member = (String, Value);

/// `NAME` or `NotNAME`.
fn element(
    name: &'static str,
    value: impl Strategy<Value = Value>,
    negated: f64,
) -> impl Strategy<Value = Member> {
    (prop::bool::weighted(negated), value).prop_map(move |(negated, value)| {
        (if negated { format!("Not{name}") } else { name.to_owned() }, value)
    })
}

/// A list, or its only value bare.
fn values(
    of: &[&'static str],
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Value> + use<> {
    (subsequence(of.to_vec(), count), any::<bool>()).prop_map(|(values, bare)| match values[..] {
        [only] if bare => json!(only),
        _ => json!(values),
    })
}

fn principal(kind: Kind) -> impl Strategy<Value = Member> {
    let listed = subsequence(PRINCIPALS.to_vec(), 1..7).prop_map(|pairs| {
        let mut kinds = Map::new();
        for (kind, value) in pairs {
            let values = kinds.entry(kind).or_insert_with(|| json!([]));
            values.as_array_mut().unwrap().push(json!(value));
        }
        Value::Object(kinds)
    });
    let negated = if kind == Kind::Trust { 0.0 } else { 0.15 };
    let outsiders = Just(json!({
        "Federated": ["accounts.google.com", PROVIDER], "Service": "ec2.amazonaws.com",
    }));
    element("Principal", prop_oneof![2 => Just(json!("*")), 6 => listed, 3 => outsiders], negated)
}

fn conditions(variables: bool) -> impl Strategy<Value = Option<Value>> {
    let some = vec(condition(variables), 0..4).prop_map(|conditions| {
        let mut operators = Map::new();
        for (operator, key, values) in conditions {
            operators.entry(operator).or_insert_with(|| json!({}))[key] = values;
        }
        Value::Object(operators)
    });
    option::weighted(0.5, some)
}

fn condition(variables: bool) -> impl Strategy<Value = (String, String, Value)> {
    let null =
        (select(every_key()), any::<bool>(), any::<bool>()).prop_map(|(key, absent, text)| {
            let value = if text { json!(absent.to_string()) } else { json!(absent) };
            ("Null".to_owned(), key.to_owned(), value)
        });
    let compared =
        (0..FAMILIES.len()).prop_flat_map(move |at| comparison(&FAMILIES[at], variables));
    let condition = prop_oneof![1 => null, 7 => compared];
    (condition, select(&SPELLINGS))
        .prop_map(|((operator, key, values), spell)| (operator, spell(&key), values))
}

fn comparison(
    family: &'static Family,
    variables: bool,
) -> impl Strategy<Value = (String, String, Value)> {
    let may_stand = |value: &&str| variables || !family.needs_variables.contains(value);
    let wanted: Vec<&str> = family.wanted.iter().copied().filter(may_stand).collect();
    let key = prop_oneof![9 => select(family.keys), 1 => select(every_key())];
    (
        select(&["", "", "", "ForAllValues:", "ForAnyValue:"]),
        select(family.operators),
        select(&["", "", "IfExists"]),
        key,
        subsequence(wanted, 0..4),
        any::<bool>(),
    )
        .prop_map(|(prefix, operator, suffix, key, wanted, as_text)| {
            let values: Vec<Value> = wanted
                .into_iter()
                .map(|value| match serde_json::from_str(value) {
                    Ok(scalar @ (Value::Bool(_) | Value::Number(_))) if !as_text => scalar,
                    _ => json!(value),
                })
                .collect();
            let values = if let [only] = &values[..] { only.clone() } else { json!(values) };
            (format!("{prefix}{operator}{suffix}"), key.to_owned(), values)
        })
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let of_family = |family: &'static Family| {
        family.keys.iter().map(|&name| {
            let values = vec(select(family.found).prop_map(str::to_owned), 1..4);
            let key = (values, prop::bool::weighted(0.3)).prop_map(move |(mut values, many)| {
                values.truncate(if many { 3 } else { 1 });
                Key { name: name.to_owned(), values, multivalued: many }
            });
            option::weighted(0.7, key).boxed()
        })
    };
    let keys: Vec<_> = FAMILIES.iter().flat_map(of_family).collect();
    keys.prop_map(|keys| keys.into_iter().flatten().collect())
}

fn every_key() -> Vec<&'static str> {
    FAMILIES.iter().flat_map(|family| family.keys).copied().collect()
}

impl Situation {
    /// What the engine says.
    pub(crate) fn decision(&self) -> &'static str {
        let parsed = Parsed::new(self);
        let identity = names(&parsed.identity);
        let boundary = parsed.boundary.as_deref().map(names);
        let session = parsed.session.as_deref().map(names);
        let endpoint = parsed.endpoint.as_deref().map(names);
        let service: Vec<_> = parsed.service_control.iter().map(|level| names(level)).collect();
        let resource: Vec<_> = parsed.resource_control.iter().map(|level| names(level)).collect();
        let service: Vec<_> = service.iter().map(Vec::as_slice).collect();
        let resource: Vec<_> = resource.iter().map(Vec::as_slice).collect();
        let own = parsed.own.as_ref().map(named);
        let policies = PolicySet {
            identity: &identity,
            boundary: boundary.as_deref(),
            session: session.as_deref(),
            resource: own.filter(|_| !self.is_trust),
            endpoint: endpoint.as_deref(),
            service_control: &service,
            resource_control: &resource,
        };
        let context = self.context();
        let request = Request {
            principal: who(self.who),
            action: self.action,
            resource: self.resource,
            resource_account: self.owner.map(|owner| owner.parse().unwrap()),
            context: &context,
        };
        let decision = match own {
            Some(trust) if self.is_trust => evaluate_trust(trust, &policies, &request),
            _ => evaluate(&policies, &request),
        };
        assert!(!decision.explain().is_empty());
        decision.as_str()
    }

    fn context(&self) -> RequestContext<'_> {
        let mut context = RequestContext::default();
        for Key { name, values, multivalued } in &self.keys {
            match multivalued {
                true => context.set_many(name.as_str(), values.iter().map(String::as_str)),
                false => context.set(name.as_str(), values[0].as_str()),
            }
        }
        context
    }

    /// What the reference says.
    pub(crate) fn reference(&self) -> &'static str {
        let documents = Documents {
            identity: &self.identity,
            boundary: self.boundary.as_deref(),
            session: self.session.as_deref(),
            endpoint: self.endpoint.as_deref(),
            service_control: &self.service_control,
            resource_control: &self.resource_control,
            own: match &self.own {
                Some(trust) if self.is_trust => Own::Trust(trust),
                own => Own::Resource(own.as_ref()),
            },
        };
        let question = Question {
            who: asker(self.who),
            action: self.action,
            resource: self.resource,
            owner: self.owner,
            keys: &self.keys,
        };
        reference::decide(&documents, &question)
    }

    /// Every document, to be changed.
    pub(crate) fn documents_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let limits = [&mut self.boundary, &mut self.session, &mut self.endpoint];
        let levels = self.service_control.iter_mut().chain(&mut self.resource_control);
        let limits = limits.into_iter().flatten().flatten();
        self.identity.iter_mut().chain(limits).chain(levels.flatten()).chain(&mut self.own)
    }
}

/// The same callers as [`who`] names for the engine.
fn asker(word: &'static str) -> Who<'static> {
    let account = ACCOUNT;
    match word {
        "anonymous" => Who::Anonymous,
        "federated" => Who::Federated { account, session: FEDERATED, user: USER },
        "role" => Who::Role { account, role: ROLE, session: SESSION },
        "root" => Who::Root { account },
        "user" => Who::User { account, user: USER },
        name if name.ends_with(".amazonaws.com") => Who::Service(name),
        name => Who::Provider(name),
    }
}

/// The documents, parsed by the engine.
struct Parsed {
    identity: Vec<Policy>,
    boundary: Option<Vec<Policy>>,
    session: Option<Vec<Policy>>,
    endpoint: Option<Vec<Policy>>,
    service_control: Vec<Vec<Policy>>,
    resource_control: Vec<Vec<Policy>>,
    own: Option<Policy>,
}

impl Parsed {
    fn new(situation: &Situation) -> Self {
        let own_kind = if situation.is_trust { PolicyKind::Trust } else { PolicyKind::Resource };
        let all = |kind, documents: &[Value]| documents.iter().map(|d| parse(kind, d)).collect();
        let limit =
            |kind, documents: &Option<Vec<Value>>| documents.as_deref().map(|d| all(kind, d));
        let levels =
            |kind, levels: &[Vec<Value>]| levels.iter().map(|level| all(kind, level)).collect();
        Self {
            identity: all(PolicyKind::Identity, &situation.identity),
            boundary: limit(PolicyKind::Identity, &situation.boundary),
            session: limit(PolicyKind::Session, &situation.session),
            endpoint: limit(PolicyKind::Resource, &situation.endpoint),
            service_control: levels(PolicyKind::Identity, &situation.service_control),
            resource_control: levels(PolicyKind::Resource, &situation.resource_control),
            own: situation.own.as_ref().map(|own| parse(own_kind, own)),
        }
    }
}

fn parse(kind: PolicyKind, document: &Value) -> Policy {
    let text = document.to_string();
    Policy::parse(kind, &text).unwrap_or_else(|e| panic!("{text}: {e}: {}", e.detail()))
}

fn names(policies: &[Policy]) -> Vec<Named<'_>> {
    policies.iter().map(named).collect()
}

/// Keys have no case.
const SPELLINGS: [fn(&str) -> String; 3] =
    [|key| key.to_owned(), |key| key.to_lowercase(), |key| key.to_uppercase()];

const NEW: &str = "2012-10-17";
const ACCOUNT: &str = "123456789012";
const OTHER: &str = "210987654321";
const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/idp.example";

/// Roles ask most.
const WHO: [&str; 9] = [
    "role",
    "role",
    "user",
    "federated",
    "root",
    "anonymous",
    "ec2.amazonaws.com",
    "accounts.google.com",
    PROVIDER,
];

const PRINCIPALS: [(&str, &str); 15] = [
    ("AWS", "*"),
    ("AWS", ACCOUNT),
    ("AWS", "arn:aws:iam::123456789012:root"),
    ("AWS", ROLE),
    ("AWS", SESSION),
    ("AWS", USER),
    ("AWS", FEDERATED),
    ("AWS", OTHER),
    ("AWS", "arn:aws:iam::210987654321:root"),
    ("AWS", "arn:aws:iam::123456789012:role/app"),
    ("AWS", "arn:aws:sts::123456789012:assumed-role/app/other"),
    ("Federated", "accounts.google.com"),
    ("Federated", PROVIDER),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "s3.amazonaws.com"),
];

const ACTIONS_ASKED: [&str; 5] =
    ["s3:GetObject", "S3:getobject", "s3:PutObject", "sqs:SendMessage", "GetObject"];
const ACTIONS_TRUSTED: [&str; 3] =
    ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity"];
const ACTIONS: [&str; 13] = [
    "*",
    "s3:*",
    "s3:Get*",
    "S3:getobject",
    "s3:P?tObject",
    "s3:*Object?",
    "sqs:*",
    "sqs:Send*",
    "*:*Object",
    "*:*",
    "sts:*",
    "STS:assumerole",
    "sts:A*e*Role",
];
const TRUST_ACTIONS: [&str; 7] = [
    "sts:*",
    "sts:AssumeRole",
    "STS:assumerole*",
    "sts:A*Identity",
    "sts:TagSession",
    "sts:T?g*",
    "sts:?ssumeRole",
];

const RESOURCES_ASKED: [&str; 5] =
    [OBJECT, "arn:aws:s3:::a*/key", "arn:aws:sqs:eu:1:*", "arn:aws:s3:::bucket", "*"];
const RESOURCES: [&str; 16] = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::Bucket/*",
    "arn:aws:s3:::${aws:username}/key",
    "arn:*:s3:::bucket/k?y",
    "arn:aws:s3:::*${k:1}",
    "arn:aws:s3:::${aws:TagKeys}*",
    "arn:aws:s3:::${k:1, 'bucket'}/${AWS:USERNAME, 'key'}",
    "arn:aws-cn:s3:::*",
    "arn:aws:sqs:*:1:${*}",
    "arn:aws:sqs:eu:*",
    "arn:aws:iam::*:role/t*",
    "arn:aws:iam::123456789012:role/${k:1, 'target'}",
    "arn:*:iam::*:role/${aws:PrincipalTag/Team}*",
    "arn:aws:word",
];

/// Operators that compare alike, the keys they are asked of, and values.
#[derive(Debug)]
struct Family {
    operators: &'static [&'static str],
    keys: &'static [&'static str],
    /// Of requests.
    found: &'static [&'static str],
    /// Of policies.
    wanted: &'static [&'static str],
    /// Of policies, and refused in the language without variables.
    needs_variables: &'static [&'static str],
}

static FAMILIES: [Family; 8] = [
    Family {
        operators: &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        keys: &["aws:username", "k:1", "aws:TagKeys"],
        found: &["a", "b", "", "a*", "ab", "xab", "A", "bucket", "$*"],
        wanted: &[
            "a",
            "B",
            "",
            "a*",
            "?",
            "*b",
            "*?b",
            "${aws:username}",
            "x${K:1}*",
            "${$}${*}",
            "${aws:TagKeys}",
            "${aws:principaltag/\u{e9}quipe, 'a'}",
            "${k:1, '}*'}b",
        ],
        needs_variables: &[],
    },
    Family {
        operators: &["StringEqualsIgnoreCase", "StringLike", "StringNotEquals"],
        keys: &["aws:PrincipalTag/Team", "aws:PrincipalTag/\u{c9}quipe"],
        found: &["a", "\u{e9}t\u{c9}", "red", ""],
        wanted: &["\u{c9}T\u{c9}", "?t?", "red", "${aws:PrincipalTag/Team}", "A"],
        needs_variables: &[],
    },
    Family {
        operators: &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        keys: &["aws:PrincipalArn", "aws:SourceArn"],
        found: &[ROLE, USER, "arn:aws:iam::1:role/a:b", "no ARN", "arn:aws:iam::a:user/ana"],
        wanted: &[
            "*",
            ROLE,
            "arn:aws:iam::*:role/*",
            "arn:*:iam::123456789012:*",
            "arn:aws:*:role/*:::",
            "arn:aws:iam::1:role/a:?",
            "arn:aws:iam::*:role/path/a?p",
            "arn:aws:iam::${k:1}:user/ana",
            "arn:aws:iam::*:user/${aws:username, 'ana'}",
            "${aws:SourceArn}",
        ],
        needs_variables: &["${aws:SourceArn}"],
    },
    Family {
        operators: &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        keys: &["s3:max-keys"],
        found: &["0", "1", "1.0", "-1", "2.5", "-0", "9007199254740993", "many", "1e3"],
        wanted: &["0", "1", "1.00", "2.50", "-1", "-0.5", "9007199254740992"],
        needs_variables: &[],
    },
    Family {
        operators: &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        keys: &["aws:CurrentTime", "aws:TokenIssueTime"],
        found: &[
            "2026-01-01T00:00:00Z",
            "1767225600",
            "2026",
            "2025-12-31T23:59:59.999Z",
            "2026-01-01t01:30+01:30",
            "2024-02-30",
            "-0001-03-01",
            "never",
        ],
        wanted: &[
            "2026-01-01T00:00:00Z",
            "1767225600",
            "2026-01",
            "2025-12-31T23:00:00-01",
            "2024-03-01",
            "292278993-12-31",
            "-292275054",
        ],
        needs_variables: &[],
    },
    Family {
        operators: &["Bool"],
        keys: &["aws:SecureTransport"],
        found: &["true", "false", "TRUE", "no"],
        wanted: &["true", "false", "True"],
        needs_variables: &[],
    },
    Family {
        operators: &["BinaryEquals"],
        keys: &["k:bytes"],
        found: &["QQ==", "QmluYXJ5", "QQ=", "Qg=="],
        wanted: &["QQ==", "QmluYXJ5", ""],
        needs_variables: &[],
    },
    Family {
        operators: &["IpAddress", "NotIpAddress"],
        keys: &["aws:SourceIp"],
        found: &["10.0.0.1", "10.255.0.1", "192.0.2.1", "::ffff:10.0.0.1", "2001:db8::1", "here"],
        wanted: &["10.0.0.0/8", "10.0.0.1", "192.0.2.0/31", "0.0.0.0/0", "2001:db8::/32", "::/0"],
        needs_variables: &[],
    },
];
