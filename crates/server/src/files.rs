use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rolecall_identity::Timestamp;
use rolecall_token::{Keyring, KeyringFileError};
use zeroize::Zeroizing;

use crate::entropy::OsEntropy;

/// A file of the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Reading or writing failed.
    #[error("cannot {what} `{path}`")]
    Io {
        /// `read`, `write`, …
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key ring is damaged.
    #[error("`{path}` is not a key ring")]
    Keyring {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyringFileError,
    },
}

/// Reads the key ring of a data folder, or makes one.
pub fn load_or_make_keyring(path: &Path, now: Timestamp) -> Result<Keyring, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => Keyring::from_json(&Zeroizing::new(text))
            .map_err(|source| FileError::Keyring { path: path.to_owned(), source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let keyring = Keyring::generate(now, &mut OsEntropy);
            write_private(path, &keyring.to_json())?;
            Ok(keyring)
        }
        Err(source) => Err(FileError::Io { what: "read", path: path.to_owned(), source }),
    }
}

/// Writes a file that its owner alone can read, whole or not at all.
pub fn write_private(path: &Path, text: &str) -> Result<(), FileError> {
    let beside = path.with_extension("new");
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => fs::File::open(parent)?.sync_all(),
            None => Ok(()),
        });
    written.map_err(|source| FileError::Io { what: "write", path: path.to_owned(), source })
}
