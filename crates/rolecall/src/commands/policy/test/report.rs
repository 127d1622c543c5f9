use std::path::Path;
use std::process::ExitCode;

use rolecall_policy::case::{CaseError, Outcome};
use serde_json::{Value, json};

use crate::commands::policy::printable;
use crate::failure::ANSWER_IS_NO;

/// What came of a test.
pub(super) struct Verdict {
    pub(super) name: String,
    pub(super) expected: Outcome,
    pub(super) got: &'static str,
    pub(super) passed: bool,
    pub(super) detail: String,
}

/// What came of all tests; those that passed are only counted.
#[derive(Default)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
    errors: usize,
    text: String,
    objects: Vec<Value>,
}

impl Report {
    /// Takes in a test; `line` is where it stands in a file of several.
    pub(super) fn add(
        &mut self,
        path: &Path,
        line: Option<usize>,
        came: Result<Verdict, CaseError>,
    ) {
        let file = path.display().to_string();
        let place = match line {
            Some(line) => format!("{file}:{line}"),
            None => file.clone(),
        };
        match came {
            Ok(verdict) if verdict.passed => self.passed += 1,
            Ok(Verdict { name, expected, got, detail, .. }) => {
                self.failed += 1;
                let (shown, expected) = (name.escape_debug(), expected.as_str());
                self.text.push_str(&format!(
                    "FAILED {place} `{shown}`\n  expected {expected}, got {got}\n  {detail}\n"
                ));
                self.objects.push(json!({"file": file, "line": line, "name": name,
                    "expected": expected, "decision": got, "detail": detail}));
            }
            Err(error) => {
                self.errors += 1;
                let what = error.to_string();
                let shown = error.name().map(|name| format!(" `{}`", name.escape_debug()));
                let shown = shown.unwrap_or_default();
                self.text.push_str(&format!("ERROR {file}{shown}\n  {}\n", printable(&what)));
                self.objects.push(json!({"file": file, "line": line, "name": error.name(),
                    "error": what}));
            }
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.passed + self.failed + self.errors == 0
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self { errors: 1.., .. } => ExitCode::FAILURE,
            Self { failed: 1.., .. } => ExitCode::from(ANSWER_IS_NO),
            _ => ExitCode::SUCCESS,
        }
    }

    /// What failed, and how many passed.
    pub(super) fn to_text(&self) -> String {
        let Self { passed, failed, errors, text, .. } = self;
        let not_run = match errors {
            0 => String::new(),
            errors => format!(", {errors} not understood"),
        };
        format!("{text}{passed} passed, {failed} failed{not_run}\n")
    }

    /// The same as one object.
    pub(super) fn to_json(&self) -> String {
        let Self { passed, failed, errors, objects, .. } = self;
        let object =
            json!({"passed": passed, "failed": failed, "errors": errors, "results": objects});
        format!("{object}\n")
    }
}
