use std::hint::black_box;

use rolecall_authority::{AccessRequest, Caller, Connection, fill_context, permit};
use rolecall_identity::Timestamp;
use rolecall_policy::{Named, PolicySet, Request, RequestContext, evaluate};

use crate::{Session, Workload, forever};

pub(crate) fn workloads() -> Vec<Workload> {
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
