use der::DecodePem as _;
use rsa::pkcs8;
use x509_cert::Certificate;
use zeroize::Zeroizing;

use crate::certificate::is_self_signed;
use crate::key_pair::{KeyPair, Purpose};
use crate::keys::IdentityKeys;
use crate::private_key::PrivateKey;

/// The text does not hold the three keys and their certificates.
#[derive(Debug, thiserror::Error)]
pub enum IdentityPemError {
    /// The certificate cannot be read.
    #[error("the certificate of `{proof}` is damaged")]
    Certificate {
        /// Which proof the certificate is for.
        proof: &'static str,
        /// What went wrong.
        source: der::Error,
    },
    /// The private key cannot be read, or is not of the right kind and size.
    #[error("the private key of `{proof}` is damaged or is not {expected}")]
    Key {
        /// Which proof the key is for.
        proof: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What went wrong.
        source: pkcs8::Error,
    },
    /// The certificate is of another key, or was changed.
    #[error("the certificate of `{proof}` was not signed by the private key before it")]
    Mismatch {
        /// Which proof both are for.
        proof: &'static str,
    },
    /// The text ends, or goes on with something else, where a block should be.
    #[error("expected `-----BEGIN {label}-----` for `{proof}`, and its end")]
    Missing {
        /// Which proof the block is for.
        proof: &'static str,
        /// What the block is called.
        label: &'static str,
    },
    /// The text goes on after the last certificate.
    #[error("unexpected block after the certificate of `signature`")]
    Surplus,
}

impl IdentityKeys {
    /// All keys and certificates as the text of one file. Its owner alone may read it: mode 0600.
    ///
    /// Six PEM blocks, each private key (PKCS #8) before its certificate. The lines between them
    /// say what comes next.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, pkcs8::Error> {
        let pairs = [
            (Purpose::Pkcs7, &self.pkcs7),
            (Purpose::Rsa2048, &self.rsa2048),
            (Purpose::Signature, &self.signature),
        ];
        let mut text = Zeroizing::new(String::with_capacity(TEXT_BYTES));
        for (purpose, pair) in pairs {
            for piece in ["# ", purpose.name(), " (", purpose.algorithm(), ")\n"] {
                text.push_str(piece);
            }
            text.push_str(&pair.private.to_pem()?);
            text.push_str(&pair.certificate_pem);
        }
        Ok(text)
    }

    /// Reads what [`to_pem`](Self::to_pem) wrote. Text between the blocks is passed over.
    pub fn from_pem(text: &str) -> Result<Self, IdentityPemError> {
        let mut blocks = Blocks(text);
        let keys = Self {
            pkcs7: blocks.pair(Purpose::Pkcs7)?,
            rsa2048: blocks.pair(Purpose::Rsa2048)?,
            signature: blocks.pair(Purpose::Signature)?,
        };
        if blocks.0.contains(BEGIN) {
            return Err(IdentityPemError::Surplus);
        }
        Ok(keys)
    }
}

/// What is left of the text.
struct Blocks<'a>(&'a str);

impl<'a> Blocks<'a> {
    fn pair(&mut self, purpose: Purpose) -> Result<KeyPair, IdentityPemError> {
        let proof = purpose.name();
        let mut block = |label| self.block(label).ok_or(IdentityPemError::Missing { proof, label });
        let (key, certificate) = (block("PRIVATE KEY")?, block("CERTIFICATE")?);

        let damaged_key =
            |source| IdentityPemError::Key { proof, expected: purpose.algorithm(), source };
        let damaged_certificate = |source| IdentityPemError::Certificate { proof, source };
        let private = PrivateKey::from_pem(purpose, key).map_err(damaged_key)?;
        let certificate = Certificate::from_pem(certificate).map_err(damaged_certificate)?;
        if !is_self_signed(&private, &certificate).map_err(damaged_certificate)? {
            return Err(IdentityPemError::Mismatch { proof });
        }
        KeyPair::new(private, certificate).map_err(damaged_certificate)
    }

    /// Takes the next block, if it is of this label and ends.
    fn block(&mut self, label: &str) -> Option<&'a str> {
        let (_, block) = self.0.split_at_checked(self.0.find(BEGIN)?)?;
        if !block.starts_with(&format!("{BEGIN}{label}-----")) {
            return None;
        }
        let end = format!("-----END {label}-----");
        let (block, rest) = block.split_at_checked(block.find(&end)? + end.len())?;
        self.0 = rest;
        Some(block)
    }
}

impl Purpose {
    const fn algorithm(self) -> &'static str {
        match self {
            Self::Pkcs7 => "DSA",
            Self::Rsa2048 => "RSA-2048",
            Self::Signature => "RSA-1024",
        }
    }
}

const BEGIN: &str = "-----BEGIN ";

/// Room for the text, so that it never moves and leaves no copy of a key behind.
const TEXT_BYTES: usize = 16_384;
