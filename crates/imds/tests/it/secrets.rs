//! Nothing that can be logged holds a secret, and the two key sets stay apart.

use std::fmt::Debug;

use rolecall_imds::{ContainerRequest, Presented, Request, respond, respond_container};
use serde_json::Value;

use crate::world::{
    Counting, ISSUED, Reader, SECRET_V1, SECRET_V2, SESSION_V1, SESSION_V2, USER_DATA, Variant,
    key_sets, ring, snapshot, token,
};

#[test]
fn no_debug_prints_a_secret() {
    let facts = Variant::default().facts();
    hides(&facts);
    hides(&facts.iam);
    hides(&key_sets());
    hides(&snapshot(&facts));
    hides(&ring());
}

#[test]
fn no_debug_of_an_answer_prints_its_body() {
    let (snapshot, ring) = (Variant::default().snapshot(), ring());
    let token = token("i-0123456789abcdef0", 300);
    for (method, target) in [
        ("GET", "/latest/meta-data/iam/security-credentials/role-x"),
        ("GET", "/latest/user-data"),
        ("PUT", "/latest/api/token"),
    ] {
        let request = request(method, target, &token);
        let answer = respond(ISSUED, &snapshot, &ring, &request, &mut Counting::default());
        assert_eq!(answer.status, 200, "{method} {target}");
        hides(&answer);
        assert!(!format!("{answer:?}").contains(answer.body.as_str()), "{answer:?}");
    }
    let wanted = Presented::Once(b"wanted");
    let asked = ContainerRequest { target: "/v2/credentials/id", authorization: wanted };
    let answer = respond_container(ISSUED, &Variant::default().facts(), "id", "wanted", &asked);
    assert_eq!(answer.status, 200);
    hides(&answer);
}

/// As text or as a list of bytes.
#[test]
fn no_debug_of_a_request_prints_its_token() {
    let token = token("i-0123456789abcdef0", 300);
    let bytes = format!("{token:?}").trim_matches(['[', ']']).to_owned();
    let text = String::from_utf8(token.clone()).unwrap();
    let asked = ContainerRequest { target: "/", authorization: Presented::Once(&token) };
    for printed in [format!("{:?}", request("GET", "/", &token)), format!("{asked:?}")] {
        assert!(!printed.contains(&text) && !printed.contains(&bytes), "{printed}");
    }
}

/// Section 0, point 6: other keys, which end together.
#[test]
fn the_two_versions_deliver_different_keys_that_end_together() {
    let optional: Variant = serde_json::from_str(r#"{"tokens":"optional"}"#).unwrap();
    let reader = Reader::new(optional.snapshot());
    for directory in ["security-credentials", "security-credentials-extended"] {
        let target = format!("/latest/meta-data/iam/{directory}/role-x");
        let [v1, v2] = [reader.read_without_token(&target), reader.read(&target)]
            .map(|(_, text)| serde_json::from_str::<Value>(&text).unwrap());
        for key in ["AccessKeyId", "SecretAccessKey", "Token"] {
            assert_ne!(v1[key], v2[key], "{key}");
        }
        for key in ["Code", "LastUpdated", "Type", "Expiration", "AccountId"] {
            assert_eq!(v1[key], v2[key], "{key}");
        }
    }
}

fn request<'a>(method: &'a str, target: &'a str, token: &'a [u8]) -> Request<'a> {
    let (token, ttl) = (Presented::Once(token), Presented::Once(b"300"));
    Request { method, target, token, ttl, forwarded: false, strict_ttl: false }
}

fn hides(value: &impl Debug) {
    for printed in [format!("{value:?}"), format!("{value:#?}")] {
        for secret in [SECRET_V1, SECRET_V2, SESSION_V1, SESSION_V2, USER_DATA, "runcmd"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
