use std::fmt;

use rolecall_identity::Timestamp;

use crate::canonical::{Dropped, Scratch};
use crate::check::Checked;
use crate::key::{Signature, SigningKey};
use crate::payload::{CONTENT_SHA256, PayloadHash};
use crate::presented::{AuthForm, PresentedAuth};
use crate::rejection::{Mismatch, Rejection};
use crate::request::Dialect;
use crate::scope::{ACCESS_KEY_ID_BYTES_MAX, CredentialScope, SCOPE_PART_BYTES_MAX};
use crate::text::Inline;

/// Proof that a request was signed by the holder of the key. Only [`verify`] makes one.
///
/// It carries the caller's own `T`: who holds the key.
pub struct Verified<T> {
    subject: T,
    facts: Facts,
}

/// What was proved.
#[derive(Clone, Copy)]
struct Facts {
    form: AuthForm,
    signed_at: Timestamp,
    payload: PayloadHash,
    seed: Signature,
    amz_date: [u8; 16],
    access_key_id: Inline<ACCESS_KEY_ID_BYTES_MAX>,
    date: Inline<8>,
    region: Inline<SCOPE_PART_BYTES_MAX>,
    service: Inline<SCOPE_PART_BYTES_MAX>,
}

/// Verifies a checked request with the key of its access key id and scope.
///
/// `payload` is [`PayloadHash::of_body`] for every service other than S3 and
/// [`PayloadHash::declared_s3`] there. On success nothing is allocated.
pub fn verify<T>(
    checked: &Checked<'_>,
    payload: PayloadHash,
    key: &SigningKey,
    scratch: &mut Scratch,
    subject: T,
) -> Result<Verified<T>, Rejection> {
    check_payload(checked, &payload)?;
    let presented = checked.presented();
    let dropped = match presented.form() {
        AuthForm::Header => Dropped::Nothing,
        AuthForm::Query => Dropped::Signature,
    };
    let provided = Signature::from_hex(presented.signature.as_bytes());
    let signed_as = |dropped, scratch: &mut Scratch| -> Result<bool, Rejection> {
        checked.write(&payload, dropped, scratch)?;
        Ok(provided == Some(key.sign(&scratch.string_to_sign)))
    };
    let signed = signed_as(dropped, scratch)?
        || checked.token_may_be_late() && signed_as(Dropped::SignatureAndToken, scratch)?;
    match provided {
        Some(seed) if signed => {
            Ok(Verified { subject, facts: Facts::new(presented, payload, seed)? })
        }
        _ => {
            checked.write(&payload, dropped, scratch)?;
            Err(mismatch(presented, scratch))
        }
    }
}

impl<T> Verified<T> {
    /// Who holds the key.
    pub const fn subject(&self) -> &T {
        &self.subject
    }

    /// Takes the subject out; the proof is spent.
    pub fn into_subject(self) -> T {
        self.subject
    }

    /// The same proof about what `f` makes of the subject.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Verified<U> {
        Verified { subject: f(self.subject), facts: self.facts }
    }

    /// The access key id that signed.
    pub fn access_key_id(&self) -> &str {
        self.facts.access_key_id.as_str()
    }

    /// The scope that was signed for.
    pub fn scope(&self) -> CredentialScope<'_> {
        CredentialScope {
            date: self.facts.date.as_str(),
            region: self.facts.region.as_str(),
            service: self.facts.service.as_str(),
        }
    }

    /// Where the signature was found.
    pub const fn form(&self) -> AuthForm {
        self.facts.form
    }

    /// When it was signed.
    pub const fn signed_at(&self) -> Timestamp {
        self.facts.signed_at
    }

    /// The payload line that was signed.
    pub const fn payload(&self) -> PayloadHash {
        self.facts.payload
    }

    /// The request's signature: the seed of a chunked body's chain.
    pub const fn seed(&self) -> Signature {
        self.facts.seed
    }

    pub(crate) const fn amz_date(&self) -> &[u8; 16] {
        &self.facts.amz_date
    }
}

impl Facts {
    fn new(
        presented: &PresentedAuth<'_>,
        payload: PayloadHash,
        seed: Signature,
    ) -> Result<Self, Rejection> {
        let scope = presented.scope();
        let texts = (
            Inline::try_new(presented.access_key_id()),
            Inline::try_new(scope.date),
            Inline::try_new(scope.region),
            Inline::try_new(scope.service),
        );
        // INVARIANT: parsing and checking held the lengths, so all four fit.
        let (Some(access_key_id), Some(date), Some(region), Some(service)) = texts else {
            let (got, form) = (presented.access_key_id().to_owned(), presented.form());
            return Err(Rejection::CredentialMalformed { got, form });
        };
        Ok(Self {
            form: presented.form(),
            signed_at: presented.signed_at(),
            payload,
            seed,
            amz_date: presented.date.amz_date,
            access_key_id,
            date,
            region,
            service,
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("subject", &self.subject)
            .field("access_key_id", &self.facts.access_key_id)
            .field("form", &self.facts.form)
            .finish_non_exhaustive()
    }
}

/// Refuses a payload line that the service does not know, or that an unsigned header contradicts.
fn check_payload(checked: &Checked<'_>, payload: &PayloadHash) -> Result<(), Rejection> {
    if checked.dialect() == Dialect::Query && !matches!(payload, PayloadHash::Sha256(_)) {
        return Err(Rejection::ContentSha256Invalid);
    }
    let header = checked.request().header(CONTENT_SHA256);
    if checked.content_sha256_is_unsigned()
        && header.is_some_and(|sent| sent != payload.header_value().as_bytes())
    {
        return Err(Rejection::HeadersNotSigned { names: vec![CONTENT_SHA256.to_owned()] });
    }
    Ok(())
}

fn mismatch(presented: &PresentedAuth<'_>, scratch: &Scratch) -> Rejection {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Rejection::SignatureMismatch(Box::new(Mismatch {
        access_key_id: presented.access_key_id().to_owned(),
        canonical_request: text(&scratch.canonical),
        string_to_sign: text(&scratch.string_to_sign),
        signature_provided: presented.signature.to_owned(),
    }))
}
