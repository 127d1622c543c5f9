use bytes::Bytes;
use rolecall_identity::{Entropy, Timestamp};
use rolecall_token::{Keyring, TokenTtl};

use crate::document::failure;
use crate::path::normalise;
use crate::request::{Presented, Request};
use crate::response::{ContentType, Response};
use crate::snapshot::{Snapshot, versions};
use crate::tree::Found;
use crate::version::Version;

/// Answers one request to the metadata service of the snapshot's instance.
///
/// Source: the behaviour table of contract/imds.md section 4.
pub fn respond(
    now: Timestamp,
    snapshot: &Snapshot,
    keyring: &Keyring,
    request: &Request<'_>,
    entropy: &mut dyn Entropy,
) -> Response {
    if !snapshot.settings.endpoint_enabled {
        return Response::empty(403);
    }
    let path = normalise(request.target);
    let is_token_path = path.as_deref() == Some(TOKEN_PATH);
    match request.method {
        "PUT" if is_token_path => return put_token(now, snapshot, keyring, request, entropy),
        "OPTIONS" if is_token_path => return allowing(200, "OPTIONS, PUT"),
        _ => {}
    }
    let Some(access) = authenticate(now, snapshot, keyring, request) else {
        return Response::empty(401);
    };
    let response = match (request.method, path) {
        ("GET" | "HEAD", _) if is_token_path => allowing(405, "OPTIONS, PUT"),
        ("GET" | "HEAD", Some(path)) => read(now, snapshot, &path, access),
        ("GET" | "HEAD", None) => Response::not_found(),
        ("OPTIONS", _) => allowing(200, "OPTIONS, GET, HEAD"),
        _ => Response::empty(403),
    };
    Response {
        token_ttl_seconds: access.token_ttl_seconds,
        head_only: request.method == "HEAD",
        ..response
    }
}

/// How a read was let in.
#[derive(Clone, Copy)]
struct Access {
    /// What is left of the token; `None` without one: IMDSv1.
    token_ttl_seconds: Option<u32>,
}

/// A token that is there must be good, even where none is needed.
fn authenticate(
    now: Timestamp,
    snapshot: &Snapshot,
    keyring: &Keyring,
    request: &Request<'_>,
) -> Option<Access> {
    match request.token {
        Presented::Absent if snapshot.settings.tokens_required => None,
        Presented::Absent => Some(Access { token_ttl_seconds: None }),
        Presented::Many => None,
        Presented::Once(token) => {
            let left = keyring.open_metadata(token, &snapshot.instance_id, now)?;
            Some(Access { token_ttl_seconds: Some(left) })
        }
    }
}

fn put_token(
    now: Timestamp,
    snapshot: &Snapshot,
    keyring: &Keyring,
    request: &Request<'_>,
    entropy: &mut dyn Entropy,
) -> Response {
    if request.forwarded {
        return Response::empty(403);
    }
    let Presented::Once(text) = request.ttl else { return Response::empty(400) };
    let ttl = TokenTtl::parse(text).filter(|ttl| ttl.seconds() > 0 || !request.strict_ttl);
    let Some(ttl) = ttl else { return Response::empty(400) };
    let token = keyring.seal_metadata(&snapshot.instance_id, ttl, now, entropy);
    Response {
        token_ttl_seconds: Some(ttl.seconds()),
        is_token: true,
        ..Response::with_body(200, ContentType::Text, token.expose().to_owned())
    }
}

fn read(now: Timestamp, snapshot: &Snapshot, path: &str, access: Access) -> Response {
    let found =
        Version::of_path(path).and_then(|(version, path)| snapshot.tree.find(version, path));
    let answer = |content_type, body: Bytes| Response::with_body(200, content_type, body);
    let response = match found {
        None if path.is_empty() => answer(ContentType::Text, versions().into()),
        None => return Response::not_found(),
        Some(Found::Listing(text)) => answer(ContentType::Text, text),
        Some(Found::Leaf(leaf)) if leaf.ends.is_some_and(|end| now >= end) => {
            answer(ContentType::Text, failure("Failed", ENDED, now).into())
        }
        Some(Found::Leaf(leaf)) => {
            let v1 = leaf.without_token.as_ref().filter(|_| access.token_ttl_seconds.is_none());
            answer(leaf.content_type, v1.unwrap_or(&leaf.text).clone())
        }
        Some(Found::Proof(proof)) => match snapshot.proof(proof) {
            Some(text) => answer(ContentType::Text, text),
            None => return Response::empty(500),
        },
    };
    Response { last_modified: Some(snapshot.rendered), ..response }
}

fn allowing(status: u16, methods: &'static str) -> Response {
    Response { allow: Some(methods), ..Response::empty(status) }
}

/// Never an expired document: most SDKs would take it for a good one (contract/imds.md 2.2).
const ENDED: &str = "The credentials have ended and there are no new ones yet";
const TOKEN_PATH: &str = "latest/api/token";
