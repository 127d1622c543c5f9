//! Finds credentials the way AWS SDKs do, hands them to commands, and asks who they are; and asks the
//! admin address of a world for what happens there.
//!
//! The chain: variables, then the container endpoint, then the metadata service (IMDSv2 alone). Not
//! here: profiles of shared files. Nothing of the process environment is read but through
//! [`Environment`].

mod admin;
mod chain;
mod endpoint;
mod environment;
mod error;
mod exec;
mod http;
mod shell;
mod whoami;

pub use admin::{Admin, AdminCause, AdminError};
pub use chain::{Found, Source, find};
pub use endpoint::{CredentialEndpoint, EndpointError};
pub use environment::{Environment, ProcessEnvironment, variables};
pub use error::{ChainError, Hint};
pub use exec::{ExecError, replace_process, run_with_endpoint};
pub use shell::{Shell, credential_process, exports};
pub use whoami::{Identity, WhoamiError, whoami};
