//! Principal and NotPrincipal. Source: contract/policy.md sections 1 and 3.2.

use rolecall_identity::AccountId;

use crate::RequestPrincipal;

/// The principal clause of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Principals {
    In(Box<[Principal]>),
    NotIn(Box<[Principal]>),
    /// Identity policies name none: they stand on their principal.
    Unstated,
}

/// One value of a principal clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principal {
    /// An account id or its root: delegates to the account.
    Account(AccountId),
    /// `*`
    Anyone,
    /// A role or user ARN.
    Entity(Box<str>),
    /// A SAML or OIDC provider.
    Provider(Box<str>),
    Service(Box<str>),
    /// An assumed-role or federated-user session ARN.
    Session(Box<str>),
}

/// How far an allow of a resource or trust policy reaches (section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Not meant.
    None,
    /// The caller's account is named: its own policies must allow too.
    Account,
    /// Meant itself, within its boundary and session policies.
    Limited,
    /// Meant itself, whatever other policies leave out.
    Direct,
}

impl Principals {
    /// How far an Allow with this clause reaches for `who`.
    pub(crate) fn reach(&self, who: &RequestPrincipal<'_>) -> Reach {
        match self {
            Self::In(listed) => listed.iter().map(|p| p.reach(who)).max().unwrap_or(Reach::None),
            Self::NotIn(listed) if listed.iter().any(|p| p.reach(who) > Reach::None) => Reach::None,
            // A web identity must be trusted by its provider's name.
            Self::NotIn(_) if is_provider(who) => Reach::Account,
            // Fail closed: that someone is not excluded is weaker than being named.
            Self::NotIn(_) => Reach::Limited,
            Self::Unstated => Reach::Account,
        }
    }

    /// Whether a Deny with this clause means `who`.
    pub(crate) fn denies(&self, who: &RequestPrincipal<'_>) -> bool {
        match self {
            Self::In(listed) => listed.iter().any(|p| p.reach(who) > Reach::None),
            Self::NotIn(listed) => !exempts(listed, who),
            Self::Unstated => true,
        }
    }

    /// The values listed.
    pub(crate) fn listed(&self) -> &[Principal] {
        match self {
            Self::In(listed) | Self::NotIn(listed) => listed,
            Self::Unstated => &[],
        }
    }
}

impl Principal {
    fn reach(&self, who: &RequestPrincipal<'_>) -> Reach {
        use RequestPrincipal as Who;
        let (named, reach) = match (self, who) {
            (Self::Account(account), who) => (who.account() == Some(*account), Reach::Account),
            (Self::Anyone, who) if is_provider(who) => (true, Reach::Account),
            (Self::Anyone, _) => (true, Reach::Direct),
            (Self::Entity(arn), Who::Federated { user_arn, .. }) => {
                (**arn == **user_arn, Reach::Limited)
            }
            (Self::Entity(arn), Who::Role { role_arn, .. }) => {
                (**arn == **role_arn, Reach::Limited)
            }
            (Self::Entity(listed), Who::User { arn, .. }) => (**listed == **arn, Reach::Direct),
            (Self::Provider(listed), Who::Provider { name }) => (**listed == **name, Reach::Direct),
            (Self::Service(listed), Who::Service { name }) => (**listed == **name, Reach::Direct),
            (
                Self::Session(arn),
                Who::Federated { session_arn, .. } | Who::Role { session_arn, .. },
            ) => (**arn == **session_arn, Reach::Direct),
            _ => (false, Reach::None),
        };
        if named { reach } else { Reach::None }
    }
}

fn is_provider(who: &RequestPrincipal<'_>) -> bool {
    matches!(who, RequestPrincipal::Provider { .. })
}

/// Whether a Deny with NotPrincipal spares `who`: account, entity and session must all be listed.
fn exempts(listed: &[Principal], who: &RequestPrincipal<'_>) -> bool {
    use RequestPrincipal as Who;
    let has = |wanted: fn(&Principal) -> Option<&str>, text: &str| {
        listed.iter().any(|principal| wanted(principal) == Some(text))
    };
    let account = |account| listed.contains(&Principal::Account(account));
    let identities = match *who {
        Who::Anonymous => false,
        Who::Federated { account: id, session_arn, user_arn } => {
            account(id) && has(entity, user_arn) && has(session, session_arn)
        }
        Who::Provider { name } => has(provider, name),
        Who::Role { account: id, role_arn, session_arn } => {
            account(id) && has(entity, role_arn) && has(session, session_arn)
        }
        Who::Root { account: id } => account(id),
        Who::Service { name } => has(service, name),
        Who::User { account: id, arn } => account(id) && has(entity, arn),
    };
    identities || listed.contains(&Principal::Anyone)
}

fn entity(principal: &Principal) -> Option<&str> {
    if let Principal::Entity(arn) = principal { Some(arn) } else { None }
}

fn provider(principal: &Principal) -> Option<&str> {
    if let Principal::Provider(name) = principal { Some(name) } else { None }
}

fn service(principal: &Principal) -> Option<&str> {
    if let Principal::Service(name) = principal { Some(name) } else { None }
}

fn session(principal: &Principal) -> Option<&str> {
    if let Principal::Session(arn) = principal { Some(arn) } else { None }
}

impl Principal {
    /// Reads a value of `{"KIND": "TEXT"}`; `None` for what is no principal we could recognise.
    ///
    /// Wildcards within a value are refused: only a whole `*` means everyone. Canonical user ids
    /// are refused as well, for a principal that nobody can be would silently deny nobody.
    pub(crate) fn parse(kind: PrincipalKind, text: &str) -> Option<Self> {
        if kind != PrincipalKind::Aws && text.contains(['*', '?']) {
            return None;
        }
        match kind {
            PrincipalKind::Aws => aws(text),
            PrincipalKind::CanonicalUser => None,
            PrincipalKind::Federated => named(text).then(|| Self::Provider(text.into())),
            PrincipalKind::Service => named(text).then(|| Self::Service(text.into())),
        }
    }

    /// The ARN of a role or user.
    pub(crate) fn entity_arn(&self) -> Option<&str> {
        entity(self)
    }
}

/// The keys of a principal object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PrincipalKind {
    Aws,
    CanonicalUser,
    Federated,
    Service,
}

impl PrincipalKind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "AWS" => Some(Self::Aws),
            "CanonicalUser" => Some(Self::CanonicalUser),
            "Federated" => Some(Self::Federated),
            "Service" => Some(Self::Service),
            _ => None,
        }
    }

    /// The word in `Invalid principal in policy: "WORD":"…"`.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::CanonicalUser => "CanonicalUser",
            Self::Federated => "Federated",
            Self::Service => "SERVICE",
        }
    }
}

fn aws(text: &str) -> Option<Principal> {
    if text == "*" {
        return Some(Principal::Anyone);
    }
    if let Ok(account) = text.parse() {
        return Some(Principal::Account(account));
    }
    if text.contains(['*', '?']) {
        return None;
    }
    let arn: rolecall_identity::Arn = text.parse().ok()?;
    let account = arn.account().filter(|_| arn.region().is_empty())?;
    let of = |kind| arn.resource_of(kind).is_some_and(named);
    match arn.service() {
        "iam" if arn.resource() == "root" => Some(Principal::Account(account)),
        "iam" if of("role") || of("user") => Some(Principal::Entity(text.into())),
        "sts" if of("federated-user") => Some(Principal::Session(text.into())),
        "sts" => {
            let (role, session) = arn.resource_of("assumed-role")?.split_once('/')?;
            (named(role) && named(session)).then(|| Principal::Session(text.into()))
        }
        _ => None,
    }
}

/// Whether a text can be a name.
fn named(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_recognised_or_refused() {
        let parse = |text| Principal::parse(PrincipalKind::Aws, text);
        for good in [
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:root",
            "arn:aws-cn:iam::123456789012:role/path/name",
            "arn:aws:iam::123456789012:user/u",
            "arn:aws:sts::123456789012:assumed-role/r/s",
            "arn:aws:sts::123456789012:federated-user/f",
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "AROAEXAMPLE",
            "12345678901",
            "arn:aws:iam::123456789012:role/*",
            "arn:aws:iam::*:root",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:group/g",
            "arn:aws:iam:us-east-1:123456789012:role/r",
            "arn:aws:sts::123456789012:assumed-role/r",
            "arn:aws:sts::123456789012:assumed-role/r/",
            "arn:aws:sts::123456789012:assumed-role//s",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::123456789012:user/a b",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        assert!(Principal::parse(PrincipalKind::Service, "*").is_none());
        assert!(Principal::parse(PrincipalKind::Service, "ec2.amazonaws.com").is_some());
        assert!(Principal::parse(PrincipalKind::CanonicalUser, "79a5").is_none());
    }
}
