use std::borrow::Cow;

use rolecall_identity::percent::hex_pair;

/// The segments of a request target, as one path without slashes at its ends.
///
/// Query, empty and `.` segments fall away, escapes are decoded, and `..` climbs inside the root:
/// `None` if it would leave it, or if an escape is not UTF-8. Source: contract/imds.md section 1.4.
pub(crate) fn normalise(target: &str) -> Option<Cow<'_, str>> {
    if let Some(path) = plain(target) {
        return Some(Cow::Borrowed(path));
    }
    let path = target.split_once('?').map_or(target, |(path, _query)| path);
    let decoded = decode(origin_form(path))?;
    let mut segments: Vec<&str> = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            _ => segments.push(segment),
        }
    }
    Some(Cow::Owned(segments.join("/")))
}

/// `http://169.254.169.254/latest` is `/latest`.
fn origin_form(target: &str) -> &str {
    let Some((_scheme, rest)) = target.split_once("://") else { return target };
    if target.starts_with('/') {
        return target;
    }
    rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/")
}

/// The path of nearly every request: nothing to decode, to skip or to climb.
fn plain(target: &str) -> Option<&str> {
    let path = target.strip_prefix('/')?;
    let pairs = std::iter::zip(target.bytes(), path.bytes());
    // Many bytes are looked at at a time, so none ends the fold.
    let is_special = pairs.fold(false, |found, (before, byte)| {
        found | matches!(byte, b'%' | b'?') | (before == b'/') & matches!(byte, b'/' | b'.')
    });
    (!is_special).then(|| path.strip_suffix('/').unwrap_or(path))
}

fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let escape = tail.split_first_chunk::<2>().filter(|_| byte == b'%');
        match escape.and_then(|(digits, tail)| Some((hex_pair(*digits)?, tail))) {
            Some((decoded, tail)) => {
                bytes.push(decoded);
                rest = tail;
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised() {
        for (target, path) in [
            ("/", Some("")),
            ("/latest/", Some("latest")),
            ("//latest///meta-data//instance-id", Some("latest/meta-data/instance-id")),
            ("/latest/./meta-data/instance-id", Some("latest/meta-data/instance-id")),
            ("/latest/meta-data/%69nstance-id?x=1", Some("latest/meta-data/instance-id")),
            ("/latest/meta-data/../user-data", Some("latest/user-data")),
            ("/latest/../../etc/passwd", None),
            ("/%2e%2e/x", None),
            ("/%ff", None),
            ("/a%2", Some("a%2")),
            ("http://169.254.169.254/latest/x", Some("latest/x")),
            ("http://169.254.169.254", Some("")),
            ("http://169.254.169.254?x=/latest", Some("")),
        ] {
            assert_eq!(normalise(target).as_deref(), path, "{target}");
        }
    }

    #[test]
    fn what_is_normal_stays_so() {
        for target in ["//a/./b%2Fc/", "/a/../b", "/x%25y"] {
            let once = normalise(target).unwrap().into_owned();
            if !once.contains('%') {
                assert_eq!(normalise(&once).unwrap(), once);
            }
        }
    }
}
