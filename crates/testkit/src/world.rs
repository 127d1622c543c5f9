use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use rolecall_authority::seed::Seed;
use rolecall_identity::{Clock, Timestamp};
use rolecall_server::{Addresses, Config, ManualClock, Planes, Profile, Settings, World};
use tokio::runtime::Runtime;

use crate::signer::{Keys, SignedRequest};
use crate::wire::{Reply, Wire};

/// A world in this process, whose clock stands still until the test moves it.
pub struct TestWorld {
    world: Option<World>,
    runtime: Runtime,
    clock: Arc<ManualClock>,
}

impl TestWorld {
    /// The development world, at a fixed time.
    pub fn start() -> Self {
        Self::with_seed(DEVELOPMENT)
    }

    /// Another world.
    pub fn with_seed(seed: &str) -> Self {
        Self::with(seed, None)
    }

    /// Another world, in a folder.
    pub fn with(seed: &str, data: Option<PathBuf>) -> Self {
        let seed: Seed = toml::from_str(seed).unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config {
            addresses: Addresses { imds: any, container: any, api: any, admin: any },
            listeners: Vec::new(),
            profile: Profile::Aws,
            keep_alive: false,
            planes: Planes::All,
            data,
            seed,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            movable: None,
            explain: false,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let world = Some(runtime.block_on(World::start(config)).unwrap());
        Self { world, runtime, clock }
    }

    /// Ends it as SIGTERM would.
    pub fn stop(mut self) {
        if let Some(world) = self.world.take() {
            self.runtime.block_on(world.stop());
        }
    }

    /// What the world says of itself.
    pub fn settings(&self) -> &Settings {
        self.world.as_ref().unwrap().settings()
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the time.
    pub fn advance_seconds(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }

    /// `HOST:PORT` of the API.
    pub fn api(&self) -> String {
        self.settings().addresses.api.to_string()
    }

    /// `HOST:PORT` of the metadata service.
    pub fn imds(&self) -> String {
        self.settings().addresses.imds.to_string()
    }

    /// `HOST:PORT` of the admin address.
    pub fn admin(&self) -> String {
        self.settings().addresses.admin.to_string()
    }

    /// The administrator's keys.
    pub fn administrator(&self) -> Keys {
        let (id, secret) = self.settings().administrator.as_ref().unwrap();
        Keys { id: id.to_string(), secret: secret.expose().to_owned(), token: None }
    }

    /// Calls a query service.
    pub fn query(&self, keys: &Keys, service: &str, form: &str) -> Reply {
        keys.query(&self.api(), service, form, self.now()).send(&self.api())
    }

    /// Calls S3.
    pub fn s3(&self, keys: &Keys, method: &str, target: &str, body: &[u8]) -> Reply {
        self.s3_request(keys, method, target, body).send(&self.api())
    }

    /// A signed request to S3, to be spoiled.
    pub fn s3_request(
        &self,
        keys: &Keys,
        method: &str,
        target: &str,
        body: &[u8],
    ) -> SignedRequest {
        keys.s3(&self.api(), method, target, body, self.now())
    }

    /// Reads a path of the metadata service with a fresh token.
    pub fn metadata(&self, path: &str) -> Reply {
        let put = "PUT /latest/api/token HTTP/1.1\r\nhost: x\r\n\
                   x-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";
        let token = Wire::send(&self.imds(), put.as_bytes()).text();
        let get = format!(
            "GET /latest/{path} HTTP/1.1\r\nhost: x\r\nx-aws-ec2-metadata-token: {token}\r\n\r\n"
        );
        Wire::send(&self.imds(), get.as_bytes())
    }

    /// The instance's role keys, as the metadata service gives them.
    pub fn instance_keys(&self) -> Keys {
        let list = "meta-data/iam/security-credentials/";
        let role = self.metadata(list).text();
        let document = self.metadata(&format!("{list}{role}")).text();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        let field = |name: &str| document[name].as_str().unwrap().to_owned();
        Keys {
            id: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
            token: Some(field("Token")),
        }
    }

    /// Keys that an STS answer holds.
    pub fn keys_of(reply: &Reply) -> Keys {
        let field = |name: &str| reply.element(name).unwrap_or_else(|| panic!("{}", reply.text()));
        Keys {
            id: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
            token: Some(field("SessionToken")),
        }
    }
}

/// 2026-11-22T10:00:00Z
const START: Timestamp = Timestamp::from_seconds(1_795_341_600);

/// The seed that the program has built in.
const DEVELOPMENT: &str = include_str!("../../rolecall/src/development.toml");
