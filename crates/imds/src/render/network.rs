use super::host::{local_hostname, public_hostname};
use crate::facts::{InstanceFacts, InterfaceFacts};
use crate::tree::Tree;
use crate::version::since;

/// The interfaces, and the public addresses that the instance is known by.
pub(super) fn network(tree: &mut Tree, facts: &InstanceFacts) {
    for interface in &facts.interfaces {
        local(tree, facts, interface);
        ipv6(tree, facts, interface);
        public(tree, facts, interface);
    }
    let Some(primary) = facts.interfaces.first() else { return };
    if let Some(address) = &primary.public_ipv4 {
        let host = public_hostname(facts, address);
        tree.leaf(since("2007-01-19"), "meta-data/public-hostname", host);
        tree.leaf(since("2007-01-19"), "meta-data/public-ipv4", address.clone());
    }
    if let Some(address) = primary.ipv6s.first() {
        tree.leaf(since("2021-01-03"), "meta-data/ipv6", address.clone());
    }
}

fn local(tree: &mut Tree, facts: &InstanceFacts, interface: &InterfaceFacts) {
    let host = local_hostname(facts);
    let account = facts.account.to_string();
    let device = interface.device_number.to_string();
    for (date, name, value) in [
        ("2011-01-01", "device-number", &device),
        ("2011-01-01", "interface-id", &interface.interface_id),
        ("2011-01-01", "local-hostname", &host),
        ("2011-01-01", "local-ipv4s", &interface.local_ipv4s.join("\n")),
        ("2011-01-01", "mac", &interface.mac),
        ("2011-01-01", "owner-id", &account),
        ("2011-01-01", "security-group-ids", &interface.security_group_ids.join("\n")),
        ("2011-01-01", "security-groups", &interface.security_groups.join("\n")),
        ("2011-01-01", "subnet-id", &interface.subnet_id),
        ("2011-01-01", "subnet-ipv4-cidr-block", &interface.subnet_ipv4_cidr),
        ("2011-01-01", "vpc-id", &facts.vpc_id),
        ("2011-01-01", "vpc-ipv4-cidr-block", &facts.vpc_cidr),
        ("2016-06-30", "vpc-ipv4-cidr-blocks", &facts.vpc_cidr),
    ] {
        tree.leaf(since(date), &path(interface, name), value.clone());
    }
}

fn ipv6(tree: &mut Tree, facts: &InstanceFacts, interface: &InterfaceFacts) {
    for (name, values) in [
        ("ipv6s", &interface.ipv6s),
        ("subnet-ipv6-cidr-blocks", &interface.subnet_ipv6_cidrs),
        ("vpc-ipv6-cidr-blocks", &facts.vpc_ipv6_cidrs),
    ] {
        if !interface.ipv6s.is_empty() && !values.is_empty() {
            tree.leaf(since("2016-06-30"), &path(interface, name), values.join("\n"));
        }
    }
}

fn public(tree: &mut Tree, facts: &InstanceFacts, interface: &InterfaceFacts) {
    let (Some(public), Some(local)) = (&interface.public_ipv4, interface.local_ipv4s.first())
    else {
        return;
    };
    for (name, value) in [
        (format!("ipv4-associations/{public}"), local.clone()),
        ("public-hostname".to_owned(), public_hostname(facts, public)),
        ("public-ipv4s".to_owned(), public.clone()),
    ] {
        tree.leaf(since("2011-01-01"), &path(interface, &name), value);
    }
}

fn path(interface: &InterfaceFacts, name: &str) -> String {
    format!("meta-data/network/interfaces/macs/{}/{name}", interface.mac)
}
