//! Task scale-in protection: contract/imds.md section 1.12.

use rolecall_identity::Timestamp;
use rolecall_imds::container::task_protection::{
    PROTECTION_BODY_BYTES_MAX, ProtectionChange, ProtectionRequest, TaskProtection, respond,
};

use crate::tasks::{AGENT_ID, Host, TASK_ARN};
use crate::world::ISSUED;

#[test]
fn a_task_protects_itself() {
    for (body, minutes) in [
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":60}"#, 60),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":1}"#, 1),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2880}"#, 2880),
        (r#"{"ProtectionEnabled":true}"#, 120),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":null}"#, 120),
    ] {
        let end = ISSUED.plus_seconds(minutes * 60);
        let (status, text, change) = put(body);
        let expected = format!(
            "{{\"protection\":{{\"ExpirationDate\":\"{}\",\"ProtectionEnabled\":true,\
             \"TaskArn\":\"{TASK_ARN}\"}}}}",
            end.iso8601()
        );
        assert_eq!((status, text), (200, expected), "{body}");
        let protection = TaskProtection::Until(end);
        assert_eq!(change, Some(ProtectionChange { task_arn: TASK_ARN.into(), protection }));
    }
}

#[test]
fn a_task_ends_its_protection() {
    for body in
        [r#"{"ProtectionEnabled":false}"#, r#"{"ProtectionEnabled":false,"ExpiresInMinutes":5}"#]
    {
        let (status, text, change) = put(body);
        assert_eq!((status, text), (200, unprotected()), "{body}");
        assert_eq!(change.unwrap().protection, TaskProtection::Unprotected);
    }
}

#[test]
fn the_state_is_read_until_it_ends() {
    let end = ISSUED.plus_seconds(60);
    let get = |state, now| {
        let (status, text, change) = ask(now, "GET", &own(), b"", state);
        assert_eq!((status, change), (200, None));
        text
    };
    let protected = format!(
        "{{\"protection\":{{\"ExpirationDate\":\"2027-01-15T08:01:00Z\",\
         \"ProtectionEnabled\":true,\"TaskArn\":\"{TASK_ARN}\"}}}}"
    );
    let last = Timestamp::from_millis(end.millis() - 1);
    assert_eq!(get(TaskProtection::Until(end), last), protected);
    assert_eq!(get(TaskProtection::Until(end), end), unprotected());
    assert_eq!(get(TaskProtection::Unprotected, ISSUED), unprotected());
}

#[test]
fn bad_updates_change_nothing() {
    let form = "UpdateTaskProtection: failed to decode request";
    let minutes = "Invalid request: ExpiresInMinutes must be between 1 and 2880";
    let long = format!("{{\"ProtectionEnabled\":true}}{}", " ".repeat(PROTECTION_BODY_BYTES_MAX));
    for (body, message) in [
        ("", form),
        ("[]", form),
        (r#"{"ProtectionEnabled":"yes"}"#, form),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":1.5}"#, form),
        (r#"{"ProtectionEnabled":true,"ProtectionEnabled":false}"#, form),
        (r#"{"ProtectionEnabled":true,"Other":1}"#, form),
        (&long, form),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":0}"#, minutes),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2881}"#, minutes),
        (r#"{"ProtectionEnabled":true,"ExpiresInMinutes":-1}"#, minutes),
        ("{}", "Invalid request: does not contain 'ProtectionEnabled' field"),
    ] {
        let expected = format!(
            "{{\"error\":{{\"Arn\":\"{TASK_ARN}\",\"Code\":\"InvalidParameterException\",\
             \"Message\":\"{message}\"}}}}"
        );
        assert_eq!(put(body), (400, expected, None), "{body}");
    }
    let longest = format!("{:1$}", r#"{"ProtectionEnabled":true}"#, PROTECTION_BODY_BYTES_MAX);
    assert_eq!(put(&longest).0, 200);
}

/// ECS protects tasks of services only.
#[test]
fn a_task_of_no_service_is_not_valid() {
    let arn = TASK_ARN.replace("158d", "258d");
    let expected = format!(
        "{{\"failure\":{{\"Arn\":\"{arn}\",\"Detail\":null,\"Reason\":\"TASK_NOT_VALID\"}}}}"
    );
    let target = "/api/a-agent/task-protection/v1/state";
    for (method, body) in [("GET", ""), ("PUT", r#"{"ProtectionEnabled":true}"#)] {
        let answer = ask(ISSUED, method, target, body.as_bytes(), TaskProtection::Unprotected);
        assert_eq!(answer, (200, expected.clone(), None), "{method}");
    }
}

#[test]
fn others_find_no_task() {
    let unknown = "{\"error\":{\"Code\":\"ResourceNotFoundException\",\
                   \"Message\":\"Failed to find a task for the request\"}}";
    for (method, target, status) in [
        ("GET", "/api/unknown/task-protection/v1/state", 404),
        ("PUT", "/api/unknown/task-protection/v1/state", 404),
        ("POST", &own(), 405),
        ("GET", "/api//task-protection/v1/state", 404),
        ("GET", &format!("/api/{AGENT_ID}/task-protection/v1/state/x"), 404),
        ("GET", &format!("/api/{AGENT_ID}"), 404),
    ] {
        let body = br#"{"ProtectionEnabled":true}"#;
        let (got, text, change) = ask(ISSUED, method, target, body, TaskProtection::Unprotected);
        assert_eq!((got, change), (status, None), "{method} {target}");
        assert_eq!(text == unknown, target.contains("/unknown/"), "{text}");
    }
}

fn own() -> String {
    format!("/api/{AGENT_ID}/task-protection/v1/state")
}

fn unprotected() -> String {
    format!(
        "{{\"protection\":{{\"ExpirationDate\":null,\"ProtectionEnabled\":false,\
         \"TaskArn\":\"{TASK_ARN}\"}}}}"
    )
}

fn put(body: &str) -> (u16, String, Option<ProtectionChange>) {
    ask(ISSUED, "PUT", &own(), body.as_bytes(), TaskProtection::Unprotected)
}

fn ask(
    now: Timestamp,
    method: &str,
    target: &str,
    body: &[u8],
    state: TaskProtection,
) -> (u16, String, Option<ProtectionChange>) {
    let request = ProtectionRequest { method, target, body };
    let (answer, change) = respond(now, &Host::new().tasks, |_| state, &request);
    (answer.status, answer.body.as_str().to_owned(), change)
}
