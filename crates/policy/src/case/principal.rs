mod read;

use rolecall_identity::AccountId;

use crate::{RequestContext, RequestPrincipal};

pub(super) use read::{Wrong, read, same_account};

/// Who asks, with what follows from that.
#[derive(Debug, Clone)]
pub(super) struct CasePrincipal {
    kind: Kind,
    /// The ARN as `GetCallerIdentity` would tell it, or the name of a service or provider.
    arn: String,
    /// The role or user behind a session, empty if it is not known.
    issuer: String,
    account: Option<AccountId>,
    tags: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Anonymous,
    Federated,
    Provider,
    Role,
    RoleSession,
    Root,
    Service,
    User,
}

impl CasePrincipal {
    pub(super) fn as_request(&self) -> RequestPrincipal<'_> {
        let (arn, issuer) = (self.arn.as_str(), self.issuer.as_str());
        match (self.kind, self.account) {
            (Kind::Federated, Some(account)) => {
                RequestPrincipal::Federated { account, session_arn: arn, user_arn: issuer }
            }
            (Kind::Provider, _) => RequestPrincipal::Provider { name: arn },
            (Kind::Role | Kind::RoleSession, Some(account)) => {
                RequestPrincipal::Role { account, role_arn: issuer, session_arn: arn }
            }
            (Kind::Root, Some(account)) => RequestPrincipal::Root { account },
            (Kind::Service, _) => RequestPrincipal::Service { name: arn },
            (Kind::User, Some(account)) => RequestPrincipal::User { account, arn },
            (Kind::Anonymous, _) | (_, None) => RequestPrincipal::Anonymous,
        }
    }

    /// The name in AWS's sentence.
    pub(super) fn shown(&self) -> &str {
        if self.kind == Kind::Anonymous { "anonymous" } else { &self.arn }
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// Sets the condition keys that follow from who asks. Source: contract/policy.md section 5.
    pub(super) fn fill<'c>(&'c self, context: &mut RequestContext<'c>) {
        // Only who signed has these keys, and who signed has an account.
        let Some(account) = self.account else { return };
        context.set("aws:PrincipalAccount", account.to_string());
        let (principal_arn, principal_type) = match self.kind {
            Kind::Federated => (&self.arn, "FederatedUser"),
            Kind::Role | Kind::RoleSession => (&self.issuer, "AssumedRole"),
            Kind::Root => (&self.arn, "Account"),
            Kind::User => (&self.arn, "User"),
            Kind::Anonymous | Kind::Provider | Kind::Service => return,
        };
        context.set("aws:PrincipalArn", principal_arn.as_str());
        context.set("aws:PrincipalType", principal_type);
        if self.kind == Kind::User {
            context.set("aws:username", last_segment(&self.arn));
        }
        for (key, value) in &self.tags {
            context.set(format!("aws:PrincipalTag/{key}"), value.as_str());
        }
    }
}

fn last_segment(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
