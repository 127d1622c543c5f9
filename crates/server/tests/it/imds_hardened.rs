//! The hardened profile, and that the usual one refuses none of it. contract/imds.md section 1.9 and
//! section 4, rows 36, 50 and 52.

use rolecall_server::Profile;
use rolecall_testkit::{Imds, TestWorld};

const SEED: &str = r#"
account = "123456789012"
[[instance]]
id = "i-0123456789abcdef0"
http-tokens = "optional"
[[imds]]
address = "127.0.0.1:0"
[[imds]]
address = "127.0.0.1:0"
hardened = true
hosts = ["imds.internal"]
"#;
const PATH: &str = "/latest/meta-data/instance-id";

/// Status at AWS's profile, and at the hardened one, of a read and of a token request.
fn statuses(world: &TestWorld, target: &str, header: &str) -> [(u16, u16); 2] {
    let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 60";
    [0, 1].map(|listener| {
        let imds = world.further_imds(listener);
        let read = imds.ask("GET", target, &[header]);
        (read.status, imds.ask("PUT", "/latest/api/token", &[header, ttl]).status)
    })
}

#[test]
fn what_a_proxy_or_a_browser_sends_is_refused() {
    let world = TestWorld::with_seed(SEED);
    for header in [
        "forwarded: for=10.0.0.1",
        "via: 1.1 proxy",
        "x-forwarded-host: a",
        "x-forwarded-proto: http",
        "X-Forwarded-Prefix: /",
        "origin: null",
        "referer: http://a.example/",
        "sec-fetch-mode: navigate",
        "sec-fetch-site: cross-site",
        "host: a.example",
        "host: a.example:80",
        "host: 127.0.0.1.a.example",
        "host: imds.internal.a.example",
        "host:",
    ] {
        assert_eq!(statuses(&world, PATH, header), [(200, 200), (403, 403)], "{header}");
    }
    // AWS's own refusal: of token requests alone.
    for header in ["x-forwarded-for: 10.0.0.1", "x-forwarded-for:"] {
        assert_eq!(statuses(&world, PATH, header), [(200, 403), (403, 403)], "{header}");
    }
    let absolute = format!("http://169.254.169.254{PATH}");
    assert_eq!(statuses(&world, &absolute, "accept: */*"), [(200, 200), (403, 200)]);
}

#[test]
fn what_an_sdk_sends_passes() {
    let world = TestWorld::with_seed(SEED);
    for header in [
        "host: 169.254.169.254",
        "host: 169.254.169.254:80",
        "host: [fd00:ec2::254]",
        "host: localhost:1338",
        "host: 127.0.0.1:1338",
        "host: [::1]:1338",
        "host: imds.internal",
        "host: IMDS.internal:1338",
        "user-agent: aws-sdk",
        "accept-encoding: identity",
    ] {
        assert_eq!(statuses(&world, PATH, header), [(200, 200); 2], "{header}");
    }
    for listener in [0, 1] {
        let address = world.further_imds(listener).address.to_string();
        let old = format!("GET {PATH} HTTP/1.0\r\n\r\n");
        let reply = rolecall_testkit::Wire::send(&address, old.as_bytes());
        assert_eq!((reply.status, &*reply.text()), (200, "i-0123456789abcdef0"));
    }
}

#[test]
fn a_refusal_is_empty_and_tells_nothing() {
    let world = TestWorld::with_seed(SEED);
    let imds = world.further_imds(1);
    let token = format!("x-aws-ec2-metadata-token: {}", imds.token());
    let reply = imds.ask("GET", PATH, &[&token, "via: 1.1 proxy"]);
    let names = reply.headers.iter().map(|(name, _)| name.as_str());
    let names: Vec<_> = names.collect();
    assert_eq!((reply.status, reply.body.len()), (403, 0));
    assert_eq!(names, ["Content-Type", "Content-Length", "Date", "Server", "Connection"]);
}

#[test]
fn the_worlds_own_address_is_hardened_when_asked() {
    let world = TestWorld::configured(SEED, |config| {
        config.profile = Profile::Hardened { hosts: Vec::new() };
    });
    let imds = Imds::at(world.settings().addresses.imds);
    assert_eq!(imds.ask("GET", PATH, &["via: 1.1 proxy"]).status, 403);
    assert_eq!(imds.ask("GET", PATH, &["host: imds.internal"]).status, 403, "not its name");
    assert_eq!(imds.ask("GET", PATH, &[]).status, 200);
}
