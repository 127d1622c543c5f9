use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use rolecall_policy::case::CaseReader;

use super::lines::{CaseLines, Line, Unreadable, open};
use crate::cli::EvaluateArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &EvaluateArgs) -> Result<ExitCode, Failure> {
    let input = open(&args.cases).map_err(|error| Failure::new(&error))?;
    let mut output = BufWriter::new(io::stdout().lock());
    match answer(&args.cases, CaseLines::new(input), &mut output) {
        Ok(true) => Ok(ExitCode::SUCCESS),
        Ok(false) => Ok(ExitCode::FAILURE),
        // A reader that went away is no error.
        Err(Stopped::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::SUCCESS)
        }
        Err(Stopped::Write(error)) => Err(Failure::new(&error)),
        Err(Stopped::Read(error)) => Err(Failure::new(&error)),
    }
}

enum Stopped {
    Read(Unreadable),
    Write(io::Error),
}

/// Answers each line with one; says whether all were understood.
fn answer(path: &Path, mut lines: CaseLines, output: &mut impl Write) -> Result<bool, Stopped> {
    let (mut reader, mut all) = (CaseReader::default(), true);
    loop {
        // Who waits for an answer before asking again gets it.
        if lines.would_wait() {
            output.flush().map_err(Stopped::Write)?;
        }
        let next = lines.next();
        let next = next.map_err(|error| Stopped::Read(Unreadable::new(path, error)))?;
        let Some(Line { number, text }) = next else { break };
        let answer = match text.and_then(|text| reader.read(&text)) {
            Ok(case) => case.judge(|judgement| judgement.to_json()),
            Err(error) => {
                all = false;
                error.on_line(number).to_json()
            }
        };
        writeln!(output, "{answer}").map_err(Stopped::Write)?;
    }
    output.flush().map_err(Stopped::Write)?;
    Ok(all)
}
