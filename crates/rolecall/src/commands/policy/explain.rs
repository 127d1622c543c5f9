mod flags;
mod words;

use std::path::Path;
use std::process::ExitCode;

use rolecall_policy::case::{Case, CaseError, CaseReader};

use super::lines::{document, whole};
use super::printable;
use crate::cli::ExplainArgs;
use crate::commands::print;
use crate::failure::{ANSWER_IS_NO, Failure};

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let case = read(args)?;
    let (text, allowed) = case.judge(|judgement| {
        let text = if args.json {
            format!("{}\n", judgement.to_json_with_message())
        } else {
            words::explain(judgement)
        };
        (text, judgement.decision().is_allowed())
    });
    print(&text)?;
    Ok(if allowed { ExitCode::SUCCESS } else { ExitCode::from(ANSWER_IS_NO) })
}

fn read(args: &ExplainArgs) -> Result<Case, Failure> {
    let mut reader = CaseReader::default();
    let read = match &args.case {
        Some(path) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            let text = whole(path).map_err(|error| Failure::new(&error))?;
            text.and_then(|text| reader.read_test(&text, &mut |file| document(&folder.join(file))))
        }
        None => {
            let text = flags::case(args).to_string();
            let case = reader.read_test(&text, &mut |file| document(Path::new(file)));
            // Nobody sees the text that the place is in.
            return case.map_err(|error| NotUnderstood::failure(error.what()));
        }
    };
    read.map_err(|error: CaseError| NotUnderstood::failure(&error.to_string()))
}

/// A request that is not understood.
#[derive(Debug, thiserror::Error)]
#[error("the request is not understood")]
struct NotUnderstood {
    source: Cause,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

impl NotUnderstood {
    fn failure(cause: &str) -> Failure {
        Failure::new(&Self { source: Cause(printable(cause)) })
    }
}
