use std::sync::LazyLock;

use rolecall_identity::{AccessKeyId, Credentials, SecretAccessKey};
use rolecall_sigv4::{
    DecodeBuffer, Dialect, Header, PayloadHash, PresentedAuth, Rejection, Request, Rules, Scratch,
    SigningKey, Verified, verify,
};

use crate::{NOW, TextRequest};

pub const REGION: &str = "us-east-1";

/// Stands for every session token in a header: it must not come back in an answer.
const TOKEN: &str = "a-session-token-that-no-answer-may-hold";

/// What a signer holds. No corpus has a signature of it.
pub static SIGNER: LazyLock<Credentials> = LazyLock::new(|| Credentials {
    access_key_id: "AKIAIOSFODNN7EXAMPLE".parse::<AccessKeyId>().unwrap(),
    secret_access_key: SecretAccessKey::new("a-secret-that-no-corpus-has-signed-with"),
    session_token: None,
    expiration: None,
});

/// The service of a dialect.
pub const fn service(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Query => "sts",
        Dialect::S3 => "s3",
    }
}

/// The lines of a text, with the token replaced. `None` if the text holds that token elsewhere: an
/// answer may repeat it then.
pub fn header_lines<'a>(text: &'a TextRequest<'_>) -> Option<Vec<Header<'a>>> {
    let mut values = text.headers.iter().map(|(_, value)| *value).chain([text.target]);
    if values.any(|value| value.contains(TOKEN)) {
        return None;
    }
    let line = |(name, value): &'a (String, &str)| Header {
        name,
        value: if name == "x-amz-security-token" { TOKEN } else { value }.as_bytes(),
    };
    Some(text.headers.iter().map(line).collect())
}

/// A request that nobody signed is refused, in every dialect and every protocol's words.
pub fn refuse(request: &Request<'_>, body: &[u8]) {
    for dialect in [Dialect::Query, Dialect::S3] {
        let rejection = verified(request, body, dialect).expect_err("nobody signed this");
        for error in [rejection.query_error(), rejection.ec2_error(), rejection.s3_error()] {
            assert!((400..500).contains(&error.status), "{}", error.status);
            assert!(!error.message.contains(TOKEN), "{}", error.code);
            assert!(!error.extra.iter().any(|(_, value)| value.contains(TOKEN)), "{}", error.code);
        }
        assert!(!rejection.to_string().contains(TOKEN));
        if let Some(mismatch) = rejection.mismatch() {
            assert!(!mismatch.explain().contains(TOKEN));
        }
    }
}

/// The whole way of a request: parse, check, verify with the signer's key.
pub fn verified(
    request: &Request<'_>,
    body: &[u8],
    dialect: Dialect,
) -> Result<Verified<()>, Rejection> {
    let mut decoded = DecodeBuffer::default();
    let presented = PresentedAuth::parse(request, &mut decoded)?;
    let rules = Rules::new(dialect, service(dialect));
    let checked = presented.check(&rules, NOW)?;
    let payload = match dialect {
        Dialect::Query => PayloadHash::of_body(request, body)?,
        Dialect::S3 => PayloadHash::declared_s3(&checked)?,
    };
    let key = SigningKey::derive(&SIGNER.secret_access_key, &presented.scope());
    let verified = verify(&checked, payload, &key, &mut Scratch::default(), ())?;
    assert_eq!(verified.access_key_id(), SIGNER.access_key_id.as_str());
    assert_eq!(verified.scope().service, service(dialect));
    Ok(verified)
}
