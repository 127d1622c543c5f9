use crate::version::{self, Version};

/// Where a value may be set: any leaf below `meta-data/` or `dynamic/fws/` that is no document of
/// the service's own making.
///
/// Nothing (`is_text` is false) may stand in the place of whole directories, too, and of the
/// credentials with an account, which not every version of EC2 has.
///
/// ```
/// use rolecall_imds::value_path;
///
/// assert_eq!(value_path("public-ipv4", true).as_deref(), Ok("meta-data/public-ipv4"));
/// assert!(value_path("iam/security-credentials/role", true).is_err());
/// assert!(value_path("iam/security-credentials-extended", false).is_ok());
/// ```
pub fn value_path(path: &str, is_text: bool) -> Result<String, ValuePathError> {
    let is_name = |part: &str| {
        !matches!(part, "" | "." | "..") && part.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if path.len() > PATH_BYTES_MAX || !path.split('/').all(is_name) {
        return Err(ValuePathError::Malformed(path.to_owned()));
    }
    if path.starts_with("dynamic/fws/") {
        return Ok(path.to_owned());
    }
    let name = path.strip_prefix("meta-data/").unwrap_or(path);
    let first = name.split('/').next().unwrap_or_default();
    let may_be_absent = !is_text && name == EXTENDED;
    if OWN.contains(&first) && !may_be_absent {
        return Err(ValuePathError::Own(path.to_owned()));
    }
    Ok(format!("meta-data/{name}"))
}

/// A value cannot be set there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuePathError {
    /// Empty parts, dots, spaces or control characters, or too long.
    #[error("`{0}` is not a metadata path: names joined by `/`, below `meta-data/`")]
    Malformed(String),
    /// The service makes it itself.
    #[error("`{0}` is made by the service: set the profile, the role or the tags instead")]
    Own(String),
}

/// Longest path of a value.
pub const PATH_BYTES_MAX: usize = 512;
/// What follows from the profile, the role, the tags and the keys.
const OWN: [&str; 6] =
    ["dynamic", "iam", "identity-credentials", "public-keys", "tag-sets", "tags"];

/// Source: contract/imds.md rows 81 and 82.
const EXTENDED: &str = "iam/security-credentials-extended";

/// The version that a value appeared in which not every instance has.
///
/// AWS names no dates for some of them; those have the first version after the feature [?].
pub(crate) fn since(path: &str) -> Version {
    let name = path.strip_prefix("meta-data/").unwrap_or(path);
    let known = CONDITIONAL.iter().find(|(known, _)| {
        name == *known || known.strip_suffix('*').is_some_and(|start| name.starts_with(start))
    });
    version::since(known.map_or("2009-04-04", |(_, date)| date))
}

const CONDITIONAL: [(&str, &str); 16] = [
    ("ancestor-ami-ids", "2007-10-10"),
    ("autoscaling/*", "2021-07-15"),
    ("block-device-mapping/*", "2007-12-15"),
    ("dynamic/fws/*", "2009-04-04"),
    ("events/recommendations/*", "2020-10-27"),
    ("events/*", "2018-08-17"),
    ("ipv6", "2021-01-03"),
    ("kernel-id", "2008-02-01"),
    ("network/*", "2011-01-01"),
    ("placement/*", "2020-10-27"),
    ("product-codes", "2007-03-01"),
    ("public-hostname", "2007-01-19"),
    ("public-ipv4", "2007-01-19"),
    ("ramdisk-id", "2008-02-01"),
    ("spot/termination-time", "2014-11-05"),
    ("spot/*", "2018-03-28"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_below_the_metadata() {
        for (path, set) in [
            ("spot/instance-action", "meta-data/spot/instance-action"),
            ("meta-data/ipv6", "meta-data/ipv6"),
            ("dynamic/fws/instance-monitoring", "dynamic/fws/instance-monitoring"),
        ] {
            assert_eq!(value_path(path, true).as_deref(), Ok(set));
        }
        for bad in ["", "/", "a//b", "a/", "../user-data", "a b", &"a".repeat(PATH_BYTES_MAX + 1)] {
            assert!(matches!(value_path(bad, true), Err(ValuePathError::Malformed(_))), "{bad}");
        }
        for own in [
            "iam/info",
            "meta-data/iam/security-credentials/role",
            "tags/instance/a",
            "dynamic/instance-identity/document",
            "iam/security-credentials-extended/role",
        ] {
            for is_text in [true, false] {
                let refused = value_path(own, is_text);
                assert!(matches!(refused, Err(ValuePathError::Own(_))), "{own}");
            }
        }
        let extended = "meta-data/iam/security-credentials-extended";
        assert_eq!(value_path(extended, false).as_deref(), Ok(extended));
        assert!(matches!(value_path(extended, true), Err(ValuePathError::Own(_))));
    }
}
