use std::net::IpAddr;

use super::refusal::Refusal;
use crate::request::Presented;

/// The hosts an agent may be called by: what keeps a browser's page from reading it under a name
/// that was rebound to its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// Names or addresses, without port: a request may name any. None at all allows nobody.
    pub fn new(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(hosts.into_iter().map(Into::into).collect())
    }

    /// The link-local addresses of the agent. Source: contract/imds.md 1.1.
    pub fn link_local() -> Self {
        Self::new(["169.254.170.23", "fd00:ec2::23"])
    }

    /// Every host that a request names must be allowed: that of its header, and of its target.
    pub(super) fn check(&self, target: &str, header: Presented<'_>) -> Result<(), Refusal> {
        let header = match header {
            Presented::Absent => "".into(),
            Presented::Many => "several hosts".into(),
            Presented::Once(host) => String::from_utf8_lossy(host),
        };
        let named = [Some(&*header), authority(target)];
        match named.into_iter().flatten().find(|host| !self.allows(host)) {
            None => Ok(()),
            Some(host) => Err(Refusal::Host {
                allowed: format!("[{}]", self.0.join(" ")),
                host: host.chars().take(HOST_SHOWN_MAX).collect(),
            }),
        }
    }

    fn allows(&self, host: &str) -> bool {
        let Some(host) = without_port(host) else { return false };
        self.0.iter().any(|allowed| is_same(allowed, host))
    }
}

/// The host of a target in absolute form.
fn authority(target: &str) -> Option<&str> {
    if target.starts_with('/') {
        return None;
    }
    let (_scheme, rest) = target.split_once("://")?;
    rest.split(['/', '?']).next()
}

/// Without its port, and without the brackets of IPv6. `None` for what is not a host.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let digits = port.strip_prefix(':').unwrap_or("0");
    let is_port = (port.is_empty() || port.starts_with(':'))
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_port && !name.is_empty()).then_some(name)
}

fn is_same(allowed: &str, host: &str) -> bool {
    match (allowed.parse::<IpAddr>(), host.parse::<IpAddr>()) {
        (Ok(allowed), Ok(host)) => allowed == host,
        _ => allowed.eq_ignore_ascii_case(host),
    }
}

/// How much of a bad host the answer shows.
const HOST_SHOWN_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_the_list_are_allowed_with_any_port() {
        let hosts = AllowedHosts::new(["169.254.170.23", "fd00:ec2::23", "localhost"]);
        for (host, allowed) in [
            ("169.254.170.23", true),
            ("169.254.170.23:80", true),
            ("[fd00:ec2::23]", true),
            ("[fd00:ec2:0::23]:8080", true),
            ("LOCALHOST:1", true),
            ("fd00:ec2::23", false),
            ("127.0.0.1", false),
            ("evil.example", false),
            ("169.254.170.23.evil.example", false),
            ("169.254.170.23:80.evil.example", false),
            ("169.254.170.23:", false),
            ("[fd00:ec2::23", false),
            ("[fd00:ec2::23]x", false),
            ("user@169.254.170.23", false),
            ("", false),
        ] {
            assert_eq!(hosts.allows(host), allowed, "{host}");
        }
        assert!(!AllowedHosts::new([""; 0]).allows("localhost"));
        assert!(!AllowedHosts::new([""]).allows(""));
    }

    #[test]
    fn an_absolute_target_names_a_host_too() {
        let hosts = AllowedHosts::link_local();
        let check = |target, host: &'static str| {
            hosts.check(target, Presented::Once(host.as_bytes())).is_ok()
        };
        assert!(check("http://169.254.170.23/v1/credentials", "169.254.170.23"));
        assert!(!check("http://evil.example/v1/credentials", "169.254.170.23"));
        assert!(!check("http://169.254.170.23/v1/credentials", "evil.example"));
        assert!(check("/v1/credentials?x=http://evil.example/", "169.254.170.23"));
    }
}
