//! Credentials of an instance itself. Source: contract/imds.md section 1.7 and row 93.

use rolecall_authority::seed::Seed;
use rolecall_authority::{State, mint_identity_credentials};
use rolecall_identity::Credentials;
use rolecall_server::{OsEntropy, load_or_make_keyring};
use rolecall_testkit::{Keys, TestWorld};
use serde_json::Value;

use crate::admin::tail;

const SEED: &str = r#"
account = "123456789012"
[[instance]]
id = "i-0123456789abcdef0"
[[bucket]]
name = "examplebucket"
policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*",
  "Action":"s3:*","Resource":"arn:aws:s3:::examplebucket/*"}}'''
[[bucket.object]]
key = "hello.txt"
content = "hello"
"#;

#[test]
fn they_say_who_the_instance_is_and_open_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = TestWorld::with(SEED, Some(folder.path().to_owned()));
    let keys = minted(&world, folder.path());
    let call = |service: &str, form: &str| world.query(&keys, service, form);
    let identity = call("sts", "Action=GetCallerIdentity&Version=2011-06-15");
    let arn = "arn:aws:sts::123456789012:assumed-role/aws:ec2-instance/i-0123456789abcdef0";
    let user_id = "123456789012:aws:ec2-instance:i-0123456789abcdef0";
    assert_eq!(identity.element("Arn").as_deref(), Some(arn), "{}", identity.text());
    assert_eq!(identity.element("UserId").as_deref(), Some(user_id));
    assert_eq!(identity.element("Account").as_deref(), Some("123456789012"));
    for (service, form, code) in [
        ("sts", "Action=GetSessionToken&Version=2011-06-15", "InvalidClientTokenId"),
        ("iam", "Action=ListRoles&Version=2010-05-08", "UnrecognizedClientException"),
        ("ec2", "Action=DescribeTags&Version=2016-11-15", "UnrecognizedClientException"),
    ] {
        let reply = call(service, form);
        assert_eq!((reply.status, &*reply.error().0), (403, code), "{}", reply.text());
    }
    // Not even what everyone may.
    let reply = world.s3(&keys, "GET", "/examplebucket/hello.txt", b"");
    assert_eq!((reply.status, &*reply.error().0), (403, "InvalidAccessKeyId"));
    assert_eq!(reply.element("AWSAccessKeyId").as_deref(), Some(keys.id.as_str()));

    for record in &tail(&world, 5) {
        let identity = &record["userIdentity"];
        for (name, value) in [
            ("type", "AssumedRole"),
            ("principalId", user_id),
            ("arn", arn),
            ("accountId", "123456789012"),
            ("accessKeyId", &keys.id),
        ] {
            assert_eq!(identity[name], value, "{record}");
        }
        let session = &identity["sessionContext"];
        assert_eq!(session["sessionIssuer"], Value::Null);
        assert_eq!(session["ec2RoleDelivery"], "2.0");
        assert_eq!(session["attributes"]["mfaAuthenticated"], "false");
    }
}

/// Keys of the world's instance, sealed with the world's key ring.
fn minted(world: &TestWorld, folder: &std::path::Path) -> Keys {
    let now = world.now();
    let keyring = load_or_make_keyring(&folder.join("keyring.json"), now).unwrap();
    let seed = serde_json::json!({
        "account": "123456789012",
        "instance": [{ "id": "i-0123456789abcdef0" }],
    });
    let seed: Seed = serde_json::from_value(seed).unwrap();
    let mut state = State::default();
    for change in seed.changes(&keyring, now, &mut OsEntropy).unwrap() {
        state.apply(&change).unwrap();
    }
    let instance = state.instances().next().unwrap();
    let minted = mint_identity_credentials(&state, &keyring, instance, now, &mut OsEntropy);
    let Credentials { access_key_id, secret_access_key, session_token, .. } = minted.unwrap().v2;
    Keys {
        id: access_key_id.to_string(),
        secret: secret_access_key.expose().to_owned(),
        token: session_token.map(|token| token.expose().to_owned()),
    }
}
