//! The process itself: how it starts, what it says, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

use rolecall_testkit::{Dev, Signal};

use crate::{dev, now, program};

#[test]
fn a_signal_ends_it_within_a_second() {
    for signal in [Signal::INT, Signal::TERM] {
        let ended = dev(&[]).end(signal);
        assert_eq!((ended.code, &*ended.stdout), (Some(0), ""), "{signal:?}");
        assert!(ended.took < Duration::from_secs(1), "{signal:?}: {:?}", ended.took);
    }
}

#[test]
fn open_connections_do_not_keep_it() {
    let world = dev(&[]);
    let admin = world.field("admin").trim_start_matches("http://").to_owned();
    // One that never spoke, one that waits for its next request, one that follows.
    let silent = TcpStream::connect(world.api()).unwrap();
    let idle = ask(&admin, "/live", "ok\n");
    let follower = ask(&admin, "/audit?follow=true", "\n");
    let ended = world.end(Signal::TERM);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.took < Duration::from_secs(1), "{:?}", ended.took);
    drop((silent, idle, follower));
}

#[test]
fn the_first_screen() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    let world = Dev::start_with(program(), &[], &variables);
    let field = |name| world.field(name).to_owned();
    let (imds, container, api, admin) =
        (field("imds"), field("container"), field("api"), field("admin"));
    let id = field("admin_access_key_id");
    let key = format!("{}…{}", &id[..4], &id[id.len() - 4..]);
    let expected = format!(
        "\
rolecall 0.1.0, development world: state in memory, loopback only. Not for production.

  metadata    {imds:<23} i-0123456789abcdef0, role `s3access`, IMDSv2 required
  containers  {container}
  AWS API     {api:<23} sts iam ec2 s3, account 123456789012
  admin       {admin:<23} administrator key `{key}` (in full: `rolecall dev --show-keys`)

In another terminal:

  export AWS_EC2_METADATA_SERVICE_ENDPOINT={imds}/
  export AWS_ENDPOINT_URL={api}
  export AWS_REGION=us-east-1
  export AWS_DEFAULT_REGION=us-east-1
  aws sts get-caller-identity

or `rolecall exec --dev -- aws sts get-caller-identity`, which also clears other AWS settings.
AWS CLI before 2.13 and SDKs of its age take the endpoint as `--endpoint-url` instead.

Ready.
"
    );
    assert_eq!(world.terminate(), (Some(0), expected));
}

#[test]
fn keys_are_shown_on_a_terminal_alone() {
    let world = Dev::start(program(), &["--show-keys"]);
    let secret = world.field("admin_secret_access_key").to_owned();
    let (code, screen) = world.terminate();
    assert_eq!(code, Some(0));
    assert!(screen.contains("(in full: only on a terminal, or in the object of `--json`)"));
    assert!(!screen.contains(&secret));
}

#[test]
fn the_metadata_service_alone() {
    let home = tempfile::tempdir().unwrap();
    let variables = [("HOME", home.path().to_str().unwrap())];
    let arguments = ["--only-metadata", "--hardened", "--imds", "[::1]:0"];
    let world = Dev::start_with(program(), &arguments, &variables);
    let (imds, admin) = (world.field("imds").to_owned(), world.field("admin").to_owned());
    let all = world.object()["imds_listeners"].as_array().unwrap();
    let second = all[1].as_str().unwrap().to_owned();
    assert_eq!(
        (all.len(), &all[0], second.starts_with("http://[::1]:")),
        (2, &(*imds).into(), true)
    );
    let expected = serde_json::json!({
        "imds": imds,
        "imds_listeners": all,
        "admin": admin,
        "pid": world.pid(),
        "account": "123456789012",
        "region": "us-east-1",
        "instance_id": "i-0123456789abcdef0",
        "role": "s3access",
        "env": {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": format!("{imds}/"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
    });
    assert_eq!(world.object(), &expected);
    let instance = "i-0123456789abcdef0, role `s3access`, IMDSv2 required, hardened";
    let expected = format!(
        "\
rolecall 0.1.0, development world: state in memory, loopback only. Not for production.

  metadata    {imds:<23} {instance}
  metadata    {second:<23} {instance}
  admin       {admin}

In another terminal:

  export AWS_EC2_METADATA_SERVICE_ENDPOINT={imds}/
  export AWS_REGION=us-east-1
  export AWS_DEFAULT_REGION=us-east-1
  aws configure list

Ready.
"
    );
    assert_eq!(world.terminate(), (Some(0), expected));
}

#[test]
fn credentials_that_win_are_warned_of() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/credentials"), "").unwrap();
    let home = home.path().to_str().unwrap();
    let variables = [("HOME", home), ("AWS_PROFILE", "work"), ("AWS_ACCESS_KEY_ID", "AKIA")];
    let (code, screen) = Dev::start_with(program(), &[], &variables).terminate();
    let expected = "instead.

warning: `AWS_ACCESS_KEY_ID` is set here and wins over the metadata service
warning: `AWS_PROFILE` is set here and wins over the metadata service
warning: `~/.aws/credentials` exists; its default profile wins over the metadata service
Ready.
";
    assert!(code == Some(0) && screen.ends_with(expected), "{screen}");
}

#[test]
fn the_env_file_holds_the_exports_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.env");
    // A file that others can read is replaced, not written into.
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let world = dev(&["--env-file", path.to_str().unwrap()]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let expected = format!(
        "export AWS_EC2_METADATA_SERVICE_ENDPOINT='{}/'\n\
         export AWS_ENDPOINT_URL='{}'\n\
         export AWS_REGION='us-east-1'\n\
         export AWS_DEFAULT_REGION='us-east-1'\n",
        world.field("imds"),
        world.field("api")
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside it");
}

#[test]
fn the_object_of_json() {
    let world = dev(&[]);
    let (id, secret) = (world.field("admin_access_key_id"), world.field("admin_secret_access_key"));
    assert!(id.starts_with("AKIA") && id.len() == 20 && secret.len() == 40, "{id}");
    let container = world.container_variables();
    let (url, token) = (&container[1].1, &container[0].1);
    assert!(url.starts_with(&format!("{}/v2/credentials/", world.field("container"))), "{url}");
    assert!(token.len() >= 32);
    let expected = serde_json::json!({
        "imds": world.field("imds"),
        "imds_listeners": [world.field("imds")],
        "container": world.field("container"),
        "api": world.field("api"),
        "admin": world.field("admin"),
        "pid": world.pid(),
        "account": "123456789012",
        "region": "us-east-1",
        "instance_id": "i-0123456789abcdef0",
        "role": "s3access",
        "admin_access_key_id": id,
        "admin_secret_access_key": secret,
        "env": {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": format!("{}/", world.field("imds")),
            "AWS_ENDPOINT_URL": world.field("api"),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        "container_env": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        },
        "tasks": [],
    });
    assert_eq!(world.object(), &expected);
}

#[test]
fn a_seed_with_an_unknown_key_is_shown_where() {
    let (said, path) = seeded("account = \"123456789012\"\n\n[[bucket]]\n  nmae = \"b\"\n");
    let expected = format!(
        "\
error: seed file `{path}` is not valid
  cause: line 4, column 3: unknown field `nmae`, expected one of `name`, `policy`, `object`
         4 |   nmae = \"b\"
           |   ^^^^

hint: did you mean `name`?
"
    );
    assert_eq!(said, (Some(4), String::new(), expected));
}

#[test]
fn a_seed_that_is_not_toml_is_shown_where() {
    let (said, path) = seeded("account = \"123456789012\"\nregion = us-east-1\n");
    let expected = format!(
        "\
error: seed file `{path}` is not valid
  cause: line 2, column 10: string values must be quoted, expected literal string
         2 | region = us-east-1
           |          ^^^^^^^^^
"
    );
    assert_eq!(said, (Some(4), String::new(), expected));
}

#[test]
fn a_seed_with_a_bad_policy_names_the_role() {
    let role = "account = \"123456789012\"\n[[role]]\nname = \"r\"\n";
    let trust = r#"trust-policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'"#;
    let policy = r#"document = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringSortOf":{"a":"b"}}}}'"#;
    for (text, cause) in [
        (
            format!("{role}trust-policy = '{{'\n"),
            "role `r`: `trust-policy`: This policy contains invalid Json (line 1, column 2: \
             expected a string in double quotes)",
        ),
        (
            format!("{role}{trust}\n[[role.policy]]\nname = \"p\"\n{policy}\n"),
            "role `r`: the policy of p is not valid: Syntax errors in policy. (statement 0: \
             unknown operator `StringSortOf`)",
        ),
    ] {
        let expected = format!("error: the seed describes no world\n  cause: {cause}\n");
        assert_eq!(seeded(&text).0, (Some(4), String::new(), expected));
    }
}

#[test]
fn a_missing_seed_is_told() {
    let output = Dev::command(program(), &["--seed", "/no/such/file"]).output().unwrap();
    let expected = "error: cannot read seed file `/no/such/file`\n  cause: No such file or \
                    directory (os error 2)\n";
    assert_eq!(parts(output), (Some(4), String::new(), expected.into()));
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let any = "127.0.0.1:0";
    let output = Command::new(program())
        .args(["dev", "--imds", any, "--container", any, "--admin", any, "--api", &address])
        .output()
        .unwrap();
    let expected = format!(
        "\
error: cannot listen on {address} for the API address
  cause: Address already in use (os error 98)

hint: another `rolecall dev` may be running; port 0 picks a free one
"
    );
    assert_eq!(parts(output), (Some(1), String::new(), expected));
}

#[test]
fn the_printed_seed_makes_the_same_world() {
    let printed = Command::new(program()).args(["dev", "--print-seed"]).output().unwrap();
    assert_eq!((printed.status.code(), printed.stderr.len()), (Some(0), 0));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.toml");
    std::fs::write(&path, printed.stdout).unwrap();
    let (seeded, default) = (dev(&["--seed", path.to_str().unwrap()]), dev(&[]));
    for name in ["account", "region", "instance_id", "role"] {
        assert_eq!(seeded.field(name), default.field(name));
    }
    let state = |world: &Dev| {
        let keys = world.administrator();
        let call = |service: &str, form: &str| {
            let reply = keys.query(world.api(), service, form, now()).send(world.api());
            assert_eq!(reply.status, 200, "{}", reply.text());
            // What differs between any two worlds: ids and times.
            let text = reply.text();
            let elements = text.split('<').filter(|element| {
                !["RequestId", "requestId", "CreateDate", "RoleId", "UserId", "launchTime", "id>"]
                    .iter()
                    .any(|name| element.starts_with(name))
            });
            elements.collect::<String>()
        };
        let target = "/examplebucket/hello.txt";
        let object = keys.s3(world.api(), "GET", target, b"", now()).send(world.api());
        [
            call("iam", "Action=ListUsers&Version=2010-05-08"),
            call("iam", "Action=ListRoles&Version=2010-05-08"),
            call("ec2", "Action=DescribeInstances&Version=2016-11-15"),
            object.text(),
        ]
    };
    assert_eq!(state(&seeded), state(&default));
}

/// Starts a world with a seed that is not one.
fn seeded(text: &str) -> ((Option<i32>, String, String), String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let output = Dev::command(program(), &["--seed", path]).output().unwrap();
    (parts(output), path.to_owned())
}

/// Exit code, stdout, stderr.
fn parts(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Sends a request and reads until `end`; the connection stays open.
fn ask(address: &str, path: &str, end: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    let mut byte = [0];
    while !answer.contains("\r\n\r\n") || !answer.ends_with(end) {
        stream.read_exact(&mut byte).unwrap();
        answer.push(char::from(byte[0]));
    }
    stream
}
