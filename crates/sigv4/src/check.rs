use std::fmt;

use rolecall_identity::Timestamp;

use crate::canonical::{CanonicalRequest, Dropped, HeaderIndex, Scratch, SignedHeadersFault};
use crate::payload::{CONTENT_SHA256, PayloadHash};
use crate::presented::{AuthForm, PresentedAuth, Token};
use crate::rejection::{Rejection, ScopeMismatch};
use crate::request::{Dialect, Header, Request, Rules};
use crate::scope::TERMINATOR;
use crate::window;

/// Proof that a request passed everything that needs no key.
///
/// It holds the parsed request, so that what was checked is what is verified.
pub struct Checked<'a> {
    presented: &'a PresentedAuth<'a>,
    dialect: Dialect,
    index: HeaderIndex,
    content_sha256_unsigned: bool,
}

impl<'a> Checked<'a> {
    /// Checks in the order of contract/sigv4.md section 10, or of 13 for S3.
    pub(crate) fn new(
        presented: &'a PresentedAuth<'a>,
        rules: &Rules<'_>,
        now: Timestamp,
    ) -> Result<Self, Rejection> {
        let early = |presented| {
            window::check(presented, rules, now)?;
            check_scope(presented, rules)
        };
        if rules.dialect == Dialect::S3 {
            early(presented)?;
        }
        let (index, unsigned) = index_headers(presented, rules.dialect)?;
        if rules.dialect == Dialect::Query {
            early(presented)?;
        }
        presented.session_token()?;
        Ok(Self {
            presented,
            dialect: rules.dialect,
            index,
            content_sha256_unsigned: unsigned.content_sha256,
        })
    }

    /// How the request authenticates.
    pub const fn presented(&self) -> &'a PresentedAuth<'a> {
        self.presented
    }

    /// The request that was checked.
    pub const fn request(&self) -> &Request<'a> {
        &self.presented.request
    }

    /// The rules it was checked by.
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether `x-amz-content-sha256` came unsigned; then it must equal the line that is used.
    pub(crate) const fn content_sha256_is_unsigned(&self) -> bool {
        self.content_sha256_unsigned
    }

    /// Writes the canonical request and the string to sign.
    pub(crate) fn write(
        &self,
        payload: &PayloadHash,
        dropped: Dropped,
        scratch: &mut Scratch,
    ) -> Result<(), Rejection> {
        let presented = self.presented;
        let canonical = CanonicalRequest {
            request: &presented.request,
            query_is_canonical: Some(presented.query_is_canonical),
            dialect: self.dialect,
            dropped,
            signed_headers: presented.signed_headers,
            index: &self.index,
            payload,
        };
        Ok(canonical.write(&presented.date.amz_date, &presented.scope(), scratch)?)
    }
}

impl fmt::Debug for Checked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Checked").field(self.presented).finish()
    }
}

/// Unsigned lines that may still pass.
struct Tolerated {
    content_sha256: bool,
}

/// Refuses a request with an unsigned host, date or `x-amz-*` line: contract/sigv4.md section 4.
fn index_headers<'a>(
    presented: &PresentedAuth<'a>,
    dialect: Dialect,
) -> Result<(HeaderIndex, Tolerated), Rejection> {
    let needs_date = presented.date.from_date_header;
    let (mut refused, mut content_sha256) = (0_usize, false);
    let built = HeaderIndex::build(presented.signed_headers, presented.request.headers, |header| {
        match must_be_signed(header, needs_date, dialect) {
            Needed::Always => refused += 1,
            Needed::UnlessEqual => content_sha256 = true,
            Needed::Not => {}
        }
    });
    // A request without any host line signs none either.
    let signs_host = match &built {
        Ok(index) => index.signs_host(),
        Err(_) => lists(presented.signed_headers, "host"),
    };
    if refused > 0 || !signs_host {
        return Err(not_signed(presented, dialect));
    }
    let index = built.map_err(|fault| match fault {
        SignedHeadersFault::Absent(name) => Rejection::SignedHeaderAbsent {
            name: name.to_owned(),
            access_key_id: presented.access_key_id().to_owned(),
        },
        SignedHeadersFault::Limit(limit) => limit.into(),
        SignedHeadersFault::Unsorted => {
            Rejection::SignedHeadersUnsorted { access_key_id: presented.access_key_id().to_owned() }
        }
    })?;
    Ok((index, Tolerated { content_sha256 }))
}

/// Whether an unsigned header line is refused.
enum Needed {
    Always,
    Not,
    UnlessEqual,
}

fn must_be_signed(header: &Header<'_>, needs_date: bool, dialect: Dialect) -> Needed {
    match header.name {
        "host" => Needed::Always,
        "date" if needs_date => Needed::Always,
        // AWS: some clients add the token after signing; its binding to the key protects [d].
        "x-amz-security-token" if dialect == Dialect::Query => Needed::Not,
        // AWS: uncertain whether S3 lets it pass [?]: contract/sigv4.md section 4.
        CONTENT_SHA256 if dialect == Dialect::S3 => Needed::UnlessEqual,
        name if name.starts_with("x-amz-") => Needed::Always,
        _ => Needed::Not,
    }
}

/// Names every line that had to be signed, in order of arrival.
fn not_signed(presented: &PresentedAuth<'_>, dialect: Dialect) -> Rejection {
    let signed = |name: &str| lists(presented.signed_headers, name);
    let mut names: Vec<String> = Vec::new();
    if !signed("host") {
        names.push("host".to_owned());
    }
    for header in presented.request.headers {
        let needed = must_be_signed(header, presented.date.from_date_header, dialect);
        let known = names.iter().any(|name| name == header.name);
        if matches!(needed, Needed::Always) && !signed(header.name) && !known {
            names.push(header.name.to_owned());
        }
    }
    Rejection::HeadersNotSigned { names }
}

/// Whether a list of signed headers holds `name`.
pub(crate) fn lists(signed_headers: &str, name: &str) -> bool {
    signed_headers.split(';').any(|listed| listed == name)
}

/// Compares region, service, terminator and day with what the endpoint expects.
fn check_scope(presented: &PresentedAuth<'_>, rules: &Rules<'_>) -> Result<(), Rejection> {
    let scope = presented.scope();
    let region_wrong = rules.region.is_some_and(|region| region != scope.region);
    let service_wrong = scope.service != rules.service;
    let terminator_wrong = presented.credential.terminator != TERMINATOR;
    let date_wrong = scope.date.as_bytes() != presented.date.day();
    if !(region_wrong | service_wrong | terminator_wrong | date_wrong) {
        return Ok(());
    }
    let wrong = |is_wrong: bool, got: &str| is_wrong.then(|| got.to_owned());
    Err(Rejection::ScopeWrong(Box::new(ScopeMismatch {
        form: presented.form(),
        region: wrong(region_wrong, scope.region),
        region_expected: rules.region.unwrap_or_default().to_owned(),
        service: wrong(service_wrong, scope.service),
        service_expected: rules.service.to_owned(),
        terminator: wrong(terminator_wrong, presented.credential.terminator),
        date: wrong(date_wrong, scope.date),
        day_expected: String::from_utf8_lossy(presented.date.day()).into_owned(),
        date_sent: presented.date.sent.to_owned(),
    })))
}

impl Checked<'_> {
    /// Whether the token of the query may have been added after signing.
    pub(crate) fn token_may_be_late(&self) -> bool {
        let in_query = matches!(self.presented.token, Token::Query(_));
        self.dialect == Dialect::Query && self.presented.form() == AuthForm::Query && in_query
    }
}
