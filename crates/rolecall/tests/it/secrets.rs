//! No secret that a run used stands in its logs, audit files, metrics or error bodies.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use flate2::read::GzDecoder;
use rolecall_testkit::{Client, Clients, Dev, Keys, Ran, Reply, Signal, SignedRequest, Wire};
use serde_json::Value;

use crate::{dev, now, program};

#[test]
fn no_secret_stands_in_what_a_world_says() {
    let folder = tempfile::tempdir().unwrap();
    // Both versions of the metadata service hand out keys.
    let seed = folder.path().join("seed.toml");
    let profile = "profile = \"s3access\"";
    let text = DEVELOPMENT.replace(profile, &format!("{profile}\nhttp-tokens = \"optional\""));
    std::fs::write(&seed, text).unwrap();
    let data = folder.path().join("data");
    let arguments = ["--data", data.to_str().unwrap(), "--seed", seed.to_str().unwrap()];
    let world = Dev::start_with(program(), &arguments, &[("RUST_LOG", "trace")]);

    let (mut secrets, mut said) = (Secrets::default(), Said::default());
    let administrator = world.administrator();
    secrets.keys("administrator", &administrator);
    let sessions = everybody(&world, &mut secrets, &mut said);
    for keys in sessions.iter().chain([&administrator]) {
        refusals(&world, keys, &mut said);
    }
    real_clients(&world, &mut said);
    verbs(&world, &administrator, &mut said);

    for path in ["/metrics", "/audit", "/"] {
        let get = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        said.reply(path, &Wire::send(world.field("admin"), get.as_bytes()));
    }
    let ended = world.end(Signal::TERM);
    assert_eq!(ended.code, Some(0));
    // The logs were on, and are plain text where nobody looks at a terminal.
    assert!(ended.stderr.contains(" DEBUG ") && !ended.stderr.contains('\u{1b}'));
    said.text("stdout after the object", ended.stdout);
    said.text("stderr", ended.stderr);
    audit_files(&data.join("audit"), &mut said);
    secrets.are_not_in(&said);
}

/// The sealed secrets of the change log and the key ring are for their owner alone; their text is
/// not that of any key.
#[test]
fn the_change_log_holds_no_secret_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let world = dev(&["--data", folder.path().to_str().unwrap()]);
    let administrator = world.administrator();
    let form = "Action=CreateAccessKey&UserName=admin&Version=2010-05-08";
    let made = administrator.query(world.api(), "iam", form, now()).send(world.api());
    let secrets = [administrator.secret, made.element("SecretAccessKey").unwrap()];
    world.kill();
    let mut files = vec![];
    walk(folder.path(), &mut files);
    assert!(files.len() >= 4, "{files:?}");
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

/// Secrets by what they are of.
#[derive(Default)]
struct Secrets(BTreeMap<String, String>);

impl Secrets {
    fn keys(&mut self, of: &str, keys: &Keys) {
        self.add(&format!("secret of {of}"), &keys.secret);
        if let Some(token) = &keys.token {
            self.add(&format!("session token of {of}"), token);
        }
    }

    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 16, "{what}: too short to be found");
        self.0.insert(what.to_owned(), secret.to_owned());
    }

    /// Looks for each secret as it is, as a query writes it, and as S3 spells out bytes.
    fn are_not_in(&self, said: &Said) {
        let mut found = Vec::new();
        for (what, secret) in &self.0 {
            let encoded: String = secret
                .bytes()
                .map(|byte| match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        char::from(byte).to_string()
                    }
                    other => format!("%{other:02X}"),
                })
                .collect();
            let bytes: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [secret.clone(), encoded, bytes.join(" ")];
            for (place, text) in &said.0 {
                if let Some(at) = forms.iter().find_map(|form| text.find(form)) {
                    let around: String = text[..at].chars().rev().take(60).collect();
                    let around: String = around.chars().rev().collect();
                    found.push(format!("{what} in {place}: …{around}"));
                }
            }
        }
        assert!(self.0.len() > 12 && said.0.len() > 50, "the run was poorer than it should be");
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}

/// Everything that was said, by where.
#[derive(Default)]
struct Said(Vec<(String, String)>);

impl Said {
    fn text(&mut self, place: &str, text: String) {
        self.0.push((place.to_owned(), text));
    }

    fn reply(&mut self, place: &str, reply: &Reply) {
        let headers: String =
            reply.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        self.text(place, format!("{}\n{headers}\n{}", reply.status, reply.text()));
    }
}

/// Gets keys in every way there is.
fn everybody(world: &Dev, secrets: &mut Secrets, said: &mut Said) -> Vec<Keys> {
    let imds = world.field("imds");
    let token = Wire::send(
        imds,
        b"PUT /latest/api/token HTTP/1.1\r\nhost: x\r\n\
          x-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n",
    )
    .text();
    secrets.add("metadata token", &token);
    let path = "/latest/meta-data/iam/security-credentials/s3access";
    let read = |address: &str, path: &str, header: &str| -> Keys {
        let get = format!("GET {path} HTTP/1.1\r\nhost: x\r\n{header}\r\n");
        let reply = Wire::send(address, get.as_bytes());
        let document: Value = serde_json::from_slice(&reply.body).unwrap();
        let field = |name: &str| document[name].as_str().unwrap().to_owned();
        Keys {
            id: field("AccessKeyId"),
            secret: field("SecretAccessKey"),
            token: Some(field("Token")),
        }
    };
    let v2 = read(imds, path, &format!("x-aws-ec2-metadata-token: {token}\r\n"));
    let v1 = read(imds, path, "");
    for header in [format!("x-aws-ec2-metadata-token: {token}x\r\n"), String::new()] {
        let get = format!("GET /latest/meta-data/nothing HTTP/1.1\r\nhost: x\r\n{header}\r\n");
        said.reply("imds", &Wire::send(imds, get.as_bytes()));
    }
    let variables = world.container_variables();
    let (path, authorization) = (&variables[1].1, &variables[0].1);
    let path = path.strip_prefix(world.field("container")).unwrap();
    secrets.add("container token", authorization);
    let header = format!("authorization: {authorization}\r\n");
    let container = read(world.field("container"), path, &header);
    let get = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}x\r\n\r\n");
    said.reply("container", &Wire::send(world.field("container"), get.as_bytes()));

    let administrator = world.administrator();
    let sts = |form: &str| issued(world, &administrator, "sts", form);
    let role = "RoleArn=arn:aws:iam::123456789012:role/ec2-ro&RoleSessionName=secretive";
    let keys = [
        ("v1", v1),
        ("v2", v2),
        ("container", container),
        ("role", sts(&format!("Action=AssumeRole&Version=2011-06-15&{role}"))),
        ("session", sts("Action=GetSessionToken&Version=2011-06-15")),
        ("federation", sts("Action=GetFederationToken&Version=2011-06-15&Name=fed")),
        ("user", {
            let form = "Action=CreateAccessKey&UserName=admin&Version=2010-05-08";
            issued(world, &administrator, "iam", form)
        }),
    ];
    for (of, keys) in &keys {
        secrets.keys(of, keys);
    }
    keys.into_iter().map(|(_, keys)| keys).collect()
}

/// Keys that a call answers with.
fn issued(world: &Dev, by: &Keys, service: &str, form: &str) -> Keys {
    let reply = by.query(world.api(), service, form, now()).send(world.api());
    assert_eq!(reply.status, 200, "{}", reply.text());
    Keys {
        id: reply.element("AccessKeyId").unwrap(),
        secret: reply.element("SecretAccessKey").unwrap(),
        token: reply.element("SessionToken"),
    }
}

/// Calls that are allowed, denied, and spoiled in every way that has a refusal of its own.
fn refusals(world: &Dev, keys: &Keys, said: &mut Said) {
    let host = world.api();
    let wrong = Keys { secret: "w".repeat(40), ..keys.clone() };
    let spoiled = Keys { token: Some("spoiled".repeat(20)), ..keys.clone() };
    let bare = Keys { token: None, ..keys.clone() };
    let mut say =
        |place: &str, reply: Reply| said.reply(&format!("{place} of {}", keys.id), &reply);
    for (service, form) in [
        ("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
        ("iam", "Action=CreateUser&Version=2010-05-08&UserName=u"),
        ("ec2", "Action=DescribeInstances&Version=2016-11-15"),
        ("sts", "Action=Nothing&Version=2011-06-15"),
    ] {
        for keys in [keys, &wrong, &spoiled, &bare] {
            say(service, keys.query(host, service, form, now()).send(host));
        }
        let mut changed = keys.query(host, service, form, now());
        changed.body.push(b'x');
        say("changed body", changed.send(host));
        say("old", keys.query(host, service, form, now().plus_seconds(-960)).send(host));
    }
    for (method, target) in [
        ("GET", "/examplebucket/hello.txt"),
        ("PUT", "/examplebucket/x"),
        ("GET", "/nosuchbucket/x"),
        ("PUT", "/examplebucket/x?acl="),
        ("GET", "/examplebucket?list-type=2"),
    ] {
        for keys in [keys, &wrong, &spoiled, &bare] {
            say("s3", keys.s3(host, method, target, b"", now()).send(host));
        }
        let mut added = keys.s3(host, method, target, b"", now());
        added.push("x-amz-copy-source", "/examplebucket/hello.txt");
        say("added header", added.send(host));
    }
    // Both a header and a query say who signs.
    if let Some(token) = &keys.token {
        let query = format!("X-Amz-Security-Token={}", token.replace('/', "%2F"));
        let mut both = SignedRequest::new("GET", "/examplebucket/hello.txt", &query, b"");
        both.sign(keys, host, "s3", now(), None);
        say("two tokens", both.send(host));
    }
}

/// Every tool once where it is allowed, and once where it is not.
fn real_clients(world: &Dev, said: &mut Said) {
    let mut variables = world.variables();
    variables.push(("AWS_MAX_ATTEMPTS".into(), "1".into()));
    for client in Client::ALL {
        for command in [
            &["whoami"] as &[&str],
            &["get", "examplebucket", "hello.txt"],
            &["put", "examplebucket", "x", "/dev/null"],
        ] {
            let words = client.words(command);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let Some(ran) = Clients::find().run(client, &words, &variables) else { break };
            said.text(&format!("{client:?}"), ran.text() + &ran.stderr);
        }
    }
    let presign = ["presign-get", "examplebucket", "hello.txt", "60"];
    let Some(ran) = Clients::find().run(Client::Boto3, &presign, &variables) else { return };
    for url in [ran.text(), ran.text().replace("hello", "other")] {
        let (_, target) = url.split_at(world.field("api").len());
        let get = format!("GET {target} HTTP/1.1\r\nhost: {}\r\n\r\n", world.api());
        said.reply("presigned", &Wire::send(world.api(), get.as_bytes()));
    }
}

/// Our own verbs log, too. What they are asked to hand over is not what they log.
fn verbs(world: &Dev, administrator: &Keys, said: &mut Said) {
    let wrong = Keys { id: "AKIAQYLPMN5HHHFPZAM2".into(), ..administrator.clone() };
    let container = [world.variables(), world.container_variables()].concat();
    for variables in [world.variables(), container, world.variables_with(&wrong)] {
        for (arguments, is_told) in [
            (&["whoami"] as &[&str], true),
            (&["env"], false),
            (&["credential-process"], false),
            (&["exec", "--", "true"], true),
            (&["exec", "--endpoint", "--", "true"], true),
        ] {
            let mut command = Command::new(program());
            command.args(arguments).env("RUST_LOG", "trace");
            let ran = Ran::command(command, &variables);
            said.text(&format!("stderr of {arguments:?}"), ran.stderr.clone());
            if is_told {
                said.text(&format!("stdout of {arguments:?}"), ran.text());
            }
        }
    }
}

fn audit_files(folder: &Path, said: &mut Said) {
    let mut files = Vec::new();
    walk(folder, &mut files);
    let finished: Vec<_> =
        files.iter().filter(|path| path.extension().is_some_and(|e| e == "gz")).collect();
    assert!(!finished.is_empty());
    for path in finished {
        let mut text = String::new();
        GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        assert!(text.contains("\"eventName\""));
        said.text("audit file", text);
    }
}

/// Every file below a folder.
fn walk(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

const DEVELOPMENT: &str = include_str!("../../src/development.toml");
