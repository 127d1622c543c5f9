//! The policy simulator. Source: IAM API reference, `SimulatePrincipalPolicy`,
//! `SimulateCustomPolicy`, `GetContextKeysForPrincipalPolicy`, `GetContextKeysForCustomPolicy`.

use rolecall_identity::percent;
use rolecall_testkit::{Keys, Reply, TestWorld};

const SEED: &str = r#"
account = "123456789012"

[[policy]]
name = "cap"
document = '''{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["s3:*","sts:*"],"Resource":"*"},
  {"Sid":"Never","Effect":"Deny","Action":"s3:DeleteBucket","Resource":"*"}]}'''

[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]

[[user]]
name = "ana"
path = "/team/"
tags = { Team = "red" }
permissions-boundary = "arn:aws:iam::123456789012:policy/cap"
managed-policies = ["arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"]
[[user.access-key]]
id = "AKIAIOSFODNN7EXAMPLE"
secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
[[user.policy]]
name = "some"
document = '''{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {
      "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
      "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}
    },
    {
      "Effect": "Allow", "Action": "sts:AssumeRole",
      "Resource": [
        "arn:aws:iam::123456789012:role/of-account",
        "arn:aws:iam::123456789012:role/external",
        "arn:aws:iam::123456789012:role/absent",
        "arn:aws:iam::210987654321:role/theirs"
      ]
    },
    {
      "Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy",
      "Resource": "arn:aws:iam::123456789012:user/team/${aws:username}"
    }
  ]
}'''

[[user]]
name = "bob"
[[user.access-key]]
id = "AKIAI44QH8DHBEXAMPLE"
secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
[[user.policy]]
name = "own"
document = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Action":["iam:SimulatePrincipalPolicy","iam:GetContextKeysForPrincipalPolicy"],
  "Resource":"arn:aws:iam::123456789012:user/${aws:username}"}}'''

[[role]]
name = "app"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
[[role.policy]]
name = "read"
document = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject",
  "Resource":"arn:aws:s3:::${aws:PrincipalTag/Team}/*"}}'''

[[role]]
name = "of-account"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}'''

[[role]]
name = "of-bob"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},
  "Action":["sts:AssumeRole","sts:TagSession"]}}'''

[[role]]
name = "external"
tags = { level = "high" }
trust-policy = '''{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
  "Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole",
  "Condition":{"StringEquals":{"sts:ExternalId":"ticket-42","aws:ResourceTag/level":"high"}}}]}'''

[[role]]
name = "theirs"
account = "210987654321"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}'''
"#;

const ANA: &str = "arn:aws:iam::123456789012:user/team/ana";
const BOB: &str = "arn:aws:iam::123456789012:user/bob";
const APP: &str = "arn:aws:iam::123456789012:role/app";

fn ana() -> Keys {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret, token: None }
}

fn bob() -> Keys {
    let secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY".into();
    Keys { id: "AKIAI44QH8DHBEXAMPLE".into(), secret, token: None }
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

/// The form of an operation: lists by their names in the plural, in order.
fn form(action: &str, params: &[(&str, &str)]) -> String {
    let mut form = format!("Version=2010-05-08&Action={action}");
    for (name, value) in params {
        form.push_str(&format!("&{name}={}", percent::encode(value, b"")));
    }
    form
}

fn call(world: &TestWorld, action: &str, params: &[(&str, &str)]) -> Reply {
    world.query(&world.administrator(), "iam", &form(action, params))
}

fn done(world: &TestWorld, action: &str, params: &[(&str, &str)]) -> Reply {
    let reply = call(world, action, params);
    assert_eq!(reply.status, 200, "{params:?}: {}", reply.text());
    reply
}

/// The answer for one principal, one action and one resource.
fn simulate(world: &TestWorld, who: &str, action: &str, on: &str, more: &[(&str, &str)]) -> Reply {
    let params =
        [("PolicySourceArn", who), ("ActionNames.member.1", action), ("ResourceArns.member.1", on)];
    done(world, "SimulatePrincipalPolicy", &[&params, more].concat())
}

/// The texts of all elements of a name, in order.
fn elements(reply: &Reply, name: &str) -> Vec<String> {
    let text = reply.text();
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let found = text.split(&start).skip(1);
    found.map(|rest| rest.split_once(&end).unwrap().0.to_owned()).collect()
}

fn decision(reply: &Reply) -> String {
    let decisions = elements(reply, "EvalDecision");
    assert_eq!(decisions.len(), 1, "{}", reply.text());
    decisions[0].clone()
}

/// A context entry of one value.
macro_rules! entry {
    ($n:literal, $key:expr, $kind:expr, $value:expr) => {
        [
            (concat!("ContextEntries.member.", $n, ".ContextKeyName"), $key),
            (concat!("ContextEntries.member.", $n, ".ContextKeyType"), $kind),
            (concat!("ContextEntries.member.", $n, ".ContextKeyValues.member.1"), $value),
        ]
    };
}

#[test]
fn decisions_are_those_of_the_engine() {
    let world = TestWorld::with_seed(SEED);
    let vpc = entry!("1", "aws:SourceVpc", "string", "vpc-1");
    for (who, action, on, more, expected) in [
        (ANA, "s3:GetObject", "arn:aws:s3:::b/k", &[] as &[_], "allowed"),
        (ANA, "S3:getobject", "*", &[], "allowed"),
        (ANA, "s3:PutObject", "arn:aws:s3:::b/k", &[], "explicitDeny"),
        (ANA, "s3:PutObject", "arn:aws:s3:::b/k", &vpc, "allowed"),
        (ANA, "s3:DeleteBucket", "arn:aws:s3:::b", &[], "explicitDeny"),
        (ANA, "ec2:DescribeInstances", "*", &[], "implicitDeny"),
        (ANA, "sqs:SendMessage", "*", &[], "implicitDeny"),
        (ANA, "sts:GetCallerIdentity", "*", &[], "allowed"),
        (APP, "s3:GetObject", "arn:aws:s3:::red/k", &[], "implicitDeny"),
        (
            APP,
            "s3:GetObject",
            "arn:aws:s3:::red/k",
            &entry!("1", "AWS:principaltag/team", "string", "red"),
            "allowed",
        ),
        // A multivalued key is no policy variable.
        (
            APP,
            "s3:GetObject",
            "arn:aws:s3:::red/k",
            &entry!("1", "aws:PrincipalTag/Team", "stringList", "red"),
            "implicitDeny",
        ),
        // Ana as Bob would be: the policies are hers, the tags are nobody's.
        (ANA, "s3:GetObject", "*", &[("CallerArn", BOB)], "allowed"),
    ] {
        let reply = simulate(&world, who, action, on, more);
        assert_eq!(decision(&reply), expected, "{who} {action} {on} {more:?}");
    }
}

/// Whoever really assumes a role is told the same.
#[test]
fn trust_policies_decide_as_assume_role_does() {
    let world = TestWorld::with_seed(SEED);
    for (keys, who, name, expected) in [
        (ana(), ANA, "of-account", true),
        (ana(), ANA, "of-bob", false),
        (ana(), ANA, "app", false),
        (ana(), ANA, "external", false),
        (ana(), ANA, "absent", false),
        (bob(), BOB, "of-account", false),
        (bob(), BOB, "of-bob", true),
    ] {
        let arn = role(name);
        let form =
            format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=session&RoleArn={arn}");
        let really = world.query(&keys, "sts", &form).status == 200;
        let reply = simulate(&world, who, "sts:AssumeRole", &arn, &[]);
        let told = decision(&reply) == "allowed";
        assert_eq!((really, told), (expected, expected), "{who} {name}: {}", reply.text());
    }
    let external = entry!("1", "sts:ExternalId", "string", "ticket-42");
    let reply = simulate(&world, ANA, "sts:AssumeRole", &role("external"), &external);
    assert_eq!(decision(&reply), "allowed");
    let ids = elements(&reply, "SourcePolicyId");
    assert_eq!(ids[..2], ["role_external_AssumeRolePolicyDocument", "user_ana_some"]);
    assert_eq!(elements(&reply, "SourcePolicyType")[..2], ["resource", "user"]);
    let asked = simulate(&world, ANA, "sts:AssumeRole", &role("external"), &[]);
    assert_eq!(elements(&asked, "MissingContextValues")[0], "<member>sts:ExternalId</member>");
    for (action, name, expected) in [
        ("sts:TagSession", "of-bob", "allowed"),
        ("sts:SetSourceIdentity", "of-bob", "implicitDeny"),
        ("sts:AssumeRoleWithWebIdentity", "of-bob", "implicitDeny"),
        ("STS:assumerole", "of-bob", "allowed"),
    ] {
        let reply = simulate(&world, BOB, action, &role(name), &[]);
        assert_eq!(decision(&reply), expected, "{action}");
    }
    let theirs = "arn:aws:iam::210987654321:role/theirs";
    let reply = simulate(&world, ANA, "sts:AssumeRole", theirs, &[]);
    assert_eq!(decision(&reply), "implicitDeny", "the policy is of another account");
}

#[test]
fn a_trust_policy_can_be_tried_before_it_is_written() {
    let world = TestWorld::with_seed(SEED);
    let trust = |who: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",
              "Principal":{{"AWS":"{who}"}},"Action":"sts:AssumeRole"}}}}"#
        )
    };
    for (who, on, expected) in [
        (ANA, role("app"), "allowed"),
        (BOB, role("app"), "implicitDeny"),
        (ANA, role("none-yet"), "allowed"),
        (ANA, "arn:aws:iam::210987654321:role/theirs".into(), "allowed"),
        (ANA, "arn:aws:iam::210987654321:role/others".into(), "implicitDeny"),
    ] {
        let policy = trust(who);
        let more = [("ResourcePolicy", policy.as_str())];
        let reply = simulate(&world, ANA, "sts:AssumeRole", &on, &more);
        assert_eq!(decision(&reply), expected, "{who} {on}: {}", reply.text());
    }
}

/// A user of the same name as one that was trusted is another one.
#[test]
fn a_name_that_was_made_again_is_not_trusted() {
    let world = TestWorld::with_seed(SEED);
    let assume = || decision(&simulate(&world, BOB, "sts:AssumeRole", &role("of-bob"), &[]));
    assert_eq!(assume(), "allowed");
    let user = ("UserName", "bob");
    done(&world, "DeleteUserPolicy", &[user, ("PolicyName", "own")]);
    done(&world, "DeleteAccessKey", &[user, ("AccessKeyId", &bob().id)]);
    done(&world, "DeleteUser", &[user]);
    let caller = [("CallerArn", BOB)];
    let gone = simulate(&world, APP, "sts:AssumeRole", &role("of-bob"), &caller);
    assert_eq!(decision(&gone), "implicitDeny");
    done(&world, "CreateUser", &[user]);
    assert_eq!(assume(), "implicitDeny");
}

#[test]
fn an_answer_is_as_the_reference_has_it() {
    let world = TestWorld::with_seed(SEED);
    let reply = simulate(&world, ANA, "s3:PutObject", "arn:aws:s3:::b/k", &[]);
    let matched = "<MatchedStatements><member><SourcePolicyId>user_ana_some</SourcePolicyId>\
         <SourcePolicyType>user</SourcePolicyType><StartPosition><Line>4</Line><Column>59</Column>\
         </StartPosition><EndPosition><Line>8</Line><Column>6</Column></EndPosition></member>\
         </MatchedStatements><MissingContextValues><member>aws:SourceVpc</member>\
         </MissingContextValues><PermissionsBoundaryDecisionDetail>\
         <AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary>\
         </PermissionsBoundaryDecisionDetail>";
    let result = elements(&reply, "SimulatePrincipalPolicyResult").remove(0);
    assert_eq!(
        result,
        format!(
            "<EvaluationResults><member><EvalActionName>s3:PutObject</EvalActionName>\
             <EvalResourceName>arn:aws:s3:::b/k</EvalResourceName>\
             <EvalDecision>explicitDeny</EvalDecision>{matched}\
             <EvalDecisionDetails></EvalDecisionDetails><ResourceSpecificResults><member>\
             <EvalResourceName>arn:aws:s3:::b/k</EvalResourceName>\
             <EvalResourceDecision>explicitDeny</EvalResourceDecision>{matched}</member>\
             </ResourceSpecificResults><RolecallExplanation>denied by identity-based policy \
             `user_ana_some`, statement 1</RolecallExplanation></member></EvaluationResults>\
             <IsTruncated>false</IsTruncated>"
        )
    );
    let reply = simulate(&world, ANA, "ec2:DescribeInstances", "*", &[]);
    let result = elements(&reply, "SimulatePrincipalPolicyResult").remove(0);
    assert_eq!(
        result,
        "<EvaluationResults><member><EvalActionName>ec2:DescribeInstances</EvalActionName>\
         <EvalResourceName>*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision>\
         <MatchedStatements></MatchedStatements><MissingContextValues></MissingContextValues>\
         <PermissionsBoundaryDecisionDetail>\
         <AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary>\
         </PermissionsBoundaryDecisionDetail><RolecallExplanation>no permissions boundary allows \
         it: none speaks of the action</RolecallExplanation></member></EvaluationResults>\
         <IsTruncated>false</IsTruncated>"
    );
}

#[test]
fn statements_are_named_by_their_policy() {
    let world = TestWorld::with_seed(SEED);
    let named = |who: &str, action: &str, more: &[(&str, &str)]| {
        let reply = simulate(&world, who, action, "*", more);
        let ids = elements(&reply, "SourcePolicyId").into_iter();
        ids.zip(elements(&reply, "SourcePolicyType"))
            .map(|(id, kind)| format!("{kind} {id}"))
            .collect::<Vec<_>>()
    };
    let admin = "arn:aws:iam::123456789012:user/admin";
    assert_eq!(named(admin, "s3:GetObject", &[]), ["aws-managed AdministratorAccess"]);
    assert_eq!(named(ANA, "s3:DeleteBucket", &[]), ["user-managed cap"], "a Deny of the boundary");
    let allow =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let both = [("PolicyInputList.member.1", allow), ("PolicyInputList.member.2", allow)];
    assert_eq!(
        named(APP, "ec2:RunInstances", &both),
        ["none PolicyInputList.1", "none PolicyInputList.2"]
    );
    let replaced = [("PermissionsBoundaryPolicyInputList.member.1", allow)];
    let in_ec2 = named(ANA, "ec2:DescribeInstances", &replaced);
    assert_eq!(in_ec2, ["aws-managed AmazonEC2ReadOnlyAccess"]);
    let deny = allow.replace("Allow", "Deny");
    let replaced = [("PermissionsBoundaryPolicyInputList.member.1", deny.as_str())];
    let denied = named(ANA, "ec2:DescribeInstances", &replaced);
    assert_eq!(denied, ["none PermissionsBoundaryPolicyInputList.1"]);
}

#[test]
fn two_accounts_must_both_allow() {
    let world = TestWorld::with_seed(SEED);
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ANA}"}},
          "Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}}}"#
    );
    let other = ("ResourceOwner", "arn:aws:iam::210987654321:root");
    let given = ("ResourcePolicy", policy.as_str());
    let details = |reply: &Reply| {
        let pairs = elements(reply, "EvalDecisionDetails");
        pairs.iter().map(|pair| pair.matches("<entry>").count()).collect::<Vec<_>>()
    };
    for (who, action, more, expected, entries) in [
        (ANA, "s3:GetObject", vec![given, other], "allowed", vec![3, 3]),
        (ANA, "s3:GetObject", vec![other], "implicitDeny", vec![3, 3]),
        (ANA, "s3:GetBucketPolicy", vec![given, other], "implicitDeny", vec![3, 3]),
        (APP, "s3:GetObject", vec![given, other, ("CallerArn", ANA)], "implicitDeny", vec![2, 2]),
        (APP, "s3:GetObject", vec![given, ("CallerArn", ANA)], "allowed", vec![0]),
        (APP, "s3:GetObject", vec![given], "implicitDeny", vec![0]),
    ] {
        let reply = simulate(&world, who, action, "arn:aws:s3:::b/k", &more);
        let shown = (decision(&reply), details(&reply));
        assert_eq!(shown, (expected.to_owned(), entries), "{who} {action} {more:?}");
    }
    let reply = simulate(&world, ANA, "s3:GetObject", "arn:aws:s3:::b/k", &[other]);
    let entry =
        |key: &str, value: &str| format!("<entry><key>{key}</key><value>{value}</value></entry>");
    assert_eq!(
        elements(&reply, "EvalDecisionDetails")[0],
        [
            entry("IAM Policy", "allowed"),
            entry("Resource Policy", "implicitDeny"),
            entry("Permissions Boundary Policy", "allowed"),
        ]
        .concat()
    );
}

#[test]
fn custom_policies_stand_for_a_caller_who_need_not_be() {
    let world = TestWorld::with_seed(SEED);
    let policy = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::${aws:username}/*",
         "Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"DateLessThan":{
           "aws:CurrentTime":"2030-01-01T00:00:00Z"},"NumericLessThan":{"s3:max-keys":"10"},
           "Bool":{"aws:SecureTransport":"true"},
           "ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}}]}"#;
    let all = [
        entry!("1", "aws:SourceIp", "ip", "192.0.2.7"),
        entry!("2", "aws:CurrentTime", "date", "2026-01-01T00:00:00Z"),
        entry!("3", "s3:max-keys", "numeric", "9"),
        entry!("4", "aws:SecureTransport", "boolean", "true"),
        entry!("5", "aws:TagKeys", "stringList", "a"),
    ]
    .concat();
    let eve = ("CallerArn", "arn:aws:iam::123456789012:user/eve");
    let ask = |more: &[(&str, &str)]| {
        let params = [
            ("PolicyInputList.member.1", policy),
            ("ActionNames.member.1", "s3:GetObject"),
            ("ResourceArns.member.1", "arn:aws:s3:::eve/k"),
        ];
        done(&world, "SimulateCustomPolicy", &[&params, more].concat())
    };
    assert_eq!(decision(&ask(&[&all[..], &[eve]].concat())), "allowed");
    let unnamed = ask(&all);
    assert_eq!(decision(&unnamed), "implicitDeny");
    assert_eq!(elements(&unnamed, "MissingContextValues")[0], "<member>aws:username</member>");
    let second = ("ContextEntries.member.5.ContextKeyValues.member.2", "c");
    assert_eq!(decision(&ask(&[&all[..], &[eve, second]].concat())), "implicitDeny");
    let missing = elements(&ask(&[eve]), "MissingContextValues").remove(0);
    let mut keys: Vec<&str> = missing.split("<member>").skip(1).collect();
    keys.sort_unstable();
    let expected =
        ["aws:CurrentTime", "aws:SecureTransport", "aws:SourceIp", "aws:TagKeys", "s3:max-keys"];
    assert_eq!(keys, expected.map(|key| format!("{key}</member>")));
    let assume = |caller: &[(&str, &str)]| {
        let allow = r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#;
        let on = role("of-bob");
        let params = [
            ("PolicyInputList.member.1", allow),
            ("ActionNames.member.1", "sts:AssumeRole"),
            ("ResourceArns.member.1", &on),
        ];
        decision(&done(&world, "SimulateCustomPolicy", &[&params, caller].concat()))
    };
    assert_eq!(assume(&[]), "implicitDeny", "nobody in particular is not Bob");
    assert_eq!(assume(&[("CallerArn", BOB)]), "allowed");
}

#[test]
fn every_action_meets_every_resource_page_by_page() {
    let world = TestWorld::with_seed(SEED);
    let params = [
        ("PolicySourceArn", ANA),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ActionNames.member.2", "s3:PutObject"),
        ("ResourceArns.member.1", "arn:aws:s3:::a/1"),
        ("ResourceArns.member.2", "arn:aws:s3:::b/2"),
        ("ResourceArns.member.3", "*"),
        ("MaxItems", "4"),
    ];
    let first = done(&world, "SimulatePrincipalPolicy", &params);
    let marker = first.element("Marker").unwrap();
    let rest = [&params[..], &[("Marker", &marker)]].concat();
    let last = done(&world, "SimulatePrincipalPolicy", &rest);
    let of = |reply: &Reply| {
        let results = elements(reply, "EvaluationResults").remove(0);
        let actions = results.split("<EvalActionName>").skip(1);
        let pair = |rest: &str| {
            let (action, rest) = rest.split_once("</EvalActionName><EvalResourceName>").unwrap();
            format!("{action} {}", rest.split_once('<').unwrap().0)
        };
        (actions.map(pair).collect::<Vec<_>>(), reply.element("IsTruncated").unwrap())
    };
    let (a, b) = ("arn:aws:s3:::a/1", "arn:aws:s3:::b/2");
    let (get, put) = ("s3:GetObject", "s3:PutObject");
    assert_eq!(
        of(&first),
        (
            vec![
                format!("{get} {a}"),
                format!("{get} {b}"),
                format!("{get} *"),
                format!("{put} {a}")
            ],
            "true".to_owned()
        )
    );
    assert_eq!(of(&last), (vec![format!("{put} {b}"), format!("{put} *")], "false".to_owned()));
    assert_eq!(last.element("Marker"), None);
}

/// Much to evaluate for each result makes short pages, and no long work.
#[test]
fn large_policies_make_short_pages() {
    let world = TestWorld::with_seed(SEED);
    let statement =
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*a*b*c/*"}"#;
    let statements = vec![statement; 1000].join(",");
    let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let mut params: Vec<(String, String)> = (1..=4)
        .map(|n| (format!("PolicyInputList.member.{n}"), policy.clone()))
        .chain((1..=300).map(|n| {
            (format!("ResourceArns.member.{n}"), format!("arn:aws:s3:::{}/{n}", "abc".repeat(9)))
        }))
        .collect();
    params.push(("ActionNames.member.1".into(), "s3:GetObject".into()));
    params.push(("MaxItems".into(), "1000".into()));
    let params: Vec<_> = params.iter().map(|(name, value)| (&**name, &**value)).collect();
    let reply = done(&world, "SimulateCustomPolicy", &params);
    let results = elements(&reply, "EvalActionName").len();
    assert!((1..50).contains(&results), "{results}");
    assert_eq!(reply.element("IsTruncated").as_deref(), Some("true"));
    assert_eq!(reply.element("Marker"), Some(results.to_string()));
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let world = TestWorld::with_seed(SEED);
    let good = [
        ("PolicySourceArn", ANA),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ResourceArns.member.1", "*"),
    ];
    let session = "arn:aws:sts::123456789012:assumed-role/app/s";
    let unclear =
        format!("Invalid Entity Arn: {session} does not clearly define entity type and name.");
    let allow = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let resource_policy =
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;
    let app = role("app");
    let no_user = |name: &str| format!("The user with name {name} cannot be found.");
    for (replaced, status, code, message) in [
        (vec![("PolicySourceArn", session)], 400, "InvalidInput", unclear),
        (
            vec![("PolicySourceArn", "arn:aws:iam::123456789012:user/ana")],
            404,
            "NoSuchEntity",
            no_user("ana"),
        ),
        (
            vec![("PolicySourceArn", "arn:aws:iam::210987654321:user/ana")],
            404,
            "NoSuchEntity",
            no_user("ana"),
        ),
        (
            vec![("PolicySourceArn", "arn:aws:iam::123456789012:group/all")],
            404,
            "NoSuchEntity",
            "The group with name all cannot be found.".into(),
        ),
        (
            vec![("ActionNames.member.1", "s3:Get*")],
            400,
            "InvalidInput",
            "Invalid action name: s3:Get*".into(),
        ),
        (
            vec![("ResourceArns.member.1", "bucket")],
            400,
            "InvalidInput",
            "Invalid resource ARN: bucket".into(),
        ),
        (vec![("ResourceOwner", "me")], 400, "InvalidInput", "Invalid resource owner: me".into()),
        (
            vec![("CallerArn", session)],
            400,
            "InvalidInput",
            format!("Invalid caller ARN: {session} is neither a user nor a role."),
        ),
        (
            vec![("PolicyInputList.member.1", allow), ("PolicyInputList.member.2", "{}")],
            400,
            "InvalidInput",
            "Invalid policy document PolicyInputList.2: Syntax errors in policy.".into(),
        ),
        (
            vec![
                ("PermissionsBoundaryPolicyInputList.member.1", allow),
                ("PermissionsBoundaryPolicyInputList.member.2", allow),
            ],
            400,
            "InvalidInput",
            "PermissionsBoundaryPolicyInputList takes one policy.".into(),
        ),
        (
            vec![("ResourcePolicy", allow)],
            400,
            "InvalidInput",
            "Invalid policy document ResourcePolicy: Missing required field Principal".into(),
        ),
        // A policy of a bucket is no trust policy, and not half of one.
        (
            vec![
                ("ResourcePolicy", resource_policy),
                ("ActionNames.member.1", "sts:AssumeRole"),
                ("ResourceArns.member.1", &app),
            ],
            400,
            "InvalidInput",
            "Invalid policy document ResourcePolicy: Has prohibited field Resource.".into(),
        ),
        (
            entry!("1", "aws:SourceIp", "ip", "somewhere").to_vec(),
            400,
            "InvalidInput",
            "Invalid value of the context key aws:SourceIp: somewhere".into(),
        ),
        (
            vec![("Marker", "1")],
            400,
            "InvalidInput",
            "The marker is not one of this simulation.".into(),
        ),
        (
            vec![("Marker", "x")],
            400,
            "InvalidInput",
            "The marker is not one of this simulation.".into(),
        ),
        (
            vec![("ResourceHandlingOption", "EC2-VPC-EBS")],
            400,
            "ValidationError",
            "The parameter ResourceHandlingOption is not recognized".into(),
        ),
    ] {
        let kept = good.iter().filter(|(name, _)| replaced.iter().all(|(new, _)| new != name));
        let params: Vec<_> = kept.copied().chain(replaced.iter().copied()).collect();
        let reply = call(&world, "SimulatePrincipalPolicy", &params);
        assert_eq!((reply.status, reply.error()), (status, (code.into(), message)), "{replaced:?}");
    }
    for (action, params, member) in [
        ("SimulatePrincipalPolicy", &good[..1], "actionNames"),
        ("SimulatePrincipalPolicy", &good[1..], "policySourceArn"),
        ("SimulateCustomPolicy", &good[1..], "policyInputList"),
        ("GetContextKeysForCustomPolicy", &[], "policyInputList"),
    ] {
        let reply = call(&world, action, params);
        let message = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        );
        assert_eq!((reply.status, reply.error()), (400, ("ValidationError".into(), message)));
    }
    let unnamed = [
        ("PolicyInputList.member.1", allow),
        ("ActionNames.member.1", "s3:GetObject"),
        ("ResourcePolicy", resource_policy),
    ];
    let reply = call(&world, "SimulateCustomPolicy", &unnamed);
    let message = "A ResourcePolicy needs a CallerArn that it can name.";
    assert_eq!(reply.error(), ("InvalidInput".into(), message.into()));
}

#[test]
fn who_may_simulate_is_decided_on_the_principal() {
    let world = TestWorld::with_seed(SEED);
    let ask = |keys: &Keys, action: &str, params: &[(&str, &str)]| {
        let reply = world.query(keys, "iam", &form(action, params));
        (reply.status, reply.error().1)
    };
    let of = |who| [("PolicySourceArn", who), ("ActionNames.member.1", "s3:GetObject")];
    assert_eq!(ask(&bob(), "SimulatePrincipalPolicy", &of(BOB)).0, 200);
    assert_eq!(
        ask(&bob(), "SimulatePrincipalPolicy", &of(ANA)),
        (
            403,
            format!(
                "User: {BOB} is not authorized to perform: iam:SimulatePrincipalPolicy on \
                 resource: {ANA} because no identity-based policy allows the \
                 iam:SimulatePrincipalPolicy action"
            )
        )
    );
    assert_eq!(ask(&ana(), "SimulatePrincipalPolicy", &of(ANA)).0, 403, "beyond her boundary");
    let other_case = BOB.replace("/bob", "/BOB");
    assert_eq!(ask(&bob(), "SimulatePrincipalPolicy", &of(&other_case)).0, 403);
    let allow = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let custom = [("PolicyInputList.member.1", allow), ("ActionNames.member.1", "s3:GetObject")];
    assert_eq!(ask(&bob(), "SimulateCustomPolicy", &custom).0, 403);
    assert_eq!(ask(&bob(), "GetContextKeysForPrincipalPolicy", &of(BOB)[..1]).0, 200);
    assert_eq!(ask(&bob(), "GetContextKeysForPrincipalPolicy", &of(ANA)[..1]).0, 403);
    assert_eq!(ask(&bob(), "GetContextKeysForCustomPolicy", &custom[..1]).0, 403);
}

#[test]
fn context_keys_are_listed_once() {
    let world = TestWorld::with_seed(SEED);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",
        "Resource":"arn:aws:s3:::${aws:username}/*",
        "Condition":{"StringEquals":{"AWS:sourcevpc":"${aws:PrincipalTag/Vpc}"}}}}"#;
    let keys = |action, params: &[(&str, &str)]| {
        elements(&done(&world, action, params), "ContextKeyNames").remove(0)
    };
    assert_eq!(
        keys("GetContextKeysForCustomPolicy", &[("PolicyInputList.member.1", policy)]),
        "<member>aws:username</member><member>AWS:sourcevpc</member>\
         <member>aws:PrincipalTag/Vpc</member>"
    );
    let ana = ("PolicySourceArn", ANA);
    assert_eq!(
        keys("GetContextKeysForPrincipalPolicy", &[ana, ("PolicyInputList.member.1", policy)]),
        "<member>aws:SourceVpc</member><member>aws:username</member>\
         <member>aws:PrincipalTag/Vpc</member>"
    );
    let nobody = [("PolicySourceArn", "arn:aws:iam::123456789012:role/none")];
    let reply = call(&world, "GetContextKeysForPrincipalPolicy", &nobody);
    assert_eq!((reply.status, reply.error().0.as_str()), (404, "NoSuchEntity"));
}
