//! The query line: every pair decoded, encoded anew and sorted by name, then value.

use std::ops::Range;

use super::CanonicalError;
use crate::encode;

/// Most pairs in a query. LIMIT: ours; `AssumeRole` with 50 tags, all transitive, sends about 170.
pub const QUERY_PAIRS_MAX: usize = 256;

/// Which authentication parameters stay out of the canonical query.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// Header form: everything is signed, an `X-Amz-Signature` that somebody appended too.
    Nothing,
    /// Query form.
    Signature,
    /// Query form with a token that was added after signing.
    SignatureAndToken,
}

#[derive(Default)]
pub(super) struct QueryScratch {
    encoded: Vec<u8>,
    pairs: Vec<Pair>,
}

/// A pair's name and value as ranges of the text it was found in.
struct Pair {
    name: Range<usize>,
    value: Range<usize>,
}

impl QueryScratch {
    /// Appends the canonical query.
    pub(super) fn write(
        &mut self,
        query: &[u8],
        escapes_are_canonical: Option<bool>,
        dropped: Dropped,
        out: &mut Vec<u8>,
    ) -> Result<(), CanonicalError> {
        let as_it_is =
            is_plain(query, escapes_are_canonical) && find_pairs(query, dropped, &mut self.pairs)?;
        let source = if as_it_is {
            query
        } else {
            encode_query(query, &mut self.encoded);
            find_pairs(&self.encoded, dropped, &mut self.pairs)?;
            &self.encoded
        };
        let key = |pair: &Pair| {
            let text = |range: &Range<usize>| source.get(range.clone()).unwrap_or_default();
            (text(&pair.name), text(&pair.value))
        };
        // By the tuple, never by the joined text: `a=` sorts before `a-b=`.
        if !self.pairs.is_sorted_by(|a, b| key(a) <= key(b)) {
            self.pairs.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        for (index, pair) in self.pairs.iter().enumerate() {
            if index > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(source.get(pair.name.start..pair.value.end).unwrap_or_default());
            if pair.name.end == pair.value.end {
                // It came without `=`.
                out.push(b'=');
            }
        }
        Ok(())
    }
}

/// The pieces between ampersands, empty ones skipped.
pub(crate) fn pieces(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(query);
    std::iter::from_fn(move || {
        let text = rest?;
        let (piece, after) = match memchr::memchr(b'&', text) {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            None => (text, None),
        };
        rest = after;
        Some(piece)
    })
    .filter(|piece| !piece.is_empty())
}

/// A piece's name and value; without `=` the value is empty.
pub(crate) fn split_piece(piece: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'=', piece) {
        Some(at) => (piece.get(..at).unwrap_or_default(), piece.get(at + 1..).unwrap_or_default()),
        None => (piece, b""),
    }
}

/// The fast path: whether encoding anew would change no byte but an `=` inside a value.
fn is_plain(query: &[u8], escapes_are_canonical: Option<bool>) -> bool {
    encode::all_plain(query, [b'&', b'=', b'%'])
        && escapes_are_canonical.unwrap_or_else(|| encode::escapes_are_canonical(query, None))
}

fn encode_query(query: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.shrink_to(super::RETAINED_BYTES_MAX);
    for piece in pieces(query) {
        let (name, value) = split_piece(piece);
        encode::decode_query(name).for_each(|byte| encode::push_encoded(byte, out));
        out.push(b'=');
        encode::decode_query(value).for_each(|byte| encode::push_encoded(byte, out));
        out.push(b'&');
    }
}

/// Finds the pairs of an encoded query, without those that are dropped; `false` if a value holds an
/// `=`, which should have been encoded.
///
/// Only the first of a name is dropped, the one that was taken as the signature: a second one is
/// a change of the request like any other.
fn find_pairs(
    source: &[u8],
    dropped: Dropped,
    pairs: &mut Vec<Pair>,
) -> Result<bool, CanonicalError> {
    pairs.clear();
    let mut signature = dropped != Dropped::Nothing;
    let mut token = dropped == Dropped::SignatureAndToken;
    let mut start = 0;
    let ends = memchr::memchr_iter(b'&', source).chain([source.len()]);
    for end in ends {
        let at = std::mem::replace(&mut start, end + 1);
        let piece = source.get(at..end).unwrap_or_default();
        let (name, value) = split_piece(piece);
        if memchr::memchr(b'=', value).is_some() {
            return Ok(false);
        }
        let skip = piece.is_empty()
            || name == b"X-Amz-Signature" && std::mem::take(&mut signature)
            || name == b"X-Amz-Security-Token" && std::mem::take(&mut token);
        if skip {
            continue;
        }
        if pairs.len() == QUERY_PAIRS_MAX {
            return Err(CanonicalError::Limit { what: "query pairs", max: QUERY_PAIRS_MAX });
        }
        let equals = at + name.len();
        pairs.push(Pair { name: at..equals, value: (equals + 1).min(end)..end });
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(query: &str, dropped: Dropped) -> String {
        let mut out = Vec::new();
        QueryScratch::default().write(query.as_bytes(), None, dropped, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn pairs_are_encoded_anew_and_sorted() {
        for (sent, expected) in [
            ("", ""),
            ("&&", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a", "a="),
            ("acl", "acl="),
            ("=v", "=v"),
            ("a=2&a=1&a=1", "a=1&a=1&a=2"),
            ("a-b=1&a=2", "a=2&a-b=1"),
            ("a=b=c", "a=b%3Dc"),
            ("prefix=a+b/c", "prefix=a%20b%2Fc"),
            ("prefix=a%20b%2fc", "prefix=a%20b%2Fc"),
            ("%61=%7e", "a=~"),
            ("a=\u{1234}", "a=%E1%88%B4"),
            ("uploadId=u%2F%2B%3D%3D", "uploadId=u%2F%2B%3D%3D"),
            ("p=%24&p=a&P=1", "P=1&p=%24&p=a"),
        ] {
            assert_eq!(canonical(sent, Dropped::Nothing), expected, "{sent}");
            assert_eq!(canonical(expected, Dropped::Nothing), expected, "twice: {sent}");
        }
    }

    #[test]
    fn the_signature_is_dropped_once_and_only_where_it_is_the_signature() {
        let sent = "X-Amz-Signature=a&x=1&X-Amz-Signature=b&X-Amz-Security-Token=t";
        let all = "X-Amz-Security-Token=t&X-Amz-Signature=a&X-Amz-Signature=b&x=1";
        assert_eq!(canonical(sent, Dropped::Nothing), all);
        let one = "X-Amz-Security-Token=t&X-Amz-Signature=b&x=1";
        assert_eq!(canonical(sent, Dropped::Signature), one);
        assert_eq!(canonical(sent, Dropped::SignatureAndToken), "X-Amz-Signature=b&x=1");
    }

    #[test]
    fn pairs_at_the_limit_and_one_past_it() {
        let mut out = Vec::new();
        let query = "a&".repeat(QUERY_PAIRS_MAX);
        let mut write = |query: &str| {
            QueryScratch::default().write(query.as_bytes(), None, Dropped::Nothing, &mut out)
        };
        assert_eq!(write(&query), Ok(()));
        let past = write(&format!("{query}a"));
        let max = QUERY_PAIRS_MAX;
        assert_eq!(past, Err(CanonicalError::Limit { what: "query pairs", max }));
    }
}
