use der::EncodePem as _;
use der::pem::LineEnding;
use rolecall_identity::Timestamp;
use x509_cert::Certificate;

use crate::certificate::self_signed;
use crate::keys::{GenerateError, SignError};
use crate::private_key::PrivateKey;
use crate::rng::EntropyRng;

/// A private key and its certificate.
pub(crate) struct KeyPair {
    pub(crate) private: PrivateKey,
    pub(crate) certificate: Certificate,
    pub(crate) certificate_pem: String,
}

/// Which proof a key makes.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Pkcs7,
    Rsa2048,
    Signature,
}

impl KeyPair {
    pub(crate) fn generate(
        purpose: Purpose,
        now: Timestamp,
        rng: &mut EntropyRng<'_>,
    ) -> Result<Self, GenerateError> {
        let proof = purpose.name();
        let private = PrivateKey::generate(purpose, rng)?;
        let public = private.public_key_info().map_err(GenerateError::PublicKey)?;
        self_signed(&private, public, proof, now, rng)
            .and_then(|certificate| Self::new(private, certificate).map_err(SignError::Encoding))
            .map_err(|source| GenerateError::Certificate { proof, source })
    }

    pub(crate) fn new(private: PrivateKey, certificate: Certificate) -> Result<Self, der::Error> {
        let certificate_pem = certificate.to_pem(LineEnding::LF)?;
        Ok(Self { private, certificate, certificate_pem })
    }
}

impl Purpose {
    /// The name of the proof in the metadata service.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pkcs7 => "pkcs7",
            Self::Rsa2048 => "rsa2048",
            Self::Signature => "signature",
        }
    }
}
