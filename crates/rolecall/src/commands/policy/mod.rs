//! Policies in files: checked, evaluated, explained, tested.

mod check;
mod evaluate;
mod explain;
mod lines;
mod test;

use std::process::ExitCode;

use crate::cli::{PolicyArgs, PolicyCommand};
use crate::failure::Failure;

pub(crate) fn run(args: &PolicyArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        PolicyCommand::Check(check) => check::run(check),
        PolicyCommand::Evaluate(evaluate) => evaluate::run(evaluate),
        PolicyCommand::Explain(explain) => explain::run(explain),
        PolicyCommand::Test(test) => test::run(test),
    }
}

/// A text with nothing that would steer a terminal.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}
