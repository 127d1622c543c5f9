//! AssumeRole, GetSessionToken and GetFederationToken as AWS has them.
//! Source: contract/authority.md sections 2 to 4.

use rolecall_testkit::{Keys, Reply, TestWorld};

const SEED: &str = r#"
account = "123456789012"

[[user]]
name = "admin"
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
[[user.access-key]]

[[user]]
name = "bob"
[[user.access-key]]
id = "AKIAIOSFODNN7EXAMPLE"
secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
[[user.policy]]
name = "some"
document = '''{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["s3:GetObject","sts:GetFederationToken"],"Resource":"*"},
  {"Effect":"Deny","Action":"sts:GetCallerIdentity","Resource":"*"}]}'''

[[user]]
name = "carol"
account = "210987654321"
[[user.access-key]]
id = "AKIAI44QH8DHBEXAMPLE"
secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
[[user.policy]]
name = "assume"
document = '''{"Version":"2012-10-17","Statement":
  {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}'''

[[role]]
name = "named"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},
  "Action":["sts:AssumeRole","sts:TagSession"]}}'''
[[role.policy]]
name = "read"
document = '''{"Version":"2012-10-17","Statement":
  {"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}'''

[[role]]
name = "account"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}'''

[[role]]
name = "external"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"sts:AssumeRole",
  "Condition":{"StringEquals":{"sts:ExternalId":"ticket-42"}}}}'''

[[role]]
name = "self"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"arn:aws:iam::123456789012:user/admin"},"Action":"sts:AssumeRole"}}'''
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
max-session-seconds = 7200

[[role]]
name = "sourced"
trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
  "Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"},
  "Action":["sts:AssumeRole","sts:SetSourceIdentity"]}}'''
managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]

[[bucket]]
name = "examplebucket"
[[bucket.object]]
key = "hello.txt"
content = "hello"
[[bucket.object]]
key = "other.txt"
content = "other"
"#;

fn bob() -> Keys {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into();
    Keys { id: "AKIAIOSFODNN7EXAMPLE".into(), secret, token: None }
}

fn carol() -> Keys {
    let secret = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY".into();
    Keys { id: "AKIAI44QH8DHBEXAMPLE".into(), secret, token: None }
}

fn assume(world: &TestWorld, keys: &Keys, role: &str, more: &str) -> Reply {
    let form = format!(
        "Action=AssumeRole&Version=2011-06-15&RoleSessionName=session\
         &RoleArn=arn:aws:iam::123456789012:role/{role}{more}"
    );
    world.query(keys, "sts", &form)
}

fn identity(world: &TestWorld, keys: &Keys) -> Reply {
    world.query(keys, "sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

fn denied(reply: &Reply, message: &str) {
    assert_eq!((reply.status, reply.error()), (403, ("AccessDenied".into(), message.into())));
}

fn invalid(reply: &Reply, code: &str, message: &str) {
    assert_eq!((reply.status, reply.error()), (400, (code.into(), message.into())));
}

#[test]
fn a_caller_knows_itself_even_under_an_explicit_deny() {
    let world = TestWorld::with_seed(SEED);
    let reply = identity(&world, &bob());
    assert_eq!(reply.element("Arn").as_deref(), Some("arn:aws:iam::123456789012:user/bob"));
}

#[test]
fn a_trust_policy_that_names_the_user_is_enough() {
    let world = TestWorld::with_seed(SEED);
    let reply = assume(&world, &bob(), "named", "");
    let arn = "arn:aws:sts::123456789012:assumed-role/named/session";
    assert_eq!(reply.element("Arn").as_deref(), Some(arn), "{}", reply.text());
    assert_eq!(reply.element("PackedPolicySize"), None);
    let keys = TestWorld::keys_of(&reply);
    assert_eq!(identity(&world, &keys).element("Arn").as_deref(), Some(arn));
    assert_eq!(world.s3(&keys, "GET", "/examplebucket/hello.txt", b"").text(), "hello");
}

#[test]
fn a_trust_policy_that_names_the_account_needs_the_users_own_too() {
    let world = TestWorld::with_seed(SEED);
    assert_eq!(assume(&world, &world.administrator(), "account", "").status, 200);
    denied(
        &assume(&world, &bob(), "account", ""),
        "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:AssumeRole on \
         resource: arn:aws:iam::123456789012:role/account because no identity-based policy allows \
         the sts:AssumeRole action",
    );
}

#[test]
fn another_account_needs_both_sides_and_the_external_id() {
    let world = TestWorld::with_seed(SEED);
    assert_eq!(assume(&world, &carol(), "external", "&ExternalId=ticket-42").status, 200);
    let message = "User: arn:aws:iam::210987654321:user/carol is not authorized to perform: \
                   sts:AssumeRole on resource: arn:aws:iam::123456789012:role/external";
    denied(&assume(&world, &carol(), "external", "&ExternalId=other"), message);
    denied(&assume(&world, &carol(), "external", ""), message);
    let reply = assume(&world, &carol(), "named", "");
    assert_eq!(reply.status, 403);
}

#[test]
fn an_external_id_that_nobody_asked_for_is_let_pass() {
    let world = TestWorld::with_seed(SEED);
    assert_eq!(assume(&world, &bob(), "named", "&ExternalId=anything").status, 200);
}

#[test]
fn a_missing_role_is_refused_like_one_that_does_not_trust() {
    let world = TestWorld::with_seed(SEED);
    let (_, missing) = assume(&world, &world.administrator(), "missing", "").error();
    let (_, untrusting) = assume(&world, &world.administrator(), "named", "").error();
    assert_eq!(missing, untrusting.replace("role/named", "role/missing"));
}

#[test]
fn a_role_assumes_itself_only_if_its_trust_policy_says_so() {
    let world = TestWorld::with_seed(SEED);
    let keys = TestWorld::keys_of(&assume(&world, &world.administrator(), "self", ""));
    let reply = assume(&world, &keys, "self", "");
    assert_eq!(reply.status, 403, "{}", reply.text());
    assert_eq!(assume(&world, &keys, "account", "").status, 200);
}

#[test]
fn durations_have_their_limits() {
    let world = TestWorld::with_seed(SEED);
    let admin = world.administrator();
    assert_eq!(assume(&world, &admin, "self", "&DurationSeconds=7200").status, 200);
    invalid(
        &assume(&world, &admin, "self", "&DurationSeconds=7201"),
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    );
    let chained = TestWorld::keys_of(&assume(&world, &admin, "self", ""));
    invalid(
        &assume(&world, &chained, "account", "&DurationSeconds=3601"),
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
         role chaining.",
    );
    let reply = assume(&world, &admin, "self", "&DurationSeconds=899");
    assert!(reply.error().1.contains("greater than or equal to 900"), "{}", reply.text());
}

#[test]
fn names_and_arns_are_checked_before_anything_else() {
    let world = TestWorld::with_seed(SEED);
    let form = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=Session1:2&RoleArn=nonsense";
    invalid(
        &world.query(&bob(), "sts", form),
        "ValidationError",
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    );
    let form = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=ok\
                &RoleArn=arn:aws:iam::123456789012:user/bob";
    let message = "arn:aws:iam::123456789012:user/bob is invalid";
    invalid(&world.query(&bob(), "sts", form), "ValidationError", message);
}

#[test]
fn session_tags_need_the_trust_policy_and_room() {
    let world = TestWorld::with_seed(SEED);
    let tags = "&Tags.member.1.Key=Team&Tags.member.1.Value=blue\
                &TransitiveTagKeys.member.1=Team";
    let reply = assume(&world, &bob(), "named", tags);
    assert_eq!(reply.element("PackedPolicySize").as_deref(), Some("2"), "{}", reply.text());
    let keys = TestWorld::keys_of(&reply);
    let again = "&Tags.member.1.Key=team&Tags.member.1.Value=red";
    invalid(
        &assume(&world, &keys, "named", again),
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a \
         transitive tag key from the calling session.",
    );
    let reply = assume(&world, &world.administrator(), "account", tags);
    assert!(reply.error().1.contains("not authorized to perform: sts:TagSession"));
    let large: String = (1..=9)
        .map(|n| format!("&Tags.member.{n}.Key=T{n}&Tags.member.{n}.Value={}", "a".repeat(250)))
        .collect();
    invalid(
        &assume(&world, &bob(), "named", &large),
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes 498% of allotted space.",
    );
}

#[test]
fn a_session_policy_only_takes_away() {
    let world = TestWorld::with_seed(SEED);
    let policy = "&Policy=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22\
                  %3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22arn%3Aaws\
                  %3As3%3A%3A%3Aexamplebucket%2Fother.txt%22%7D%7D";
    let keys = TestWorld::keys_of(&assume(&world, &bob(), "named", policy));
    assert_eq!(world.s3(&keys, "GET", "/examplebucket/other.txt", b"").text(), "other");
    let reply = world.s3(&keys, "GET", "/examplebucket/hello.txt", b"");
    let message = "because no session policy allows the s3:GetObject action";
    assert!(reply.error().1.ends_with(message), "{}", reply.text());
    let reply = world.s3(&keys, "PUT", "/examplebucket/other.txt", b"x");
    let message = "because no identity-based policy allows the s3:PutObject action";
    assert!(reply.error().1.ends_with(message), "{}", reply.text());
}

#[test]
fn session_credentials_cannot_make_more_of_their_kind() {
    let world = TestWorld::with_seed(SEED);
    let form = "Action=GetSessionToken&Version=2011-06-15";
    let keys = TestWorld::keys_of(&world.query(&bob(), "sts", form));
    let message = "Cannot call GetSessionToken with session credentials";
    denied(&world.query(&keys, "sts", form), message);
    let message = "Cannot call GetFederationToken with session credentials";
    let federation = "Action=GetFederationToken&Version=2011-06-15&Name=guest";
    denied(&world.query(&keys, "sts", federation), message);
    let iam = world.query(&keys, "iam", "Action=ListUsers&Version=2010-05-08");
    assert_eq!((iam.status, iam.error().0.as_str()), (403, "InvalidClientTokenId"));
    assert_eq!(identity(&world, &keys).status, 200);
}

#[test]
fn a_federated_user_may_only_what_its_session_policy_allows() {
    let world = TestWorld::with_seed(SEED);
    let form = "Action=GetFederationToken&Version=2011-06-15&Name=guest";
    let reply = world.query(&bob(), "sts", form);
    let arn = "arn:aws:sts::123456789012:federated-user/guest";
    assert_eq!(reply.element("FederatedUserId").as_deref(), Some("123456789012:guest"));
    assert_eq!(reply.element("PackedPolicySize").as_deref(), Some("0"));
    let keys = TestWorld::keys_of(&reply);
    assert_eq!(identity(&world, &keys).element("Arn").as_deref(), Some(arn));
    assert_eq!(world.s3(&keys, "GET", "/examplebucket/hello.txt", b"").status, 403);
    let policy = "&Policy=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22\
                  %3A%22Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";
    let keys = TestWorld::keys_of(&world.query(&bob(), "sts", &format!("{form}{policy}")));
    assert_eq!(world.s3(&keys, "GET", "/examplebucket/hello.txt", b"").text(), "hello");
    assert_eq!(world.s3(&keys, "PUT", "/examplebucket/hello.txt", b"x").status, 403);
}

#[test]
fn a_role_made_again_under_its_name_is_another_role() {
    let world = TestWorld::with_seed(SEED);
    let admin = world.administrator();
    let keys = TestWorld::keys_of(&assume(&world, &bob(), "named", ""));
    assert_eq!(identity(&world, &keys).status, 200);
    for form in [
        "Action=DeleteRolePolicy&Version=2010-05-08&RoleName=named&PolicyName=read",
        "Action=DeleteRole&Version=2010-05-08&RoleName=named",
        "Action=CreateRole&Version=2010-05-08&RoleName=named&AssumeRolePolicyDocument=%7B%22Version\
         %22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22\
         %3A%7B%22AWS%22%3A%22123456789012%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D",
    ] {
        let reply = world.query(&admin, "iam", form);
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let reply = identity(&world, &keys);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InvalidClientTokenId"));
}

#[test]
fn a_session_that_was_seen_before_still_needs_its_own_token_and_time() {
    let world = TestWorld::with_seed(SEED);
    let session = || TestWorld::keys_of(&assume(&world, &bob(), "named", ""));
    let (keys, other) = (session(), session());
    assert_eq!(identity(&world, &keys).status, 200);
    let swapped = Keys { token: other.token, ..keys.clone() };
    let reply = identity(&world, &swapped);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InvalidClientTokenId"));
    world.advance_seconds(3599);
    assert_eq!(identity(&world, &keys).status, 200);
    world.advance_seconds(1);
    let reply = identity(&world, &keys);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "ExpiredToken"));
}

#[test]
fn a_user_made_again_under_its_name_is_not_trusted() {
    let world = TestWorld::with_seed(SEED);
    let admin = world.administrator();
    let delete_key =
        format!("Action=DeleteAccessKey&Version=2010-05-08&UserName=bob&AccessKeyId={}", bob().id);
    for form in [
        "Action=DeleteUserPolicy&Version=2010-05-08&UserName=bob&PolicyName=some",
        &delete_key,
        "Action=DeleteUser&Version=2010-05-08&UserName=bob",
        "Action=CreateUser&Version=2010-05-08&UserName=bob",
    ] {
        let reply = world.query(&admin, "iam", form);
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let create = "Action=CreateAccessKey&Version=2010-05-08&UserName=bob";
    let reply = world.query(&admin, "iam", create);
    let keys = Keys {
        id: reply.element("AccessKeyId").unwrap(),
        secret: reply.element("SecretAccessKey").unwrap(),
        token: None,
    };
    assert_eq!(identity(&world, &keys).status, 200);
    let reply = assume(&world, &keys, "named", "");
    assert_eq!(reply.status, 403, "{}", reply.text());
}

#[test]
fn a_federated_session_is_tagged_only_by_who_may_tag() {
    let world = TestWorld::with_seed(SEED);
    let form = "Action=GetFederationToken&Version=2011-06-15&Name=guest\
                &Tags.member.1.Key=Team&Tags.member.1.Value=admin";
    denied(
        &world.query(&bob(), "sts", form),
        "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: sts:TagSession on \
         resource: arn:aws:sts::123456789012:federated-user/guest because no identity-based policy \
         allows the sts:TagSession action",
    );
    assert_eq!(world.query(&world.administrator(), "sts", form).status, 200);
}

#[test]
fn an_inherited_tag_is_the_same_in_every_case_of_unicode() {
    let world = TestWorld::with_seed(SEED);
    let tags = "&Tags.member.1.Key=Key&Tags.member.1.Value=a&TransitiveTagKeys.member.1=Key";
    let keys = TestWorld::keys_of(&assume(&world, &bob(), "named", tags));
    let kelvin = "&Tags.member.1.Key=%E2%84%AAey&Tags.member.1.Value=b";
    invalid(
        &assume(&world, &keys, "named", kelvin),
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a \
         transitive tag key from the calling session.",
    );
}

#[test]
fn what_is_inherited_down_a_chain_must_be_trusted_too() {
    let world = TestWorld::with_seed(SEED);
    let tags = "&Tags.member.1.Key=Key&Tags.member.1.Value=a&TransitiveTagKeys.member.1=Key";
    let admin = world.administrator();
    let tagged = TestWorld::keys_of(&assume(&world, &bob(), "named", tags));
    let form = format!(
        "Action=PutRolePolicy&Version=2010-05-08&RoleName=named&PolicyName=all&PolicyDocument={}",
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C\
         %22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D"
    );
    assert_eq!(world.query(&admin, "iam", &form).status, 200);
    let reply = assume(&world, &tagged, "account", "");
    let message = "not authorized to perform: sts:TagSession";
    assert!(reply.error().1.contains(message), "{}", reply.text());
    let untagged = TestWorld::keys_of(&assume(&world, &bob(), "named", ""));
    assert_eq!(assume(&world, &untagged, "account", "").status, 200);
}

#[test]
fn an_inherited_source_identity_must_be_trusted_and_stays() {
    let world = TestWorld::with_seed(SEED);
    let first = assume(&world, &bob(), "sourced", "&SourceIdentity=bob");
    assert_eq!(first.element("SourceIdentity").as_deref(), Some("bob"), "{}", first.text());
    let keys = TestWorld::keys_of(&first);
    let reply = assume(&world, &keys, "account", "");
    let message = "not authorized to perform: sts:SetSourceIdentity";
    assert!(reply.error().1.contains(message), "{}", reply.text());
    let message = "The source identity of the calling session cannot be changed.";
    denied(&assume(&world, &keys, "account", "&SourceIdentity=eve"), message);
    let without = TestWorld::keys_of(&assume(&world, &bob(), "sourced", ""));
    assert_eq!(assume(&world, &without, "account", "").status, 200);
}

#[test]
fn session_policies_are_counted_from_the_first_and_told_to_nobody_who_is_denied() {
    let world = TestWorld::with_seed(SEED);
    for parameter in ["PolicyArns.member.2.arn", "PolicyArns.member.1.Arn", "policy"] {
        let more = format!("&{parameter}=arn:aws:iam::aws:policy/IAMReadOnlyAccess");
        let reply = assume(&world, &bob(), "named", &more);
        assert_eq!((reply.status, reply.error().0.as_str()), (400, "ValidationError"), "{more}");
    }
    let missing = "&PolicyArns.member.1.arn=arn:aws:iam::123456789012:policy/missing";
    let reply = assume(&world, &carol(), "named", missing);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "AccessDenied"));
}

#[test]
fn a_session_of_a_user_calls_two_operations_of_sts() {
    let world = TestWorld::with_seed(SEED);
    let admin = world.administrator();
    let keys = TestWorld::keys_of(&world.query(
        &admin,
        "sts",
        "Action=GetSessionToken&Version=2011-06-15",
    ));
    assert_eq!(identity(&world, &keys).status, 200);
    assert_eq!(assume(&world, &keys, "account", "").status, 200);
    let form = "Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIAIOSFODNN7EXAMPLE";
    let reply = world.query(&keys, "sts", form);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "InvalidClientTokenId"));
    assert_eq!(world.query(&admin, "sts", form).status, 200);
}
