//! Where the store does otherwise than S3: set right, or refused, before it is asked.

use std::io::ErrorKind;
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

/// What is left to do once the files were looked at.
pub(super) enum Prepared {
    /// The store is asked: for this range, if that is another than the client's.
    Ask(Option<HeaderValue>),
    /// Nothing: what should be deleted is not there.
    Done,
}

/// What stands among the files where the object of a key would.
enum Place {
    Free,
    Object {
        length: u64,
    },
    /// Other keys go on below it.
    Folder,
    /// The key goes on below an object.
    BelowObject,
}

impl Store {
    /// Looks at the files where the store would not.
    pub(super) async fn prepare(
        &self,
        permitted: &Permitted<S3Request>,
    ) -> Result<Prepared, S3Error> {
        let request = permitted.subject();
        let (bucket, key) = (request.path.bucket.as_deref(), request.path.key.as_deref());
        if let Some((bucket, key)) = &request.copy_source
            && let Place::Folder = self.place(bucket, key).await
        {
            return Err(no_such_key(key));
        }
        match (request.operation, bucket, key) {
            (Operation::DeleteBucket, Some(bucket), _) => {
                self.check_empty(bucket).await?;
                Ok(Prepared::Ask(None))
            }
            (Operation::GetObject | Operation::HeadObject, Some(bucket), Some(key)) => {
                self.range(bucket, key, request.header("range")).await.map(Prepared::Ask)
            }
            (operation, Some(bucket), Some(key)) if operation.changes_object() => {
                self.prepare_change(operation, bucket, key).await
            }
            _ => Ok(Prepared::Ask(None)),
        }
    }

    async fn prepare_change(
        &self,
        operation: Operation,
        bucket: &str,
        key: &str,
    ) -> Result<Prepared, S3Error> {
        if self.may_hold(bucket, key).await {
            return Ok(Prepared::Ask(None));
        }
        if operation == Operation::DeleteObject {
            return Ok(Prepared::Done);
        }
        let message = "Objects are kept as files here: no key may go on below another";
        Err(S3Error::new(501, "NotImplemented", message).with("Key", key))
    }

    /// Whether an object of a key is there or could be.
    pub(super) async fn may_hold(&self, bucket: &str, key: &str) -> bool {
        matches!(self.place(bucket, key).await, Place::Free | Place::Object { .. })
    }

    async fn place(&self, bucket: &str, key: &str) -> Place {
        match tokio::fs::metadata(self.root().join(bucket).join(key)).await {
            Ok(found) if found.is_dir() => Place::Folder,
            Ok(found) => Place::Object { length: found.len() },
            Err(error) if error.kind() == ErrorKind::NotADirectory => Place::BelowObject,
            Err(_) => Place::Free,
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
    async fn range(
        &self,
        bucket: &str,
        key: &str,
        range: Option<&str>,
    ) -> Result<Option<HeaderValue>, S3Error> {
        let length = match self.place(bucket, key).await {
            Place::Object { length } => length,
            Place::Folder => return Err(no_such_key(key)),
            Place::Free | Place::BelowObject => return Ok(None),
        };
        let suffix = range.and_then(|range| range.strip_prefix("bytes=-"));
        let Some(wanted) = suffix.and_then(|digits| digits.parse::<u64>().ok()) else {
            return Ok(None);
        };
        if wanted == 0 || length == 0 {
            let code = "InvalidRange";
            return Err(S3Error::known(416, code));
        }
        let start = length.saturating_sub(wanted);
        let range = format!("bytes={start}-{}", length - 1);
        Ok(HeaderValue::try_from(range).ok())
    }
}

fn no_such_key(key: &str) -> S3Error {
    S3Error::known(404, "NoSuchKey").with("Key", key)
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
