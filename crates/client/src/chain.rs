use rolecall_identity::{Credentials, SecretAccessKey, SessionToken, Timestamp};
use serde::Deserialize;

use crate::environment::{Environment, variables};
use crate::error::ChainError;
use crate::http::{Answer, send};

/// Credentials, and where they were found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What to sign with.
    pub credentials: Credentials,
    /// Where from.
    pub source: Source,
}

/// Where credentials were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The container endpoint at this URL.
    Container(String),
    /// The metadata service at this URL, with this role.
    Metadata(String, String),
    /// Variables.
    Variables,
}

/// Looks in the places of the chain, in order; the first that is configured decides.
pub fn find(environment: &dyn Environment) -> Result<Found, ChainError> {
    if let Some(found) = in_variables(environment)? {
        return Ok(found);
    }
    if let Some(url) = container_url(environment) {
        return from_container(environment, url);
    }
    if environment.get(variables::METADATA_DISABLED).is_some_and(|v| v.eq_ignore_ascii_case("true"))
    {
        return Err(ChainError::Disabled);
    }
    let base = environment.get(variables::METADATA_ENDPOINT);
    from_metadata(base.as_deref().unwrap_or(METADATA).trim_end_matches('/'))
}

/// The metadata service's own address.
const METADATA: &str = "http://169.254.169.254";

fn in_variables(environment: &dyn Environment) -> Result<Option<Found>, ChainError> {
    let Some(id) = environment.get(variables::ACCESS_KEY_ID) else { return Ok(None) };
    let unusable = |variable, why: String| ChainError::Variable { variable, why };
    let access_key_id =
        id.parse().map_err(|error| unusable(variables::ACCESS_KEY_ID, format!("{error}")))?;
    let secret = environment.get(variables::SECRET_ACCESS_KEY).ok_or_else(|| {
        unusable(variables::SECRET_ACCESS_KEY, "it is not set beside the key id".to_owned())
    })?;
    let end = environment.get(variables::CREDENTIAL_EXPIRATION);
    let expiration = end
        .map(|end| Timestamp::parse_iso8601(&end))
        .transpose()
        .map_err(|error| unusable(variables::CREDENTIAL_EXPIRATION, error.to_string()))?;
    let credentials = Credentials {
        access_key_id,
        secret_access_key: SecretAccessKey::new(secret),
        session_token: environment.get(variables::SESSION_TOKEN).map(SessionToken::new),
        expiration,
    };
    Ok(Some(Found { credentials, source: Source::Variables }))
}

/// The relative form wins, as in the SDKs.
fn container_url(environment: &dyn Environment) -> Option<String> {
    let relative = environment.get(variables::CONTAINER_RELATIVE_URI);
    let relative = relative.map(|path| format!("http://169.254.170.2{path}"));
    relative.or_else(|| environment.get(variables::CONTAINER_FULL_URI))
}

fn from_container(environment: &dyn Environment, url: String) -> Result<Found, ChainError> {
    let token = match environment.get(variables::CONTAINER_TOKEN_FILE) {
        Some(path) => Some(std::fs::read_to_string(&path).map_err(|error| {
            let variable = variables::CONTAINER_TOKEN_FILE;
            ChainError::Variable { variable, why: format!("`{path}`: {error}") }
        })?),
        None => environment.get(variables::CONTAINER_TOKEN),
    };
    let token = token.as_deref().map(str::trim_end);
    let headers: Vec<(&str, &str)> =
        token.map(|token| ("authorization", token)).into_iter().collect();
    let answer = expect_ok(&url, send("GET", &url, &headers, b"")?)?;
    let credentials = Document::read(&url, &answer)?;
    Ok(Found { credentials, source: Source::Container(url) })
}

/// IMDSv2 alone: a client of today needs no other.
fn from_metadata(base: &str) -> Result<Found, ChainError> {
    let url = format!("{base}/latest/api/token");
    let ttl = [("x-aws-ec2-metadata-token-ttl-seconds", "21600")];
    let token = expect_ok(&url, send("PUT", &url, &ttl, b"")?)?;
    let headers = [("x-aws-ec2-metadata-token", token.as_str())];
    let list = format!("{base}/latest/meta-data/iam/security-credentials/");
    let role = expect_ok(&list, send("GET", &list, &headers, b"")?)?;
    let role = role.lines().next().unwrap_or_default().trim().to_owned();
    let url = format!("{list}{role}");
    let answer = expect_ok(&url, send("GET", &url, &headers, b"")?)?;
    let credentials = Document::read(&url, &answer)?;
    Ok(Found { credentials, source: Source::Metadata(base.to_owned(), role) })
}

fn expect_ok(from: &str, answer: Answer) -> Result<String, ChainError> {
    match answer.status {
        200 => Ok(answer.body),
        status => Err(ChainError::Status { from: from.to_owned(), status }),
    }
}

/// The document of the metadata service and of the container endpoint.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    code: Option<String>,
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    token: Option<String>,
    expiration: Option<String>,
}

impl Document {
    fn read(from: &str, text: &str) -> Result<Credentials, ChainError> {
        let wrong = |why: &str| ChainError::Answer { from: from.to_owned(), why: why.to_owned() };
        // serde's message could quote what stands where a secret should.
        let document: Self = serde_json::from_str(text).map_err(|_| wrong("it is not JSON"))?;
        if let Some(code) = document.code.filter(|code| !code.eq_ignore_ascii_case("Success")) {
            return Err(wrong(&format!("{code}: {}", document.message.unwrap_or_default())));
        }
        let missing = |field: &str| wrong(&format!("`{field}` is missing"));
        let id = document.access_key_id.ok_or_else(|| missing("AccessKeyId"))?;
        let secret = document.secret_access_key.ok_or_else(|| missing("SecretAccessKey"))?;
        let end = document.expiration.ok_or_else(|| missing("Expiration"))?;
        Ok(Credentials {
            access_key_id: id.parse().map_err(|_| wrong("`AccessKeyId` is not a key id"))?,
            secret_access_key: SecretAccessKey::new(secret),
            session_token: document.token.map(SessionToken::new),
            expiration: Some(
                Timestamp::parse_iso8601(&end).map_err(|_| wrong("`Expiration` is not a time"))?,
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Variables(BTreeMap<&'static str, &'static str>);

    impl Environment for Variables {
        fn get(&self, name: &str) -> Option<String> {
            self.0.get(name).map(ToString::to_string)
        }
    }

    #[test]
    fn variables_come_first_and_must_be_whole() {
        let id = (variables::ACCESS_KEY_ID, "AKIAIOSFODNN7EXAMPLE");
        let secret = (variables::SECRET_ACCESS_KEY, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let found = find(&Variables([id, secret].into())).unwrap();
        assert_eq!(found.source, Source::Variables);
        assert!(matches!(find(&Variables([id].into())), Err(ChainError::Variable { .. })));
    }

    #[test]
    fn a_document_without_credentials_says_why() {
        for (text, why) in [
            ("{\"Code\":\"Failed\",\"Message\":\"m\"}", "Failed: m"),
            ("{\"Code\":\"Success\"}", "`AccessKeyId` is missing"),
            ("<html>", "it is not JSON"),
        ] {
            let error = Document::read("here", text).unwrap_err();
            assert!(error.to_string().ends_with(why), "{error}");
        }
    }
}
