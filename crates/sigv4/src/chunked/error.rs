use super::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN};
use crate::wire::WireError;

/// Why a chunked body was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The body ended early, went on after its end, or is not of the declared length.
    #[error("the body is not what its declared length and framing say")]
    BodyIncomplete,
    /// A chunk line or the end of a chunk is malformed.
    #[error("the framing of a chunk is malformed")]
    ChunkMalformed,
    /// A chunk other than the last is smaller than [`CHUNK_BYTES_MIN`].
    #[error("chunk {chunk} has {size} bytes, only the last may have fewer than {CHUNK_BYTES_MIN}")]
    ChunkTooSmall {
        /// The chunk's number, from 1.
        chunk: u64,
        /// Its size.
        size: u64,
    },
    /// A signed chunk is larger than [`CHUNK_BYTES_MAX`], or larger than the rest of the body.
    #[error("chunk {chunk} has {size} bytes, more than is accepted")]
    ChunkTooLarge {
        /// The chunk's number, from 1.
        chunk: u64,
        /// Its size.
        size: u64,
    },
    /// A chunk or the trailers do not bear the signature that the chain asks for.
    #[error("the signature of a chunk or of the trailers does not match")]
    SignatureMismatch {
        /// What had to be signed; empty if no signature was sent.
        string_to_sign: String,
        /// The signature as sent.
        signature_provided: String,
    },
    /// The trailers are not the declared ones, or malformed.
    #[error("the trailers are malformed or not the declared ones")]
    TrailerMalformed,
}

impl ChunkError {
    /// What S3 answers: contract/sigv4.md section 13, "streaming body".
    pub fn s3_error(&self) -> WireError {
        match self {
            Self::BodyIncomplete | Self::ChunkMalformed => {
                WireError::new(400, "IncompleteBody", "The request body terminated unexpectedly")
            }
            Self::ChunkTooSmall { chunk, size } => WireError::new(
                400,
                "InvalidChunkSizeError",
                format!(
                    "Only the last chunk is allowed to have a size less than {CHUNK_BYTES_MIN} \
                     bytes"
                ),
            )
            .with("Chunk", chunk)
            .with("BadChunkSize", size),
            Self::ChunkTooLarge { chunk, size } => WireError::new(
                400,
                "InvalidChunkSizeError",
                format!("A chunk may have at most {CHUNK_BYTES_MAX} bytes and not pass the body"),
            )
            .with("Chunk", chunk)
            .with("BadChunkSize", size),
            Self::SignatureMismatch { string_to_sign, signature_provided } => {
                crate::wire::no_match()
                    .with("StringToSign", string_to_sign)
                    .with("SignatureProvided", signature_provided)
            }
            Self::TrailerMalformed => WireError::new(
                400,
                "MalformedTrailerError",
                "The request contained trailing data that was not well-formed or did not conform \
                 to our published schema.",
            ),
        }
    }
}
