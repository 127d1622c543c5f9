//! Streaming bodies (aws-chunked, S3): contract/sigv4.md section 3.

mod chunk_line;
mod decoder;
mod error;
mod lines;
mod signer;
mod trailer;

pub use self::chunk_line::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_LINE_BYTES_MAX};
pub use self::decoder::ChunkedDecoder;
pub use self::error::ChunkError;
pub use self::signer::ChunkSigner;
pub use self::trailer::TRAILER_BYTES_MAX;
