//! Instance profiles of running instances. Source: EC2 API reference; contract/authority.md section 7.

use rolecall_testkit::{Reply, TestWorld};

use crate::ec2::{INSTANCE, bob, call, done, inner, refused, seed};

const ASSOCIATE: &str = "AssociateIamInstanceProfile&InstanceId=i-0123456789abcdef0";
const ASSOCIATION: &str = "iip-assoc-0123456789abcdef0";
const LIST: &str = "meta-data/iam/security-credentials/";

const WEAK_ALONE: &str = r#"{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"ec2:*","Resource":"*"},
  {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/*",
   "Condition":{
     "StringEquals":{"iam:PassedToService":"ec2.amazonaws.com","iam:ResourceTag/level":"low"},
     "ArnLike":{"iam:AssociatedResourceArn":"arn:aws:ec2:us-east-1:123456789012:instance/i-0123*"}}
  }]}"#;

#[test]
fn an_association_begins_changes_and_ends() {
    let world = TestWorld::with_seed(&seed(WEAK_ALONE));
    assert_eq!(world.metadata(LIST).status, 404);
    let reply = done(&world, &format!("{ASSOCIATE}&IamInstanceProfile.Name=weak"));
    let id = reply.element("id").unwrap();
    assert!(id.starts_with("AIPA"));
    let told = |arn: &str, id: &str, state: &str| {
        format!(
            "<associationId>{ASSOCIATION}</associationId><instanceId>{INSTANCE}</instanceId>\
             <iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/{arn}</arn>\
             <id>{id}</id></iamInstanceProfile><state>{state}</state>"
        )
    };
    let one = |told: String| {
        format!("<iamInstanceProfileAssociation>{told}</iamInstanceProfileAssociation>")
    };
    assert_eq!(inner(&reply), one(told("weak", &id, "associating")));
    assert_eq!(world.metadata(LIST).text(), "weak");
    refused(
        &world,
        &format!("{ASSOCIATE}&IamInstanceProfile.Name=strong"),
        "IncorrectState",
        "There is an existing association for instance i-0123456789abcdef0",
    );
    let described = done(&world, &format!("{DESCRIBE}&AssociationId.1={ASSOCIATION}"));
    assert!(inner(&described).contains(&told("weak", &id, "associated")), "{}", described.text());

    let strong = "arn:aws:iam::123456789012:instance-profile/team/strong";
    let replace = format!("{REPLACE}&IamInstanceProfile.Arn={strong}");
    let reply = done(&world, &replace);
    let id = reply.element("id").unwrap();
    assert_eq!(inner(&reply), one(told("team/strong", &id, "associating")));
    assert_eq!(world.metadata(LIST).text(), "strong");

    let reply = done(&world, DISASSOCIATE);
    assert_eq!(inner(&reply), one(told("team/strong", &id, "disassociating")));
    assert_eq!(world.metadata(LIST).status, 404);
    let message = format!("An invalid association-id of '{ASSOCIATION}' was given");
    for form in [DISASSOCIATE, &replace, &format!("{DESCRIBE}&AssociationId.1={ASSOCIATION}")] {
        refused(&world, form, "InvalidAssociationID.NotFound", &message);
    }
}

const DESCRIBE: &str = "DescribeIamInstanceProfileAssociations";
const DISASSOCIATE: &str =
    "DisassociateIamInstanceProfile&AssociationId=iip-assoc-0123456789abcdef0";
const REPLACE: &str =
    "ReplaceIamInstanceProfileAssociation&AssociationId=iip-assoc-0123456789abcdef0";

#[test]
fn associations_are_found_by_their_instance_and_state() {
    let world = TestWorld::with_seed(&seed(WEAK_ALONE));
    done(&world, &format!("{ASSOCIATE}&IamInstanceProfile.Name=weak"));
    let found = |more: &str| {
        let reply = done(&world, &format!("{DESCRIBE}{more}"));
        reply.text().matches("<associationId>").count()
    };
    let filter =
        |name: &str, value: &str| found(&format!("&Filter.1.Name={name}&Filter.1.Value.1={value}"));
    assert_eq!(found("&MaxResults=5"), 2);
    assert_eq!(filter("instance-id", INSTANCE), 1);
    assert_eq!(filter("instance-id", "i-0aaaaaaaaaaaaaaaa"), 0);
    assert_eq!(filter("state", "associated"), 2);
    assert_eq!(filter("state", "associating"), 0);
    refused(
        &world,
        &format!("{DESCRIBE}&Filter.1.Name=arn&Filter.1.Value.1=x"),
        "InvalidParameterValue",
        "The filter 'arn' is invalid",
    );
}

#[test]
fn a_profile_is_named_once_and_exists() {
    let world = TestWorld::with_seed(&seed(WEAK_ALONE));
    let name = |name: &str| {
        format!(
            "Value ({name}) for parameter iamInstanceProfile.name is invalid. \
             Invalid IAM Instance Profile name"
        )
    };
    let arn = |arn: &str| {
        format!(
            "Value ({arn}) for parameter iamInstanceProfile.arn is invalid. \
             Invalid IAM Instance Profile ARN"
        )
    };
    let form = format!("{ASSOCIATE}&IamInstanceProfile");
    refused(&world, &format!("{form}.Name=none"), "InvalidParameterValue", &name("none"));
    for wrong in [
        "arn:aws:iam::123456789012:instance-profile/strong",
        "arn:aws:iam::210987654321:instance-profile/weak",
        "arn:aws:iam::123456789012:role/weak",
        "weak",
    ] {
        refused(&world, &format!("{form}.Arn={wrong}"), "InvalidParameterValue", &arn(wrong));
    }
    refused(
        &world,
        &format!("{form}.Name=weak&IamInstanceProfile.Arn=x"),
        "InvalidParameterCombination",
        "The parameter 'iamInstanceProfile.name' may not be used in combination with \
         'iamInstanceProfile.arn'",
    );
    let message = "The request must contain the parameter iamInstanceProfile.name";
    refused(&world, ASSOCIATE, "MissingParameter", message);
    let message = "The request must contain the parameter associationId";
    refused(&world, "DisassociateIamInstanceProfile", "MissingParameter", message);
    // The digits alone are no association.
    let message = "An invalid association-id of '0fedcba9876543210' was given";
    let form = "DisassociateIamInstanceProfile&AssociationId=0fedcba9876543210";
    refused(&world, form, "InvalidAssociationID.NotFound", message);
}

/// contract/imds.md rows 84 and 86.
#[test]
fn a_profile_may_be_empty_or_deleted_since() {
    let world = TestWorld::with_seed(&seed(WEAK_ALONE));
    done(&world, &format!("{ASSOCIATE}&IamInstanceProfile.Name=empty"));
    assert_eq!(world.metadata(LIST).status, 404);
    let delete = "Action=DeleteInstanceProfile&Version=2010-05-08&InstanceProfileName=empty";
    assert_eq!(world.query(&world.administrator(), "iam", delete).status, 200);
    let described = done(&world, &format!("{DESCRIBE}&AssociationId.1={ASSOCIATION}"));
    assert_eq!(described.element("iamInstanceProfile"), None);
    assert_eq!(described.element("state").as_deref(), Some("associated"));
    done(&world, DISASSOCIATE);
}

#[test]
fn who_gives_a_profile_must_be_allowed_to_pass_its_role() {
    let world = TestWorld::with_seed(&seed(WEAK_ALONE));
    let bobs = |form: &str| call(&world, &bob(), form);
    let denied = |reply: Reply, role: &str| {
        let (code, message) = reply.error();
        assert_eq!((reply.status, &*code), (403, "UnauthorizedOperation"), "{}", reply.text());
        let wanted =
            format!("iam:PassRole on resource: arn:aws:iam::123456789012:role/{role} because");
        assert!(message.contains(&wanted), "{message}");
    };
    denied(bobs(&format!("{ASSOCIATE}&IamInstanceProfile.Name=STRONG")), "strong");
    let other = REPLACE.replace("0123456789abcdef0", "0fedcba9876543210");
    // To another instance than the policy speaks of.
    denied(bobs(&format!("{other}&IamInstanceProfile.Name=weak")), "weak");
    assert_eq!(bobs(&format!("{ASSOCIATE}&IamInstanceProfile.Name=weak")).status, 200);
    denied(bobs(&format!("{REPLACE}&IamInstanceProfile.Name=strong")), "strong");
    assert_eq!(bobs(&format!("{REPLACE}&IamInstanceProfile.Name=weak")).status, 200);
    assert_eq!(bobs(DISASSOCIATE).status, 200);
}

#[test]
fn a_policy_sees_which_profile_is_given_to_which_instance() {
    let world = TestWorld::with_seed(&seed(
        r#"{"Version":"2012-10-17","Statement":[
          {"Effect":"Allow","Action":["iam:PassRole"],"Resource":"*"},
          {"Effect":"Allow","Action":"ec2:*IamInstanceProfile*",
           "Resource":"arn:aws:ec2:us-east-1:123456789012:instance/*",
           "Condition":{"StringEquals":{"aws:ResourceTag/team":"red"},
             "ArnLikeIfExists":{"ec2:NewInstanceProfile":"arn:aws:iam::*:instance-profile/weak",
               "ec2:InstanceProfile":"arn:aws:iam::*:instance-profile/weak"}}}]}"#,
    ));
    let status = |form: &str| call(&world, &bob(), form).status;
    assert_eq!(status(&format!("{ASSOCIATE}&IamInstanceProfile.Name=strong")), 403);
    assert_eq!(status(&format!("{ASSOCIATE}&IamInstanceProfile.Name=weak")), 200);
    done(&world, &format!("{REPLACE}&IamInstanceProfile.Name=strong"));
    assert_eq!(status(DISASSOCIATE), 403, "it has another profile now");
    let blue = DISASSOCIATE.replace("0123456789abcdef0", "0fedcba9876543210");
    assert_eq!(status(&blue), 403, "of another team");
    assert_eq!(status("DisassociateIamInstanceProfile&AssociationId=x"), 403, "not there");
}
