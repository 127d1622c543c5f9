use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rolecall_audit::{log_file_path, records_document};
use rolecall_identity::{AccountId, Entropy as _, Timestamp};
use serde_json::Value;

use crate::entropy::OsEntropy;

/// The audit files of a data folder: a journal, and the finished files in CloudTrail's layout.
///
/// A record is in the journal as soon as it is written, and moves to a finished file when the
/// journal is rolled. A process that was killed leaves its journal, and the next one rolls it.
pub(crate) struct AuditFiles {
    folder: PathBuf,
    journal: BufWriter<File>,
    empty: bool,
}

impl AuditFiles {
    /// Opens the folder, and finishes what an earlier process left.
    pub(crate) fn open(folder: &Path, now: Timestamp) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = journal_path(folder);
        let journal =
            OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path)?;
        let empty = journal.metadata()?.len() == 0;
        let mut files = Self { folder: folder.to_owned(), journal: BufWriter::new(journal), empty };
        if let Err(error) = files.roll(now) {
            tracing::error!(%error, "audit records of an earlier process wait in the journal");
        }
        Ok(files)
    }

    /// Writes a record, its end of line with it.
    pub(crate) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.empty = false;
        self.journal.write_all(line)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.journal.flush()
    }

    /// Moves the journal's records to finished files: one for each account and region.
    pub(crate) fn roll(&mut self, now: Timestamp) -> io::Result<()> {
        if self.empty {
            return Ok(());
        }
        self.flush()?;
        let mut groups: BTreeMap<(AccountId, String), Vec<String>> = BTreeMap::new();
        for line in BufReader::new(File::open(journal_path(&self.folder))?).split(b'\n') {
            // A line that a killed process did not finish has no owner, nor need it be text.
            let line = String::from_utf8_lossy(&line?).into_owned();
            if let Some(owner) = owner(&line) {
                groups.entry(owner).or_default().push(line);
            }
        }
        let mut failed = None;
        for ((account, region), lines) in &mut groups {
            let document = records_document(lines.iter().map(String::as_str));
            let path = log_file_path(*account, region, now, &unique());
            match self.finish(&path, &document) {
                Ok(()) => lines.clear(),
                Err(error) => failed = Some(error),
            }
        }
        self.keep(groups.into_values().flatten())?;
        failed.map_or(Ok(()), Err)
    }

    /// Leaves in the journal what could not be finished: it is tried again with the next roll.
    fn keep(&mut self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        self.journal.get_ref().set_len(0)?;
        self.empty = true;
        for line in lines {
            self.append(line.as_bytes())?;
            self.append(b"\n")?;
        }
        self.flush()
    }

    /// Writes one compressed file, whole or not at all.
    fn finish(&self, path: &str, document: &str) -> io::Result<()> {
        let path = self.folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut encoder = GzEncoder::new(options.open(&beside)?, Compression::default());
        encoder.write_all(document.as_bytes())?;
        encoder.finish()?.sync_all()?;
        fs::rename(&beside, &path)
    }
}

fn journal_path(folder: &Path) -> PathBuf {
    folder.join("journal.ndjson")
}

fn owner(line: &str) -> Option<(AccountId, String)> {
    let record: Value = serde_json::from_str(line).ok()?;
    let account = record.get("recipientAccountId")?.as_str()?.parse().ok()?;
    Some((account, record.get("awsRegion")?.as_str()?.to_owned()))
}

/// Sixteen letters and digits.
fn unique() -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
    let mut random = [0; 16];
    OsEntropy.fill(&mut random);
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'A');
    random.iter().map(letter).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn record(account: &str, region: &str, id: u32) -> String {
        format!(r#"{{"recipientAccountId":"{account}","awsRegion":"{region}","eventID":"{id}"}}"#)
    }

    fn line(record: &str) -> String {
        format!("{record}\n")
    }

    fn finished(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().ends_with(".json.gz") {
                    let mut text = String::new();
                    flate2::read::GzDecoder::new(File::open(&path).unwrap())
                        .read_to_string(&mut text)
                        .unwrap();
                    found.push(text);
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn records_move_from_the_journal_to_files_of_their_account() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_seconds(1_440_938_160);
        let mut files = AuditFiles::open(folder.path(), now).unwrap();
        let (one, two) =
            (record("123456789012", "us-east-1", 1), record("210987654321", "us-east-1", 2));
        files.append(line(&one).as_bytes()).unwrap();
        files.append(line(&two).as_bytes()).unwrap();
        files.roll(now).unwrap();
        files.roll(now).unwrap();
        let expected = [one, two].map(|record| format!("{{\"Records\":[{record}]}}"));
        assert_eq!(finished(folder.path()), expected);
    }

    #[test]
    fn what_a_killed_process_left_is_finished_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let now = Timestamp::from_seconds(1_440_938_160);
        let mut files = AuditFiles::open(folder.path(), now).unwrap();
        let one = record("123456789012", "us-east-1", 1);
        files.append(line(&one).as_bytes()).unwrap();
        files.append(b"{\"recipientAccountId\":\"1234\n").unwrap();
        files.journal.write_all(b"{\"half\":\"\xc3").unwrap();
        files.flush().unwrap();
        std::mem::forget(files);
        drop(AuditFiles::open(folder.path(), now).unwrap());
        assert_eq!(finished(folder.path()), [format!("{{\"Records\":[{one}]}}")]);
    }
}
