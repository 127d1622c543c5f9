use serde_json::{Map, Value};

use super::host::local_hostname;
use crate::facts::InstanceFacts;
use crate::tree::Tree;
use crate::version::{Version, since};

/// What the instance is.
pub(super) fn instance(tree: &mut Tree, facts: &InstanceFacts) {
    let host = local_hostname(facts);
    let primary = facts.interfaces.first();
    let mac = primary.map(|interface| interface.mac.as_str()).unwrap_or_default();
    let groups = primary.map(|interface| interface.security_groups.join("\n")).unwrap_or_default();
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
        ("1.0", "local-ipv4", facts.private_ip()),
        ("2011-01-01", "mac", mac),
        ("2011-05-01", "metrics/vhostmd", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
        ("2007-12-15", "profile", "default-hvm"),
        ("1.0", "reservation-id", &facts.reservation_id),
        ("1.0", "security-groups", &groups),
        ("2014-02-25", "services/domain", "amazonaws.com"),
        ("2015-10-20", "services/partition", "aws"),
        ("2022-09-24", "system", "nitro"),
    ] {
        tree.leaf(since(date), &format!("meta-data/{name}"), value.to_owned());
    }
    if let Some(key) = &facts.key {
        let first = Version::FIRST;
        let line = format!("{}\n", key.public_key);
        tree.leaf(first, "meta-data/public-keys/0/openssh-key", line);
        tree.irregular(first, "meta-data/public-keys", format!("0={}", key.name), true);
    }
}

/// Where it runs.
pub(super) fn placement(tree: &mut Tree, facts: &InstanceFacts) {
    for (date, name, value) in [
        ("2008-02-01", "availability-zone", &facts.availability_zone),
        ("2019-10-01", "availability-zone-id", &facts.availability_zone_id),
        ("2019-10-01", "region", &facts.region),
    ] {
        tree.leaf(since(date), &format!("meta-data/placement/{name}"), value.clone());
    }
}

/// Its tags, if they are shown.
pub(super) fn tags(tree: &mut Tree, facts: &InstanceFacts) {
    if !facts.settings.tags_shown || facts.tags.is_empty() {
        return;
    }
    for (key, value) in &facts.tags {
        let path = format!("meta-data/tags/instance/{key}");
        tree.leaf(since("2021-03-23"), &path, value.clone());
    }
    let all: Map<String, Value> =
        facts.tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let all = Value::from(all).to_string();
    tree.leaf(since("2025-10-04"), "meta-data/tag-sets/instance", all);
}
