use super::{Code, Kind, Severity};

/// What a document was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind it was checked as.
    pub kind: Kind,
    /// Whether nobody said the kind.
    pub guessed: bool,
    /// In the order of the document.
    pub findings: Vec<Finding>,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name.
    pub code: Code,
    /// What is the matter, in one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What would be better.
    pub hint: Option<String>,
    /// For what IAM refuses, its exact message.
    pub iam_message: Option<String>,
}

/// Bytes of a document, from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Report {
    pub(super) fn of(said: Option<Kind>, likely: Kind, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| (finding.span, finding.code));
        findings.dedup();
        Self { kind: said.unwrap_or(likely), guessed: said.is_none(), findings }
    }

    /// How many findings are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity).count()
    }
}

impl Finding {
    pub(super) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span, hint: None, iam_message: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// An error, or a warning.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl Span {
    pub(super) fn of(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Line and column of its start in a document, counted from one; columns count characters.
    pub fn line_and_column(self, document: &[u8]) -> (usize, usize) {
        let before = document.get(..self.start).unwrap_or(document);
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let in_line = before.get(start..).unwrap_or_default();
        (line, String::from_utf8_lossy(in_line).chars().count() + 1)
    }
}
