use std::borrow::Cow;

use rolecall_identity::{AccessKeyId, AccountId, RoleDelivery, Timestamp};
use serde::{Serialize, Serializer};

use crate::record::iso8601;

/// Who called. Source: CloudTrail user guide, "userIdentity element".
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity<'a> {
    /// `IAMUser`, `AssumedRole`, `FederatedUser`, `Root`, `AWSService`, `AWSAccount`, `Unknown`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The unique id: `AROA…:session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<Cow<'a, str>>,
    /// The caller's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<&'a str>,
    /// The caller's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<AccessKeyId>,
    /// A user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<&'a str>,
    /// Of temporary credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<SessionContext<'a>>,
    /// The service that called for itself: `ec2.amazonaws.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<&'static str>,
    /// The instance the credentials were issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_scope_of: Option<InScopeOf<'a>>,
}

/// Where temporary credentials come from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext<'a> {
    /// Who issued the session: the role, or the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_issuer: Option<SessionIssuer<'a>>,
    /// When, and with which factors.
    pub attributes: SessionAttributes,
    /// Which version of the metadata service delivered the key: `1.0` or `2.0`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "delivery")]
    pub ec2_role_delivery: Option<RoleDelivery>,
    /// What the session calls itself down a chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<&'a str>,
}

/// Who issued a session.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionIssuer<'a> {
    /// `Role`, `IAMUser` or `Root`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The issuer's unique id.
    pub principal_id: Cow<'a, str>,
    /// Its ARN, with path.
    pub arn: &'a str,
    /// Its account.
    pub account_id: AccountId,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<&'a str>,
}

/// When a session began, and with which factors.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAttributes {
    /// When the credentials were issued.
    #[serde(serialize_with = "iso8601")]
    pub creation_date: Timestamp,
    /// `"true"` or `"false"`, a string as CloudTrail writes it.
    pub mfa_authenticated: &'static str,
}

/// The instance that credentials were issued to (format 1.11).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InScopeOf<'a> {
    /// `AWS::EC2::Instance`.
    pub issuer_type: &'static str,
    /// The instance's ARN.
    pub credentials_issued_to: &'a str,
}

fn delivery<S: Serializer>(value: &Option<RoleDelivery>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value.map_or("", RoleDelivery::as_str))
}
