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
    /// Its id.
    pub request_id: RequestId,
}
