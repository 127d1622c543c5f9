//! The steps of articles about instance roles, as a person does them: curl, a file, three exports.

use std::fs::File;
use std::process::{Command, Stdio};

use rolecall_testkit::{Client, Clients, Dev, Keys, Ran, SignedRequest};
use serde_json::Value;

use crate::{dev, now};

#[test]
fn credentials_are_fetched_by_curl_exported_and_used() {
    let world = dev(&[]);
    let latest = format!("{}/latest", world.field("imds"));
    let ttl = "X-aws-ec2-metadata-token-ttl-seconds: 21600";
    let token = curl(&["-X", "PUT", &format!("{latest}/api/token"), "-H", ttl]);
    let header = format!("X-aws-ec2-metadata-token: {token}");
    let credentials = format!("{latest}/meta-data/iam/security-credentials/");
    assert_eq!(curl(&["-H", &header, &credentials]), "s3access");
    let document = curl(&["-H", &header, &format!("{credentials}s3access")]);
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((&document["Code"], &document["Type"]), (&"Success".into(), &"AWS-HMAC".into()));
    let keys = keys(&document, "Token");
    // Nothing but the three variables: the metadata service is out of reach.
    let mut variables = world.variables_with(&keys);
    variables.retain(|(name, _)| name != "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let arn = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";
    for client in Client::COMMAND_LINES {
        let Some(ran) = Clients::find().run(client, &["sts", "get-caller-identity"], &variables)
        else {
            continue;
        };
        let identity: Value = serde_json::from_slice(&ran.stdout).expect(&ran.stderr);
        let user_id = identity["UserId"].as_str().unwrap();
        assert!(user_id.starts_with("AROA") && user_id.ends_with(":i-0123456789abcdef0"));
        let expected =
            serde_json::json!({"UserId": user_id, "Account": "123456789012", "Arn": arn});
        assert_eq!(identity, expected, "{client:?}");
    }
}

#[test]
fn a_role_is_assumed_into_a_file_exported_and_used() {
    let world = dev(&[]);
    let folder = tempfile::tempdir().unwrap();
    for client in Client::COMMAND_LINES {
        let path = folder.path().join(format!("{client:?}.json"));
        if !assume_into(&world, client, File::create(&path).unwrap()) {
            continue;
        }
        let document: Value = serde_json::from_reader(File::open(&path).unwrap()).unwrap();
        let arn = "arn:aws:sts::123456789012:assumed-role/ec2-ro/article";
        assert_eq!(document["AssumedRoleUser"]["Arn"], arn);
        let variables = world.variables_with(&keys(&document["Credentials"], "SessionToken"));
        let ran = Clients::find().run(client, &["sts", "get-caller-identity"], &variables).unwrap();
        let identity: Value = serde_json::from_slice(&ran.stdout).expect(&ran.stderr);
        assert_eq!((&identity["Arn"], &identity["Account"]), (&arn.into(), &"123456789012".into()));
        // The role reads EC2 and nothing else.
        let ran = Clients::find().run(client, &["ec2", "describe-regions"], &variables).unwrap();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ran = Clients::find().run(client, &["s3", "ls", "examplebucket"], &variables).unwrap();
        assert!(ran.stderr.contains("An error occurred (AccessDenied)"), "{}", ran.stderr);
    }
}

#[test]
fn a_temporary_key_without_its_token_is_nobodys() {
    let world = dev(&[]);
    let form = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=hand\
                &RoleArn=arn:aws:iam::123456789012:role/ec2-ro";
    let assumed = world.administrator().query(world.api(), "sts", form, now()).send(world.api());
    let keys = Keys {
        id: assumed.element("AccessKeyId").unwrap(),
        secret: assumed.element("SecretAccessKey").unwrap(),
        token: assumed.element("SessionToken"),
    };
    let describe = |keys: &Keys| {
        let query = "Action=DescribeRegions&Version=2016-11-15";
        let mut request = SignedRequest::new("GET", "/", query, b"");
        request.sign(keys, world.api(), "ec2", now(), None);
        request.send(world.api())
    };
    let refused = describe(&Keys { token: None, ..keys.clone() });
    let message = "AWS was not able to validate the provided access credentials";
    assert_eq!((refused.status, refused.error()), (401, ("AuthFailure".into(), message.into())));
    let answered = describe(&keys);
    assert_eq!(answered.status, 200, "{}", answered.text());
    let region = "<regionName>us-east-1</regionName>";
    assert!(answered.text().contains(region), "{}", answered.text());
}

/// `aws sts assume-role … > FILE`, as the administrator.
fn assume_into(world: &Dev, client: Client, file: File) -> bool {
    let Some(mut command) = Clients::find().command(client) else { return false };
    let role = "arn:aws:iam::123456789012:role/ec2-ro";
    command.args(["sts", "assume-role", "--role-arn", role, "--role-session-name", "article"]);
    command.args(["--endpoint-url", world.field("api")]).stdout(file);
    let variables = world.variables_with(&world.administrator());
    let ran = Ran::redirected(command, &variables);
    assert_eq!((ran.code, ran.stderr), (0, String::new()));
    true
}

fn keys(document: &Value, token: &str) -> Keys {
    let field = |name: &str| document[name].as_str().unwrap().to_owned();
    Keys { id: field("AccessKeyId"), secret: field("SecretAccessKey"), token: Some(field(token)) }
}

fn curl(arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail"]).args(arguments);
    let output = command.stderr(Stdio::inherit()).output().expect("curl is there");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
