//! `hexsize` and, signed, `;chunk-signature=SIG`.

use super::ChunkError;

/// Largest signed chunk: it is held back until its signature is checked. LIMIT: ours.
pub const CHUNK_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Smallest chunk that another one may follow. Source: contract/sigv4.md section 3.
pub const CHUNK_BYTES_MIN: u64 = 8 * 1024;

/// Longest chunk line: 16 digits, the extension's name and 64 digits, and a little.
pub const CHUNK_LINE_BYTES_MAX: usize = 128;

/// A chunk line, parsed.
pub(super) struct ChunkLine<'a> {
    pub(super) size: u64,
    pub(super) signature: Option<&'a str>,
}

impl<'a> ChunkLine<'a> {
    /// Parses a line; no extension but the signature's is known.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, ChunkError> {
        let line = str::from_utf8(line).map_err(|_| ChunkError::ChunkMalformed)?;
        let (size, signature) = match line.split_once(';') {
            Some((size, extension)) => {
                let signature = extension.strip_prefix("chunk-signature=");
                (size, Some(signature.ok_or(ChunkError::ChunkMalformed)?))
            }
            None => (line, None),
        };
        Ok(Self { size: parse_size(size).ok_or(ChunkError::ChunkMalformed)?, signature })
    }
}

/// 1 to 16 hexadecimal digits: no sign, no blank, nothing that overflows.
fn parse_size(digits: &str) -> Option<u64> {
    let well_formed =
        (1..=16).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| well_formed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_hexadecimal_and_bounded() {
        assert_eq!(parse_size("10000"), Some(65_536));
        assert_eq!(parse_size("0"), Some(0));
        assert_eq!(parse_size("ffffffffffffffff"), Some(u64::MAX));
        for bad in ["", "+1", "-1", " 1", "1 ", "0x1", "g", "10000000000000000"] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }
}
