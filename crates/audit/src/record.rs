use std::borrow::Cow;
use std::net::IpAddr;

use rolecall_identity::{AccountId, RequestId, Timestamp, address_text};

use crate::json::{Object, write_object};
use crate::{Json, UserIdentity};

/// One call, as CloudTrail records it.
///
/// It borrows from the call that it is of: a record is written at once and never kept.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// [`RECORD_VERSION`].
    pub event_version: &'static str,
    /// Who called.
    pub user_identity: UserIdentity<'a>,
    /// When, in whole seconds: `2015-08-30T12:36:00Z`.
    pub event_time: Timestamp,
    /// The service: `sts.amazonaws.com`.
    pub event_source: Cow<'a, str>,
    /// The operation: `AssumeRole`.
    pub event_name: Cow<'a, str>,
    /// The region of the call.
    pub aws_region: Cow<'a, str>,
    /// The peer's address, or the service that called.
    pub source_ip_address: Source,
    /// The client's `User-Agent`; S3 writes it in brackets.
    pub user_agent: Cow<'a, str>,
    /// AWS's code when the call failed.
    pub error_code: Option<&'a str>,
    /// AWS's message when the call failed.
    pub error_message: Option<&'a str>,
    /// The parameters in camel case, without secrets; `null` when there are none.
    pub request_parameters: Option<Json>,
    /// What a write answered, without secrets; `null` for reads.
    pub response_elements: Option<Json>,
    /// Facts of one service, such as the bytes of an S3 transfer; no field when there are none.
    pub additional_event_data: Option<Json>,
    /// The id in the answer.
    pub request_id: RequestId,
    /// The id of this record.
    pub event_id: RequestId,
    /// Whether the call could change nothing.
    pub read_only: bool,
    /// What the call acted on.
    pub resources: Vec<Resource<'a>>,
    /// `AwsApiCall`.
    pub event_type: &'static str,
    /// Whether this is a management event.
    pub management_event: bool,
    /// The account that owns the record.
    pub recipient_account_id: AccountId,
    /// The VPC endpoint the call came through.
    pub vpc_endpoint_id: Option<&'a str>,
    /// Management or data.
    pub event_category: EventCategory,
    /// The connection's encryption and the name the client called.
    pub tls_details: Option<TlsDetails<'a>>,
}

/// Where a call came from.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// A peer.
    Address(IpAddr),
    /// A service on somebody's behalf: `ec2.amazonaws.com`.
    Service(&'static str),
}

/// What a call acted on.
#[derive(Debug, Clone)]
pub struct Resource<'a> {
    /// The resource's ARN.
    pub arn: Cow<'a, str>,
    /// Its owner, if known.
    pub account_id: Option<AccountId>,
    /// `AWS::IAM::Role`, `AWS::S3::Object`, …
    pub kind: &'static str,
}

/// Whether a record is of the control plane or of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventCategory {
    /// Calls on data: S3 objects.
    Data,
    /// Calls that manage resources.
    Management,
}

/// The connection of a call.
#[derive(Debug, Clone)]
pub struct TlsDetails<'a> {
    /// The name the client called: the `Host` header.
    pub client_provided_host_header: &'a str,
}

/// The version of CloudTrail's format that records follow.
pub const RECORD_VERSION: &str = "1.11";

impl Record<'_> {
    /// Appends the record as JSON, on one line.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        write_object(out, |object| self.write_fields(object));
    }

    fn write_fields(&self, object: &mut Object<'_>) {
        object.word("eventVersion", self.event_version);
        object.object("userIdentity", |object| self.user_identity.write_fields(object));
        object.plain("eventTime", self.event_time.iso8601());
        object.text("eventSource", &self.event_source);
        object.text("eventName", &self.event_name);
        object.text("awsRegion", &self.aws_region);
        match self.source_ip_address {
            Source::Address(address) => {
                object.plain("sourceIPAddress", address_text(address));
            }
            Source::Service(name) => object.word("sourceIPAddress", name),
        }
        object.text("userAgent", &self.user_agent);
        object.optional_text("errorCode", self.error_code);
        object.optional_text("errorMessage", self.error_message);
        object.json("requestParameters", self.request_parameters.as_ref());
        object.json("responseElements", self.response_elements.as_ref());
        if self.additional_event_data.is_some() {
            object.json("additionalEventData", self.additional_event_data.as_ref());
        }
        object.word("requestID", self.request_id.as_str());
        object.word("eventID", self.event_id.as_str());
        object.flag("readOnly", self.read_only);
        if !self.resources.is_empty() {
            object.array("resources", |array| {
                for resource in &self.resources {
                    array.object(|object| resource.write_fields(object));
                }
            });
        }
        object.word("eventType", self.event_type);
        object.flag("managementEvent", self.management_event);
        object.word("recipientAccountId", self.recipient_account_id.as_str());
        object.optional_text("vpcEndpointId", self.vpc_endpoint_id);
        object.word("eventCategory", self.event_category.as_str());
        if let Some(details) = &self.tls_details {
            object.object("tlsDetails", |object| {
                object.text("clientProvidedHostHeader", details.client_provided_host_header);
            });
        }
    }
}

impl Resource<'_> {
    fn write_fields(&self, object: &mut Object<'_>) {
        object.text("ARN", &self.arn);
        if let Some(account) = self.account_id {
            object.word("accountId", account.as_str());
        }
        object.word("type", self.kind);
    }
}

impl EventCategory {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Management => "Management",
        }
    }
}

#[cfg(test)]
mod tests {
    use rolecall_identity::{Entropy, RoleDelivery};
    use serde_json::json;

    use super::*;
    use crate::{InScopeOf, SessionAttributes, SessionContext, SessionIssuer};

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn identity(account: AccountId) -> UserIdentity<'static> {
        UserIdentity {
            kind: "AssumedRole",
            principal_id: Some("AROAEXAMPLE:i-0".into()),
            arn: Some("arn:aws:sts::123456789012:assumed-role/app/i-0"),
            account_id: Some(account),
            access_key_id: Some("ASIAIOSFODNN7EXAMPLE".parse().unwrap()),
            session_context: Some(SessionContext {
                session_issuer: Some(SessionIssuer {
                    kind: "Role",
                    principal_id: "AROAEXAMPLE".into(),
                    arn: "arn:aws:iam::123456789012:role/app",
                    account_id: account,
                    user_name: Some("app"),
                }),
                attributes: SessionAttributes {
                    creation_date: Timestamp::from_seconds(1_440_938_160),
                    mfa_authenticated: "false",
                },
                ec2_role_delivery: Some(RoleDelivery::V2),
                source_identity: None,
            }),
            in_scope_of: Some(InScopeOf {
                issuer_type: "AWS::EC2::Instance",
                credentials_issued_to: "arn:aws:ec2:us-east-1:123456789012:instance/i-0",
            }),
            ..UserIdentity::default()
        }
    }

    /// Source of the form: CloudTrail user guide, "Record contents".
    #[test]
    fn a_record_has_the_form_of_cloudtrail() {
        let account = "123456789012".parse().unwrap();
        let record = Record {
            event_version: RECORD_VERSION,
            user_identity: identity(account),
            event_time: Timestamp::from_seconds(1_440_938_160),
            event_source: "s3.amazonaws.com".into(),
            event_name: "GetObject".into(),
            aws_region: "us-east-1".into(),
            source_ip_address: Source::Address(IpAddr::from([192, 0, 2, 1])),
            user_agent: "[a \"client\"]".into(),
            error_code: Some("AccessDenied"),
            error_message: Some("no"),
            request_parameters: Some(json!({ "bucketName": "b", "key": "k" }).into()),
            response_elements: None,
            additional_event_data: Some(json!({ "bytesTransferredIn": 0 }).into()),
            request_id: RequestId::mint(&mut Zeros),
            event_id: RequestId::mint(&mut Zeros),
            read_only: true,
            resources: vec![Resource {
                arn: "arn:aws:s3:::b/k".into(),
                account_id: Some(account),
                kind: "AWS::S3::Object",
            }],
            event_type: "AwsApiCall",
            management_event: false,
            recipient_account_id: account,
            vpc_endpoint_id: Some("vpce-1"),
            event_category: EventCategory::Data,
            tls_details: Some(TlsDetails { client_provided_host_header: "b.example" }),
        };
        let mut line = Vec::new();
        record.write_json(&mut line);
        assert_eq!(str::from_utf8(&line).unwrap(), EXPECTED);
    }

    const EXPECTED: &str = concat!(
        r#"{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","#,
        r#""principalId":"AROAEXAMPLE:i-0","#,
        r#""arn":"arn:aws:sts::123456789012:assumed-role/app/i-0","accountId":"123456789012","#,
        r#""accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionContext":{"sessionIssuer":{"type":"Role","#,
        r#""principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/app","#,
        r#""accountId":"123456789012","userName":"app"},"attributes":{"#,
        r#""creationDate":"2015-08-30T12:36:00Z","mfaAuthenticated":"false"},"#,
        r#""ec2RoleDelivery":"2.0"},"inScopeOf":{"issuerType":"AWS::EC2::Instance","#,
        r#""credentialsIssuedTo":"arn:aws:ec2:us-east-1:123456789012:instance/i-0"}},"#,
        r#""eventTime":"2015-08-30T12:36:00Z","eventSource":"s3.amazonaws.com","#,
        r#""eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","#,
        r#""userAgent":"[a \"client\"]","errorCode":"AccessDenied","errorMessage":"no","#,
        r#""requestParameters":{"bucketName":"b","key":"k"},"responseElements":null,"#,
        r#""additionalEventData":{"bytesTransferredIn":0},"#,
        r#""requestID":"00000000-0000-4000-8000-000000000000","#,
        r#""eventID":"00000000-0000-4000-8000-000000000000","readOnly":true,"resources":["#,
        r#"{"ARN":"arn:aws:s3:::b/k","accountId":"123456789012","type":"AWS::S3::Object"}],"#,
        r#""eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"123456789012","#,
        r#""vpcEndpointId":"vpce-1","eventCategory":"Data","#,
        r#""tlsDetails":{"clientProvidedHostHeader":"b.example"}}"#,
    );
}
