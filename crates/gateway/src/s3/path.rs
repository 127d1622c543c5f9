use rolecall_identity::percent;

use super::error::S3Error;

/// What a request names: nothing, a bucket, or an object in it. Decoded once, and used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Path {
    pub(crate) bucket: Option<String>,
    pub(crate) key: Option<String>,
}

/// Longest key, in bytes of UTF-8. Source: S3 user guide, "Naming Amazon S3 objects".
const KEY_BYTES_MAX: usize = 1024;

impl S3Path {
    /// Reads a raw path in path style.
    pub(crate) fn parse(raw: &str) -> Result<Self, S3Error> {
        let decoded = percent::decode(raw).ok_or_else(invalid_uri)?;
        let path = decoded.strip_prefix('/').unwrap_or(&decoded);
        if path.is_empty() {
            return Ok(Self { bucket: None, key: None });
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        check_bucket(bucket)?;
        let key = Some(key).filter(|key| !key.is_empty());
        key.map_or(Ok(()), check_key)?;
        Ok(Self { bucket: Some(bucket.to_owned()), key: key.map(str::to_owned) })
    }

    /// Reads `x-amz-copy-source`: a path, decoded exactly once. Versions are not kept here.
    pub(crate) fn parse_copy_source(raw: &str) -> Result<(String, String), S3Error> {
        let invalid = || {
            S3Error::invalid_argument(
                "Copy Source must mention the source bucket and key: \
                                       sourcebucket/sourcekey",
            )
            .with("ArgumentName", "x-amz-copy-source")
            .with("ArgumentValue", raw)
        };
        if raw.contains('?') {
            return Err(S3Error::not_implemented());
        }
        let path = Self::parse(raw).map_err(|_| invalid())?;
        path.bucket.zip(path.key).ok_or_else(invalid)
    }
}

/// The characters of a bucket name that every store takes.
/// Source: S3 user guide, "General purpose bucket naming rules".
fn check_bucket(bucket: &str) -> Result<(), S3Error> {
    let valid = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        && bucket.starts_with(|c: char| c.is_ascii_alphanumeric())
        && bucket.ends_with(|c: char| c.is_ascii_alphanumeric())
        && !bucket.contains("..");
    if valid {
        return Ok(());
    }
    let error = S3Error::new(400, "InvalidBucketName", "The specified bucket is not valid.");
    Err(error.with("BucketName", bucket))
}

/// A key that names the same object in every store: the one here is a file system, so segments that
/// it would resolve are refused (contract/gateway.md section 2).
pub(crate) fn check_key(key: &str) -> Result<(), S3Error> {
    if key.len() > KEY_BYTES_MAX {
        let error = S3Error::new(400, "KeyTooLongError", "Your key is too long");
        let error = error.with("Size", key.len().to_string());
        return Err(error.with("MaxSizeAllowed", KEY_BYTES_MAX.to_string()));
    }
    let resolves = key.split('/').any(|segment| matches!(segment, "" | "." | ".."));
    if resolves || key.contains('\0') || key.contains('\\') {
        return Err(invalid_uri());
    }
    Ok(())
}

fn invalid_uri() -> S3Error {
    S3Error::new(400, "InvalidURI", "Couldn't parse the specified URI.")
}

/// Encodes a path: what is unreserved in RFC 3986, and the slash, stays.
pub(crate) fn encode(path: &str) -> String {
    percent::encode(path, b"/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(raw: &str) -> Result<(Option<String>, Option<String>), String> {
        S3Path::parse(raw).map(|path| (path.bucket, path.key)).map_err(|error| error.code)
    }

    #[test]
    fn paths_name_buckets_and_objects() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(parsed("/"), Ok((None, None)));
        assert_eq!(parsed("/examplebucket"), Ok((some("examplebucket"), None)));
        assert_eq!(parsed("/examplebucket/"), Ok((some("examplebucket"), None)));
        let awkward = "/examplebucket/dir%20a/k+%C3%A9%20(1)~*'!.txt";
        assert_eq!(parsed(awkward), Ok((some("examplebucket"), some("dir a/k+é (1)~*'!.txt"))));
    }

    #[test]
    fn what_a_file_system_would_resolve_is_refused() {
        for (raw, code) in [
            ("/examplebucket/../other/key", "InvalidURI"),
            ("/examplebucket/%2e%2e/other", "InvalidURI"),
            ("/examplebucket/a//b", "InvalidURI"),
            ("/examplebucket/secret.txt/", "InvalidURI"),
            ("/examplebucket//a", "InvalidURI"),
            ("/examplebucket/./a", "InvalidURI"),
            ("/examplebucket/a%00b", "InvalidURI"),
            ("/examplebucket/a%5Cb", "InvalidURI"),
            ("/examplebucket/%ff", "InvalidURI"),
            ("/examplebucket/%zz", "InvalidURI"),
            ("/../examplebucket", "InvalidBucketName"),
            ("/.hidden/key", "InvalidBucketName"),
            ("/Upper/key", "InvalidBucketName"),
        ] {
            assert_eq!(parsed(raw), Err(code.to_owned()), "{raw}");
        }
    }

    #[test]
    fn keys_have_a_largest_length() {
        let longest = "k".repeat(KEY_BYTES_MAX);
        assert!(parsed(&format!("/examplebucket/{longest}")).is_ok());
        let past = parsed(&format!("/examplebucket/{longest}k"));
        assert_eq!(past, Err("KeyTooLongError".to_owned()));
    }
}
