//! Why EC2 refused, sealed and opened again. Source: STS API reference,
//! `DecodeAuthorizationMessage`.

use rolecall_identity::percent;
use rolecall_testkit::{Keys, Reply, TestWorld};
use serde_json::{Value, json};

use crate::ec2::{INSTANCE, bob, call, seed};

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"ec2:CreateTags","Resource":"*",
     "Condition":{"StringEquals":{"aws:RequestTag/team":"red"}}},
    {"Sid":"NoOptions","Effect":"Deny","Resource":"*",
     "Action":"ec2:ModifyInstanceMetadataOptions"}]}"#;

/// The sealed part of a refusal.
fn encoded(reply: &Reply) -> String {
    let (code, message) = reply.error();
    assert_eq!((reply.status, &*code), (403, "UnauthorizedOperation"), "{message}");
    let (told, sealed) = message.split_once(". Encoded authorization failure message: ").unwrap();
    assert!(told.starts_with("You are not authorized to perform this operation. User: "), "{told}");
    assert!(sealed.len() <= 10_240, "{}", sealed.len());
    assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    sealed.to_owned()
}

fn decode(world: &TestWorld, keys: &Keys, sealed: &str) -> Reply {
    let sealed = percent::encode(sealed, b"");
    let form =
        format!("Action=DecodeAuthorizationMessage&Version=2011-06-15&EncodedMessage={sealed}");
    world.query(keys, "sts", &form)
}

fn decoded(world: &TestWorld, sealed: &str) -> Value {
    let reply = decode(world, &world.administrator(), sealed);
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_str(&reply.element("DecodedMessage").unwrap()).unwrap()
}

/// The values of a condition key in a decoded message.
fn condition<'a>(message: &'a Value, key: &str) -> Vec<&'a str> {
    let items = message["context"]["conditions"]["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["key"] == key);
    let values = found.map(|item| item["values"]["items"].as_array().unwrap());
    values.into_iter().flatten().map(|item| item["value"].as_str().unwrap()).collect()
}

#[test]
fn an_implicit_deny_tells_what_did_not_apply() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let form =
        format!("CreateTags&ResourceId.1={INSTANCE}&Tag.1.Key=team&Tag.1.Value=blue&Tag.2.Key=x");
    let message = decoded(&world, &encoded(&call(&world, &bob(), &form)));
    assert_eq!((&message["allowed"], &message["explicitDeny"]), (&json!(false), &json!(false)));
    assert_eq!(message["matchedStatements"], json!({"items": []}));
    assert_eq!(
        message["failures"],
        json!({"items": [{"value": "identity-based policy `some`, statement 0: StringEquals not \
                                    met, key `aws:RequestTag/team` is [\"blue\"]"}]})
    );
    let context = &message["context"];
    let id = context["principal"]["id"].as_str().unwrap();
    assert!(id.starts_with("AIDA"), "{id}");
    assert_eq!(context["principal"]["arn"], "arn:aws:iam::123456789012:user/bob");
    assert_eq!(context["action"], "ec2:CreateTags");
    assert_eq!(
        context["resource"],
        format!("arn:aws:ec2:us-east-1:123456789012:instance/{INSTANCE}")
    );
    for (key, values) in [
        ("ec2:ResourceTag/team", vec!["red"]),
        ("aws:RequestTag/team", vec!["blue"]),
        ("aws:TagKeys", vec!["team", "x"]),
        ("aws:SourceIp", vec!["127.0.0.1"]),
        ("aws:SourceVpc", vec![]),
    ] {
        assert_eq!(condition(&message, key), values, "{key}");
    }
}

#[test]
fn an_explicit_deny_is_named() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let form = format!("ModifyInstanceMetadataOptions&InstanceId={INSTANCE}&HttpTokens=optional");
    let message = decoded(&world, &encoded(&call(&world, &bob(), &form)));
    assert_eq!(message["explicitDeny"], true);
    assert_eq!(
        message["matchedStatements"],
        json!({"items": [{
            "statementId": "NoOptions",
            "effect": "DENY",
            "sourcePolicy": "some",
            "sourcePolicyType": "identity-based policy",
            "statementIndex": 1,
        }]})
    );
    assert_eq!(message["failures"], json!({"items": []}));
    assert_eq!(condition(&message, "ec2:Attribute/HttpTokens"), ["optional"]);
}

#[test]
fn what_must_be_allowed_besides_is_told_alike() {
    let allow = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
        "Action":"ec2:AssociateIamInstanceProfile","Resource":"*"}}"#;
    let world = TestWorld::with_seed(&seed(allow));
    let form =
        format!("AssociateIamInstanceProfile&InstanceId={INSTANCE}&IamInstanceProfile.Name=weak");
    let message = decoded(&world, &encoded(&call(&world, &bob(), &form)));
    assert_eq!(message["context"]["action"], "iam:PassRole");
    assert_eq!(message["context"]["resource"], "arn:aws:iam::123456789012:role/weak");
    assert_eq!(condition(&message, "iam:PassedToService"), ["ec2.amazonaws.com"]);
}

/// A request may hold more than a message: it is refused all the same, and told in part.
#[test]
fn a_message_has_room_for_the_most_that_a_request_can_ask() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let tags: String = (1..=200)
        .map(|n| {
            format!("&Tag.{n}.Key={}{n}&Tag.{n}.Value={}", "%00".repeat(60), "%C3%A9".repeat(128))
        })
        .collect();
    let form = format!("CreateTags&ResourceId.1={}{tags}", "%00".repeat(5000));
    let message = decoded(&world, &encoded(&call(&world, &bob(), &form)));
    assert_eq!(message["context"]["action"], "ec2:CreateTags");
    let resource = message["context"]["resource"].as_str().unwrap();
    assert_eq!(resource.chars().count(), 1024);
    assert!(!condition(&message, "aws:PrincipalArn").is_empty());
}

#[test]
fn only_who_may_decode_does() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let sealed = encoded(&call(&world, &bob(), "DescribeInstances"));
    let reply = decode(&world, &bob(), &sealed);
    let message = "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: \
                   sts:DecodeAuthorizationMessage because no identity-based policy allows the \
                   sts:DecodeAuthorizationMessage action";
    assert_eq!((reply.status, reply.error()), (403, ("AccessDenied".into(), message.into())));
    assert_eq!(decoded(&world, &sealed)["context"]["resource"], "*");
    assert_ne!(encoded(&call(&world, &bob(), "DescribeInstances")), sealed);
}

#[test]
fn another_accounts_messages_do_not_open() {
    let other = r#"
        [[user]]
        name = "eve"
        account = "210987654321"
        managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        [[user.access-key]]
        id = "AKIAI44QH8DHBEXAMPLE"
        secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
        "#;
    let world = TestWorld::with_seed(&format!("{}{other}", seed(POLICY)));
    let sealed = encoded(&call(&world, &bob(), "DescribeInstances"));
    let secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY".into();
    let eve = Keys { id: "AKIAI44QH8DHBEXAMPLE".into(), secret, token: None };
    let reply = decode(&world, &eve, &sealed);
    assert_eq!((reply.status, &*reply.error().0), (400, "InvalidAuthorizationMessageException"));
}

#[test]
fn what_is_no_message_is_refused() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let sealed = encoded(&call(&world, &bob(), "DescribeInstances"));
    let administrator = world.administrator();
    let last = if sealed.ends_with('A') { "E" } else { "A" };
    let changed = format!("{}{last}", &sealed[..sealed.len() - 1]);
    for bad in ["x", "not a message", &changed, &format!("{sealed}\n"), &sealed[1..]] {
        let reply = decode(&world, &administrator, bad);
        let (code, message) = reply.error();
        assert_eq!((reply.status, &*code), (400, "InvalidAuthorizationMessageException"), "{bad}");
        assert_eq!(message, "Message could not be decoded. It is invalid, or it has expired.");
    }
    for (bad, constraint) in
        [("", "greater than or equal to 1"), (&*"A".repeat(10_241), "less than or equal to 10240")]
    {
        let (code, message) = decode(&world, &administrator, bad).error();
        assert_eq!(code, "ValidationError");
        assert!(message.ends_with(&format!("Member must have length {constraint}")), "{message}");
    }
}

/// The text goes to whoever was refused: it shows none of what it holds.
#[test]
fn a_message_shows_nothing_by_itself() {
    let world = TestWorld::with_seed(&seed(POLICY));
    let sealed = encoded(&call(&world, &bob(), "DescribeInstances"));
    let secret = bob().secret;
    let message = decoded(&world, &sealed).to_string();
    assert!(!message.contains(&secret) && !message.contains(&bob().id), "{message}");
    assert!(!sealed.contains("ZWMy"), "`ec2` in base64");
}
