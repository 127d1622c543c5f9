//! `rolecall policy check`: what it prints, and how it ends.

use std::path::Path;
use std::process::Command;

use rolecall_testkit::Ran;
use serde_json::Value;

use crate::program;

const CLEAN: &str = r#"{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}}
"#;

const WARNED: &str = r#"{"Version": "2012-10-17", "Statement": {
  "Effect": "Deny", "Action": "s3:ListObjects", "Resource": "*",
  "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}}
"#;

const REFUSED: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",}
]}
"#;

#[test]
fn exit_codes() {
    for (text, arguments, code) in [
        (CLEAN, &[] as &[&str], 0),
        (CLEAN, &["--deny-warnings"], 0),
        (WARNED, &[], 0),
        (WARNED, &["--deny-warnings"], 3),
        (WARNED, &["--json"], 0),
        (REFUSED, &[], 3),
        (REFUSED, &["--json"], 3),
        (CLEAN, &["--kind", "resource"], 3),
        (CLEAN, &["--kind", "bucket"], 2),
        (CLEAN, &["--unknown"], 2),
    ] {
        let ran = check(text, arguments);
        assert_eq!(ran.code, code, "{arguments:?} {text} {} {}", ran.text(), ran.stderr);
    }
    let mut command = Command::new(program());
    command.args(["policy", "check"]);
    assert_eq!(Ran::command(command, &[]).code, 2);
}

#[test]
fn the_screen_of_a_clean_policy() {
    let ran = check(CLEAN, &["--kind", "identity"]);
    let summary = "policy.json: checked as an identity policy: nothing found\n";
    assert_eq!((ran.text().as_str(), ran.stderr.as_str()), ("", summary));
}

#[test]
fn the_screen_of_warnings() {
    let ran = check(WARNED, &[]);
    let expected = "\
warning: there is no action `s3:ListObjects` [unknown-action]
  place: policy.json:2:31
         2 |   \"Effect\": \"Deny\", \"Action\": \"s3:ListObjects\", \"Resource\": \"*\",
           |                               ^^^^^^^^^^^^^^^^

hint: did you mean `s3:ListBucket`?

warning: the Deny misses requests without `aws:MultiFactorAuthPresent` [deny-misses-absent-key]
  place: policy.json:3:26
         3 |   \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"false\"}}}}
           |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

hint: write `BoolIfExists`, or deny them with `\"Null\": {\"aws:MultiFactorAuthPresent\": \"true\"}` \
in a statement of its own

";
    let summary = "policy.json: checked as an identity policy (guessed; `--kind` says it): \
                   2 warnings\n";
    assert_eq!((ran.text().as_str(), ran.stderr.as_str()), (expected.trim_end(), summary));
}

#[test]
fn the_screen_of_an_error() {
    let ran = check(REFUSED, &["--kind", "session"]);
    let expected = "\
error: expected a string in double quotes [json-syntax]
  place: policy.json:2:65
         2 |   {\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\",}
           |                                                                 ^
  cause: IAM answers `Syntax errors in policy.`

hint: take away the comma before the bracket
";
    let summary = "policy.json: checked as a session policy: 1 error\n";
    assert_eq!((ran.text().as_str(), ran.stderr.as_str()), (expected.trim_end(), summary));
}

#[test]
fn json_is_one_object_a_finding() {
    let ran = check(WARNED, &["--json", "--kind", "scp"]);
    let text = ran.text();
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = serde_json::json!({
        "file": "policy.json", "line": 2, "column": 31, "start": 71, "end": 87, "kind": "scp",
        "severity": "warning", "code": "unknown-action",
        "message": "there is no action `s3:ListObjects`",
        "hint": "did you mean `s3:ListBucket`?", "iam_message": null,
    });
    assert_eq!((objects.len(), &objects[0]), (2, &expected));
    assert_eq!(ran.stderr, "");
    let ran = check(REFUSED, &["--json"]);
    let object: Value = serde_json::from_str(&ran.text()).unwrap();
    assert_eq!(object["iam_message"], "Syntax errors in policy.");
}

#[test]
fn standard_input_is_a_file_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.json");
    std::fs::write(&path, WARNED).unwrap();
    let mut command = Command::new(program());
    command.args(["policy", "check", "-"]).stdin(std::fs::File::open(&path).unwrap());
    let ran = command.output().unwrap();
    let [stdout, stderr] = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(stdout.contains("\n  place: <stdin>:2:31\n"), "{stdout}");
    assert!(stderr.starts_with("<stdin>: checked as an identity policy"), "{stderr}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.json"), CLEAN).unwrap();
    let ran = run(folder.path(), &["missing.json", "policy.json"]);
    let expected = "\
error: cannot read `missing.json`
  cause: No such file or directory (os error 2)
policy.json: checked as an identity policy (guessed; `--kind` says it): nothing found
";
    assert_eq!((ran.code, ran.stderr.as_str()), (1, expected));
}

#[test]
fn what_is_no_text_or_too_much_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, expected) in [
        (b"{\"\xff\"}".to_vec(), "error: the document is not UTF-8 [invalid-utf-8]\n"),
        (
            vec![b' '; 131_073],
            "error: the document has more than 131072 bytes [document-too-large]\n",
        ),
        (
            b"{\"Statement\": {\"\\u001b[31m\": 1}}".to_vec(),
            "error: unknown element `\\u{1b}[31m` [malformed-policy]\n",
        ),
    ] {
        std::fs::write(folder.path().join("policy.json"), bytes).unwrap();
        let ran = run(folder.path(), &["policy.json"]);
        assert!(ran.text().starts_with(expected), "{}", ran.text());
        assert_eq!(ran.code, 3);
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.json"), WARNED).unwrap();
    let mut command = Command::new(program());
    command.current_dir(folder.path()).args(["policy", "check", "policy.json"]).stdout(writer);
    assert_eq!(Ran::redirected(command, &[]).code, 0);
}

/// Checks a document, as a file of its own.
fn check(text: &str, arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.json"), text).unwrap();
    run(folder.path(), &[arguments, &["policy.json"]].concat())
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(program());
    command.current_dir(folder).args(["policy", "check"]).args(arguments);
    Ran::command(command, &[])
}
