//! What people do to a running instance with the AWS CLI: its metadata options, tags and profile.

use rolecall_testkit::{Client, Clients, Dev, Wire};
use serde_json::{Value, json};

use crate::dev;

const INSTANCE: &str = "i-0123456789abcdef0";

/// Runs `aws ec2 …` as the administrator and gives what it prints; `None` without that CLI.
fn ec2(world: &Dev, client: Client, words: &str) -> Option<Value> {
    let words: Vec<&str> = ["ec2"].into_iter().chain(words.split(' ')).collect();
    let variables = world.variables_with(&world.administrator());
    let ran = Clients::find().run(client, &words, &variables)?;
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{client:?} {words:?}");
    let text = ran.text();
    Some(if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() })
}

/// What it says when it is refused.
fn refusal(world: &Dev, client: Client, words: &str) -> String {
    let words: Vec<&str> = ["ec2"].into_iter().chain(words.split(' ')).collect();
    let variables = world.variables_with(&world.administrator());
    let ran = Clients::find().run(client, &words, &variables).unwrap();
    assert_ne!(ran.code, 0, "{client:?} {words:?}");
    let said = ran.stderr.trim();
    said.find("An error occurred").map_or(said, |at| &said[at..]).to_owned()
}

/// A read of the metadata service without a token.
fn v1(world: &Dev, path: &str) -> (u16, String) {
    let get = format!("GET /latest/meta-data/{path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let reply = Wire::send(world.field("imds"), get.as_bytes());
    (reply.status, reply.text())
}

#[test]
fn metadata_options_are_modified() {
    for client in Client::COMMAND_LINES {
        let world = dev(&[]);
        assert_eq!(v1(&world, "instance-id").0, 401);
        let modify = format!("modify-instance-metadata-options --instance-id {INSTANCE}");
        let options = "--http-tokens optional --instance-metadata-tags enabled";
        let Some(answer) = ec2(&world, client, &format!("{modify} {options}")) else { continue };
        let options = |state: &str| {
            json!({
                "State": state,
                "HttpTokens": "optional",
                "HttpPutResponseHopLimit": 1,
                "HttpEndpoint": "enabled",
                "HttpProtocolIpv6": "disabled",
                "InstanceMetadataTags": "enabled",
            })
        };
        let expected =
            json!({ "InstanceId": INSTANCE, "InstanceMetadataOptions": options("pending") });
        assert_eq!(answer, expected, "{client:?}");
        let described = ec2(&world, client, "describe-instances").unwrap();
        let found = &described["Reservations"][0]["Instances"][0]["MetadataOptions"];
        assert_eq!(found, &options("applied"), "{client:?}");
        assert_eq!(v1(&world, "instance-id"), (200, INSTANCE.to_owned()));
        assert_eq!(v1(&world, "tags/instance/Name"), (200, "dev".to_owned()));
        assert_eq!(
            refusal(&world, client, &format!("{modify} --http-put-response-hop-limit 65")),
            "An error occurred (InvalidParameterValue) when calling the \
             ModifyInstanceMetadataOptions operation: Value (65) for parameter \
             HttpPutResponseHopLimit is invalid. Valid values are integers from 1 to 64"
        );
        assert_eq!(
            refusal(&world, client, &format!("{modify} --http-endpoint disabled --dry-run")),
            "An error occurred (DryRunOperation) when calling the ModifyInstanceMetadataOptions \
             operation: Request would have succeeded, but DryRun flag is set."
        );
    }
}

#[test]
fn tags_are_created_described_and_deleted() {
    for client in Client::COMMAND_LINES {
        let world = dev(&[]);
        let create = format!(
            "create-tags --resources {INSTANCE} --tags Key=Owner,Value=ann Key=Empty,Value="
        );
        if ec2(&world, client, &create).is_none() {
            continue;
        }
        let tags = |words: &str| {
            let described = ec2(&world, client, &format!("describe-tags{words}")).unwrap();
            let tags = described["Tags"].as_array().unwrap().iter();
            tags.map(|tag| {
                assert_eq!(
                    (&tag["ResourceId"], &tag["ResourceType"]),
                    (&INSTANCE.into(), &"instance".into())
                );
                format!("{}={}", tag["Key"].as_str().unwrap(), tag["Value"].as_str().unwrap())
            })
            .collect::<Vec<String>>()
        };
        assert_eq!(tags(""), ["Empty=", "Name=dev", "Owner=ann"], "{client:?}");
        assert_eq!(tags(" --filters Name=key,Values=Owner"), ["Owner=ann"]);
        let delete = format!("delete-tags --resources {INSTANCE} --tags Key=Owner");
        assert_eq!(ec2(&world, client, &delete), Some(Value::Null));
        assert_eq!(tags(""), ["Empty=", "Name=dev"]);
        assert_eq!(
            refusal(&world, client, "create-tags --resources vol-0123 --tags Key=a,Value=b"),
            "An error occurred (InvalidID) when calling the CreateTags operation: The ID \
             'vol-0123' is not valid"
        );
    }
}

#[test]
fn an_instance_profile_is_associated_replaced_and_disassociated() {
    for client in Client::COMMAND_LINES {
        let world = dev(&[]);
        let list = "describe-iam-instance-profile-associations --filters \
                    Name=instance-id,Values=i-0123456789abcdef0";
        let Some(described) = ec2(&world, client, list) else { continue };
        let found = &described["IamInstanceProfileAssociations"][0];
        let id = found["AssociationId"].as_str().unwrap();
        let profile = &found["IamInstanceProfile"];
        let arn = "arn:aws:iam::123456789012:instance-profile/s3access";
        assert_eq!((&found["State"], &profile["Arn"]), (&"associated".into(), &arn.into()));
        let told = |state: &str| {
            json!({ "IamInstanceProfileAssociation": {
                "AssociationId": id,
                "InstanceId": INSTANCE,
                "IamInstanceProfile": profile,
                "State": state,
            }})
        };
        let disassociate = format!("disassociate-iam-instance-profile --association-id {id}");
        let associate = format!(
            "associate-iam-instance-profile --instance-id {INSTANCE} --iam-instance-profile \
             Name=s3access"
        );
        let replace = format!(
            "replace-iam-instance-profile-association --association-id {id} \
             --iam-instance-profile Arn={arn}"
        );
        assert_eq!(ec2(&world, client, &disassociate), Some(told("disassociating")), "{client:?}");
        assert_eq!(ec2(&world, client, &associate), Some(told("associating")), "{client:?}");
        assert_eq!(ec2(&world, client, &replace), Some(told("associating")), "{client:?}");
        assert_eq!(
            refusal(&world, client, &associate),
            "An error occurred (IncorrectState) when calling the AssociateIamInstanceProfile \
             operation: There is an existing association for instance i-0123456789abcdef0"
        );
    }
}
