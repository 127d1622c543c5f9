use crate::facts::InstanceFacts;

/// `ip-10-0-0-10.ec2.internal`; other regions than the first have their name in it.
pub(super) fn local_hostname(facts: &InstanceFacts) -> String {
    let address = dashed(facts.private_ip());
    match facts.region.as_str() {
        "us-east-1" => format!("ip-{address}.ec2.internal"),
        region => format!("ip-{address}.{region}.compute.internal"),
    }
}

/// `ec2-203-0-113-7.compute-1.amazonaws.com`
pub(super) fn public_hostname(facts: &InstanceFacts, address: &str) -> String {
    let address = dashed(address);
    match facts.region.as_str() {
        "us-east-1" => format!("ec2-{address}.compute-1.amazonaws.com"),
        region => format!("ec2-{address}.{region}.compute.amazonaws.com"),
    }
}

fn dashed(address: &str) -> String {
    address.replace(['.', ':'], "-")
}
