use std::error::Error;
use std::process::ExitCode;

use rolecall_client::Hint;

/// What a command reports before it ends.
pub(crate) struct Failure {
    code: u8,
    what: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

/// It failed: network, permission, server answer.
const FAILED: u8 = 1;
/// It worked, and the answer is no: denied, findings, a test that failed.
pub(crate) const ANSWER_IS_NO: u8 = 3;
/// The configuration is not valid.
const CONFIGURATION: u8 = 4;

impl Failure {
    /// Something failed; the sources of the error are its causes.
    pub(crate) fn new(error: &dyn Error) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self { code: FAILED, what: error.to_string(), causes, hints: Vec::new() }
    }

    /// Something failed, and knows what would help.
    pub(crate) fn with_hints<E: Error + Hint>(error: &E) -> Self {
        Self { hints: error.hints(), ..Self::new(error) }
    }

    /// A configuration that is not valid.
    pub(crate) fn configuration(what: String, causes: Vec<String>, hints: Vec<String>) -> Self {
        Self { code: CONFIGURATION, what, causes, hints }
    }

    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Prints it as STYLE has it: error, causes, hints.
    pub(crate) fn report(self) -> ExitCode {
        let (error, cause, hint) = (
            anstyle::AnsiColor::Red.on_default().bold(),
            anstyle::Style::new().dimmed(),
            anstyle::AnsiColor::Cyan.on_default(),
        );
        anstream::eprintln!("{error}error:{error:#} {}", self.what);
        for text in &self.causes {
            let text = text.replace('\n', "\n         ");
            anstream::eprintln!("  {cause}cause:{cause:#} {text}");
        }
        if !self.hints.is_empty() {
            anstream::eprintln!();
        }
        for text in &self.hints {
            anstream::eprintln!("{hint}hint:{hint:#} {text}");
        }
        ExitCode::from(self.code)
    }
}
