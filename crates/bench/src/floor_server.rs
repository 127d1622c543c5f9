//! The least that a server of the same HTTP library, with the same settings, can do.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rolecall_bench::Session;
use rolecall_identity::{Clock as _, SecretAccessKey};
use rolecall_server::{OsEntropy, SystemClock};
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rules, Scratch, SigningKey, verify,
};
use rolecall_testkit::Reply;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

/// Starts this program as a floor.
pub(crate) const SUBCOMMAND: &str = "floor-server";

/// What a floor does before it answers.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Nothing.
    Nothing,
    /// Verifies the signature, the key cached.
    Verify,
    /// Verifies the signature and seals a session token.
    VerifyAndSeal,
}

/// What a floor answers.
#[derive(Serialize, Deserialize)]
struct Plan {
    work: Work,
    /// The secret that requests are signed with.
    secret: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A floor in a process of its own.
pub(crate) struct FloorServer {
    child: Child,
    address: String,
}

impl FloorServer {
    /// A server that answers what ours answered.
    pub(crate) fn start(work: Work, secret: &str, answer: &Reply) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(SUBCOMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (secret, headers) = (secret.to_owned(), answer.headers.clone());
        let plan = Plan { work, secret, headers, body: answer.body.clone() };
        serde_json::to_writer(child.stdin.take().unwrap(), &plan).unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { child, address: address.trim_end().to_owned() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for FloorServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the plan on stdin until it is killed.
pub(crate) fn run() {
    let plan: Plan = serde_json::from_reader(std::io::stdin()).unwrap();
    let floor = Arc::new(Floor::new(plan));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        std::io::stdout().flush().unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let floor = Arc::clone(&floor);
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let floor = Arc::clone(&floor);
                    async move { Ok::<_, Infallible>(floor.answer(request).await) }
                });
                // The settings of crates/server/src/listen.rs, with the timer the library has.
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(Duration::from_secs(5))
                    .max_buf_size(64 * 1024)
                    .title_case_headers(true)
                    .writev(false)
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
}

struct Floor {
    work: Work,
    key: SigningKey,
    session: Session,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

thread_local! {
    static SCRATCH: RefCell<(Scratch, DecodeBuffer)> = RefCell::default();
}

impl Floor {
    fn new(plan: Plan) -> Self {
        let now = SystemClock.now();
        let date = now.scope_date().to_string();
        let scope =
            rolecall_sigv4::CredentialScope { date: &date, region: "us-east-1", service: "sts" };
        let headers = plan.headers.iter().map(|(name, value)| {
            (name.to_lowercase().parse().unwrap(), HeaderValue::from_str(value).unwrap())
        });
        Self {
            work: plan.work,
            key: SigningKey::derive(&SecretAccessKey::new(plan.secret), &scope),
            session: Session::new(now).0,
            headers: headers.collect(),
            body: plan.body.into(),
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if self.work != Work::Nothing {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            self.verify(&head, &body);
        }
        if self.work == Work::VerifyAndSeal {
            let Session { keyring, claims, credentials, .. } = &self.session;
            let id = credentials.access_key_id;
            let sealed = keyring.seal_session(id, claims, 0, &mut OsEntropy).unwrap();
            std::hint::black_box(sealed);
        }
        let mut response = Response::new(Full::new(self.body.clone()));
        let headers = response.headers_mut();
        headers.reserve(self.headers.len());
        headers.extend(self.headers.iter().cloned());
        response
    }

    fn verify(&self, head: &http::request::Parts, body: &[u8]) {
        let headers: Vec<Header<'_>> = head
            .headers
            .iter()
            .map(|(name, value)| Header { name: name.as_str(), value: value.as_bytes() })
            .collect();
        let request = rolecall_sigv4::Request {
            method: head.method.as_str(),
            path: head.uri.path().as_bytes(),
            query: b"",
            headers: &headers,
        };
        SCRATCH.with_borrow_mut(|(scratch, decoded)| {
            let presented = PresentedAuth::parse(&request, decoded).unwrap();
            let rules = Rules::new(Dialect::Query, "sts");
            let checked = presented.check(&rules, SystemClock.now()).unwrap();
            let payload = PayloadHash::of_body(&request, body).unwrap();
            std::hint::black_box(verify(&checked, payload, &self.key, scratch, ()).unwrap());
        });
    }
}
