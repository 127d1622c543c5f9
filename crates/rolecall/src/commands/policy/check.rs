use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use rolecall_policy::DOCUMENT_BYTES_MAX;
use rolecall_policy::lint::{self, Finding, Report, Severity};
use serde_json::json;

use super::lines::{self, Unreadable};
use super::printable;
use crate::cli::CheckArgs;
use crate::failure::{ANSWER_IS_NO, Failure};
use crate::place::Place;

pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let (mut unreadable, mut found) = (false, false);
    for path in &args.files {
        match read(path) {
            Ok(document) => found |= check(args, path, &document)?,
            Err(error) => {
                Failure::new(&error).report();
                unreadable = true;
            }
        }
    }
    Ok(match (unreadable, found) {
        (true, _) => ExitCode::FAILURE,
        (false, true) => ExitCode::from(ANSWER_IS_NO),
        (false, false) => ExitCode::SUCCESS,
    })
}

/// As much of a document as shows that it is too large.
fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    let limit = u64::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut document = Vec::new();
    let mut limited = lines::open(path)?.take(limit);
    limited.read_to_end(&mut document).map_err(|error| Unreadable::new(path, error))?;
    Ok(document)
}

/// Whether there is something to find fault with.
fn check(args: &CheckArgs, path: &Path, document: &[u8]) -> Result<bool, Failure> {
    let name = match path == Path::new("-") {
        true => "<stdin>".to_owned(),
        false => printable(&path.to_string_lossy()),
    };
    let report = lint::check(args.kind.map(Into::into), document);
    if args.json {
        write(&objects(&name, document, &report))?;
    } else {
        write(&text(&name, document, &report))?;
        anstream::eprintln!("{}", summary(&name, &report));
    }
    let warned = report.count(Severity::Warning) > 0;
    Ok(report.count(Severity::Error) > 0 || (args.deny_warnings && warned))
}

/// One JSON object a finding.
fn objects(name: &str, document: &[u8], report: &Report) -> String {
    let line = |finding: &Finding| {
        let (line, column) = finding.span.line_and_column(document);
        let object = json!({
            "file": name,
            "line": line,
            "column": column,
            "start": finding.span.start,
            "end": finding.span.end,
            "kind": report.kind.as_str(),
            "severity": finding.severity().as_str(),
            "code": finding.code.as_str(),
            "message": finding.message,
            "hint": finding.hint,
            "iam_message": finding.iam_message,
        });
        format!("{object}\n")
    };
    report.findings.iter().map(line).collect()
}

fn text(name: &str, document: &[u8], report: &Report) -> String {
    let document = String::from_utf8_lossy(document);
    report.findings.iter().map(|finding| paragraph(name, &document, finding)).collect()
}

/// A finding as STYLE has errors, with its place.
fn paragraph(name: &str, document: &str, finding: &Finding) -> String {
    let (dim, cyan) = (Style::new().dimmed(), AnsiColor::Cyan.on_default());
    let color = match finding.severity() {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
    };
    let severity = finding.severity().as_str();
    let place = Place::of(document, &(finding.span.start..finding.span.end));
    let excerpt = place.excerpt().replace('\n', "\n         ");
    let mut text = format!(
        "{color}{severity}:{color:#} {} [{}]\n  {dim}place:{dim:#} {name}:{}:{}\n         {excerpt}\n",
        printable(&finding.message),
        finding.code,
        place.line,
        place.column,
    );
    if let Some(message) = &finding.iam_message {
        text += &format!("  {dim}cause:{dim:#} IAM answers `{}`\n", printable(message));
    }
    if let Some(hint) = &finding.hint {
        text += &format!("\n{cyan}hint:{cyan:#} {}\n", printable(hint));
    }
    text + "\n"
}

/// `policy.json: an identity policy, 1 error, 2 warnings`
fn summary(name: &str, report: &Report) -> String {
    let counted = |severity: Severity| match report.count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.as_str())),
        many => Some(format!("{many} {}s", severity.as_str())),
    };
    let counts: Vec<_> =
        [Severity::Error, Severity::Warning].into_iter().filter_map(counted).collect();
    let found = if counts.is_empty() { "nothing found".to_owned() } else { counts.join(", ") };
    let guessed = match report.guessed {
        true => " (guessed; `--kind` says it)",
        false => "",
    };
    format!("{name}: checked as {}{guessed}: {found}", report.kind.described())
}

/// Writes data to stdout, styled for terminals alone. A reader that went away is no error.
fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(&error)),
        _ => Ok(()),
    }
}
