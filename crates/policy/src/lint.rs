//! What is wrong with a document, and what is allowed but dangerous, with the place of each.
//!
//! [`check`] reads a file as [`Policy::parse`](crate::Policy::parse) does. What IAM would refuse is
//! an error; what it would take but whose author hardly meant it is a warning. A document has its
//! first error alone, as IAM has it, and warnings once it is a policy. Every [`Code`] is stable, and
//! `docs/policy-check.md` says more of each.
//!
//! Nothing here is on the way of a request: the text is walked a second time, for the places.
//!
//! ```
//! use rolecall_policy::lint::{self, Code, Kind, Severity};
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow",
//!     "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket"}}"#;
//! let report = lint::check(Some(Kind::Identity), text.as_bytes());
//! let found = &report.findings[0];
//! assert_eq!((found.severity(), found.code), (Severity::Warning, Code::ResourceKind));
//! assert_eq!(&text[found.span.start..found.span.end], r#""s3:GetObject""#);
//! ```

mod actions;
mod code;
mod finding;
mod keys;
mod kind;
mod locate;
mod nearest;
mod patterns;
mod refusal;
mod rules;
mod suggestion;
mod syntax;
mod tree;
mod view;

pub use code::{Code, Severity};
pub use finding::{Finding, Report, Span};
pub use kind::Kind;
pub use locate::locate;

use crate::error::Step;
use crate::{DOCUMENT_BYTES_MAX, Policy};
use tree::Node;
use view::View;

/// Checks a document. Without a kind, the most likely one is taken.
pub fn check(kind: Option<Kind>, document: &[u8]) -> Report {
    let text = match readable(document) {
        Ok(text) => text,
        Err(finding) => return Report::of(kind, Kind::Identity, vec![finding]),
    };
    let root = Node::read(text);
    let view = root.as_ref().map(View::of);
    let likely = view.as_ref().map_or(Kind::Identity, Kind::guess);
    let findings = findings(kind.unwrap_or(likely), text, view.as_ref());
    Report::of(kind, likely, findings)
}

fn readable(document: &[u8]) -> Result<&str, Finding> {
    if document.len() > DOCUMENT_BYTES_MAX {
        let what = format!("the document has more than {DOCUMENT_BYTES_MAX} bytes");
        return Err(Finding::new(Code::DocumentSize, Span::of(0, 0), what));
    }
    str::from_utf8(document).map_err(|error| {
        let at = error.valid_up_to();
        let span = Span::of(at, at + error.error_len().unwrap_or(document.len() - at));
        Finding::new(Code::Utf8, span, "the document is not UTF-8")
            .hint("save the file as UTF-8; IAM takes characters up to U+00FF")
    })
}

fn findings(kind: Kind, text: &str, view: Option<&View<'_>>) -> Vec<Finding> {
    match (Policy::parse(kind.parsed_as(), text), view) {
        (Err(error), _) => match error.path() {
            [Step::Byte(at)] => vec![syntax::finding(text, &error, *at)],
            _ => vec![refusal::finding(kind, text, &error)],
        },
        (Ok(_), Some(view)) => rules::warnings(kind, view),
        // What parses has a tree.
        (Ok(_), None) => Vec::new(),
    }
}
