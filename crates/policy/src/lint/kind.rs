use super::view::View;
use crate::PolicyKind;

/// Where a document stands, as its author sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A permissions boundary.
    Boundary,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// Of a user, group or role, inline or managed.
    Identity,
    /// On a resource.
    Resource,
    /// A resource control policy.
    ResourceControl,
    /// A service control policy.
    ServiceControl,
    /// Passed when a session is made.
    Session,
    /// Who may assume a role.
    Trust,
}

impl Kind {
    /// The kind that a document must be of, by its elements.
    pub(super) fn guess(view: &View<'_>) -> Self {
        let statements = &view.statements;
        let principals = statements.iter().any(|statement| statement.principals.is_some());
        let resources = statements.iter().any(|statement| statement.resources.is_some());
        let mut actions = statements.iter().flat_map(|statement| statement.action_values());
        let of_sts = |action: &str| {
            action.split_once(':').is_some_and(|(vendor, _)| vendor.eq_ignore_ascii_case("sts"))
        };
        match principals {
            true if !resources && actions.all(|action| of_sts(action.text)) => Self::Trust,
            true => Self::Resource,
            false => Self::Identity,
        }
    }

    /// How the document is parsed.
    pub fn parsed_as(self) -> PolicyKind {
        match self {
            Self::Boundary | Self::ServiceControl => PolicyKind::Managed,
            Self::Endpoint | Self::Resource | Self::ResourceControl => PolicyKind::Resource,
            Self::Identity => PolicyKind::Identity,
            Self::Session => PolicyKind::Session,
            Self::Trust => PolicyKind::Trust,
        }
    }

    /// In one word: `identity`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boundary => "boundary",
            Self::Endpoint => "endpoint",
            Self::Identity => "identity",
            Self::Resource => "resource",
            Self::ResourceControl => "rcp",
            Self::ServiceControl => "scp",
            Self::Session => "session",
            Self::Trust => "trust",
        }
    }

    /// With its article: `an identity policy`.
    pub fn described(self) -> &'static str {
        match self {
            Self::Boundary => "a permissions boundary",
            Self::Endpoint => "an endpoint policy",
            Self::Identity => "an identity policy",
            Self::Resource => "a resource policy",
            Self::ResourceControl => "a resource control policy",
            Self::ServiceControl => "a service control policy",
            Self::Session => "a session policy",
            Self::Trust => "a trust policy",
        }
    }

    /// Whether it only bounds what other policies grant.
    pub(super) fn only_bounds(self) -> bool {
        !matches!(self, Self::Identity | Self::Resource | Self::Trust)
    }
}
