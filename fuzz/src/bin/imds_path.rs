//! The path of a request: in any spelling the same, and never outside the tree.

#![no_main]

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_fuzz::{Counting, NOW, facts, keyring, snapshot};
use rolecall_identity::percent;
use rolecall_imds::container::TaskRole;
use rolecall_imds::{
    ContainerService, Presented, Request, Response, Snapshot, respond, respond_task_credentials,
};
use rolecall_token::Keyring;

static INSTANCE: LazyLock<Snapshot> = LazyLock::new(|| snapshot(&facts(false)));
static RING: LazyLock<Keyring> = LazyLock::new(keyring);
/// Every text that the tree holds.
static TEXTS: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(texts);

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(target) = std::str::from_utf8(bytes) else { return Corpus::Reject };
    let answer = ask(target);
    match answer.status {
        200 => assert!(TEXTS.contains(answer.body.as_bytes()), "not of the tree"),
        404 => assert_eq!(answer.body.as_bytes(), Response::not_found().body.as_bytes()),
        405 => assert!(answer.allow.is_some() && answer.body.as_bytes().is_empty()),
        status => panic!("{status}"),
    }
    if target.starts_with('/') {
        same(target, &answer, &format!("http://169.254.169.254{target}"));
        if !target.contains('?') {
            same(target, &answer, &format!("{target}?x=/../.."));
        }
        if let Some(spelled) = spelled(target) {
            same(target, &answer, &spelled);
        }
    }
    check_segments(target);
    Corpus::Keep
});

fn ask(target: &str) -> Response {
    let (token, ttl) = (Presented::Absent, Presented::Absent);
    let request =
        Request { method: "GET", target, token, ttl, forwarded: false, strict_ttl: false };
    respond(NOW, &INSTANCE, &RING, &request, &mut Counting::default())
}

fn same(target: &str, answer: &Response, spelled: &str) {
    let other = ask(spelled);
    assert_eq!(other.status, answer.status, "{spelled}");
    assert_eq!(other.body.as_bytes(), answer.body.as_bytes(), "{spelled}");
    assert_eq!(ContainerService::of(target), ContainerService::of(spelled), "{spelled}");
}

/// The same path with other slashes and escaped letters; how, follows from the letters.
fn spelled(target: &str) -> Option<String> {
    let (path, tail) = target.split_at(target.find('?').unwrap_or(target.len()));
    // What is escaped already cannot be escaped again.
    if path.contains('%') {
        return None;
    }
    let mut spelled = String::from("/");
    let mut choice = path.len();
    for c in path.chars().skip(1) {
        choice = choice.wrapping_mul(31).wrapping_add(c as usize);
        match (c, choice >> 3 & 7) {
            ('/', 0) => spelled.push_str("//"),
            ('/', 1) => spelled.push_str("/./"),
            ('/', 2) => spelled.push_str("/x/../"),
            ('/', 3) => spelled.push_str("%2f"),
            ('/', 4) => spelled.push_str("/%2E/"),
            ('/', 5) => spelled.push_str("/x/%2e./"),
            (c, 6 | 7) => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    spelled.push_str(&format!("%{byte:02x}"));
                }
            }
            (c, _) => spelled.push(c),
        }
    }
    Some(spelled + tail)
}

/// What a path is made into shows in the id that a container asks for: it has no segment to skip or
/// to climb, and is made into itself.
fn check_segments(target: &str) {
    let Some(id) = asked_id(&format!("/v2/credentials/{target}")) else { return };
    for segment in id.split('/') {
        assert!(!matches!(segment, "" | "." | ".."), "{id}");
    }
    let again = asked_id(&format!("/v2/credentials/{}", percent::encode(&id, b"/")));
    assert_eq!(again.as_deref(), Some(&*id));
}

fn asked_id(target: &str) -> Option<String> {
    let mut asked = None;
    let answer = respond_task_credentials(NOW, target, |id| {
        asked = Some(id.to_owned());
        TaskRole::Unknown
    });
    // Version 1 has its id in the query.
    asked.filter(|_| answer.body.as_str().contains("CredentialsV2Request"))
}

/// Reads all listings from the root on.
fn texts() -> HashSet<Vec<u8>> {
    let mut texts = HashSet::new();
    let mut seen = BTreeSet::new();
    let unlisted = "latest/meta-data/iam/security-credentials-extended";
    let mut paths = vec![String::new(), unlisted.to_owned(), format!("{unlisted}/role-x")];
    while let Some(path) = paths.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = ask(&format!("/{path}"));
        if answer.status != 200 {
            continue;
        }
        for line in answer.body.as_str().lines().filter(|line| !line.contains(' ')) {
            // `0=my-key` is a directory `0`.
            let name = line.split('=').next().unwrap_or_default().trim_end_matches('/');
            paths.push(format!("{path}/{name}").trim_start_matches('/').to_owned());
        }
        texts.insert(answer.body.as_bytes().to_vec());
    }
    let unlisted = "meta-data/iam/security-credentials-extended";
    for version in ask("/").body.as_str().lines() {
        for path in [format!("/{version}/{unlisted}"), format!("/{version}/{unlisted}/role-x")] {
            texts.insert(ask(&path).body.as_bytes().to_vec());
        }
    }
    assert!(texts.len() > 40, "the tree was read");
    texts
}
