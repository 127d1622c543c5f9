//! EKS Pod Identity beyond the table: times to the second, key sets, session tags, and forgeries.

use proptest::prelude::*;
use rolecall_identity::Timestamp;
use rolecall_imds::Presented;
use rolecall_imds::container::pod_identity::{
    CLOCK_SKEW_SECONDS_MAX, ClaimError, Cluster, JWKS_BYTES_MAX, JWKS_KEYS_MAX, Jwks, JwksError,
    Malformed, PodIdentityRequest, PodIdentitySettings, Refusal, ServiceAccount, TOKEN_BYTES_MAX,
    authenticate, session_name, session_tags,
};
use serde_json::{Value, json};

use crate::jwt::{
    LIFETIME, claims, ec_jwk, es256, jwks, parts, rs256, rsa_jwk, settings, signed, with, without,
};
use crate::world::ISSUED;

#[test]
fn a_token_names_account_pod_and_node() {
    for token in [rs256(&claims()), es256(&claims())] {
        let account = ask(ISSUED, &token).unwrap();
        assert_eq!((account.namespace(), account.name()), ("default", "my-account"));
        assert_eq!(account.uid(), "77777777-2222-4333-8444-555555555555");
        assert_eq!(account.pod(), "my-pod-7d4b9c6f5-x2x9k");
        assert_eq!(account.pod_uid(), "99999999-2222-4333-8444-555555555555");
        assert_eq!(account.node(), Some("ip-10-0-0-10.ec2.internal"));
        assert_eq!(account.node_uid(), Some("11111111-2222-4333-8444-555555555555"));
        assert_eq!(account.not_after(), ISSUED.plus_seconds(LIFETIME));
    }
}

/// Kubernetes before 1.30 does not name the node; `aud` may be one text; RFC 7519 asks for no `nbf`
/// and no `iat`.
#[test]
fn what_may_be_absent_is_not_missed() {
    let good = [
        with("/kubernetes.io/node", Value::Null),
        with("/aud", json!("pods.eks.amazonaws.com")),
        with("/aud", json!(["sts.amazonaws.com", "pods.eks.amazonaws.com"])),
        without("nbf"),
        without("iat"),
    ];
    for claims in good {
        assert!(ask(ISSUED, &rs256(&claims)).is_ok(), "{claims}");
    }
}

#[test]
fn times_count_to_the_second() {
    let token = rs256(&claims());
    let end = ISSUED.plus_seconds(LIFETIME);
    assert!(ask(Timestamp::from_millis(end.millis() - 1), &token).is_ok());
    assert_eq!(ask(end, &token).unwrap_err(), ClaimError::Expired.into());
    for (claim, error) in [("/nbf", ClaimError::NotYet), ("/iat", ClaimError::Issued)] {
        let ahead = |seconds| rs256(&with(claim, json!(ISSUED.seconds() + seconds)));
        assert!(ask(ISSUED, &ahead(CLOCK_SKEW_SECONDS_MAX)).is_ok());
        let late = ask(ISSUED, &ahead(CLOCK_SKEW_SECONDS_MAX + 1));
        assert_eq!(late.unwrap_err(), error.into());
    }
    for exp in [i64::MIN, -1, 0] {
        let refused = ask(ISSUED, &rs256(&with("/exp", json!(exp))));
        assert_eq!(refused.unwrap_err(), ClaimError::Expired.into());
    }
    assert!(ask(ISSUED, &rs256(&with("/exp", json!(i64::MAX)))).is_ok());
}

#[test]
fn claims_of_another_form_are_refused() {
    for (pointer, value) in [
        ("/exp", json!("tomorrow")),
        ("/exp", json!(1.5)),
        ("/aud", json!(7)),
        ("/sub", json!([])),
        ("/kubernetes.io", json!("x")),
        ("/kubernetes.io/pod/uid", Value::Null),
    ] {
        let refused = ask(ISSUED, &rs256(&with(pointer, value.clone())));
        assert_eq!(refused.unwrap_err(), Malformed::Part("claims").into(), "{pointer} {value}");
    }
}

/// Names go into session tags and session names: they are names of Kubernetes, or nothing.
#[test]
fn names_that_kubernetes_does_not_give_are_refused() {
    for (pointer, name) in [
        ("/kubernetes.io/pod/name", String::new()),
        ("/kubernetes.io/pod/name", "a b".into()),
        ("/kubernetes.io/pod/name", "p".repeat(254)),
        ("/kubernetes.io/pod/uid", "u".repeat(65)),
        ("/kubernetes.io/node/name", "a/b".into()),
        ("/kubernetes.io/namespace", "a.b".into()),
    ] {
        let refused = ask(ISSUED, &rs256(&with(pointer, json!(name))));
        assert_eq!(refused.unwrap_err(), ClaimError::NotBound.into(), "{pointer} {name}");
    }
    assert!(ask(ISSUED, &rs256(&with("/kubernetes.io/pod/name", json!("p".repeat(253))))).is_ok());
}

/// A colon in a name must not make another subject.
#[test]
fn the_subject_is_that_of_the_bound_account() {
    let mut claims = with("/sub", json!("system:serviceaccount:default:a:b"));
    claims["kubernetes.io"]["serviceaccount"]["name"] = json!("a:b");
    assert_eq!(ask(ISSUED, &rs256(&claims)).unwrap_err(), ClaimError::NotBound.into());
    let user = with("/sub", json!("system:admin"));
    assert_eq!(ask(ISSUED, &rs256(&user)).unwrap_err(), ClaimError::Subject.into());
}

#[test]
fn nothing_is_believed_without_issuer() {
    let unset = PodIdentitySettings { issuer: String::new(), ..settings() };
    for claims in [with("/iss", json!("")), without("iss"), claims()] {
        let refused = authenticate(ISSUED, &unset, &request(&rs256(&claims)));
        assert_eq!(refused.unwrap_err(), ClaimError::Issuer.into());
    }
}

#[test]
fn a_token_has_a_longest_form() {
    let length = |padding: usize| {
        let header = json!({"alg": "RS256", "kid": "rsa-9", "pad": "x".repeat(padding)});
        signed(&header, &claims(), |_| vec![0; 256])
    };
    let mut padding = 4000;
    while length(padding).len() < TOKEN_BYTES_MAX - 1 {
        padding += 1;
    }
    let (longest, longer) = (length(padding), length(padding + 2));
    assert!(longest.len() <= TOKEN_BYTES_MAX && longer.len() > TOKEN_BYTES_MAX);
    assert_eq!(ask(ISSUED, &longest).unwrap_err(), Malformed::UnknownKey.into());
    assert_eq!(ask(ISSUED, &longer).unwrap_err(), Malformed::TooLong.into());
}

/// The last character of a signature has bits of no meaning: only the form with zeros is read.
#[test]
fn a_signature_has_one_form() {
    let token = es256(&claims());
    let [header, body, signature] = parts(&token);
    for other in [format!("{signature}="), format!("{signature}A"), signature[..85].to_owned()] {
        let forged = [header.as_str(), &body, &other].join(".");
        assert_eq!(ask(ISSUED, &forged).unwrap_err(), Malformed::Signature.into(), "{other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any single changed character is refused.
    #[test]
    fn a_changed_token_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.-]") {
        let token = es256(&claims());
        let at = at.index(token.len());
        let changed = [&token[..at], &to, &token[at + 1..]].concat();
        prop_assume!(changed != token);
        prop_assert!(ask(ISSUED, &changed).is_err());
    }

    #[test]
    fn any_text_has_an_answer(token in ".{0,200}", host in ".{0,40}", target in ".{0,40}") {
        let request = PodIdentityRequest {
            method: "GET",
            target: &target,
            host: Presented::Once(host.as_bytes()),
            authorization: Presented::Once(token.as_bytes()),
        };
        let refused = authenticate(ISSUED, &settings(), &request).unwrap_err().response();
        prop_assert!([400, 403, 404].contains(&refused.status));
    }
}

#[test]
fn key_sets_are_read_or_refused() {
    let parse = |keys: Value| Jwks::parse(&json!({"keys": keys}).to_string());
    assert!(parse(json!([rsa_jwk(), ec_jwk()])).is_ok());
    let changed = |mut key: Value, member: &str, value: Value| {
        key[member] = value;
        key
    };
    // Passed over: another use, another algorithm, another curve, no id.
    for key in [
        changed(rsa_jwk(), "use", json!("enc")),
        changed(rsa_jwk(), "alg", json!("RS512")),
        changed(rsa_jwk(), "kid", Value::Null),
        changed(ec_jwk(), "crv", json!("P-384")),
        json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}),
    ] {
        assert_eq!(parse(json!([key])).unwrap_err(), JwksError::NoKeys, "{key}");
    }
    // Refused: not a key, too small, not on the curve.
    for key in [
        changed(rsa_jwk(), "n", json!("AQAB")),
        changed(rsa_jwk(), "n", Value::Null),
        changed(rsa_jwk(), "n", json!("+/")),
        changed(rsa_jwk(), "n", json!("A".repeat(684))),
        changed(rsa_jwk(), "e", json!("Ag")),
        changed(rsa_jwk(), "e", json!("AQ")),
        changed(ec_jwk(), "x", json!("AAAA")),
        changed(ec_jwk(), "x", ec_jwk()["y"].clone()),
    ] {
        let error = parse(json!([key])).unwrap_err();
        assert!(matches!(error, JwksError::BadKey { .. }), "{key}: {error}");
    }
    let twice = parse(json!([rsa_jwk(), rsa_jwk()])).unwrap_err();
    assert_eq!(twice, JwksError::Duplicate("rsa-1".into()));
    assert!(matches!(Jwks::parse("{}").unwrap_err(), JwksError::Form(_)));
}

#[test]
fn an_rsa_key_has_2048_bits_at_least() {
    use base64::Engine as _;
    use rsa::traits::PublicKeyParts as _;

    let modulus = crate::jwt::rsa_key(1024).n().to_be_bytes();
    let mut key = rsa_jwk();
    key["n"] = json!(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(modulus));
    let error = Jwks::parse(&json!({"keys": [key]}).to_string()).unwrap_err();
    assert!(error.to_string().contains("2048 to 4096 bits"), "{error}");
}

#[test]
fn key_sets_have_limits() {
    let key = |number: usize| {
        let mut key = ec_jwk();
        key["kid"] = json!(number.to_string());
        key
    };
    let set = |count: usize| json!({"keys": (0..count).map(key).collect::<Vec<_>>()}).to_string();
    assert!(Jwks::parse(&set(JWKS_KEYS_MAX)).is_ok());
    assert_eq!(Jwks::parse(&set(JWKS_KEYS_MAX + 1)).unwrap_err(), JwksError::TooLarge);
    let text = jwks().to_string();
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(Jwks::parse(&padded(JWKS_BYTES_MAX)).is_ok());
    assert_eq!(Jwks::parse(&padded(JWKS_BYTES_MAX + 1)).unwrap_err(), JwksError::TooLarge);
}

#[test]
fn a_session_carries_the_tags_of_its_pod() {
    let account = ask(ISSUED, &rs256(&claims())).unwrap();
    let tags = session_tags(&cluster(), &account);
    assert!(tags.iter().all(|tag| tag.transitive));
    let tags: Vec<_> = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(
        tags,
        [
            ("eks-cluster-arn", "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster-of-tests"),
            ("eks-cluster-name", "my-cluster-of-tests"),
            ("kubernetes-namespace", "default"),
            ("kubernetes-service-account", "my-account"),
            ("kubernetes-pod-name", "my-pod-7d4b9c6f5-x2x9k"),
            ("kubernetes-pod-uid", "99999999-2222-4333-8444-555555555555"),
        ]
    );
    let name = session_name(&cluster(), &account);
    assert_eq!(name, "eks-my-cluster--my-pod-7d4b-99999999-2222-4333-8444-555555555555");
    assert!(name.len() <= 64);
}

#[test]
fn a_cluster_has_the_arn_of_one() {
    assert_eq!(cluster().name(), "my-cluster-of-tests");
    for arn in [
        "arn:aws:eks:us-east-1:123456789012:cluster/",
        "arn:aws:eks:us-east-1:123456789012:cluster/a/b",
        "arn:aws:eks:us-east-1:123456789012:nodegroup/a",
        "arn:aws:ecs:us-east-1:123456789012:cluster/a",
    ] {
        assert!(Cluster::try_new(arn.parse().unwrap()).is_err(), "{arn}");
    }
}

#[test]
fn a_service_account_has_one_role() {
    let mut all = crate::jwt::associations();
    let role: rolecall_identity::Arn = "arn:aws:iam::123456789012:role/other".parse().unwrap();
    assert!(all.insert("default", "my-account", role.clone()).is_err());
    assert!(all.insert("other", "my-account", role).is_ok());
    let account = ask(ISSUED, &rs256(&claims())).unwrap();
    assert_eq!(all.role_of(&account).unwrap().resource(), "role/role-x");
}

fn cluster() -> Cluster {
    let arn = "arn:aws:eks:us-east-1:123456789012:cluster/my-cluster-of-tests";
    Cluster::try_new(arn.parse().unwrap()).unwrap()
}

fn ask(now: Timestamp, token: &str) -> Result<ServiceAccount, Refusal> {
    authenticate(now, &settings(), &request(token))
}

fn request(token: &str) -> PodIdentityRequest<'_> {
    PodIdentityRequest {
        method: "GET",
        target: "/v1/credentials",
        host: Presented::Once(b"169.254.170.23"),
        authorization: Presented::Once(token.as_bytes()),
    }
}
