use std::str::FromStr as _;
use std::time::Duration;

use der::asn1::BitString;
use der::{DateTime, Decode as _, Encode as _, Sequence};
use rolecall_identity::Timestamp;
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages};
use x509_cert::ext::{Extensions, ToExtension as _};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};

use crate::keys::SignError;
use crate::private_key::PrivateKey;
use crate::rng::EntropyRng;

/// The certificate of `key` for `proof`, valid from `now` without end (RFC 5280 section 4.1.2.5).
pub(crate) fn self_signed(
    key: &PrivateKey,
    public: SubjectPublicKeyInfoOwned,
    proof: &str,
    now: Timestamp,
    rng: &mut EntropyRng<'_>,
) -> Result<Certificate, SignError> {
    let validity = Validity::new(time(now)?, Time::INFINITY);
    let unsigned = unsigned(key, public, proof, validity, rng).map_err(SignError::Encoding)?;
    let message = unsigned.to_der().map_err(SignError::Encoding)?;
    let signature = key.sign(&message, rng)?;
    signed(unsigned, &signature).map_err(SignError::Encoding)
}

/// Whether `key` made the certificate, and the certificate is about `key`.
pub(crate) fn is_self_signed(
    key: &PrivateKey,
    certificate: &Certificate,
) -> Result<bool, der::Error> {
    let unsigned = certificate.tbs_certificate();
    if key.public_key_info().ok().as_ref() != Some(unsigned.subject_public_key_info())
        || *certificate.signature_algorithm() != key.certificate_algorithm()
    {
        return Ok(false);
    }
    let message = unsigned.to_der()?;
    let signature = certificate.signature().as_bytes();
    Ok(signature.is_some_and(|signature| key.verify(&message, signature)))
}

/// A moment as X.509 writes it.
pub(crate) fn time(at: Timestamp) -> Result<Time, SignError> {
    let seconds = u64::try_from(at.seconds()).map_err(|_| SignError::Time)?;
    let moment = DateTime::from_unix_duration(Duration::from_secs(seconds));
    moment.map(Time::from).map_err(|_| SignError::Time)
}

fn unsigned(
    key: &PrivateKey,
    public: SubjectPublicKeyInfoOwned,
    proof: &str,
    validity: Validity,
    rng: &mut EntropyRng<'_>,
) -> Result<ToBeSigned, der::Error> {
    let name = Name::from_str(&format!("CN=instance identity {proof},O=rolecall"))?;
    // Positive, and of the same length always.
    let serial = u64::from_be_bytes(rng.bytes()) >> 2 | 1 << 62;
    let extensions = vec![
        BasicConstraints { ca: false, path_len_constraint: None }.to_extension(&name, &[])?,
        KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(&name, &[])?,
    ];
    Ok(ToBeSigned {
        version: Version::V3,
        serial_number: SerialNumber::new(&serial.to_be_bytes())?,
        signature: key.certificate_algorithm(),
        issuer: name.clone(),
        validity,
        subject: name,
        subject_public_key_info: public,
        extensions,
    })
}

fn signed(unsigned: ToBeSigned, signature: &[u8]) -> Result<Certificate, der::Error> {
    let certificate = Signed {
        signature_algorithm: unsigned.signature.clone(),
        to_be_signed: unsigned,
        signature: BitString::from_bytes(signature)?,
    };
    Certificate::from_der(&certificate.to_der()?)
}

/// `Certificate` of RFC 5280 section 4.1, to be written: the library's own has no public fields.
#[derive(Sequence)]
struct Signed {
    to_be_signed: ToBeSigned,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

/// `TBSCertificate` of RFC 5280 section 4.1.
#[derive(Sequence)]
struct ToBeSigned {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial_number: SerialNumber,
    signature: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    subject_public_key_info: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Extensions,
}
