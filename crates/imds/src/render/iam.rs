use bytes::Bytes;
use rolecall_identity::Timestamp;
use serde_json::Value;

use crate::document::{credentials, failure, pretty, time};
use crate::facts::{IamFacts, InstanceFacts, KeySets, RoleFacts};
use crate::response::ContentType;
use crate::tree::{Leaf, Tree};
use crate::version::{Version, since};

/// The profile and its role, in the forms that they may be missing in, too.
pub(super) fn iam(tree: &mut Tree, facts: &InstanceFacts) {
    let iam = since("2012-01-12");
    let info = |fields: &[(&str, Value)]| pretty(fields);
    match &facts.iam {
        IamFacts::NoProfile => {}
        IamFacts::NoRole { profile_arn, profile_id, at } => {
            let mut fields = profile_fields(profile_arn, profile_id, time(*at)).to_vec();
            fields.push(("Message", Value::from(NO_ROLE)));
            tree.leaf(iam, "meta-data/iam/info", info(&fields));
        }
        IamFacts::ProfileGone { name, at } => {
            let message = format!("Instance Profile {name} cannot be found. {SEE}");
            let text = failure("InstanceProfileNotFound", &message, *at);
            tree.leaf(iam, "meta-data/iam/info", text);
        }
        IamFacts::Role { profile_arn, profile_id, role } => {
            let (name, at) = role_name(role);
            let fields = profile_fields(profile_arn, profile_id, time(at));
            tree.leaf(iam, "meta-data/iam/info", info(&fields));
            role_leaves(tree, iam, role, name, facts);
        }
    }
}

/// The instance's own credentials; they are there without a profile, too.
pub(super) fn identity(tree: &mut Tree, facts: &InstanceFacts) {
    let Some(sets) = &facts.identity else { return };
    let since = since("2018-03-28");
    let directory = "meta-data/identity-credentials/ec2";
    let info = pretty(&[
        ("Code", Value::from("Success")),
        ("LastUpdated", time(sets.last_updated)),
        ("AccountId", Value::from(facts.account.to_string())),
    ]);
    tree.leaf(since, &format!("{directory}/info"), info);
    let path = format!("{directory}/security-credentials/ec2-instance");
    tree.insert(since, &path, key_leaf(sets, None), true);
}

fn role_leaves(tree: &mut Tree, iam: Version, role: &RoleFacts, name: &str, facts: &InstanceFacts) {
    for (directory, listed, account) in [
        ("security-credentials", true, None),
        ("security-credentials-extended", false, Some(facts.account.to_string())),
    ] {
        let directory = format!("meta-data/iam/{directory}");
        let leaf = match role {
            RoleFacts::Ready(sets) => key_leaf(sets, account),
            RoleFacts::Unauthorized { role, at } => Leaf::plain(unauthorized(role, *at)),
            RoleFacts::Unavailable { message, at, .. } => {
                Leaf::plain(failure("Failed", message, *at))
            }
        };
        tree.insert(iam, &format!("{directory}/{name}"), leaf, false);
        tree.irregular(iam, &directory, name.to_owned(), listed);
    }
}

fn key_leaf(sets: &KeySets, account: Option<String>) -> Leaf {
    let text = |keys| Bytes::from(credentials(sets, keys, account.clone()));
    Leaf {
        content_type: ContentType::Text,
        text: text(&sets.v2),
        without_token: Some(text(&sets.v1)),
        ends: Some(sets.expiration),
    }
}

fn unauthorized(role: &str, at: Timestamp) -> String {
    let message = format!("EC2 cannot assume the role {role}.  {SEE}");
    failure("AssumeRoleUnauthorizedAccess", &message, at)
}

fn role_name(role: &RoleFacts) -> (&str, Timestamp) {
    match role {
        RoleFacts::Ready(sets) => (&sets.role_name, sets.last_updated),
        RoleFacts::Unauthorized { role, at } | RoleFacts::Unavailable { role, at, .. } => {
            (role, *at)
        }
    }
}

fn profile_fields<'a>(arn: &str, id: &str, at: Value) -> [(&'a str, Value); 4] {
    [
        ("Code", Value::from("Success")),
        ("LastUpdated", at),
        ("InstanceProfileArn", Value::from(arn)),
        ("InstanceProfileId", Value::from(id)),
    ]
}

const SEE: &str = "Please see documentation at \
                   http://docs.aws.amazon.com/AWSEC2/latest/UserGuide/\
                   iam-roles-for-amazon-ec2.html#troubleshoot-iam-role.";
const NO_ROLE: &str = "Instance Profile does not contain a role. Please see documentation at \
                       http://docs.aws.amazon.com/AWSEC2/latest/UserGuide/\
                       iam-roles-for-amazon-ec2.html#troubleshoot-iam-role.";
