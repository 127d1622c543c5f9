//! Contract section 11: what EC2 answers.

use rolecall_sigv4::{BadEscape, Rejection};

use crate::support::{Endpoint, Sent};

fn answer(rejection: &Rejection) -> (u16, &'static str, String) {
    let error = rejection.ec2_error();
    assert!(error.extra.is_empty());
    (error.status, error.code, error.message)
}

#[test]
fn most_refusals_are_one_answer() {
    let access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    let endpoint = Endpoint::new("ec2");
    let mut signed = endpoint.sign(&Sent::new("GET", "/"));
    signed.append_query("x=1");
    for rejection in [
        endpoint.verify(&signed).unwrap_err(),
        Rejection::UnknownKey { access_key_id: access_key_id.clone() },
        Rejection::TokenMissing { access_key_id },
        Rejection::TokenInvalid,
        Rejection::TokenUnexpected,
        Rejection::HeadersNotSigned { names: vec!["host".into()] },
    ] {
        let text = "AWS was not able to validate the provided access credentials";
        assert_eq!(answer(&rejection), (401, "AuthFailure", text.to_owned()));
    }
}

#[test]
fn what_a_client_can_act_on_is_told() {
    let endpoint = Endpoint::new("ec2");
    let signed = endpoint.sign(&Sent::new("GET", "/"));
    let late = Endpoint { now: endpoint.now.plus_seconds(901), ..endpoint };
    for rejection in [Rejection::TokenExpired, late.verify(&signed).unwrap_err()] {
        let expected = (400, "RequestExpired", "Request has expired.".to_owned());
        assert_eq!(answer(&rejection), expected);
    }
    let text = "The request must contain the parameter AWSAccessKeyId".to_owned();
    let missing = Rejection::MissingAuthentication;
    assert_eq!(answer(&missing), (400, "MissingParameter", text));
    let (status, code, _) = answer(&Rejection::QueryMalformed(BadEscape::Incomplete));
    assert_eq!((status, code), (400, "MalformedQueryString"));
}
