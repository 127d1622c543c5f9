use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rolecall_authority::seed::Seed;
use rolecall_identity::{Clock, Timestamp};
use rolecall_server::{
    Addresses, Config, ManualClock, MovableClock, Planes, Profile, Settings, StartError, World,
};
use tokio::runtime::Runtime;

use crate::imds::Imds;
use crate::signer::{Keys, SignedRequest};
use crate::wire::{Reply, Wire};

/// A world in this process, whose clock stands still until the test moves it.
pub struct TestWorld {
    world: Option<World>,
    runtime: Runtime,
    clock: Arc<dyn Clock>,
    manual: Arc<ManualClock>,
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
        Self::configured(seed, |config| config.data = data)
    }

    /// Another world, whose clock the admin address moves; [`advance_seconds`](Self::advance_seconds)
    /// does nothing there.
    pub fn movable(seed: &str) -> Self {
        Self::configured(seed, |config| {
            let clock = Arc::new(MovableClock::default());
            config.clock = Arc::clone(&clock) as Arc<dyn Clock>;
            config.movable = Some(clock);
        })
    }

    /// Another world, made otherwise than usual.
    pub fn configured(seed: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::try_configured(seed, change).unwrap()
    }

    /// Another world, which may not start.
    pub fn try_start(seed: &str) -> Result<Self, StartError> {
        Self::try_configured(seed, |_| {})
    }

    fn try_configured(seed: &str, change: impl FnOnce(&mut Config)) -> Result<Self, StartError> {
        let seed: Seed = toml::from_str(seed).unwrap();
        let manual = Arc::new(ManualClock::new(START));
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = Config {
            addresses: Addresses { imds: any, container: any, api: any, admin: any },
            listeners: Vec::new(),
            profile: Profile::Aws,
            keep_alive: false,
            pod_identity: None,
            planes: Planes::All,
            data: None,
            seed,
            clock: Arc::clone(&manual) as Arc<dyn Clock>,
            movable: None,
            soft: false,
            explain: false,
        };
        change(&mut config);
        let clock = Arc::clone(&config.clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let world = Some(runtime.block_on(World::start(config))?);
        Ok(Self { world, runtime, clock, manual })
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
        self.manual.advance_seconds(seconds);
    }

    /// `HOST:PORT` of the API.
    pub fn api(&self) -> String {
        self.settings().addresses.api.to_string()
    }

    /// `HOST:PORT` of the metadata service.
    pub fn imds(&self) -> String {
        self.settings().addresses.imds.to_string()
    }

    /// A further address of the metadata service: the first one is `[[imds]]`'s first.
    pub fn further_imds(&self, index: usize) -> Imds {
        Imds::at(self.settings().listeners[index + 1].address)
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
        Imds::at(self.settings().addresses.imds).read(path)
    }

    /// Asks the admin address.
    pub fn admin_get(&self, path: &str) -> Reply {
        let get = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        Wire::send(&self.admin(), get.as_bytes())
    }

    /// Asks the admin address for a change, as it wants to be asked.
    pub fn admin_change(&self, method: &str, path: &str, body: &str) -> Reply {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        Wire::send(&self.admin(), request.as_bytes())
    }

    /// The audit records so far. Records are written in order and a little later: one more call
    /// marks their end.
    pub fn records(&self) -> Vec<serde_json::Value> {
        let form = "Action=GetCallerIdentity&Version=2011-06-15";
        let mark = self.query(&self.administrator(), "sts", form);
        let mark = mark.header("x-amzn-requestid").unwrap().to_owned();
        let mut stream = TcpStream::connect(self.settings().addresses.admin).unwrap();
        stream.write_all(b"GET /audit?follow=true HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        let lines = BufReader::new(stream).lines().map(Result::unwrap);
        let records = lines.filter_map(|line| serde_json::from_str(&line).ok());
        let is_before = |record: &serde_json::Value| record["requestID"] != *mark;
        records.filter(serde_json::Value::is_object).take_while(is_before).collect()
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
