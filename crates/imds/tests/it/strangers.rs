//! Whatever a stranger sends: an answer of the table, and no secret without a right to it.

use proptest::prelude::*;
use rolecall_imds::{ContainerRequest, Presented, Request, Response, respond, respond_container};

use crate::crawl::variants;
use crate::world::{
    Counting, Endpoint, ISSUED, SECRET_V1, SECRET_V2, SESSION_V1, SESSION_V2, Tokens, Variant,
    ring, token,
};

#[derive(Debug, Clone)]
struct Sent {
    method: String,
    target: String,
    tokens: Vec<Vec<u8>>,
    ttls: Vec<Vec<u8>>,
    forwarded: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_request_has_an_answer_of_the_table(
        sent in sent(), variant in variant(), seconds in -30_000_i64..30_000,
    ) {
        let answer = ask(&sent, &variant, seconds);
        let good = is_good(&sent, seconds);
        let required = variant.tokens == Tokens::Required;
        let is_off = variant.endpoint == Endpoint::Disabled;
        prop_assert!(matches!(answer.status, 200 | 400 | 401 | 403 | 404 | 405));
        prop_assert_eq!(answer.allow.is_some(), answer.status == 405 || is_options(&sent, &answer));
        if is_off {
            prop_assert_eq!((answer.status, answer.body.as_str()), (403, ""));
        }
        if matches!(answer.status, 400 | 401 | 403 | 405) {
            prop_assert_eq!(answer.body.as_str(), "");
        }
        if answer.is_token {
            prop_assert!(sent.method == "PUT" && !sent.forwarded && sent.ttls.len() == 1);
        } else if answer.token_ttl_seconds.is_some() {
            prop_assert!(good, "what is left of a token that is none");
        }
        let let_in = good || (sent.tokens.is_empty() && !required);
        if answer.last_modified.is_some() || answer.status == 404 {
            prop_assert!(let_in && !is_off);
        }
        if holds(&answer, &[SECRET_V1, SESSION_V1]) {
            prop_assert!(sent.tokens.is_empty() && !required && !is_off);
        }
        if holds(&answer, &[SECRET_V2, SESSION_V2]) {
            prop_assert!(good && !is_off);
        }
    }

    /// Same request, same state, same time: same answer.
    #[test]
    fn an_answer_depends_on_its_arguments_alone(sent in sent(), variant in variant()) {
        let [one, other] = [ask(&sent, &variant, 0), ask(&sent, &variant, 0)];
        prop_assert_eq!(one.body.as_str(), other.body.as_str());
        prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    /// A HEAD tells the length that a GET sends.
    #[test]
    fn head_is_get_without_a_body(sent in sent(), variant in variant()) {
        let [get, head] = ["GET", "HEAD"].map(|method| {
            ask(&Sent { method: method.into(), ..sent.clone() }, &variant, 0)
        });
        prop_assert_eq!(get.status, head.status);
        prop_assert_eq!(get.body.as_str(), head.body.as_str());
        prop_assert!(head.head_only || head.body.as_str().is_empty());
        prop_assert!(!get.head_only);
    }

    #[test]
    fn a_changed_token_is_refused(position in 0_usize..56, byte in any::<u8>()) {
        let mut presented = good_token();
        prop_assume!(presented[position] != byte);
        presented[position] = byte;
        let sent = Sent {
            method: "GET".into(),
            target: "/latest/meta-data/instance-id".into(),
            tokens: vec![presented],
            ttls: vec![],
            forwarded: false,
        };
        prop_assert_eq!(ask(&sent, &Variant::default(), 0).status, 401);
    }

    #[test]
    fn a_container_gets_credentials_for_its_token_alone(
        target in prop_oneof![Just("/v2/credentials/id".to_owned()), targets()],
        authorization in headers(prop_oneof![Just(b"wanted".to_vec()), any::<Vec<u8>>()]),
        wanted in prop_oneof![Just("wanted"), Just("")],
        variant in variant(),
    ) {
        let presented = Presented::from_values(authorization.iter().map(Vec::as_slice));
        let request = ContainerRequest { target: &target, authorization: presented };
        let answer = respond_container(ISSUED, &variant.facts(), "id", wanted, &request);
        prop_assert!(matches!(answer.status, 200 | 400 | 401 | 404 | 503));
        prop_assert!(!holds(&answer, &[SECRET_V1, SESSION_V1]));
        if matches!(answer.status, 200 | 400 | 503) {
            prop_assert!(wanted == "wanted" && authorization == [b"wanted"]);
        }
        if answer.status != 200 {
            prop_assert!(!holds(&answer, &[SECRET_V2, SESSION_V2]));
        }
    }
}

fn ask(sent: &Sent, variant: &Variant, seconds: i64) -> Response {
    let request = Request {
        method: &sent.method,
        target: &sent.target,
        token: Presented::from_values(sent.tokens.iter().map(Vec::as_slice)),
        ttl: Presented::from_values(sent.ttls.iter().map(Vec::as_slice)),
        forwarded: sent.forwarded,
        strict_ttl: false,
    };
    let now = ISSUED.plus_seconds(seconds);
    respond(now, &variant.snapshot(), &ring(), &request, &mut Counting::default())
}

/// One token, ours, and in its time.
fn is_good(sent: &Sent, seconds: i64) -> bool {
    sent.tokens == [good_token()] && seconds < 21_600
}

fn is_options(sent: &Sent, answer: &Response) -> bool {
    sent.method == "OPTIONS" && answer.status == 200
}

fn holds(answer: &Response, secrets: &[&str]) -> bool {
    secrets.iter().any(|secret| answer.body.as_str().contains(secret))
}

fn good_token() -> Vec<u8> {
    token("i-0123456789abcdef0", 21_600)
}

fn sent() -> impl Strategy<Value = Sent> {
    let known = prop::sample::select(vec!["GET", "HEAD", "PUT", "OPTIONS", "POST", "DELETE"]);
    let method = prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,8}"];
    let token = prop_oneof![
        4 => Just(good_token()),
        1 => Just(token("i-0123456789abcdef1", 21_600)),
        1 => Just(vec![]),
        1 => prop::collection::vec(any::<u8>(), 56),
        1 => any::<Vec<u8>>(),
    ];
    let number = prop::sample::select(vec!["0", "1", "21600", "21601", "-1", " 5"]);
    let ttl = prop_oneof![number.prop_map(|n| n.as_bytes().to_vec()), any::<Vec<u8>>()];
    (method, targets(), headers(token), headers(ttl), any::<bool>()).prop_map(
        |(method, target, tokens, ttls, forwarded)| Sent {
            method,
            target,
            tokens,
            ttls,
            forwarded,
        },
    )
}

fn targets() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "/",
        "/latest/api/token",
        "/2021-03-23/api/token",
        "/latest/meta-data/iam/security-credentials/role-x",
        "/latest/meta-data/iam/security-credentials-extended/role-x",
        "/2012-01-12/meta-data/iam//security-credentials/./role-x/",
        "/latest/user-data",
        "/v2/credentials/",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => ".{0,64}"]
}

/// A header given no time, once or twice.
fn headers(value: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(value, 0..3)
}

/// Every variant, with tokens required and not, on and off.
fn variant() -> impl Strategy<Value = Variant> {
    let tokens = prop_oneof![Just(Tokens::Required), Just(Tokens::Optional)];
    let endpoint = prop_oneof![5 => Just(Endpoint::Enabled), 1 => Just(Endpoint::Disabled)];
    (prop::sample::select(variants()), tokens, endpoint)
        .prop_map(|(variant, tokens, endpoint)| Variant { tokens, endpoint, ..variant })
}
