use std::hint::black_box;

use rolecall_authority::{AccessRequest, Caller, Connection, fill_context, permit};
use rolecall_identity::Timestamp;
use rolecall_policy::{Named, Policy, PolicyKind, PolicySet, Request, RequestContext, evaluate};
use serde_json::Value;

use crate::many::{self, Others};
use crate::reference::{self, Documents, Key, Own, Question, Who};
use crate::typical;
use crate::{Session, Workload, forever};

/// One decision of the engine in many situations, and what it takes to compile a policy.
pub(crate) fn workloads() -> Vec<Workload> {
    let mut workloads = of_session();
    workloads.extend([usual(), usual_denied(), by_reference(), compiled()]);
    workloads.extend(many_statements());
    workloads
}

/// What the time of everything else is compared with.
fn decide_usual() -> impl FnMut() {
    let policies = forever(typical::policies());
    let identity: Vec<_> = policies.iter().map(|(name, policy)| Named { name, policy }).collect();
    let context = typical::context();
    move || assert!(typical::is_allowed(black_box(&identity), typical::OBJECT, &context))
}

fn usual() -> Workload {
    let context = typical::context();
    let by_hand = move || {
        assert!(typical::by_hand(black_box(typical::ACTION), typical::OBJECT, black_box(&context)));
    };
    Workload::new("usual request; floor: the rules as a function", decide_usual())
        .floor(by_hand)
        .at_most_nanoseconds(400.0)
        .without_allocations()
}

fn usual_denied() -> Workload {
    let policies = forever(typical::policies());
    let identity: Vec<_> = policies.iter().map(|(name, policy)| Named { name, policy }).collect();
    let mut context = typical::context();
    context.set("aws:SourceIp", "192.0.2.1");
    let denied =
        move || assert!(!typical::is_allowed(black_box(&identity), typical::OBJECT, &context));
    Workload::new("usual request, explicit deny", denied).without_allocations()
}

fn by_reference() -> Workload {
    let parse = |(_, text)| serde_json::from_str::<Value>(text).unwrap();
    let identity: Vec<Value> = typical::DOCUMENTS.into_iter().map(parse).collect();
    let key = |(name, value): (&str, &str)| Key {
        name: name.to_owned(),
        values: vec![value.to_owned()],
        multivalued: false,
    };
    let keys: Vec<Key> = typical::KEYS.into_iter().map(key).collect();
    let decide = move || {
        let account = "123456789012";
        let documents = Documents {
            identity: &identity,
            boundary: None,
            session: None,
            endpoint: None,
            service_control: &[],
            resource_control: &[],
            own: Own::Resource(None),
        };
        let question = Question {
            who: Who::Role { account, role: typical::ROLE, session: typical::SESSION },
            action: typical::ACTION,
            resource: typical::OBJECT,
            owner: Some(account),
            keys: &keys,
        };
        assert_eq!(reference::decide(black_box(&documents), &question), "allowed");
    };
    Workload::new("usual request, reference evaluator; floor: the engine", decide)
        .floor(decide_usual())
}

/// The floor reads the JSON and no more.
fn compiled() -> Workload {
    let text = forever(many::six_kilobytes());
    let parse = || drop(black_box(Policy::parse(PolicyKind::Managed, black_box(text)).unwrap()));
    Workload::new("compile a policy of 6 KB; floor: serde_json", parse)
        .floor(|| drop(black_box(serde_json::from_str::<Value>(black_box(text)).unwrap())))
        .at_most_nanoseconds(50_000.0)
}

/// How the time grows with statements that speak of something else. The floor is the usual request.
fn many_statements() -> Vec<Workload> {
    let of = |name, count, others| {
        let policies = forever(many::policies(count, others, typical::OBJECT));
        let identity: Vec<_> = policies.iter().map(|policy| Named { name: "p", policy }).collect();
        let context = typical::context();
        let decide =
            move || assert!(typical::is_allowed(black_box(&identity), typical::OBJECT, &context));
        Workload::new(name, decide).floor(decide_usual()).without_allocations()
    };
    vec![
        of("10 statements, 10 of the action", 10, Others::Services),
        of("100 statements, 10 of the action", 100, Others::Services),
        of("1 000 statements, 10 of the action", 1_000, Others::Services).at_most_floors(2.0),
        of("1 000 of one service, 10 of the action", 1_000, Others::SameService)
            .at_most_floors(2.0),
        of("10 000 statements, 10 of the action", 10_000, Others::Services),
        of("10 000 of one service, 10 of the action", 10_000, Others::SameService),
    ]
}

/// The session and the policies of the development world.
fn of_session() -> Vec<Workload> {
    let (session, state) = Session::new(Timestamp::from_seconds(1_795_341_600));
    let state = forever(state);
    let id = session.credentials.access_key_id;
    let caller = forever(Caller::of_session(state, id, session.claims.clone()).unwrap());
    let connection = forever(Connection {
        peer: "127.0.0.1".parse().unwrap(),
        network: None,
        secure: false,
        user_agent: Some("Boto3/1.42.0 md/Botocore#1.42.0".into()),
        referer: None,
        watch: None,
    });
    let role = state.account(caller.account()).unwrap().role("s3access").unwrap();
    let (name, policy) = role.policies.inline.iter().next().unwrap();
    let identity = forever([Named { name, policy }]);
    let mut context = RequestContext::default();
    fill_context(&mut context, caller, connection, "us-east-1", session.now);
    let context = forever(context);
    let question = move |action| Request {
        principal: caller.principal(),
        action,
        resource: OBJECT,
        resource_account: Some(caller.account()),
        context,
    };
    let decide = move |action| {
        let set = PolicySet { identity, ..PolicySet::default() };
        let request = question(action);
        black_box(evaluate(&set, black_box(&request))).is_allowed()
    };
    let now = session.now;
    let ask = move |action| {
        let request = AccessRequest {
            state,
            caller,
            connection,
            region: "us-east-1",
            now,
            action,
            resource: OBJECT,
            resource_account: Some(caller.account()),
            resource_policy: None,
            keys: &[],
        };
        black_box(permit(&request, ())).is_ok()
    };
    vec![
        Workload::new("evaluate, allowed", move || assert!(decide("s3:GetObject")))
            .without_allocations(),
        Workload::new("evaluate, denied", move || assert!(!decide("s3:PutObject")))
            .without_allocations(),
        Workload::new("permit, allowed", move || assert!(ask("s3:GetObject"))),
        Workload::new("permit, denied", move || assert!(!ask("s3:PutObject"))),
    ]
}

const OBJECT: &str = "arn:aws:s3:::examplebucket/hello.txt";
