//! Requests as they come over a socket. contract/imds.md section 4, rows 16 to 24, 27 and 40 to 50.

use rolecall_testkit::{Imds, Reply, TestWorld};

const SEED: &str = r##"
account = "123456789012"
[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]
[[instance]]
id = "i-0123456789abcdef0"
user-data = "#cloud-config\nruncmd: []\n"
"##;
const PATH: &str = "/latest/meta-data/instance-id";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

fn imds(world: &TestWorld) -> Imds {
    Imds::at(world.settings().addresses.imds)
}

fn with_token(token: &str) -> String {
    format!("x-aws-ec2-metadata-token: {token}")
}

fn modify(world: &TestWorld, option: &str) {
    let form = format!(
        "Action=ModifyInstanceMetadataOptions&Version=2016-11-15&InstanceId=i-0123456789abcdef0\
         &{option}"
    );
    let reply = world.query(&world.administrator(), "ec2", &form);
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn is_empty(reply: &Reply, status: u16) -> bool {
    reply.status == status
        && reply.body.is_empty()
        && reply.header("content-type") == Some("text/plain")
        && reply.header("content-length") == Some("0")
        && reply.header("connection") == Some("close")
}

/// Rows 16 to 19.
#[test]
fn the_token_path_takes_put_alone() {
    let world = TestWorld::with_seed(SEED);
    let (imds, path) = (imds(&world), "/latest/api/token");
    assert!(is_empty(&imds.ask("GET", path, &[]), 401));
    let token = with_token(&imds.token());
    let other = imds.ask("GET", path, &[&token]);
    assert_eq!((other.status, other.header("allow")), (405, Some("OPTIONS, PUT")));
    assert_eq!(imds.ask("GET", "/latest/api", &[&token]).status, 404);
    let options = imds.ask("OPTIONS", path, &[]);
    assert_eq!((options.status, options.header("allow")), (200, Some("OPTIONS, PUT")));
    modify(&world, "HttpTokens=optional");
    let without = imds.ask("GET", path, &[]);
    assert_eq!((without.status, without.header("allow")), (405, Some("OPTIONS, PUT")));
}

/// Row 22.
#[test]
fn a_token_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let start = || TestWorld::with(SEED, Some(folder.path().to_owned()));
    let world = start();
    let token = imds(&world).token();
    world.stop();
    let world = start();
    assert_eq!(imds(&world).read_with("meta-data/instance-id", &token).status, 200);
    world.advance_seconds(60);
    assert!(is_empty(&imds(&world).read_with("meta-data/instance-id", &token), 401));
}

/// Rows 23 and 24.
#[test]
fn a_token_that_is_not_whole_is_none() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    let good = imds.token();
    let mut changed = good.clone().into_bytes();
    changed[30] = if changed[30] == b'A' { b'B' } else { b'A' };
    for bad in [
        String::from_utf8(changed).unwrap(),
        good[..55].to_owned(),
        format!("{good}A"),
        "A".repeat(70),
        "!".repeat(56),
        good.to_lowercase(),
        String::new(),
    ] {
        assert!(is_empty(&imds.ask("GET", PATH, &[&with_token(&bad)]), 401), "{bad}");
    }
    let twice = [with_token(&good), with_token(&good)];
    assert!(is_empty(&imds.ask("GET", PATH, &[&twice[0], &twice[1]]), 401));
    assert_eq!(imds.ask("GET", PATH, &[&with_token(&good)]).status, 200);
}

/// Row 27, in small.
#[test]
fn every_token_is_another() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    let tokens: std::collections::HashSet<String> = (0..200).map(|_| imds.token()).collect();
    assert_eq!(tokens.len(), 200);
}

/// Row 40.
#[test]
fn a_disabled_endpoint_answers_nothing() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    let token = with_token(&imds.token());
    modify(&world, "HttpEndpoint=disabled");
    let ttl = format!("{TTL}: 60");
    for method in ["GET", "PUT", "POST", "DELETE", "OPTIONS"] {
        for target in ["/", "/latest/api/token", PATH, "/nope"] {
            assert!(is_empty(&imds.ask(method, target, &[&token, &ttl]), 403), "{method} {target}");
        }
    }
    modify(&world, "HttpEndpoint=enabled");
    assert_eq!(imds.ask("GET", PATH, &[&token]).status, 200);
}

/// Row 41.
#[test]
fn tokens_can_be_asked_for_while_it_runs() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    for (value, status) in [("optional", 200), ("required", 401)] {
        modify(&world, &format!("HttpTokens={value}"));
        let reply = imds.ask("GET", PATH, &[]);
        assert_eq!((reply.status, reply.header(TTL)), (status, None), "{value}");
    }
}

/// Rows 42 to 50.
#[test]
fn paths_are_found_however_they_are_written() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    let token = with_token(&imds.token());
    let root = Some("dynamic\nmeta-data\nuser-data");
    let id = Some("i-0123456789abcdef0");
    for (target, body) in [
        ("/latest", root),
        ("/latest/", root),
        ("//latest///meta-data//instance-id", id),
        ("/latest/./meta-data/instance-id", id),
        ("/latest/meta-data/%69nstance-id", id),
        ("/latest/meta-data/instance-id?x=1", id),
        ("/latest/meta-data/instance-id/", id),
        ("/latest/meta-data/../user-data", Some("#cloud-config\nruncmd: []\n")),
        ("http://169.254.169.254/latest/meta-data/instance-id", id),
        ("/2021-03-24/meta-data/instance-id", None),
        ("/foo", None),
        ("/latest/meta-data/nope", None),
        ("/latest/meta-data/instance-id/x", None),
        ("/latest/META-DATA/", None),
        ("/latest/../../etc/passwd", None),
        ("/%2e%2e/etc/passwd", None),
    ] {
        let reply = imds.ask("GET", target, &[&token]);
        assert_eq!(reply.header(TTL), Some("60"), "{target}");
        match body {
            Some(body) => assert_eq!((reply.status, &*reply.text()), (200, body), "{target}"),
            None => assert_eq!((reply.status, reply.body.len()), (404, 339), "{target}"),
        }
    }
    let versions = imds.ask("GET", "/", &[&token]).text();
    assert!(versions.starts_with("1.0\n2007-01-19\n") && versions.ends_with("\nlatest"));
}

/// Contract section 1.1.
#[test]
fn headers_stand_in_the_order_of_aws() {
    let world = TestWorld::with_seed(SEED);
    let imds = imds(&world);
    let token = with_token(&imds.token());
    let ttl = format!("{TTL}: 60");
    let all = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds Content-Type Accept-Ranges Last-Modified \
               Content-Length Date Server Connection";
    let none = "Content-Type Content-Length Date Server Connection";
    let with_ttl = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds Content-Type Content-Length Date Server \
                    Connection";
    let allow = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds Content-Type Allow Content-Length Date \
                 Server Connection";
    for (method, path, header, status, expected) in [
        ("GET", PATH, &token, 200, all),
        ("HEAD", PATH, &token, 200, all),
        ("GET", "/latest/meta-data/no", &token, 404, with_ttl),
        ("OPTIONS", PATH, &token, 200, allow),
        ("POST", PATH, &token, 403, with_ttl),
        ("PUT", "/latest/api/token", &ttl, 200, with_ttl),
        ("GET", PATH, &ttl, 401, none),
    ] {
        let reply = imds.ask(method, path, &[header]);
        let names: Vec<_> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((reply.status, names.join(" ").as_str()), (status, expected), "{method} {path}");
    }
}

/// Row 6.
#[test]
fn a_token_of_no_lifetime_is_given_out_dead_or_refused() {
    let world = TestWorld::with_seed(&format!(
        "{SEED}[[imds]]\naddress = \"127.0.0.1:0\"\nstrict-ttl = true\n"
    ));
    let ttl = format!("{TTL}: 0");
    let given = imds(&world).ask("PUT", "/latest/api/token", &[&ttl]);
    assert_eq!((given.status, given.header(TTL)), (200, Some("0")));
    assert!(is_empty(&imds(&world).ask("GET", PATH, &[&with_token(&given.text())]), 401));
    let strict = world.further_imds(0);
    assert!(is_empty(&strict.ask("PUT", "/latest/api/token", &[&ttl]), 400));
    assert_eq!(strict.read_with("meta-data/instance-id", &strict.token()).status, 200);
}
