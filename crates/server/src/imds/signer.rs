use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rolecall_attest::IdentityKeys;
use rolecall_identity::{Clock, Timestamp};
use rolecall_imds::{DocumentSigner, IdentityProof};

use crate::entropy::OsEntropy;
use crate::files::write_private;

/// Signs identity documents with the keys of this world, which are made when first needed.
///
/// Making them takes a tenth of a second, a proof some milliseconds. Proofs are kept, so an instance
/// that is rendered anew has the ones it had.
pub(crate) struct Signer {
    keys: OnceLock<Option<IdentityKeys>>,
    /// Where the keys are kept; without a file they end with the process.
    file: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    made: Mutex<HashMap<String, Arc<IdentityProof>>>,
}

/// Most proofs that are kept; then it begins anew.
const PROOFS_MAX: usize = 1024;

/// The certificates that a verifier needs, each in PEM.
pub(crate) struct Certificates {
    pub(crate) pkcs7: String,
    pub(crate) rsa2048: String,
    pub(crate) signature: String,
}

impl Signer {
    pub(crate) fn new(file: Option<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self { keys: OnceLock::new(), file, clock, made: Mutex::default() }
    }

    /// The certificates of the three keys.
    pub(crate) fn certificates(&self) -> Option<Certificates> {
        let certificates = self.keys()?.certificates();
        Some(Certificates {
            pkcs7: certificates.pkcs7.to_owned(),
            rsa2048: certificates.rsa2048.to_owned(),
            signature: certificates.signature.to_owned(),
        })
    }

    fn keys(&self) -> Option<&IdentityKeys> {
        let make = || {
            let now = self.clock.now();
            // A worker that makes keys must not keep others from their requests.
            match tokio::task::block_in_place(|| load_or_make(self.file.as_ref(), now)) {
                Ok(keys) => Some(keys),
                Err(error) => {
                    tracing::error!(%error, "identity documents cannot be signed");
                    None
                }
            }
        };
        self.keys.get_or_init(make).as_ref()
    }

    fn prove(&self, document: &str) -> Option<Arc<IdentityProof>> {
        let keys = self.keys()?;
        let now = self.clock.now();
        let made = tokio::task::block_in_place(|| keys.sign(document, now, &mut OsEntropy));
        let made = made.inspect_err(|error| tracing::error!(%error, "a document is not signed"));
        let made = made.ok()?;
        Some(Arc::new(IdentityProof {
            pkcs7: made.pkcs7,
            rsa2048: made.rsa2048,
            signature: made.signature,
        }))
    }

    fn made(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<IdentityProof>>> {
        // A panic while it was held leaves at worst a proof too few.
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DocumentSigner for Signer {
    fn sign(&self, document: &str) -> Option<Arc<IdentityProof>> {
        if let Some(proof) = self.made().get(document) {
            return Some(Arc::clone(proof));
        }
        let proof = self.prove(document)?;
        let mut made = self.made();
        if made.len() >= PROOFS_MAX {
            made.clear();
        }
        made.insert(document.to_owned(), Arc::clone(&proof));
        Some(proof)
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum SignerError {
    #[error("the keys could not be made")]
    Generate(#[from] rolecall_attest::GenerateError),
    #[error("the keys could not be written as PEM")]
    Encode(String),
    #[error(transparent)]
    File(#[from] crate::files::FileError),
    #[error("`{path}` could not be read: {why}")]
    Read { path: PathBuf, why: String },
}

fn load_or_make(file: Option<&PathBuf>, now: Timestamp) -> Result<IdentityKeys, SignerError> {
    let Some(path) = file else { return Ok(IdentityKeys::generate(now, &mut OsEntropy)?) };
    let read = |why: String| SignerError::Read { path: path.clone(), why };
    match std::fs::read_to_string(path) {
        Ok(text) => IdentityKeys::from_pem(&text).map_err(|error| read(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let keys = IdentityKeys::generate(now, &mut OsEntropy)?;
            let pem = keys.to_pem().map_err(|error| SignerError::Encode(error.to_string()))?;
            write_private(path, &pem)?;
            Ok(keys)
        }
        Err(error) => Err(read(error.to_string())),
    }
}
