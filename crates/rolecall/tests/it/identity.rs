//! With only the variables that `rolecall dev` prints, every tool is the instance's role: it may
//! read one bucket, and is told why it may not write.

use rolecall_testkit::{Client, Clients};

use crate::dev;

const ARN: &str = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";

#[test]
fn aws_cli_v1() {
    is_the_instance(Client::AwsCliV1);
}

#[test]
fn aws_cli_v2() {
    is_the_instance(Client::AwsCliV2);
}

#[test]
fn boto3() {
    is_the_instance(Client::Boto3);
}

#[test]
fn javascript() {
    is_the_instance(Client::JavaScript);
}

#[test]
fn rust() {
    is_the_instance(Client::Rust);
}

#[test]
fn every_tool_at_the_container_endpoint() {
    let world = dev(&[]);
    let mut variables = [world.variables(), world.container_variables()].concat();
    variables.retain(|(name, _)| name != "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    for client in Client::ALL {
        let words = client.words(&["whoami"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = Clients::find().run(client, &words, &variables) else { continue };
        assert_eq!((ran.code, &*ran.text(), &*ran.stderr), (0, ARN, ""), "{client:?}");
    }
}

fn is_the_instance(client: Client) {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("FILE");
    std::fs::write(&file, "new").unwrap();
    let file = file.to_str().unwrap();
    let denied = format!(
        "User: {ARN} is not authorized to perform: s3:PutObject on resource: \
         arn:aws:s3:::examplebucket/x because no identity-based policy allows the s3:PutObject \
         action"
    );
    let (code, refusal) = match client {
        Client::AwsCliV1 | Client::AwsCliV2 => (1, cli_refusal(&denied)),
        _ => (3, sdk_refusal(&denied)),
    };
    let clients = Clients::find();
    for (command, expected) in [
        (&["whoami"] as &[_], (0, format!("{ARN}\n"), String::new())),
        (&["get", "examplebucket", "hello.txt"], (0, "Hello from rolecall.\n".into(), "".into())),
        (&["put", "examplebucket", "x", file], (code, String::new(), refusal)),
    ] {
        let words = client.words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(ran) = clients.run(client, &words, &world.variables()) else { return };
        let stdout = String::from_utf8(ran.stdout).unwrap();
        // The command lines begin with the file, each in a form of its own.
        let stderr = ran.stderr.find("An error").map_or(&*ran.stderr, |at| &ran.stderr[at..]);
        assert_eq!((ran.code, stdout, stderr.to_owned()), expected, "{command:?}");
    }
}

fn cli_refusal(denied: &str) -> String {
    format!("An error occurred (AccessDenied) when calling the PutObject operation: {denied}\n")
}

fn sdk_refusal(denied: &str) -> String {
    format!("{{\"code\":\"AccessDenied\",\"status\":403,\"message\":\"{denied}\"}}\n")
}
