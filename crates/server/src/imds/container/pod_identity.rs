use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::header::{AUTHORIZATION, HOST};
use http::{Request, Response};
use hyper::body::Incoming;
use rolecall_authority::seed::{Seed, SeedError, SeedPodIdentity};
use rolecall_authority::{
    ContainerCredentials, ContainerRoleError, PodIdentityCluster, PodSession, State,
    mint_pod_credentials,
};
use rolecall_identity::{Arn, Clock, Timestamp};
use rolecall_imds::Response as Answer;
use rolecall_imds::container::pod_identity::{
    AllowedHosts, Associations, Cluster, ClusterError, Jwks, PodIdentityRequest,
    PodIdentitySettings, Refusal, ServiceAccount, authenticate, credentials_response, session_name,
    session_tags,
};
use rolecall_token::Keyring;

use super::issuer_keys::{IssuerKeys, IssuerKeysError};
use super::role_keys::RoleKeys;
use crate::audit::{AuditLog, container_issuance_record};
use crate::entropy::OsEntropy;
use crate::imds::body::WholeBody;
use crate::imds::plane::{HEADER_BYTES_MAX, presented, refuses_many};
use crate::imds::write::write_last;
use crate::ledger::Ledger;
use crate::listen::{Peer, Plane};
use crate::metrics::{Metrics, PlaneLabel};

/// Where the Pod Identity agent of a cluster answers.
#[derive(Debug, Clone)]
pub struct PodIdentityAddress {
    /// The cluster's name.
    pub cluster: String,
    /// The address.
    pub address: SocketAddr,
}

/// Why an agent cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum PodIdentityError {
    /// The cluster has no ARN of one.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The issuer's keys cannot be read.
    #[error(transparent)]
    Keys(#[from] IssuerKeysError),
    /// The seed does not name the cluster.
    #[error(transparent)]
    Seed(#[from] SeedError),
}

/// The agent of one cluster, before it listens.
pub(crate) struct PodIdentityListener {
    pub(crate) address: SocketAddr,
    cluster: Cluster,
    keys: IssuerKeys,
}

/// The Pod Identity agent of one cluster on its listener.
pub(crate) struct PodIdentityPlane {
    parts: PodIdentityParts,
    cluster: Cluster,
    hosts: AllowedHosts,
    keys: Arc<IssuerKeys>,
    known: ArcSwapOption<Known>,
    minted: RoleKeys<Identity>,
}

#[derive(Clone)]
pub(crate) struct PodIdentityParts {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) audit: Arc<AuditLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
}

/// What is known of the cluster in one state, with one set of keys.
struct Known {
    position: u64,
    keys: Arc<Jwks>,
    settings: PodIdentitySettings,
    associations: Associations,
}

/// Everything that a session of a pod says of it, and the role.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Identity {
    role: Arn,
    namespace: String,
    service_account: String,
    service_account_uid: String,
    pod: String,
    pod_uid: String,
}

impl PodIdentityListener {
    pub(crate) fn open(described: &SeedPodIdentity, seed: &Seed) -> Result<Self, PodIdentityError> {
        Ok(Self {
            address: described.address,
            cluster: Cluster::try_new(described.arn(seed)?)?,
            keys: IssuerKeys::open(described.keys())?,
        })
    }

    /// The agent, and where it is, once the address that it listens on is known.
    pub(crate) fn plane(
        self,
        address: SocketAddr,
        parts: PodIdentityParts,
    ) -> (PodIdentityPlane, PodIdentityAddress) {
        let cluster = self.cluster.name().to_owned();
        if parts.ledger.state().pod_identity_cluster(self.cluster.arn()).is_none() {
            tracing::warn!(cluster, "the data folder has no such cluster: no pod is believed");
        }
        let plane = PodIdentityPlane {
            parts,
            cluster: self.cluster,
            hosts: hosts(address),
            keys: Arc::new(self.keys),
            known: ArcSwapOption::empty(),
            minted: RoleKeys::new(),
        };
        (plane, PodIdentityAddress { cluster, address })
    }
}

/// The link-local addresses of the agent, and its own. An address that stands for all is no name.
fn hosts(address: SocketAddr) -> AllowedHosts {
    let ip = address.ip();
    let mut hosts: Vec<String> = LINK_LOCAL.map(str::to_owned).into();
    if !ip.is_unspecified() {
        hosts.push(ip.to_string());
    }
    if ip.is_loopback() {
        hosts.push("localhost".to_owned());
    }
    AllowedHosts::new(hosts)
}

impl Plane for PodIdentityPlane {
    type Body = WholeBody;

    /// Room for the longest token, which is a header.
    fn header_bytes_max(&self) -> usize {
        HEADER_BYTES_MAX
    }

    async fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        _peer: &Peer,
    ) -> Response<WholeBody> {
        let now = self.parts.clock.now();
        let answer = match refuses_many(request.headers()) {
            Some(refused) => refused,
            None => self.respond(&request, now).await,
        };
        self.parts.metrics.request(PlaneLabel::PodIdentity, answer.status);
        write_last(answer, now)
    }
}

impl PodIdentityPlane {
    async fn respond(&self, request: &Request<Incoming>, now: Timestamp) -> Answer {
        // A file of the issuer's keys may be on a slow disk.
        let keys = Arc::clone(&self.keys);
        let keys = tokio::task::spawn_blocking(move || keys.current()).await;
        let target = request.uri().to_string();
        let view = PodIdentityRequest {
            method: request.method().as_str(),
            target: &target,
            host: presented(request.headers(), HOST),
            authorization: presented(request.headers(), AUTHORIZATION),
        };
        let answered = match keys {
            Ok(keys) => self.credentials(keys, &view, now),
            Err(_) => Err(Refusal::NoCredentials),
        };
        answered.unwrap_or_else(|refusal| {
            tracing::info!(cluster = self.cluster.name(), reason = %refusal, "a pod was refused");
            refusal.response()
        })
    }

    fn credentials(
        &self,
        keys: Arc<Jwks>,
        request: &PodIdentityRequest<'_>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let state = self.parts.ledger.state();
        let known = self.known(&state, keys);
        let account = authenticate(now, &known.settings, request)?;
        let role = known.associations.role_of(&account)?;
        let cluster = state.pod_identity_cluster(self.cluster.arn());
        let cluster = cluster.ok_or(Refusal::NoCredentials)?;
        let mint = || self.mint(&state, (cluster, role), &account, now);
        let identity = Identity::of(&account, role);
        let role = state.role(role).map(Arc::as_ref);
        let minted = self.minted.current(&identity, role, now, mint).map_err(|reason| {
            let (namespace, name) = (account.namespace(), account.name());
            tracing::warn!(namespace, name, %reason, "no credentials for a service account");
            Refusal::NoCredentials
        })?;
        credentials_response(now, &minted.keys, &minted.account)
    }

    fn mint(
        &self,
        state: &State,
        associated: (&PodIdentityCluster, &Arn),
        account: &ServiceAccount,
        now: Timestamp,
    ) -> Result<ContainerCredentials, ContainerRoleError> {
        let session = PodSession {
            name: session_name(&self.cluster, account),
            tags: session_tags(&self.cluster, account),
        };
        let (keyring, entropy) = (&self.parts.keyring, &mut OsEntropy);
        let issued = mint_pod_credentials(state, keyring, associated, &session, now, entropy)?;
        let region = self.cluster.arn().region();
        self.parts.audit.record(&container_issuance_record(region, &issued, now));
        Ok(issued)
    }

    fn known(&self, state: &State, keys: Arc<Jwks>) -> Arc<Known> {
        let known = self.known.load_full();
        let is_current = |known: &Arc<Known>| {
            known.position == state.position() && Arc::ptr_eq(&known.keys, &keys)
        };
        if let Some(known) = known.filter(is_current) {
            return known;
        }
        let known = Arc::new(self.learn(state, keys));
        self.known.store(Some(Arc::clone(&known)));
        known
    }

    /// A cluster that the state does not have issues nothing.
    fn learn(&self, state: &State, keys: Arc<Jwks>) -> Known {
        let cluster = state.pod_identity_cluster(self.cluster.arn());
        let mut associations = Associations::default();
        for one in cluster.iter().flat_map(|cluster| &cluster.associations) {
            let (namespace, name) = (&one.namespace, &one.service_account);
            if let Err(error) = associations.insert(namespace, name, one.role.clone()) {
                tracing::error!(%error, "an association is passed over");
            }
        }
        Known {
            position: state.position(),
            settings: PodIdentitySettings {
                hosts: self.hosts.clone(),
                issuer: cluster.map(|cluster| cluster.issuer.clone()).unwrap_or_default(),
                keys: Jwks::clone(&keys),
            },
            keys,
            associations,
        }
    }
}

impl Identity {
    fn of(account: &ServiceAccount, role: &Arn) -> Self {
        Self {
            role: role.clone(),
            namespace: account.namespace().to_owned(),
            service_account: account.name().to_owned(),
            service_account_uid: account.uid().to_owned(),
            pod: account.pod().to_owned(),
            pod_uid: account.pod_uid().to_owned(),
        }
    }
}

/// Source: contract/imds.md 1.11.
const LINK_LOCAL: [&str; 2] = ["169.254.170.23", "fd00:ec2::23"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_called_by_its_own_addresses() {
        let shown = |address: &str| format!("{:?}", hosts(address.parse().unwrap()));
        let local = shown("127.0.0.1:1340");
        assert!(local.contains("\"127.0.0.1\"") && local.contains("\"localhost\""), "{local}");
        let all = shown("0.0.0.0:80");
        assert_eq!(all, format!("{:?}", AllowedHosts::link_local()));
        assert!(shown("[fd00:ec2::23]:80").contains("fd00:ec2::23"));
    }
}
