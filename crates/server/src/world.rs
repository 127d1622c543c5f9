use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rolecall_authority::seed::{Seed, SeedError, SeedValue};
use rolecall_authority::{AccessKeyOwner, AccessKeyStatus, Account, State, User};
use rolecall_gateway::{Authenticator, Gateway, Store, StoreError as ObjectStoreError};
use rolecall_identity::{
    AccessKeyId, Clock, InstanceId, RequestId, SecretAccessKey, SessionToken, Timestamp,
};
use rolecall_imds::{ValuePathError, value_path};
use rolecall_store::{ChangeLog, MemoryLog, SqliteLog, StoreError};
use rolecall_token::{Keyring, mint_secret};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::AdminPlane;
use crate::api::{ApiParts, ApiPlane};
use crate::audit::{AuditFiles, AuditLog, Home, s3_record};
use crate::clock::MovableClock;
use crate::entropy::OsEntropy;
use crate::files::{FileError, load_or_make_keyring};
use crate::imds::{
    self, ContainerPlane, Faults, ImdsListener, ImdsPlane, InstanceFinder, Instances,
    MetadataParts, PodIdentityAddress, PodIdentityError, PodIdentityListener, PodIdentityParts,
    Profile, Serves, Signer, TaskParts, TaskSettings, Tasks,
};
use crate::ledger::{Ledger, LedgerError};
use crate::listen::{Plane, serve};
use crate::metrics::Metrics;

/// Where to listen; port 0 picks one.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The metadata service.
    pub imds: SocketAddr,
    /// The container credential endpoint.
    pub container: SocketAddr,
    /// STS, IAM, EC2 and S3.
    pub api: SocketAddr,
    /// Health, metrics, audit tail.
    pub admin: SocketAddr,
}

/// Which of a world's services are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planes {
    /// All of them.
    All,
    /// The metadata service and the admin address alone.
    Metadata,
}

/// What a world is made of.
pub struct Config {
    /// Where to listen.
    pub addresses: Addresses,
    /// Further addresses of the metadata service.
    pub listeners: Vec<ImdsListener>,
    /// What the metadata service's own address lets through.
    pub profile: Profile,
    /// Whether a connection to the metadata service's own address may ask again.
    pub keep_alive: bool,
    /// Where the Pod Identity agent of the first cluster answers, instead of where the seed says.
    pub pod_identity: Option<SocketAddr>,
    /// Which services are there.
    pub planes: Planes,
    /// The folder that keeps everything; without one, memory and a folder that goes at the end.
    pub data: Option<PathBuf>,
    /// What there is in the beginning; an existing data folder is not seeded again.
    pub seed: Seed,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The same clock, if the admin address may move it.
    pub movable: Option<Arc<MovableClock>>,
    /// Whether policies are only watched: what they would deny is recorded, and done.
    pub soft: bool,
    /// Whether a wrong signature is answered with the string that should have been signed.
    pub explain: bool,
}

/// What one must know to use a world.
#[derive(Debug)]
pub struct Settings {
    /// The addresses that are listened on, those of [`planes`](Self::planes) alone.
    pub addresses: Addresses,
    /// Every address of the metadata service; the first is that of `addresses`.
    pub listeners: Vec<ImdsListener>,
    /// Which services are there.
    pub planes: Planes,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The instance that the metadata service answers for.
    pub instance: Option<InstanceId>,
    /// That instance's role.
    pub role: Option<String>,
    /// Whether its metadata service needs a token.
    pub tokens_required: bool,
    /// Whether policies are only watched.
    pub soft: bool,
    /// The administrator's key.
    pub administrator: Option<(AccessKeyId, SecretAccessKey)>,
    /// The path below the container address, and the token for it.
    pub container_credentials: (String, SessionToken),
    /// The tasks of the container address.
    pub tasks: Vec<TaskSettings>,
    /// The Pod Identity agents, one for each cluster of the seed.
    pub pod_identity: Vec<PodIdentityAddress>,
}

/// A world that answers.
pub struct World {
    settings: Settings,
    stop: CancellationToken,
    tasks: TaskTracker,
    audit: Arc<AuditLog>,
    _folder: Option<TempDir>,
}

/// Why a world does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A seed sets a metadata value where there can be none.
    #[error("metadata of instance `{instance}`")]
    MetadataPath {
        /// The instance.
        instance: InstanceId,
        /// Why.
        #[source]
        source: ValuePathError,
    },
    /// An address is taken, or not ours.
    #[error("cannot listen on {address} for the {plane} address")]
    Bind {
        /// Which listener.
        plane: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the data folder failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A folder could not be made or read.
    #[error("cannot use the folder `{path}`")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A data folder without its keys: every secret and session of it would be lost for good.
    #[error("`{path}` is missing beside the change log it belongs to")]
    KeyringMissing {
        /// The file.
        path: PathBuf,
    },
    /// The change log failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The object store failed.
    #[error(transparent)]
    ObjectStore(#[from] ObjectStoreError),
    /// The Pod Identity agent of a cluster cannot begin.
    #[error("pod-identity `{cluster}`")]
    PodIdentity {
        /// The cluster's name.
        cluster: String,
        /// Why.
        #[source]
        source: PodIdentityError,
    },
    /// The seed describes no world.
    #[error("the seed is not valid")]
    Seed(#[from] SeedError),
    /// The change log could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl World {
    /// Opens the state and every listener. When this returns, all of them answer.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        check_metadata(&config.seed)?;
        let opened = Opened::new(&config).await?;
        let listeners = Listeners::bind(&config).await?;
        let metrics = Arc::new(Metrics::new());
        let faults = Arc::new(Faults::default());
        let file = config.data.as_deref().map(|data| data.join("identity-documents.pem"));
        let signer = Arc::new(Signer::new(file, Arc::clone(&config.clock)));
        let instances = Arc::new(Instances::new(MetadataParts {
            ledger: Arc::clone(&opened.ledger),
            keyring: Arc::clone(&opened.keyring),
            audit: Arc::clone(&opened.audit),
            signer: Arc::clone(&signer),
            faults: Arc::clone(&faults),
        }));
        // Credentials are there before the first read.
        let now = config.clock.now();
        let shown = instances.warm(&Serves::First, now);
        for (listener, _) in &listeners.further {
            instances.warm(&listener.serves, now);
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let run = Run { stop: stop.clone(), tasks: tasks.clone() };
        let ecs_tasks = Arc::new(Tasks::new(TaskParts {
            ledger: Arc::clone(&opened.ledger),
            keyring: Arc::clone(&opened.keyring),
            audit: Arc::clone(&opened.audit),
            tracker: tasks.clone(),
        }));
        let container = ContainerPlane {
            finder: InstanceFinder::new(Arc::clone(&instances), Serves::First),
            tasks: Arc::clone(&ecs_tasks),
            clock: Arc::clone(&config.clock),
            metrics: Arc::clone(&metrics),
            id: RequestId::mint(&mut OsEntropy).to_string(),
            token: SessionToken::new(mint_secret(&mut OsEntropy).expose()),
        };
        let mut settings = Settings {
            addresses: listeners.addresses(&config.addresses),
            listeners: listeners.described(),
            planes: config.planes,
            account: config.seed.account.to_string(),
            region: config.seed.region.clone(),
            role: shown.as_ref().and_then(|s| s.facts.iam.key_sets()).map(|k| k.role_name.clone()),
            tokens_required: shown.as_ref().is_some_and(|s| s.facts.settings.tokens_required),
            instance: shown.map(|shown| shown.facts.instance_id.clone()),
            soft: config.soft,
            administrator: administrator(&opened.ledger.state(), &opened.keyring),
            container_credentials: (
                format!("/v2/credentials/{}", container.id),
                container.token.clone(),
            ),
            tasks: Vec::new(),
            pod_identity: Vec::new(),
        };
        let imds = |listener: &ImdsListener| ImdsPlane {
            finder: InstanceFinder::new(Arc::clone(&instances), listener.serves.clone()),
            profile: listener.profile.clone(),
            keep_alive: listener.keep_alive,
            strict_ttl: listener.strict_ttl,
            clock: Arc::clone(&config.clock),
            metrics: Arc::clone(&metrics),
        };
        let (first, listener) = listeners.imds;
        run.serve(listener, imds(&first));
        for (further, listener) in listeners.further {
            run.serve(listener, imds(&further));
        }
        if let Some(others) = listeners.others {
            settings.tasks = ecs_tasks.settings();
            run.serve(others.container, container);
            run.serve(others.api, api_plane(&config, &opened, &metrics, &tasks));
            let parts = PodIdentityParts {
                ledger: Arc::clone(&opened.ledger),
                keyring: Arc::clone(&opened.keyring),
                audit: Arc::clone(&opened.audit),
                clock: Arc::clone(&config.clock),
                metrics: Arc::clone(&metrics),
            };
            for (agent, listener) in others.pod_identity {
                let address = local(&listener, agent.address);
                let (plane, shown) = agent.plane(address, parts.clone());
                settings.pod_identity.push(shown);
                run.serve(listener, plane);
            }
        }
        let admin = AdminPlane {
            audit: Arc::clone(&opened.audit),
            metrics: Arc::clone(&metrics),
            instances: Arc::clone(&instances),
            ledger: Arc::clone(&opened.ledger),
            signer,
            faults,
            clock: Arc::clone(&config.clock),
            movable: config.movable,
            home: Home { account: config.seed.account, region: config.seed.region.clone() },
        };
        run.serve(listeners.admin, admin);
        run.keep_fresh(instances, config.clock);
        tracing::info!("ready");
        Ok(Self { settings, stop, tasks, audit: opened.audit, _folder: opened.folder })
    }

    /// What one must know to use it.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Answers what has begun, within most of a second, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("connections were cut: they took too long to end");
        }
        let audit = Arc::clone(&self.audit);
        let closed = tokio::task::spawn_blocking(move || audit.close()).await;
        if closed.is_err() {
            tracing::error!("the audit log did not close");
        }
    }
}

/// Longest wait for requests that have begun.
const STOP_WITHIN: Duration = Duration::from_millis(700);
/// How often keys are looked at when nobody reads.
const FRESHEN_EVERY: Duration = Duration::from_secs(30);

struct Run {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Run {
    fn serve<P: Plane>(&self, listener: TcpListener, plane: P) {
        let (stop, tasks) = (self.stop.clone(), self.tasks.clone());
        self.tasks.spawn(serve(listener, Arc::new(plane), stop, tasks));
    }

    /// Mints ahead of need, also while nobody reads.
    fn keep_fresh(&self, instances: Arc<Instances>, clock: Arc<dyn Clock>) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            let mut every = tokio::time::interval(FRESHEN_EVERY);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = every.tick() => {
                        instances.keep_fresh(clock.now());
                    }
                }
            }
        });
    }
}

/// State, keys and folders.
struct Opened {
    ledger: Arc<Ledger>,
    keyring: Arc<Keyring>,
    audit: Arc<AuditLog>,
    store: Store,
    folder: Option<TempDir>,
}

impl Opened {
    async fn new(config: &Config) -> Result<Self, StartError> {
        let now = config.clock.now();
        let folder = match &config.data {
            Some(data) => {
                make_folder(data)?;
                None
            }
            None => Some(
                tempfile::Builder::new()
                    .prefix("rolecall-")
                    .tempdir()
                    .map_err(|source| StartError::Folder { path: std::env::temp_dir(), source })?,
            ),
        };
        let (keyring, log): (Keyring, Box<dyn ChangeLog>) = match &config.data {
            Some(data) => open_data(data, now)?,
            None => (Keyring::generate(now, &mut OsEntropy), Box::new(MemoryLog::default())),
        };
        let root = config.data.as_deref().or(folder.as_ref().map(TempDir::path));
        let objects = root.unwrap_or(Path::new(".")).join("s3");
        make_folder(&objects)?;
        let ledger = Ledger::open(log)?;
        if ledger.state().position() == 0 {
            let changes = config.seed.changes(&keyring, now, &mut OsEntropy)?;
            make_buckets(&config.seed, &objects)?;
            ledger.writer().await.append(changes).await?;
        }
        let audit = match &config.data {
            Some(data) => {
                let path = data.join("audit");
                let files = AuditFiles::open(&path, now);
                Some(files.map_err(|source| StartError::Folder { path, source })?)
            }
            None => None,
        };
        Ok(Self {
            ledger: Arc::new(ledger),
            keyring: Arc::new(keyring),
            audit: Arc::new(AuditLog::start(audit, Arc::clone(&config.clock))),
            store: Store::open(&objects)?,
            folder,
        })
    }
}

/// The key ring and the log of a data folder belong together.
fn open_data(data: &Path, now: Timestamp) -> Result<(Keyring, Box<dyn ChangeLog>), StartError> {
    let (keyring, log) = (data.join("keyring.json"), data.join("rolecall.db"));
    if log.exists() && !keyring.exists() {
        return Err(StartError::KeyringMissing { path: keyring });
    }
    Ok((load_or_make_keyring(&keyring, now)?, Box::new(SqliteLog::open(&log)?)))
}

/// Makes a folder that its owner alone can enter.
fn make_folder(path: &Path) -> Result<(), StartError> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StartError::Folder { path: path.to_owned(), source })
}

fn make_buckets(seed: &Seed, objects: &Path) -> Result<(), StartError> {
    for bucket in &seed.buckets {
        let folder = objects.join(&bucket.name);
        make_folder(&folder)?;
        for object in &bucket.objects {
            let path = folder.join(&object.key);
            make_folder(path.parent().unwrap_or(&folder))?;
            std::fs::write(&path, &object.content)
                .map_err(|source| StartError::Folder { path, source })?;
        }
    }
    Ok(())
}

struct Listeners {
    imds: (ImdsListener, TcpListener),
    further: Vec<(ImdsListener, TcpListener)>,
    others: Option<Others>,
    admin: TcpListener,
}

/// What a world has beside the metadata service.
struct Others {
    container: TcpListener,
    api: TcpListener,
    pod_identity: Vec<(PodIdentityListener, TcpListener)>,
}

impl Listeners {
    async fn bind(config: &Config) -> Result<Self, StartError> {
        let addresses = &config.addresses;
        let first = ImdsListener {
            profile: config.profile.clone(),
            keep_alive: config.keep_alive,
            ..ImdsListener::new(addresses.imds)
        };
        let bound = |listener: &ImdsListener| {
            let (plane, address) = ("metadata", listener.address);
            imds::bind(listener).map_err(|source| StartError::Bind { plane, address, source })
        };
        let imds = bound(&first)?;
        let described = config.seed.imds.iter().map(ImdsListener::from);
        let further = config.listeners.iter().cloned().chain(described);
        let further = further.map(|listener| {
            let socket = bound(&listener)?;
            Ok((listener, socket))
        });
        let further = further.collect::<Result<_, StartError>>()?;
        let others = match config.planes {
            Planes::All => Some(Others {
                container: bind("container", addresses.container).await?,
                api: bind("API", addresses.api).await?,
                pod_identity: bind_agents(config).await?,
            }),
            Planes::Metadata => None,
        };
        let admin = bind("admin", addresses.admin).await?;
        Ok(Self { imds: (first, imds), further, others, admin })
    }

    fn described(&self) -> Vec<ImdsListener> {
        let all = std::iter::once(&self.imds).chain(&self.further);
        all.map(|(asked, listener)| {
            let address = local(listener, asked.address);
            ImdsListener { address, ..asked.clone() }
        })
        .collect()
    }

    fn addresses(&self, asked: &Addresses) -> Addresses {
        let others = self.others.as_ref();
        Addresses {
            imds: local(&self.imds.1, asked.imds),
            container: others.map_or(asked.container, |o| local(&o.container, asked.container)),
            api: others.map_or(asked.api, |o| local(&o.api, asked.api)),
            admin: local(&self.admin, asked.admin),
        }
    }
}

/// Where a socket listens that was asked for at an address.
fn local(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// Values that a seed sets must have a place.
fn check_metadata(seed: &Seed) -> Result<(), StartError> {
    for instance in &seed.instances {
        for (path, value) in &instance.metadata {
            let is_text = matches!(value, SeedValue::Text(_));
            value_path(path, is_text).map_err(|source| StartError::MetadataPath {
                instance: instance.id.clone(),
                source,
            })?;
        }
    }
    Ok(())
}

async fn bind(plane: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Bind { plane, address, source })
}

async fn bind_agents(
    config: &Config,
) -> Result<Vec<(PodIdentityListener, TcpListener)>, StartError> {
    let mut bound = Vec::new();
    for described in &config.seed.pod_identity {
        let agent = PodIdentityListener::open(described, &config.seed);
        let mut agent = agent.map_err(|source| {
            let cluster = described.cluster.clone();
            StartError::PodIdentity { cluster, source }
        })?;
        if let Some(address) = config.pod_identity.filter(|_| bound.is_empty()) {
            agent.address = address;
        }
        let listener = bind("Pod Identity", agent.address).await?;
        bound.push((agent, listener));
    }
    Ok(bound)
}

fn api_plane(
    config: &Config,
    opened: &Opened,
    metrics: &Arc<Metrics>,
    tasks: &TaskTracker,
) -> ApiPlane {
    let authenticator = Arc::new(Authenticator::default());
    let home = Home { account: config.seed.account, region: config.seed.region.clone() };
    let (audit, of_records) = (Arc::clone(&opened.audit), home.clone());
    let gateway = Gateway::new(
        opened.store.clone(),
        home.account,
        Arc::clone(&authenticator),
        Arc::clone(&opened.keyring),
        Arc::new(move |event| audit.record(&s3_record(&event, &of_records))),
    );
    let parts = ApiParts {
        ledger: Arc::clone(&opened.ledger),
        keyring: Arc::clone(&opened.keyring),
        authenticator,
        clock: Arc::clone(&config.clock),
        audit: Arc::clone(&opened.audit),
        metrics: Arc::clone(metrics),
        home,
        tasks: tasks.clone(),
        proxies: config.seed.trusted_proxies.clone(),
        soft: config.soft,
        explain: config.explain,
    };
    ApiPlane { parts, gateway }
}

/// The oldest usable key of the user `admin`, or of the first user that has one.
fn administrator(state: &State, keyring: &Keyring) -> Option<(AccessKeyId, SecretAccessKey)> {
    let users = || state.accounts().flat_map(|account| account.users().map(move |u| (account, u)));
    let oldest = |(account, user): (&Account, &Arc<User>)| {
        let owner = AccessKeyOwner::User(account.id(), user.id.clone());
        let keys = state.access_keys_of(&owner);
        let usable = keys.filter(|(_, key)| key.status == AccessKeyStatus::Active);
        usable.min_by_key(|(_, key)| key.created).map(|(id, key)| (id, key.secret.clone()))
    };
    let named = users().find(|(_, user)| user.name == "admin").and_then(oldest);
    let (id, secret) = named.or_else(|| users().find_map(oldest))?;
    Some((id, keyring.open_secret(id, &secret)?))
}
