//! The breadth of S3, as the administrator and as a user who is denied one key.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use rolecall_testkit::{Client, Clients, Keys};

use crate::{dev, now};

/// Spaces, signs that are reserved, encoded differently by each SDK, or beyond ASCII.
const AWKWARD: [&str; 4] = [
    "dir a/k+é (1)~*'!.txt",
    "a&b=c?d#e/%2F.txt",
    "line, semi; at@ $ : {x} [y] |^`\"<>",
    "日本語/ключ",
];

#[test]
fn buckets_are_made_found_and_deleted() {
    let world = dev(&[]);
    let variables = world.variables_with(&world.administrator());
    for client in Client::COMMAND_LINES {
        let bucket = format!("made-by-{client:?}").to_lowercase();
        let in_bucket = |words: &[&'static str]| -> Option<(i32, String)> {
            let mut words = words.to_vec();
            words.extend(["--bucket", &bucket]);
            let ran = Clients::find().run(client, &words, &variables)?;
            Some((ran.code, ran.text() + &ran.stderr))
        };
        let Some(created) = in_bucket(&["s3api", "create-bucket", "--output", "text"]) else {
            continue;
        };
        assert_eq!(created, (0, format!("/{bucket}")));
        let (code, text) = in_bucket(&["s3api", "head-bucket"]).unwrap();
        assert_eq!(code, 0, "{text}");
        let names = ["s3api", "list-buckets", "--query", "Buckets[].Name", "--output", "text"];
        let listed = Clients::find().run(client, &names, &variables).unwrap();
        assert_eq!(listed.text(), format!("examplebucket\t{bucket}"));
        assert_eq!(in_bucket(&["s3api", "delete-bucket"]).unwrap(), (0, String::new()));
        let (code, text) = in_bucket(&["s3api", "head-bucket"]).unwrap();
        assert_ne!(code, 0);
        assert!(text.contains("(404)"), "{text}");
    }
}

#[test]
fn awkward_keys_go_through_every_verb() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "awkward").unwrap();
    let file = file.to_str().unwrap();
    let variables = world.variables_with(&world.administrator());
    for client in Client::PROGRAMS {
        let run = |words: &[&str]| {
            let ran = Clients::find().run(client, words, &variables)?;
            Some((ran.code, ran.text(), ran.stderr))
        };
        let done = |text: &str| Some((0, text.to_owned(), String::new()));
        let prefix = format!("{client:?} é+/");
        for key in AWKWARD {
            let (key, copy) = (format!("{prefix}{key}"), format!("{prefix}copy of {key}"));
            let put = run(&["put", "examplebucket", &key, file]);
            if put.is_none() {
                break;
            }
            assert_eq!(put, done("ok"), "{key}");
            assert_eq!(run(&["get", "examplebucket", &key]), done("awkward"), "{key}");
            assert_eq!(run(&["copy", "examplebucket", &key, &copy]), done("ok"), "{key}");
            assert_eq!(run(&["get", "examplebucket", &copy]), done("awkward"), "{copy}");
            assert_eq!(run(&["delete", "examplebucket", &copy]), done(&copy), "{copy}");
        }
        let mut keys = AWKWARD.map(|key| format!("{prefix}{key}"));
        keys.sort();
        assert_eq!(run(&["list", "examplebucket", &prefix]), done(&keys.join("\n")));
        let mut delete = vec!["delete", "examplebucket"];
        delete.extend(keys.iter().map(String::as_str));
        let (code, deleted, stderr) = run(&delete).unwrap();
        let mut deleted: Vec<&str> = deleted.lines().collect();
        deleted.sort_unstable();
        assert_eq!((code, deleted, &*stderr), (0, keys.iter().map(|k| &**k).collect(), ""));
        assert_eq!(run(&["list", "examplebucket", &prefix]), done(""));
    }
}

#[test]
fn of_several_keys_the_denied_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, format!("{DEVELOPMENT}{DELETER}")).unwrap();
    let world = dev(&["--seed", seed.to_str().unwrap()]);
    let deleter = Keys {
        id: "AKIAQYLPMN5HHHFPZAM2".into(),
        secret: "secretOfTheDeleter".into(),
        token: None,
    };
    let variables = world.variables_with(&deleter);
    for client in Client::PROGRAMS {
        let run = |words: &[&str]| Clients::find().run(client, words, &variables);
        for key in ["a", "keep/b", "c"] {
            if let Some(ran) = run(&["put", "examplebucket", key, "/dev/null"]) {
                assert_eq!((ran.code, &*ran.stderr), (0, ""), "{client:?}");
            }
        }
        let Some(ran) = run(&["delete", "examplebucket", "a", "keep/b", "c"]) else { continue };
        // contract/gateway.md section 2.2: a list tells no reason.
        let expected = "a\nc\nERROR keep/b AccessDenied Access Denied";
        assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (3, expected, ""), "{client:?}");
        let listed = run(&["list", "examplebucket"]).unwrap();
        assert_eq!(listed.text(), "hello.txt\nkeep/b", "{client:?}");
    }
}

#[test]
fn presigned_addresses_are_fetched_by_curl() {
    let world = dev(&[]);
    for client in Client::PROGRAMS {
        for variables in [world.variables(), world.variables_with(&world.administrator())] {
            let words = ["presign-get", "examplebucket", "hello.txt", "60"];
            let Some(ran) = Clients::find().run(client, &words, &variables) else { break };
            let url = ran.text();
            assert_eq!(curl(&url), "200 Hello from rolecall.\n", "{client:?} {url}");
            let changed = curl(&url.replace("hello.txt", "other.txt"));
            assert!(changed.starts_with("403 "), "{client:?} {changed}");
            assert!(changed.contains("<Code>SignatureDoesNotMatch</Code>"), "{changed}");
        }
    }
}

#[test]
fn what_is_not_mapped_is_501_and_reaches_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let world = dev(&["--data", folder.path().to_str().unwrap()]);
    let store = folder.path().join("s3");
    let before = tree(&store);
    let message = "A header you provided implies functionality that is not implemented";
    let variables = world.variables_with(&world.administrator());
    let tagging = ["--key", "hello.txt", "--tagging", "TagSet=[{Key=k,Value=v}]"];
    for client in Client::COMMAND_LINES {
        for (operation, name, more) in [
            ("put-object-tagging", "PutObjectTagging", &tagging as &[_]),
            ("get-bucket-acl", "GetBucketAcl", &[]),
        ] {
            let mut variables = variables.clone();
            variables.push(("AWS_MAX_ATTEMPTS".into(), "1".into()));
            let words = [&["s3api", operation, "--bucket", "examplebucket"], more].concat();
            let Some(ran) = Clients::find().run(client, &words, &variables) else { return };
            let said = ran.stderr.trim().replace(" (reached max retries: 0)", "");
            let expected = format!(
                "An error occurred (NotImplemented) when calling the {name} operation: {message}"
            );
            assert!(said.ends_with(&expected), "{client:?} {operation}: {}", ran.stderr);
        }
    }
    let host = world.api();
    for (method, target) in [
        ("PUT", "/examplebucket/hello.txt?tagging="),
        ("PUT", "/examplebucket/hello.txt?acl="),
        ("PUT", "/examplebucket?policy="),
        ("DELETE", "/examplebucket/hello.txt?versionId=v"),
        ("POST", "/examplebucket/hello.txt?restore="),
    ] {
        let reply = world.administrator().s3(host, method, target, b"<x/>", now()).send(host);
        assert_eq!((reply.status, reply.error().0.as_str()), (501, "NotImplemented"), "{target}");
    }
    assert_eq!(tree(&store), before);
}

/// Status and body of what stands behind a URL.
fn curl(url: &str) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--write-out", "%{stderr}%{http_code} ", url]);
    let output = command.output().expect("curl is there");
    [output.stderr, output.stdout].concat().into_iter().map(char::from).collect()
}

/// Every file below a folder, with its content.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

const DEVELOPMENT: &str = include_str!("../../src/development.toml");

const DELETER: &str = r#"
[[user]]
name = "deleter"

[[user.access-key]]
id = "AKIAQYLPMN5HHHFPZAM2"
secret = "secretOfTheDeleter"

[[user.policy]]
name = "all-but-keep"
document = '''
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {"Effect": "Deny", "Action": "s3:DeleteObject",
     "Resource": "arn:aws:s3:::examplebucket/keep/*"}
  ]
}
'''
"#;
