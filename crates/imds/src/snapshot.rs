use std::fmt;
use std::sync::Arc;

use rolecall_identity::{InstanceId, Timestamp};
use serde_json::{Map, Value};

use crate::document::{self, credentials, failure, pretty, time};
use crate::facts::{IamFacts, InstanceFacts, KeySets, MetadataSettings, RoleFacts};
use crate::response::ContentType;
use crate::tree::{Leaf, Tree};
use crate::version::{self, Version, since};

/// Everything the service may answer for one instance, rendered.
///
/// Immutable: a change of facts makes a new snapshot, and readers of the old one finish with it.
pub struct Snapshot {
    pub(crate) instance_id: InstanceId,
    pub(crate) settings: MetadataSettings,
    pub(crate) rendered: Timestamp,
    pub(crate) tree: Tree,
}

impl Snapshot {
    /// Renders the tree.
    pub fn new(facts: &InstanceFacts, now: Timestamp) -> Self {
        let mut tree = Tree::default();
        roots(&mut tree, facts);
        instance(&mut tree, facts);
        network(&mut tree, facts);
        placement(&mut tree, facts);
        tags(&mut tree, facts);
        iam(&mut tree, facts);
        let document = document::identity(facts);
        tree.leaf(since("2009-04-04"), "dynamic/instance-identity/document", document);
        Self {
            instance_id: facts.instance_id.clone(),
            settings: facts.settings,
            rendered: now.whole_second(),
            tree,
        }
    }
}

/// A snapshot holds credentials: it does not print.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("instance_id", &self.instance_id)
            .field("rendered", &self.rendered)
            .finish_non_exhaustive()
    }
}

/// The two listings that stand above the tree, and the user data beside it.
fn roots(tree: &mut Tree, facts: &InstanceFacts) {
    tree.irregular(Version::FIRST, "", "dynamic\nmeta-data\nuser-data", false);
    if let Some(text) = &facts.user_data {
        let content_type = ContentType::OctetStream;
        let leaf = Leaf { content_type, ..Leaf::plain(text.as_str()) };
        tree.insert(Version::FIRST, "user-data", leaf, false);
    }
}

fn instance(tree: &mut Tree, facts: &InstanceFacts) {
    let host = local_hostname(facts);
    for (date, name, value) in [
        ("1.0", "ami-id", facts.ami_id.as_str()),
        ("1.0", "ami-launch-index", "0"),
        ("1.0", "ami-manifest-path", "(unknown)"),
        ("2007-12-15", "block-device-mapping/ami", "xvda"),
        ("2007-12-15", "block-device-mapping/root", "/dev/xvda"),
        ("2018-08-17", "events/maintenance/history", "[]"),
        ("2018-08-17", "events/maintenance/scheduled", "[]"),
        ("1.0", "hostname", &host),
        ("2008-09-01", "instance-action", "none"),
        ("1.0", "instance-id", facts.instance_id.as_str()),
        ("2019-10-01", "instance-life-cycle", "on-demand"),
        ("2007-08-29", "instance-type", &facts.instance_type),
        ("2007-01-19", "local-hostname", &host),
        ("1.0", "local-ipv4", &facts.private_ip),
        ("2011-01-01", "mac", &facts.mac),
        ("2011-05-01", "metrics/vhostmd", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        ("2007-12-15", "profile", "default-hvm"),
        ("1.0", "reservation-id", &facts.reservation_id),
        ("1.0", "security-groups", &facts.security_groups.join("\n")),
        ("2014-02-25", "services/domain", "amazonaws.com"),
        ("2015-10-20", "services/partition", "aws"),
        ("2022-09-24", "system", "nitro"),
    ] {
        tree.leaf(since(date), &format!("meta-data/{name}"), value);
    }
    if let Some(key) = &facts.key {
        let first = Version::FIRST;
        let line = format!("{}\n", key.public_key);
        tree.leaf(first, "meta-data/public-keys/0/openssh-key", line);
        tree.irregular(first, "meta-data/public-keys", &format!("0={}", key.name), true);
    }
}

fn network(tree: &mut Tree, facts: &InstanceFacts) {
    let host = local_hostname(facts);
    let account = facts.account.to_string();
    for (date, name, value) in [
        ("2011-01-01", "device-number", "0"),
        ("2011-01-01", "interface-id", facts.interface_id.as_str()),
        ("2011-01-01", "local-hostname", &host),
        ("2011-01-01", "local-ipv4s", &facts.private_ip),
        ("2011-01-01", "mac", &facts.mac),
        ("2011-01-01", "owner-id", &account),
        ("2011-01-01", "security-group-ids", &facts.security_group_ids.join("\n")),
        ("2011-01-01", "security-groups", &facts.security_groups.join("\n")),
        ("2011-01-01", "subnet-id", &facts.subnet_id),
        ("2011-01-01", "subnet-ipv4-cidr-block", &facts.subnet_cidr),
        ("2011-01-01", "vpc-id", &facts.vpc_id),
        ("2011-01-01", "vpc-ipv4-cidr-block", &facts.vpc_cidr),
        ("2016-06-30", "vpc-ipv4-cidr-blocks", &facts.vpc_cidr),
    ] {
        let path = format!("meta-data/network/interfaces/macs/{}/{name}", facts.mac);
        tree.leaf(since(date), &path, value);
    }
}

fn placement(tree: &mut Tree, facts: &InstanceFacts) {
    for (date, name, value) in [
        ("2008-02-01", "availability-zone", &facts.availability_zone),
        ("2019-10-01", "availability-zone-id", &facts.availability_zone_id),
        ("2019-10-01", "region", &facts.region),
    ] {
        tree.leaf(since(date), &format!("meta-data/placement/{name}"), value.as_str());
    }
}

fn tags(tree: &mut Tree, facts: &InstanceFacts) {
    if !facts.settings.tags_shown || facts.tags.is_empty() {
        return;
    }
    for (key, value) in &facts.tags {
        let path = format!("meta-data/tags/instance/{key}");
        tree.leaf(since("2021-03-23"), &path, value.as_str());
    }
    let all: Map<String, Value> =
        facts.tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let all = Value::from(all).to_string();
    tree.leaf(since("2025-10-04"), "meta-data/tag-sets/instance", all);
}

fn iam(tree: &mut Tree, facts: &InstanceFacts) {
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
        tree.irregular(iam, &directory, name, listed);
    }
}

fn key_leaf(sets: &KeySets, account: Option<String>) -> Leaf {
    let text = |keys| Arc::from(credentials(sets, keys, account.clone()));
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

/// `ip-10-0-0-10.ec2.internal`; other regions than the first have their name in it.
fn local_hostname(facts: &InstanceFacts) -> String {
    let address = facts.private_ip.replace(['.', ':'], "-");
    match facts.region.as_str() {
        "us-east-1" => format!("ip-{address}.ec2.internal"),
        region => format!("ip-{address}.{region}.compute.internal"),
    }
}

/// The answer of `GET /`.
pub(crate) fn versions() -> String {
    version::listing()
}

const SEE: &str = "Please see documentation at \
                   http://docs.aws.amazon.com/AWSEC2/latest/UserGuide/\
                   iam-roles-for-amazon-ec2.html#troubleshoot-iam-role.";
const NO_ROLE: &str = "Instance Profile does not contain a role. Please see documentation at \
                       http://docs.aws.amazon.com/AWSEC2/latest/UserGuide/\
                       iam-roles-for-amazon-ec2.html#troubleshoot-iam-role.";
