//! Contract section 6: every edge of time.

use rolecall_identity::Timestamp;

use crate::support::{Endpoint, NOW, Sent};

fn get() -> Sent {
    Sent::new("GET", "/bucket/key")
}

/// The endpoint as it stands `seconds` after the request was signed.
fn later(endpoint: &Endpoint, seconds: i64) -> Endpoint {
    Endpoint { now: endpoint.now.plus_seconds(seconds), ..endpoint.clone() }
}

#[test]
fn the_header_form_lives_fifteen_minutes_either_way() {
    for (service, code) in [("sts", "SignatureDoesNotMatch"), ("s3", "RequestTimeTooSkewed")] {
        let endpoint = Endpoint::new(service);
        let signed = endpoint.sign(&get());
        for seconds in [-900, -899, 0, 899, 900] {
            assert!(later(&endpoint, seconds).verify(&signed).is_ok(), "{service} {seconds}");
        }
        for seconds in [-901, 901, 86_400, -86_400] {
            assert_eq!(later(&endpoint, seconds).code(&signed), code, "{service} {seconds}");
        }
    }
}

#[test]
fn a_presigned_s3_url_lives_as_long_as_it_says() {
    let endpoint = Endpoint::new("s3");
    for lifetime in [0, 1, 60, 604_800] {
        let signed = endpoint.presign(&get(), lifetime);
        for seconds in [-900, -899, 0, lifetime] {
            assert!(later(&endpoint, seconds).verify(&signed).is_ok(), "{lifetime} {seconds}");
        }
        for seconds in [-901, lifetime + 1] {
            assert_eq!(later(&endpoint, seconds).code(&signed), "AccessDenied");
        }
    }
}

#[test]
fn a_presigned_sts_request_lives_fifteen_minutes_whatever_it_says() {
    let endpoint = Endpoint::new("sts");
    for lifetime in [0, 60, 604_801] {
        let signed = endpoint.presign(&Sent::new("GET", "/?Action=GetCallerIdentity"), lifetime);
        assert!(later(&endpoint, 900).verify(&signed).is_ok());
        assert_eq!(later(&endpoint, 901).code(&signed), "SignatureDoesNotMatch");
        assert_eq!(later(&endpoint, -901).code(&signed), "SignatureDoesNotMatch");
    }
}

#[test]
fn midnight_does_not_end_a_request() {
    let mut endpoint = Endpoint::new("s3");
    endpoint.now = Timestamp::parse_amz_date("20151231T235959Z").unwrap();
    for signed in endpoint.both(&get()) {
        assert!(later(&endpoint, 1).verify(&signed).is_ok());
        assert!(later(&endpoint, 600).verify(&signed).is_ok());
    }
}

#[test]
fn the_ends_of_the_calendar_do_not_overflow() {
    let mut endpoint = Endpoint::new("s3");
    endpoint.now = Timestamp::parse_amz_date("99991231T235959Z").unwrap();
    let signed = endpoint.presign(&get(), 604_800);
    assert!(later(&endpoint, 1).verify(&signed).is_ok());
    assert_eq!(Endpoint { now: NOW, ..endpoint.clone() }.code(&signed), "AccessDenied");
    endpoint.now = Timestamp::parse_amz_date("00000101T000000Z").unwrap();
    let signed = endpoint.presign(&get(), 604_800);
    assert_eq!(Endpoint { now: NOW, ..endpoint }.code(&signed), "AccessDenied");
}

#[test]
fn lifetimes_that_are_none_are_refused() {
    let endpoint = Endpoint::new("s3");
    for bad in ["-1", "604801", "1e99", "", "18446744073709551616", "+5", "5s"] {
        let mut signed = endpoint.presign(&get(), 77);
        signed.replace_query("X-Amz-Expires=77", &format!("X-Amz-Expires={bad}"));
        assert_eq!(endpoint.code(&signed), "AuthorizationQueryParametersError", "{bad}");
    }
    let mut signed = endpoint.presign(&get(), 77);
    signed.replace_query("&X-Amz-Expires=77", "");
    assert_eq!(endpoint.code(&signed), "AuthorizationQueryParametersError");
}
