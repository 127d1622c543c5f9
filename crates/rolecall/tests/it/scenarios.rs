//! What is done to a world that runs: scenarios, faults, its clock, its metadata.

use std::process::Command;

use rolecall_testkit::{Client, Clients, Dev, Imds};
use serde_json::Value;

use crate::{dev, program};

const ID: &str = "i-0123456789abcdef0";
const ARN: &str = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";
const CALM: &str = "`i-0123456789abcdef0` is told: nothing is going on\n";

/// Exit code, stdout, stderr of a command at a world.
fn at(world: &Dev, arguments: &[&str]) -> (i32, String, String) {
    run(arguments, world.field("admin").trim_start_matches("http://"))
}

fn run(arguments: &[&str], admin: &str) -> (i32, String, String) {
    let ran = Command::new(program()).args(arguments).args(["--admin", admin]).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

/// What a command says that did it and prints nothing else.
fn said(world: &Dev, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = at(world, arguments);
    assert_eq!((code, &*stdout), (0, ""), "{arguments:?}: {stderr}");
    stderr
}

fn imds(world: &Dev) -> Imds {
    Imds::at(world.field("imds").trim_start_matches("http://").parse().unwrap())
}

/// A leaf below `meta-data/`, as curl sees it.
fn leaf(world: &Dev, path: &str) -> Option<String> {
    let url = format!("{}/latest/meta-data/{path}", world.field("imds"));
    let header = format!("X-aws-ec2-metadata-token: {}", imds(world).token());
    let ran = Command::new("curl")
        .args(["--silent", "--noproxy", "*", "--write-out", "\n%{http_code}", "--header", &header])
        .arg(url)
        .output()
        .expect("curl runs");
    let text = String::from_utf8(ran.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    assert!(matches!(status, "200" | "404"), "{text}");
    (status == "200").then(|| body.to_owned())
}

#[test]
fn a_spot_notice_shows_up_and_goes() {
    let world = dev(&[]);
    assert_eq!(leaf(&world, "spot/instance-action"), None);
    let line = said(&world, &["scenario", "spot-interruption", "--in", "90s", "--action", "stop"]);
    assert_eq!(line, "`i-0123456789abcdef0` is told: a Spot interruption in 1m30s: stop\n");
    let notice: Value =
        serde_json::from_str(&leaf(&world, "spot/instance-action").unwrap()).unwrap();
    assert_eq!(notice["action"], "stop");
    assert!(notice["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(leaf(&world, "instance-life-cycle").as_deref(), Some("spot"));
    assert_eq!(said(&world, &["scenario", "calm"]), CALM);
    assert_eq!(leaf(&world, "spot/instance-action"), None);
    assert_eq!(leaf(&world, "instance-life-cycle").as_deref(), Some("on-demand"));
}

#[test]
fn every_scenario_is_told() {
    let world = dev(&[]);
    for (arguments, line, path, holds) in [
        (
            &["scenario", "spot-interruption"][..],
            "a Spot interruption in 2m: terminate",
            "spot/termination-time",
            "Z",
        ),
        (
            &["scenario", "rebalance"],
            "a rebalance is recommended",
            "events/recommendations/rebalance",
            "noticeTime",
        ),
        (
            &["scenario", "maintenance"],
            "`system-reboot` in 1d, active",
            "events/maintenance/scheduled",
            "\"Code\" : \"system-reboot\"",
        ),
        (
            &[
                "scenario",
                "maintenance",
                "--code",
                "instance-stop",
                "--in",
                "0s",
                "--state",
                "canceled",
            ],
            "`instance-stop` in 0s, canceled",
            "events/maintenance/history",
            "\"State\" : \"canceled\"",
        ),
        (
            &["scenario", "auto-scaling", "Warmed:Stopped"],
            "the Auto Scaling group wants it `Warmed:Stopped`",
            "autoscaling/target-lifecycle-state",
            "Warmed:Stopped",
        ),
    ] {
        assert_eq!(said(&world, arguments), format!("`{ID}` is told: {line}\n"));
        let value = leaf(&world, path).unwrap_or_else(|| panic!("no {path}"));
        assert!(value.contains(holds), "{value}");
    }
    assert_eq!(said(&world, &["scenario", "calm", "--instance", ID]), CALM);
}

#[test]
fn keys_rotate_when_the_clock_is_moved_and_work() {
    let world = dev(&[]);
    let key = || imds(&world).read("meta-data/iam/security-credentials/s3access").text();
    let before = key();
    let line = said(&world, &["clock", "advance", "7h"]);
    assert!(line.starts_with("the clock shows 2") && line.ends_with("Z, 7h ahead\n"), "{line}");
    assert_ne!(key(), before);
    // Their clocks know nothing of it.
    for client in Client::PROGRAMS.into_iter().chain(Client::COMMAND_LINES) {
        let words = client.words(&["whoami"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = Clients::find().run(client, &words, &world.variables()) else { continue };
        assert_eq!((ran.code, &*ran.text()), (0, ARN), "{client:?}: {}", ran.stderr);
        let words = client.words(&["get", "examplebucket", "hello.txt"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = Clients::find().run(client, &words, &world.variables()) else { continue };
        let hello = "Hello from rolecall.";
        assert_eq!((ran.code, &*ran.text()), (0, hello), "{client:?}: {}", ran.stderr);
    }
}

#[test]
fn the_clock_is_shown() {
    let world = dev(&[]);
    let (code, now, stderr) = at(&world, &["clock"]);
    assert_eq!((code, now.len(), &*stderr), (0, "2026-11-22T10:00:00Z\n".len(), ""));
    let (_, json, _) = at(&world, &["clock", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["now"].as_str().unwrap() >= now.trim_end());
    let (_, moved, _) = at(&world, &["clock", "advance", "2h30m", "--json"]);
    let moved: Value = serde_json::from_str(&moved).unwrap();
    assert_eq!(moved["ahead_seconds"], 9000);
    let too_far =
        "error: the world refuses\n  cause: the clock is moved by 3162240000 seconds at most\n";
    let refused = at(&world, &["clock", "advance", "99999d"]);
    assert_eq!(refused, (1, String::new(), too_far.to_owned()));
}

#[test]
fn faults_begin_and_end() {
    let world = dev(&[]);
    let put = || imds(&world).put_token().status;
    for (arguments, line, status) in [
        (
            &["fault", "status", "503", "--on", "tokens"][..],
            "misbehaves, until `rolecall fault end`: token requests get 503",
            503,
        ),
        (&["fault", "status", "429", "--times", "1"], "misbehaves, once: requests get 429", 429),
        (
            &["fault", "delay", "5", "--on", "reads", "--times", "2"],
            "misbehaves, 2 times: reads wait 5 ms",
            200,
        ),
        (
            &["fault", "hang", "--on", "reads"],
            "misbehaves, until `rolecall fault end`: reads get no answer",
            200,
        ),
        (
            &["fault", "no-ttl-header", "--times", "3"],
            "misbehaves, 3 times: token answers lack their TTL header",
            200,
        ),
        (&["fault", "unauthorized"], "misbehaves, until `rolecall fault end`: reads get 401", 200),
        (
            &["fault", "authority-down"],
            "misbehaves, until `rolecall fault end`: no new credentials are made",
            200,
        ),
    ] {
        assert_eq!(said(&world, arguments), format!("`{ID}` {line}\n"));
        assert_eq!(put(), status, "{arguments:?}");
    }
    assert_eq!(said(&world, &["fault", "end"]), format!("`{ID}` behaves again\n"));
    assert_eq!(leaf(&world, "instance-id").as_deref(), Some(ID));
}

#[test]
fn metadata_is_set_shown_and_derived() {
    let world = dev(&[]);
    assert_eq!(at(&world, &["metadata", "show"]), (0, String::new(), String::new()));
    let of = format!("of `{ID}`");
    let line = said(&world, &["metadata", "set", "public-ipv4", "203.0.113.7"]);
    assert_eq!(line, format!("`public-ipv4` {of} is set\n"));
    said(&world, &["metadata", "set", "hostname", "-a \"b\""]);
    let line = said(&world, &["metadata", "absent", "profile"]);
    assert_eq!(line, format!("`profile` {of} is absent\n"));
    assert_eq!(leaf(&world, "public-ipv4").as_deref(), Some("203.0.113.7"));
    assert_eq!(leaf(&world, "profile"), None);
    // As the table of a seed has it.
    let shown =
        "\"hostname\" = \"-a \\\"b\\\"\"\n\"profile\" = false\n\"public-ipv4\" = \"203.0.113.7\"\n";
    assert_eq!(at(&world, &["metadata", "show"]).1, shown);
    let json = at(&world, &["metadata", "show", "--json"]).1;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["public-ipv4"], &json["profile"]), (&"203.0.113.7".into(), &Value::Null));
    let line = said(&world, &["metadata", "derive", "profile"]);
    assert_eq!(line, format!("`profile` {of} follows from the instance\n"));
    assert_eq!(leaf(&world, "profile").as_deref(), Some("default-hvm"));
    let why = "error: the world refuses\n  cause: `iam/info` is made by the service: set the profile, \
               the role or the tags instead\n";
    let refused = at(&world, &["metadata", "set", "iam/info", "x"]);
    assert_eq!(refused, (1, String::new(), why.to_owned()));
}

#[test]
fn certificates_are_printed() {
    let world = dev(&[]);
    let (code, text, stderr) = at(&world, &["identity-certificates"]);
    assert_eq!((code, &*stderr), (0, ""));
    assert_eq!(text.matches("-----BEGIN CERTIFICATE-----\n").count(), 3);
    assert_eq!(at(&world, &["identity-certificates"]).1, text);
}

#[test]
fn what_fails_says_what_would_help() {
    let world = dev(&[]);
    let missing = at(&world, &["scenario", "calm", "--instance", "i-0eeeeeeeeeeeeeeee"]);
    let expected = "error: the world has no instance `i-0eeeeeeeeeeeeeeee`\n";
    assert_eq!(missing, (1, String::new(), expected.to_owned()));
    let gone = at(&world, &["scenario", "auto-scaling", "Gone"]);
    assert!(
        gone.2.starts_with("error: the world refuses\n  cause: `Gone` is no lifecycle state: ")
    );

    let imds = world.field("imds").trim_start_matches("http://").to_owned();
    let expected = format!(
        "error: {imds} is not the admin address of a world\n  cause: it answered 401\n\nhint: the line \
         `admin` of `rolecall dev` shows its address\n"
    );
    assert_eq!(run(&["clock"], &imds), (1, String::new(), expected));

    let admin = world.field("admin").trim_start_matches("http://").to_owned();
    world.kill();
    let expected = format!(
        "error: nothing answers at the admin address {admin}\n  cause: Connection refused (os error \
         111)\n\nhint: `rolecall dev` starts a world; `--admin ADDR` names another one's address\n"
    );
    for arguments in [
        &["clock"][..],
        &["clock", "advance", "1h"],
        &["fault", "end"],
        &["fault", "hang"],
        &["identity-certificates"],
        &["metadata", "show"],
        &["metadata", "set", "hostname", "x"],
        &["scenario", "calm"],
    ] {
        assert_eq!(run(arguments, &admin), (1, String::new(), expected.clone()), "{arguments:?}");
    }
}

#[test]
fn what_makes_no_sense_is_wrong_usage() {
    for (arguments, why) in [
        (
            &["clock", "advance", "6"][..],
            "invalid value '6' for '<DURATION>': expected a duration such as `90s`, `6h` or `2h30m`",
        ),
        (&["fault", "status", "200"], "invalid value '200' for '<CODE>': 200 is not in 400..=599"),
        (
            &["fault", "delay", "60001"],
            "invalid value '60001' for '<MS>': 60001 is not in 0..=60000",
        ),
        (&["fault", "hang", "--times", "0"], "invalid value '0' for '--times <N>': "),
        (&["fault", "authority-down", "--times", "1"], "unexpected argument '--times' found"),
        (&["scenario", "spot-interruption", "--action", "explode"], "invalid value 'explode'"),
        (&["scenario", "spot-interuption"], "unrecognized subcommand 'spot-interuption'"),
    ] {
        let (code, stdout, stderr) = run(arguments, "127.0.0.1:1");
        assert_eq!((code, &*stdout), (2, ""), "{stderr}");
        assert!(stderr.starts_with(&format!("error: {why}")), "{stderr}");
    }
}

#[test]
fn every_command_helps_with_an_example() {
    for command in ["clock", "fault", "identity-certificates", "metadata", "scenario"] {
        let ran = Command::new(program()).args([command, "--help"]).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        assert!(text.contains(&format!("\n  rolecall {command}")), "{text}");
        assert!(text.contains("--admin <ADDR>"), "{text}");
    }
}
