use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use constant_time_eq::constant_time_eq;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rolecall_identity::{Clock, Credentials, SessionToken, Timestamp};
use serde_json::json;
use tokio::net::TcpListener;

use crate::chain::Found;
use crate::error::ChainError;

/// A container credential endpoint for one command, on loopback and behind a token.
///
/// It asks the chain again when what it holds has less than ten minutes left.
pub struct CredentialEndpoint {
    url: String,
    token: SessionToken,
}

/// The endpoint does not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on loopback for the command's credentials")]
pub struct EndpointError(#[source] std::io::Error);

/// Finds fresh credentials.
type Find = Box<dyn Fn() -> Result<Found, ChainError> + Send + Sync>;

struct Served {
    token: SessionToken,
    clock: Arc<dyn Clock>,
    find: Find,
    held: Mutex<Option<Credentials>>,
}

/// Credentials with less left are asked for anew: SDKs refresh ten minutes before the end.
const FRESH_SECONDS: i64 = 600;

impl CredentialEndpoint {
    /// Listens, and answers until the runtime ends.
    pub async fn start(
        token: SessionToken,
        clock: Arc<dyn Clock>,
        find: Find,
    ) -> Result<Self, EndpointError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(address).await.map_err(EndpointError)?;
        let address = listener.local_addr().map_err(EndpointError)?;
        let held = Mutex::default();
        let served = Arc::new(Served { token: token.clone(), clock, find, held });
        tokio::spawn(accept(listener, served));
        Ok(Self { url: format!("http://{address}/credentials"), token })
    }

    /// What `AWS_CONTAINER_CREDENTIALS_FULL_URI` must hold.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What `AWS_CONTAINER_AUTHORIZATION_TOKEN` must hold.
    pub const fn token(&self) -> &SessionToken {
        &self.token
    }
}

async fn accept(listener: TcpListener, served: Arc<Served>) {
    while let Ok((stream, _)) = listener.accept().await {
        let served = Arc::clone(&served);
        let service = service_fn(move |request| {
            let served = Arc::clone(&served);
            async move { Ok::<_, Infallible>(served.answer(&request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

impl Served {
    async fn answer(self: &Arc<Self>, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let presented = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        let token = self.token.expose().as_bytes();
        let known = presented.is_some_and(|presented| constant_time_eq(presented, token));
        if !known || request.uri().path() != "/credentials" {
            return answer(
                StatusCode::UNAUTHORIZED,
                &json!({"code": "AccessDenied", "message": "wrong token"}),
            );
        }
        let this = Arc::clone(self);
        match tokio::task::spawn_blocking(move || this.fresh()).await {
            Ok(Ok(credentials)) => {
                answer(StatusCode::OK, &document(&credentials, self.clock.now()))
            }
            Ok(Err(error)) => {
                let message = error.to_string();
                let code = "CredentialsUnavailable";
                answer(StatusCode::BAD_GATEWAY, &json!({"code": code, "message": message}))
            }
            Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"code": "Stopped"})),
        }
    }

    fn fresh(&self) -> Result<Credentials, ChainError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let fresh = |credentials: &&Credentials| {
            credentials.expiration.is_none_or(|end| end.seconds_since(now) > FRESH_SECONDS)
        };
        if let Some(credentials) = held.as_ref().filter(fresh) {
            return Ok(credentials.clone());
        }
        let found = (self.find)()?.credentials;
        *held = Some(found.clone());
        Ok(found)
    }
}

/// A key without an end is given one: SDKs refuse a document that has none.
fn document(credentials: &Credentials, now: Timestamp) -> serde_json::Value {
    let end = credentials.expiration.unwrap_or(now.plus_seconds(6 * FRESH_SECONDS));
    json!({
        "AccessKeyId": credentials.access_key_id.as_str(),
        "SecretAccessKey": credentials.secret_access_key.expose(),
        "Token": credentials.session_token.as_ref().map(SessionToken::expose),
        "Expiration": end.iso8601().to_string(),
    })
}

fn answer(status: StatusCode, document: &serde_json::Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(document.to_string().into()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
