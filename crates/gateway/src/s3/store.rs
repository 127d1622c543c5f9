use std::path::{Path, PathBuf};

use http::{Request, Response};
use rolecall_policy::Permitted;
use s3s::service::{S3Service, S3ServiceBuilder};

use super::error::S3Error;

/// The object store behind the gateway: a folder, served in this process.
///
/// It checks nothing itself, and nothing else can reach it: what it is sent was permitted.
#[derive(Clone)]
pub struct Store {
    service: S3Service,
    root: PathBuf,
}

/// The folder cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("the object store in `{folder}` cannot be opened: {reason}")]
pub struct StoreError {
    folder: String,
    reason: String,
}

impl Store {
    /// Serves a folder that exists.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let files = s3s_fs::FileSystem::new(folder).map_err(|error| StoreError {
            folder: folder.display().to_string(),
            reason: format!("{error:?}"),
        })?;
        Ok(Self { service: S3ServiceBuilder::new(files).build(), root: folder.to_owned() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Asks the store, in a task of its own: a panic in there ends one request, not the process.
    pub(crate) async fn send(
        &self,
        request: Permitted<Request<s3s::Body>>,
    ) -> Result<Response<s3s::Body>, S3Error> {
        let service = self.service.clone();
        let answer = tokio::spawn(async move { service.call(request.into_subject()).await }).await;
        let failed = |why: String| S3Error::internal(format!("the object store failed: {why}"));
        match answer {
            Ok(answer) => answer.map_err(|error| failed(format!("{error:?}"))),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}
