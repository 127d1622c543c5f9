use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use rolecall_identity::{Clock, Timestamp};
use rolecall_imds::{Bearing, Presented, Response as Answer, hardened_refuses, respond};

use super::body::WholeBody;
use super::fault::{FaultKind, HANG};
use super::instances::InstanceFinder;
use super::listener::Profile;
use super::metadata::Rendered;
use super::write::{TOKEN_TTL, write, write_last};
use crate::entropy::OsEntropy;
use crate::listen::{Peer, Plane};
use crate::metrics::{Delivery, Metrics, PlaneLabel};

/// The metadata service on one listener.
pub(crate) struct ImdsPlane {
    pub(crate) finder: InstanceFinder,
    pub(crate) profile: Profile,
    pub(crate) keep_alive: bool,
    pub(crate) strict_ttl: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Longest request line and headers together, and most headers (contract/imds.md row 51).
pub(super) const HEADER_BYTES_MAX: usize = 16 * 1024;
const HEADER_BYTES_MAX_HARDENED: usize = 8 * 1024;
const HEADERS_MAX: usize = 64;

impl Plane for ImdsPlane {
    type Body = WholeBody;

    fn header_bytes_max(&self) -> usize {
        if self.profile == Profile::Aws { HEADER_BYTES_MAX } else { HEADER_BYTES_MAX_HARDENED }
    }

    /// Over IPv6 an instance is answered only if its options say so.
    fn admits(&self, peer: SocketAddr) -> bool {
        let address = peer.ip().to_canonical();
        let found = || self.finder.find(address, self.clock.now());
        let admits = |rendered: &Arc<Rendered>| rendered.options.http_protocol_ipv6;
        address.is_ipv4() || found().as_ref().is_none_or(admits)
    }

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> Response<WholeBody> {
        let now = self.clock.now();
        let Begun { mut answer, fault, hops } = self.begin(&request, peer.address.ip(), now);
        if let Some(fault) = fault {
            answer = misbehave(fault, answer).await;
        }
        self.metrics.request(PlaneLabel::Imds, answer.status);
        if answer.status == 200 && !answer.is_token {
            let has_token = answer.token_ttl_seconds.is_some();
            self.metrics.metadata_read(if has_token { Delivery::V2 } else { Delivery::V1 });
        }
        if let Some(hops) = hops {
            peer.wishes.limit_hops(hops);
        }
        if self.keep_alive && hops.is_none() { write(answer, now) } else { write_last(answer, now) }
    }
}

/// An answer, before a fault has its way.
struct Begun {
    answer: Answer,
    fault: Option<FaultKind>,
    /// How many hops the answer may travel, whatever it will be.
    hops: Option<u8>,
}

impl From<Answer> for Begun {
    fn from(answer: Answer) -> Self {
        Self { answer, fault: None, hops: None }
    }
}

impl ImdsPlane {
    fn begin(&self, request: &Request<Incoming>, peer: IpAddr, now: Timestamp) -> Begun {
        if let Some(refused) = refuses_many(request.headers()) {
            return refused.into();
        }
        match &*self.finder.find(peer, now) {
            Some(rendered) => self.of_instance(request, rendered, now),
            None => Answer::not_found().into(),
        }
    }

    fn of_instance(
        &self,
        request: &Request<Incoming>,
        rendered: &Rendered,
        now: Timestamp,
    ) -> Begun {
        if self.is_refused(request) {
            return Answer::refused(403).into();
        }
        let target = target_of(request.uri());
        let mut view = rolecall_imds::Request {
            method: request.method().as_str(),
            target: &target,
            token: Presented::Absent,
            ttl: Presented::Absent,
            forwarded: false,
            strict_ttl: self.strict_ttl,
        };
        // In one walk: to look for each of them would hash its name.
        for (name, value) in request.headers() {
            match name {
                name if name == TOKEN => view.token = view.token.and(value.as_bytes()),
                name if name == TOKEN_TTL => view.ttl = view.ttl.and(value.as_bytes()),
                name => view.forwarded |= name == FORWARDED,
            }
        }
        let parts = self.finder.parts();
        let answer = respond(now, &rendered.snapshot, &parts.keyring, &view, &mut OsEntropy);
        let is_token = view.method == "PUT";
        Begun {
            answer,
            fault: parts.faults.meet(&rendered.facts.instance_id, is_token),
            // Whatever a token request is answered, it goes no further than a token may.
            hops: is_token.then_some(rendered.options.http_put_response_hop_limit),
        }
    }

    fn is_refused(&self, request: &Request<Incoming>) -> bool {
        let Profile::Hardened { hosts } = &self.profile else { return false };
        let names: Vec<&str> = request.headers().keys().map(HeaderName::as_str).collect();
        let host = request.headers().get(HOST);
        let bearing = Bearing {
            // A name that is no text is nobody's name.
            host: host.map(|host| host.to_str().unwrap_or_default()),
            is_absolute: request.uri().authority().is_some(),
            headers: &names,
        };
        hardened_refuses(&bearing, hosts)
    }
}

/// Refuses more headers than a client has reason to send.
pub(super) fn refuses_many(headers: &HeaderMap) -> Option<Answer> {
    (headers.len() > HEADERS_MAX).then(|| Answer::refused(431))
}

async fn misbehave(fault: FaultKind, answer: Answer) -> Answer {
    match fault {
        FaultKind::AuthorityDown => answer,
        FaultKind::Delay(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(u64::from(milliseconds)).min(HANG)).await;
            answer
        }
        FaultKind::Hang => {
            tokio::time::sleep(HANG).await;
            Answer::refused(503)
        }
        FaultKind::NoTtlHeader => Answer { token_ttl_seconds: None, ..answer },
        FaultKind::Status(status) => Answer::refused(status),
        FaultKind::Unauthorized => Answer::refused(401),
    }
}

/// As it was sent: the path, or a whole URL.
fn target_of(uri: &Uri) -> Cow<'_, str> {
    match uri.path_and_query() {
        Some(path) if uri.authority().is_none() => Cow::Borrowed(path.as_str()),
        _ => Cow::Owned(uri.to_string()),
    }
}

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");
const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");

pub(super) fn presented(headers: &HeaderMap, name: HeaderName) -> Presented<'_> {
    Presented::from_values(headers.get_all(name).iter().map(HeaderValue::as_bytes))
}
