use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, ALLOW, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName,
    HeaderValue, LAST_MODIFIED, SERVER,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use rolecall_identity::{Clock, Timestamp};
use rolecall_imds::{Body, Presented, Response as Answer, respond};
use rolecall_token::Keyring;

use super::metadata::Metadata;
use crate::entropy::OsEntropy;
use crate::listen::Plane;
use crate::metrics::{Metrics, PlaneLabel};

/// The metadata service of one instance.
pub(crate) struct ImdsPlane {
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Plane for ImdsPlane {
    type Body = Full<Bytes>;

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        _peer: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let now = self.clock.now();
        let Some(rendered) = self.metadata.current(now) else {
            return write(Answer::not_found(), now);
        };
        let headers = request.headers();
        let target = request.uri().to_string();
        let view = rolecall_imds::Request {
            method: request.method().as_str(),
            target: &target,
            token: presented(headers, TOKEN),
            ttl: presented(headers, TOKEN_TTL),
            forwarded: headers.contains_key(FORWARDED),
        };
        let answer = respond(now, &rendered.snapshot, &self.keyring, &view, &mut OsEntropy);
        self.metrics.request(PlaneLabel::Imds, answer.status);
        if answer.status == 200 && !answer.is_token {
            let version = if answer.token_ttl_seconds.is_some() { "v2" } else { "v1" };
            self.metrics.metadata_read(version);
        }
        write(answer, now)
    }
}

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const TOKEN_TTL: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");

pub(super) fn presented(headers: &HeaderMap, name: HeaderName) -> Presented<'_> {
    Presented::from_values(headers.get_all(name).iter().map(HeaderValue::as_bytes))
}

/// Writes an answer with AWS's headers in AWS's order. Source: contract/imds.md section 1.1.
pub(super) fn write(answer: Answer, now: Timestamp) -> Response<Full<Bytes>> {
    let text = answer.body.as_str();
    let length = text.len();
    let body = match &answer.body {
        _ if answer.head_only => Bytes::new(),
        Body::Empty => Bytes::new(),
        Body::Own(text) => Bytes::copy_from_slice(text.as_bytes()),
        Body::Shared(text) => Bytes::copy_from_slice(text.as_bytes()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.reserve(8);
    if let Some(seconds) = answer.token_ttl_seconds {
        headers.insert(TOKEN_TTL, HeaderValue::from(seconds));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type.as_str()));
    if let Some(methods) = answer.allow {
        headers.insert(ALLOW, HeaderValue::from_static(methods));
    }
    if let Some(at) = answer.last_modified {
        headers.insert(ACCEPT_RANGES, HeaderValue::from_static("none"));
        headers.insert(LAST_MODIFIED, http_date(at));
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(DATE, http_date(now));
    headers.insert(SERVER, HeaderValue::from_static("EC2ws"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn http_date(at: Timestamp) -> HeaderValue {
    HeaderValue::try_from(at.http_date().to_string()).unwrap_or(HeaderValue::from_static(""))
}
