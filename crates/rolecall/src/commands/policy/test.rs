mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rolecall_policy::case::{CaseError, CaseReader};

use self::report::{Report, Verdict};
use super::lines::{CaseLines, Line, Unreadable, document, open, whole};
use crate::cli::TestArgs;
use crate::commands::print;
use crate::failure::Failure;

pub(crate) fn run(args: &TestArgs) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    find(&args.dir, &mut files).map_err(|error| Failure::new(&error))?;
    let (mut report, mut reader) = (Report::default(), CaseReader::default());
    for file in &files {
        run_file(file, &mut reader, &mut report).map_err(|error| Failure::new(&error))?;
    }
    if report.is_empty() {
        return Err(Failure::new(&NoTests { path: args.dir.clone() })
            .hint("tests are files as `NAME.test.json` and `NAME.test.jsonl`"));
    }
    print(&if args.json { report.to_json() } else { report.to_text() })?;
    Ok(report.exit_code())
}

#[derive(Debug, thiserror::Error)]
#[error("there are no tests in `{}`", path.display())]
struct NoTests {
    path: PathBuf,
}

/// The tests below a folder, in the order of their names. Links to folders are not followed.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Unreadable> {
    let cannot = |error| Unreadable::new(path, error);
    if !fs::metadata(path).map_err(cannot)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries: Result<Vec<_>, _> = fs::read_dir(path).map_err(cannot)?.collect();
    let mut entries = entries.map_err(cannot)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(cannot)?.is_dir() {
            find(&path, files)?;
        } else if is_test(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_test(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".test.json") || name.ends_with(".test.jsonl")
}

fn run_file(path: &Path, reader: &mut CaseReader, report: &mut Report) -> Result<(), Unreadable> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut judge = |text: Result<String, CaseError>, first| {
        text.and_then(|text| judge(reader, folder, &text)).map_err(|error| error.on_line(first))
    };
    if path.extension().is_none_or(|extension| extension != "jsonl") {
        report.add(path, None, judge(whole(path)?, 1));
        return Ok(());
    }
    let mut lines = CaseLines::new(open(path)?);
    while let Some(Line { number, text }) =
        lines.next().map_err(|error| Unreadable::new(path, error))?
    {
        report.add(path, Some(number), judge(text, number));
    }
    Ok(())
}

fn judge(reader: &mut CaseReader, folder: &Path, text: &str) -> Result<Verdict, CaseError> {
    let mut files = |file: &str| {
        if Path::new(file).is_absolute() {
            return Err(format!("`{file}` is not relative to the test"));
        }
        document(&folder.join(file))
    };
    let case = reader.read_test(text, &mut files)?;
    let expected = case.expected().ok_or_else(|| {
        let what = "`expect`: the field is missing; expected `allowed`, `explicitDeny` or \
                    `implicitDeny`";
        CaseError::unreadable(what).named(case.name())
    })?;
    Ok(case.judge(|judgement| Verdict {
        name: case.name().to_owned(),
        expected,
        got: judgement.decision().as_str(),
        passed: expected.is_of(judgement.decision()),
        detail: judgement.decision().explain(),
    }))
}
