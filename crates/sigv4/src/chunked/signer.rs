use sha2::{Digest, Sha256};

use crate::encode;
use crate::key::{Signature, SigningKey};
use crate::scope::CredentialScope;
use crate::verify::Verified;

/// The chain of chunk signatures: each one covers the one before, the first the request's.
#[derive(Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    /// `\nX-AMZ-DATE\nSCOPE\n`
    context: Vec<u8>,
    previous: Signature,
    string_to_sign: Vec<u8>,
}

impl ChunkSigner {
    /// A chain that starts at the signature of a request.
    pub fn new(
        key: SigningKey,
        amz_date: &[u8; 16],
        scope: &CredentialScope<'_>,
        seed: Signature,
    ) -> Self {
        let mut context = vec![b'\n'];
        context.extend_from_slice(amz_date);
        context.push(b'\n');
        scope.write(&mut context);
        context.push(b'\n');
        Self { key, context, previous: seed, string_to_sign: Vec::new() }
    }

    /// A chain that starts at a verified request.
    pub fn of_verified<T>(verified: &Verified<T>, key: SigningKey) -> Self {
        Self::new(key, verified.amz_date(), &verified.scope(), verified.seed())
    }

    /// The signature of the next chunk, from the SHA-256 of its bytes.
    pub fn sign_chunk(&mut self, digest: &[u8; 32]) -> Signature {
        let empty = encode::hex(&Sha256::digest(b"").into());
        self.sign(b"AWS4-HMAC-SHA256-PAYLOAD", &[&empty, b"\n", &encode::hex(digest)])
    }

    /// The signature of the trailers, from their canonical text: sorted `name:value\n` lines.
    pub fn sign_trailer(&mut self, canonical: &[u8]) -> Signature {
        let digest = encode::hex(&Sha256::digest(canonical).into());
        self.sign(b"AWS4-HMAC-SHA256-TRAILER", &[&digest])
    }

    fn sign(&mut self, algorithm: &[u8], tail: &[&[u8]]) -> Signature {
        let text = &mut self.string_to_sign;
        text.clear();
        text.extend_from_slice(algorithm);
        text.extend_from_slice(&self.context);
        text.extend_from_slice(&self.previous.to_hex());
        text.push(b'\n');
        tail.iter().for_each(|part| text.extend_from_slice(part));
        self.previous = self.key.sign(text);
        self.previous
    }

    /// What the last signature covered.
    pub(super) fn string_to_sign(&self) -> String {
        String::from_utf8_lossy(&self.string_to_sign).into_owned()
    }
}
