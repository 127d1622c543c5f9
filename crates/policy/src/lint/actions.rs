//! The actions of the services that are known, by name. The names are those of the API models and of
//! the service authorization reference.

use super::nearest::nearest;
use super::patterns::{LetterCase, Pattern};

/// What an S3 action works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Bucket,
    Object,
    /// An access point, a job or another thing.
    Other,
    /// All of the account.
    Service,
}

/// Whether a pattern such as `Get*` matches an action of a service; `None` for services whose
/// actions are not listed.
pub(super) fn is_known(vendor: &str, pattern: &str) -> Option<bool> {
    let mut names = names(vendor)?;
    let pattern = Pattern::of(pattern, LetterCase::Ignore);
    Some(names.any(|name| pattern.matches(name)))
}

/// What would have been right: the action that an operation of S3 needs, or the nearest name.
pub(super) fn suggestion(vendor: &str, name: &str) -> Option<String> {
    let shown = |name: &str| format!("{}:{name}", vendor.to_ascii_lowercase());
    let operation =
        pairs(S3_OPERATIONS).find(|(operation, _)| operation.eq_ignore_ascii_case(name));
    if let Some((_, action)) = operation.filter(|_| vendor.eq_ignore_ascii_case("s3")) {
        return Some(shown(action));
    }
    if name.contains(['*', '?']) {
        return None;
    }
    nearest(name, names(vendor)?, DISTANCE_MAX).map(shown)
}

/// What the S3 actions that a pattern matches work on.
pub(super) fn s3_levels(pattern: &str) -> Vec<Level> {
    let pattern = Pattern::of(pattern, LetterCase::Ignore);
    let matching = pairs(S3).filter(|(name, _)| pattern.matches(name));
    let level = |(_, level)| match level {
        "bucket" => Level::Bucket,
        "object" => Level::Object,
        "service" => Level::Service,
        _ => Level::Other,
    };
    matching.map(level).collect()
}

fn names(vendor: &str) -> Option<impl Iterator<Item = &'static str>> {
    let (_, names) = SERVICES.iter().find(|(name, _)| name.eq_ignore_ascii_case(vendor))?;
    Some(names.lines().map(|line| line.split_once(' ').map_or(line, |(name, _)| name)))
}

fn pairs(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter_map(|line| line.split_once(' '))
}

/// How many letters may differ in a slip.
const DISTANCE_MAX: usize = 3;

const SERVICES: &[(&str, &str)] = &[
    ("ec2", include_str!("data/ec2.txt")),
    ("iam", include_str!("data/iam.txt")),
    ("s3", S3),
    ("sts", include_str!("data/sts.txt")),
];

/// An action and what it works on.
const S3: &str = include_str!("data/s3.txt");

/// An operation that is no action, and the action it needs.
const S3_OPERATIONS: &str = include_str!("data/s3_operations.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_known_by_pattern() {
        assert_eq!(is_known("S3", "getobject"), Some(true));
        assert_eq!(is_known("s3", "Get*Acl"), Some(true));
        assert_eq!(is_known("s3", "ListObjects"), Some(false));
        assert_eq!(is_known("iam", "PassRole"), Some(true));
        assert_eq!(is_known("dynamodb", "GetItem"), None);
    }

    #[test]
    fn a_slip_has_what_would_be_right() {
        for (vendor, name, expected) in [
            ("s3", "ListObjectsV2", Some("s3:ListBucket")),
            ("s3", "GetObjekt", Some("s3:GetObject")),
            ("sts", "AssumeRoles", Some("sts:AssumeRole")),
            ("sts", "Frobnicate", None),
            ("s3", "Fet*", None),
        ] {
            assert_eq!(suggestion(vendor, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn lists_are_in_order_and_say_no_name_twice() {
        for (service, names) in SERVICES {
            let lines: Vec<_> = names.lines().collect();
            assert!(lines.is_sorted_by(|a, b| a < b), "{service}");
        }
        for (operation, action) in pairs(S3_OPERATIONS) {
            assert_eq!(is_known("s3", action), Some(true), "{operation}");
        }
    }
}
