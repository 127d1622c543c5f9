//! How resources must be written. Source: contract/policy.md section 7, steps 3 and 6.

use crate::document::{Document, RawStatement};
use crate::error::{PolicyError, Refusal, Step};

/// Checks every resource: `Err` is a failure of step 3, `Ok(Some)` one that waits for step 6.
pub(crate) fn check(document: &Document) -> Result<Option<PolicyError>, PolicyError> {
    let mut later = None;
    for negated in [false, true] {
        for statement in &document.statements {
            let values = resources(statement, negated);
            later = later.or_else(|| values.iter().find_map(|value| refuse(statement, value)));
            // The shape is not looked at once a format was wrong.
            let Some(bad) = values.iter().find(|value| !is_arn_shaped(value)) else { continue };
            if later.is_none() {
                let what = "a resource has an empty service or too few colons";
                return Err(wrong(statement, Refusal::Legacy, what, bad));
            }
        }
    }
    Ok(later)
}

fn resources(statement: &RawStatement, negated: bool) -> &[String] {
    match &statement.resource {
        Some(listed) if listed.negated == negated => &listed.values,
        _ => &[],
    }
}

fn refuse(statement: &RawStatement, value: &str) -> Option<PolicyError> {
    let refusal = format(value)?;
    Some(wrong(statement, refusal, &format!("resource `{}`", value.escape_debug()), value))
}

fn wrong(statement: &RawStatement, refusal: Refusal, what: &str, value: &str) -> PolicyError {
    let negated = statement.resource.as_ref().is_some_and(|listed| listed.negated);
    let element = if negated { "NotResource" } else { "Resource" };
    let error = statement.place.error(refusal, what);
    error.at(Step::Member(element.to_owned())).at(Step::Text(value.to_owned()))
}

/// The shape step 3 looks at, of values whose format is right.
fn is_arn_shaped(value: &str) -> bool {
    let service = value.split(':').nth(2);
    let complete = !value.contains("::") || value.matches(':').count() >= 5;
    value == "*" || (complete && service.is_some_and(|service| !service.is_empty()))
}

/// What step 6 has against a value.
fn format(value: &str) -> Option<Refusal> {
    if value == "*" {
        return None;
    }
    let Some((_, after_arn)) = value.split_once(':') else {
        return Some(Refusal::ResourceFormat(value.to_owned()));
    };
    let (partition, after_partition) = after_arn.split_once(':').unzip();
    let partition = partition.unwrap_or(after_arn);
    if !PARTITIONS.contains(&partition) {
        let shown = padded(partition, after_partition.unwrap_or_default());
        return Some(Refusal::ResourcePartition { partition: partition.to_owned(), shown });
    }
    let Some(after_partition) = after_partition else { return Some(Refusal::ResourceVendor) };
    let (service, after_service) = after_partition.split_once(':').unwrap_or((after_partition, ""));
    if service.contains(['*', '?']) {
        return Some(Refusal::ResourceVendor);
    }
    of_service(service, after_service, value)
}

/// The rules of single services; `rest` is `REGION:ACCOUNT:RESOURCE`.
fn of_service(service: &str, rest: &str, value: &str) -> Option<Refusal> {
    let mut parts = rest.splitn(3, ':');
    let resource = parts.nth(2).unwrap_or_default();
    let has_region = !rest.starts_with(':');
    match service {
        "iam" if has_region => Some(Refusal::ResourceIamRegion(value.to_owned())),
        "iam" if !is_iam_path(resource) => Some(Refusal::ResourceIamPath),
        "s3" if has_region && !resource.starts_with("accesspoint/") => {
            Some(Refusal::ResourceRegion(value.to_owned()))
        }
        _ => None,
    }
}

fn is_iam_path(resource: &str) -> bool {
    resource == "*" || IAM_PATHS.iter().any(|path| resource.starts_with(path))
}

/// `arn:PARTITION:` and four more parts, `*` for each that is missing.
fn padded(partition: &str, rest: &str) -> String {
    let mut shown = format!("arn:{partition}");
    let mut parts = rest.splitn(4, ':');
    let lone_empty = rest.is_empty();
    for _ in 0..4 {
        shown.push(':');
        shown.push_str(parts.next().filter(|_| !lone_empty).unwrap_or("*"));
    }
    shown
}

const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "*"];

const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];
