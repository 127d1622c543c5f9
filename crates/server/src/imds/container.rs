use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use rolecall_identity::{Clock, SessionToken};
use rolecall_imds::{ContainerRequest, Response as Answer, respond_container};

use super::instances::{Instances, Serves};
use super::plane::{presented, write};
use crate::listen::Plane;
use crate::metrics::{Metrics, PlaneLabel};

/// The container credential endpoint of one instance, for whoever holds its token.
pub(crate) struct ContainerPlane {
    pub(crate) instances: Arc<Instances>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    /// The last segment of the credentials' path.
    pub(crate) id: String,
    /// What must stand in `Authorization`.
    pub(crate) token: SessionToken,
}

impl Plane for ContainerPlane {
    type Body = Full<Bytes>;

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<Full<Bytes>> {
        let now = self.clock.now();
        let Some(rendered) = self.instances.find(&Serves::First, peer.ip(), now) else {
            return write(Answer::not_found(), now);
        };
        let target = request.uri().to_string();
        let view = ContainerRequest {
            target: &target,
            authorization: presented(request.headers(), AUTHORIZATION),
        };
        let answer = respond_container(now, &rendered.facts, &self.id, self.token.expose(), &view);
        self.metrics.request(PlaneLabel::Container, answer.status);
        write(answer, now)
    }
}
