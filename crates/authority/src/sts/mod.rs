//! STS. Source: STS API reference; contract/authority.md sections 2 to 4.

mod assume_role;
mod caller_identity;
mod decode_message;
mod federation_token;
mod session_policy;
mod session_tags;
mod session_token;
mod sessions;

use crate::operation::{Gate, Operation, Target};

pub(crate) use assume_role::TRUSTS_NOBODY;

pub(crate) const OPERATIONS: &[&[Operation]] = &[&[
    Operation {
        name: "AssumeRole",
        gate: Gate::Trust,
        read_only: true,
        params: assume_role::PARAMS,
        run: assume_role::assume_role,
    },
    Operation {
        name: "DecodeAuthorizationMessage",
        gate: Gate::Policy(Target::any),
        read_only: true,
        params: &["EncodedMessage"],
        run: decode_message::decode_authorization_message,
    },
    Operation {
        name: "GetAccessKeyInfo",
        gate: Gate::Policy(Target::any),
        read_only: true,
        params: &["AccessKeyId"],
        run: caller_identity::get_access_key_info,
    },
    Operation {
        name: "GetCallerIdentity",
        gate: Gate::Open,
        read_only: true,
        params: &[],
        run: caller_identity::get_caller_identity,
    },
    Operation {
        name: "GetFederationToken",
        gate: Gate::Policy(federation_token::target),
        read_only: true,
        params: federation_token::PARAMS,
        run: federation_token::get_federation_token,
    },
    Operation {
        name: "GetSessionToken",
        gate: Gate::Open,
        read_only: true,
        params: session_token::PARAMS,
        run: session_token::get_session_token,
    },
]];
