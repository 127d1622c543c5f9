//! Tags of instances. Source: EC2 API reference; EC2 user guide, "Tag your Amazon EC2 resources".

use rolecall_testkit::TestWorld;

use crate::ec2::{INSTANCE, bob_may, done, inner, refused, seed};

const CREATE: &str = "CreateTags&ResourceId.1=i-0123456789abcdef0";
const DELETE: &str = "DeleteTags&ResourceId.1=i-0123456789abcdef0";

/// `Tag.N` of a request; a value of `None` is left out.
fn tags(tags: &[(&str, Option<&str>)]) -> String {
    let tag = |(n, (key, value)): (usize, &(&str, Option<&str>))| {
        let n = n + 1;
        let value = value.map_or(String::new(), |value| format!("&Tag.{n}.Value={value}"));
        format!("&Tag.{n}.Key={key}{value}")
    };
    tags.iter().enumerate().map(tag).collect()
}

/// `KEY=VALUE` of each tag of the development world's instance.
fn of_instance(world: &TestWorld) -> Vec<String> {
    let filter = format!("&Filter.1.Name=resource-id&Filter.1.Value.1={INSTANCE}");
    let text = inner(&done(world, &format!("DescribeTags{filter}")));
    let between = |item: &str, name: &str| {
        let (_, rest) = item.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let items = text.split("<item>").skip(1);
    items.map(|item| format!("{}={}", between(item, "key"), between(item, "value"))).collect()
}

#[test]
fn a_tag_shows_up_everywhere() {
    let world = TestWorld::start();
    let enable = "ModifyInstanceMetadataOptions&InstanceMetadataTags=enabled";
    done(&world, &format!("{enable}&InstanceId={INSTANCE}"));
    let reply = done(&world, &format!("{CREATE}{}", tags(&[("Owner", Some("ann"))])));
    assert_eq!(inner(&reply), "<return>true</return>");
    assert_eq!(world.metadata("meta-data/tags/instance/").text(), "Name\nOwner");
    assert_eq!(world.metadata("meta-data/tags/instance/Owner").text(), "ann");
    assert_eq!(
        inner(&done(&world, "DescribeTags&Filter.1.Name=key&Filter.1.Value.1=Owner")),
        format!(
            "<tagSet><item><resourceId>{INSTANCE}</resourceId><resourceType>instance</resourceType>\
             <key>Owner</key><value>ann</value></item></tagSet>"
        )
    );
    let described =
        done(&world, "DescribeInstances&Filter.1.Name=tag:Owner&Filter.1.Value.1=ann").text();
    assert!(described.contains("<item><key>Owner</key><value>ann</value></item>"), "{described}");
    done(&world, &format!("{DELETE}{}", tags(&[("Owner", None)])));
    assert_eq!(world.metadata("meta-data/tags/instance/Owner").status, 404);
}

#[test]
fn a_tag_is_overwritten_and_taken_by_key_or_value() {
    let world = TestWorld::start();
    let create = |list: &[(&str, Option<&str>)]| done(&world, &format!("{CREATE}{}", tags(list)));
    let delete = |list: &[(&str, Option<&str>)]| done(&world, &format!("{DELETE}{}", tags(list)));
    create(&[("a", Some("1")), ("b", Some("2")), ("c", None)]);
    create(&[("a", Some("3"))]);
    assert_eq!(of_instance(&world), ["Name=dev", "a=3", "b=2", "c="]);
    delete(&[("a", Some("1")), ("b", Some("")), ("absent", None)]);
    assert_eq!(of_instance(&world), ["Name=dev", "a=3", "b=2", "c="], "other values");
    delete(&[("a", Some("3")), ("b", None), ("c", Some(""))]);
    assert_eq!(of_instance(&world), ["Name=dev"]);
    done(&world, &format!("{CREATE}{}&DryRun=false", tags(&[("a", None)])));
    done(&world, DELETE);
    assert!(of_instance(&world).is_empty(), "without keys, all go");
}

#[test]
fn tags_have_their_limits() {
    let world = TestWorld::start();
    let create = |list: &[(&str, Option<&str>)]| format!("{CREATE}{}", tags(list));
    let (key, value) = ("k".repeat(128), "v".repeat(256));
    done(&world, &create(&[(&key, Some(&value))]));
    let long = format!("{key}k");
    let message = format!(
        "Value ( {long} ) for parameter key is invalid. Tag key exceeds the maximum length of 128 \
         characters"
    );
    refused(&world, &create(&[(&long, None)]), "InvalidParameterValue", &message);
    let message = format!(
        "Value ( {value} ) for parameter value is invalid. Tag value exceeds the maximum length of \
         256 characters"
    );
    let over = create(&[("k", Some(&format!("{value}v")))]);
    refused(&world, &over, "InvalidParameterValue", &message);
    let message = "Value (  ) for parameter key is invalid. Tag key cannot be empty";
    refused(&world, &create(&[("", Some("x"))]), "InvalidParameterValue", message);
    for reserved in ["aws:x", "AWS:x"] {
        let message = format!(
            "Value ( {reserved} ) for parameter key is invalid. Tag keys starting with 'aws:' are \
             reserved for internal use"
        );
        let one = tags(&[(reserved, None)]);
        refused(&world, &format!("{CREATE}{one}"), "InvalidParameterValue", &message);
        refused(&world, &format!("{DELETE}{one}"), "InvalidParameterValue", &message);
    }
    done(&world, DELETE);
    let fifty: Vec<String> = (0..50).map(|n| format!("k{n}")).collect();
    let fifty: Vec<(&str, Option<&str>)> = fifty.iter().map(|key| (key.as_str(), None)).collect();
    done(&world, &create(&fifty));
    done(&world, &create(&[("k0", Some("new value of an old key"))]));
    let message = "The maximum number of Tags for a resource has been reached.";
    refused(&world, &create(&[("k50", None)]), "TagLimitExceeded", message);
}

/// A policy on `aws:RequestTag/team` cannot tell `team` from `Team`.
#[test]
fn keys_that_policies_take_for_one_are_refused() {
    let world = TestWorld::start();
    let create = |list: &[(&str, Option<&str>)]| format!("{CREATE}{}", tags(list));
    let duplicate = |key: &str| format!("Duplicate tag key '{key}' specified.");
    for list in [[("a", None), ("a", None)], [("a", None), ("A", None)]] {
        refused(&world, &create(&list), "InvalidParameterValue", &duplicate("a"));
    }
    refused(&world, &create(&[("name", None)]), "InvalidParameterValue", &duplicate("name"));
    done(&world, &create(&[("Name", Some("new"))]));
}

#[test]
fn only_instances_of_ones_own_have_tags() {
    let world = TestWorld::with_seed(&seed(TEAM_RED));
    let create = |id: &str| format!("CreateTags&ResourceId.1={id}&Tag.1.Key=k");
    for id in ["vol-0123456789abcdef0", "ami-2bb65342", "i-xyz", ""] {
        let message = format!("The ID '{id}' is not valid");
        refused(&world, &create(id), "InvalidID", &message);
        refused(&world, &create(id).replace("Create", "Delete"), "InvalidID", &message);
    }
    for id in ["i-0aaaaaaaaaaaaaaaa", "i-0eeeeeeeeeeeeeee1", "i-0eeeeeeeeeeeeeee2"] {
        let message = format!("The instance ID '{id}' does not exist");
        refused(&world, &create(id), "InvalidInstanceID.NotFound", &message);
    }
    let missing = |name: &str| format!("The request must contain the parameter {name}");
    refused(&world, "CreateTags&Tag.1.Key=k", "MissingParameter", &missing("resourceIdSet"));
    refused(&world, CREATE, "MissingParameter", &missing("tagSet"));
    // One that is wrong leaves the others as they are.
    let both = format!("{CREATE}&ResourceId.2=vol-0123456789abcdef0&Tag.1.Key=k");
    refused(&world, &both, "InvalidID", "The ID 'vol-0123456789abcdef0' is not valid");
    assert_eq!(of_instance(&world), ["team=red"]);
    let both = format!("{CREATE}&ResourceId.2=i-0fedcba9876543210&Tag.1.Key=k&Tag.1.Value=v");
    done(&world, &both);
    let found = |name: &str, value: &str| {
        let form = format!("DescribeTags&Filter.1.Name={name}&Filter.1.Value.1={value}");
        done(&world, &form).text().matches("<resourceId>").count()
    };
    assert_eq!(done(&world, "DescribeTags").text().matches("<resourceId>").count(), 4);
    for (name, value, count) in [
        ("key", "k", 2),
        ("value", "red", 1),
        ("resource-id", INSTANCE, 2),
        ("resource-type", "instance", 4),
        ("resource-type", "volume", 0),
        ("tag:team", "blue", 1),
        ("tag:team", "v", 0),
    ] {
        assert_eq!(found(name, value), count, "{name} {value}");
    }
    let message = "The filter 'owner' is invalid";
    let form = "DescribeTags&Filter.1.Name=owner&Filter.1.Value.1=x";
    refused(&world, form, "InvalidParameterValue", message);
}

/// May tag what is red with what is not red, and take no tag `keep`.
const TEAM_RED: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["ec2:CreateTags","ec2:DeleteTags"],
   "Resource":"arn:aws:ec2:*:123456789012:instance/*",
   "Condition":{"StringEquals":{"aws:ResourceTag/team":"red"},
     "StringNotEqualsIfExists":{"aws:RequestTag/colour":"red"},
     "ForAllValues:StringEquals":{"aws:TagKeys":["colour","keep","team"]}}},
  {"Effect":"Deny","Action":"ec2:DeleteTags","Resource":"*",
   "Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"keep"}}}]}"#;

#[test]
fn policies_see_every_resource_and_every_tag() {
    let world = TestWorld::with_seed(&seed(TEAM_RED));
    let blue = "&ResourceId.2=i-0fedcba9876543210";
    let colour = |value: &str| tags(&[("colour", Some(value))]);
    assert!(bob_may(&world, &format!("{CREATE}{}", colour("green"))));
    assert!(!bob_may(&world, &format!("{CREATE}{}", colour("red"))));
    assert!(!bob_may(&world, &format!("{CREATE}{blue}{}", colour("green"))), "one is blue");
    let more = tags(&[("colour", None), ("other", None)]);
    assert!(!bob_may(&world, &format!("{CREATE}{more}")), "one key is not his");
    assert!(bob_may(&world, &format!("{DELETE}{}", tags(&[("colour", None)]))));
    assert!(!bob_may(&world, &format!("{DELETE}{}", tags(&[("keep", None)]))));
    assert!(bob_may(&world, DELETE));
    done(&world, &format!("{CREATE}{}", tags(&[("keep", None)])));
    assert!(!bob_may(&world, DELETE), "all of them is that one, too");
}
