//! Accounts, and what STS, IAM and EC2 do to them.
//!
//! The state is the fold of a log of [`Change`]s. An operation is a function of the state, the
//! caller and the parameters: it answers, and says which changes would make the answer true. It
//! writes nothing; the rim appends the changes to the log first and answers after.
//!
//! Every operation stands in one table with what it needs to be permitted, and [`handle`] decides
//! before it runs: an operation cannot forget to ask.
//!
//! Source: contract/authority.md; STS, IAM and EC2 API references.

mod access;
mod authorization_message;
mod call;
mod caller;
mod container_role;
mod context;
mod ec2;
mod error;
mod field;
mod iam;
mod instance_identity;
mod instance_role;
mod instance_session;
mod operation;
mod output;
mod params;
pub mod seed;
mod service_trust;
mod state;
mod sts;
mod tags;
mod watch;

pub use access::{AccessRequest, Denied, permit};
pub use call::{Call, Connection};
pub use caller::{Caller, CallerError, CallerKind};
pub use container_role::{
    ContainerCredentials, ContainerRoleError, PodSession, mint_pod_credentials,
    mint_task_credentials,
};
pub use context::fill_context;
pub use error::{ApiError, Fault};
pub use field::{Field, Pattern};
pub use instance_identity::{IdentityCredentials, mint_identity_credentials};
pub use instance_role::{
    InstanceCredentials, InstanceRoleError, ROTATE_SECONDS_BEFORE_END, instance_role,
    mint_instance_credentials,
};
pub use operation::{Done, Service, handle, is_read_only};
pub use output::{Body, Element};
pub use params::{PARAMS_MAX, Params, ParamsError};
pub use state::{
    AccessKey, AccessKeyOwner, AccessKeyStatus, Account, AccountChange, ApplyError, Change, Holder,
    HttpTokens, Instance, InstanceProfile, Interface, LaunchType, LoginKey, ManagedPolicy,
    MetadataOptions, MetadataValue, Network, NetworkMode, NewEntity, Origin,
    PodIdentityAssociation, PodIdentityCluster, PolicyAttachments, Role, RoleSettings, State, Tag,
    Task, TaskArn, TaskArnError, TaskContainer, Trust, TrustDocument, USER_DATA_BYTES_MAX, User,
    UserData,
};
pub use watch::Watch;
