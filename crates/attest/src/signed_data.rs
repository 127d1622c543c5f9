use const_oid::db::rfc5911;
use der::asn1::{ObjectIdentifier, OctetString, SetOfVec};
use der::{Any, Encode as _, EncodeValue, Sequence, Tagged, ValueOrd};
use rolecall_identity::Timestamp;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use crate::certificate::time;
use crate::key_pair::KeyPair;
use crate::keys::SignError;
use crate::rng::EntropyRng;

/// PKCS #7 signed data in DER, the document inside and the certificate not: consumers bring it.
///
/// Like AWS's, it signs the time and the digest of the document, not the document itself.
pub(crate) fn signed_data(
    pair: &KeyPair,
    document: &[u8],
    at: Timestamp,
    rng: &mut EntropyRng<'_>,
) -> Result<Vec<u8>, SignError> {
    let at = time(at)?;
    let digest = pair.private.digest(document);
    let attributes = attributes(&digest, at).map_err(SignError::Encoding)?;
    // RFC 5652 section 5.4: signed is the set itself, without the tag it bears in `SignerInfo`.
    let message = attributes.to_der().map_err(SignError::Encoding)?;
    let signature = pair.private.sign(&message, rng)?;
    assemble(pair, document, attributes, &signature).map_err(SignError::Encoding)
}

fn attributes(digest: &[u8], at: Time) -> Result<Attributes, der::Error> {
    SetOfVec::try_from(vec![
        attribute(rfc5911::ID_CONTENT_TYPE, &rfc5911::ID_DATA)?,
        attribute(rfc5911::ID_SIGNING_TIME, &at)?,
        attribute(rfc5911::ID_MESSAGE_DIGEST, &OctetString::new(digest)?)?,
    ])
}

fn attribute(
    oid: ObjectIdentifier,
    value: &(impl EncodeValue + Tagged),
) -> Result<Attribute, der::Error> {
    Ok(Attribute { oid, values: SetOfVec::try_from(vec![Any::encode_from(value)?])? })
}

fn assemble(
    pair: &KeyPair,
    document: &[u8],
    signed_attributes: Attributes,
    signature: &[u8],
) -> Result<Vec<u8>, der::Error> {
    let certificate = pair.certificate.tbs_certificate();
    let signer = SignerInfo {
        version: VERSION,
        signer: IssuerAndSerialNumber {
            issuer: certificate.issuer().clone(),
            serial_number: certificate.serial_number().clone(),
        },
        digest_algorithm: pair.private.digest_algorithm(),
        signed_attributes,
        signature_algorithm: pair.private.pkcs7_algorithm(),
        signature: OctetString::new(signature)?,
    };
    let content = SignedData {
        version: VERSION,
        digest_algorithms: SetOfVec::try_from(vec![pair.private.digest_algorithm()])?,
        content: Content { kind: rfc5911::ID_DATA, bytes: OctetString::new(document)? },
        signers: SetOfVec::try_from(vec![signer])?,
    };
    ContentInfo { kind: rfc5911::ID_SIGNED_DATA, content }.to_der()
}

/// The version of both `SignedData` and `SignerInfo` in PKCS #7, and in RFC 5652 for plain data
/// and a signer named by issuer and serial number.
const VERSION: u8 = 1;

/// `ContentInfo` of RFC 5652 section 3.
#[derive(Sequence)]
struct ContentInfo {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

/// `SignedData` of RFC 5652 section 5.1, without certificates and revocation lists.
#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<AlgorithmIdentifierOwned>,
    content: Content,
    signers: SetOfVec<SignerInfo>,
}

/// `EncapsulatedContentInfo` of RFC 5652 section 5.2.
#[derive(Sequence)]
struct Content {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    bytes: OctetString,
}

/// `SignerInfo` of RFC 5652 section 5.3.
#[derive(Sequence, ValueOrd)]
struct SignerInfo {
    version: u8,
    signer: IssuerAndSerialNumber,
    digest_algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true")]
    signed_attributes: Attributes,
    signature_algorithm: AlgorithmIdentifierOwned,
    signature: OctetString,
}

/// `IssuerAndSerialNumber` of RFC 5652 section 10.2.4.
#[derive(Sequence, ValueOrd)]
struct IssuerAndSerialNumber {
    issuer: Name,
    serial_number: SerialNumber,
}
