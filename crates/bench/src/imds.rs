use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Instant;

use rolecall_testkit::{Dev, Wire};
use socket2::{Domain, Socket, Type};

use crate::floor_server::{FloorServer, Work};
use crate::load::{Cost, Load, in_turn, middle};
use crate::placement::Placement;
use crate::process;
use crate::table::{Row, Target};

/// Reading credentials with a token and asking for tokens, beside a constant answer of the same
/// bytes; the memory of a process that does nothing else; many instances in one.
pub(crate) fn rows(quick: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let processes = if quick { 1 } else { PROCESSES };
    for kept in [false, true] {
        rows.extend(over_processes(processes, kept).iter().flat_map(Comparison::rows));
    }
    rows.extend(memory(if quick { 100_000 } else { 1_000_000 }));
    rows.extend(instances(if quick { 1000 } else { 10_000 }));
    rows
}

/// One kind of load on our server and on the floor.
struct Comparison {
    name: String,
    ours: Vec<Cost>,
    floor: Vec<Cost>,
}

/// Over several processes: where its code and its memory lie makes one faster than the next.
fn over_processes(count: usize, kept: bool) -> Vec<Comparison> {
    let mut all = comparisons(kept);
    for _ in 1..count {
        for (known, again) in std::iter::zip(&mut all, comparisons(kept)) {
            known.add(again);
        }
    }
    all
}

fn comparisons(kept: bool) -> Vec<Comparison> {
    let dev = process::dev_with(if kept { &["--keep-alive"] } else { &[] });
    let credentials = credential_request(address(&dev), dev.field("role"));
    let mut all = compare(&dev, "credentials", &credentials, !kept);
    // The answer to a token request always ends its connection.
    if !kept {
        all.extend(compare(&dev, "tokens", TOKEN_REQUEST.as_bytes(), true));
    }
    all
}

fn compare(dev: &Dev, what: &str, request: &[u8], closes: bool) -> Vec<Comparison> {
    let address = address(dev);
    let answer = Wire::send(address, request);
    assert_eq!(answer.status, 200);
    let floor = FloorServer::start(Work::Nothing, "", &answer);
    let ends = if closes { "closed" } else { "kept" };
    let of = |(connections, placement, place)| {
        let ours = Load { pid: dev.pid(), address, request, connections, closes, placement };
        let floor = Load { pid: floor.pid(), address: floor.address(), ..ours };
        let [ours, floor] = in_turn(&ours, &floor, REQUESTS);
        Comparison { name: format!("imds: {what}, {connections} {ends}{place}"), ours, floor }
    };
    let loads = [
        (1, Placement::Together, ", one CPU"),
        (1, Placement::Apart, ", two CPUs"),
        (64, Placement::Anywhere, ""),
    ];
    loads.map(of).into()
}

impl Comparison {
    fn add(&mut self, other: Self) {
        self.ours.extend(other.ours);
        self.floor.extend(other.floor);
    }

    fn rows(&self) -> [Row; 3] {
        let (name, ours, floor) = (&self.name, middle(&self.ours), middle(&self.floor));
        let cpu = Row::new(format!("{name}: CPU"), "µs", ours.microseconds_per_request);
        let cpu = cpu.floor(floor.microseconds_per_request);
        let rate = Row::new(format!("{name}: rate"), "req/s", ours.requests_per_second);
        let rate = rate.floor(floor.requests_per_second);
        let p99 = Row::new(format!("{name}: p99"), "µs", ours.p99_microseconds);
        [
            cpu.target(Target::TimesFloor(WITHIN)),
            rate.target(Target::AtLeastTimesFloor(RATE_AT_LEAST)),
            p99.floor(floor.p99_microseconds),
        ]
    }
}

/// A process that serves the metadata service alone.
fn memory(requests: usize) -> Vec<Row> {
    let dev = process::dev_with(&["--only-metadata", "--keep-alive"]);
    let address = address(&dev);
    let request = credential_request(address, dev.field("role"));
    let (request, placement) = (request.as_slice(), Placement::Anywhere);
    let (pid, connections, closes) = (dev.pid(), 64, false);
    let load = Load { pid, address, request, connections, closes, placement };
    load.run(10_000);
    let before = process::resident_megabytes(dev.pid());
    load.run(requests);
    let after = process::resident_megabytes(dev.pid());
    let name = format!("imds alone: resident after {requests} requests");
    vec![
        Row::new(name, "MB", after).target(Target::AtMost(RESIDENT_MEGABYTES_MAX)),
        Row::new("imds alone: the same, beside 10000 requests", "MB", after)
            .floor(before)
            .target(Target::TimesFloor(FLAT_WITHIN)),
    ]
}

/// Many instances, each found by the address it sends from.
fn instances(count: u16) -> Vec<Row> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listener = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, seed_of(count, listener)).unwrap();
    let began = Instant::now();
    let dev = process::dev_with(&["--only-metadata", "--seed", seed.to_str().unwrap()]);
    let start = began.elapsed().as_secs_f64() * 1e3;
    let before = process::resident_megabytes(dev.pid());
    let round = || {
        let (began, cpu) = (Instant::now(), process::cpu_microseconds(dev.pid()));
        (0..count).for_each(|n| ask_as(source(n), listener, &instance_id(n)));
        let each = (process::cpu_microseconds(dev.pid()) - cpu) / f64::from(count);
        (each, f64::from(count) / began.elapsed().as_secs_f64())
    };
    let (first, _) = round();
    let (second, rate) = round();
    let after = process::resident_megabytes(dev.pid());
    let name = format!("imds, {count} instances");
    vec![
        Row::new(format!("{name}: start until ready"), "ms", start),
        Row::new(format!("{name}: first read of each (renders and mints), CPU"), "µs", first),
        Row::new(format!("{name}: token and read of each, one at a time, CPU"), "µs", second),
        Row::new(format!("{name}: the same"), "inst/s", rate),
        Row::new(format!("{name}: resident, before any read"), "MB", before),
        Row::new(format!("{name}: resident, all read"), "MB", after),
    ]
}

fn seed_of(count: u16, listener: SocketAddr) -> String {
    let head = format!(
        "account = \"123456789012\"\n[[role]]\nname = \"app\"\ntrust-policy = '''{TRUST}'''\n\
         [[instance-profile]]\nname = \"app\"\nrole = \"app\"\n\
         [[imds]]\naddress = \"{listener}\"\nby-source = true\n"
    );
    let instances = (0..count).map(|n| {
        let (id, address) = (instance_id(n), source(n));
        format!("[[instance]]\nid = \"{id}\"\nprofile = \"app\"\nprivate-ip = \"{address}\"\n")
    });
    head + &instances.collect::<String>()
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

fn instance_id(n: u16) -> String {
    format!("i-{n:017x}")
}

/// Loopback has sixteen million addresses.
fn source(n: u16) -> Ipv4Addr {
    let [high, low] = n.to_be_bytes();
    Ipv4Addr::new(127, 1, high, low)
}

/// A token, and with it the credentials; the answer must be that instance's.
fn ask_as(source: Ipv4Addr, listener: SocketAddr, id: &str) {
    let token = ask(source, listener, TOKEN_REQUEST);
    let token = token.rsplit("\r\n").next().unwrap();
    let read = |path: &str| {
        let request = format!(
            "GET /latest/meta-data/{path} HTTP/1.1\r\nhost: 169.254.169.254\r\n\
             x-aws-ec2-metadata-token: {token}\r\n\r\n"
        );
        ask(source, listener, &request)
    };
    assert!(read("instance-id").ends_with(id));
    assert!(read("iam/security-credentials/app").contains("\"Success\""));
}

fn ask(source: Ipv4Addr, listener: SocketAddr, request: &str) -> String {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((source, 0)).into()).unwrap();
    socket.connect(&listener.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Source: the project's targets.
const WITHIN: f64 = 1.10;
const RATE_AT_LEAST: f64 = 0.95;
const RESIDENT_MEGABYTES_MAX: f64 = 15.0;
/// Allocators breathe.
const FLAT_WITHIN: f64 = 1.05;
/// Requests of a round: the first of it find what the other server left in the caches.
const REQUESTS: usize = 12_800;
/// Processes of each server.
const PROCESSES: usize = 3;

fn address(dev: &Dev) -> &str {
    dev.field("imds").trim_start_matches("http://")
}

const TOKEN_REQUEST: &str = "PUT /latest/api/token HTTP/1.1\r\nhost: 169.254.169.254\r\n\
    x-aws-ec2-metadata-token-ttl-seconds: 21600\r\ncontent-length: 0\r\n\r\n";

fn credential_request(address: &str, role: &str) -> Vec<u8> {
    let token = Wire::send(address, TOKEN_REQUEST.as_bytes()).text();
    format!(
        "GET /latest/meta-data/iam/security-credentials/{role} HTTP/1.1\r\n\
         host: 169.254.169.254\r\naccept-encoding: identity\r\n\
         user-agent: Boto3/1.42.0 md/Botocore#1.42.0\r\n\
         x-aws-ec2-metadata-token: {token}\r\n\r\n"
    )
    .into_bytes()
}
