//! The metadata service in networks of its own: at the addresses that AWS has it, with a router in
//! between, and for several instances.
//!
//! contract/imds.md section 1.1, and section 4, rows 20, 21, 25, 26 and 104. Root alone can make
//! network namespaces; they go with the test, and no address is put on the machine's interfaces.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use rolecall_testkit::{Client, Clients, Dev, Imds, Namespace, Ran, is_root};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::{now, program};

const A: &str = "i-0aaaaaaaaaaaaaaaa";
const B: &str = "i-0bbbbbbbbbbbbbbbb";

const IPV4: &str = "169.254.169.254:80";
const IPV6: &str = "[fd00:ec2::254]:80";
/// The first again, where a connection may ask more than once.
const KEPT: &str = "169.254.169.254:8080";
/// The first again, of a listener for both protocols.
const MAPPED: &str = "169.254.169.254:8081";

/// Two roles, and somebody who may change instances.
const WORLD: &str = r#"
account = "123456789012"
[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]
[[role]]
name = "role-a"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[role]]
name = "role-b"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[instance-profile]]
name = "role-a"
role = "role-a"
[[instance-profile]]
name = "role-b"
role = "role-b"
"#;

/// The only instance of a world, which is answered over IPv6, too. It has what cloud-init and
/// ec2-metadata look for.
const ON_IPV6: &str = r#"
[[instance]]
id = "i-0aaaaaaaaaaaaaaaa"
profile = "role-a"
http-protocol-ipv6 = true
instance-metadata-tags = true
tags = { Name = "dev" }
"#;

/// Two instances that are told apart by their addresses, if by nothing else.
const TWO: &str = r#"
[[instance]]
id = "i-0aaaaaaaaaaaaaaaa"
profile = "role-a"
private-ip = "10.0.0.10"
[[instance]]
id = "i-0bbbbbbbbbbbbbbbb"
profile = "role-b"
private-ip = "10.0.0.11"
"#;

/// How long a client waits for an answer that does not come.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server, a router, and a client behind it.
struct Routed {
    server: Namespace,
    router: Namespace,
    client: Namespace,
}

impl Routed {
    fn new() -> Self {
        let [server, router, client] = [(); 3].map(|()| Namespace::new());
        server.connect("eth0", &router, "north");
        router.connect("south", &client, "eth0");
        let own = ["169.254.169.254/32", "fd00:ec2::254/128"];
        server.address("eth0", &["198.51.100.1/24", "2001:db8:1::1/64", own[0], own[1]]);
        router.address("north", &["198.51.100.2/24", "2001:db8:1::2/64"]);
        router.address("south", &["203.0.113.1/24", "2001:db8:2::1/64"]);
        client.address("eth0", &["203.0.113.2/24", "2001:db8:2::2/64"]);
        router.route_for_others();
        server.ip("route add 203.0.113.0/24 via 198.51.100.2");
        server.ip("route add 2001:db8:2::/64 via 2001:db8:1::2");
        for address in own {
            router.ip(&format!("route add {address} dev north"));
        }
        client.ip("route add 169.254.169.254/32 via 203.0.113.1");
        client.ip("route add fd00:ec2::254/128 via 2001:db8:2::1");
        Self { server, router, client }
    }

    /// How many packets of each protocol the router dropped for having gone far enough.
    fn dropped(&self) -> (u64, u64) {
        let read = |path: &str| self.router.inside(|| fs::read_to_string(path).unwrap());
        let ipv4 = read("/proc/thread-self/net/snmp");
        let mut lines = ipv4.lines().filter_map(|line| line.strip_prefix("Icmp: "));
        let (names, values) = (lines.next().unwrap(), lines.next().unwrap());
        let mut columns = names.split(' ').zip(values.split(' '));
        let ipv4 = columns.find(|(name, _)| *name == "OutTimeExcds").unwrap().1;
        let ipv6 = read("/proc/thread-self/net/snmp6");
        let ipv6 = ipv6.lines().find_map(|line| line.strip_prefix("Icmp6OutTimeExcds")).unwrap();
        (ipv4.trim().parse().unwrap(), ipv6.trim().parse().unwrap())
    }
}

#[test]
fn a_token_goes_no_further_than_the_hop_limit() {
    if !Namespace::can_be_made() {
        return;
    }
    let routed = Routed::new();
    let kept = format!("[[imds]]\naddress = \"{KEPT}\"\nkeep-alive = true\n");
    let seed = seed(&[ON_IPV6, &kept, "[[imds]]\naddress = \"[::]:8081\"\n"]);
    let addresses = ["--imds", IPV4, "--imds", IPV6, "--seed", seed.path().to_str().unwrap()];
    let world = routed.server.inside(|| Dev::start(program(), &addresses));

    // The limit is 1: who is there directly gets a token.
    for imds in [IPV4, IPV6, MAPPED].map(imds) {
        assert_eq!(routed.router.inside(|| id_at(&imds)), A);
        assert_eq!(routed.client.inside(|| status_without_token(&imds)), 401);
    }
    assert_eq!(routed.dropped(), (0, 0));
    routed.client.inside(|| {
        let (put, bad) = (put("60"), put("never"));
        let mut kept = TcpStream::connect(KEPT).unwrap();
        kept.write_all(GET.as_bytes()).unwrap();
        let mut answer = [0; 512];
        let length = kept.read(&mut answer).unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 401 "));
        let strangers = [(IPV4, &put), (IPV4, &bad), (IPV6, &put), (IPV6, &bad), (MAPPED, &put)]
            .map(|(address, request)| (TcpStream::connect(address).unwrap(), request));
        nothing_comes_back(strangers.into_iter().chain([(kept, &put)]).collect());
    });
    let (ipv4, ipv6) = routed.dropped();
    assert!(ipv4 > 0 && ipv6 > 0, "{ipv4} {ipv6}");

    // With 2 it comes through the router.
    routed.server.inside(|| modify(&world, "HttpPutResponseHopLimit=2"));
    for imds in [IPV4, IPV6, KEPT, MAPPED].map(imds) {
        assert_eq!(routed.client.inside(|| id_at(&imds)), A);
    }
}

#[test]
fn a_hop_limit_of_2_can_be_there_from_the_beginning() {
    if !Namespace::can_be_made() {
        return;
    }
    let routed = Routed::new();
    let seed = seed(&[ON_IPV6, "http-put-response-hop-limit = 2\n"]);
    let addresses = ["--imds", IPV4, "--imds", IPV6, "--seed", seed.path().to_str().unwrap()];
    let _world = routed.server.inside(|| Dev::start(program(), &addresses));
    for imds in [IPV4, IPV6].map(imds) {
        assert_eq!(routed.client.inside(|| id_at(&imds)), A);
    }
    assert_eq!(routed.dropped(), (0, 0));
}

#[test]
fn clients_that_are_told_nothing_find_the_instance() {
    if !Namespace::can_be_made() {
        return;
    }
    let machine = with_both_addresses();
    let world = machine.inside(|| Dev::of(at_both_addresses(&seed(&[ON_IPV6]))));
    let key = machine.inside(|| key_at(&imds(IPV4)));
    let ipv6 = [("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE".to_owned(), "IPv6".to_owned())];
    for variables in [&[][..], &ipv6] {
        each_chain(&machine, variables, |client, ran| {
            let masked = format!("access_key ****************{} iam-role", &key[key.len() - 4..]);
            let expected = match client {
                // The only one that wants to be told the region, whatever the instance says.
                Client::AwsCliV1 => [masked, "region <not set>".to_owned()],
                Client::AwsCliV2 => [masked, format!("region {REGION} imds")],
                _ => [format!("access-key-id {key}"), format!("region {REGION}")],
            };
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{client:?}");
            assert!(tells(ran, &expected), "{client:?} {variables:?}");
        });
    }
    machine.inside(|| modify(&world, "HttpProtocolIpv6=disabled"));
    each_chain(&machine, &ipv6, |client, ran| {
        if Client::COMMAND_LINES.contains(&client) {
            let nothing = ["access_key <not set>", "region <not set>"].map(str::to_owned);
            assert!(tells(ran, &nothing), "{client:?}");
        } else {
            assert_eq!((ran.code, ran.stdout.len()), (1, 0), "{client:?}");
        }
    });
    machine.inside(|| {
        let mut stream = TcpStream::connect(IPV6).unwrap();
        let _ = stream.write_all(GET.as_bytes());
        let mut answer = Vec::new();
        // A reset is an end, too.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty());
        assert_eq!(id_at(&imds(IPV4)), A);
    });
}

#[test]
fn cloud_init_and_ec2_metadata_find_the_instance() {
    if !Namespace::can_be_made() {
        return;
    }
    let machine = with_both_addresses();
    let _world = machine.inside(|| Dev::of(at_both_addresses(&seed(&[ON_IPV6]))));
    let run = |client, url| machine.inside(|| Clients::find().run(client, &[url], &[]));
    for url in ["http://169.254.169.254", "http://[fd00:ec2::254]"] {
        if let Some(ran) = run(Client::CloudInit, url) {
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.text());
            let crawled: Value = serde_json::from_slice(&ran.stdout).unwrap();
            assert_eq!((&crawled["instance_id"], &crawled["region"]), (&A.into(), &REGION.into()));
        }
        if let Some(ran) = run(Client::Ec2Metadata, url) {
            assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.text());
            let is_told = |line| ran.text().lines().any(|told| told == line);
            assert!(is_told(format!("instance_id '{A}'")), "{}", ran.text());
            assert!(is_told(format!("region '{REGION}'")), "{}", ran.text());
        }
    }
}

#[test]
fn a_namespace_is_an_instance() {
    if !Namespace::can_be_made() {
        return;
    }
    let [a, b] = [(); 2].map(|()| with_both_addresses());
    let listener = |namespace: &Namespace, id| {
        let path = namespace.path();
        format!("[[imds]]\naddress = \"{IPV4}\"\nnamespace = {path:?}\ninstance = \"{id}\"\n")
    };
    let seed = seed(&[TWO, &listener(&a, A), &listener(&b, B)]);
    // It is in the machine's own namespace, and listens there on loopback alone.
    let _world = Dev::start(program(), &["--seed", seed.path().to_str().unwrap()]);
    are_two_instances(&a, &b);
}

#[test]
fn an_interface_is_an_instance() {
    if !Namespace::can_be_made() {
        return;
    }
    let [host, a, b] = [(); 3].map(|()| Namespace::new());
    host.address("lo", &["169.254.169.254/32"]);
    for (guest, tap, net) in [(&a, "tap-a", "10.0.1"), (&b, "tap-b", "10.0.2")] {
        host.connect(tap, guest, "eth0");
        host.address(tap, &[&format!("{net}.1/24")]);
        guest.address("eth0", &[&format!("{net}.2/24")]);
        guest.ip("route add 169.254.169.254/32 dev eth0");
    }
    let listener = |tap: &str, id: &str| {
        format!("[[imds]]\naddress = \"{IPV4}\"\ninterface = \"{tap}\"\ninstance = \"{id}\"\n")
    };
    let seed = seed(&[TWO, &listener("tap-a", A), &listener("tap-b", B)]);
    let seed = ["--seed", seed.path().to_str().unwrap()];
    let _world = host.inside(|| Dev::start(program(), &seed));
    are_two_instances(&a, &b);
    // The host itself comes through neither interface.
    let refused = host.inside(|| TcpStream::connect(IPV4)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn an_address_on_a_bridge_is_an_instance() {
    if !Namespace::can_be_made() {
        return;
    }
    let [host, a, b, stranger] = [(); 4].map(|()| Namespace::new());
    host.ip("link add name bridge type bridge");
    host.address("bridge", &["10.0.0.1/24", "169.254.169.254/32"]);
    for (guest, port, address) in [
        (&a, "port-1", "10.0.0.10/24"),
        (&b, "port-2", "10.0.0.11/24"),
        (&stranger, "port-3", "10.0.0.12/24"),
    ] {
        host.connect(port, guest, "eth0");
        host.ip(&format!("link set dev {port} master bridge up"));
        guest.address("eth0", &[address]);
        guest.ip("route add 169.254.169.254/32 dev eth0");
    }
    let seed = seed(&[TWO, &format!("[[imds]]\naddress = \"{IPV4}\"\nby-source = true\n")]);
    let seed = ["--seed", seed.path().to_str().unwrap()];
    let _world = host.inside(|| Dev::start(program(), &seed));
    are_two_instances(&a, &b);
    for nobody in [&stranger, &host] {
        assert_eq!(nobody.inside(|| imds(IPV4).put_token().status), 404);
    }
}

#[test]
fn an_ordinary_user_has_a_world() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // The program may be in a folder that others cannot enter.
    let copy = folder.path().join("rolecall");
    fs::copy(program(), &copy).unwrap();
    let mut command = Dev::command(&copy, &[]);
    command.env("HOME", folder.path());
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let world = Dev::of(command);
    let status = fs::read_to_string(format!("/proc/{}/status", world.pid())).unwrap();
    let line = |name| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    assert_ne!(line("Uid:").split('\t').next(), Some("0"));
    assert_eq!(line("CapEff:"), "0000000000000000");
    let address = world.field("imds").trim_start_matches("http://");
    assert_eq!(id_at(&imds(address)), "i-0123456789abcdef0");
}

/// Each is an instance with a role, and takes no token of the other.
fn are_two_instances(a: &Namespace, b: &Namespace) {
    let imds = imds(IPV4);
    let seen = [a, b].map(|namespace| {
        namespace.inside(|| {
            let role = imds.read("meta-data/iam/security-credentials/").text();
            (id_at(&imds), role, imds.token())
        })
    });
    let [(id_of_a, role_of_a, token_of_a), (id_of_b, role_of_b, token_of_b)] = &seen;
    assert_eq!((&**id_of_a, &**role_of_a), (A, "role-a"));
    assert_eq!((&**id_of_b, &**role_of_b), (B, "role-b"));
    for (namespace, good, bad) in [(a, token_of_a, token_of_b), (b, token_of_b, token_of_a)] {
        let read = |token| namespace.inside(|| imds.read_with("meta-data/instance-id", token));
        assert_eq!((read(good).status, read(bad).status), (200, 401));
    }
}

/// A machine whose loopback has the metadata service's own addresses.
fn with_both_addresses() -> Namespace {
    let machine = Namespace::new();
    machine.address("lo", &["169.254.169.254/32", "fd00:ec2::254/128"]);
    machine
}

/// A world there; everything else is where it is by default.
fn at_both_addresses(seed: &NamedTempFile) -> Command {
    let mut command = Command::new(program());
    command.args(["dev", "--json", "--imds", IPV4, "--imds", IPV6, "--seed"]).arg(seed.path());
    command
}

/// Runs each tool that looks for credentials and the region, told no address.
fn each_chain(machine: &Namespace, variables: &[(String, String)], check: impl Fn(Client, &Ran)) {
    for client in Client::CHAINS {
        let words = client.words(&["metadata"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = machine.inside(|| Clients::find().run(client, &words, variables));
        if let Some(ran) = ran {
            check(client, &ran);
        }
    }
}

/// Whether a tool says all of these, with however many spaces. What else an AWS CLI says is not for
/// a log: it shows the end of the secret key.
fn tells(ran: &Ran, parts: &[String]) -> bool {
    let text = ran.text().split_whitespace().collect::<Vec<_>>().join(" ");
    parts.iter().all(|part| text.contains(part))
}

/// Changes the metadata options of the instance.
fn modify(world: &Dev, option: &str) {
    let form =
        format!("Action=ModifyInstanceMetadataOptions&Version=2016-11-15&InstanceId={A}&{option}");
    let keys = world.administrator();
    let reply = keys.query(world.api(), "ec2", &form, now()).send(world.api());
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Sends each its request. Whatever comes, be it an end, is too much.
fn nothing_comes_back(requests: Vec<(TcpStream, &String)>) {
    let sent = requests.into_iter().map(|(mut stream, request)| {
        stream.write_all(request.as_bytes()).unwrap();
        stream
    });
    let sent: Vec<TcpStream> = sent.collect();
    let end = Instant::now() + PATIENCE;
    for mut stream in sent {
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).unwrap();
        let read = stream.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(read, Err(ErrorKind::WouldBlock));
    }
}

/// The status of a read without a token, which is there in less time than a client waits.
fn status_without_token(imds: &Imds) -> u16 {
    let asked = Instant::now();
    let status = imds.ask("GET", "/latest/meta-data/", &[]).status;
    assert!(asked.elapsed() < PATIENCE);
    status
}

fn id_at(imds: &Imds) -> String {
    imds.read("meta-data/instance-id").text()
}

fn key_at(imds: &Imds) -> String {
    let reply = imds.read("meta-data/iam/security-credentials/role-a");
    let document: Value = serde_json::from_slice(&reply.body).unwrap();
    document["AccessKeyId"].as_str().unwrap().to_owned()
}

fn imds(address: &str) -> Imds {
    Imds::at(address.parse::<SocketAddr>().unwrap())
}

fn put(ttl: &str) -> String {
    format!(
        "PUT /latest/api/token HTTP/1.1\r\nhost: metadata\r\n\
         x-aws-ec2-metadata-token-ttl-seconds: {ttl}\r\n\r\n"
    )
}

/// A world of two roles with these parts, its instances and listeners.
fn seed(parts: &[&str]) -> NamedTempFile {
    let seed = NamedTempFile::new().unwrap();
    fs::write(&seed, format!("{WORLD}{}", parts.concat())).unwrap();
    seed
}

const GET: &str = "GET / HTTP/1.1\r\nhost: metadata\r\n\r\n";
const REGION: &str = "us-east-1";
/// Debian's user and group `nobody` and `nogroup`, the kernel's overflow ids.
const NOBODY: u32 = 65534;
