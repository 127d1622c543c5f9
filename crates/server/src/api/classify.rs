use http::Request;
use http::header::AUTHORIZATION;
use memchr::memchr3;
use rolecall_authority::Service;

/// Which service a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// STS, IAM or EC2.
    Query(Service),
    /// The S3 gateway.
    S3,
    /// A service that is not here.
    Unknown(String),
}

/// Finds the service by the credential scope; an unsigned request is told by its form.
///
/// The scope is only claimed yet: the service that it leads to checks it.
pub(super) fn classify<B>(request: &Request<B>) -> Destination {
    let query = request.uri().query().unwrap_or_default();
    let claimed = match (claimed_in_header(request), claimed_in_query(query)) {
        (Some(credential), _) => signed(credential),
        (None, Some(credential)) => signed(&credential.replace("%2f", "/").replace("%2F", "/")),
        (None, None) => None,
    };
    claimed.unwrap_or_else(|| unsigned(request, query))
}

fn claimed_in_header<B>(request: &Request<B>) -> Option<&str> {
    let mut rest = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    loop {
        let end = memchr3(b' ', b'\t', b',', rest.as_bytes());
        let (part, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
        if let Some(credential) = part.strip_prefix("Credential=") {
            return Some(credential);
        }
        rest = after.get(1..)?;
    }
}

fn claimed_in_query(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="))
}

/// By the fourth part of `AKID/date/region/service/aws4_request`.
fn signed(credential: &str) -> Option<Destination> {
    let mut parts = credential.as_bytes().split(|&byte| byte == b'/');
    let name = str::from_utf8(parts.nth(3)?).ok()?;
    if name.is_empty() || name.len() > SERVICE_BYTES_MAX {
        return None;
    }
    Some(match Service::by_scope_name(name) {
        Some(service) => Destination::Query(service),
        None if name == "s3" => Destination::S3,
        None => Destination::Unknown(name.to_owned()),
    })
}

/// Queries have an action or a form; all else is S3.
fn unsigned<B>(request: &Request<B>, query: &str) -> Destination {
    let param =
        |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let content_type = request.headers().get(http::header::CONTENT_TYPE);
    let is_form = content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let at_root = request.uri().path() == "/";
    if at_root && (param("Action").is_some() || is_form) {
        let version = param("Version").and_then(Service::by_version);
        return Destination::Query(version.unwrap_or(Service::Sts));
    }
    Destination::S3
}

/// Longest service name that is looked at.
const SERVICE_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(target: &str, authorization: Option<&str>, form: bool) -> Destination {
        let mut request = Request::builder().uri(target);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        if form {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        classify(&request.body(()).unwrap())
    }

    #[test]
    fn the_scope_names_the_service() {
        let header = |service: &str| {
            format!("AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/{service}/aws4_request, …")
        };
        let ascii = |service: &str| header(service).replace(", …", "");
        assert_eq!(classified("/", Some(&ascii("s3")), false), Destination::S3);
        let sts = Destination::Query(Service::Sts);
        assert_eq!(classified("/", Some(&ascii("sts")), true), sts);
        let presigned = "/?X-Amz-Credential=A%2F20150830%2Fus-east-1%2Fsts%2Faws4_request";
        assert_eq!(classified(presigned, None, false), sts);
        let unknown = Destination::Unknown("dynamodb".into());
        assert_eq!(classified("/", Some(&ascii("dynamodb")), false), unknown);
    }

    #[test]
    fn unsigned_requests_are_told_by_their_form() {
        let ec2 = Destination::Query(Service::Ec2);
        assert_eq!(classified("/?Action=DescribeRegions&Version=2016-11-15", None, false), ec2);
        assert_eq!(classified("/", None, true), Destination::Query(Service::Sts));
        assert_eq!(classified("/", None, false), Destination::S3);
        assert_eq!(classified("/bucket/key", None, true), Destination::S3);
    }
}
