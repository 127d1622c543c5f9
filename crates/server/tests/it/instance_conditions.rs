//! The published policy that binds instance credentials to their instance works as published.
//! Source: contract/policy.md section 6.

use rolecall_testkit::{Keys, TestWorld, Wire};

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

const PROXIED_VPC: &str = r#"[[network]]
    cidr = "192.0.2.0/24"
    vpc = "vpc-0123456789abcdef0"
    endpoint = "vpce-0123456789abcdef0""#;

/// What a load balancer sends first: the client, and the endpoint it came through.
fn proxy_header(client: [u8; 4], endpoint: &str) -> Vec<u8> {
    let mut rest = [client, [127, 0, 0, 1], [0x30, 0x39, 0x11, 0xd6]].concat();
    if !endpoint.is_empty() {
        let length = u16::try_from(endpoint.len() + 1).unwrap().to_be_bytes();
        rest.extend([&[0xea][..], &length, &[1], endpoint.as_bytes()].concat());
    }
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11".as_slice(), &length, &rest].concat()
}

/// The bytes of a signed read.
fn read_of(world: &TestWorld, keys: &Keys) -> Vec<u8> {
    keys.s3(&world.api(), "GET", "/examplebucket/hello.txt", b"", world.now()).bytes()
}

#[test]
fn a_trusted_proxy_says_which_endpoint_a_request_came_through() {
    let seed = seed(PROXIED_VPC, "10.0.0.10");
    let world = TestWorld::with_seed(&format!("trusted-proxies = [\"127.0.0.1/32\"]\n{seed}"));
    let keys = world.instance_keys();
    for (client, endpoint, allowed) in [
        ([10, 0, 0, 10], "vpce-0123456789abcdef0", true),
        ([10, 0, 0, 11], "vpce-0123456789abcdef0", false),
        ([10, 0, 0, 10], "vpce-00000000000000000", false),
        ([10, 0, 0, 10], "", false),
        // An endpoint that is not mapped is no VPC, though the address is.
        ([192, 0, 2, 1], "vpce-00000000000000000", false),
    ] {
        let request = [proxy_header(client, endpoint), read_of(&world, &keys)].concat();
        let reply = Wire::send(&world.api(), &request);
        assert_eq!(reply.text() == "hello", allowed, "{client:?} {endpoint}");
    }
}

#[test]
fn a_trusted_proxy_that_says_nothing_is_not_served_and_nobody_else_may_say_it() {
    let seed = seed(PROXIED_VPC, "10.0.0.10");
    let trusting = TestWorld::with_seed(&format!("trusted-proxies = [\"127.0.0.1/32\"]\n{seed}"));
    let request = read_of(&trusting, &trusting.instance_keys());
    assert!(Wire::try_send(&trusting.api(), &request).is_err());
    let other = TestWorld::with_seed(&seed);
    let request = read_of(&other, &other.instance_keys());
    let header = proxy_header([10, 0, 0, 10], "vpce-0123456789abcdef0");
    let reply = Wire::send(&other.api(), &[header, request].concat());
    assert_eq!(reply.status, 400);
}
