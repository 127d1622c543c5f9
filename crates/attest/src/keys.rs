use std::fmt;

use rolecall_identity::{Entropy, Timestamp};

use crate::key_pair::{KeyPair, Purpose};
use crate::lines::base64_lines;
use crate::rng::EntropyRng;
use crate::signed_data::signed_data;

/// The keys that vouch for instance identity documents, one for each kind of proof, and their
/// certificates.
///
/// The private keys are zeroed on drop and never printed. [`to_pem`](Self::to_pem) keeps them for
/// the next start: consumers pin the certificates, so they should last.
pub struct IdentityKeys {
    pub(crate) pkcs7: KeyPair,
    pub(crate) rsa2048: KeyPair,
    pub(crate) signature: KeyPair,
}

/// The certificates in PEM, for publication. Each field bears the name of the proof it checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityCertificates<'a> {
    /// DSA, for `pkcs7`.
    pub pkcs7: &'a str,
    /// RSA-2048, for `rsa2048`.
    pub rsa2048: &'a str,
    /// RSA-1024, for `signature`.
    pub signature: &'a str,
}

/// The answers of the metadata service beside `document`, to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProof {
    /// The document in PKCS #7, signed with DSA and SHA-1.
    pub pkcs7: String,
    /// The document in PKCS #7, signed with RSA-2048 and SHA-256.
    pub rsa2048: String,
    /// The bare signature with RSA-1024 and SHA-256: 174 bytes.
    pub signature: String,
}

/// The keys could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The certificate could not be signed.
    #[error("cannot sign the certificate of `{proof}`")]
    Certificate {
        /// Which proof the key is for.
        proof: &'static str,
        /// What went wrong.
        source: SignError,
    },
    /// DSA refuses its parameters.
    #[error("cannot make the DSA key")]
    Dsa(#[source] dsa::signature::Error),
    /// The public key has no encoding.
    #[error("cannot encode a public key")]
    PublicKey(#[source] x509_cert::spki::Error),
    /// RSA found no key.
    #[error("cannot make an RSA key")]
    Rsa(#[source] rsa::Error),
}

/// Something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The DSA key does not sign.
    #[error("cannot sign with DSA")]
    Dsa(#[source] dsa::signature::Error),
    /// What is to be signed has no encoding.
    #[error("cannot encode what is to be signed")]
    Encoding(#[source] der::Error),
    /// The RSA key does not sign.
    #[error("cannot sign with RSA")]
    Rsa(#[source] rsa::Error),
    /// X.509 does not know the time.
    #[error("the time of signing is not within the years 1970 to 9999")]
    Time,
}

impl IdentityKeys {
    /// Makes three keys and their self-signed certificates, valid from `now` without end.
    ///
    /// Takes about a tenth of a second: the primes of two RSA keys are found by trial.
    pub fn generate(now: Timestamp, entropy: &mut dyn Entropy) -> Result<Self, GenerateError> {
        let rng = &mut EntropyRng(entropy);
        Ok(Self {
            pkcs7: KeyPair::generate(Purpose::Pkcs7, now, rng)?,
            rsa2048: KeyPair::generate(Purpose::Rsa2048, now, rng)?,
            signature: KeyPair::generate(Purpose::Signature, now, rng)?,
        })
    }

    /// Vouches for `document`, byte for byte. `at` is told as the time of signing.
    ///
    /// The same document at the same second gives the same proof: the entropy blinds the work with
    /// the RSA keys and leaves no trace in the result.
    pub fn sign(
        &self,
        document: &str,
        at: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<IdentityProof, SignError> {
        let document = document.as_bytes();
        let rng = &mut EntropyRng(entropy);
        Ok(IdentityProof {
            pkcs7: base64_lines(&signed_data(&self.pkcs7, document, at, rng)?),
            rsa2048: base64_lines(&signed_data(&self.rsa2048, document, at, rng)?),
            signature: base64_lines(&self.signature.private.sign(document, rng)?),
        })
    }

    /// What consumers need to check a proof.
    pub fn certificates(&self) -> IdentityCertificates<'_> {
        IdentityCertificates {
            pkcs7: &self.pkcs7.certificate_pem,
            rsa2048: &self.rsa2048.certificate_pem,
            signature: &self.signature.certificate_pem,
        }
    }
}

impl fmt::Debug for IdentityKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityKeys(…)")
    }
}
