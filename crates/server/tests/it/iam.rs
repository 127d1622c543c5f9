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
