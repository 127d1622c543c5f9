use std::sync::Arc;

use rolecall_authority::{Connection, State};
use rolecall_identity::{RequestId, Timestamp};

/// What the server knows of a request besides its bytes.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The state to decide on.
    pub state: Arc<State>,
    /// How the request came.
    pub connection: Connection,
    /// When.
    pub now: Timestamp,
    /// How far the clocks of clients may be behind.
    pub behind_seconds: i64,
    /// Its id.
    pub request_id: RequestId,
}
