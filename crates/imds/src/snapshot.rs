use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use rolecall_identity::{InstanceId, Timestamp};

use crate::facts::{InstanceFacts, MetadataSettings};
use crate::render::render;
use crate::tree::{Proof, Tree};
use crate::{document, version};

/// Everything the service may answer for one instance, rendered.
///
/// Immutable: a change of facts makes a new snapshot, and readers of the old one finish with it.
pub struct Snapshot {
    pub(crate) instance_id: InstanceId,
    pub(crate) settings: MetadataSettings,
    pub(crate) rendered: Timestamp,
    pub(crate) tree: Tree,
    document: String,
    signer: Option<Arc<dyn DocumentSigner>>,
    proof: OnceLock<Option<Arc<IdentityProof>>>,
}

/// Signs instance identity documents. It takes milliseconds, so it is done when somebody asks.
pub trait DocumentSigner: Send + Sync {
    /// The three proofs of a document; `None` if they cannot be made.
    fn sign(&self, document: &str) -> Option<Arc<IdentityProof>>;
}

/// The proofs of an identity document, as they are served (contract/imds.md section 1.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProof {
    /// PKCS #7 with DSA and SHA-1.
    pub pkcs7: String,
    /// PKCS #7 with RSA-2048 and SHA-256.
    pub rsa2048: String,
    /// RSA-1024 with SHA-256 over the bytes of the document.
    pub signature: String,
}

impl Snapshot {
    /// Renders the tree. Without a signer the document stands without proofs.
    pub fn new(
        facts: &InstanceFacts,
        signer: Option<Arc<dyn DocumentSigner>>,
        now: Timestamp,
    ) -> Self {
        let document = document::identity(facts);
        Self {
            instance_id: facts.instance_id.clone(),
            settings: facts.settings,
            rendered: now.whole_second(),
            tree: render(facts, &document, signer.is_some()),
            document,
            signer,
            proof: OnceLock::new(),
        }
    }

    pub(crate) fn proof(&self, proof: Proof) -> Option<Bytes> {
        let sign = || self.signer.as_ref().and_then(|signer| signer.sign(&self.document));
        let made = self.proof.get_or_init(sign).as_ref()?;
        let text = match proof {
            Proof::Pkcs7 => &made.pkcs7,
            Proof::Rsa2048 => &made.rsa2048,
            Proof::Signature => &made.signature,
        };
        Some(text.clone().into())
    }
}

/// A snapshot holds credentials: it does not print.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("instance_id", &self.instance_id)
            .field("rendered", &self.rendered)
            .finish_non_exhaustive()
    }
}

/// The answer of `GET /`.
pub(crate) fn versions() -> String {
    version::listing()
}
