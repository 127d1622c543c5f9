//! Which instance a listener answers for. contract/imds.md section 4, rows 20, 21 and 104.

use std::net::IpAddr;

use rolecall_identity::InstanceId;
use rolecall_server::{ImdsListener, Serves, StartError};
use rolecall_testkit::{Imds, Keys, Reply, TestWorld, Wire};
use serde_json::Value;

const A: &str = "i-0aaaaaaaaaaaaaaaa";
const B: &str = "i-0bbbbbbbbbbbbbbbb";

/// Two instances with roles of their own. Listeners: by source, then B's own.
const TWO: &str = r#"
account = "123456789012"
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
[[instance]]
id = "i-0aaaaaaaaaaaaaaaa"
profile = "role-a"
private-ip = "127.0.0.2"
[[instance]]
id = "i-0bbbbbbbbbbbbbbbb"
profile = "role-b"
private-ip = "127.0.0.3"
[[imds]]
address = "127.0.0.1:0"
by-source = true
[[imds]]
address = "127.0.0.1:0"
instance = "i-0bbbbbbbbbbbbbbbb"
"#;

fn id_at(imds: &Imds) -> String {
    imds.read("meta-data/instance-id").text()
}

/// Keys of the role that a service shows.
fn keys_at(imds: &Imds) -> Keys {
    let list = "meta-data/iam/security-credentials/";
    let role = imds.read(list).text();
    let document: Value =
        serde_json::from_slice(&imds.read(&format!("{list}{role}")).body).unwrap();
    let field = |name: &str| document[name].as_str().unwrap().to_owned();
    Keys { id: field("AccessKeyId"), secret: field("SecretAccessKey"), token: Some(field("Token")) }
}

/// AWS's page for what is not there, and nothing of any instance beside it.
fn is_the_page(reply: &Reply) {
    let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| name != "Date").collect();
    let expected = [
        ("Content-Type", "text/html"),
        ("Content-Length", "339"),
        ("Server", "EC2ws"),
        ("Connection", "close"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!((reply.status, headers), (404, expected.iter().collect()));
    let body = reply.text();
    assert!(body.starts_with("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n"), "{body}");
    assert!(body.ends_with(" <body>\n  <h1>404 - Not Found</h1>\n </body>\n</html>\n"), "{body}");
    assert_eq!(body.len(), 339);
}

#[test]
fn an_address_is_an_instance() {
    let world = TestWorld::with_seed(TWO);
    let imds = world.further_imds(0);
    for (last, id, role) in [(2, A, "role-a"), (3, B, "role-b")] {
        let imds = imds.from_loopback(last);
        assert_eq!(id_at(&imds), id);
        let form = "Action=GetCallerIdentity&Version=2011-06-15";
        let arn = format!("arn:aws:sts::123456789012:assumed-role/{role}/{id}");
        assert_eq!(world.query(&keys_at(&imds), "sts", form).element("Arn"), Some(arn));
    }
}

#[test]
fn an_address_that_nobody_has_gets_the_page() {
    let world = TestWorld::with_seed(TWO);
    let imds = world.further_imds(0);
    let token = format!("x-aws-ec2-metadata-token: {}", imds.from_loopback(2).token());
    let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 60";
    // The machine's own address is nobody's, either.
    for stranger in [imds, imds.from_loopback(9)] {
        for (method, target, header) in [
            ("GET", "/", "accept: */*"),
            ("GET", "/latest/meta-data/instance-id", "accept: */*"),
            ("GET", "/latest/meta-data/instance-id", &token),
            ("GET", "/latest/meta-data/iam/security-credentials/role-a", &token),
            ("PUT", "/latest/api/token", ttl),
            ("PUT", "/latest/api/token", "accept: */*"),
            ("POST", "/latest/api/token", ttl),
            ("OPTIONS", "/latest/api/token", ttl),
        ] {
            is_the_page(&stranger.ask(method, target, &[header]));
        }
    }
}

#[test]
fn a_token_is_good_at_its_instance_alone() {
    let world = TestWorld::with_seed(TWO);
    let (by_source, of_b) = (world.further_imds(0), world.further_imds(1));
    let (a, b) = (by_source.from_loopback(2), by_source.from_loopback(3));
    let (token_of_a, token_of_b) = (a.token(), b.token());
    for (imds, token, status) in [
        (a, &token_of_a, 200),
        (a, &token_of_b, 401),
        (b, &token_of_b, 200),
        (b, &token_of_a, 401),
        (of_b, &token_of_b, 200),
        (of_b, &token_of_a, 401),
    ] {
        let reply = imds.read_with("meta-data/instance-id", token);
        assert_eq!((reply.status, reply.body.is_empty()), (status, status == 401));
    }
}

#[test]
fn an_address_that_two_have_is_nobodys() {
    let shared = [
        TWO.replace("127.0.0.3", "127.0.0.2"),
        TWO.replace(
            "private-ip = \"127.0.0.3\"",
            "private-ip = \"127.0.0.3\"\n[[instance.interface]]\nid = \"eni-0aaaaaaaaaaaaaaaa\"\n\
             mac = \"02:00:17:3a:5c:9f\"\ndevice-number = 1\nprivate-ips = [\"127.0.0.2\"]",
        ),
    ];
    for seed in shared {
        let world = TestWorld::with_seed(&seed);
        let imds = world.further_imds(0).from_loopback(2);
        is_the_page(&imds.put_token());
        is_the_page(&imds.ask("GET", "/latest/meta-data/instance-id", &[]));
    }
}

#[test]
fn a_listener_of_an_instance_is_that_for_everybody() {
    let world = TestWorld::with_seed(TWO);
    let of_b = world.further_imds(1);
    for imds in [of_b, of_b.from_loopback(2), of_b.from_loopback(9)] {
        assert_eq!(id_at(&imds), B);
        assert_eq!(imds.read("meta-data/iam/security-credentials/").text(), "role-b");
    }
    // The world's own address is that of its first instance.
    assert_eq!(world.metadata("meta-data/instance-id").text(), A);
}

#[test]
fn a_listener_of_an_instance_that_is_not_there_does_not_start() {
    let missing = "instance = \"i-0bbbbbbbbbbbbbbbb\"";
    let seed = TWO.replace(missing, "instance = \"i-0cccccccccccccccc\"");
    assert!(matches!(TestWorld::try_start(&seed), Err(StartError::Seed(_))));
}

#[test]
fn nothing_that_a_client_says_chooses_an_instance() {
    let world = TestWorld::with_seed(TWO);
    let imds = world.further_imds(0).from_loopback(2);
    let token = format!("x-aws-ec2-metadata-token: {}", imds.token());
    let path = "/latest/meta-data/instance-id";
    for claim in [
        "host: 127.0.0.3",
        "host: i-0bbbbbbbbbbbbbbbb",
        "forwarded: for=127.0.0.3",
        "x-forwarded-for: 127.0.0.3",
        "x-real-ip: 127.0.0.3",
        "x-instance-id: i-0bbbbbbbbbbbbbbbb",
        "x-instance-id-signature: 00",
        "via: 1.1 127.0.0.3",
    ] {
        assert_eq!(imds.ask("GET", path, &[claim, &token]).text(), A, "{claim}");
    }
    let absolute = "http://127.0.0.3/latest/meta-data/instance-id";
    for target in ["/latest/meta-data/instance-id?instance=i-0bbbbbbbbbbbbbbbb", absolute] {
        assert_eq!(imds.ask("GET", target, &[&token]).text(), A, "{target}");
    }
}

#[test]
fn a_listener_is_bound_to_its_interface() {
    let world = TestWorld::configured(TWO, |config| {
        let listener = ImdsListener::new("127.0.0.1:0".parse().unwrap());
        let interface = Some("lo".to_owned());
        let serves = Serves::Instance(B.parse::<InstanceId>().unwrap());
        config.listeners = vec![ImdsListener { interface, serves, ..listener }];
    });
    assert_eq!(id_at(&world.further_imds(0)), B);
    let with = "address = \"127.0.0.1:0\"\ninterface = \"no-such-tap\"";
    let seed = TWO.replacen("address = \"127.0.0.1:0\"", with, 1);
    let Err(StartError::Bind { plane: "metadata", .. }) = TestWorld::try_start(&seed) else {
        panic!("there is no such interface");
    };
}

#[test]
fn ipv6_is_answered_where_the_options_say_so() {
    let on_ipv6 = |option: &str, source: &str| {
        TWO.replace("private-ip = \"127.0.0.2\"", &format!("ipv6s = [\"::1\"]\n{option}")).replace(
            "address = \"127.0.0.1:0\"\nby-source = true",
            &format!("address = \"[::1]:0\"\n{source}"),
        )
    };
    let put = "PUT /latest/api/token HTTP/1.1\r\nhost: x\r\n\
               x-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";
    for source in ["by-source = true", "instance = \"i-0aaaaaaaaaaaaaaaa\""] {
        for option in ["", "http-protocol-ipv6 = false"] {
            let world = TestWorld::with_seed(&on_ipv6(option, source));
            let imds = world.further_imds(0);
            for request in [put, "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
                assert_eq!(Wire::send_raw(imds.address, request.as_bytes()), b"", "{source}");
            }
        }
        let world = TestWorld::with_seed(&on_ipv6("http-protocol-ipv6 = true", source));
        let imds = world.further_imds(0);
        let token = imds.put_token();
        let ttl = token.header("x-aws-ec2-metadata-token-ttl-seconds");
        assert_eq!((token.status, ttl, token.body.len()), (200, Some("60"), 56));
        assert_eq!(imds.read_with("meta-data/instance-id", &token.text()).text(), A);
        assert!(keys_at(&imds).id.starts_with("ASIA"));
    }
}

#[test]
fn ipv6_is_switched_while_it_runs() {
    let seed = format!(
        "{TWO}[[user]]\nname = \"admin\"\nmanaged-policies = \
                        [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n[[user.access-key]]\n"
    )
    .replace("address = \"127.0.0.1:0\"\nby-source = true", "address = \"[::1]:0\"");
    let world = TestWorld::with_seed(&seed);
    let address = world.further_imds(0).address;
    assert_eq!(address.ip(), "::1".parse::<IpAddr>().unwrap());
    let answers = || !Wire::send_raw(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").is_empty();
    for (value, answered) in [("enabled", true), ("disabled", false)] {
        let form = format!(
            "Action=ModifyInstanceMetadataOptions&Version=2016-11-15&InstanceId={A}\
             &HttpProtocolIpv6={value}"
        );
        assert_eq!(world.query(&world.administrator(), "ec2", &form).status, 200);
        assert_eq!(answers(), answered, "{value}");
    }
}
