use rolecall_identity::{AccountId, Arn};

use super::error::{Fault, Read};
use super::principal::{Wrong, same_account};
use super::scan::Scan;
use crate::{Decision, RequestContext};

/// What is asked, and how.
#[derive(Debug, Clone)]
pub(super) struct CaseRequest {
    pub(super) action: String,
    pub(super) resource: CaseResource,
    pub(super) context: Vec<(String, Values)>,
}

/// What is acted on, and whose it is.
#[derive(Debug, Clone)]
pub(super) struct CaseResource {
    pub(super) arn: String,
    pub(super) account: Option<AccountId>,
}

/// The values of a condition key.
#[derive(Debug, Clone)]
pub(super) enum Values {
    Many(Vec<String>),
    One(String),
}

/// What a test expects of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `allowed`
    Allowed,
    /// `explicitDeny`
    ExplicitDeny,
    /// `implicitDeny`
    ImplicitDeny,
}

impl Outcome {
    /// AWS's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }

    /// Whether a decision came out so.
    pub fn is_of(self, decision: &Decision<'_>) -> bool {
        decision.as_str() == self.as_str()
    }

    pub(super) fn read(scan: &mut Scan<'_>) -> Read<Self> {
        let at = scan.at();
        let word = scan.string()?;
        let all = [Self::Allowed, Self::ExplicitDeny, Self::ImplicitDeny];
        all.into_iter().find(|outcome| outcome.as_str() == word).ok_or_else(|| {
            let what = "expected `allowed`, `explicitDeny` or `implicitDeny`";
            scan.fault(at, format!("unknown decision `{}`; {what}", word.escape_debug()))
        })
    }
}

impl CaseRequest {
    /// Adds the keys that the case sets; a key without values is absent even if it would follow
    /// from the principal.
    pub(super) fn fill<'c>(&'c self, context: &mut RequestContext<'c>) {
        for (key, values) in &self.context {
            match values {
                Values::Many(values) => {
                    context.set_many(key.as_str(), values.iter().map(String::as_str));
                }
                Values::One(value) => context.set(key.as_str(), value.as_str()),
            }
        }
    }

    /// Whether a role is assumed: its trust policy must then allow (contract/policy.md section 3.4).
    pub(super) fn is_of_trust(&self) -> bool {
        let action = self.action.to_ascii_lowercase();
        let of_role = || {
            Arn::try_new(&self.resource.arn)
                .is_ok_and(|arn| arn.service() == "iam" && arn.resource_of("role").is_some())
        };
        match action.as_str() {
            "sts:tagsession" | "sts:setsourceidentity" => of_role(),
            action => action.starts_with("sts:assumerole"),
        }
    }
}

pub(super) fn read_action(scan: &mut Scan<'_>) -> Read<String> {
    let at = scan.at();
    let action = scan.string()?;
    let known = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, ':' | '*' | '?'))
    };
    match action.split_once(':') {
        Some((vendor, name)) if known(vendor) && known(name) => Ok(action),
        _ => {
            let what = format!(
                "`{}` is no action; expected one, as `s3:GetObject`",
                action.escape_debug()
            );
            Err(scan.fault(at, what))
        }
    }
}

pub(super) fn read_resource(scan: &mut Scan<'_>) -> Read<CaseResource> {
    let start = scan.at();
    let (mut arn, mut account) = (None, None);
    scan.object(|scan, key| {
        let at = scan.at();
        match key {
            "arn" => arn = Some((at, scan.string()?)),
            "account" => account = Some((at, scan.string()?)),
            _ => return Err(scan.fault(at, "unknown field; expected `arn` or `account`")),
        }
        Ok(())
    })?;
    let Some((at, arn)) = arn else {
        return Err(Wrong::new(start, "arn", "the field is missing").fault(scan));
    };
    let of_arn = match arn.as_str() {
        "*" => None,
        text => {
            let not_an_arn = |error| Wrong::new(at, "arn", format!("{error}, or `*`")).fault(scan);
            Arn::try_new(text).map_err(not_an_arn)?.account()
        }
    };
    let account = same_account(&account, of_arn).map_err(|wrong| wrong.fault(scan))?;
    if account.is_none() && arn != "*" {
        let what = "the field is missing, and the ARN names no account; whose the resource is \
                    decides whether its own policy must allow";
        return Err(Wrong::new(start, "account", what).fault(scan));
    }
    Ok(CaseResource { arn, account })
}

pub(super) fn read_context(scan: &mut Scan<'_>) -> Read<Vec<(String, Values)>> {
    let mut context: Vec<(String, Values)> = Vec::new();
    scan.object(|scan, key| {
        let at = scan.at();
        if context.iter().any(|(other, _)| RequestContext::is_same_key(other, key)) {
            return Err(scan.fault(at, "the key stands twice, for keys have no case"));
        }
        if context.len() >= super::KEYS_MAX {
            return Err(scan.fault(at, format!("more than {} keys", super::KEYS_MAX)));
        }
        context.push((key.to_owned(), read_values(scan)?));
        Ok(())
    })?;
    Ok(context)
}

fn read_values(scan: &mut Scan<'_>) -> Read<Values> {
    if scan.peek() != Some(b'[') {
        return Ok(Values::One(scan.scalar("a string, number, boolean or a list of them")?));
    }
    let mut values = Vec::new();
    scan.list(|scan| {
        values.push(scan.scalar("a string, number or boolean")?);
        Ok(())
    })?;
    Ok(Values::Many(values))
}

/// A field that must be there.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T, Fault> {
    let missing =
        || Fault { at: 0, path: name.to_owned(), what: "the field is missing".to_owned() };
    value.ok_or_else(missing)
}
