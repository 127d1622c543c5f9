//! IAM: what instance roles need, with IAM's own errors.

use rolecall_testkit::{Reply, TestWorld};

const TRUST: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22\
                     Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22ec2.amazonaws.com%22%7D%2C\
                     %22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
const ALLOW: &str = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22\
                     Allow%22%2C%22Action%22%3A%22s3%3A%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D";

fn call(world: &TestWorld, form: &str) -> Reply {
    world.query(&world.administrator(), "iam", &format!("{form}&Version=2010-05-08"))
}

fn done(world: &TestWorld, form: &str) -> Reply {
    let reply = call(world, form);
    assert_eq!(reply.status, 200, "{form}: {}", reply.text());
    reply
}

fn refused(world: &TestWorld, form: &str, status: u16, code: &str) {
    let reply = call(world, form);
    assert_eq!(
        (reply.status, reply.error().0.as_str()),
        (status, code),
        "{form}: {}",
        reply.text()
    );
}

/// What Terraform does for a role, its profile, and their end.
#[test]
fn a_role_and_its_profile_live_and_end() {
    let world = TestWorld::start();
    let create = format!("Action=CreateRole&RoleName=web&AssumeRolePolicyDocument={TRUST}");
    let created = done(&world, &create);
    assert_eq!(created.element("MaxSessionDuration"), None, "left out by CreateRole");
    refused(&world, &create.replace("=web", "=WEB"), 409, "EntityAlreadyExists");
    let role = done(&world, "Action=GetRole&RoleName=web");
    assert_eq!(role.element("MaxSessionDuration").as_deref(), Some("3600"));
    assert!(role.element("AssumeRolePolicyDocument").unwrap().starts_with("%7B%22Version%22"));
    done(&world, &format!("Action=PutRolePolicy&RoleName=web&PolicyName=p&PolicyDocument={ALLOW}"));
    done(
        &world,
        "Action=AttachRolePolicy&RoleName=web&PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    );
    done(&world, "Action=CreateInstanceProfile&InstanceProfileName=web");
    done(&world, "Action=AddRoleToInstanceProfile&InstanceProfileName=web&RoleName=web");
    let profile = done(&world, "Action=GetInstanceProfile&InstanceProfileName=web");
    assert_eq!(profile.element("RoleName").as_deref(), Some("web"));
    refused(&world, "Action=DeleteRole&RoleName=web", 409, "DeleteConflict");
    done(&world, "Action=RemoveRoleFromInstanceProfile&InstanceProfileName=web&RoleName=web");
    done(&world, "Action=DeleteInstanceProfile&InstanceProfileName=web");
    done(
        &world,
        "Action=DetachRolePolicy&RoleName=web&PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    );
    done(&world, "Action=DeleteRolePolicy&RoleName=web&PolicyName=p");
    done(&world, "Action=DeleteRole&RoleName=web");
    refused(&world, "Action=GetRole&RoleName=web", 404, "NoSuchEntity");
}

#[test]
fn permissions_follow_policies_at_once() {
    let world = TestWorld::start();
    done(&world, "Action=CreateUser&UserName=eve");
    let key = done(&world, "Action=CreateAccessKey&UserName=eve");
    let eve = rolecall_testkit::Keys {
        id: key.element("AccessKeyId").unwrap(),
        secret: key.element("SecretAccessKey").unwrap(),
        token: None,
    };
    let get = || world.s3(&eve, "GET", "/examplebucket/hello.txt", b"").status;
    assert_eq!(get(), 403);
    done(&world, &format!("Action=PutUserPolicy&UserName=eve&PolicyName=p&PolicyDocument={ALLOW}"));
    assert_eq!(get(), 200);
    let create = format!("Action=CreatePolicy&PolicyName=bound&PolicyDocument={ALLOW}");
    let policy = done(&world, &create.replace("s3%3A%2A", "sts%3A%2A"));
    let arn = policy.element("Arn").unwrap();
    done(
        &world,
        &format!("Action=PutUserPermissionsBoundary&UserName=eve&PermissionsBoundary={arn}"),
    );
    assert_eq!(get(), 403);
    refused(&world, &format!("Action=DeletePolicy&PolicyArn={arn}"), 409, "DeleteConflict");
    done(&world, "Action=DeleteUserPermissionsBoundary&UserName=eve");
    assert_eq!(get(), 200);
    let update = "Action=UpdateAccessKey&UserName=eve&AccessKeyId=";
    done(&world, &format!("{update}{}&Status=Inactive", eve.id));
    assert_eq!(get(), 403);
}

#[test]
fn lists_come_in_pages() {
    let world = TestWorld::start();
    for n in 0..5 {
        done(&world, &format!("Action=CreateUser&UserName=user{n}"));
    }
    let first = done(&world, "Action=ListUsers&MaxItems=4");
    assert_eq!(first.element("IsTruncated").as_deref(), Some("true"));
    let marker = first.element("Marker").unwrap();
    let last = done(&world, &format!("Action=ListUsers&MaxItems=4&Marker={marker}"));
    assert_eq!(last.element("IsTruncated").as_deref(), Some("false"));
    let names = |reply: &Reply| reply.text().matches("<UserName>").count();
    assert_eq!(names(&first) + names(&last), 6, "five and the administrator");
}

#[test]
fn quotas_are_iams() {
    let world = TestWorld::start();
    done(&world, "Action=CreateUser&UserName=two");
    done(&world, "Action=CreateAccessKey&UserName=two");
    done(&world, "Action=CreateAccessKey&UserName=two");
    refused(&world, "Action=CreateAccessKey&UserName=two", 409, "LimitExceeded");
    let pad = "a".repeat(2048);
    let long = ALLOW.replace("s3%3A%2A", &format!("s3%3A{pad}"));
    let put = format!("Action=PutUserPolicy&UserName=two&PolicyName=p&PolicyDocument={long}");
    refused(&world, &put, 409, "LimitExceeded");
}

#[test]
fn who_may_not_is_told_why() {
    let world = TestWorld::start();
    let keys = world.instance_keys();
    let form = "Action=CreateUser&UserName=mallory&Version=2010-05-08";
    let reply = world.query(&keys, "iam", form);
    let message = "User: arn:aws:sts::123456789012:assumed-role/s3access/i-0123456789abcdef0 is not \
                   authorized to perform: iam:CreateUser on resource: \
                   arn:aws:iam::123456789012:user/mallory because no identity-based policy allows \
                   the iam:CreateUser action";
    assert_eq!((reply.status, reply.error()), (403, ("AccessDenied".into(), message.into())));
    let form = "Action=DescribeRegions&Version=2016-11-15";
    let reply = world.query(&keys, "ec2", form);
    assert_eq!((reply.status, reply.error().0.as_str()), (403, "UnauthorizedOperation"));
}

/// A world in which an administrator of one account is kept from some things.
const KEPT_FROM: &str = r#"
    account = "123456789012"
    [[user]]
    name = "admin"
    managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
    [[user.access-key]]
    [[user.policy]]
    name = "kept-from"
    document = '''{"Version":"2012-10-17","Statement":[
      {"Effect":"Deny","Action":"iam:*","Resource":["arn:aws:iam::123456789012:role/Protected",
       "arn:aws:iam::123456789012:user/Protected",
       "arn:aws:iam::123456789012:instance-profile/Protected"]},
      {"Effect":"Deny","Action":"iam:*","Resource":"*",
       "Condition":{"StringEquals":{"aws:ResourceTag/protected":"true"}}},
      {"Effect":"Deny","Action":["iam:CreateUser","iam:CreateRole"],"Resource":"*",
       "Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"secret"}}},
      {"Effect":"Deny","Action":"iam:TagUser","Resource":"*",
       "Condition":{"StringEquals":{"aws:RequestTag/team":"red"}}},
      {"Effect":"Deny","Action":"iam:PassRole","Resource":"*",
       "Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}}]}'''
    [[policy]]
    name = "theirs"
    account = "210987654321"
    document = '''{"Version":"2012-10-17","Statement":
      {"Effect":"Allow","Action":"s3:*","Resource":"*"}}'''
    [[user]]
    name = "Protected"
    [[user]]
    name = "tagged"
    tags = { protected = "true" }
    [[role]]
    name = "Protected"
    trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
      "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
    [[role]]
    name = "strong"
    trust-policy = '''{"Version":"2012-10-17","Statement":{"Effect":"Allow",
      "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}'''
    [[instance-profile]]
    name = "Protected"
    [[instance-profile]]
    name = "open"
"#;

#[test]
fn a_deny_holds_however_the_name_is_written() {
    let world = TestWorld::with_seed(KEPT_FROM);
    for name in ["Protected", "PROTECTED", "protected"] {
        let put = format!("&PolicyName=p&PolicyDocument={ALLOW}");
        for form in [
            format!("Action=PutRolePolicy&RoleName={name}{put}"),
            format!("Action=PutUserPolicy&UserName={name}{put}"),
            format!("Action=DeleteInstanceProfile&InstanceProfileName={name}"),
        ] {
            refused(&world, &form, 403, "AccessDenied");
        }
    }
}

#[test]
fn policies_of_other_accounts_are_not_there() {
    let world = TestWorld::with_seed(KEPT_FROM);
    let arn = "arn:aws:iam::210987654321:policy/theirs";
    refused(&world, &format!("Action=GetPolicy&PolicyArn={arn}"), 404, "NoSuchEntity");
    let version = format!("Action=GetPolicyVersion&PolicyArn={arn}&VersionId=v1");
    refused(&world, &version, 404, "NoSuchEntity");
    refused(&world, &format!("Action=DeletePolicy&PolicyArn={arn}"), 404, "NoSuchEntity");
}

#[test]
fn tags_of_the_resource_and_of_the_request_count() {
    let world = TestWorld::with_seed(KEPT_FROM);
    refused(&world, "Action=DeleteUser&UserName=tagged", 403, "AccessDenied");
    let create = |key: &str, value: &str| {
        format!(
            "Action=CreateUser&UserName=new&Tags.member.1.Key={key}&Tags.member.1.Value={value}"
        )
    };
    refused(&world, &create("secret", "x"), 403, "AccessDenied");
    refused(&world, &create("team", "red"), 403, "AccessDenied");
    done(&world, &create("team", "blue"));
}

#[test]
fn a_role_is_put_into_a_profile_only_by_who_may_pass_it() {
    let world = TestWorld::with_seed(KEPT_FROM);
    let form = "Action=AddRoleToInstanceProfile&InstanceProfileName=open&RoleName=strong";
    let reply = call(&world, form);
    assert_eq!(reply.status, 403);
    assert!(reply.error().1.contains("not authorized to perform: iam:PassRole"));
}

#[test]
fn a_parameter_that_is_not_known_is_refused() {
    let world = TestWorld::start();
    for form in [
        "Action=CreateUser&UserName=x&PermissionBoundary=arn:aws:iam::aws:policy/IAMReadOnlyAccess",
        "Action=CreateUser&UserName=x&Tags.member.2.Key=a&Tags.member.2.Value=b",
        "Action=CreateUser&UserName=x&Tags.member.1.key=a",
        "Action=ListUsers&maxitems=1",
    ] {
        refused(&world, form, 400, "ValidationError");
    }
    refused(&world, "Action=GetUser&UserName=x", 404, "NoSuchEntity");
}

#[test]
fn a_user_is_created_within_its_boundary() {
    let world = TestWorld::start();
    let boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess";
    let form = format!("Action=CreateUser&UserName=bound&PermissionsBoundary={boundary}");
    assert_eq!(done(&world, &form).element("PermissionsBoundaryArn").as_deref(), Some(boundary));
    let user = done(&world, "Action=GetUser&UserName=bound");
    assert_eq!(user.element("PermissionsBoundaryArn").as_deref(), Some(boundary));
}

#[test]
fn pages_leave_nothing_out_whatever_the_case() {
    let world = TestWorld::start();
    for name in ["B", "a", "C"] {
        done(&world, &format!("Action=CreatePolicy&PolicyName={name}&PolicyDocument={ALLOW}"));
    }
    let (mut names, mut marker) = (Vec::new(), String::new());
    loop {
        let page = done(&world, &format!("Action=ListPolicies&Scope=Local&MaxItems=1{marker}"));
        names.push(page.element("PolicyName").unwrap());
        let Some(next) = page.element("Marker") else { break };
        marker = format!("&Marker={next}");
    }
    assert_eq!(names, ["a", "B", "C"]);
}

#[test]
fn instances_are_found_by_what_a_filter_names_and_no_filter_is_passed_over() {
    let world = TestWorld::start();
    let ec2 = |more: &str| {
        let form = format!("Action=DescribeInstances&Version=2016-11-15{more}");
        world.query(&world.administrator(), "ec2", &form)
    };
    let filter =
        |name: &str, value: &str| ec2(&format!("&Filter.1.Name={name}&Filter.1.Value.1={value}"));
    for (name, value, found) in [
        ("instance-id", "i-0123456789abcdef0", true),
        ("instance-id", "i-00000000000000000", false),
        ("instance-state-name", "running", true),
        ("instance-state-name", "stopped", false),
        ("vpc-id", "vpc-00000000000000000", false),
        ("private-ip-address", "192.0.2.1", false),
        ("vpc-id", "vpc-0123456789abcdef0", true),
        ("private-ip-address", "10.0.0.10", true),
        ("tag:Name", "dev", true),
        ("tag:Name", "other", false),
        ("tag:Absent", "dev", false),
    ] {
        let reply = filter(name, value);
        assert_eq!(reply.element("instanceId").is_some(), found, "{name}: {}", reply.text());
    }
    let error = |reply: Reply| (reply.status, reply.error().0, reply.error().1);
    let (code, message) = ("InvalidParameterValue", "The filter 'owner' is invalid");
    assert_eq!(error(filter("owner", "x")), (400, code.into(), message.into()));
    let (code, message) = ("UnknownParameter", "The parameter Filters.1.Name is not recognized");
    assert_eq!(error(ec2("&Filters.1.Name=vpc-id")), (400, code.into(), message.into()));
    let (code, message) =
        ("DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
    assert_eq!(error(ec2("&DryRun=true")), (412, code.into(), message.into()));
    assert_eq!(ec2("&DryRun=false&MaxResults=5").status, 200);
}
