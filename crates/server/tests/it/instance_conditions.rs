//! The published policy that binds instance credentials to their instance works as published.
//! Source: contract/policy.md section 6.

use rolecall_testkit::{Keys, TestWorld};

/// Loopback 127.0.0.1 stands for the internet here; a second seed maps it to the instance's VPC.
fn seed(network: &str, private_ip: &str) -> String {
    let policy = r#"{"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"s3:*","Resource":"*"},
      {"Effect":"Deny","Action":"*","Resource":"*","Condition":{
        "StringNotEquals":{"aws:ec2InstanceSourceVPC":"${aws:SourceVpc}"},
        "Null":{"ec2:SourceInstanceARN":"false"},
        "BoolIfExists":{"aws:ViaAWSService":"false"},
        "ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/aws:ec2-infrastructure"}}},
      {"Effect":"Deny","Action":"*","Resource":"*","Condition":{
        "StringNotEquals":{"aws:ec2InstanceSourcePrivateIPv4":"${aws:VpcSourceIp}"},
        "Null":{"ec2:SourceInstanceARN":"false"},
        "BoolIfExists":{"aws:ViaAWSService":"false"}}}]}"#;
    format!(
        r#"
        account = "123456789012"
        [[user]]
        name = "admin"
        managed-policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
        [[user.access-key]]
        [[role]]
        name = "bound"
        trust-policy = '''{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",
          "Principal":{{"Service":"ec2.amazonaws.com","AWS":"123456789012"}},
          "Action":"sts:AssumeRole"}}}}'''
        [[role.policy]]
        name = "bound"
        document = '''{policy}'''
        [[instance-profile]]
        name = "bound"
        role = "bound"
        [[instance]]
        id = "i-0123456789abcdef0"
        profile = "bound"
        private-ip = "{private_ip}"
        [[bucket]]
        name = "examplebucket"
        [[bucket.object]]
        key = "hello.txt"
        content = "hello"
        {network}
        "#
    )
}

const OWN_VPC: &str = r#"[[network]]
    cidr = "127.0.0.0/8"
    vpc = "vpc-0123456789abcdef0"
    endpoint = "vpce-0123456789abcdef0""#;

const OTHER_VPC: &str = r#"[[network]]
    listener = "api"
    vpc = "vpc-00000000000000000"
    endpoint = "vpce-00000000000000000""#;

fn reads(world: &TestWorld, keys: &Keys) -> bool {
    world.s3(keys, "GET", "/examplebucket/hello.txt", b"").text() == "hello"
}

#[test]
fn stolen_credentials_work_nowhere_else() {
    for (network, private_ip, allowed) in [
        ("", "127.0.0.1", false),
        (OTHER_VPC, "127.0.0.1", false),
        (OWN_VPC, "10.0.0.10", false),
        (OWN_VPC, "127.0.0.1", true),
    ] {
        let world = TestWorld::with_seed(&seed(network, private_ip));
        let keys = world.instance_keys();
        assert_eq!(reads(&world, &keys), allowed, "{network} {private_ip}");
    }
}

#[test]
fn a_session_of_the_role_that_no_instance_got_is_not_bound() {
    let world = TestWorld::with_seed(&seed("", "127.0.0.1"));
    let form = "Action=AssumeRole&Version=2011-06-15&RoleSessionName=person\
                &RoleArn=arn:aws:iam::123456789012:role/bound";
    let keys = TestWorld::keys_of(&world.query(&world.administrator(), "sts", form));
    assert!(reads(&world, &keys));
}
