use rolecall_identity::{Timestamp, address_text};
use rolecall_policy::RequestContext;

use crate::call::Connection;
use crate::caller::Caller;

/// Sets the global condition keys of a request. A key that does not apply stays absent.
///
/// Source: IAM user guide, "AWS global condition context keys"; contract/policy.md section 5.
pub fn fill_context<'a>(
    context: &mut RequestContext<'a>,
    caller: &'a Caller,
    connection: &'a Connection,
    region: &'a str,
    now: Timestamp,
) {
    context.set("aws:CurrentTime", now.iso8601().to_string());
    context.set("aws:EpochTime", now.seconds().to_string());
    context.set("aws:RequestedRegion", region);
    fill_connection(context, connection);
    fill_principal(context, caller);
    fill_session(context, caller, now);
}

/// Where the request came from: through a VPC endpoint, or from an address.
fn fill_connection<'a>(context: &mut RequestContext<'a>, connection: &'a Connection) {
    context.set("aws:SecureTransport", bool_text(connection.secure));
    context.set("aws:ViaAWSService", "false");
    match &connection.network {
        Some(network) => {
            context.set("aws:SourceVpc", network.vpc_id.as_str());
            context.set("aws:SourceVpce", network.endpoint_id.as_str());
            context.set("aws:VpcSourceIp", address_text(connection.peer).to_string());
        }
        None => context.set("aws:SourceIp", address_text(connection.peer).to_string()),
    }
    if let Some(user_agent) = &connection.user_agent {
        context.set("aws:UserAgent", user_agent.as_str());
    }
    if let Some(referer) = &connection.referer {
        context.set("aws:Referer", referer.as_str());
    }
}

fn fill_principal<'a>(context: &mut RequestContext<'a>, caller: &'a Caller) {
    context.set("aws:PrincipalArn", caller.principal_arn());
    context.set("aws:PrincipalAccount", caller.account_text());
    context.set("aws:PrincipalType", caller.principal_type());
    context.set("aws:userid", caller.user_id());
    if let Some(name) = caller.user_name() {
        context.set("aws:username", name);
    }
    for (key, value) in caller.principal_tags() {
        context.set(format!("aws:PrincipalTag/{key}"), value);
    }
}

/// What only temporary credentials have.
fn fill_session<'a>(context: &mut RequestContext<'a>, caller: &'a Caller, now: Timestamp) {
    let Some(claims) = caller.claims() else { return };
    context.set("aws:TokenIssueTime", claims.issued_at.iso8601().to_string());
    context.set("aws:MultiFactorAuthPresent", bool_text(claims.mfa_at.is_some()));
    if let Some(at) = claims.mfa_at {
        context.set("aws:MultiFactorAuthAge", now.seconds_since(at).to_string());
    }
    if let Some(identity) = &claims.source_identity {
        context.set("aws:SourceIdentity", identity.as_str());
    }
    if let Some(instance) = &claims.instance {
        context.set("aws:Ec2InstanceSourceVpc", instance.vpc_id.as_str());
        context
            .set("aws:Ec2InstanceSourcePrivateIPv4", address_text(instance.private_ip).to_string());
        context.set("ec2:SourceInstanceARN", instance.instance_arn.as_str());
        context.set("ec2:RoleDelivery", instance.delivery.as_str());
    }
}

const fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
