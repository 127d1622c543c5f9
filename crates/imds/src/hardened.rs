/// What a request says beside what [`Request`](crate::Request) takes from it.
#[derive(Debug, Clone, Copy)]
pub struct Bearing<'a> {
    /// The `Host` header.
    pub host: Option<&'a str>,
    /// Whether the target is a whole URL, as a proxy is asked.
    pub is_absolute: bool,
    /// The names of all headers, in lower case.
    pub headers: &'a [&'a str],
}

/// Whether the hardened profile refuses a request that a proxy or a browser may have made.
///
/// AWS refuses none of these but `X-Forwarded-For` on token requests (contract/imds.md 1.9).
/// `hosts` are further names that the service may be called by.
pub fn hardened_refuses(bearing: &Bearing<'_>, hosts: &[String]) -> bool {
    bearing.is_absolute
        || !bearing.host.is_none_or(|host| is_own_name(host, hosts))
        || bearing.headers.iter().any(|name| betrays_another(name))
}

fn is_own_name(host: &str, hosts: &[String]) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    HOSTS.contains(&name) || hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Headers of proxies, and of browsers that a page told where to go.
fn betrays_another(name: &str) -> bool {
    matches!(name, "forwarded" | "origin" | "referer" | "via")
        || name.starts_with("sec-fetch-")
        || name.starts_with("x-forwarded-")
}

const HOSTS: [&str; 5] = ["169.254.169.254", "[fd00:ec2::254]", "127.0.0.1", "[::1]", "localhost"];

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(host: Option<&str>, headers: &[&str]) -> bool {
        let bearing = Bearing { host, is_absolute: false, headers };
        hardened_refuses(&bearing, &["imds.internal".to_owned()])
    }

    #[test]
    fn what_an_sdk_sends_passes() {
        for host in ["169.254.169.254", "169.254.169.254:80", "[fd00:ec2::254]", "localhost:1338"] {
            assert!(!refuses(Some(host), &["host", "user-agent", "x-aws-ec2-metadata-token"]));
        }
        assert!(!refuses(None, &["accept"]), "HTTP/1.0");
        assert!(!refuses(Some("IMDS.internal:1338"), &[]), "a name of one's own");
    }

    #[test]
    fn other_names_proxies_and_browsers_are_refused() {
        for host in ["evil.example", "127.0.0.1.evil.example", "", "169.254.169.254:x"] {
            assert!(refuses(Some(host), &[]), "{host}");
        }
        for name in [
            "via",
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "origin",
            "referer",
            "sec-fetch-site",
        ] {
            assert!(refuses(Some("localhost"), &[name]), "{name}");
        }
        let bearing = Bearing { host: Some("localhost"), is_absolute: true, headers: &[] };
        assert!(hardened_refuses(&bearing, &[]));
    }
}
