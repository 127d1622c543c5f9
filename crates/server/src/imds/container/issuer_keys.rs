use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rolecall_authority::seed::SeedJwks;
use rolecall_imds::container::pod_identity::{JWKS_BYTES_MAX, Jwks, JwksError};

/// The public keys of an issuer: from a text, or from a file that is read again when it changes.
///
/// A change that is no key set changes nothing: the keys before it stay, and the log says why.
pub(super) struct IssuerKeys {
    file: Option<PathBuf>,
    held: Mutex<Held>,
}

struct Held {
    keys: Arc<Jwks>,
    /// What the file was when it was read; `None` if it could not be looked at.
    mark: Option<Mark>,
}

/// What changes with the content of a file, also when another one takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

/// Why keys cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IssuerKeysError {
    /// The file cannot be read.
    #[error("cannot read `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// They are no keys.
    #[error("the keys of the issuer are not valid")]
    Jwks(#[from] JwksError),
}

impl IssuerKeys {
    pub(super) fn open(source: SeedJwks) -> Result<Self, IssuerKeysError> {
        let (file, keys, mark) = match source {
            SeedJwks::Text(text) => (None, Jwks::parse(&text)?, None),
            SeedJwks::File(path) => {
                let mark = Mark::of(&path).ok();
                let keys = read(&path)?;
                (Some(path), keys, mark)
            }
        };
        Ok(Self { file, held: Mutex::new(Held { keys: Arc::new(keys), mark }) })
    }

    /// The keys of this moment. Looks at the file, so it may wait for a disk.
    pub(super) fn current(&self) -> Arc<Jwks> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(path) = &self.file {
            // Looked at before it is read: a change in between is seen the next time.
            let mark = Mark::of(path).ok();
            if mark != held.mark {
                held.mark = mark;
                match read(path) {
                    Ok(keys) => held.keys = Arc::new(keys),
                    Err(error) => {
                        let (path, reason) = (path.display(), chain(&error));
                        tracing::warn!(%path, reason, "the keys of the issuer stay as they were");
                    }
                }
            }
        }
        Arc::clone(&held.keys)
    }
}

impl Mark {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = std::fs::metadata(path)?;
        let modified = metadata.modified().ok();
        Ok(Self { modified, length: metadata.len(), inode: metadata.ino() })
    }
}

fn read(path: &Path) -> Result<Jwks, IssuerKeysError> {
    let most = JWKS_BYTES_MAX as u64 + 1;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_string(&mut text))
        .map_err(|source| IssuerKeysError::Io { path: path.to_owned(), source })?;
    Ok(Jwks::parse(&text)?)
}

fn chain(error: &IssuerKeysError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator of P-256 is a public key like any other.
    fn keys(kid: &str) -> String {
        format!(
            r#"{{"keys":[{{"kty":"EC","kid":"{kid}","crv":"P-256",
               "x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY",
               "y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}}]}}"#
        )
    }

    fn names(keys: &IssuerKeys, kid: &str) -> bool {
        format!("{:?}", keys.current()).contains(kid)
    }

    #[test]
    fn a_file_is_read_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        assert!(IssuerKeys::open(SeedJwks::File(path.clone())).is_err());
        std::fs::write(&path, keys("one")).unwrap();
        let held = IssuerKeys::open(SeedJwks::File(path.clone())).unwrap();
        assert!(names(&held, "\"one\""));
        // Another file in its place, whatever the clock of the file system says.
        let beside = folder.path().join("new");
        std::fs::write(&beside, keys("two")).unwrap();
        std::fs::rename(&beside, &path).unwrap();
        assert!(names(&held, "\"two\"") && !names(&held, "\"one\""));
        // What is no key set, or not there, changes nothing.
        std::fs::write(&path, "{}").unwrap();
        assert!(names(&held, "\"two\""));
        std::fs::remove_file(&path).unwrap();
        assert!(names(&held, "\"two\""));
        std::fs::write(&path, keys("three")).unwrap();
        assert!(names(&held, "\"three\""));
    }

    #[test]
    fn a_text_is_read_once() {
        assert!(names(&IssuerKeys::open(SeedJwks::Text(keys("one"))).unwrap(), "\"one\""));
        assert!(IssuerKeys::open(SeedJwks::Text("{}".to_owned())).is_err());
    }

    #[test]
    fn a_file_has_a_longest_form() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        std::fs::write(&path, keys("one") + &" ".repeat(JWKS_BYTES_MAX)).unwrap();
        let refused = IssuerKeys::open(SeedJwks::File(path)).err().unwrap();
        assert!(matches!(refused, IssuerKeysError::Jwks(JwksError::TooLarge)));
    }
}
