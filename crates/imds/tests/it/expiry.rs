//! Credentials that have ended are never delivered, whoever forgot to renew them (rows 89 and 115).

use rolecall_identity::Timestamp;
use rolecall_imds::container::CREDENTIALS_LEFT_SECONDS_MIN;
use rolecall_imds::{ContainerRequest, Presented, Request, respond, respond_container};

use crate::world::{Counting, Variant, key_sets, ring};

#[test]
fn an_ended_document_is_a_failure() {
    let end = key_sets().expiration;
    let last = Timestamp::from_millis(end.millis() - 1);
    assert!(served(last).contains("\"Code\" : \"Success\""));
    let failed = served(end);
    assert!(failed.contains("\"Code\" : \"Failed\"") && !failed.contains("Secret"), "{failed}");
    assert_eq!(container(end), 503);
}

/// botocore raises an error for less than its mandatory refresh (section 2.5).
#[test]
fn containers_get_credentials_with_ten_minutes_left() {
    let last = key_sets().expiration.plus_seconds(-CREDENTIALS_LEFT_SECONDS_MIN);
    let late = Timestamp::from_millis(last.millis() + 1);
    assert_eq!((container(last), container(late)), (200, 503));
}

fn served(now: Timestamp) -> String {
    let (snapshot, ring) = (Variant::default().snapshot(), ring());
    let token = fresh_token(now);
    let request = Request {
        method: "GET",
        target: "/latest/meta-data/iam/security-credentials/role-x",
        token: Presented::Once(&token),
        ttl: Presented::Absent,
        forwarded: false,
        strict_ttl: false,
    };
    let answer = respond(now, &snapshot, &ring, &request, &mut Counting::default());
    answer.body.as_str().to_owned()
}

fn fresh_token(now: Timestamp) -> Vec<u8> {
    let request = Request {
        method: "PUT",
        target: "/latest/api/token",
        token: Presented::Absent,
        ttl: Presented::Once(b"60"),
        forwarded: false,
        strict_ttl: false,
    };
    let snapshot = Variant::default().snapshot();
    let answer = respond(now, &snapshot, &ring(), &request, &mut Counting::default());
    answer.body.as_str().as_bytes().to_vec()
}

fn container(now: Timestamp) -> u16 {
    let authorization = Presented::Once(b"wanted");
    let asked = ContainerRequest { target: "/v2/credentials/id", authorization };
    respond_container(now, &Variant::default().facts(), "id", "wanted", &asked).status
}
