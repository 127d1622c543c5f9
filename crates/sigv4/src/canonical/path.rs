//! The path line: S3 encodes what it decoded, every other service normalises and encodes again.

use super::CanonicalError;
use crate::encode;
use crate::request::Dialect;

/// Appends the canonical path.
pub(super) fn write(
    path: &[u8],
    dialect: Dialect,
    out: &mut Vec<u8>,
) -> Result<(), CanonicalError> {
    if path.is_empty() {
        out.push(b'/');
        return Ok(());
    }
    if !path.starts_with(b"/") || encode::check_escapes(path).is_err() {
        return Err(CanonicalError::Path);
    }
    match dialect {
        Dialect::Query => write_normalized(path, out),
        Dialect::S3 => {
            write_object_key(path, out);
            Ok(())
        }
    }
}

/// S3: decoded once, encoded once, nothing removed. `//`, `.` and `..` are bytes of the key.
fn write_object_key(path: &[u8], out: &mut Vec<u8>) {
    if encode::all_plain(path, [b'/', b'%']) && encode::escapes_are_canonical(path, Some(b'/')) {
        out.extend_from_slice(path);
        return;
    }
    for byte in encode::decode_path(path) {
        push_kept_slash(byte, out);
    }
}

/// Others: as received, without empty and dot segments, then encoded again (`%3A` -> `%253A`).
fn write_normalized(path: &[u8], out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    if encode::all_plain(path, [b'/']) && is_normal(path) {
        out.extend_from_slice(path);
        return Ok(());
    }
    let start = out.len();
    for segment in path.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => remove_last(start, out)?,
            name => {
                out.push(b'/');
                encode::push_text(name, out);
            }
        }
    }
    // AWS: a dot segment at the end leaves a slash (RFC 3986 section 5.2.4, as the Rust SDK signs
    // it); botocore leaves none [?].
    let ends_in_slash = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end.as_bytes()));
    if ends_in_slash || out.len() == start {
        out.push(b'/');
    }
    Ok(())
}

/// No empty segment and none that starts with a dot: a quick test that may say no too often.
fn is_normal(path: &[u8]) -> bool {
    !path.windows(2).any(|two| matches!(two, b"//" | b"/."))
}

/// Takes the last segment away; above the root there is none.
fn remove_last(start: usize, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let written = out.get(start..).unwrap_or_default();
    let slash = memchr::memrchr(b'/', written).ok_or(CanonicalError::Path)?;
    out.truncate(start + slash);
    Ok(())
}

fn push_kept_slash(byte: u8, out: &mut Vec<u8>) {
    if byte == b'/' { out.push(b'/') } else { encode::push_encoded(byte, out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(path: &str, dialect: Dialect) -> Option<String> {
        let mut out = Vec::new();
        write(path.as_bytes(), dialect, &mut out).ok()?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn other_services_normalise_and_encode_again() {
        for (sent, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/b", "/a/b"),
            ("/a/b/", "/a/b/"),
            ("/a//b", "/a/b"),
            ("/./a", "/a"),
            ("/a/..", "/"),
            ("/a/b/../..", "/"),
            ("/a/b/../", "/a/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/a/b.", "/a/b."),
            ("/a b", "/a%20b"),
            ("/a%20b", "/a%2520b"),
            (
                "/2015-03-31/functions/arn%3Aaws%3Alambda",
                "/2015-03-31/functions/arn%253Aaws%253Alambda",
            ),
            ("/%2e%2e/x", "/%252e%252e/x"),
            ("/.a/..b", "/.a/..b"),
            ("/\u{1234}", "/%E1%88%B4"),
            ("/a+b", "/a%2Bb"),
        ] {
            assert_eq!(canonical(sent, Dialect::Query).as_deref(), Some(expected), "{sent}");
        }
    }

    #[test]
    fn s3_keeps_every_byte_of_the_key() {
        for (sent, expected) in [
            ("", "/"),
            ("/b//../c/.", "/b//../c/."),
            ("/b/%7ea", "/b/~a"),
            ("/b/a%2fb", "/b/a/b"),
            ("/b/a%2Fb", "/b/a/b"),
            ("/b/a+k", "/b/a%2Bk"),
            ("/b/a%20k", "/b/a%20k"),
            ("/b/a k", "/b/a%20k"),
            ("/b/%c3%a9", "/b/%C3%A9"),
            ("/b/é", "/b/%C3%A9"),
            ("/b/%00%ff", "/b/%00%FF"),
            ("/b/dir a/k+é (1)~*'!.txt", "/b/dir%20a/k%2B%C3%A9%20%281%29~%2A%27%21.txt"),
        ] {
            assert_eq!(canonical(sent, Dialect::S3).as_deref(), Some(expected), "{sent}");
        }
    }

    #[test]
    fn paths_without_a_meaning_are_refused() {
        for bad in ["a", "/%", "/%2", "/%zz", "*"] {
            assert_eq!(canonical(bad, Dialect::Query), None, "{bad}");
            assert_eq!(canonical(bad, Dialect::S3), None, "{bad}");
        }
        for above in ["/..", "/a/../..", "/../a"] {
            assert_eq!(canonical(above, Dialect::Query), None, "{above}");
        }
    }
}
