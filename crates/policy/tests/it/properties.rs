//! What holds for every policy. Source: contract/policy.md section 9.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rolecall_policy::*;
use serde_json::{Map, Value, json};

use crate::reference::{self, Documents, Keys, Question};
use crate::world::*;

const ACTIONS: [&str; 8] =
    ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:P?tObject", "sqs:*", "sqs:Send*", "*:*Object"];
const RESOURCES: [&str; 7] = [
    "*",
    "arn:aws:s3:::bucket/*",
    "arn:aws:s3:::${aws:username}/key",
    "arn:*:s3:::bucket/k?y",
    "arn:aws:s3:::*${k:1}",
    "arn:aws:sqs:*:1:${*}",
    "arn:aws:sqs:eu:*",
];
const ASKED: [&str; 4] = [OBJECT, "arn:aws:s3:::a*/key", "arn:aws:sqs:eu:1:*", "*"];
const OPERATORS: [&str; 10] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringNotEqualsIfExists",
    "ForAllValues:StringLike",
    "ForAllValues:StringNotEquals",
    "ForAnyValue:StringEqualsIfExists",
    "ForAnyValue:StringNotLike",
    "StringLikeIfExists",
];
const VALUES: [&str; 9] =
    ["a", "b", "", "a*", "?", "*b", "${aws:username}", "x${k:1}*", "${$}${*}"];
const KEYS: [&str; 4] = ["aws:username", "k:1", "K:2", "aws:PrincipalTag/Team"];
const FOUND: [&str; 7] = ["a", "b", "", "a*", "ab", "xab", "$*"];
const PRINCIPALS: [&str; 6] = ["*", "123456789012", ROLE, SESSION, USER, "210987654321"];

fn condition() -> impl Strategy<Value = (String, Value)> {
    let texts = (select(&OPERATORS), select(&KEYS), subsequence(VALUES.to_vec(), 0..3))
        .prop_map(|(operator, key, values)| (operator.to_owned(), json!({key: values})));
    let presence = (select(&KEYS), any::<bool>())
        .prop_map(|(key, absent)| ("Null".to_owned(), json!({key: absent})));
    let numbers = (select(&["NumericLessThan", "NumericNotEquals"]), 0..4)
        .prop_map(|(operator, number)| (operator.to_owned(), json!({"n": number})));
    prop_oneof![4 => texts, 1 => presence, 1 => numbers]
}

fn statement(own: bool) -> impl Strategy<Value = Value> {
    (
        prop_oneof![3 => Just("Allow"), 1 => Just("Deny")],
        (prop::bool::weighted(0.2), subsequence(ACTIONS.to_vec(), 1..4)),
        (prop::bool::weighted(0.2), subsequence(RESOURCES.to_vec(), 1..4)),
        vec(condition(), 0..3),
        subsequence(PRINCIPALS.to_vec(), 1..3),
    )
        .prop_map(move |(effect, action, resource, conditions, principals)| {
            let element = |(negated, name): (bool, &str)| match negated {
                true => format!("Not{name}"),
                false => name.to_owned(),
            };
            let mut statement = json!({"Effect": effect});
            statement[element((action.0, "Action"))] = json!(action.1);
            statement[element((resource.0, "Resource"))] = json!(resource.1);
            statement["Condition"] = Value::Object(Map::from_iter(conditions));
            if own {
                statement["Principal"] = json!({"AWS": principals});
            }
            statement
        })
}

fn document(own: bool) -> impl Strategy<Value = Value> {
    let version = prop_oneof![4 => Just("2012-10-17"), 1 => Just("2008-10-17")];
    (version, vec(statement(own), 1..4))
        .prop_map(|(version, statements)| json!({"Version": version, "Statement": statements}))
}

fn keys() -> impl Strategy<Value = Keys> {
    let value = prop_oneof![
        2 => select(&FOUND).prop_map(|value| (false, vec![value.to_owned()])),
        1 => vec(select(&FOUND).prop_map(str::to_owned), 1..3).prop_map(|values| (true, values)),
    ];
    let named = vec(option::of(value), KEYS.len());
    (named, option::of(0..4)).prop_map(|(values, number)| {
        let named = KEYS.iter().map(|key| key.to_lowercase()).zip(values);
        let number = ("n".to_owned(), number.map(|n: i32| (false, vec![n.to_string()])));
        named.chain([number]).filter_map(|(key, value)| Some((key, value?))).collect()
    })
}

/// A whole situation.
#[derive(Debug, Clone)]
struct Case {
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Value>,
    resource: Option<Value>,
    keys: Keys,
    action: &'static str,
    asked: &'static str,
    same_account: bool,
}

fn case() -> impl Strategy<Value = Case> {
    (
        vec(document(false), 0..3),
        option::weighted(0.4, document(false)),
        option::weighted(0.4, document(false)),
        option::weighted(0.6, document(true)),
        keys(),
        select(&["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
        select(&ASKED),
        prop::bool::weighted(0.7),
    )
        .prop_map(
            |(identity, boundary, session, resource, keys, action, asked, same_account)| Case {
                identity,
                boundary,
                session,
                resource,
                keys,
                action,
                asked,
                same_account,
            },
        )
}

impl Case {
    fn allowed(&self) -> bool {
        let parse = |kind, document: &Value| {
            let text = document.to_string();
            Policy::parse(kind, &text).unwrap_or_else(|e| panic!("{text}: {e}: {}", e.detail()))
        };
        let identity: Vec<_> =
            self.identity.iter().map(|d| parse(PolicyKind::Identity, d)).collect();
        let boundary = self.boundary.as_ref().map(|d| parse(PolicyKind::Identity, d));
        let session = self.session.as_ref().map(|d| parse(PolicyKind::Session, d));
        let resource = self.resource.as_ref().map(|d| parse(PolicyKind::Resource, d));
        let identity: Vec<_> = identity.iter().map(named).collect();
        let (boundary, session) =
            (boundary.as_ref().map(|p| [named(p)]), session.as_ref().map(|p| [named(p)]));
        let set = PolicySet {
            identity: &identity,
            boundary: boundary.as_ref().map(|policies| policies.as_slice()),
            session: session.as_ref().map(|policies| policies.as_slice()),
            resource: resource.as_ref().map(named),
            ..Default::default()
        };
        let context = self.context();
        let owner = if self.same_account { account() } else { other_account() };
        let request = Request {
            principal: role(),
            action: self.action,
            resource: self.asked,
            resource_account: Some(owner),
            context: &context,
        };
        let decision = evaluate(&set, &request);
        assert!(!decision.explain().is_empty());
        decision.is_allowed()
    }

    fn context(&self) -> RequestContext<'_> {
        let mut context = RequestContext::default();
        for (key, (multivalued, values)) in &self.keys {
            match multivalued {
                true => context.set_many(key.as_str(), values.iter().map(String::as_str)),
                false => context.set(key.as_str(), values[0].as_str()),
            }
        }
        context
    }

    fn reference(&self) -> bool {
        let documents = Documents {
            identity: &self.identity,
            boundary: self.boundary.as_ref(),
            session: self.session.as_ref(),
            resource: self.resource.as_ref(),
        };
        let question = Question {
            role: ROLE,
            session: SESSION,
            account: "123456789012",
            same_account: self.same_account,
            action: self.action,
            resource: self.asked,
            keys: &self.keys,
        };
        reference::allowed(&documents, &question)
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn compiled_and_naive_agree(case in case()) {
        prop_assert_eq!(case.allowed(), case.reference());
    }

    #[test]
    fn one_more_deny_never_allows_more(
        case in case(),
        mut deny in statement(false),
        mut own_deny in statement(true),
        place in 0..4,
    ) {
        let before = case.allowed();
        let mut after = case;
        deny["Effect"] = json!("Deny");
        own_deny["Effect"] = json!("Deny");
        let denying = |document: &mut Value, deny: Value| {
            document["Statement"].as_array_mut().unwrap().push(deny);
        };
        match place {
            0 => after.identity.push(json!({"Version": "2012-10-17", "Statement": [deny]})),
            1 => after.boundary.iter_mut().for_each(|d| denying(d, deny.clone())),
            2 => after.session.iter_mut().for_each(|d| denying(d, deny.clone())),
            _ => after.resource.iter_mut().for_each(|d| denying(d, own_deny.clone())),
        }
        prop_assert!(before || !after.allowed());
    }

    #[test]
    fn limits_never_widen(case in case(), limit in document(false)) {
        for clear in [
            |case: &mut Case, limit| case.boundary = limit,
            |case: &mut Case, limit| case.session = limit,
        ] {
            let (mut without, mut with) = (case.clone(), case.clone());
            clear(&mut without, None);
            clear(&mut with, Some(limit.clone()));
            prop_assert!(without.allowed() || !with.allowed());
        }
    }

    #[test]
    fn the_order_of_statements_is_irrelevant(case in case()) {
        let mut turned = case.clone();
        turned.identity.reverse();
        let documents = turned.identity.iter_mut();
        let documents = documents.chain(&mut turned.boundary).chain(&mut turned.session);
        for document in documents.chain(&mut turned.resource) {
            document["Statement"].as_array_mut().unwrap().reverse();
        }
        prop_assert_eq!(case.allowed(), turned.allowed());
    }

    #[test]
    fn the_case_of_keys_is_irrelevant(case in case()) {
        let mut shouted = case.clone();
        shouted.keys = case.keys.iter().map(|(k, v)| (k.to_uppercase(), v.clone())).collect();
        prop_assert_eq!(case.allowed(), shouted.allowed());
    }

    #[test]
    fn parsing_never_panics(text in any::<String>(), cut in 0_usize..400, case in case()) {
        let kinds = [
            PolicyKind::Identity,
            PolicyKind::Managed,
            PolicyKind::Resource,
            PolicyKind::Session,
            PolicyKind::Trust,
        ];
        let document = json!({"Statement": case.resource}).to_string();
        let broken: String = document.chars().take(cut).chain(text.chars()).collect();
        for kind in kinds {
            for text in [&text, &document, &broken] {
                if let Err(error) = Policy::parse(kind, text) {
                    prop_assert!(!error.detail().is_empty());
                }
            }
        }
    }

    #[test]
    fn policies_near_the_grammar_never_panic(
        signs in r#"[{}\[\]",:\\a]{0,12}"#,
        members in r#"("(Effect|Action|Sid|Resource|Principal)":"[ -~]{0,9}",?){0,5}"#,
    ) {
        let text = format!(r#"{{"Statement":{{{members}}}{signs}}}"#);
        let _parsed = Policy::parse(PolicyKind::Trust, &text);
        let _parsed = Policy::parse(PolicyKind::Identity, &text);
    }
}
