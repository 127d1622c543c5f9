//! A whole request to the metadata service: known statuses, and nothing said to who may not hear.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::{Counting, NOW, SECRET_V1, SECRET_V2, TextRequest, facts, keyring, snapshot};
use rolecall_identity::InstanceId;
use rolecall_imds::{
    Bearing, ContentType, Presented, Request, Response, Snapshot, hardened_refuses, respond,
};
use rolecall_token::{Keyring, TokenTtl};

/// An instance that needs tokens, one that does not, and one whose service is off.
static INSTANCES: LazyLock<[Snapshot; 3]> = LazyLock::new(|| {
    let mut off = facts(false);
    off.settings.endpoint_enabled = false;
    [snapshot(&facts(true)), snapshot(&facts(false)), snapshot(&off)]
});
static RING: LazyLock<Keyring> = LazyLock::new(keyring);
static OWN: LazyLock<InstanceId> = LazyLock::new(|| "i-0123456789abcdef0".parse().unwrap());
static TOKEN: LazyLock<Vec<u8>> = LazyLock::new(|| token(&OWN));
static TOKEN_OF_ANOTHER: LazyLock<Vec<u8>> =
    LazyLock::new(|| token(&"i-0123456789abcdef1".parse().unwrap()));

const TOKEN_PATH: &str = "latest/api/token";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(text) = TextRequest::parse(bytes) else { return Corpus::Reject };
    let request = Request {
        method: text.method,
        target: text.target,
        token: known(text.presented("x-aws-ec2-metadata-token")),
        ttl: text.presented("x-aws-ec2-metadata-token-ttl-seconds"),
        forwarded: text.header("x-forwarded-for").is_some(),
        strict_ttl: false,
    };
    let [required, optional, off] = &*INSTANCES;
    check(&request, &ask(required, &request), true);
    check(&request, &ask(optional, &request), false);
    let silent = ask(off, &request);
    assert!(silent.status == 403 && silent.body.as_bytes().is_empty());
    let names: Vec<&str> = text.headers.iter().map(|(name, _)| name.as_str()).collect();
    let is_absolute = !text.target.starts_with('/');
    let bearing = Bearing { host: text.header("host"), is_absolute, headers: &names };
    let refused = hardened_refuses(&bearing, &[]);
    assert!(refused || !(is_absolute || names.contains(&"via")));
    Corpus::Keep
});

fn token(instance: &InstanceId) -> Vec<u8> {
    let ttl = TokenTtl::parse(b"21600").unwrap();
    let token = RING.seal_metadata(instance, ttl, NOW, &mut Counting::default());
    token.expose().as_bytes().to_vec()
}

/// The words that stand for tokens nobody can guess.
fn known(token: Presented<'_>) -> Presented<'_> {
    match token {
        Presented::Once(b"valid") => Presented::Once(&TOKEN),
        Presented::Once(b"other") => Presented::Once(&TOKEN_OF_ANOTHER),
        other => other,
    }
}

fn ask(snapshot: &Snapshot, request: &Request<'_>) -> Response {
    respond(NOW, snapshot, &RING, request, &mut Counting::default())
}

fn check(request: &Request<'_>, answer: &Response, required: bool) {
    let (status, body) = (answer.status, answer.body.as_bytes());
    assert!([200, 400, 401, 403, 404, 405].contains(&status), "{status}");
    let read = matches!(request.method, "GET" | "HEAD");
    let opens = matches!(request.token, Presented::Once(token) if token == &**TOKEN);
    if read && !opens && (required || request.token != Presented::Absent) {
        assert_eq!(status, 401, "without a good token");
    }
    match status {
        200 => {}
        404 => {
            let page = Response::not_found();
            assert!(body == page.body.as_bytes() && answer.content_type == ContentType::Html);
            assert!(answer.last_modified.is_none() && answer.allow.is_none());
        }
        _ => assert!(body.is_empty() && answer.last_modified.is_none()),
    }
    if !body.is_empty() {
        let text = answer.body.as_str();
        assert!(read || answer.is_token, "only reads and tokens have a body");
        assert!(opens || answer.is_token || !text.contains(SECRET_V2), "the keys of IMDSv2");
        assert!(!opens || !text.contains(SECRET_V1), "the keys of IMDSv1");
    }
    let printed = format!("{answer:?}");
    assert!(![SECRET_V1, SECRET_V2].iter().any(|secret| printed.contains(secret)));
    check_token(request, answer);
    check_head(request, answer, required);
}

/// A token is given to a plain `PUT` alone, and lives as long as was asked for.
fn check_token(request: &Request<'_>, answer: &Response) {
    if !answer.is_token {
        return;
    }
    assert!(request.method == "PUT" && !request.forwarded && request.target.contains("token"));
    let Presented::Once(ttl) = request.ttl else { panic!("no lifetime") };
    let seconds = TokenTtl::parse(ttl).unwrap().seconds();
    assert_eq!(answer.token_ttl_seconds, Some(seconds));
    let left = RING.open_metadata(answer.body.as_bytes(), &OWN, NOW);
    assert_eq!(left, Some(seconds).filter(|&seconds| seconds > 0));
}

/// `HEAD` is `GET` of which the body is not sent.
fn check_head(request: &Request<'_>, answer: &Response, required: bool) {
    if request.method != "HEAD" {
        assert!(!answer.head_only);
        return;
    }
    let [instance, ..] = &INSTANCES[usize::from(!required)..] else { return };
    let get = ask(instance, &Request { method: "GET", ..*request });
    assert!(answer.head_only || answer.status == 401);
    assert_eq!((get.status, get.content_type), (answer.status, answer.content_type));
    assert_eq!(get.body.as_bytes(), answer.body.as_bytes());
    assert_eq!(
        (get.token_ttl_seconds, get.last_modified, get.allow),
        (answer.token_ttl_seconds, answer.last_modified, answer.allow)
    );
    assert!(request.target.contains(TOKEN_PATH) || answer.status != 405 || answer.allow.is_some());
}
