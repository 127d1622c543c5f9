use std::sync::Arc;

use rolecall_authority::{Caller, Connection};
use rolecall_identity::{RequestId, Timestamp};
use rolecall_sigv4::AuthForm;

/// One request to the gateway, for its audit record.
#[derive(Debug)]
pub struct S3Event {
    /// When it arrived.
    pub at: Timestamp,
    /// The id in the answer.
    pub request_id: RequestId,
    /// Who signed; `None` if that was not proved.
    pub caller: Option<Arc<Caller>>,
    /// The key id that the request claims.
    pub access_key_id: Option<String>,
    /// How the request came.
    pub connection: Connection,
    /// The name the client called.
    pub host: Option<String>,
    /// The region of the credential scope.
    pub region: String,
    /// The operation's name; the method, if the request is none of ours.
    pub operation: String,
    /// Whether the operation can change nothing.
    pub read_only: bool,
    /// The bucket.
    pub bucket: Option<String>,
    /// The object's key.
    pub key: Option<String>,
    /// Other objects that the request names: a copy's source, the keys of a deletion.
    pub others: Vec<(String, String)>,
    /// Where the signature was found.
    pub form: Option<AuthForm>,
    /// S3's code and message, when the request was refused.
    pub error: Option<(String, String)>,
    /// Payload bytes received.
    pub bytes_in: u64,
    /// Body bytes sent.
    pub bytes_out: u64,
}

/// Where events go, once each request has ended.
pub type Sink = Arc<dyn Fn(S3Event) + Send + Sync>;
