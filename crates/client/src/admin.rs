use std::net::SocketAddr;

use serde_json::Value;

use crate::error::Hint;
use crate::http;

/// The admin address of a world.
#[derive(Debug, Clone, Copy)]
pub struct Admin {
    address: SocketAddr,
}

/// Why the admin address did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Something else than a world answered.
    #[error("{address} is not the admin address of a world")]
    Answer {
        /// What was asked.
        address: SocketAddr,
        /// What is wrong with the answer.
        #[source]
        source: AdminCause,
    },
    /// It could not be done.
    #[error("the world failed")]
    Failed(#[source] AdminCause),
    /// The world has no instance.
    #[error("the world has no instance")]
    NoInstance,
    /// The world has no instance of this id.
    #[error("the world has no instance `{0}`")]
    Missing(String),
    /// The world refuses.
    #[error("the world refuses")]
    Refused(#[source] AdminCause),
    /// Nobody answered.
    #[error("nothing answers at the admin address {address}")]
    Unreachable {
        /// What was asked.
        address: SocketAddr,
        /// Why.
        #[source]
        source: AdminCause,
    },
}

/// A cause, in the words of who told it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct AdminCause(String);

impl Admin {
    /// The admin address of the world that listens there.
    pub const fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// The instance that is named, or the world's first.
    pub fn instance(&self, named: Option<&str>) -> Result<String, AdminError> {
        let all = self.read("/instances")?;
        let ids = all.as_array().into_iter().flatten();
        let mut ids = ids.filter_map(|instance| instance.get("instanceId")?.as_str());
        match named {
            None => ids.next().map(str::to_owned).ok_or(AdminError::NoInstance),
            Some(name) if ids.any(|id| id == name) => Ok(name.to_owned()),
            Some(name) => Err(AdminError::Missing(name.to_owned())),
        }
    }

    /// A document.
    pub fn read(&self, path: &str) -> Result<Value, AdminError> {
        self.document(self.ask("GET", path, &[])?)
    }

    /// A text.
    pub fn text(&self, path: &str) -> Result<String, AdminError> {
        self.ask("GET", path, &[])
    }

    /// Asks for a change; says what it did.
    pub fn change(&self, method: &str, path: &str, body: &Value) -> Result<Value, AdminError> {
        self.document(self.ask(method, path, body.to_string().as_bytes())?)
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> Result<String, AdminError> {
        let url = format!("http://{}{path}", self.address);
        let headers = [("content-type", "application/json")];
        let answer =
            http::exchange(method, &url, &headers, body, ANSWER_BYTES_MAX).map_err(|why| {
                AdminError::Unreachable { address: self.address, source: AdminCause(why) }
            })?;
        match answer.status {
            200 => Ok(answer.body),
            status if answer.body.trim().is_empty() => {
                Err(self.strange(format!("it answered {status}")))
            }
            500.. => Err(AdminError::Failed(AdminCause(answer.body.trim().to_owned()))),
            404 => Err(self.strange(format!("it has no `{path}`"))),
            _ => Err(AdminError::Refused(AdminCause(answer.body.trim().to_owned()))),
        }
    }

    fn document(&self, text: String) -> Result<Value, AdminError> {
        serde_json::from_str(&text).map_err(|error| self.strange(error.to_string()))
    }

    const fn strange(&self, why: String) -> AdminError {
        AdminError::Answer { address: self.address, source: AdminCause(why) }
    }
}

impl Hint for AdminError {
    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Answer { .. } => "the line `admin` of `rolecall dev` shows its address",
            Self::Unreachable { .. } => {
                "`rolecall dev` starts a world; `--admin ADDR` names another one's address"
            }
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

/// Longest answer that is read: a world may have many instances.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
