//! What IAM refuses, in words that help.

use super::{Code, Finding, Kind, Span, locate, suggestion};
use crate::PolicyError;
use crate::error::{Refusal, Step};

/// The finding for a document that is JSON, and no policy.
pub(super) fn finding(kind: Kind, text: &str, error: &PolicyError) -> Finding {
    let span = locate(text, error).unwrap_or(Span::of(0, 0));
    let told = told(kind, error);
    let finding = Finding::new(told.code, span, told.message);
    let finding = match told.hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    };
    Finding { iam_message: Some(error.to_string()), ..finding }
}

struct Told {
    code: Code,
    message: String,
    hint: Option<String>,
}

fn told(kind: Kind, error: &PolicyError) -> Told {
    let value = match error.path().last() {
        Some(Step::Text(value)) => format!("`{}`", value.escape_debug()),
        _ => String::new(),
    };
    let tell = |code, message: String, hint: &str| Told {
        code,
        message,
        hint: Some(hint.to_owned()).filter(|hint| !hint.is_empty()),
    };
    match error.refusal() {
        Refusal::Json | Refusal::Legacy | Refusal::Syntax => own_words(error),
        Refusal::ActionColons => {
            tell(Code::InvalidAction, format!("{value} has more than one colon"), ACTION_HINT)
        }
        Refusal::ActionVendorMissing => {
            tell(Code::InvalidAction, format!("{value} names no service"), ACTION_HINT)
        }
        Refusal::ActionVendor(vendor) => tell(
            Code::InvalidAction,
            format!("`{}` is no service", vendor.escape_debug()),
            "wildcards stand after the colon, or as a whole `*`",
        ),
        Refusal::ActionsMissing => tell(
            Code::MissingElement,
            "the statement has no actions".to_owned(),
            "add `\"Action\": …`",
        ),
        Refusal::Principal { .. } => tell(
            Code::InvalidPrincipal,
            format!("{value} is no principal"),
            "name an account, role, user, session or service; patterns of principals are for a \
             condition on `aws:PrincipalArn`",
        ),
        Refusal::PrincipalMissing => tell(
            Code::MissingElement,
            format!("{} says whom it means, and this statement does not", kind.described()),
            "add `\"Principal\": …`",
        ),
        Refusal::ProhibitedPrincipal(element) => tell(
            Code::ProhibitedElement,
            format!("{} has no `{element}`", kind.described()),
            if kind == Kind::Trust {
                "name whom the role trusts, or deny the others by `aws:PrincipalArn`"
            } else {
                "it means whomever it is attached to"
            },
        ),
        Refusal::ProhibitedResource => tell(
            Code::ProhibitedElement,
            "a trust policy has no `Resource`".to_owned(),
            "it means the role it is attached to",
        ),
        Refusal::ResourcesMissing => tell(
            Code::MissingElement,
            "the statement has no resources".to_owned(),
            "add `\"Resource\": …`",
        ),
        Refusal::Sids => tell(
            Code::DuplicateSid,
            "the Sid was used before".to_owned(),
            "a Sid is used once in a document",
        ),
        Refusal::TrustActions => tell(
            Code::ProhibitedElement,
            format!("a trust policy cannot speak of {value}"),
            "its actions are those of STS: `sts:AssumeRole`, `sts:TagSession` …",
        ),
        Refusal::Version => tell(
            Code::OldVersion,
            format!("{} needs the newer language", kind.described()),
            "write `\"Version\": \"2012-10-17\"`",
        ),
        refusal => {
            let (what, hint) = resource(refusal);
            tell(Code::InvalidResource, format!("{value} {what}"), hint)
        }
    }
}

/// What is wrong with a resource.
fn resource(refusal: &Refusal) -> (String, &'static str) {
    let (what, hint) = match refusal {
        Refusal::ResourceIamPath => ("is no resource of IAM", "begin with `role/`, `user/` …"),
        Refusal::ResourceIamRegion(_) => {
            ("has a region, and IAM has none", "write `arn:aws:iam::ACCOUNT:…`")
        }
        Refusal::ResourcePartition { partition, .. } => {
            let what = format!("has `{}` for a partition", partition.escape_debug());
            return (what, "write `arn:aws:SERVICE:…`");
        }
        Refusal::ResourceRegion(_) => {
            ("has a region or account, and buckets have none", "write `arn:aws:s3:::BUCKET/KEY`")
        }
        Refusal::ResourceVendor => {
            ("does not say its service in full", "wildcards stand after the service")
        }
        _ => ("is neither an ARN nor `*`", "write `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`"),
    };
    (what.to_owned(), hint)
}

/// Where IAM's words tell least, the reader of the document said more.
fn own_words(error: &PolicyError) -> Told {
    let (message, hint) = match error.complaint().split_once("hint: ") {
        Some(("", hint)) => ("`Effect` has its own case", Some(hint)),
        Some((message, hint)) => (message.trim_end_matches("; "), Some(hint)),
        None => (error.complaint(), None),
    };
    let code = match error.path() {
        [_, Step::Member(element), .., Step::Text(_)] => match element.as_str() {
            "Condition" => Code::InvalidConditionValue,
            "Action" | "NotAction" => Code::InvalidAction,
            _ => Code::InvalidResource,
        },
        _ => Code::MalformedPolicy,
    };
    let hint = suggestion::of(error).or_else(|| hint.map(str::to_owned));
    Told { code, message: message.to_owned(), hint }
}

const ACTION_HINT: &str = "write `SERVICE:ACTION`, such as `s3:GetObject`";
