/// Why no credentials were found.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// An answer that no client could use.
    #[error("{from} answered with something that is not credentials: {why}")]
    Answer {
        /// What was asked.
        from: String,
        /// What is wrong with it.
        why: String,
    },
    /// A variable holds something that cannot be used.
    #[error("`{variable}` is not usable: {why}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// Why.
        why: String,
    },
    /// The metadata service is the last place, and it is turned off.
    #[error("no credentials in variables, and `AWS_EC2_METADATA_DISABLED` is set")]
    Disabled,
    /// The service answered, and not with credentials.
    #[error("{from} answered {status}")]
    Status {
        /// What was asked.
        from: String,
        /// The HTTP status.
        status: u16,
    },
    /// Nobody answered.
    #[error("cannot reach {from}: {why}")]
    Unreachable {
        /// What was asked.
        from: String,
        /// Why.
        why: String,
    },
}

/// What would help.
pub trait Hint {
    /// Sentences for the reader, each of one line.
    fn hints(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Hint for ChainError {
    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Unreachable { from, .. } if from.contains("169.254.169.254") => {
                "not on an instance? start `rolecall dev`, or use `--dev` if it runs"
            }
            Self::Unreachable { .. } => "is it running? `rolecall dev` starts a development world",
            Self::Status { status: 404, .. } => "the instance has no role: attach a profile to it",
            Self::Disabled => "unset `AWS_EC2_METADATA_DISABLED`, or set `AWS_ACCESS_KEY_ID`",
            _ => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}
