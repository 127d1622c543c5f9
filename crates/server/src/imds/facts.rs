use std::collections::BTreeMap;

use rolecall_authority::{HttpTokens, Instance, Interface};
use rolecall_imds::{
    IamFacts, InstanceFacts, InterfaceFacts, KeySets, LoginKeyFacts, MetadataSettings, value_path,
};

/// An instance of the state as the metadata service tells of it.
pub(super) fn facts(
    instance: &Instance,
    iam: IamFacts,
    identity: Option<KeySets>,
) -> InstanceFacts {
    let options = &instance.metadata_options;
    let mut tags: Vec<(String, String)> =
        instance.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    tags.sort();
    InstanceFacts {
        instance_id: instance.id.clone(),
        account: instance.account,
        region: instance.region.clone(),
        availability_zone: instance.availability_zone.clone(),
        availability_zone_id: instance.availability_zone_id.clone(),
        ami_id: instance.image_id.clone(),
        instance_type: instance.instance_type.clone(),
        architecture: instance.architecture.clone(),
        reservation_id: instance.reservation_id.clone(),
        vpc_id: instance.vpc_id.clone(),
        vpc_cidr: instance.vpc_cidr.to_string(),
        vpc_ipv6_cidrs: texts(&instance.vpc_ipv6_cidrs),
        interfaces: interfaces(instance),
        key: instance.key.as_ref().map(|key| LoginKeyFacts {
            name: key.name.clone(),
            public_key: key.public_key.clone(),
        }),
        user_data: instance.user_data.as_ref().map(|data| data.as_bytes().to_vec()),
        tags,
        launched: instance.launched,
        settings: MetadataSettings {
            tokens_required: options.http_tokens == HttpTokens::Required,
            endpoint_enabled: options.http_endpoint,
            tags_shown: options.instance_metadata_tags,
        },
        iam,
        identity,
        values: values(&instance.metadata),
    }
}

fn interfaces(instance: &Instance) -> Vec<InterfaceFacts> {
    let primary = InterfaceFacts {
        interface_id: instance.interface_id.clone(),
        mac: instance.mac.clone(),
        device_number: 0,
        local_ipv4s: vec![instance.private_ip.to_string()],
        ipv6s: texts(&instance.ipv6s),
        public_ipv4: instance.public_ipv4.map(|address| address.to_string()),
        subnet_id: instance.subnet_id.clone(),
        subnet_ipv4_cidr: instance.subnet_cidr.to_string(),
        subnet_ipv6_cidrs: texts(&instance.subnet_ipv6_cidrs),
        security_groups: instance.security_groups.clone(),
        security_group_ids: instance.security_group_ids.clone(),
    };
    let further = instance.interfaces.iter().map(|interface| further(interface, &primary));
    let mut all: Vec<InterfaceFacts> = further.collect();
    all.insert(0, primary);
    all
}

/// What an interface does not say is as it is for the primary one.
fn further(interface: &Interface, primary: &InterfaceFacts) -> InterfaceFacts {
    InterfaceFacts {
        interface_id: interface.id.clone(),
        mac: interface.mac.clone(),
        device_number: interface.device_number,
        local_ipv4s: texts(&interface.private_ips),
        ipv6s: texts(&interface.ipv6s),
        public_ipv4: interface.public_ipv4.map(|address| address.to_string()),
        subnet_id: interface.subnet.clone().unwrap_or_else(|| primary.subnet_id.clone()),
        subnet_ipv4_cidr: interface
            .subnet_cidr
            .map_or_else(|| primary.subnet_ipv4_cidr.clone(), |cidr| cidr.to_string()),
        ..primary.clone()
    }
}

/// Paths were checked when they were set; one that is none any more shows nothing.
fn values(set: &BTreeMap<String, Option<String>>) -> BTreeMap<String, Option<String>> {
    let path = |(path, value): (&String, &Option<String>)| {
        Some((value_path(path, value.is_some()).ok()?, value.clone()))
    };
    set.iter().filter_map(path).collect()
}

fn texts(values: &[impl ToString]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
