//! `rolecall policy evaluate`, `explain` and `test`: what they read, print and end with.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program;

const USER: &str = "arn:aws:iam::123456789012:user/ana";
const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/app/s";
const OBJECT: &str = "arn:aws:s3:::bucket/key";

#[test]
fn each_case_has_its_line() {
    let allowed = case(json!({"name": "a"})).to_string();
    let denied = case(json!({"name": "d", "policies": {}})).to_string();
    let refused = case(json!({"name": "r", "policies": {"identity": [{}]}})).to_string();
    let answers = [
        r#"{"name":"a","decision":"allowed","decided_by":"identity","reasons":[{"type":"identity","policy":"identity[0]","statement":0,"sid":null,"why":"applies"}]}"#,
        r#"{"name":"d","decision":"implicitDeny","decided_by":"identity","reasons":[]}"#,
    ];
    let ran = rolecall(&["evaluate", "--cases", "-"], &format!("{allowed}\r\n\n \t\n{denied}"));
    assert_eq!(ran, (0, answers.join("\n") + "\n", String::new()));

    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder, "cases.jsonl", &format!("{allowed}\n\n{refused}\n{denied}\n"));
    let (code, stdout, stderr) = rolecall(&["evaluate", "--cases", &file], "");
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!((code, &*stderr, lines.len()), (1, "", 3));
    assert_eq!([lines[0], lines[2]], answers);
    let error: Value = serde_json::from_str(lines[1]).unwrap();
    let what = error["error"].as_str().unwrap();
    let expected = "`policies.identity[0]`: Syntax errors in policy. (";
    assert!(error["name"] == "r" && what.starts_with("line 3, column "), "{what}");
    assert!(what.contains(expected), "{what}");
}

#[test]
fn what_is_no_text_is_an_error_line() {
    let mut input = b"\xff\n".to_vec();
    input.extend("a".repeat((4 << 20) + 1).bytes());
    input.extend(b"\n[]\n");
    let mut child = spawn(&["evaluate", "--cases", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let expected = r#"{"name":null,"error":"line 1, column 1: the text is not UTF-8"}
{"name":null,"error":"line 2, column 1: more than 4194304 bytes"}
{"name":null,"error":"line 3, column 1: expected an object, found a list"}
"#;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let mut child = spawn(&["evaluate", "--cases", "-"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for name in ["first", "second"] {
        writeln!(stdin, "{}", case(json!({ "name": name }))).unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!(r#"{{"name":"{name}","decision":"allowed""#)), "{line}");
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let line = case(json!({})).to_string() + "\n";
    let file = write(&folder, "cases.jsonl", &line.repeat(5000));
    let mut child = spawn(&["evaluate", "--cases", &file]);
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_missing_file_is_told() {
    let cause = "\n  cause: No such file or directory (os error 2)\n";
    for arguments in [
        &["evaluate", "--cases", "/no/such"][..],
        &["explain", "--case", "/no/such"],
        &["test", "/no/such"],
    ] {
        let expected = format!("error: cannot read `/no/such`{cause}");
        assert_eq!(rolecall(arguments, ""), (1, String::new(), expected));
    }
}

#[test]
fn a_request_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let identity = write(&folder, "identity.json", &near_miss().to_string());
    let bucket = json!({"Version": "2012-10-17", "Statement": {"Sid": "Team", "Effect": "Allow",
        "Principal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}});
    let bucket = write(&folder, "bucket.json", &bucket.to_string());
    let flags = [
        "explain",
        "--principal",
        SESSION,
        "--tag",
        "Team=red",
        "--action",
        "s3:GetObject",
        "--resource",
        OBJECT,
        "--policy",
        &identity,
        "--resource-policy",
        &bucket,
        "--context",
        "aws:TagKeys=a",
        "--context",
        "aws:TagKeys=b=c",
    ];
    let expected = format!(
        "\
User: {SESSION} is not authorized to perform: s3:GetObject on resource: {OBJECT} because no \
identity-based policy allows the s3:GetObject action

implicitDeny: no identity-based policy allows it

  resource control policy  none
  service control policy   none
  VPC endpoint policy      none
  resource-based policy    leaves it to the caller's account: `{bucket}`, statement 0 (Sid `Team`)
> identity-based policy    silent
      `{identity}`, statement 0 (Sid `Read`): StringEquals not met, key `aws:SourceVpc` is absent
      `{identity}`, statement 1: another resource
  permissions boundary     none
  session policy           none

condition keys
  aws:PrincipalAccount   123456789012
  aws:PrincipalArn       arn:aws:iam::123456789012:role/app
  aws:PrincipalType      AssumedRole
  aws:PrincipalTag/Team  red
  aws:TagKeys            a, b=c
"
    );
    assert_eq!(rolecall(&flags, ""), (3, expected, String::new()));
    let (code, stdout, _) =
        rolecall(&[&flags[..], &["--context", "aws:SourceVpc=vpc-1"]].concat(), "");
    let expected = format!(
        "User: {SESSION} is authorized to perform: s3:GetObject on resource: {OBJECT}\n\n\
         allowed: identity-based policy `{identity}`, statement 0 (Sid `Read`)\n"
    );
    assert!(code == 0 && stdout.starts_with(&expected), "{stdout}");
}

#[test]
fn a_case_is_explained_with_every_level() {
    let (yes, no) = (allow("*"), allow("sqs:*"));
    let deny = json!({"Version": "2012-10-17",
        "Statement": {"Sid": "Keep", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}});
    let silent = |name: &str| format!("{name:<31}  silent: no statement speaks of the action\n");
    for (policies, code, expected) in [
        (
            json!({"identity": [yes], "scp": [[yes], [no]]}),
            3,
            format!("> {}", silent("service control policy, level 1")),
        ),
        (
            json!({"identity": [yes], "session": [yes, deny]}),
            3,
            "> session policy           denies: `session[1]`, statement 0 (Sid `Keep`)\n"
                .to_owned(),
        ),
        (
            json!({"boundary": [], "resource": {"Version": "2012-10-17", "Statement":
                {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "*", "Resource": "*"}}}),
            0,
            "> resource-based policy    allows: `resource`, statement 0\n  \
             identity-based policy    silent, and not needed\n  \
             permissions boundary     silent, and not needed\n"
                .to_owned(),
        ),
    ] {
        let text = case(json!({ "policies": policies })).to_string();
        let (got, stdout, stderr) = rolecall(&["explain", "--case", "-"], &text);
        assert!(got == code && stdout.contains(&expected), "{stdout}{stderr}");
        let marks = stdout.lines().filter(|line| line.starts_with('>')).count();
        assert_eq!(marks, 1, "{stdout}");
    }
}

#[test]
fn an_explanation_is_an_object_too() {
    let text = case(json!({"policies": {}})).to_string();
    let expected = format!(
        r#"{{"name":"c","decision":"implicitDeny","decided_by":"identity","reasons":[],"message":"User: {USER} is not authorized to perform: s3:GetObject on resource: {OBJECT} because no identity-based policy allows the s3:GetObject action"}}"#
    );
    let ran = rolecall(&["explain", "--case", "-", "--json"], &text);
    assert_eq!(ran, (3, expected + "\n", String::new()));
}

#[test]
fn who_asks_is_told_from_the_flag() {
    for (principal, flags, decided_by) in [
        ("anonymous", &["--resource-account", "123456789012"][..], "resource"),
        ("ec2.amazonaws.com", &["--resource-account", "123456789012"], "resource"),
        ("accounts.google.com", &["--resource-account", "123456789012"], "resource"),
        ("arn:aws:iam::123456789012:root", &[], "root"),
        ("arn:aws:iam::123456789012:role/path/app", &[], "identity"),
        ("arn:aws:sts::123456789012:federated-user/f", &["--role-arn", USER], "identity"),
        (USER, &["--resource-account", "210987654321"], "resource"),
        (SESSION, &["--role-arn", "arn:aws:iam::123456789012:role/path/app"], "identity"),
    ] {
        let fixed = ["--action", "s3:GetObject", "--resource", OBJECT, "--json"];
        let flags = [&["explain", "--principal", principal][..], &fixed, flags].concat();
        let (_, stdout, stderr) = rolecall(&flags, "");
        let answer: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
        assert_eq!(answer["decided_by"], decided_by, "{principal}");
    }
}

#[test]
fn what_is_not_understood_is_not_explained() {
    for (input, cause) in [
        ("{", "line 1, column 2: expected a string in double quotes"),
        ("{\n\"name\": 7}", "line 2, column 9: `name`: expected a string, found a number"),
    ] {
        let expected = format!("error: the request is not understood\n  cause: {cause}\n");
        let ran = rolecall(&["explain", "--case", "-"], input);
        assert_eq!(ran, (1, String::new(), expected));
    }
    let flags = ["explain", "--principal", USER, "--action", "s3:*", "--resource", "*"];
    let cause = "`action`: `s3:*` is no action; expected one, as `s3:GetObject`";
    let expected = format!("error: the request is not understood\n  cause: {cause}\n");
    assert_eq!(rolecall(&flags, ""), (1, String::new(), expected));
    for wrong in [
        &["explain"][..],
        &["explain", "--principal", USER, "--action", "s3:GetObject"],
        &["explain", "--case", "-", "--action", "s3:GetObject"],
        &["explain", "--case", "-", "--context", "a:b=c"],
        &["evaluate"],
        &["test"],
    ] {
        assert_eq!(rolecall(wrong, "").0, 2, "{wrong:?}");
    }
}

#[test]
fn tests_of_a_folder_are_run() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "read.json", &near_miss().to_string());
    let test = |name: &str, vpc: &str, expect: &str| {
        case(json!({"name": name, "context": {"aws:SourceVpc": vpc},
            "policies": {"identity": ["../read.json"]}, "expect": expect}))
    };
    fs::create_dir(folder.path().join("sub")).unwrap();
    let lines = [
        test("inside", "vpc-1", "allowed").to_string(),
        String::new(),
        test("outside", "vpc-2", "implicitDeny").to_string(),
    ];
    write(&folder, "sub/vpc.test.jsonl", &lines.join("\n"));
    let pretty = serde_json::to_string_pretty(&case(json!({"expect": "allowed"}))).unwrap();
    write(&folder, "inline.test.json", &pretty);
    write(&folder, "cases.jsonl", "not a test");
    let path = folder.path().to_str().unwrap();
    assert_eq!(rolecall(&["test", path], ""), (0, "3 passed, 0 failed\n".into(), String::new()));

    let failing = write(&folder, "b.test.jsonl", &{
        let mut failing = test("wrong", "vpc-2", "allowed");
        failing["policies"]["identity"] = json!(["read.json"]);
        format!("\n{failing}\n")
    });
    let expected = format!(
        "\
FAILED {failing}:2 `wrong`
  expected allowed, got implicitDeny
  no identity-based policy allows it: identity-based policy `read.json`, statement 0 (Sid `Read`): \
StringEquals not met, key `aws:SourceVpc` is [\"vpc-2\"]; identity-based policy `read.json`, \
statement 1: another resource
3 passed, 1 failed
"
    );
    assert_eq!(rolecall(&["test", path], ""), (3, expected, String::new()));
    assert_eq!(rolecall(&["test", &failing], "").0, 3, "a file of tests alone");

    let broken = write(&folder, "c.test.json", &case(json!({})).to_string());
    let (code, stdout, _) = rolecall(&["test", path], "");
    let expected = format!(
        "ERROR {broken} `c`\n  line 1, column 1: `expect`: the field is missing; expected \
         `allowed`, `explicitDeny` or `implicitDeny`\n3 passed, 1 failed, 1 not understood\n"
    );
    assert!(code == 1 && stdout.ends_with(&expected), "{stdout}");

    let (code, stdout, _) = rolecall(&["test", path, "--json"], "");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &report["passed"], &report["failed"]), (1, &json!(3), &json!(1)));
    assert_eq!((&report["errors"], &report["results"][0]["line"]), (&json!(1), &json!(2)));
    assert_eq!(report["results"][0]["decision"], "implicitDeny");
    assert_eq!(report["results"][1]["name"], "c");
}

#[test]
fn a_folder_without_tests_does_not_pass() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let expected = format!(
        "error: there are no tests in `{path}`\n\nhint: tests are files as `NAME.test.json` and \
         `NAME.test.jsonl`\n"
    );
    assert_eq!(rolecall(&["test", path], ""), (1, String::new(), expected));
}

#[test]
fn policies_stand_beside_their_tests() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = write(&folder, "read.json", &near_miss().to_string());
    for (file, cause) in [
        (elsewhere.as_str(), format!("`{elsewhere}` is not relative to the test")),
        (
            "none.json",
            format!(
                "cannot read `{}`: No such file or directory (os error 2)",
                folder.path().join("none.json").display()
            ),
        ),
    ] {
        let test = case(json!({"policies": {"identity": [file]}, "expect": "allowed"}));
        let test = write(&folder, "a.test.json", &test.to_string());
        let (code, stdout, _) = rolecall(&["test", &test], "");
        assert!(
            code == 1 && stdout.contains(&format!("`policies.identity[0]`: {cause}")),
            "{stdout}"
        );
    }
}

#[test]
fn the_documented_case_has_the_documented_answer() {
    let page = include_str!("../../../../docs/policy-tools.md");
    let blocks: Vec<_> = page.split("```json\n").skip(1).collect();
    let block = |index: usize| blocks[index].split_once("```").unwrap().0;
    let line = block(0).replace('\n', "");
    let ran = rolecall(&["evaluate", "--cases", "-"], &line);
    assert_eq!(ran, (0, block(1).to_owned(), String::new()));
}

/// The tables of the contract, as a team would run them.
#[test]
fn the_contracts_tables_pass() {
    let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policy/tests/cases");
    let (code, stdout, stderr) = rolecall(&["test", tables.to_str().unwrap()], "");
    assert!(code == 0 && stdout.ends_with(" passed, 0 failed\n"), "{stdout}{stderr}");
}

fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
}

/// Allows reads from one VPC, and everything somewhere else.
fn near_miss() -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"},
    ]})
}

/// A case that is allowed, with some fields replaced.
fn case(patch: Value) -> Value {
    let mut case = json!({
        "name": "c",
        "principal": {"type": "user", "arn": USER},
        "action": "s3:GetObject",
        "resource": {"arn": OBJECT, "account": "123456789012"},
        "context": {},
        "policies": {"identity": [allow("*")]},
    });
    for (field, value) in patch.as_object().unwrap() {
        case[field] = value.clone();
    }
    case
}

fn write(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn spawn(arguments: &[&str]) -> std::process::Child {
    Command::new(program())
        .arg("policy")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Exit code, stdout, stderr.
fn rolecall(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = spawn(arguments);
    // Who does not read it is gone already.
    let _gone = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}
