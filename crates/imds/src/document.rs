//! The JSON documents, in the exact form of AWS. Source: contract/imds.md section 1.7.

use std::fmt::Write as _;

use rolecall_identity::{Credentials, Timestamp};
use serde_json::Value;

use crate::facts::{InstanceFacts, KeySets};

/// `"key" : value` lines in order, two spaces in, without a last newline.
pub(crate) fn pretty(fields: &[(&str, Value)]) -> String {
    let mut text = String::from("{");
    for (index, (key, value)) in fields.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}\n  \"{key}\" : {value}");
    }
    text.push_str("\n}");
    text
}

pub(crate) fn credentials(sets: &KeySets, keys: &Credentials, account: Option<String>) -> String {
    let mut fields = vec![
        ("Code", Value::from("Success")),
        ("LastUpdated", time(sets.last_updated)),
        ("Type", Value::from("AWS-HMAC")),
        ("AccessKeyId", Value::from(keys.access_key_id.as_str())),
        ("SecretAccessKey", Value::from(keys.secret_access_key.expose())),
        ("Token", Value::from(keys.session_token.as_ref().map_or("", |token| token.expose()))),
        ("Expiration", time(sets.expiration)),
    ];
    fields.extend(account.map(|account| ("AccountId", Value::from(account))));
    pretty(&fields)
}

pub(crate) fn failure(code: &str, message: &str, at: Timestamp) -> String {
    pretty(&[
        ("Code", Value::from(code)),
        ("Message", Value::from(message)),
        ("LastUpdated", time(at)),
    ])
}

pub(crate) fn identity(facts: &InstanceFacts) -> String {
    pretty(&[
        ("accountId", Value::from(facts.account.to_string())),
        ("architecture", Value::from(facts.architecture.as_str())),
        ("availabilityZone", Value::from(facts.availability_zone.as_str())),
        ("billingProducts", Value::Null),
        ("devpayProductCodes", Value::Null),
        ("marketplaceProductCodes", Value::Null),
        ("imageId", Value::from(facts.ami_id.as_str())),
        ("instanceId", Value::from(facts.instance_id.as_str())),
        ("instanceType", Value::from(facts.instance_type.as_str())),
        ("kernelId", Value::Null),
        ("pendingTime", time(facts.launched)),
        ("privateIp", Value::from(facts.private_ip())),
        ("ramdiskId", Value::Null),
        ("region", Value::from(facts.region.as_str())),
        ("version", Value::from("2017-09-30")),
    ])
}

pub(crate) fn time(at: Timestamp) -> Value {
    Value::from(at.iso8601().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_the_spacing_of_aws() {
        let text = failure("Failed", "a \"b\"", Timestamp::from_seconds(0));
        let expected = "{\n  \"Code\" : \"Failed\",\n  \"Message\" : \"a \\\"b\\\"\",\n  \
                        \"LastUpdated\" : \"1970-01-01T00:00:00Z\"\n}";
        assert_eq!(text, expected);
    }
}
