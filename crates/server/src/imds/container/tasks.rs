use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::Method;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use rolecall_authority::{
    Change, ContainerCredentials, ContainerRoleError, State, Task, mint_task_credentials,
};
use rolecall_identity::Timestamp;
use rolecall_imds::Response as Answer;
use rolecall_imds::container::task_metadata::{self, HostTasks, PathId, TaskFacts};
use rolecall_imds::container::task_protection::{
    self, PROTECTION_BODY_BYTES_MAX, ProtectionRequest, TaskProtection,
};
use rolecall_token::Keyring;
use tokio_util::task::TaskTracker;

use super::role_keys::RoleKeys;
use super::task_facts::{facts, stats};
use crate::audit::{AuditLog, container_issuance_record, protection_record};
use crate::entropy::OsEntropy;
use crate::ledger::Ledger;

/// What a task must be told to use its endpoints: the ids in its paths are its secrets.
#[derive(Debug, Clone)]
pub struct TaskSettings {
    /// `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID`
    pub arn: String,
    /// The task definition's family.
    pub family: String,
    /// The name of its role.
    pub role: Option<String>,
    /// The last segment of `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, for a task that has a role.
    pub credentials: Option<PathId>,
    /// The last segment of `ECS_AGENT_URI`.
    pub agent: PathId,
    /// Its containers.
    pub containers: Vec<TaskContainerSettings>,
}

/// What a container must be told.
#[derive(Debug, Clone)]
pub struct TaskContainerSettings {
    /// Its name in the task definition.
    pub name: String,
    /// The last segment of `ECS_CONTAINER_METADATA_URI` and its version 4.
    pub endpoint: PathId,
}

/// The tasks of a world, found by the ids in their paths.
pub(crate) struct Tasks {
    parts: TaskParts,
    known: ArcSwap<Known>,
    minted: RoleKeys<String>,
}

pub(crate) struct TaskParts {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) audit: Arc<AuditLog>,
    /// What waits for a disk is a task of its own.
    pub(crate) tracker: TaskTracker,
}

/// The tasks of one state.
#[derive(Default)]
struct Known {
    position: u64,
    tasks: Vec<KnownTask>,
    /// Those of `tasks`, in the same order.
    facts: Vec<TaskFacts>,
}

struct KnownTask {
    task: Arc<Task>,
    credentials: PathId,
}

/// Longest wait for the body of a request.
const BODY_WITHIN: Duration = Duration::from_secs(5);

impl Tasks {
    pub(crate) fn new(parts: TaskParts) -> Self {
        Self { parts, known: ArcSwap::default(), minted: RoleKeys::new() }
    }

    /// What each task must be told.
    pub(crate) fn settings(&self) -> Vec<TaskSettings> {
        let known = self.known(&self.parts.ledger.state());
        known.tasks.iter().zip(&known.facts).map(|(one, facts)| one.settings(facts)).collect()
    }

    /// Whether there is any.
    pub(super) fn are_there(&self) -> bool {
        self.parts.ledger.state().tasks().next().is_some()
    }

    /// The credentials of the task that has the id, if one has.
    pub(super) fn credentials(
        &self,
        id: &str,
        now: Timestamp,
    ) -> Option<Result<Arc<ContainerCredentials>, ContainerRoleError>> {
        let state = self.parts.ledger.state();
        let known = self.known(&state);
        let task = &known.tasks.iter().find(|one| one.credentials.is(id))?.task;
        let name = task.role.as_deref()?;
        let role = state.account(task.arn.account()).and_then(|account| account.role(name));
        let key = task.arn.as_str().to_owned();
        let mint = || self.mint(&state, task, now);
        let found = self.minted.current(&key, role.map(Arc::as_ref), now, mint);
        if let Err(reason) = &found {
            tracing::info!(task = %task.arn.as_str(), %reason, "no role credentials");
        }
        Some(found)
    }

    fn mint(
        &self,
        state: &State,
        task: &Task,
        now: Timestamp,
    ) -> Result<ContainerCredentials, ContainerRoleError> {
        let keyring = &self.parts.keyring;
        let issued = mint_task_credentials(state, keyring, task, now, &mut OsEntropy)?;
        self.parts.audit.record(&container_issuance_record(task.arn.region(), &issued, now));
        Ok(issued)
    }

    /// Answers a request to the task metadata endpoint.
    pub(super) fn metadata(&self, target: &str, source: IpAddr, now: Timestamp) -> Answer {
        let known = self.known(&self.parts.ledger.state());
        let stats = match target.contains("stats") {
            true => known.stats(now),
            false => BTreeMap::new(),
        };
        let host = HostTasks { tasks: &known.facts, stats: &stats, peers_shown: false };
        task_metadata::respond(&host, source, target)
    }

    /// Answers a request to the task protection endpoint. A change is in the log before its answer.
    pub(super) async fn protection(
        self: Arc<Self>,
        method: Method,
        target: String,
        body: Incoming,
        now: Timestamp,
    ) -> Answer {
        let Ok(body) = tokio::time::timeout(BODY_WITHIN, first_bytes(body)).await else {
            return Answer::refused(408);
        };
        if method != Method::PUT {
            let known = self.known(&self.parts.ledger.state());
            return known.protect(now, &request(&method, &target, &body)).0;
        }
        let tracker = self.parts.tracker.clone();
        let written = tracker.spawn(async move {
            let writer = self.parts.ledger.writer().await;
            let known = Known::of(&writer.state(), &self.parts.keyring);
            let (answer, change) = known.protect(now, &request(&method, &target, &body));
            let Some((task, protected_until)) = change else { return answer };
            let update = Change::TaskProtectionUpdated { task: task.arn.clone(), protected_until };
            if let Err(error) = writer.append(vec![update]).await {
                tracing::error!(%error, task = task.arn.as_str(), "protection was not written");
                return Answer::refused(500);
            }
            self.parts.audit.record(&protection_record(&task.arn, protected_until, now));
            answer
        });
        written.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call failed");
            Answer::refused(500)
        })
    }

    fn known(&self, state: &State) -> Arc<Known> {
        let known = self.known.load_full();
        if known.position == state.position() {
            return known;
        }
        let known = Arc::new(Known::of(state, &self.parts.keyring));
        self.known.store(Arc::clone(&known));
        known
    }
}

impl Known {
    fn of(state: &State, keyring: &Keyring) -> Self {
        let known = |task: &Arc<Task>| KnownTask {
            task: Arc::clone(task),
            credentials: PathId::new(keyring.path_id("ecs-credentials", task.arn.as_str())),
        };
        Self {
            position: state.position(),
            tasks: state.tasks().map(known).collect(),
            facts: state.tasks().map(|task| facts(task, keyring)).collect(),
        }
    }

    fn stats(&self, now: Timestamp) -> BTreeMap<String, serde_json::Value> {
        let containers = self.facts.iter().flat_map(|task| &task.containers);
        containers.map(|container| (container.docker_id.clone(), stats(container, now))).collect()
    }

    /// The answer, and the task whose protection it changes.
    fn protect(
        &self,
        now: Timestamp,
        request: &ProtectionRequest<'_>,
    ) -> (Answer, Option<(&Task, Option<Timestamp>)>) {
        let present = |arn: &str| match self.task(arn).and_then(|task| task.protected_until) {
            Some(end) => TaskProtection::Until(end),
            None => TaskProtection::Unprotected,
        };
        let (answer, change) = task_protection::respond(now, &self.facts, present, request);
        let change = change.and_then(|c| Some((self.task(&c.task_arn)?, c.protection.end(now))));
        (answer, change)
    }

    fn task(&self, arn: &str) -> Option<&Task> {
        let task = self.tasks.iter().find(|one| one.task.arn.as_str() == arn)?;
        Some(&task.task)
    }
}

impl KnownTask {
    fn settings(&self, facts: &TaskFacts) -> TaskSettings {
        let containers = facts.containers.iter().map(|container| TaskContainerSettings {
            name: container.name.clone(),
            endpoint: container.endpoint_id.clone(),
        });
        TaskSettings {
            arn: facts.task_arn.clone(),
            family: facts.family.clone(),
            role: self.task.role.clone(),
            credentials: self.task.role.as_ref().map(|_| self.credentials.clone()),
            agent: facts.agent_id.clone(),
            containers: containers.collect(),
        }
    }
}

fn request<'a>(method: &'a Method, target: &'a str, body: &'a [u8]) -> ProtectionRequest<'a> {
    ProtectionRequest { method: method.as_str(), target, body }
}

/// A body, or so much of it that it is too long. One that breaks off is as long as it came.
async fn first_bytes(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() <= PROTECTION_BODY_BYTES_MAX {
        let Some(Ok(frame)) = body.frame().await else { break };
        if let Ok(data) = frame.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    bytes
}
