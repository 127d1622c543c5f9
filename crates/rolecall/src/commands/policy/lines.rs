use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use rolecall_policy::DOCUMENT_BYTES_MAX;
use rolecall_policy::case::{CASE_BYTES_MAX, CaseError};

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`", path.display())]
pub(super) struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

impl Unreadable {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }
}

/// Opens a file; `-` is standard input.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, Unreadable> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| Unreadable::new(path, error))?;
    Ok(Box::new(file))
}

/// A whole case: one byte more than a case may have is enough to refuse it.
pub(super) fn whole(path: &Path) -> Result<Result<String, CaseError>, Unreadable> {
    let mut bytes = Vec::new();
    let mut limited = open(path)?.take(at_most(CASE_BYTES_MAX));
    limited.read_to_end(&mut bytes).map_err(|error| Unreadable::new(path, error))?;
    Ok(text(bytes))
}

/// Reads a policy that a case names; the error is for the case.
pub(super) fn document(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot read `{}`: {error}", path.display());
    let mut bytes = Vec::new();
    let mut limited = File::open(path).map_err(cannot)?.take(at_most(DOCUMENT_BYTES_MAX));
    limited.read_to_end(&mut bytes).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", path.display()))
}

/// Cases of a file, one a line. Not more than one line is held.
pub(super) struct CaseLines {
    input: BufReader<Box<dyn Read>>,
    number: usize,
}

/// A line that is not blank.
pub(super) struct Line {
    /// Counted from one.
    pub(super) number: usize,
    pub(super) text: Result<String, CaseError>,
}

impl CaseLines {
    pub(super) fn new(input: Box<dyn Read>) -> Self {
        Self { input: BufReader::with_capacity(READ_BYTES, input), number: 0 }
    }

    /// Whether the next line has to be waited for.
    pub(super) fn would_wait(&self) -> bool {
        self.input.buffer().is_empty()
    }

    /// The next line with a case.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let mut bytes = Vec::new();
            let mut limited = Read::by_ref(&mut self.input).take(at_most(CASE_BYTES_MAX + 1));
            if limited.read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if bytes.pop_if(|last| *last == b'\n').is_none() && bytes.len() > CASE_BYTES_MAX {
                self.input.skip_until(b'\n')?;
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(Line { number: self.number, text: text(bytes) }));
            }
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, CaseError> {
    if bytes.len() > CASE_BYTES_MAX {
        return Err(CaseError::unreadable(format!("more than {CASE_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| CaseError::unreadable("the text is not UTF-8"))
}

fn at_most(bytes: usize) -> u64 {
    u64::try_from(bytes).map_or(u64::MAX, |bytes| bytes.saturating_add(1))
}

const READ_BYTES: usize = 64 << 10;
