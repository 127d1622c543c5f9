/// An operation's refusal, as the wire tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// AWS's code: `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// AWS's message.
    pub message: String,
    /// What the log adds; never sent.
    pub detail: Option<String>,
}

/// Who is at fault: `<Type>` of a query error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller.
    Sender,
    /// This side.
    Receiver,
}

impl ApiError {
    /// An error of `code`, with the status that AWS gives it.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, status: status_of(code), message: message.into(), detail: None }
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDenied", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }

    pub(crate) fn no_such_entity(kind: &str, name: &str) -> Self {
        Self::new("NoSuchEntity", format!("The {kind} with name {name} cannot be found."))
    }

    pub(crate) fn already_exists(kind: &str, name: &str) -> Self {
        let message = format!("{kind} with name {name} already exists.");
        Self::new("EntityAlreadyExists", message)
    }

    pub(crate) fn delete_conflict(what: &str) -> Self {
        let message = format!("Cannot delete entity, must {what} first.");
        Self::new("DeleteConflict", message)
    }

    pub(crate) fn malformed_policy(error: &rolecall_policy::PolicyError) -> Self {
        let detail = Some(error.detail().to_string());
        Self { detail, ..Self::new("MalformedPolicyDocument", error.to_string()) }
    }

    /// Something that cannot happen did: say so without a cause, fail closed.
    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        let message = "We encountered an internal error. Please try again.";
        Self { detail: Some(detail.into()), ..Self::new("InternalFailure", message) }
    }

    /// Who is at fault.
    pub const fn fault(&self) -> Fault {
        if self.status >= 500 { Fault::Receiver } else { Fault::Sender }
    }
}

impl Fault {
    /// `Sender` or `Receiver`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "Sender",
            Self::Receiver => "Receiver",
        }
    }
}

/// The codes that are not 400. Source: contract/authority.md sections 3 and 6.2.
fn status_of(code: &str) -> u16 {
    match code {
        "AccessDenied"
        | "InvalidClientTokenId"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => 403,
        "NoSuchEntity" => 404,
        "DeleteConflict" | "EntityAlreadyExists" | "LimitExceeded" => 409,
        "DryRunOperation" => 412,
        "InternalFailure" | "PolicyEvaluation" => 500,
        _ => 400,
    }
}
