use rolecall_identity::AccountId;

use crate::RequestContext;

/// One question: may this principal do this?
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: RequestPrincipal<'a>,
    /// `s3:GetObject`; compared without case.
    pub action: &'a str,
    /// The ARN, or `*` for an action that takes no resource (contract/policy.md section 3.5).
    pub resource: &'a str,
    /// The account that owns the resource; `None` if nobody's resource is touched, which
    /// [`evaluate`](crate::evaluate) takes for the caller's own account. Where a resource has an
    /// owner it must be given: it decides whether a resource policy has to allow.
    pub resource_account: Option<AccountId>,
    /// The values of condition keys.
    pub context: &'a RequestContext<'a>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestPrincipal<'a> {
    /// An unsigned request.
    Anonymous,
    /// A session of `GetFederationToken`.
    Federated {
        /// The user's account.
        account: AccountId,
        /// `arn:aws:sts::ACCOUNT:federated-user/NAME`
        session_arn: &'a str,
        /// The user who federated.
        user_arn: &'a str,
    },
    /// A web identity or SAML proof, before it has become a session.
    Provider {
        /// The provider as a trust policy names it: its ARN, or a host as `accounts.google.com`.
        name: &'a str,
    },
    /// A session of a role.
    Role {
        /// The role's account.
        account: AccountId,
        /// The role, with its path.
        role_arn: &'a str,
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
        session_arn: &'a str,
    },
    /// The account itself.
    Root {
        /// The account.
        account: AccountId,
    },
    /// A service on its own behalf.
    Service {
        /// `ec2.amazonaws.com`
        name: &'a str,
    },
    /// A user, with long-term keys or a session of `GetSessionToken`.
    User {
        /// The user's account.
        account: AccountId,
        /// The user, with its path.
        arn: &'a str,
    },
}

impl RequestPrincipal<'_> {
    /// The caller's account; services, providers and the anonymous have none.
    pub fn account(&self) -> Option<AccountId> {
        match *self {
            Self::Anonymous | Self::Provider { .. } | Self::Service { .. } => None,
            Self::Federated { account, .. }
            | Self::Role { account, .. }
            | Self::Root { account }
            | Self::User { account, .. } => Some(account),
        }
    }
}

/// Whether an action succeeds whatever the policies say (contract/policy.md section 3.5).
pub fn needs_no_permission(action: &str) -> bool {
    ALWAYS_ALLOWED.iter().any(|allowed| allowed.eq_ignore_ascii_case(action))
}

const ALWAYS_ALLOWED: [&str; 2] = ["sts:GetCallerIdentity", "sts:GetSessionToken"];
