//! ModifyInstanceMetadataOptions: what it takes, what it answers, and what the next read shows.
//! Source: EC2 API reference; contract/authority.md section 7.

use rolecall_testkit::{TestWorld, Wire};

use crate::ec2::{INSTANCE, bob_may, call, done, inner, refused, seed};

const MODIFY: &str = "ModifyInstanceMetadataOptions&InstanceId=i-0123456789abcdef0";

/// Status of a read without a token.
fn v1(world: &TestWorld) -> u16 {
    let get = b"GET /latest/meta-data/instance-id HTTP/1.1\r\nhost: x\r\n\r\n";
    Wire::send(&world.imds(), get).status
}

#[test]
fn an_option_is_in_force_on_the_next_read() {
    let world = TestWorld::start();
    assert_eq!(v1(&world), 401);
    let reply = done(&world, &format!("{MODIFY}&HttpTokens=optional"));
    assert_eq!(
        inner(&reply),
        "<instanceId>i-0123456789abcdef0</instanceId><instanceMetadataOptions>\
         <state>pending</state><httpTokens>optional</httpTokens>\
         <httpPutResponseHopLimit>1</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>\
         <httpProtocolIpv6>disabled</httpProtocolIpv6>\
         <instanceMetadataTags>disabled</instanceMetadataTags></instanceMetadataOptions>"
    );
    assert_eq!(v1(&world), 200);
    done(&world, &format!("{MODIFY}&HttpTokens=required"));
    assert_eq!(v1(&world), 401);

    let tag = || world.metadata("meta-data/tags/instance/Name");
    assert_eq!(tag().status, 404);
    done(&world, &format!("{MODIFY}&InstanceMetadataTags=enabled"));
    assert_eq!(tag().text(), "dev");

    done(&world, &format!("{MODIFY}&HttpEndpoint=disabled"));
    assert_eq!(v1(&world), 403);
}

#[test]
fn options_that_are_not_given_stay() {
    let world = TestWorld::start();
    let all = "&HttpTokens=optional&HttpPutResponseHopLimit=64&HttpEndpoint=enabled\
               &HttpProtocolIpv6=enabled&InstanceMetadataTags=enabled";
    done(&world, &format!("{MODIFY}{all}"));
    let reply = done(&world, &format!("{MODIFY}&HttpPutResponseHopLimit=2"));
    assert_eq!(reply.element("httpPutResponseHopLimit").as_deref(), Some("2"));
    let described = done(&world, "DescribeInstances");
    for (name, value) in [
        ("state", "applied"),
        ("httpTokens", "optional"),
        ("httpPutResponseHopLimit", "2"),
        ("httpEndpoint", "enabled"),
        ("httpProtocolIpv6", "enabled"),
        ("instanceMetadataTags", "enabled"),
    ] {
        assert_eq!(described.element(name).as_deref(), Some(value), "{name}");
    }
    done(&world, MODIFY);
    assert_eq!(inner(&done(&world, "DescribeInstances")), inner(&described));
}

#[test]
fn values_have_their_bounds() {
    let world = TestWorld::start();
    done(&world, &format!("{MODIFY}&HttpPutResponseHopLimit=64"));
    let hops = "Valid values are integers from 1 to 64";
    let tokens = "Valid values are optional and required";
    let switch = "Valid values are disabled and enabled";
    for (name, value, why) in [
        ("HttpPutResponseHopLimit", "0", hops),
        ("HttpPutResponseHopLimit", "65", hops),
        ("HttpPutResponseHopLimit", "two", hops),
        ("HttpTokens", "Required", tokens),
        ("HttpEndpoint", "true", switch),
        ("HttpProtocolIpv6", "", switch),
        ("InstanceMetadataTags", "on", switch),
    ] {
        let message = format!("Value ({value}) for parameter {name} is invalid. {why}");
        refused(&world, &format!("{MODIFY}&{name}={value}"), "InvalidParameterValue", &message);
    }
    let parameter = "The parameter Httptokens is not recognized";
    refused(&world, &format!("{MODIFY}&Httptokens=optional"), "UnknownParameter", parameter);
}

#[test]
fn the_instance_must_be_ones_own_and_here() {
    let world = TestWorld::with_seed(&seed(NOTHING));
    let modify = |id: &str| format!("ModifyInstanceMetadataOptions&InstanceId={id}");
    for id in ["i-0aaaaaaaaaaaaaaaa", "i-0eeeeeeeeeeeeeee1", "i-0eeeeeeeeeeeeeee2"] {
        let message = format!("The instance ID '{id}' does not exist");
        refused(&world, &modify(id), "InvalidInstanceID.NotFound", &message);
    }
    for id in ["i-xyz", "vol-0123456789abcdef0", ""] {
        let message = format!("Invalid id: \"{id}\"");
        refused(&world, &modify(id), "InvalidInstanceID.Malformed", &message);
    }
    let message = "The request must contain the parameter instanceId";
    refused(&world, "ModifyInstanceMetadataOptions", "MissingParameter", message);
}

#[test]
fn tags_that_cannot_be_shown_are_not_to_be_shown() {
    let world = TestWorld::start();
    let tag = |key: &str| format!("CreateTags&ResourceId.1={INSTANCE}&Tag.1.Key={key}");
    let message = |key: &str| {
        format!(
            "'{key}' is not a valid tag key. Tag keys must match pattern \
             ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and must not be a reserved name ('.', '..', \
             '_index')"
        )
    };
    let enable = format!("{MODIFY}&InstanceMetadataTags=enabled");
    for (sent, key) in [("a%2Fb", "a/b"), ("_index", "_index"), ("a+b", "a b"), ("%C3%A9", "é")] {
        done(&world, &tag(sent));
        refused(&world, &enable, "InvalidParameterValue", &message(key));
        done(&world, &tag(sent).replace("CreateTags", "DeleteTags"));
    }
    done(&world, &enable);
    refused(&world, &tag("a%2Fb"), "InvalidParameterValue", &message("a/b"));
    done(&world, &tag("a:b"));
}

const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":
    {"Effect":"Deny","Action":"*","Resource":"*"}}"#;

#[test]
fn policies_see_the_instance_and_what_is_asked_for() {
    let world = TestWorld::with_seed(&seed(
        r#"{"Version":"2012-10-17","Statement":[
          {"Effect":"Allow","Action":"ec2:ModifyInstanceMetadataOptions",
           "Resource":"arn:aws:ec2:us-east-1:123456789012:instance/*",
           "Condition":{"StringEquals":{"ec2:ResourceTag/team":"red",
             "ec2:MetadataHttpTokens":"required","ec2:Region":"us-east-1"}}},
          {"Effect":"Deny","Action":"*","Resource":"*",
           "Condition":{"StringEquals":{"ec2:Attribute/HttpTokens":"optional"}}}]}"#,
    ));
    assert!(bob_may(&world, &format!("{MODIFY}&HttpPutResponseHopLimit=2")));
    assert!(!bob_may(&world, &format!("{MODIFY}&HttpTokens=optional")));
    assert!(!bob_may(&world, &MODIFY.replace(INSTANCE, "i-0fedcba9876543210")), "not his team's");
    assert!(!bob_may(&world, &MODIFY.replace(INSTANCE, "i-0aaaaaaaaaaaaaaaa")), "not there");
    done(&world, &format!("{MODIFY}&HttpTokens=optional"));
    assert!(!bob_may(&world, &format!("{MODIFY}&HttpTokens=required")), "no longer required");
    let reply = call(&world, &crate::ec2::bob(), MODIFY);
    let message = "You are not authorized to perform this operation. User: \
                   arn:aws:iam::123456789012:user/bob is not authorized to perform: \
                   ec2:ModifyInstanceMetadataOptions on resource: \
                   arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0 because no \
                   identity-based policy allows the ec2:ModifyInstanceMetadataOptions action";
    let (code, told) = reply.error();
    let (told, _) = told.split_once(". Encoded authorization failure message: ").unwrap();
    assert_eq!((&*code, told), ("UnauthorizedOperation", message));
}
