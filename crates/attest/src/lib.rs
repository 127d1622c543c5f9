//! Signed instance identity documents: the keys, their certificates, and the three proofs.
//!
//! EC2's metadata service answers `dynamic/instance-identity/document` with a JSON text, and beside
//! it with three proofs that the text is genuine. [`IdentityKeys`] makes these proofs. A consumer
//! checks them against the certificates of the authority, which are public:
//!
//! | path | what it is | consumer |
//! |---|---|---|
//! | `pkcs7` | PKCS #7, the document inside, DSA with SHA-1 | `openssl smime -verify` |
//! | `rsa2048` | PKCS #7, the document inside, RSA-2048 with SHA-256 | `openssl smime -verify` |
//! | `signature` | the bare signature, RSA-1024 with SHA-256 | `openssl dgst -sha256 -verify` |
//!
//! All three are base64 without PEM armour, in lines of 76 characters; the last line does not end.
//! A consumer of the first two writes `-----BEGIN PKCS7-----\n` before the text and
//! `\n-----END PKCS7-----\n` after it.
//!
//! 1024 bits and SHA-1 are what AWS uses, not what anybody should choose: believe `rsa2048` where
//! the choice is yours.
//!
//! Not here: the document itself, files, and the addresses that publish the certificates.
//!
//! ```
//! use rolecall_attest::IdentityKeys;
//! use rolecall_identity::{Entropy, Timestamp};
//!
//! # use sha2::{Digest as _, Sha256};
//! # struct Seeded(u64);
//! # impl Entropy for Seeded {
//! #     fn fill(&mut self, bytes: &mut [u8]) {
//! #         for piece in bytes.chunks_mut(32) {
//! #             self.0 += 1;
//! #             piece.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..piece.len()]);
//! #         }
//! #     }
//! # }
//! # let mut entropy = Seeded(0);
//! let now = Timestamp::from_seconds(1_440_938_160);
//! let keys = IdentityKeys::generate(now, &mut entropy)?;
//! let proof = keys.sign("{\n  \"instanceId\" : \"i-0123456789abcdef0\"\n}", now, &mut entropy)?;
//! assert_eq!(proof.signature.len(), 174);
//!
//! let certificates = keys.certificates();
//! assert!(certificates.rsa2048.starts_with("-----BEGIN CERTIFICATE-----\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: EC2 user guide, "Verify the instance identity document"; contract/imds.md sections 1.7
//! and 1.13; RFC 5652 (signed data), RFC 5280 (certificates), RFC 6979 (deterministic DSA).

mod certificate;
mod dsa_parameters;
mod key_pair;
mod keys;
mod lines;
mod pem;
mod private_key;
mod rng;
mod signed_data;

pub use keys::{GenerateError, IdentityCertificates, IdentityKeys, IdentityProof, SignError};
pub use pem::IdentityPemError;
