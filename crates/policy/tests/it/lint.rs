//! The linter: `cases/lint.txt` holds documents with carets below what is found in them.
//!
//! A case begins with `# name`; `? kind` says the kind, `! code` what it shows not to be found. The
//! rest is the document, but for lines of carets and a code.

use std::collections::BTreeSet;

use rolecall_policy::lint::{self, Code, Kind, Severity, Span};
use rolecall_policy::{DOCUMENT_BYTES_MAX, Policy};

const CASES: &str = include_str!("../cases/lint.txt");

#[test]
fn every_case() {
    for case in cases() {
        let report = lint::check(Some(case.kind), case.document.as_bytes());
        let found = report.findings.iter().map(|finding| (finding.span, finding.code));
        let shown = render(&case.document, found);
        assert_eq!(shown, case.text, "{}\n{report:#?}", case.name);
    }
}

#[test]
fn every_warning_has_a_case_with_it_and_one_without() {
    let mut with = BTreeSet::new();
    let mut without = BTreeSet::new();
    for case in cases() {
        let report = lint::check(Some(case.kind), case.document.as_bytes());
        with.extend(report.findings.iter().map(|finding| finding.code));
        without.extend(case.spared);
    }
    for code in Code::ALL {
        // Bytes that are no text, and too many of them, have tests of their own.
        let is_of_bytes = matches!(code, Code::DocumentSize | Code::Utf8);
        assert!(with.contains(code) || is_of_bytes, "{code}");
        assert!(without.contains(code) || code.severity() == Severity::Error, "{code}");
    }
}

#[test]
fn every_code_is_documented() {
    let page = include_str!("../../../../docs/policy-check.md");
    let documented: BTreeSet<_> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, codes);
}

/// A byte that is lost makes another document, and never a panic or a place outside of it.
#[test]
fn damage_is_survived() {
    for case in cases() {
        let bytes = case.document.as_bytes();
        for at in (0..bytes.len()).step_by(7) {
            let damaged = [&bytes[..at], &bytes[at + 1..]].concat();
            for finding in lint::check(None, &damaged).findings {
                let Span { start, end } = finding.span;
                assert!(start <= end && end <= damaged.len(), "{} without byte {at}", case.name);
            }
        }
    }
}

#[test]
fn findings_say_what_helps() {
    for case in cases() {
        for finding in lint::check(Some(case.kind), case.document.as_bytes()).findings {
            let is_error = finding.severity() == Severity::Error;
            for text in [Some(&finding.message), finding.hint.as_ref()].into_iter().flatten() {
                assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
                let proper = ["IAM ", "JSON "].iter().any(|name| text.starts_with(name));
                assert!(proper || !text.starts_with(char::is_uppercase), "{text}");
            }
            assert_eq!(finding.iam_message.is_some(), is_error, "{}", case.name);
        }
    }
}

#[test]
fn an_error_is_what_the_parser_refuses() {
    for case in cases() {
        let error = Policy::parse(case.kind.parsed_as(), &case.document).err();
        let report = lint::check(Some(case.kind), case.document.as_bytes());
        let told = report.findings.first().and_then(|finding| finding.iam_message.clone());
        assert_eq!(error.as_ref().map(ToString::to_string), told, "{}", case.name);
        if let Some(error) = error {
            assert_eq!(report.findings.len(), 1, "{}", case.name);
            assert!(lint::locate(&case.document, &error).is_some(), "{}", case.name);
        }
    }
}

/// Whatever IAM refuses has a place within the text.
#[test]
fn every_refusal_can_be_located() {
    for row in crate::world::rows(include_str!("../cases/validation.jsonl")) {
        let text = row["document"].as_str().unwrap();
        for kind in KINDS.map(|(_, kind)| kind) {
            let Err(error) = Policy::parse(kind.parsed_as(), text) else { continue };
            let span = lint::locate(text, &error).unwrap();
            assert!(span.start <= span.end && span.end <= text.len(), "{text} {error:?}");
            assert!(text.get(span.start..span.end).is_some(), "{text} {error:?}");
            let report = lint::check(Some(kind), text.as_bytes());
            assert_eq!(report.count(Severity::Error), 1, "{text}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let report = lint::check(None, b"{\"Statement\": \"\xff\xfe\"}");
    let [finding] = &*report.findings else { panic!("{report:?}") };
    assert_eq!((finding.code, finding.span), (Code::Utf8, Span { start: 15, end: 16 }));
}

#[test]
fn documents_have_a_limit() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    let check = |bytes| lint::check(None, padded(bytes).as_bytes());
    assert_eq!(check(DOCUMENT_BYTES_MAX).findings, []);
    assert_eq!(check(DOCUMENT_BYTES_MAX + 1).findings[0].code, Code::DocumentSize);
    let text = padded(DOCUMENT_BYTES_MAX + 1);
    let error = Policy::parse(Kind::Identity.parsed_as(), &text).unwrap_err();
    assert_eq!(lint::locate(&text, &error), None);
}

#[test]
fn a_kind_is_guessed_by_the_elements() {
    for (statement, kind) in [
        (r#""Action": "s3:*", "Resource": "*""#, Kind::Identity),
        (r#""Action": "sts:AssumeRole""#, Kind::Identity),
        (r#""Principal": "*", "Action": "STS:AssumeRole""#, Kind::Trust),
        (r#""Principal": "*", "Action": ["sts:AssumeRole", "s3:*"]"#, Kind::Resource),
        (r#""NotPrincipal": "*", "Action": "s3:*", "Resource": "*""#, Kind::Resource),
        (r#""Principal": "*", "Action": "sts:AssumeRole", "Resource": "*""#, Kind::Resource),
    ] {
        let text = format!(r#"{{"Statement": [{{"Effect": "Allow", {statement}}}]}}"#);
        let report = lint::check(None, text.as_bytes());
        assert_eq!((report.kind, report.guessed), (kind, true), "{statement}");
    }
    assert!(!lint::check(Some(Kind::Trust), b"{}").guessed);
}

#[test]
fn columns_count_characters() {
    let text = "{\n  \"é\": \"ü\" x";
    let at = text.find('x').unwrap();
    let span = Span { start: at, end: at + 1 };
    assert_eq!(span.line_and_column(text.as_bytes()), (2, 12));
}

struct Case {
    name: String,
    kind: Kind,
    document: String,
    /// The document with its carets.
    text: String,
    spared: Vec<Code>,
}

const KINDS: [(&str, Kind); 8] = [
    ("boundary", Kind::Boundary),
    ("endpoint", Kind::Endpoint),
    ("identity", Kind::Identity),
    ("rcp", Kind::ResourceControl),
    ("resource", Kind::Resource),
    ("scp", Kind::ServiceControl),
    ("session", Kind::Session),
    ("trust", Kind::Trust),
];

fn cases() -> impl Iterator<Item = Case> {
    CASES.split("\n# ").skip(1).map(|text| {
        let (name, rest) = text.split_once('\n').unwrap();
        let mut case = Case {
            name: name.to_owned(),
            kind: Kind::Identity,
            document: String::new(),
            text: String::new(),
            spared: Vec::new(),
        };
        for line in rest.trim_end().lines() {
            if let Some(kind) = line.strip_prefix("? ") {
                case.kind = KINDS.iter().find(|(name, _)| *name == kind).expect(kind).1;
            } else if let Some(spared) = line.strip_prefix("! ") {
                let code = Code::ALL.iter().find(|code| code.as_str() == spared);
                case.spared.push(*code.expect(spared));
            } else {
                case.text.push_str(&format!("{line}\n"));
                if !line.trim_start().starts_with('^') {
                    case.document.push_str(&format!("{line}\n"));
                }
            }
        }
        case
    })
}

/// The document with carets and the code below each finding.
fn render(document: &str, found: impl Iterator<Item = (Span, Code)>) -> String {
    let mut below = vec![String::new(); document.lines().count() + 1];
    for (span, code) in found {
        let (line, column) = span.line_and_column(document.as_bytes());
        let marked = document[span.start..span.end].lines().next().unwrap_or_default();
        let carets = "^".repeat(marked.chars().count().max(1));
        below[line - 1].push_str(&format!("{}{carets} {code}\n", " ".repeat(column - 1)));
    }
    document.lines().zip(below).map(|(line, below)| format!("{line}\n{below}")).collect()
}
