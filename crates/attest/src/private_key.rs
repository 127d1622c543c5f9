use const_oid::db::rfc5912;
use der::Any;
use der::asn1::ObjectIdentifier;
use dsa::signature::DigestSigner as _;
use dsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs8::{self, DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::traits::PublicKeyParts as _;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use x509_cert::spki::{self, AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use crate::dsa_parameters::dsa_parameters;
use crate::key_pair::Purpose;
use crate::keys::{GenerateError, SignError};
use crate::rng::EntropyRng;

/// A private key, and how it signs: DSA with SHA-1, RSA with PKCS #1 v1.5 and SHA-256.
///
/// Zeroed on drop by its library.
pub(crate) enum PrivateKey {
    Dsa(dsa::SigningKey),
    Rsa(rsa::PrivateKey),
}

impl PrivateKey {
    pub(crate) fn generate(
        purpose: Purpose,
        rng: &mut EntropyRng<'_>,
    ) -> Result<Self, GenerateError> {
        let Some(bits) = purpose.rsa_bits() else {
            let parameters = dsa_parameters().map_err(GenerateError::Dsa)?;
            let Ok(key) = dsa::SigningKey::try_generate_from_rng_with_components(rng, parameters);
            return Ok(Self::Dsa(key));
        };
        rsa::PrivateKey::new(rng, bits).map(Self::Rsa).map_err(GenerateError::Rsa)
    }

    /// Hashes and signs. The random numbers blind RSA; the result does not depend on them.
    pub(crate) fn sign(
        &self,
        message: &[u8],
        rng: &mut EntropyRng<'_>,
    ) -> Result<Vec<u8>, SignError> {
        match self {
            Self::Dsa(key) => {
                let signature: dsa::Signature = key
                    .try_sign_digest(|digest: &mut Sha1| {
                        digest.update(message);
                        Ok(())
                    })
                    .map_err(SignError::Dsa)?;
                der::Encode::to_der(&signature).map_err(SignError::Encoding)
            }
            Self::Rsa(key) => {
                key.pkcs1v15_sign_with_rng::<Sha256, _>(rng, message).map_err(SignError::Rsa)
            }
        }
    }

    /// Whether [`sign`](Self::sign) could have made the signature.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Dsa(key) => dsa::Signature::try_from(signature).is_ok_and(|signature| {
                let digest = Sha1::digest(message);
                key.verifying_key().verify_prehash(&digest, &signature).is_ok()
            }),
            Self::Rsa(key) => {
                key.as_public_key().pkcs1v15_verify::<Sha256>(message, signature).is_ok()
            }
        }
    }

    /// What [`sign`](Self::sign) hashes with.
    pub(crate) fn digest(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Dsa(_) => Sha1::digest(message).to_vec(),
            Self::Rsa(_) => Sha256::digest(message).to_vec(),
        }
    }

    pub(crate) fn digest_algorithm(&self) -> AlgorithmIdentifierOwned {
        with_null(match self {
            Self::Dsa(_) => rfc5912::ID_SHA_1,
            Self::Rsa(_) => rfc5912::ID_SHA_256,
        })
    }

    /// The algorithm as certificates name it (RFC 3279 section 2.2.2, RFC 4055 section 5).
    pub(crate) fn certificate_algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Dsa(_) => DSA_WITH_SHA_1,
            Self::Rsa(_) => with_null(rfc5912::SHA_256_WITH_RSA_ENCRYPTION),
        }
    }

    /// The algorithm as PKCS #7 names it (RFC 3370 sections 3.1 and 3.2): with RSA the key's alone.
    pub(crate) fn pkcs7_algorithm(&self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Dsa(_) => DSA_WITH_SHA_1,
            Self::Rsa(_) => with_null(rfc5912::RSA_ENCRYPTION),
        }
    }

    pub(crate) fn public_key_info(&self) -> Result<SubjectPublicKeyInfoOwned, spki::Error> {
        match self {
            Self::Dsa(key) => SubjectPublicKeyInfoOwned::from_key(key.verifying_key()),
            Self::Rsa(key) => SubjectPublicKeyInfoOwned::from_key(key.as_public_key()),
        }
    }

    pub(crate) fn to_pem(&self) -> Result<Zeroizing<String>, pkcs8::Error> {
        match self {
            Self::Dsa(key) => key.to_pkcs8_pem(pkcs8::LineEnding::LF),
            Self::Rsa(key) => key.to_pkcs8_pem(pkcs8::LineEnding::LF),
        }
    }

    /// Reads a key that is of the kind and size that `purpose` needs.
    pub(crate) fn from_pem(purpose: Purpose, pem: &str) -> Result<Self, pkcs8::Error> {
        let Some(bits) = purpose.rsa_bits() else {
            return dsa::SigningKey::from_pkcs8_pem(pem).map(Self::Dsa);
        };
        let key = rsa::PrivateKey::from_pkcs8_pem(pem)?;
        if key.size() * 8 != bits {
            return Err(pkcs8::KeyError::Invalid.into());
        }
        Ok(Self::Rsa(key))
    }
}

impl Purpose {
    /// How many bits the modulus has; `None` for the one that is DSA.
    const fn rsa_bits(self) -> Option<usize> {
        match self {
            Self::Pkcs7 => None,
            Self::Rsa2048 => Some(2048),
            Self::Signature => Some(1024),
        }
    }
}

fn with_null(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid, parameters: Some(Any::null()) }
}

const DSA_WITH_SHA_1: AlgorithmIdentifierOwned =
    AlgorithmIdentifierOwned { oid: rfc5912::DSA_WITH_SHA_1, parameters: None };
