use std::borrow::Cow;
use std::fmt::Display;
use std::net::IpAddr;

use rolecall_identity::{AccountId, RequestId, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::UserIdentity;

/// One call, as CloudTrail records it.
///
/// It borrows from the call that it is of: a record is written at once and never kept.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record<'a> {
    /// [`RECORD_VERSION`].
    pub event_version: &'static str,
    /// Who called.
    pub user_identity: UserIdentity<'a>,
    /// When, in whole seconds: `2015-08-30T12:36:00Z`.
    #[serde(serialize_with = "iso8601")]
    pub event_time: Timestamp,
    /// The service: `sts.amazonaws.com`.
    pub event_source: Cow<'a, str>,
    /// The operation: `AssumeRole`.
    pub event_name: Cow<'a, str>,
    /// The region of the call.
    pub aws_region: Cow<'a, str>,
    /// The peer's address, or the service that called.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Source,
    /// The client's `User-Agent`; S3 writes it in brackets.
    pub user_agent: Cow<'a, str>,
    /// AWS's code when the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'a str>,
    /// AWS's message when the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<&'a str>,
    /// The parameters in camel case, without secrets; `null` when there are none.
    pub request_parameters: Value,
    /// What a write answered, without secrets; `null` for reads.
    pub response_elements: Value,
    /// Facts of one service, such as the bytes of an S3 transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_event_data: Option<Value>,
    /// The id in the answer.
    #[serde(rename = "requestID", serialize_with = "displayed")]
    pub request_id: RequestId,
    /// The id of this record.
    #[serde(rename = "eventID", serialize_with = "displayed")]
    pub event_id: RequestId,
    /// Whether the call could change nothing.
    pub read_only: bool,
    /// What the call acted on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource<'a>>,
    /// `AwsApiCall`.
    pub event_type: &'static str,
    /// Whether this is a management event.
    pub management_event: bool,
    /// The account that owns the record.
    pub recipient_account_id: AccountId,
    /// The VPC endpoint the call came through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint_id: Option<&'a str>,
    /// Management or data.
    pub event_category: EventCategory,
    /// The connection's encryption and the name the client called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_details: Option<TlsDetails<'a>>,
}

/// Where a call came from.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// A peer.
    Address(IpAddr),
    /// A service on somebody's behalf: `ec2.amazonaws.com`.
    Service(&'static str),
}

/// What a call acted on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<'a> {
    /// The resource's ARN.
    #[serde(rename = "ARN")]
    pub arn: Cow<'a, str>,
    /// Its owner, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// `AWS::IAM::Role`, `AWS::S3::Object`, …
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// Whether a record is of the control plane or of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum EventCategory {
    /// Calls on data: S3 objects.
    Data,
    /// Calls that manage resources.
    Management,
}

/// The connection of a call.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails<'a> {
    /// The name the client called: the `Host` header.
    pub client_provided_host_header: &'a str,
}

/// The version of CloudTrail's format that records follow.
pub const RECORD_VERSION: &str = "1.11";

pub(crate) fn iso8601<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.iso8601())
}

fn displayed<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
