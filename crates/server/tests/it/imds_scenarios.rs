//! What happens to an instance, and values that are set. contract/imds.md section 1.6 and section 4,
//! rows 101 to 103.

use std::collections::BTreeSet;

use rolecall_testkit::{Reply, TestWorld};
use serde_json::{Value, json};

const INSTANCE: &str = "/instances/i-0123456789abcdef0";

fn play(world: &TestWorld, body: &str) -> Reply {
    world.admin_change("POST", &format!("{INSTANCE}/scenario"), body)
}

fn set(world: &TestWorld, values: &Value) -> Reply {
    world.admin_change("PATCH", &format!("{INSTANCE}/metadata"), &values.to_string())
}

fn value(world: &TestWorld, path: &str) -> Option<String> {
    let reply = world.metadata(&format!("meta-data/{path}"));
    assert!(reply.status == 200 || reply.status == 404, "{path}: {}", reply.status);
    let plain = reply.header("content-type") == Some("text/plain");
    (reply.status == 200).then(|| reply.text()).inspect(|_| assert!(plain, "{path}"))
}

/// Everything that a scenario may change, and the listings above it.
fn whole(world: &TestWorld) -> Vec<Option<String>> {
    let paths = [
        "",
        "autoscaling/target-lifecycle-state",
        "events/",
        "events/maintenance/history",
        "events/maintenance/scheduled",
        "events/recommendations/rebalance",
        "instance-life-cycle",
        "spot/instance-action",
        "spot/termination-time",
    ];
    paths.map(|path| value(world, path)).to_vec()
}

fn has(world: &TestWorld, directory: &str, name: &str) -> bool {
    value(world, directory).is_some_and(|names| names.lines().any(|line| line == name))
}

#[test]
fn scenarios_have_the_bodies_of_aws_and_calm_restores() {
    let world = TestWorld::start();
    let before = whole(&world);
    let event = |state: &str, code: &str, word: &str, [from, to]: [&str; 2]| {
        format!(
            "[{{\"NotBefore\" : \"{from}\",\"Code\" : \"{code}\",\"Description\" : \"scheduled \
             {word}\",\"EventId\" : \"instance-event-0123456789abcdef0\",\"NotAfter\" : \
             \"{to}\",\"State\" : \"{state}\"}}]"
        )
    };
    let tomorrow = ["23 Nov 2026 10:00:00 GMT", "23 Nov 2026 12:00:00 GMT"];
    let an_hour_ago = ["22 Nov 2026 09:00:00 GMT", "22 Nov 2026 11:00:00 GMT"];
    let action = |action: &str, time: &str| {
        Some(format!("{{\"action\": \"{action}\", \"time\": \"2026-11-22T{time}Z\"}}"))
    };
    let text = |text: &str| Some(text.to_owned());
    for (body, expected) in [
        (
            r#"{"name":"spot-interruption"}"#,
            vec![
                ("instance-life-cycle", text("spot")),
                ("spot/", text("instance-action\ntermination-time")),
                ("spot/instance-action", action("terminate", "10:02:00")),
                ("spot/termination-time", text("2026-11-22T10:02:00Z")),
            ],
        ),
        (
            r#"{"name":"spot-interruption","action":"stop","in-seconds":600}"#,
            vec![
                ("spot/", text("instance-action")),
                ("spot/instance-action", action("stop", "10:10:00")),
                ("spot/termination-time", None),
            ],
        ),
        (
            r#"{"name":"spot-interruption","action":"hibernate","in-seconds":0}"#,
            vec![
                ("spot/instance-action", action("hibernate", "10:00:00")),
                ("spot/termination-time", None),
            ],
        ),
        (
            r#"{"name":"rebalance"}"#,
            vec![
                ("events/", text("maintenance/\nrecommendations/")),
                (
                    "events/recommendations/rebalance",
                    text("{\"noticeTime\": \"2026-11-22T10:00:00Z\"}"),
                ),
            ],
        ),
        (
            r#"{"name":"maintenance"}"#,
            vec![
                (
                    "events/maintenance/scheduled",
                    Some(event("active", "system-reboot", "reboot", tomorrow)),
                ),
                ("events/maintenance/history", text("[]")),
            ],
        ),
        (
            r#"{"name":"maintenance","code":"instance-retirement","in-seconds":-3600,
                "state":"completed"}"#,
            vec![
                ("events/maintenance/scheduled", text("[]")),
                (
                    "events/maintenance/history",
                    Some(event("completed", "instance-retirement", "retirement", an_hour_ago)),
                ),
            ],
        ),
        (
            r#"{"name":"auto-scaling","state":"Warmed:Stopped"}"#,
            vec![("autoscaling/target-lifecycle-state", text("Warmed:Stopped"))],
        ),
    ] {
        let reply = play(&world, body);
        assert_eq!(reply.status, 200, "{body}: {}", reply.text());
        for (path, expected) in expected {
            assert_eq!(value(&world, path), expected, "{body}: {path}");
        }
        assert_eq!(play(&world, r#"{"name":"calm"}"#).status, 200);
        assert_eq!(whole(&world), before, "calm after {body}");
    }
}

#[test]
fn scenarios_add_up() {
    let world = TestWorld::start();
    play(&world, r#"{"name":"rebalance"}"#);
    play(&world, r#"{"name":"spot-interruption"}"#);
    play(&world, r#"{"name":"auto-scaling","state":"Terminated"}"#);
    for (directory, name) in [
        ("", "autoscaling/"),
        ("", "spot/"),
        ("events/", "recommendations/"),
        ("spot/", "termination-time"),
    ] {
        assert!(has(&world, directory, name), "{directory}{name}");
    }
    // A version before the thing does not know it.
    let old = world.metadata("../2016-09-02/meta-data/spot/instance-action");
    assert_eq!(old.status, 404);
}

#[test]
fn scenarios_that_make_no_sense_are_refused() {
    let world = TestWorld::start();
    let before = whole(&world);
    for (body, why) in [
        (
            r#"{"name":"auto-scaling","state":"Gone"}"#,
            "`Gone` is no lifecycle state: Detached, InService, Standby, Terminated, \
             Warmed:Hibernated, Warmed:Running, Warmed:Stopped, Warmed:Terminated\n",
        ),
        (
            r#"{"name":"spot-interruption","in-seconds":31622401}"#,
            "`in-seconds` is 31622401: at most 31622400, a year\n",
        ),
        (
            r#"{"name":"maintenance","in-seconds":-9223372036854775808}"#,
            "`in-seconds` is -9223372036854775808: at most 31622400, a year\n",
        ),
        (r#"{"name":"spot-interruption","action":"explode"}"#, "unknown variant `explode`"),
        (r#"{"name":"earthquake"}"#, "unknown variant `earthquake`"),
        (r#"{"name":"calm","really":true}"#, "unknown field `really`"),
        (r#"{"name":"auto-scaling"}"#, "missing field `state`"),
        ("[]", ""),
        ("", "EOF while parsing"),
    ] {
        let reply = play(&world, body);
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text().starts_with(why), "{body}: {}", reply.text());
    }
    assert_eq!(whole(&world), before);
}

#[test]
fn a_value_is_set_taken_away_and_derived_again() {
    let world = TestWorld::start();
    let hostname = value(&world, "hostname");
    assert_eq!(value(&world, "public-ipv4"), None);
    let values = json!({
        "hostname": "db.example.com",
        "meta-data/public-ipv4": "203.0.113.7",
        "placement/partition-number": "3",
        "dynamic/fws/instance-monitoring": "enabled",
        "profile": false,
        "empty": "",
    });
    let reply = set(&world, &values);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let document: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(document, json!({ "instanceId": "i-0123456789abcdef0", "values": values }));
    for (path, expected) in [
        ("hostname", Some("db.example.com")),
        ("public-ipv4", Some("203.0.113.7")),
        ("placement/partition-number", Some("3")),
        ("profile", None),
        ("empty", Some("")),
    ] {
        assert_eq!(value(&world, path).as_deref(), expected, "{path}");
    }
    assert_eq!(world.metadata("dynamic/fws/instance-monitoring").text(), "enabled");
    assert!(has(&world, "placement/", "partition-number") && has(&world, "", "public-ipv4"));
    assert!(!has(&world, "", "profile"), "what is absent is not listed");
    let shown: Value =
        serde_json::from_slice(&world.admin_get(&format!("{INSTANCE}/metadata")).body).unwrap();
    let names =
        values.as_object().unwrap().keys().map(|path| path.trim_start_matches("meta-data/"));
    assert_eq!(
        shown.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>(),
        names.collect()
    );
    assert_eq!((&shown["profile"], &shown["hostname"]), (&Value::Null, &json!("db.example.com")));

    // By either name.
    let derived = values.as_object().unwrap().keys().map(|path| match path.as_str() {
        "hostname" => ("meta-data/hostname".to_owned(), Value::Null),
        path => (path.trim_start_matches("meta-data/").to_owned(), Value::Null),
    });
    set(&world, &derived.collect());
    assert_eq!((value(&world, "hostname"), value(&world, "public-ipv4")), (hostname, None));
    assert_eq!(value(&world, "profile").as_deref(), Some("default-hvm"));
    assert_eq!(world.admin_get(&format!("{INSTANCE}/metadata")).text(), "{}\n");
}

#[test]
fn a_path_that_takes_no_value_is_refused_and_nothing_is_changed() {
    let world = TestWorld::start();
    let malformed = |path: &str| {
        format!("`{path}` is not a metadata path: names joined by `/`, below `meta-data/`\n")
    };
    let own = |path: &str| {
        format!("`{path}` is made by the service: set the profile, the role or the tags instead\n")
    };
    let kind = |path: &str| format!("`{path}` takes a text, false or null\n");
    let long = "a".repeat(513);
    for (path, value, why) in [
        ("", json!("x"), malformed("")),
        ("/hostname", json!("x"), malformed("/hostname")),
        ("a//b", json!("x"), malformed("a//b")),
        ("../user-data", json!("x"), malformed("../user-data")),
        ("a b", json!("x"), malformed("a b")),
        ("é", json!("x"), malformed("é")),
        (&long, json!("x"), malformed(&long)),
        ("iam/security-credentials/s3access", json!("x"), own("iam/security-credentials/s3access")),
        ("iam/info", json!(null), own("iam/info")),
        ("identity-credentials/ec2/info", json!("x"), own("identity-credentials/ec2/info")),
        ("tags/instance/Name", json!("x"), own("tags/instance/Name")),
        ("public-keys/0/openssh-key", json!("x"), own("public-keys/0/openssh-key")),
        (
            "dynamic/instance-identity/document",
            json!(false),
            own("dynamic/instance-identity/document"),
        ),
        ("hostname", json!(true), kind("hostname")),
        ("hostname", json!(1), kind("hostname")),
        ("hostname", json!({}), kind("hostname")),
    ] {
        // A good value beside a bad one is not set, either.
        let mut values = serde_json::Map::new();
        values.insert("public-ipv4".to_owned(), json!("203.0.113.7"));
        values.insert(path.to_owned(), value);
        let reply = set(&world, &Value::from(values));
        assert_eq!((reply.status, reply.text()), (400, why));
        assert_eq!(value_of_ipv4(&world), None, "{path}");
    }
    let other = world.admin_change("PATCH", "/instances/i-0eeeeeeeeeeeeeeee/metadata", "{}");
    assert_eq!(other.status, 404);
}

fn value_of_ipv4(world: &TestWorld) -> Option<String> {
    value(world, "public-ipv4")
}

#[test]
fn service_made_paths_stay_when_written_below_meta_data() {
    let world = TestWorld::start();
    let path = "meta-data/iam/security-credentials/s3access";
    let before = world.metadata(path).text();
    let reply = set(&world, &json!({ path: "stolen" }));
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert_eq!(world.metadata(path).text(), before);
}

#[test]
fn values_of_a_seed_are_shown() {
    let seed = r#"
        account = "123456789012"
        [[instance]]
        id = "i-0123456789abcdef0"
        [instance.metadata]
        "spot/instance-action" = '{"action": "stop", "time": "2017-09-18T08:22:00Z"}'
        public-hostname = "a.example"
        system = false
    "#;
    let world = TestWorld::with_seed(seed);
    let notice = "{\"action\": \"stop\", \"time\": \"2017-09-18T08:22:00Z\"}";
    assert_eq!(value(&world, "spot/instance-action").as_deref(), Some(notice));
    assert_eq!(value(&world, "public-hostname").as_deref(), Some("a.example"));
    assert_eq!((value(&world, "system"), has(&world, "", "system")), (None, false));
    let bad = seed.replace("public-hostname", "\"iam/info\"");
    assert!(TestWorld::try_start(&bad).is_err());
}

#[test]
fn what_was_set_is_kept_with_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let seed = include_str!("../../../rolecall/src/development.toml");
    let start = || TestWorld::with(seed, Some(folder.path().to_owned()));
    let world = start();
    play(&world, r#"{"name":"rebalance"}"#);
    set(&world, &json!({ "hostname": "kept", "profile": false }));
    let before = whole(&world);
    world.stop();
    let world = start();
    assert_eq!(whole(&world), before);
    assert_eq!(
        (value(&world, "hostname").as_deref(), value(&world, "profile")),
        (Some("kept"), None)
    );
}
