//! Lines that end in CRLF and may arrive in pieces.

use super::ChunkError;

/// Collects one line.
#[derive(Debug, Default)]
pub(super) struct LineBuffer(Vec<u8>);

impl LineBuffer {
    /// Takes bytes up to and with the next line feed; the line without CRLF once it is whole.
    ///
    /// A line longer than `bytes_max`, or one that ends without CR, is `refusal`.
    pub(super) fn take(
        &mut self,
        input: &mut &[u8],
        bytes_max: usize,
        refusal: ChunkError,
    ) -> Result<Option<Vec<u8>>, ChunkError> {
        let whole = memchr::memchr(b'\n', input);
        let (head, rest) = input.split_at(whole.map_or(input.len(), |at| at + 1));
        if self.0.len() + head.len() > bytes_max + CRLF_BYTES {
            return Err(refusal);
        }
        *input = rest;
        self.0.extend_from_slice(head);
        if whole.is_none() {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.0);
        if !line.ends_with(b"\r\n") {
            return Err(refusal);
        }
        line.truncate(line.len() - CRLF_BYTES);
        Ok(Some(line))
    }
}

const CRLF_BYTES: usize = 2;
