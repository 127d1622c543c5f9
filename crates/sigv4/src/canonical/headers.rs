//! The header lines: which were signed, where they stand, and how they are written.

use super::CanonicalError;
use crate::request::Header;

/// Most names in SignedHeaders. LIMIT: ours.
pub const SIGNED_HEADERS_MAX: usize = 64;

/// Most header lines in a request. LIMIT: ours; hyper's default is 100.
pub const HEADER_LINES_MAX: usize = 128;

/// For every signed name the lines that carry it, in order of arrival: two linked lists in one.
#[derive(Clone, Debug)]
pub(crate) struct HeaderIndex {
    first: [u8; SIGNED_HEADERS_MAX],
    next: [u8; HEADER_LINES_MAX],
    signs_host: bool,
}

/// What is wrong with a list of signed headers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignedHeadersFault<'a> {
    /// A name is listed that the request does not have.
    Absent(&'a str),
    /// Too many names or lines.
    Limit(CanonicalError),
    /// Empty, unsorted or with a duplicate.
    Unsorted,
}

impl HeaderIndex {
    /// Walks the header lines once; lines that are not listed go to `unsigned`, last one first.
    pub(crate) fn build<'a>(
        signed_headers: &'a str,
        headers: &[Header<'a>],
        mut unsigned: impl FnMut(&Header<'a>),
    ) -> Result<Self, SignedHeadersFault<'a>> {
        if headers.len() > HEADER_LINES_MAX {
            return Err(limit("header lines", HEADER_LINES_MAX));
        }
        let names = Names::parse(signed_headers)?;
        let signs_host = names.position("host").is_some();
        let mut index = Self { first: [NONE; _], next: [NONE; _], signs_host };
        // From the back, pushing to the front: each list ends up in order of arrival.
        for (line, header) in headers.iter().enumerate().rev() {
            let Some(at) = names.position(header.name) else {
                unsigned(header);
                continue;
            };
            if let (Some(first), Some(next)) = (index.first.get_mut(at), index.next.get_mut(line)) {
                // INVARIANT: `line` is below HEADER_LINES_MAX, so it fits a byte.
                *next = std::mem::replace(first, line as u8);
            }
        }
        match names.iter().zip(&index.first).find(|&(_, &first)| first == NONE) {
            Some((absent, _)) => Err(SignedHeadersFault::Absent(absent)),
            None => Ok(index),
        }
    }

    /// Whether `host` is among the signed names.
    pub(crate) const fn signs_host(&self) -> bool {
        self.signs_host
    }

    /// Appends `name:value` lines in the order of the signed names.
    pub(super) fn write(
        &self,
        headers: &[Header<'_>],
        out: &mut Vec<u8>,
    ) -> Result<(), CanonicalError> {
        for &first in self.first.iter().take_while(|&&first| first != NONE) {
            let mut line = usize::from(first);
            let mut separator = b':';
            while let Some(header) = headers.get(line) {
                if separator == b':' {
                    out.extend_from_slice(header.name.as_bytes());
                }
                out.push(separator);
                push_value(header.value, out)?;
                separator = b',';
                // INVARIANT: NONE is above every line number, so it ends the walk.
                line = usize::from(self.next.get(line).copied().unwrap_or(NONE));
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

/// The listed names with a fingerprint of each, so that most comparisons are of two bytes.
struct Names<'a> {
    names: [&'a str; SIGNED_HEADERS_MAX],
    prints: [u16; SIGNED_HEADERS_MAX],
    count: usize,
}

impl<'a> Names<'a> {
    fn parse(signed_headers: &'a str) -> Result<Self, SignedHeadersFault<'a>> {
        let mut parsed = Self { names: [""; _], prints: [0; _], count: 0 };
        let (mut previous, mut rest) = ("", Some(signed_headers));
        while let Some(text) = rest {
            // Names are short: a plain scan finds the semicolon sooner than a searcher starts.
            let end = text.bytes().position(|byte| byte == b';');
            let (name, after) = match end.and_then(|at| text.split_at_checked(at)) {
                Some((name, after)) => (name, after.get(1..)),
                None => (text, None),
            };
            rest = after;
            if name <= previous {
                return Err(SignedHeadersFault::Unsorted);
            }
            previous = name;
            let at = parsed.count;
            let (Some(slot), Some(print)) = (parsed.names.get_mut(at), parsed.prints.get_mut(at))
            else {
                return Err(limit("signed headers", SIGNED_HEADERS_MAX));
            };
            (*slot, *print) = (name, fingerprint(name));
            parsed.count += 1;
        }
        Ok(parsed)
    }

    fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.names.iter().copied().take(self.count)
    }

    fn position(&self, name: &str) -> Option<usize> {
        let print = fingerprint(name);
        let candidates = self.prints.iter().zip(&self.names).take(self.count);
        candidates.into_iter().position(|(&p, &n)| p == print && n == name)
    }
}

/// Length and last byte: neighbours such as `x-amz-date` and `x-amz-acl` differ in one or both.
fn fingerprint(name: &str) -> u16 {
    let last = name.as_bytes().last().copied().unwrap_or_default();
    u16::from(last) << 8 | (name.len() & 0xff) as u16
}

/// Appends a value trimmed and with runs of spaces collapsed to one.
fn push_value(value: &[u8], out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if memchr::memchr3(b'\r', b'\n', 0, value).is_some() {
        // A line break in a value could pass for another signed header.
        return Err(CanonicalError::ControlByte);
    }
    let value = value.trim_ascii();
    if memchr::memchr(b' ', value).is_none() {
        out.extend_from_slice(value);
        return Ok(());
    }
    let mut words = value.split(|&byte| byte == b' ').filter(|word| !word.is_empty());
    if let Some(word) = words.next() {
        out.extend_from_slice(word);
    }
    for word in words {
        out.push(b' ');
        out.extend_from_slice(word);
    }
    Ok(())
}

fn limit<'a>(what: &'static str, max: usize) -> SignedHeadersFault<'a> {
    SignedHeadersFault::Limit(CanonicalError::Limit { what, max })
}

/// No line. INVARIANT: above every line number.
const NONE: u8 = u8::MAX;
const _: () = assert!(HEADER_LINES_MAX <= NONE as usize);

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(signed: &str, lines: &[(&str, &str)]) -> String {
        let headers: Vec<_> =
            lines.iter().map(|&(name, value)| Header { name, value: value.as_bytes() }).collect();
        let index = HeaderIndex::build(signed, &headers, |_| {}).unwrap();
        let mut out = Vec::new();
        index.write(&headers, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn fault<'a>(signed: &'a str, names: &[&'a str]) -> Option<SignedHeadersFault<'a>> {
        let headers: Vec<_> = names.iter().map(|&name| Header { name, value: b"" }).collect();
        HeaderIndex::build(signed, &headers, |_| {}).err()
    }

    #[test]
    fn values_are_trimmed_collapsed_and_joined_in_order() {
        let lines = [("b", "  1   2 "), ("a", "x"), ("b", ""), ("b", "\t3  "), ("c", "no")];
        assert_eq!(canonical("a;b", &lines), "a:x\nb:1 2,,3\n");
    }

    #[test]
    fn lists_that_are_not_sorted_or_not_there_are_refused() {
        use SignedHeadersFault::{Absent, Unsorted};
        assert_eq!(fault("a;b", &["b", "a"]), None);
        assert_eq!(fault("", &["a"]), Some(Unsorted));
        assert_eq!(fault("b;a", &["a", "b"]), Some(Unsorted));
        assert_eq!(fault("a;a", &["a"]), Some(Unsorted));
        assert_eq!(fault("a;", &["a"]), Some(Unsorted));
        assert_eq!(fault("a;b", &["a"]), Some(Absent("b")));
        assert_eq!(fault("A", &["a"]), Some(Absent("A")));
    }

    #[test]
    fn names_and_lines_at_the_limit_and_one_past_it() {
        let names: Vec<String> = (0..=SIGNED_HEADERS_MAX).map(|i| format!("h{i:03}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(fault(&names[1..].join(";"), &names), None);
        let all = names.join(";");
        assert_eq!(fault(&all, &names), Some(limit("signed headers", SIGNED_HEADERS_MAX)));
        assert_eq!(fault("a", &["a"; HEADER_LINES_MAX]), None);
        let past = fault("a", &["a"; HEADER_LINES_MAX + 1]);
        assert_eq!(past, Some(limit("header lines", HEADER_LINES_MAX)));
    }

    #[test]
    fn a_line_break_in_a_value_is_refused() {
        for bad in ["a\nhost:x", "a\r", "\0"] {
            assert_eq!(
                push_value(bad.as_bytes(), &mut Vec::new()),
                Err(CanonicalError::ControlByte)
            );
        }
    }
}
