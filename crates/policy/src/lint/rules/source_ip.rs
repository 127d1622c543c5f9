//! A request comes from an address or through an endpoint, never both.

use super::Scope;
use crate::lint::view::Condition;
use crate::lint::{Code, Finding};

pub(super) fn findings(scope: &Scope<'_, '_>) -> Vec<Finding> {
    let needed = |keys: &[&str]| -> Option<&Condition<'_>> {
        let is_one = |condition: &&Condition<'_>| {
            keys.iter().any(|key| key.eq_ignore_ascii_case(condition.key.text))
        };
        scope.statement.conditions.iter().filter(is_one).find(|condition| condition.needs_key())
    };
    let both = needed(&["aws:SourceIp"]).zip(needed(&ENDPOINT));
    let finding = both.map(|(address, endpoint)| {
        let message = format!("no request has both `aws:SourceIp` and `{}`", endpoint.key.text);
        Finding::new(Code::SourceIpWithEndpoint, address.key.span, message).hint(
            "through an endpoint the address is `aws:VpcSourceIp`; for either way, write two \
             statements",
        )
    });
    Vec::from_iter(finding)
}

/// Keys of requests through a VPC endpoint.
const ENDPOINT: [&str; 4] =
    ["aws:SourceVpc", "aws:SourceVpcArn", "aws:SourceVpce", "aws:VpcSourceIp"];
