use std::borrow::Cow;

use rolecall_audit::{
    EventCategory, InScopeOf, RECORD_VERSION, Record, Resource, SessionAttributes, SessionContext,
    SessionIssuer, Source, TlsDetails, UserIdentity,
};
use rolecall_authority::{
    ApiError, Caller, CallerKind, Connection, ContainerCredentials, Denied, Done,
    InstanceCredentials, Params, Service, TaskArn, Watch, is_read_only,
};
use rolecall_gateway::S3Event;
use rolecall_identity::{
    AccessKeyId, AccountId, Credentials, InstanceId, RequestId, SessionClaims, SessionTag,
    Timestamp,
};
use rolecall_sigv4::AuthForm;
use serde_json::{Value, json};

use super::params::{request_parameters, response_elements};
use crate::entropy::OsEntropy;

/// What is known of a call to STS, IAM or EC2.
pub(crate) struct ApiFacts<'a> {
    pub(crate) at: Timestamp,
    pub(crate) request_id: RequestId,
    pub(crate) service: Service,
    pub(crate) action: &'a str,
    pub(crate) params: &'a Params,
    pub(crate) caller: Option<&'a Caller>,
    pub(crate) access_key_id: Option<AccessKeyId>,
    pub(crate) connection: &'a Connection,
    pub(crate) host: Option<&'a str>,
    pub(crate) region: &'a str,
    /// Whose records hold a call that nobody proved.
    pub(crate) home: &'a Home,
    pub(crate) outcome: Result<&'a Done, &'a ApiError>,
    /// What policies would have denied, had they been enforced.
    pub(crate) watched: &'a [Denied],
}

/// The record of a call.
pub(crate) fn api_record<'a>(facts: &ApiFacts<'a>) -> Record<'a> {
    let read_only = is_read_only(facts.service, facts.action);
    let (error_code, error_message) = match facts.outcome {
        Ok(_) => (None, None),
        Err(error) => (Some(error.code), Some(error.message.as_str())),
    };
    let account = facts.caller.map_or(facts.home.account, Caller::account);
    let done = facts.outcome.ok();
    let resources = done.map_or(&[] as &[_], |done| &done.resources);
    Record {
        user_identity: user_identity(facts.caller, facts.access_key_id),
        event_source: event_source(facts.service).into(),
        event_name: cut(facts.action, EVENT_NAME_MAX),
        aws_region: region(facts.region, facts.caller, facts.home),
        user_agent: user_agent(facts.connection),
        error_code,
        error_message,
        request_parameters: match facts.caller {
            Some(_) => request_parameters(facts.params),
            None => None,
        },
        response_elements: match done {
            Some(done) if is_told(facts.action, read_only) => response_elements(&done.output),
            _ => None,
        },
        additional_event_data: (!facts.watched.is_empty())
            .then(|| json!({ WOULD_BE_DENIED: would_be_denied(facts.watched) }).into()),
        read_only,
        resources: resources
            .iter()
            .map(|(arn, kind)| Resource { arn: arn.into(), account_id: Some(account), kind })
            .collect(),
        tls_details: facts.host.map(tls_details),
        vpc_endpoint_id: vpc_endpoint(facts.connection),
        ..blank(facts.at, facts.request_id, account, Source::Address(facts.connection.peer))
    }
}

fn s3_data(event: &S3Event, method: &str) -> Value {
    let mut data = json!({
        "SignatureVersion": "SigV4",
        "AuthenticationMethod": method,
        "bytesTransferredIn": event.bytes_in,
        "bytesTransferredOut": event.bytes_out,
        "x-amz-id-2": event.request_id.to_string(),
    });
    let watched = event.connection.watch.as_ref().map(Watch::take).unwrap_or_default();
    for denied in &watched {
        let (request_id, action) = (event.request_id, event.operation.as_str());
        tracing::warn!(%request_id, action, denied.message, denied.detail, "would be denied");
    }
    if let (false, Value::Object(fields)) = (watched.is_empty(), &mut data) {
        fields.insert(WOULD_BE_DENIED.to_owned(), would_be_denied(&watched));
    }
    data
}

fn would_be_denied(watched: &[Denied]) -> Value {
    let one = |denied: &Denied| json!({ "message": denied.message, "detail": denied.detail });
    watched.iter().map(one).collect()
}

/// Of a service that only watches.
const WOULD_BE_DENIED: &str = "wouldBeDenied";

/// Whether a record holds what was answered: of writes, and of what vends credentials.
fn is_told(action: &str, read_only: bool) -> bool {
    !read_only || matches!(action, "AssumeRole" | "GetFederationToken" | "GetSessionToken")
}

/// The record of a request to the gateway.
pub(crate) fn s3_record<'a>(event: &'a S3Event, home: &'a Home) -> Record<'a> {
    let account = event.caller.as_deref().map_or(home.account, Caller::account);
    let bucket = event.bucket.as_deref();
    let of_object = event.key.is_some();
    let error = event.error.as_ref();
    let (error_code, error_message) = error.map(|(c, m)| (c.as_str(), m.as_str())).unzip();
    let method = match event.form {
        Some(AuthForm::Query) => "QueryString",
        _ => "AuthHeader",
    };
    let bucket_arn = bucket.map(|bucket| format!("arn:aws:s3:::{bucket}"));
    let object_arn = bucket_arn.as_ref().zip(event.key.as_ref()).map(|(bucket, key)| Resource {
        arn: format!("{bucket}/{key}").into(),
        account_id: None,
        kind: "AWS::S3::Object",
    });
    let others = event.others.iter().map(|(bucket, key)| Resource {
        arn: format!("arn:aws:s3:::{bucket}/{key}").into(),
        account_id: None,
        kind: "AWS::S3::Object",
    });
    let bucket_resource = bucket_arn.clone().map(|arn| Resource {
        arn: arn.into(),
        account_id: Some(home.account),
        kind: "AWS::S3::Bucket",
    });
    Record {
        user_identity: user_identity(
            event.caller.as_deref(),
            event.access_key_id.as_deref().and_then(|id| id.parse().ok()),
        ),
        event_source: "s3.amazonaws.com".into(),
        event_name: event.operation.as_str().into(),
        aws_region: region(&event.region, event.caller.as_deref(), home),
        user_agent: format!("[{}]", user_agent(&event.connection)).into(),
        error_code,
        error_message,
        request_parameters: match (bucket, &event.key) {
            (None, _) => None,
            (Some(bucket), None) => Some(json!({ "bucketName": bucket }).into()),
            (Some(bucket), Some(key)) => Some(json!({ "bucketName": bucket, "key": key }).into()),
        },
        additional_event_data: Some(s3_data(event, method).into()),
        read_only: event.read_only,
        resources: object_arn.into_iter().chain(bucket_resource).chain(others).collect(),
        management_event: !of_object,
        event_category: if of_object { EventCategory::Data } else { EventCategory::Management },
        tls_details: event.host.as_deref().map(tls_details),
        vpc_endpoint_id: vpc_endpoint(&event.connection),
        ..blank(event.at, event.request_id, account, Source::Address(event.connection.peer))
    }
}

/// The records of the two key sets that the metadata service was given for an instance.
///
/// They share the request and differ in the key, as at AWS (contract/detection.md section 3.2).
pub(crate) fn issuance_records<'a>(
    instance: &InstanceId,
    region: &'a str,
    issued: &'a InstanceCredentials,
    at: Timestamp,
) -> [Record<'a>; 2] {
    let request_id = RequestId::mint(&mut OsEntropy);
    [&issued.v1, &issued.v2].map(|keys| {
        let name = instance.as_str();
        let issuance = Issuance {
            service: "ec2.amazonaws.com",
            region,
            role: (&issued.role_arn, issued.account),
            parameters: json!({ "roleArn": issued.role_arn, "roleSessionName": name }),
            keys,
            expiration: issued.expiration,
        };
        issuance.record(at, request_id)
    })
}

/// The record of the keys that ECS or EKS was given for a task or a pod.
pub(crate) fn container_issuance_record<'a>(
    region: &'a str,
    issued: &'a ContainerCredentials,
    at: Timestamp,
) -> Record<'a> {
    let mut parameters = json!({
        "roleArn": issued.role_arn,
        "roleSessionName": issued.session_name,
    });
    if let (false, Value::Object(fields)) = (issued.tags.is_empty(), &mut parameters) {
        let tag = |tag: &SessionTag| json!({ "key": tag.key, "value": tag.value });
        let transitive = issued.tags.iter().filter(|tag| tag.transitive);
        let transitive: Vec<&str> = transitive.map(|tag| tag.key.as_str()).collect();
        fields.insert("tags".to_owned(), issued.tags.iter().map(tag).collect());
        fields.insert("transitiveTagKeys".to_owned(), json!(transitive));
    }
    let issuance = Issuance {
        service: issued.service,
        region,
        role: (&issued.role_arn, issued.account),
        parameters,
        keys: &issued.keys,
        expiration: issued.expiration,
    };
    issuance.record(at, RequestId::mint(&mut OsEntropy))
}

/// A role that a service assumed for what it runs.
struct Issuance<'a> {
    service: &'static str,
    region: &'a str,
    role: (&'a str, AccountId),
    parameters: Value,
    keys: &'a Credentials,
    expiration: Timestamp,
}

impl<'a> Issuance<'a> {
    fn record(self, at: Timestamp, request_id: RequestId) -> Record<'a> {
        let (role_arn, account) = self.role;
        Record {
            user_identity: UserIdentity {
                kind: "AWSService",
                invoked_by: Some(self.service),
                ..UserIdentity::default()
            },
            event_source: "sts.amazonaws.com".into(),
            event_name: "AssumeRole".into(),
            aws_region: self.region.into(),
            user_agent: self.service.into(),
            request_parameters: Some(self.parameters.into()),
            response_elements: Some(
                json!({
                    "credentials": {
                        "accessKeyId": self.keys.access_key_id.as_str(),
                        "expiration": self.expiration.us_locale().to_string(),
                    }
                })
                .into(),
            ),
            read_only: true,
            resources: vec![Resource {
                arn: role_arn.into(),
                account_id: Some(account),
                kind: "AWS::IAM::Role",
            }],
            ..blank(at, request_id, account, Source::Service(self.service))
        }
    }
}

/// The record of a task that changed its own protection: ECS knows it by its place, not by keys.
pub(crate) fn protection_record<'a>(
    task: &'a TaskArn,
    protected_until: Option<Timestamp>,
    at: Timestamp,
) -> Record<'a> {
    let (service, request_id) = ("ecs-tasks.amazonaws.com", RequestId::mint(&mut OsEntropy));
    Record {
        user_identity: UserIdentity {
            kind: "AWSService",
            invoked_by: Some(service),
            ..UserIdentity::default()
        },
        event_source: "ecs.amazonaws.com".into(),
        event_name: "UpdateTaskProtection".into(),
        aws_region: task.region().into(),
        user_agent: service.into(),
        request_parameters: Some(
            json!({
                "cluster": task.cluster(),
                "protectionEnabled": protected_until.is_some(),
                "expirationDate": protected_until.map(|end| end.us_locale().to_string()),
                "tasks": [task.as_str()],
            })
            .into(),
        ),
        ..blank(at, request_id, task.account(), Source::Service(service))
    }
}

/// The record of what somebody did at the admin address: who, it cannot know.
pub(crate) fn control_record<'a>(
    name: &'a str,
    parameters: &Value,
    home: &'a Home,
    at: Timestamp,
) -> Record<'a> {
    let request_id = RequestId::mint(&mut OsEntropy);
    let source = Source::Service("rolecall.internal");
    Record {
        user_identity: UserIdentity {
            kind: "AWSService",
            invoked_by: Some("rolecall.internal"),
            ..UserIdentity::default()
        },
        event_source: "rolecall.internal".into(),
        event_name: name.into(),
        aws_region: home.region.as_str().into(),
        request_parameters: Some(parameters.clone().into()),
        event_type: "AwsServiceEvent",
        ..blank(at, request_id, home.account, source)
    }
}

/// Where records of calls go that nobody proved, and what a claimed region is replaced by.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) account: AccountId,
    pub(crate) region: String,
}

/// The region of a call names a folder: only a proved caller chooses it, and only a name.
fn region<'a>(claimed: &'a str, caller: Option<&Caller>, home: &'a Home) -> Cow<'a, str> {
    let is_name = |text: &str| {
        (1..=REGION_MAX).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let chosen = Some(claimed).filter(|text| caller.is_some() && is_name(text));
    chosen.unwrap_or(&home.region).into()
}

fn user_agent(connection: &Connection) -> Cow<'_, str> {
    cut(connection.user_agent.as_deref().unwrap_or_default(), USER_AGENT_MAX)
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most {
        return text.into();
    }
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default().into()
}

fn event_source(service: Service) -> &'static str {
    match service {
        Service::Ec2 => "ec2.amazonaws.com",
        Service::Iam => "iam.amazonaws.com",
        Service::Sts => "sts.amazonaws.com",
    }
}

const EVENT_NAME_MAX: usize = 128;
const REGION_MAX: usize = 32;
/// Source: CloudTrail user guide, "Record contents".
const USER_AGENT_MAX: usize = 1024;

/// What every record has.
fn blank<'a>(
    at: Timestamp,
    request_id: RequestId,
    account: AccountId,
    source: Source,
) -> Record<'a> {
    Record {
        event_version: RECORD_VERSION,
        user_identity: UserIdentity::default(),
        event_time: at,
        event_source: Cow::Borrowed(""),
        event_name: Cow::Borrowed(""),
        aws_region: Cow::Borrowed(""),
        source_ip_address: source,
        user_agent: Cow::Borrowed(""),
        error_code: None,
        error_message: None,
        request_parameters: None,
        response_elements: None,
        additional_event_data: None,
        request_id,
        event_id: RequestId::mint(&mut OsEntropy),
        read_only: false,
        resources: Vec::new(),
        event_type: "AwsApiCall",
        management_event: true,
        recipient_account_id: account,
        vpc_endpoint_id: None,
        event_category: EventCategory::Management,
        tls_details: None,
    }
}

fn vpc_endpoint(connection: &Connection) -> Option<&str> {
    connection.network.as_ref().map(|network| network.endpoint_id.as_str())
}

const fn tls_details(host: &str) -> TlsDetails<'_> {
    TlsDetails { client_provided_host_header: host }
}

fn user_identity(caller: Option<&Caller>, claimed: Option<AccessKeyId>) -> UserIdentity<'_> {
    let Some(caller) = caller else {
        return UserIdentity { kind: "Unknown", access_key_id: claimed, ..UserIdentity::default() };
    };
    let kind = match caller.kind() {
        CallerKind::Federated { .. } => "FederatedUser",
        CallerKind::Instance(_) | CallerKind::Role { .. } => "AssumedRole",
        CallerKind::Root => "Root",
        CallerKind::User(_) => "IAMUser",
    };
    let claims = caller.claims();
    UserIdentity {
        kind,
        principal_id: Some(caller.user_id()),
        arn: Some(caller.arn()),
        account_id: Some(caller.account()),
        access_key_id: Some(caller.access_key_id()),
        user_name: caller.user_name(),
        session_context: claims.map(|claims| session_context(caller, claims)),
        invoked_by: None,
        in_scope_of: claims.and_then(|claims| claims.instance.as_ref()).map(|instance| InScopeOf {
            issuer_type: "AWS::EC2::Instance",
            credentials_issued_to: instance.instance_arn.as_str(),
        }),
    }
}

fn session_context<'a>(caller: &'a Caller, claims: &'a SessionClaims) -> SessionContext<'a> {
    SessionContext {
        session_issuer: session_issuer(caller),
        attributes: SessionAttributes {
            creation_date: claims.issued_at,
            mfa_authenticated: if claims.mfa_at.is_some() { "true" } else { "false" },
        },
        ec2_role_delivery: claims.instance.as_ref().map(|instance| instance.delivery),
        source_identity: claims.source_identity.as_deref(),
    }
}

/// The role or user that a session is of; an instance itself has none.
fn session_issuer(caller: &Caller) -> Option<SessionIssuer<'_>> {
    let account_id = caller.account();
    let (kind, principal_id, user_name) = match caller.kind() {
        CallerKind::Federated { user, .. } | CallerKind::User(user) => {
            ("IAMUser", user.id.as_str().into(), Some(user.name.as_str()))
        }
        CallerKind::Instance(_) => return None,
        CallerKind::Role { role, .. } => {
            ("Role", role.id.as_str().into(), Some(role.name.as_str()))
        }
        CallerKind::Root => ("Root", Cow::Owned(account_id.to_string()), None),
    };
    Some(SessionIssuer { kind, principal_id, arn: caller.issuer_arn(), account_id, user_name })
}
