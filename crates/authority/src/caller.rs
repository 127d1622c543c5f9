use std::borrow::Cow;
use std::sync::Arc;

use rolecall_identity::{
    AccessKeyId, AccountId, InstanceId, SessionClaims, SessionPrincipal, SessionTag, Timestamp,
    UniqueId,
};
use rolecall_policy::{Policy, PolicyKind, RequestPrincipal};
use rolecall_token::SealedSecret;

use crate::state::{AccessKeyOwner, AccessKeyStatus, Account, Role, State, User};
use crate::tags::is_same_key;

/// Who signed a request, found in the state of this moment.
#[derive(Debug, Clone)]
pub struct Caller {
    account: AccountId,
    access_key_id: AccessKeyId,
    kind: CallerKind,
    session: Option<Session>,
    /// Of what has no ARN in the state: the account itself, and sessions but those of a user.
    own_arn: Option<String>,
}

/// What kind of principal a caller is.
#[derive(Debug, Clone)]
pub enum CallerKind {
    /// A session of `GetFederationToken`.
    Federated {
        /// The user who federated.
        user: Arc<User>,
        /// The federated user's name.
        name: String,
    },
    /// An instance, as itself. It may ask who it is, and do nothing else.
    Instance(InstanceId),
    /// A session of a role.
    Role {
        /// The role.
        role: Arc<Role>,
        /// The session's name.
        session_name: String,
    },
    /// The account itself.
    Root,
    /// A user, with its own key or in a session of `GetSessionToken`.
    User(Arc<User>),
}

/// Why a key that verifies has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// The key exists and is inactive.
    #[error("the access key is inactive")]
    Inactive,
    /// A managed policy that cuts the session is gone, or one sealed into it is not valid any more.
    #[error("a policy of the session no longer exists")]
    PolicyGone,
    /// The session's role or user is gone, or another one of the same name took its place.
    #[error("the principal of the session no longer exists")]
    PrincipalGone,
    /// No such key.
    #[error("no such access key")]
    Unknown,
}

#[derive(Debug, Clone)]
struct Session {
    claims: SessionClaims,
    policies: Vec<Arc<Policy>>,
}

impl Caller {
    /// The owner of a long-term key, with the key's encrypted secret.
    pub fn of_access_key(
        state: &State,
        id: AccessKeyId,
    ) -> Result<(Self, &SealedSecret), CallerError> {
        let key = state.access_key(id).ok_or(CallerError::Unknown)?;
        if key.status != AccessKeyStatus::Active {
            return Err(CallerError::Inactive);
        }
        let (account, kind) = match &key.owner {
            AccessKeyOwner::Root(account) => (*account, CallerKind::Root),
            AccessKeyOwner::User(account, user) => {
                (*account, CallerKind::User(find_user(state, *account, user)?))
            }
        };
        Ok((Self::new(account, id, kind, None), &key.secret))
    }

    /// The principal of a session whose token opened.
    ///
    /// A role or user that was deleted and made again is another one: the unique id decides.
    pub fn of_session(
        state: &State,
        id: AccessKeyId,
        claims: SessionClaims,
    ) -> Result<Self, CallerError> {
        let account = claims.account;
        let kind = match &claims.principal {
            SessionPrincipal::Federated { name, user, .. } => {
                CallerKind::Federated { user: find_user(state, account, user)?, name: name.clone() }
            }
            SessionPrincipal::Instance { id } => {
                CallerKind::Instance(find_instance(state, account, id)?)
            }
            SessionPrincipal::Role { role, role_name, session_name } => CallerKind::Role {
                role: find_role(state, account, role_name, role)?,
                session_name: session_name.clone(),
            },
            SessionPrincipal::Root => CallerKind::Root,
            SessionPrincipal::User { user, .. } => {
                CallerKind::User(find_user(state, account, user)?)
            }
        };
        let policies = session_policies(state, &claims)?;
        Ok(Self::new(account, id, kind, Some(Session { claims, policies })))
    }

    /// The same caller in another state: gone if its key or principal is.
    pub fn again(&self, state: &State) -> Result<Self, CallerError> {
        match &self.session {
            Some(session) => Self::of_session(state, self.access_key_id, session.claims.clone()),
            None => Self::of_access_key(state, self.access_key_id).map(|(caller, _)| caller),
        }
    }

    fn new(
        account: AccountId,
        access_key_id: AccessKeyId,
        kind: CallerKind,
        session: Option<Session>,
    ) -> Self {
        let own_arn = match &kind {
            CallerKind::Federated { name, .. } => {
                Some(format!("arn:aws:sts::{account}:federated-user/{name}"))
            }
            CallerKind::Instance(id) => {
                Some(format!("arn:aws:sts::{account}:assumed-role/aws:ec2-instance/{id}"))
            }
            CallerKind::Role { role, session_name } => {
                Some(format!("arn:aws:sts::{account}:assumed-role/{}/{session_name}", role.name))
            }
            CallerKind::Root => Some(format!("arn:aws:iam::{account}:root")),
            CallerKind::User(_) => None,
        };
        Self { account, access_key_id, kind, session, own_arn }
    }

    /// The caller's account.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    pub(crate) fn account_text(&self) -> &str {
        self.account.as_str()
    }

    /// The key that signed.
    pub const fn access_key_id(&self) -> AccessKeyId {
        self.access_key_id
    }

    /// What kind of principal this is.
    pub const fn kind(&self) -> &CallerKind {
        &self.kind
    }

    /// The ARN that `GetCallerIdentity` answers: of the session, for a session.
    pub fn arn(&self) -> &str {
        self.own_arn.as_deref().unwrap_or_else(|| self.issuer_arn())
    }

    /// `aws:PrincipalArn`: the role of a role session, the caller itself otherwise.
    pub fn principal_arn(&self) -> &str {
        match self.kind {
            CallerKind::Role { .. } => self.issuer_arn(),
            _ => self.arn(),
        }
    }

    /// Whether the caller may say who it is, and nothing else: no policy can give it more.
    ///
    /// Source: EC2 user guide, "Instance identity roles for Amazon EC2 instances".
    pub const fn is_identity_alone(&self) -> bool {
        matches!(self.kind, CallerKind::Instance(_))
    }

    /// The role or user behind a session, or the caller itself.
    pub fn issuer_arn(&self) -> &str {
        match &self.kind {
            CallerKind::Federated { user, .. } | CallerKind::User(user) => &user.arn,
            CallerKind::Role { role, .. } => &role.arn,
            CallerKind::Instance(_) | CallerKind::Root => {
                self.own_arn.as_deref().unwrap_or_default()
            }
        }
    }

    /// `aws:userid`. Source: IAM user guide, "Where you can use policy variables".
    pub fn user_id(&self) -> Cow<'_, str> {
        let of_two = |first: &str, second: &str| Cow::Owned([first, ":", second].concat());
        match &self.kind {
            CallerKind::Federated { name, .. } => of_two(self.account.as_str(), name),
            CallerKind::Instance(id) => format!("{}:aws:ec2-instance:{id}", self.account).into(),
            CallerKind::Role { role, session_name } => of_two(role.id.as_str(), session_name),
            CallerKind::Root => self.account.as_str().into(),
            CallerKind::User(user) => user.id.as_str().into(),
        }
    }

    /// `aws:username`: of users alone.
    pub fn user_name(&self) -> Option<&str> {
        match &self.kind {
            CallerKind::User(user) => Some(&user.name),
            _ => None,
        }
    }

    /// `aws:PrincipalType`.
    pub const fn principal_type(&self) -> &'static str {
        match self.kind {
            CallerKind::Federated { .. } => "FederatedUser",
            CallerKind::Instance(_) | CallerKind::Role { .. } => "AssumedRole",
            CallerKind::Root => "Account",
            CallerKind::User(_) => "User",
        }
    }

    /// The session's claims, for temporary credentials.
    pub fn claims(&self) -> Option<&SessionClaims> {
        self.session.as_ref().map(|session| &session.claims)
    }

    /// The session policies in force: `None` when the session has none and is not cut by any.
    pub fn session_policies(&self) -> Option<&[Arc<Policy>]> {
        let session = self.session.as_ref()?;
        let cut = matches!(self.kind, CallerKind::Federated { .. }) || !session.policies.is_empty();
        cut.then_some(session.policies.as_slice())
    }

    /// Tags of the principal: session tags override the tags of the role or user, without case.
    pub fn principal_tags(&self) -> Vec<(&str, &str)> {
        let own = match &self.kind {
            CallerKind::Federated { user, .. } | CallerKind::User(user) => user.tags.as_slice(),
            CallerKind::Role { role, .. } => role.tags.as_slice(),
            CallerKind::Instance(_) | CallerKind::Root => &[],
        };
        let session = self.claims().map_or(&[] as &[SessionTag], |claims| &claims.tags);
        let overridden = |key: &str| session.iter().any(|tag| is_same_key(&tag.key, key));
        let own = own.iter().filter(|tag| !overridden(&tag.key));
        own.map(|tag| (tag.key.as_str(), tag.value.as_str()))
            .chain(session.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())))
            .collect()
    }

    /// The caller as policies see it.
    pub fn principal(&self) -> RequestPrincipal<'_> {
        let account = self.account;
        match &self.kind {
            CallerKind::Federated { .. } => RequestPrincipal::Federated {
                account,
                session_arn: self.arn(),
                user_arn: self.issuer_arn(),
            },
            // An instance has no role: nothing but its session is named.
            CallerKind::Instance(_) | CallerKind::Role { .. } => RequestPrincipal::Role {
                account,
                role_arn: self.issuer_arn(),
                session_arn: self.arn(),
            },
            CallerKind::Root => RequestPrincipal::Root { account },
            CallerKind::User(_) => RequestPrincipal::User { account, arn: self.arn() },
        }
    }

    /// Whether the session began with MFA.
    pub fn mfa_at(&self) -> Option<Timestamp> {
        self.claims()?.mfa_at
    }
}

fn find_user(state: &State, account: AccountId, id: &UniqueId) -> Result<Arc<User>, CallerError> {
    let user = state.account(account).and_then(|account| account.user_by_id(id));
    user.cloned().ok_or(CallerError::PrincipalGone)
}

fn find_instance(
    state: &State,
    account: AccountId,
    id: &InstanceId,
) -> Result<InstanceId, CallerError> {
    let instance = state.instance(id).filter(|instance| instance.account == account);
    instance.map(|instance| instance.id.clone()).ok_or(CallerError::PrincipalGone)
}

fn find_role(
    state: &State,
    account: AccountId,
    name: &str,
    id: &UniqueId,
) -> Result<Arc<Role>, CallerError> {
    let role = state.account(account).and_then(|account: &Account| account.role(name));
    role.filter(|role| role.id == *id).cloned().ok_or(CallerError::PrincipalGone)
}

/// The policies sealed into a session. They were valid when it was made; one that is not any more,
/// or a managed one that is gone, ends the session rather than widen it.
fn session_policies(
    state: &State,
    claims: &SessionClaims,
) -> Result<Vec<Arc<Policy>>, CallerError> {
    let inline = claims.policies.iter().map(|text| {
        Policy::parse(PolicyKind::Session, text).map(Arc::new).map_err(|_| CallerError::PolicyGone)
    });
    let managed = claims.policy_arns.iter().map(|arn| {
        let policy = state.managed_policy(arn).map(|managed| Arc::clone(&managed.policy));
        policy.ok_or(CallerError::PolicyGone)
    });
    inline.chain(managed).collect()
}
