use std::fmt;

use super::answer::Json;
use crate::json::line_and_column;

/// A case that is not understood: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseError {
    name: Option<String>,
    line: usize,
    column: usize,
    what: String,
}

impl CaseError {
    /// What is no case as a whole, such as a line that is too long.
    pub fn unreadable(what: impl Into<String>) -> Self {
        Self { name: None, line: 1, column: 1, what: what.into() }
    }

    pub(super) fn new(text: &str, fault: Fault) -> Self {
        let (line, column) = line_and_column(text, fault.at);
        let what = match &*fault.path {
            "" => fault.what,
            path => format!("`{path}`: {}", fault.what),
        };
        Self { name: super::reader::find_name(text), line, column, what }
    }

    /// The same error in a case that begins on a later line of its file, counted from one.
    pub fn on_line(self, first: usize) -> Self {
        Self { line: self.line + first.saturating_sub(1), ..self }
    }

    /// The same error in a case whose name is known.
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// What is wrong, without its place.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The name of the case, if that much was understood.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `{"name": …, "error": …}`; the name is `null` where it was not understood.
    pub fn to_json(&self) -> String {
        let mut json = Json::default();
        json.open('{');
        json.key("name").optional(self.name());
        json.key("error").string(&self.to_string());
        json.close('}');
        json.into_text()
    }
}

impl std::error::Error for CaseError {}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// A complaint about the byte at `at`, which belongs to the field `path`.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) path: String,
    pub(super) what: String,
}

pub(super) type Read<T> = Result<T, Fault>;
