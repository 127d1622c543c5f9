//! The endpoints that containers ask, on their listeners.

mod issuer_keys;
mod pod_identity;
mod role_keys;
mod task_facts;
mod tasks;

use std::cell::{Cell, OnceCell};
use std::net::IpAddr;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Request, Response};
use hyper::body::Incoming;
use rolecall_identity::{Clock, SessionToken, Timestamp};
use rolecall_imds::container::{ContainerService, TaskCredentials, TaskRole};
use rolecall_imds::{
    ContainerRequest, Response as Answer, respond_container, respond_task_credentials,
};

use super::body::WholeBody;
use super::instances::InstanceFinder;
use super::plane::presented;
use super::write::write_last;
use crate::listen::{Peer, Plane};
use crate::metrics::{Metrics, PlaneLabel};

pub use pod_identity::{PodIdentityAddress, PodIdentityError};
pub(crate) use pod_identity::{PodIdentityListener, PodIdentityParts};
pub use tasks::{TaskContainerSettings, TaskSettings};
pub(crate) use tasks::{TaskParts, Tasks};

/// The address of the ECS agent: its tasks, and beside them the credential endpoint of one instance
/// for whoever holds its token.
pub(crate) struct ContainerPlane {
    pub(crate) finder: InstanceFinder,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    /// The last segment of the path of the instance's credentials.
    pub(crate) id: String,
    /// What must stand in `Authorization` there.
    pub(crate) token: SessionToken,
}

impl Plane for ContainerPlane {
    type Body = WholeBody;

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: &Peer,
    ) -> Response<WholeBody> {
        let now = self.clock.now();
        let target = request.uri().to_string();
        let (head, body) = request.into_parts();
        let peer = peer.address.ip();
        let answer = match ContainerService::of(&target) {
            Some(ContainerService::TaskMetadata) => self.tasks.metadata(&target, peer, now),
            Some(ContainerService::TaskProtection) => {
                Arc::clone(&self.tasks).protection(head.method, target, body, now).await
            }
            Some(ContainerService::Credentials) | None => {
                self.credentials(&head, &target, peer, now)
            }
        };
        self.metrics.request(PlaneLabel::Container, answer.status);
        write_last(answer, now)
    }
}

impl ContainerPlane {
    /// The id in the path decides whose credentials are meant. Where there are no tasks, every path
    /// is the instance's.
    fn credentials(&self, head: &Parts, target: &str, peer: IpAddr, now: Timestamp) -> Answer {
        let (is_instance, minted) = (Cell::new(!self.tasks.are_there()), OnceCell::new());
        let answer = respond_task_credentials(now, target, |id| {
            if id == self.id {
                is_instance.set(true);
            }
            match self.tasks.credentials(id, now) {
                None => TaskRole::Unknown,
                Some(Err(_)) => TaskRole::Pending,
                Some(Ok(found)) => {
                    let found = minted.get_or_init(|| found);
                    let (role_arn, keys) = (&*found.role_arn, &found.keys);
                    TaskRole::Ready(TaskCredentials { role_arn, keys })
                }
            }
        });
        if is_instance.get() { self.of_instance(head, target, peer, now) } else { answer }
    }

    fn of_instance(&self, head: &Parts, target: &str, peer: IpAddr, now: Timestamp) -> Answer {
        let found = self.finder.find(peer, now);
        let Some(rendered) = &*found else { return Answer::not_found() };
        let authorization = presented(&head.headers, AUTHORIZATION);
        let view = ContainerRequest { target, authorization };
        respond_container(now, &rendered.facts, &self.id, self.token.expose(), &view)
    }
}
