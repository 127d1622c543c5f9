use std::borrow::Cow;

use rolecall_identity::{AccessKeyId, AccountId, RoleDelivery, Timestamp};

use crate::json::Object;

/// Who called. Source: CloudTrail user guide, "userIdentity element".
#[derive(Debug, Clone, Default)]
pub struct UserIdentity<'a> {
    /// `IAMUser`, `AssumedRole`, `FederatedUser`, `Root`, `AWSService`, `AWSAccount`, `Unknown`.
    pub kind: &'static str,
    /// The unique id: `AROA…:session`.
    pub principal_id: Option<Cow<'a, str>>,
    /// The caller's ARN.
    pub arn: Option<&'a str>,
    /// The caller's account.
    pub account_id: Option<AccountId>,
    /// The key that signed.
    pub access_key_id: Option<AccessKeyId>,
    /// A user's name.
    pub user_name: Option<&'a str>,
    /// Of temporary credentials.
    pub session_context: Option<SessionContext<'a>>,
    /// The service that called for itself: `ec2.amazonaws.com`.
    pub invoked_by: Option<&'static str>,
    /// The instance the credentials were issued to.
    pub in_scope_of: Option<InScopeOf<'a>>,
}

/// Where temporary credentials come from.
#[derive(Debug, Clone)]
pub struct SessionContext<'a> {
    /// Who issued the session: the role, or the user.
    pub session_issuer: Option<SessionIssuer<'a>>,
    /// When, and with which factors.
    pub attributes: SessionAttributes,
    /// Which version of the metadata service delivered the key: `1.0` or `2.0`.
    pub ec2_role_delivery: Option<RoleDelivery>,
    /// What the session calls itself down a chain.
    pub source_identity: Option<&'a str>,
}

/// Who issued a session.
#[derive(Debug, Clone)]
pub struct SessionIssuer<'a> {
    /// `Role`, `IAMUser` or `Root`.
    pub kind: &'static str,
    /// The issuer's unique id.
    pub principal_id: Cow<'a, str>,
    /// Its ARN, with path.
    pub arn: &'a str,
    /// Its account.
    pub account_id: AccountId,
    /// Its name.
    pub user_name: Option<&'a str>,
}

/// When a session began, and with which factors.
#[derive(Debug, Clone)]
pub struct SessionAttributes {
    /// When the credentials were issued.
    pub creation_date: Timestamp,
    /// `"true"` or `"false"`, a string as CloudTrail writes it.
    pub mfa_authenticated: &'static str,
}

/// The instance that credentials were issued to (format 1.11).
#[derive(Debug, Clone)]
pub struct InScopeOf<'a> {
    /// `AWS::EC2::Instance`.
    pub issuer_type: &'static str,
    /// The instance's ARN.
    pub credentials_issued_to: &'a str,
}

impl UserIdentity<'_> {
    pub(crate) fn write_fields(&self, object: &mut Object<'_>) {
        object.word("type", self.kind);
        object.optional_text("principalId", self.principal_id.as_deref());
        object.optional_text("arn", self.arn);
        if let Some(account) = self.account_id {
            object.word("accountId", account.as_str());
        }
        object.optional_text("accessKeyId", self.access_key_id.as_ref().map(AccessKeyId::as_str));
        object.optional_text("userName", self.user_name);
        if let Some(session) = &self.session_context {
            object.object("sessionContext", |object| session.write_fields(object));
        }
        object.optional_text("invokedBy", self.invoked_by);
        if let Some(instance) = &self.in_scope_of {
            object.object("inScopeOf", |object| {
                object.word("issuerType", instance.issuer_type);
                object.text("credentialsIssuedTo", instance.credentials_issued_to);
            });
        }
    }
}

impl SessionContext<'_> {
    fn write_fields(&self, object: &mut Object<'_>) {
        if let Some(issuer) = &self.session_issuer {
            object.object("sessionIssuer", |object| issuer.write_fields(object));
        }
        object.object("attributes", |object| {
            object.plain("creationDate", self.attributes.creation_date.iso8601());
            object.word("mfaAuthenticated", self.attributes.mfa_authenticated);
        });
        object.optional_text("ec2RoleDelivery", self.ec2_role_delivery.map(RoleDelivery::as_str));
        object.optional_text("sourceIdentity", self.source_identity);
    }
}

impl SessionIssuer<'_> {
    fn write_fields(&self, object: &mut Object<'_>) {
        object.word("type", self.kind);
        object.text("principalId", &self.principal_id);
        object.text("arn", self.arn);
        object.word("accountId", self.account_id.as_str());
        object.optional_text("userName", self.user_name);
    }
}
