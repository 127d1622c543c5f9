//! The object `principal`, read.

use rolecall_identity::{AccountId, AccountIdError, Arn};

use super::{CasePrincipal, Kind, last_segment};
use crate::RequestContext;
use crate::case::KEYS_MAX;
use crate::case::error::{Fault, Read};
use crate::case::scan::Scan;

/// What the object says, before it is known what it means.
#[derive(Default)]
struct Raw {
    kind: Text,
    arn: Text,
    account: Text,
    role_arn: Text,
    tags: Option<(usize, Vec<(String, String)>)>,
}

/// A field and where its value begins.
pub(in crate::case) type Text = Option<(usize, String)>;

pub(in crate::case) fn read(scan: &mut Scan<'_>) -> Read<CasePrincipal> {
    let start = scan.at();
    let mut raw = Raw::default();
    scan.object(|scan, key| {
        let at = scan.at();
        match key {
            "type" => raw.kind = Some((at, scan.string()?)),
            "arn" => raw.arn = Some((at, scan.string()?)),
            "account" => raw.account = Some((at, scan.string()?)),
            "role_arn" => raw.role_arn = Some((at, scan.string()?)),
            "tags" => raw.tags = Some((at, read_tags(scan)?)),
            _ => {
                let what = "unknown field; expected `type`, `arn`, `account`, `role_arn` or `tags`";
                return Err(scan.fault(at, what));
            }
        }
        Ok(())
    })?;
    raw.understand(start).map_err(|wrong| wrong.fault(scan))
}

fn read_tags(scan: &mut Scan<'_>) -> Read<Vec<(String, String)>> {
    let mut tags: Vec<(String, String)> = Vec::new();
    scan.object(|scan, key| {
        let at = scan.at();
        if tags.iter().any(|(other, _)| RequestContext::is_same_key(other, key)) {
            return Err(scan.fault(at, "the tag stands twice, for keys have no case"));
        }
        if tags.len() >= KEYS_MAX {
            return Err(scan.fault(at, format!("more than {} tags", KEYS_MAX)));
        }
        tags.push((key.to_owned(), scan.string()?));
        Ok(())
    })?;
    Ok(tags)
}

/// A complaint about a field of the object that was read.
pub(in crate::case) struct Wrong {
    at: usize,
    field: &'static str,
    what: String,
}

impl Wrong {
    pub(in crate::case) fn new(at: usize, field: &'static str, what: impl Into<String>) -> Self {
        Self { at, field, what: what.into() }
    }

    pub(in crate::case) fn fault(self, scan: &Scan<'_>) -> Fault {
        let path = format!("{}.{}", scan.path(), self.field);
        Fault { at: self.at, path, what: self.what }
    }
}

impl Raw {
    fn understand(self, start: usize) -> Result<CasePrincipal, Wrong> {
        let Some((at, word)) = &self.kind else {
            return Err(Wrong::new(
                start,
                "type",
                format!("the field is missing; expected {TYPES}"),
            ));
        };
        match word.as_str() {
            "anonymous" => self.anonymous(),
            "federated" if is_session(&self.arn) => self.federated(start),
            "federated" => self.named(start, Kind::Provider),
            "role" => self.entity(start, Kind::Role, "role/NAME"),
            "role-session" => self.role_session(start),
            "root" => self.entity(start, Kind::Root, "root"),
            "service" => self.named(start, Kind::Service),
            "user" => self.entity(start, Kind::User, "user/NAME"),
            _ => {
                let what = format!("unknown type `{}`; expected {TYPES}", word.escape_debug());
                Err(Wrong::new(*at, "type", what))
            }
        }
    }

    /// A role, a user or the account itself.
    fn entity(self, start: usize, kind: Kind, resource: &str) -> Result<CasePrincipal, Wrong> {
        let (at, arn) = self.arn(start)?;
        let fits = match resource.strip_suffix("/NAME") {
            Some(word) => arn.resource_of(word).is_some_and(|name| !last_segment(name).is_empty()),
            None => arn.resource() == resource,
        };
        if arn.service() != "iam" || !fits {
            return Err(unlike(at, "arn", &arn, &format!("arn:aws:iam::ACCOUNT:{resource}")));
        }
        let account = self.account_of(at, &arn)?;
        refuse(&self.role_arn, "role_arn", "only a session has one")?;
        if kind == Kind::Root {
            refuse(&self.tags, "tags", "the account root has none")?;
        }
        let issuer = arn.as_str().to_owned();
        Ok(self.principal(kind, &arn, issuer, account))
    }

    fn role_session(self, start: usize) -> Result<CasePrincipal, Wrong> {
        let (at, arn) = self.arn(start)?;
        let role = arn
            .resource_of("assumed-role")
            .filter(|_| arn.service() == "sts")
            .and_then(|names| names.split_once('/'))
            .filter(|(role, session)| !role.is_empty() && !session.is_empty())
            .map(|(role, _)| role)
            .ok_or_else(|| unlike(at, "arn", &arn, SESSION_FORM))?;
        let account = self.account_of(at, &arn)?;
        let issuer = match self.issuer("role", account)? {
            Some((at, issuer)) if last_segment(issuer.as_str()) != role => {
                let what = format!("it is not that of the session's role `{role}`");
                return Err(Wrong::new(at, "role_arn", what));
            }
            Some((_, issuer)) => issuer.as_str().to_owned(),
            None => format!("arn:{}:iam::{account}:role/{role}", arn.partition()),
        };
        Ok(self.principal(Kind::RoleSession, &arn, issuer, account))
    }

    /// A session of `GetFederationToken`; its `role_arn` is the user's.
    fn federated(self, start: usize) -> Result<CasePrincipal, Wrong> {
        let (at, arn) = self.arn(start)?;
        if arn.resource_of("federated-user").is_none_or(str::is_empty) {
            return Err(unlike(at, "arn", &arn, "arn:aws:sts::ACCOUNT:federated-user/NAME"));
        }
        let account = self.account_of(at, &arn)?;
        let issuer = self.issuer("user", account)?;
        let issuer = issuer.map(|(_, arn)| arn.as_str().to_owned()).unwrap_or_default();
        Ok(self.principal(Kind::Federated, &arn, issuer, account))
    }

    fn anonymous(self) -> Result<CasePrincipal, Wrong> {
        refuse(&given(&self.arn), "arn", "an anonymous caller has none")?;
        self.nobody(Kind::Anonymous, String::new(), "an anonymous caller")
    }

    /// A service, or a web identity before it has become a session.
    fn named(self, start: usize, kind: Kind) -> Result<CasePrincipal, Wrong> {
        let (who, wanted) = match kind {
            Kind::Service => ("a service", "a service's name, such as `ec2.amazonaws.com`"),
            _ => (
                "a web identity",
                "a federated user's session, a provider's ARN, or a host such as \
                 `accounts.google.com`",
            ),
        };
        let Some((at, name)) = given(&self.arn) else {
            let what = format!("the field is missing; expected {wanted}");
            return Err(Wrong::new(start, "arn", what));
        };
        if !is_host(&name) && (kind == Kind::Service || !is_provider(&name)) {
            let what = format!("`{}` is not {wanted}", name.escape_debug());
            return Err(Wrong::new(at, "arn", what));
        }
        self.nobody(kind, name, who)
    }

    /// Who has no account to sign for. Empty texts count as left out.
    fn nobody(self, kind: Kind, arn: String, who: &str) -> Result<CasePrincipal, Wrong> {
        let none = format!("{who} has none");
        refuse(&given(&self.account), "account", &none)?;
        refuse(&given(&self.role_arn), "role_arn", &none)?;
        refuse(&self.tags, "tags", &none)?;
        Ok(CasePrincipal { kind, arn, issuer: String::new(), account: None, tags: Vec::new() })
    }

    fn principal(self, kind: Kind, arn: &Arn, issuer: String, account: AccountId) -> CasePrincipal {
        let tags = self.tags.map(|(_, tags)| tags).unwrap_or_default();
        CasePrincipal { kind, arn: arn.as_str().to_owned(), issuer, account: Some(account), tags }
    }

    fn arn(&self, start: usize) -> Result<(usize, Arn), Wrong> {
        let Some((at, text)) = &self.arn else {
            return Err(Wrong::new(start, "arn", "the field is missing"));
        };
        let arn = parse(*at, "arn", text)?;
        if arn.region().is_empty() && !text.contains(char::is_whitespace) {
            return Ok((*at, arn));
        }
        Err(Wrong::new(*at, "arn", format!("`{}` is no principal's", text.escape_debug())))
    }

    /// The account of the ARN, which `account` may repeat and must not contradict.
    fn account_of(&self, at: usize, arn: &Arn) -> Result<AccountId, Wrong> {
        let no_account = || {
            let what = format!("`{}` names no account", arn.as_str().escape_debug());
            Wrong::new(at, "arn", what)
        };
        let of_arn = arn.account().ok_or_else(no_account)?;
        same_account(&self.account, Some(of_arn))?;
        Ok(of_arn)
    }

    /// The role or user of a session, if `role_arn` says it.
    fn issuer(&self, kind: &str, account: AccountId) -> Result<Option<(usize, Arn)>, Wrong> {
        let Some((at, text)) = &self.role_arn else { return Ok(None) };
        let arn = parse(*at, "role_arn", text)?;
        let named = arn.resource_of(kind).is_some_and(|name| !last_segment(name).is_empty());
        if arn.service() != "iam" || !named {
            let form = format!("arn:aws:iam::ACCOUNT:{kind}/NAME");
            return Err(unlike(*at, "role_arn", &arn, &form));
        }
        if arn.account() != Some(account) {
            return Err(Wrong::new(*at, "role_arn", "it is of another account than the session"));
        }
        Ok(Some((*at, arn)))
    }
}

/// An account that was given must be the one of the ARN.
pub(in crate::case) fn same_account(
    given: &Text,
    of_arn: Option<AccountId>,
) -> Result<Option<AccountId>, Wrong> {
    let Some((at, text)) = given else { return Ok(of_arn) };
    let account: AccountId = text
        .parse()
        .map_err(|error: AccountIdError| Wrong::new(*at, "account", error.to_string()))?;
    match of_arn {
        Some(of_arn) if of_arn != account => {
            let what = format!("it is {account}, and the ARN is of account {of_arn}");
            Err(Wrong::new(*at, "account", what))
        }
        _ => Ok(Some(account)),
    }
}

fn parse(at: usize, field: &'static str, text: &str) -> Result<Arn, Wrong> {
    Arn::try_new(text).map_err(|error| Wrong::new(at, field, error.to_string()))
}

fn given(text: &Text) -> Text {
    text.clone().filter(|(_, text)| !text.is_empty())
}

fn refuse<T>(given: &Option<(usize, T)>, field: &'static str, what: &str) -> Result<(), Wrong> {
    match given {
        Some((at, _)) => Err(Wrong::new(*at, field, what)),
        None => Ok(()),
    }
}

fn unlike(at: usize, field: &'static str, arn: &Arn, form: &str) -> Wrong {
    Wrong::new(at, field, format!("`{}` is not like `{form}`", arn.as_str().escape_debug()))
}

fn is_session(arn: &Text) -> bool {
    let arn = arn.as_ref().and_then(|(_, arn)| Arn::try_new(arn).ok());
    arn.is_some_and(|arn| arn.service() == "sts")
}

fn is_provider(name: &str) -> bool {
    Arn::try_new(name).is_ok_and(|arn| {
        let of = |kind| arn.resource_of(kind).is_some_and(|name| !name.is_empty());
        arn.service() == "iam" && (of("saml-provider") || of("oidc-provider"))
    })
}

fn is_host(name: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/' | '_');
    name.contains('.') && name.chars().all(known)
}

const SESSION_FORM: &str = "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION";
const TYPES: &str = "`role-session`, `role`, `user`, `federated`, `root`, `service` or `anonymous`";
