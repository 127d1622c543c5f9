//! Unmodified consumers of the metadata service find what they look for, with nothing but the
//! address of the service set.
//!
//! contract/imds.md section 4, rows 104, 117, 118, 120 and 121.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv6Addr;
use std::process::{Child, Command, Stdio};

use rolecall_testkit::{Client, Clients, Dev, Ran, Wire};
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::{dev, program};

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";
const OPTIONAL: &str = "http-tokens = \"optional\"";
const REQUIRED: &str = "http-tokens = \"required\"";

/// What makes the metadata tree large: a key, user data, and tags that are shown.
const EVERYTHING: &str = "\
instance-metadata-tags = true
key-name = \"my-key\"
public-key = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE my-key\"
user-data = \"#cloud-config\\n{}\\n\"
";

#[test]
fn credentials_and_region_are_found_where_tokens_are_required() {
    let world = seeded(REQUIRED);
    let imds = world.field("imds");
    assert_eq!(key_of_imdsv1(imds), None);
    every_chain_finds_the_instance(imds);
}

#[test]
fn credentials_and_region_are_found_where_tokens_are_optional() {
    let world = seeded(OPTIONAL);
    let imds = world.field("imds");
    // Both versions of the service answer, with keys of their own, so these tell who asked which.
    assert_ne!(key_of_imdsv1(imds), Some(key_of_imdsv2(imds)));
    every_chain_finds_the_instance(imds);
}

#[test]
fn credentials_and_region_are_found_over_ipv6() {
    let world = OnIpv6::start();
    every_chain_finds_the_instance(&world.imds);
}

#[test]
fn sdks_for_go_are_the_instance() {
    let world = dev(&[]);
    for client in Client::GO {
        let Some(ran) = Clients::find().run(client, &["whoami"], &world.variables()) else {
            continue;
        };
        assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (0, ARN, ""), "{client:?}");
    }
}

#[test]
fn cloud_init_crawls_the_tree_and_leaves_keys_alone() {
    for tokens in [REQUIRED, OPTIONAL] {
        let world = seeded(&format!("{tokens}\n{EVERYTHING}"));
        let Some(crawled) = crawl(world.field("imds")) else { return };
        assert_eq!(crawled["instance_id"], "i-0123456789abcdef0");
        assert_eq!(crawled["region"], "us-east-1");
        assert_eq!(crawled["availability_zone"], "us-east-1a");
        let tree = &crawled["crawled"];
        assert_eq!(tree["user-data"], "17 bytes");
        assert_eq!(tree["meta-data"]["tags"]["instance"]["Name"], "dev");
        assert_eq!(tree["meta-data"]["services"]["partition"], "aws");
        let keys = &tree["meta-data"]["public-keys"]["my-key"];
        assert_eq!(keys[0], "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE my-key");
        let account = &tree["dynamic"]["instance-identity"]["document"]["accountId"];
        assert_eq!(account, "123456789012");
        let requests = crawled["requests"].as_array().unwrap();
        let requests: Vec<&str> = requests.iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(requests[0], "PUT /latest/api/token");
        // It reads the folder that lists the keys, and goes no further.
        assert!(requests.contains(&"GET /2021-03-23/meta-data/iam/"), "{requests:#?}");
        let is_about_keys = |one: &&str| one.contains("security-credentials");
        assert!(!requests.iter().any(is_about_keys), "{requests:#?}");
    }
}

#[test]
fn ec2_metadata_reads_every_property() {
    let world = seeded(&format!("{REQUIRED}\n{EVERYTHING}"));
    let Some(ran) = Clients::find().run(Client::Ec2Metadata, &[world.field("imds")], &[]) else {
        return;
    };
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.text());
    let text = ran.text();
    let lines: Vec<&str> = text.lines().collect();
    for expected in [
        "account_id '123456789012'",
        "ami_id 'ami-0abcdef1234567890'",
        "autoscaling_target_lifecycle_state None",
        "instance_id 'i-0123456789abcdef0'",
        "instance_profile_name 's3access'",
        "network_interfaces[02:00:17:3a:5c:9e].private_ipv4s ['10.0.0.10']",
        "private_ipv4 '10.0.0.10'",
        "region 'us-east-1'",
        "security_groups ['default']",
        "spot_instance_action None",
        "tags[Name] 'dev'",
        "user_data '17 bytes'",
    ] {
        assert!(lines.contains(&expected), "no `{expected}` in\n{text}");
    }
    let fields = lines.iter().find_map(|line| line.strip_prefix("iam_security_credentials "));
    let names =
        "['AccessKeyId', 'Code', 'Expiration', 'LastUpdated', 'SecretAccessKey', 'Token', 'Type']";
    assert_eq!(fields, Some(names));
}

/// Each tool alone, told nothing but the address, ends up with the key of IMDSv2 and the region.
fn every_chain_finds_the_instance(imds: &str) {
    let key = key_of_imdsv2(imds);
    let address = vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(), format!("{imds}/"))];
    for client in Client::CHAINS {
        let words = client.words(&["metadata"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = Clients::find().run(client, &words, &address) else { continue };
        let masked = format!("****************{}", &key[key.len() - 4..]);
        let expected = match client {
            // The only one that wants to be told the region, whatever the instance says.
            Client::AwsCliV1 => {
                format!("access_key {masked} iam-role\nregion <not set> None None")
            }
            Client::AwsCliV2 => format!("access_key {masked} iam-role\nregion us-east-1 imds"),
            _ => format!("region us-east-1\naccess-key-id {key}"),
        };
        assert_eq!((ran.code, told(client, &ran), &*ran.stderr), (0, expected, ""), "{client:?}");
    }
}

/// What a tool said, of a table of an AWS CLI two rows alone: that of the secret key shows its end.
fn told(client: Client, ran: &Ran) -> String {
    if !Client::COMMAND_LINES.contains(&client) {
        return ran.text();
    }
    let text = ran.text();
    let rows = text.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let rows = rows.filter(|row| matches!(row.first(), Some(&("access_key" | "region"))));
    rows.map(|row| row.join(" ")).collect::<Vec<_>>().join("\n")
}

fn crawl(imds: &str) -> Option<Value> {
    let ran = Clients::find().run(Client::CloudInit, &[imds], &[])?;
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{}", ran.text());
    Some(serde_json::from_slice(&ran.stdout).unwrap())
}

fn key_of_imdsv1(imds: &str) -> Option<String> {
    key(imds, "")
}

fn key_of_imdsv2(imds: &str) -> String {
    let put = "PUT /latest/api/token HTTP/1.1\r\nhost: metadata\r\n\
               x-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";
    let token = Wire::send(imds, put.as_bytes()).text();
    key(imds, &format!("x-aws-ec2-metadata-token: {token}\r\n")).expect("the token is good")
}

fn key(imds: &str, header: &str) -> Option<String> {
    let path = "/latest/meta-data/iam/security-credentials/s3access";
    let get = format!("GET {path} HTTP/1.1\r\nhost: metadata\r\n{header}\r\n");
    let reply = Wire::send(imds, get.as_bytes());
    let document: Value =
        (reply.status == 200).then(|| serde_json::from_slice(&reply.body).unwrap())?;
    Some(document["AccessKeyId"].as_str().unwrap().to_owned())
}

/// The world of `rolecall dev`, with more lines for its instance.
fn seeded(lines: &str) -> Dev {
    let seed = seed(lines);
    dev(&["--seed", seed.path().to_str().unwrap()])
}

fn seed(lines: &str) -> NamedTempFile {
    let printed = Command::new(program()).args(["dev", "--print-seed"]).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    let (before, after) = printed.split_once("private-ip").expect("one instance");
    let seed = NamedTempFile::new().unwrap();
    std::fs::write(&seed, format!("{before}{lines}\nprivate-ip{after}")).unwrap();
    seed
}

/// A world whose metadata service listens on IPv6.
struct OnIpv6 {
    child: Child,
    imds: String,
}

impl OnIpv6 {
    fn start() -> Self {
        let any = "127.0.0.1:0";
        let seed = seed("http-protocol-ipv6 = true");
        let mut child = Command::new(program())
            .args(["dev", "--json", "--imds", &format!("[{}]:0", Ipv6Addr::LOCALHOST)])
            .args(["--seed", seed.path().to_str().unwrap()])
            .args(["--container", any, "--api", any, "--admin", any])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let object: Value = serde_json::from_str(&line).expect("the world starts");
        Self { child, imds: object["imds"].as_str().unwrap().to_owned() }
    }
}

impl Drop for OnIpv6 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
