//! The client verbs: `exec`, `env`, `credential-process`, `whoami`.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use rolecall_testkit::{Client, Clients, Dev, Pid, Ran, Signal, kill_process};
use serde_json::{Value, json};

use crate::{dev, program};

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";

#[test]
fn exec_passes_the_exit_code_through() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "not executable").unwrap();
    let plain = plain.to_str().unwrap();
    let cannot =
        |command: &str, cause: &str| format!("error: cannot run `{command}`\n  cause: {cause}\n");
    let missing = cannot("/no/such/command", "No such file or directory (os error 2)");
    let forbidden = cannot(plain, "Permission denied (os error 13)");
    for mode in [&[] as &[&str], &["--endpoint"]] {
        for (command, code, stderr) in [
            (&["true"] as &[&str], 0, ""),
            (&["sh", "-c", "exit 7"], 7, ""),
            (&["/no/such/command"], 127, &missing),
            (&[plain], 126, &forbidden),
        ] {
            let ran = rolecall(&world, &[&["exec"], mode, &["--"], command].concat());
            assert_eq!((ran.code, &*ran.stderr), (code, stderr), "{mode:?} {command:?}");
        }
    }
    // Without an endpoint the program becomes the command, and so is what a signal ends.
    let killed = ["exec", "--endpoint", "--", "sh", "-c", "kill -TERM $$"];
    assert_eq!(rolecall(&world, &killed).code, 128 + 15);
}

#[test]
fn exec_hands_over_the_role_and_clears_everything_else() {
    let world = dev(&[]);
    let mut variables = world.variables();
    for name in [
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_DEFAULT_PROFILE",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ] {
        variables.push((name.to_owned(), "other".to_owned()));
    }
    let in_variables = [
        "AWS_ACCESS_KEY_ID",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    let at_endpoint = ["AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    for (arguments, given) in [
        (&["exec", "--", "env"] as &[&str], &in_variables as &[&str]),
        (&["exec", "--endpoint", "--", "env"], &at_endpoint),
    ] {
        let ran = rolecall_with(&variables, arguments);
        let text = ran.text();
        let mut names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| {
                assert_ne!(value, "other", "{name}");
                name
            })
            .filter(|name| name.starts_with("AWS_"))
            .collect();
        names.sort_unstable();
        let own = ["AWS_CONFIG_FILE", "AWS_PAGER", "AWS_SHARED_CREDENTIALS_FILE"];
        let world = variables.iter().take(4).map(|(name, _)| name.as_str());
        let mut expected: Vec<&str> =
            own.into_iter().chain(world).chain(given.iter().copied()).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{arguments:?}");
    }
}

#[test]
fn exec_runs_real_tools() {
    let world = dev(&[]);
    run_real_tools(&world, &world.variables());
}

#[test]
fn a_default_profile_does_not_win_over_exec() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let other = "aws_access_key_id = AKIAQYLPMN5HHHFPZAM2\naws_secret_access_key = other\n";
    std::fs::write(&file, format!("[default]\n{other}")).unwrap();
    let mut variables = world.variables();
    variables.push(("AWS_SHARED_CREDENTIALS_FILE".into(), file.to_str().unwrap().into()));
    run_real_tools(&world, &variables);
}

#[test]
fn the_endpoint_ends_with_its_command() {
    let world = dev(&[]);
    let script = "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI; \
                  curl -s -o /dev/null -w '%{http_code} ' $AWS_CONTAINER_CREDENTIALS_FULL_URI; \
                  curl -s -H \"authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\" \
                  $AWS_CONTAINER_CREDENTIALS_FULL_URI";
    let ran = rolecall(&world, &["exec", "--endpoint", "--", "sh", "-c", script]);
    let text = ran.text();
    let (url, answers) = text.split_once('\n').unwrap();
    let (refused, document) = answers.split_once(' ').unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(refused, "401");
    assert_eq!(names, ["AccessKeyId", "Expiration", "SecretAccessKey", "Token"]);
    let address = url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(TcpStream::connect(address).is_err(), "{address} still listens");
}

#[test]
fn env_is_read_by_a_real_shell() {
    let world = dev(&[]);
    let script = "eval \"$(\"$0\" env)\" && unset AWS_EC2_METADATA_SERVICE_ENDPOINT && \
                  \"$0\" whoami --json";
    let mut command = Command::new("bash");
    command.args(["-euc", script]).arg(program());
    let ran = Ran::command(command, &world.variables());
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((&told["arn"], &told["source"]), (&ARN.into(), &"variables".into()));
}

#[test]
fn env_speaks_each_shell() {
    let world = dev(&[]);
    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
    ];
    for (shell, before, between, after) in [
        ("bash", "export ", "='", "'"),
        ("cmd", "set \"", "=", "\""),
        ("fish", "set -gx ", " '", "'"),
        ("powershell", "$Env:", " = '", "'"),
    ] {
        let ran = rolecall(&world, &["env", "--shell", shell]);
        let text = ran.text();
        let read: Vec<&str> = text
            .lines()
            .map(|line| {
                let inner = line.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                inner.and_then(|inner| inner.split_once(between)).expect(shell).0
            })
            .collect();
        assert_eq!((ran.code, read), (0, names.to_vec()), "{shell}");
    }
}

#[test]
fn credential_process_feeds_a_real_cli() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    let process = format!("{} credential-process", program().display());
    std::fs::write(&config, format!("[profile rolecall]\ncredential_process = {process}\n"))
        .unwrap();
    let mut variables = world.variables();
    variables.push(("AWS_CONFIG_FILE".into(), config.to_str().unwrap().into()));
    variables.push(("AWS_PROFILE".into(), "rolecall".into()));
    // The SDK for Rust reads it only where a feature asks for it.
    for client in Client::ALL.into_iter().filter(|client| *client != Client::Rust) {
        let words = client.words(&["whoami"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = Clients::find().run(client, &words, &variables) else { continue };
        assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (0, ARN, ""), "{client:?}");
    }
    let ran = rolecall(&world, &["credential-process"]);
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let names: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(names, ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]);
    assert_eq!(document["Version"], 1);
}

#[test]
fn whoami_tells_who_until_when_and_from_where() {
    let world = dev(&[]);
    let imds = world.field("imds");
    let json = rolecall(&world, &["whoami", "--json"]);
    assert_eq!((json.code, &*json.stderr), (0, ""));
    let told: Value = serde_json::from_slice(&json.stdout).unwrap();
    let field = |name: &str| told[name].as_str().unwrap();
    let expected = json!({
        "account": "123456789012",
        "arn": ARN,
        "user_id": field("user_id"),
        "access_key_id": field("access_key_id"),
        "expiration": field("expiration"),
        "source": format!("metadata service {imds}, role `s3access`"),
    });
    assert_eq!(told, expected);
    let id = field("access_key_id");
    let expected = format!(
        "{ARN}\n  account  123456789012\n  user id  {}\n  key      {}…{}, ends {}\n  \
         from     metadata service {imds}, role `s3access`\n",
        field("user_id"),
        &id[..4],
        &id[id.len() - 4..],
        field("expiration")
    );
    let text = rolecall(&world, &["whoami"]);
    assert_eq!((text.code, String::from_utf8(text.stdout).unwrap()), (0, expected));

    let mut container = world.variables();
    container.extend(world.container_variables());
    let ran = rolecall_with(&container, &["whoami", "--json"]);
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let source = format!("container endpoint {}", world.container_variables()[1].1);
    assert_eq!((&told["arn"], &told["source"]), (&ARN.into(), &source.into()));

    let administrator = world.variables_with(&world.administrator());
    let ran = rolecall_with(&administrator, &["whoami"]);
    let id = world.field("admin_access_key_id");
    let expected = format!("key      {}…{}, ends never", &id[..4], &id[id.len() - 4..]);
    assert!(ran.text().contains(&expected), "{}", ran.text());
}

#[test]
fn nothing_that_listens_is_told() {
    // A world that has ended: its addresses are nobody's.
    let world = dev(&[]);
    let mut variables = world.variables();
    let imds = world.field("imds").to_owned();
    assert_eq!(world.terminate().0, Some(0));
    for arguments in [
        &["whoami"] as &[&str],
        &["env"],
        &["credential-process"],
        &["exec", "--", "true"],
        &["exec", "--endpoint", "--", "true"],
    ] {
        let ran = rolecall_with(&variables, arguments);
        let expected = format!(
            "error: cannot reach {imds}/latest/api/token: Connection refused (os error 111)\n\
             \n\
             hint: is it running? `rolecall dev` starts a development world\n"
        );
        assert_eq!((ran.code, &*ran.text(), ran.stderr), (1, "", expected), "{arguments:?}");
    }
    variables.push(("AWS_EC2_METADATA_DISABLED".into(), "true".into()));
    let ran = rolecall_with(&variables, &["whoami"]);
    let expected = "error: no credentials in variables, and `AWS_EC2_METADATA_DISABLED` is set\n\
                    \n\
                    hint: unset `AWS_EC2_METADATA_DISABLED`, or set `AWS_ACCESS_KEY_ID`\n";
    assert_eq!((ran.code, &*ran.stderr), (1, expected));
}

#[test]
fn what_sts_refuses_is_told() {
    let world = dev(&[]);
    let mut variables = world.variables();
    variables.push(("AWS_ACCESS_KEY_ID".into(), "AKIAQYLPMN5HHHFPZAM2".into()));
    variables.push(("AWS_SECRET_ACCESS_KEY".into(), "wrong".into()));
    let ran = rolecall_with(&variables, &["whoami"]);
    let expected = "error: InvalidClientTokenId: The security token included in the request is \
                    invalid.\n";
    assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (1, "", expected));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let world = dev(&[]);
    for arguments in [
        &["whoami"] as &[&str],
        &["whoami", "--json"],
        &["env"],
        &["credential-process"],
        &["dev", "--print-seed"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(program());
        command.args(arguments).stdout(writer);
        let ran = Ran::redirected(command, &world.variables());
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_forwarded_signal_ends_the_command() {
    let world = dev(&[]);
    // The command tells that it runs at once: by then a signal must reach it.
    let script = "trap 'echo caught; exit 3' TERM; echo ready; read";
    let mut command = Command::new(program());
    command.args(["exec", "--endpoint", "--", "bash", "-c", script]).envs(world.variables());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    // Held open, so that nothing but the signal ends the command.
    let stdin = child.stdin.take();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    drop(stdin);
    assert_eq!(lines.collect::<Vec<_>>(), ["caught"]);
}

/// Every tool, in both modes, is the instance's role.
fn run_real_tools(world: &Dev, variables: &[(String, String)]) {
    for client in Client::ALL {
        for mode in [&["exec", "--"] as &[&str], &["exec", "--endpoint", "--"]] {
            let Some(tool) = Clients::find().command(client) else { break };
            let mut command = Command::new(program());
            command.args(mode).arg(tool.get_program()).args(tool.get_args());
            command.args(client.words(&["whoami"]));
            if client == Client::AwsCliV2 {
                command.args(["--endpoint-url", world.field("api")]);
            }
            let ran = Ran::command(command, variables);
            assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (0, ARN, ""), "{client:?} {mode:?}");
        }
    }
}

fn rolecall(world: &Dev, arguments: &[&str]) -> Ran {
    rolecall_with(&world.variables(), arguments)
}

fn rolecall_with(variables: &[(String, String)], arguments: &[&str]) -> Ran {
    let mut command = Command::new(program());
    command.args(arguments);
    Ran::command(command, variables)
}
