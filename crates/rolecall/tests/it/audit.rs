//! One CloudTrail record for each call, in CloudTrail's folders and on the live tail.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::GzDecoder;
use rolecall_testkit::{Dev, Keys, Reply, Signal, Wire};
use serde_json::{Value, json};

use crate::{dev, now};

const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0";

#[test]
fn each_call_leaves_one_record() {
    let folder = tempfile::tempdir().unwrap();
    let world = dev(&["--data", folder.path().to_str().unwrap()]);
    let instance = instance_keys(&world);
    let administrator = world.administrator();
    let wrong = Keys { secret: "wrong".into(), ..administrator.clone() };
    let host = world.api().to_owned();
    let query = |keys: &Keys, service: &str, form: &str| {
        keys.query(&host, service, form, now()).send(&host)
    };
    let s3 = |keys: &Keys, method: &str, target: &str| {
        keys.s3(&host, method, target, b"", now()).send(&host)
    };
    let whoami = "Action=GetCallerIdentity&Version=2011-06-15";
    let create = "Action=CreateUser&Version=2010-05-08&UserName=u";
    let calls = [
        (query(&instance, "sts", whoami), "GetCallerIdentity", Value::Null),
        (query(&instance, "iam", create), "CreateUser", "AccessDenied".into()),
        (query(&administrator, "iam", create), "CreateUser", Value::Null),
        (query(&wrong, "sts", whoami), "GetCallerIdentity", "SignatureDoesNotMatch".into()),
        (s3(&instance, "GET", "/examplebucket/hello.txt"), "GetObject", Value::Null),
        (s3(&instance, "PUT", "/examplebucket/x"), "PutObject", "AccessDenied".into()),
        (s3(&wrong, "GET", "/examplebucket/hello.txt"), "GET", "SignatureDoesNotMatch".into()),
        (s3(&administrator, "PUT", "/examplebucket/y?acl="), "PUT", "NotImplemented".into()),
    ];
    let live = tail(&world, 2 + calls.len());
    assert_eq!(world.end(Signal::TERM).code, Some(0));

    let audit = folder.path().join("audit");
    let (files, records) = read(&audit);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_is_cloudtrails(files[0].strip_prefix(&audit).unwrap());
    assert_eq!(std::fs::metadata(audit.join("journal.ndjson")).unwrap().len(), 0);

    // The keys of the instance were issued once, for both versions of the metadata service.
    let issued: Vec<&Value> = records.iter().filter(|r| is_issuance(r)).collect();
    assert_eq!(issued.len(), 2);
    assert_eq!(records.len(), issued.len() + calls.len());
    for record in &issued {
        let elements = &record["responseElements"]["credentials"];
        assert_eq!(record["sourceIPAddress"], "ec2.amazonaws.com");
        assert_eq!(record["requestParameters"]["roleSessionName"], "i-0123456789abcdef0");
        let names: Vec<&String> = elements.as_object().unwrap().keys().collect();
        assert_eq!(names, ["accessKeyId", "expiration"]);
    }
    let keys: Vec<&Value> =
        issued.iter().map(|r| &r["responseElements"]["credentials"]["accessKeyId"]).collect();
    assert!(keys[0] != keys[1] && keys.contains(&&Value::from(&*instance.id)), "{keys:?}");

    for (reply, name, code) in &calls {
        let id = request_id(reply);
        let found: Vec<&Value> = records.iter().filter(|r| r["requestID"] == id).collect();
        assert_eq!(found.len(), 1, "{name} {id}");
        assert_eq!((&found[0]["eventName"], &found[0]["errorCode"]), (&Value::from(*name), code));
        assert_eq!(found[0]["sourceIPAddress"], "127.0.0.1");
    }
    let of = |index: usize| {
        let id = request_id(&calls[index].0);
        records.iter().find(|record| record["requestID"] == id).unwrap()
    };
    identities(&of(0)["userIdentity"], &of(2)["userIdentity"], &of(3)["userIdentity"], &instance);
    denied_write(of(1));
    object_read(of(4));
    assert_eq!(of(5)["errorMessage"], calls[5].0.error().1);

    // The tail has the same records.
    let ids = |records: &[Value]| -> BTreeSet<String> {
        records.iter().map(|record| record["eventID"].to_string()).collect()
    };
    assert_eq!((ids(&live).len(), ids(&live)), (records.len(), ids(&records)));
}

#[test]
fn records_of_a_killed_process_are_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--data", folder.path().to_str().unwrap()];
    let world = dev(&arguments);
    let form = "Action=GetCallerIdentity&Version=2011-06-15";
    let reply = world.administrator().query(world.api(), "sts", form, now()).send(world.api());
    // A record is on the tail after it is in the journal; it leaves this process at once.
    let journal = folder.path().join("audit/journal.ndjson");
    let id = request_id(&reply);
    while !std::fs::read_to_string(&journal).unwrap().contains(&id) {
        std::thread::yield_now();
    }
    world.kill();
    drop(dev(&arguments));
    let (_, records) = read(&folder.path().join("audit"));
    assert_eq!(records.iter().filter(|record| record["requestID"] == id).count(), 1);
}

fn identities(instance: &Value, administrator: &Value, unproved: &Value, keys: &Keys) {
    let principal = instance["principalId"].as_str().unwrap();
    let (role_id, session) = principal.split_once(':').unwrap();
    assert!(role_id.starts_with("AROA") && session == "i-0123456789abcdef0", "{principal}");
    let context = &instance["sessionContext"];
    let expected = json!({
        "type": "AssumedRole",
        "principalId": principal,
        "arn": ROLE,
        "accountId": "123456789012",
        "accessKeyId": keys.id,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": "arn:aws:iam::123456789012:role/s3access",
                "accountId": "123456789012",
                "userName": "s3access",
            },
            "attributes": {
                "creationDate": context["attributes"]["creationDate"],
                "mfaAuthenticated": "false",
            },
            "ec2RoleDelivery": "2.0",
        },
        "inScopeOf": {
            "issuerType": "AWS::EC2::Instance",
            "credentialsIssuedTo":
                "arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0",
        },
    });
    assert_eq!(instance, &expected);
    let expected = json!({
        "type": "IAMUser",
        "principalId": administrator["principalId"],
        "arn": "arn:aws:iam::123456789012:user/admin",
        "accountId": "123456789012",
        "accessKeyId": administrator["accessKeyId"],
        "userName": "admin",
    });
    assert_eq!(administrator, &expected);
    // Nobody proved to be the user: only the claim is told.
    let expected = json!({"type": "Unknown", "accessKeyId": administrator["accessKeyId"]});
    assert_eq!(unproved, &expected);
}

fn denied_write(record: &Value) {
    assert_eq!(
        (&record["eventSource"], &record["readOnly"], &record["requestParameters"]),
        (&"iam.amazonaws.com".into(), &false.into(), &json!({"userName": "u"}))
    );
    let message = format!(
        "User: {ROLE} is not authorized to perform: iam:CreateUser on resource: \
         arn:aws:iam::123456789012:user/u because no identity-based policy allows the \
         iam:CreateUser action"
    );
    assert_eq!(record["errorMessage"], message);
}

fn object_read(record: &Value) {
    let parameters = json!({"bucketName": "examplebucket", "key": "hello.txt"});
    assert_eq!(
        (&record["eventCategory"], &record["managementEvent"], &record["requestParameters"]),
        (&"Data".into(), &false.into(), &parameters)
    );
    let transferred = &record["additionalEventData"]["bytesTransferredOut"];
    assert_eq!(transferred, "Hello from rolecall.\n".len());
}

/// `AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_TIME_UNIQUE.json.gz`
fn assert_is_cloudtrails(path: &Path) {
    let path = path.to_str().unwrap();
    let rest = path.strip_prefix("AWSLogs/123456789012/CloudTrail/us-east-1/").expect(path);
    let (date, name) = rest.rsplit_once('/').unwrap();
    let prefix = "123456789012_CloudTrail_us-east-1_";
    let name = name.strip_prefix(prefix).and_then(|name| name.strip_suffix(".json.gz"));
    let (time, unique) = name.and_then(|name| name.split_once('_')).expect(path);
    assert_eq!((date.len(), &*date.replace('/', "")), (10, &time[..8]), "{path}");
    assert!(time.len() == 14 && time.ends_with('Z') && unique.len() == 16, "{path}");
}

fn is_issuance(record: &Value) -> bool {
    record["eventName"] == "AssumeRole"
        && record["userIdentity"] == json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})
}

/// The id that names a call in its answer.
fn request_id(reply: &Reply) -> String {
    let header = reply.header("x-amzn-requestid").or(reply.header("x-amz-request-id"));
    header.unwrap().to_owned()
}

fn instance_keys(world: &Dev) -> Keys {
    let imds = world.field("imds");
    let token = Wire::send(
        imds,
        b"PUT /latest/api/token HTTP/1.1\r\nhost: x\r\n\
          x-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n",
    )
    .text();
    let get = format!(
        "GET /latest/meta-data/iam/security-credentials/s3access HTTP/1.1\r\nhost: x\r\n\
         x-aws-ec2-metadata-token: {token}\r\n\r\n"
    );
    let document: Value = serde_json::from_slice(&Wire::send(imds, get.as_bytes()).body).unwrap();
    let field = |name: &str| document[name].as_str().unwrap().to_owned();
    Keys { id: field("AccessKeyId"), secret: field("SecretAccessKey"), token: Some(field("Token")) }
}

/// The first records of the live tail.
fn tail(world: &Dev, count: usize) -> Vec<Value> {
    let admin = world.field("admin").trim_start_matches("http://");
    let mut stream = TcpStream::connect(admin).unwrap();
    // A record that does not come fails the test instead of hanging it.
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /audit?follow=true HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let records = lines.filter(|line| line.starts_with('{'));
    records.take(count).map(|line| serde_json::from_str(&line).unwrap()).collect()
}

/// Every finished file below a folder, and the records they hold.
fn read(folder: &Path) -> (Vec<PathBuf>, Vec<Value>) {
    let (mut files, mut records) = (Vec::new(), Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "gz") {
                let file = GzDecoder::new(File::open(&path).unwrap());
                let document: Value = serde_json::from_reader(file).unwrap();
                records.extend(document["Records"].as_array().unwrap().iter().cloned());
                files.push(path);
            }
        }
    }
    (files, records)
}
