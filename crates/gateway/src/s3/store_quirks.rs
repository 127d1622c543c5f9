//! Where the store does otherwise than S3: set right, or refused, before it is asked.

use std::path::{Path, PathBuf};

use http::HeaderValue;
use rolecall_policy::Permitted;

use super::error::S3Error;
use super::operation::Operation;
use super::store::Store;
use super::transform::S3Request;

/// Refuses what the store would answer wrongly.
pub(super) fn check(request: &S3Request) -> Result<(), S3Error> {
    if request.query.get("delimiter").is_some_and(|delimiter| !matches!(delimiter, "" | "/")) {
        return Err(S3Error::not_implemented().with("ArgumentName", "delimiter"));
    }
    // It would drop the slash, and list what was not decided on.
    if request.query.get("prefix").is_some_and(|prefix| prefix.starts_with('/')) {
        let message = "No key of this store begins with a slash";
        return Err(S3Error::invalid_argument(message).with("ArgumentName", "prefix"));
    }
    let objects = request.path.bucket.iter().zip(&request.path.key);
    objects
        .chain(request.copy_source.iter().map(|(bucket, key)| (bucket, key)))
        .try_for_each(|(bucket, key)| check_length(bucket, key))?;
    check_conditions(request)
}

/// The store keeps a file beside each object, whose name holds bucket and key in base64.
fn check_length(bucket: &str, key: &str) -> Result<(), S3Error> {
    let encoded = |text: &str| (text.len() * 4).div_ceil(3);
    let beside = BESIDE_BYTES + encoded(bucket) + encoded(key);
    let segment = key.split('/').map(str::len).max().unwrap_or(0);
    if beside <= FILE_NAME_BYTES_MAX && segment <= FILE_NAME_BYTES_MAX {
        return Ok(());
    }
    let most = (FILE_NAME_BYTES_MAX - BESIDE_BYTES).saturating_sub(encoded(bucket)) * 3 / 4;
    let error = S3Error::new(400, "KeyTooLongError", "Your key is too long");
    Err(error.with("Size", key.len().to_string()).with("MaxSizeAllowed", most.to_string()))
}

/// `.bucket-….object-….upload-UUID.metadata.json`, without what is encoded.
const BESIDE_BYTES: usize = 8 + 8 + 44 + 14;
/// Longest name of a file on Linux.
const FILE_NAME_BYTES_MAX: usize = 255;

/// Conditions of writes that the store does not know.
fn check_conditions(request: &S3Request) -> Result<(), S3Error> {
    let has = |name: &str| request.header(name).is_some();
    let unkept = match request.operation {
        Operation::GetObject | Operation::HeadObject => false,
        Operation::PutObject => request.header("if-none-match").is_some_and(|tag| tag != "*"),
        _ => has("if-match") || has("if-none-match"),
    };
    if unkept { Err(S3Error::not_implemented().with("Header", "if-match")) } else { Ok(()) }
}

impl Store {
    /// Looks at the files where the store would not. The range that it is asked for, if that is
    /// another than the client's.
    pub(super) async fn prepare(
        &self,
        permitted: &Permitted<S3Request>,
    ) -> Result<Option<HeaderValue>, S3Error> {
        let request = permitted.subject();
        let (bucket, key) = (request.path.bucket.as_deref(), request.path.key.as_deref());
        match (request.operation, bucket, key) {
            (Operation::DeleteBucket, Some(bucket), _) => {
                self.check_empty(bucket).await?;
                Ok(None)
            }
            (Operation::GetObject | Operation::HeadObject, Some(bucket), Some(key)) => {
                self.read_range(bucket, key, request.header("range")).await
            }
            _ => Ok(None),
        }
    }

    /// The store would delete a bucket with all that is in it.
    async fn check_empty(&self, bucket: &str) -> Result<(), S3Error> {
        let folder = self.root().join(bucket);
        let found = tokio::task::spawn_blocking(move || holds_file(&folder)).await;
        match found {
            Ok(false) => Ok(()),
            Ok(true) => {
                let code = "BucketNotEmpty";
                Err(S3Error::known(409, code).with("BucketName", bucket))
            }
            Err(error) => Err(S3Error::internal(error.to_string())),
        }
    }

    /// A folder is no object; and the last bytes of an object are told by where they begin.
    async fn read_range(
        &self,
        bucket: &str,
        key: &str,
        range: Option<&str>,
    ) -> Result<Option<HeaderValue>, S3Error> {
        let path = self.root().join(bucket).join(key);
        let Ok(found) = tokio::fs::metadata(path).await else { return Ok(None) };
        if found.is_dir() {
            return Err(S3Error::known(404, "NoSuchKey").with("Key", key));
        }
        let suffix = range.and_then(|range| range.strip_prefix("bytes=-"));
        let Some(wanted) = suffix.and_then(|digits| digits.parse::<u64>().ok()) else {
            return Ok(None);
        };
        if wanted == 0 || found.len() == 0 {
            let code = "InvalidRange";
            return Err(S3Error::known(416, code));
        }
        let start = found.len().saturating_sub(wanted);
        let range = format!("bytes={start}-{}", found.len() - 1);
        Ok(HeaderValue::try_from(range).ok())
    }
}

/// Whether there is any file below a folder.
fn holds_file(folder: &Path) -> bool {
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if !entry.path().is_dir() {
                return true;
            }
            folders.push(entry.path());
        }
    }
    false
}
