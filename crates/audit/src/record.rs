use rolecall_identity::AccountId;
use serde::Serialize;
use serde_json::Value;

use crate::UserIdentity;

/// One call, as CloudTrail records it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// [`RECORD_VERSION`].
    pub event_version: &'static str,
    /// Who called.
    pub user_identity: UserIdentity,
    /// When, in whole seconds: `2015-08-30T12:36:00Z`.
    pub event_time: String,
    /// The service: `sts.amazonaws.com`.
    pub event_source: String,
    /// The operation: `AssumeRole`.
    pub event_name: String,
    /// The region of the call.
    pub aws_region: String,
    /// The peer's address, or the service that called.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: String,
    /// The client's `User-Agent`; S3 writes it in brackets.
    pub user_agent: String,
    /// AWS's code when the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// AWS's message when the call failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The parameters in camel case, without secrets; `null` when there are none.
    pub request_parameters: Value,
    /// What a write answered, without secrets; `null` for reads.
    pub response_elements: Value,
    /// Facts of one service, such as the bytes of an S3 transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_event_data: Option<Value>,
    /// The id in the answer.
    #[serde(rename = "requestID")]
    pub request_id: String,
    /// The id of this record.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// Whether the call could change nothing.
    pub read_only: bool,
    /// What the call acted on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// `AwsApiCall`.
    pub event_type: &'static str,
    /// Whether this is a management event.
    pub management_event: bool,
    /// The account that owns the record.
    pub recipient_account_id: AccountId,
    /// The VPC endpoint the call came through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint_id: Option<String>,
    /// Management or data.
    pub event_category: EventCategory,
    /// The connection's encryption and the name the client called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_details: Option<TlsDetails>,
}

/// What a call acted on.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// The resource's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
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
pub struct TlsDetails {
    /// The name the client called: the `Host` header.
    pub client_provided_host_header: String,
}

/// The version of CloudTrail's format that records follow.
pub const RECORD_VERSION: &str = "1.11";
