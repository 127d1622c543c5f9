//! Trailers: exactly those that `x-amz-trailer` declared, then their signature.

use super::ChunkError;

/// Most bytes in all trailer lines together. LIMIT: ours; a checksum line has about 60.
pub const TRAILER_BYTES_MAX: usize = 4096;

/// The trailers seen so far.
#[derive(Debug)]
pub(super) struct Trailers {
    declared: Vec<String>,
    seen: Vec<(String, String)>,
    signature: Option<String>,
    bytes: usize,
}

impl Trailers {
    pub(super) fn new(declared: &[&str]) -> Self {
        let declared = declared.iter().map(|name| name.to_ascii_lowercase()).collect();
        Self { declared, seen: Vec::new(), signature: None, bytes: 0 }
    }

    /// Takes a line that is not empty. Nothing may follow the signature.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        self.bytes = self.bytes.saturating_add(line.len());
        let (name, value) = split(line).ok_or(ChunkError::TrailerMalformed)?;
        if self.bytes > TRAILER_BYTES_MAX || self.signature.is_some() {
            return Err(ChunkError::TrailerMalformed);
        }
        if name == SIGNATURE {
            self.signature = Some(value);
            return Ok(());
        }
        let known = self.declared.contains(&name);
        let again = self.seen.iter().any(|(seen, _)| *seen == name);
        if !known || again {
            return Err(ChunkError::TrailerMalformed);
        }
        self.seen.push((name, value));
        Ok(())
    }

    /// Ends the trailers: all declared ones are there, and a signature exactly if `signed`.
    pub(super) fn end(&self, signed: bool) -> Result<(), ChunkError> {
        // INVARIANT: every seen name is declared and unique, so the counts decide.
        let complete = self.declared.iter().all(|name| self.seen.iter().any(|s| s.0 == *name));
        match (complete, self.signature.is_some()) {
            (true, has) if has == signed => Ok(()),
            (true, false) => Err(ChunkError::SignatureMismatch {
                string_to_sign: String::new(),
                signature_provided: String::new(),
            }),
            _ => Err(ChunkError::TrailerMalformed),
        }
    }

    /// The text that is signed: sorted `name:value\n` lines.
    pub(super) fn canonical(&self) -> Vec<u8> {
        let mut sorted: Vec<_> = self.seen.iter().collect();
        sorted.sort_unstable();
        sorted.iter().flat_map(|(name, value)| format!("{name}:{value}\n").into_bytes()).collect()
    }

    /// The signature as sent.
    pub(super) fn signature(&self) -> &str {
        self.signature.as_deref().unwrap_or_default()
    }

    pub(super) fn into_seen(self) -> Vec<(String, String)> {
        self.seen
    }
}

/// Splits `name:value`: a token, and a value of printable ASCII.
fn split(line: &[u8]) -> Option<(String, String)> {
    let (name, value) = str::from_utf8(line).ok()?.split_once(':')?;
    let token = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let value = value.trim_ascii();
    let printable = value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    (token && printable).then(|| (name.to_ascii_lowercase(), value.to_owned()))
}

/// The name of the trailer that signs the others.
const SIGNATURE: &str = "x-amz-trailer-signature";
