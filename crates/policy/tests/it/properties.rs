//! What holds for every policy. Source: contract/policy.md section 9.
//!
//! `PROPTEST_CASES` sets the number of cases of each law; `cargo xtask policy-properties` sets it
//! to a million.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rolecall_policy::*;
use serde_json::{Value, json};

use crate::situation::{Kind, Situation, document, full, situation, statement};

/// Cases of a law unless `PROPTEST_CASES` says otherwise.
fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig::with_cases(asked.unwrap_or(usual))
}

proptest! {
    #![proptest_config(cases(4096))]

    #[test]
    fn engine_and_reference_agree(situation in situation()) {
        prop_assert_eq!(situation.decision(), situation.reference());
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn one_more_deny_never_allows_more(
        situation in situation(),
        identity in statement(Kind::Identity, false),
        resource in statement(Kind::Resource, false),
        trust in statement(Kind::Trust, false),
        place in 0_usize..8,
    ) {
        let before = situation.decision();
        let mut after = situation;
        let count = after.documents_mut().count();
        let Some(document) = after.documents_mut().nth(place % count.max(1)) else {
            return Ok(());
        };
        let kind = kind_of(document);
        let mut deny = match kind {
            Kind::Identity => identity,
            Kind::Resource => resource,
            Kind::Trust => trust,
        };
        deny["Effect"] = json!("Deny");
        let mut statements = match document["Statement"].take() {
            Value::Array(statements) => statements,
            single => vec![single],
        };
        statements.push(deny);
        document["Statement"] = json!(statements);
        prop_assert!(before == "allowed" || after.decision() != "allowed");
    }

    /// Save that a federated user without any session policy may do nothing at all.
    #[test]
    fn limits_never_widen(
        situation in situation(),
        of_caller in document(Kind::Identity),
        of_resource in document(Kind::Resource),
    ) {
        let limit: [fn(&mut Situation, Value, Value); 5] = [
            |s, of_caller, _| s.boundary = Some(vec![of_caller]),
            |s, of_caller, _| s.session = Some(vec![of_caller]),
            |s, _, of_resource| s.endpoint = Some(vec![of_resource]),
            |s, of_caller, _| s.service_control.push(vec![of_caller]),
            |s, _, of_resource| s.resource_control.push(vec![of_resource]),
        ];
        let mut without = situation;
        (without.boundary, without.endpoint) = (None, None);
        without.session = (without.who == "federated").then(|| vec![full(Kind::Identity)]);
        let before = without.decision();
        for limit in limit {
            let mut with = without.clone();
            limit(&mut with, of_caller.clone(), of_resource.clone());
            prop_assert!(before == "allowed" || with.decision() != "allowed");
        }
    }

    #[test]
    fn order_is_irrelevant(situation in situation()) {
        let mut turned = situation.clone();
        turned.identity.reverse();
        turned.service_control.reverse();
        turned.resource_control.reverse();
        turned.keys.reverse();
        turned.documents_mut().for_each(reverse_lists);
        prop_assert_eq!(situation.decision(), turned.decision());
    }

    #[test]
    fn the_case_of_keys_is_irrelevant(situation in situation(), upper in any::<bool>()) {
        let mut renamed = situation.clone();
        for key in &mut renamed.keys {
            key.name = if upper { key.name.to_uppercase() } else { key.name.to_lowercase() };
        }
        prop_assert_eq!(situation.decision(), renamed.decision());
    }

    #[test]
    fn nothing_ever_panics(
        situation in situation(),
        action in ".{0,12}",
        resource in ".{0,24}",
        value in any::<String>(),
    ) {
        let mut strange = situation;
        strange.action = Box::leak(action.into_boxed_str());
        strange.resource = Box::leak(resource.into_boxed_str());
        for key in &mut strange.keys {
            key.values[0].clone_from(&value);
        }
        prop_assert_eq!(strange.decision(), strange.reference());
    }

    #[test]
    fn parsing_never_panics(text in any::<String>(), cut in 0_usize..400, situation in situation()) {
        let kinds = [
            PolicyKind::Identity,
            PolicyKind::Managed,
            PolicyKind::Resource,
            PolicyKind::Session,
            PolicyKind::Trust,
        ];
        let document = json!({"Statement": situation.own}).to_string();
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

/// Laws of decisions that are all alike would say little.
#[test]
fn generated_decisions_vary() {
    let (mut runner, strategy) = (TestRunner::deterministic(), situation());
    let mut counts: BTreeMap<(bool, &str), BTreeMap<&str, u32>> = BTreeMap::new();
    for _ in 0..SAMPLES {
        let situation = strategy.new_tree(&mut runner).unwrap().current();
        let decisions = counts.entry((situation.is_trust, situation.who)).or_default();
        *decisions.entry(situation.decision()).or_default() += 1;
    }
    let total = |wanted: &str| -> u32 {
        counts.values().filter_map(|decisions| decisions.get(wanted)).sum()
    };
    for decision in DECISIONS {
        assert!(total(decision) * 100 >= SAMPLES * 15, "{decision} is rare: {counts:?}");
    }
    assert_eq!(counts.len(), 2 * 8, "every caller asks for things and for roles: {counts:?}");
    for (asker, decisions) in &counts {
        for decision in DECISIONS {
            assert!(decisions.contains_key(decision), "{asker:?} is never {decision}: {counts:?}");
        }
    }
}

const SAMPLES: u32 = 4000;
const DECISIONS: [&str; 3] = ["allowed", "explicitDeny", "implicitDeny"];

/// What a document's statements may hold, by those it has.
fn kind_of(document: &Value) -> Kind {
    let first = document["Statement"].get(0).unwrap_or(&document["Statement"]);
    let has =
        |element: &str| first.get(element).or_else(|| first.get(format!("Not{element}"))).is_some();
    match (has("Principal"), has("Resource")) {
        (false, _) => Kind::Identity,
        (true, true) => Kind::Resource,
        (true, false) => Kind::Trust,
    }
}

fn reverse_lists(value: &mut Value) {
    match value {
        Value::Array(values) => {
            values.reverse();
            values.iter_mut().for_each(reverse_lists);
        }
        Value::Object(members) => members.values_mut().for_each(reverse_lists),
        _ => {}
    }
}
