use sha2::{Digest, Sha256};

use super::chunk_line::ChunkLine;
use super::lines::LineBuffer;
use super::trailer::Trailers;
use super::{
    CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_LINE_BYTES_MAX, ChunkError, ChunkSigner,
    TRAILER_BYTES_MAX,
};
use crate::key::{Signature, SigningKey};
use crate::payload::PayloadHash;
use crate::verify::Verified;

/// Takes an aws-chunked body apart and checks its signatures on the way.
///
/// A signed chunk is held back until its signature is checked; unsigned bytes pass as they come.
/// After an error every further call fails.
#[derive(Debug)]
pub struct ChunkedDecoder {
    signing: Option<Signing>,
    state: State,
    line: LineBuffer,
    trailers: Trailers,
    /// Payload bytes that must still come.
    remaining: u64,
    /// The number of the current chunk, from 1.
    chunk: u64,
    /// The size of the chunk before, if nothing but the end may follow it.
    small: Option<u64>,
}

/// What signed chunks need.
#[derive(Debug)]
struct Signing {
    signer: ChunkSigner,
    /// Whether signed trailers follow the last chunk.
    trailer: bool,
    held: Vec<u8>,
    digest: Sha256,
    provided: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk line.
    Line,
    /// In a chunk of which so many bytes must still come.
    Data(u64),
    /// In the CRLF after a chunk.
    DataEnd,
    /// In a trailer line, or the empty line that ends them.
    Trailer,
    Done,
    Failed,
}

impl ChunkedDecoder {
    /// A signed body, its chain of signatures starting at the request's.
    ///
    /// `trailers` are the lower-case names of `x-amz-trailer`; they count only if the payload was
    /// declared with trailers.
    pub fn signed<T>(
        verified: &Verified<T>,
        key: SigningKey,
        decoded_length: u64,
        trailers: &[&str],
    ) -> Self {
        let trailer = verified.payload() == PayloadHash::StreamingSigned { trailer: true };
        let signing = Signing {
            signer: ChunkSigner::of_verified(verified, key),
            trailer,
            held: Vec::new(),
            digest: Sha256::new(),
            provided: String::new(),
        };
        Self::new(Some(signing), decoded_length, if trailer { trailers } else { &[] })
    }

    /// An unsigned body with unsigned trailers.
    pub fn unsigned(decoded_length: u64, trailers: &[&str]) -> Self {
        Self::new(None, decoded_length, trailers)
    }

    fn new(signing: Option<Signing>, decoded_length: u64, trailers: &[&str]) -> Self {
        Self {
            signing,
            state: State::Line,
            line: LineBuffer::default(),
            trailers: Trailers::new(trailers),
            remaining: decoded_length,
            chunk: 0,
            small: None,
        }
    }

    /// Takes bytes from the wire and appends the payload that may be passed on to `out`.
    ///
    /// What was appended before an error is verified payload, of a body that must be thrown away.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> Result<(), ChunkError> {
        let mut input = input;
        while !input.is_empty() {
            if let Err(error) = self.step(&mut input, out) {
                self.state = State::Failed;
                return Err(error);
            }
        }
        Ok(())
    }

    /// After the last byte: the trailers in order of arrival, or why the body is incomplete.
    pub fn finish(self) -> Result<Vec<(String, String)>, ChunkError> {
        match self.state {
            State::Done => Ok(self.trailers.into_seen()),
            _ => Err(ChunkError::BodyIncomplete),
        }
    }

    fn step(&mut self, input: &mut &[u8], out: &mut Vec<u8>) -> Result<(), ChunkError> {
        match self.state {
            State::Line => self.read_line(input),
            State::Data(left) => self.read_data(left, input, out),
            State::DataEnd => self.read_data_end(input),
            State::Trailer => self.read_trailer(input),
            State::Done | State::Failed => Err(ChunkError::BodyIncomplete),
        }
    }

    fn read_line(&mut self, input: &mut &[u8]) -> Result<(), ChunkError> {
        let taken = self.line.take(input, CHUNK_LINE_BYTES_MAX, ChunkError::ChunkMalformed)?;
        let Some(line) = taken else { return Ok(()) };
        let ChunkLine { size, signature } = ChunkLine::parse(&line)?;
        self.chunk += 1;
        self.check_size(size)?;
        match (&mut self.signing, signature) {
            (Some(signing), Some(signature)) => signature.clone_into(&mut signing.provided),
            (Some(_), None) => return Err(unsigned_chunk()),
            (None, Some(_)) => return Err(ChunkError::ChunkMalformed),
            (None, None) => {}
        }
        if size > 0 {
            self.state = State::Data(size);
            return Ok(());
        }
        if let Some(signing) = &mut self.signing {
            signing.check_chunk()?;
        }
        self.state = State::Trailer;
        Ok(())
    }

    /// A small chunk must be the last; none may pass the declared length or the limit.
    fn check_size(&mut self, size: u64) -> Result<(), ChunkError> {
        if size == 0 {
            let complete = self.remaining == 0;
            return if complete { Ok(()) } else { Err(ChunkError::BodyIncomplete) };
        }
        if let Some(small) = self.small {
            return Err(ChunkError::ChunkTooSmall { chunk: self.chunk - 1, size: small });
        }
        let held_too_long = self.signing.is_some() && size > CHUNK_BYTES_MAX;
        if held_too_long || size > self.remaining {
            return Err(ChunkError::ChunkTooLarge { chunk: self.chunk, size });
        }
        self.remaining -= size;
        self.small = (size < CHUNK_BYTES_MIN).then_some(size);
        Ok(())
    }

    fn read_data(
        &mut self,
        left: u64,
        input: &mut &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), ChunkError> {
        let take = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        let (data, rest) = input.split_at(take);
        *input = rest;
        let left = left - data.len() as u64;
        self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
        match &mut self.signing {
            Some(signing) => signing.take(data, left == 0, out),
            None => {
                out.extend_from_slice(data);
                Ok(())
            }
        }
    }

    fn read_data_end(&mut self, input: &mut &[u8]) -> Result<(), ChunkError> {
        if self.line.take(input, 0, ChunkError::ChunkMalformed)?.is_some() {
            self.state = State::Line;
        }
        Ok(())
    }

    fn read_trailer(&mut self, input: &mut &[u8]) -> Result<(), ChunkError> {
        let taken = self.line.take(input, TRAILER_BYTES_MAX, ChunkError::TrailerMalformed)?;
        let Some(line) = taken else { return Ok(()) };
        if !line.is_empty() {
            return self.trailers.push(&line);
        }
        let signed = self.signing.as_ref().is_some_and(|signing| signing.trailer);
        self.trailers.end(signed)?;
        if let Some(signing) = self.signing.as_mut().filter(|_| signed) {
            let expected = signing.signer.sign_trailer(&self.trailers.canonical());
            signing.compare(expected, self.trailers.signature())?;
        }
        self.state = State::Done;
        Ok(())
    }
}

impl Signing {
    /// Takes bytes of a chunk; with the last ones checks it and lets it go.
    fn take(&mut self, data: &[u8], is_last: bool, out: &mut Vec<u8>) -> Result<(), ChunkError> {
        self.digest.update(data);
        if !is_last {
            self.held.extend_from_slice(data);
            return Ok(());
        }
        self.check_chunk()?;
        out.extend_from_slice(&self.held);
        out.extend_from_slice(data);
        self.held.clear();
        Ok(())
    }

    fn check_chunk(&mut self) -> Result<(), ChunkError> {
        let digest = self.digest.finalize_reset().into();
        let expected = self.signer.sign_chunk(&digest);
        self.compare(expected, &self.provided)
    }

    fn compare(&self, expected: Signature, provided: &str) -> Result<(), ChunkError> {
        if Signature::from_hex(provided.as_bytes()) == Some(expected) {
            return Ok(());
        }
        Err(ChunkError::SignatureMismatch {
            string_to_sign: self.signer.string_to_sign(),
            signature_provided: provided.to_owned(),
        })
    }
}

fn unsigned_chunk() -> ChunkError {
    ChunkError::SignatureMismatch {
        string_to_sign: String::new(),
        signature_provided: String::new(),
    }
}
