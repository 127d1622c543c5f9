//! Requests to the S3 gateway before a real store, one after another: who may use one bucket learns
//! nothing of another and leaves it as it is, and who did not sign gets nothing at all.

#![no_main]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use libfuzzer_sys::{Corpus, fuzz_target};
use rolecall_authority::State;
use rolecall_fuzz::signed::{REGION, SIGNER};
use rolecall_fuzz::{Counting, NOW, TextRequest, connection, keyring, state};
use rolecall_gateway::{Arrival, Authenticator, Gateway, Store};
use rolecall_identity::RequestId;
use rolecall_sigv4::{Header, PayloadHash, Request, sign};
use rolecall_token::Keyring;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let requests: Option<Vec<_>> =
        split(bytes).take(REQUESTS_MAX).map(TextRequest::parse).collect();
    // An error may repeat what it was asked.
    let Some(requests) = requests.filter(|_| !holds(bytes, SECRET)) else { return Corpus::Reject };
    let place = Place::new();
    let before = files(place.folder.path());
    for request in &requests {
        let payload = PayloadHash::Sha256(Sha256::digest(request.body).into());
        let lines = lines(request, &payload);
        let refused = status(&place.ask(&written(request, &lines, None)));
        assert!((400..500).contains(&refused) || refused == 501, "nobody signed: {refused}");
        let Some(authorization) = signed(request, &lines, &payload) else { return Corpus::Reject };
        let answer = place.ask(&written(request, &lines, Some(&authorization)));
        assert!(status(&answer) != 500, "{}", String::from_utf8_lossy(&answer));
        assert!(!holds(&answer, SECRET), "{}", String::from_utf8_lossy(&answer));
        assert_eq!(others(&files(place.folder.path())), others(&before));
    }
    Corpus::Keep
});

/// Requests of one input, between lines of equals signs.
fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BETWEEN: &[u8] = b"\n====\n";
    let mut is_over = false;
    std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let end = bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        let (request, rest) = match end {
            Some(end) => (&bytes[..end], &bytes[end + BETWEEN.len()..]),
            None => (bytes, &b""[..]),
        };
        (bytes, is_over) = (rest, end.is_none());
        Some(request)
    })
}

const REQUESTS_MAX: usize = 4;
/// Stands in each object that is not ours, and in the name of one.
const SECRET: &str = "nobody-may-learn-this";

/// A gateway before a folder that two share.
struct Place {
    folder: tempfile::TempDir,
    gateway: Gateway,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir()).unwrap();
        let root = folder.path().join("store");
        for (path, bytes) in [
            ("store/mine/one.txt", "one"),
            ("store/mine/folder/two.txt", "two"),
            ("store/theirs/two.txt", SECRET),
            (&format!("store/theirs/{SECRET}.txt"), SECRET),
            ("outside.txt", SECRET),
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let gateway = Gateway::new(
            Store::open(&root).unwrap(),
            "123456789012".parse().unwrap(),
            Arc::new(Authenticator::default()),
            Arc::clone(&WORLD.keyring),
            Arc::new(drop),
        );
        Self { folder, gateway }
    }

    /// The bytes that a connection gets back for these.
    fn ask(&self, request: &[u8]) -> Vec<u8> {
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        let service = service_fn(|request| async {
            Ok::<_, Infallible>(self.gateway.handle(request, WORLD.arrival()).await)
        });
        let serving = http1::Builder::new().serve_connection(TokioIo::new(server), service);
        let asking = async {
            let mut answer = Vec::new();
            // A request may be refused before it is read.
            let _ = client.write_all(request).await;
            let _ = client.read_to_end(&mut answer).await;
            answer
        };
        RUNTIME.block_on(async { tokio::join!(serving, asking).1 })
    }
}

/// Where files cost no disk.
const MEMORY: &str = "/dev/shm";

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

struct World {
    keyring: Arc<Keyring>,
    state: Arc<State>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let keyring = keyring();
    let (id, secret) = (SIGNER.access_key_id.as_str(), SIGNER.secret_access_key.expose());
    let state = state(&keyring, &SEED.replace("$ID", id).replace("$SECRET", secret));
    World { keyring: Arc::new(keyring), state: Arc::new(state) }
});

impl World {
    fn arrival(&self) -> Arrival {
        Arrival {
            state: Arc::clone(&self.state),
            connection: connection(),
            now: NOW,
            behind_seconds: 0,
            request_id: RequestId::mint(&mut Counting::default()),
        }
    }
}

const SEED: &str = r#"
account = "123456789012"

[[user]]
name = "one"
access-key = [{ id = "$ID", secret = "$SECRET" }]

[[user.policy]]
name = "mine"
document = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::mine", "arn:aws:s3:::mine/*"]}}'
"#;

/// The headers that a client sets itself, and those of a connection.
const OWN: [&str; 9] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
    "upgrade",
    "x-amz-content-sha256",
    "x-amz-date",
];

/// Headers that proxies may change, so that no signer covers them.
const UNSIGNED: [&str; 2] = ["connection", "content-length"];

/// The headers of a request, without its signature.
fn lines(request: &TextRequest<'_>, payload: &PayloadHash) -> Vec<(String, String)> {
    let own = |name: &str| OWN.contains(&name);
    let given = request.headers.iter().filter(|(name, _)| !own(name));
    let given = given.map(|(name, value)| (name.clone(), (*value).to_owned()));
    let set = [
        ("connection", "close".to_owned()),
        ("content-length", request.body.len().to_string()),
        ("host", "s3.example".to_owned()),
        ("x-amz-content-sha256", payload.header_value()),
        ("x-amz-date", NOW.amz_date().to_string()),
    ];
    given.chain(set.map(|(name, value)| (name.to_owned(), value))).collect()
}

fn signed(
    request: &TextRequest<'_>,
    lines: &[(String, String)],
    payload: &PayloadHash,
) -> Option<String> {
    let covered = lines.iter().filter(|(name, _)| !UNSIGNED.contains(&name.as_str()));
    let headers: Vec<_> =
        covered.map(|(name, value)| Header { name, value: value.as_bytes() }).collect();
    let (path, query) = request.path_and_query();
    let (path, query) = (path.as_bytes(), query.as_bytes());
    let view = Request { method: request.method, path, query, headers: &headers };
    sign(&view, payload, &SIGNER, REGION, "s3", NOW).ok()
}

/// A request on the wire.
fn written(
    request: &TextRequest<'_>,
    lines: &[(String, String)],
    authorization: Option<&str>,
) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in lines {
        text += &format!("{name}: {value}\r\n");
    }
    if let Some(value) = authorization {
        text += &format!("authorization: {value}\r\n");
    }
    [text.as_bytes(), b"\r\n", request.body].concat()
}

fn status(answer: &[u8]) -> u16 {
    let digits = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).expect("an answer")
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Every file below a folder, with its bytes; folders have none.
fn files(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_owned();
            found.insert(name, fs::read(&path).ok());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// The files that must stay as they are.
fn others(files: &BTreeMap<PathBuf, Option<Vec<u8>>>) -> Vec<(&PathBuf, &Option<Vec<u8>>)> {
    files.iter().filter(|(path, _)| !is_ours(path)).collect()
}

/// Whether the bucket's owner may change a file: in it, or what the store keeps of it beside.
fn is_ours(path: &Path) -> bool {
    let Ok(name) = path.strip_prefix("store") else { return false };
    let beside = |name: &str| {
        name.starts_with(".upload")
            || name.starts_with(&format!(".bucket-{}.", URL_SAFE_NO_PAD.encode("mine")))
    };
    name.starts_with("mine") || name.to_str().is_some_and(beside)
}
