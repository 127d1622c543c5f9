//! IAM policy documents: parse, compile, evaluate, explain.
//!
//! A [`Policy`] is checked in IAM's order and compiled when it is written; [`evaluate`] then
//! answers a [`Request`] from all the policies that apply, and [`evaluate_trust`] says who may
//! assume a role. A [`Decision`] knows AWS's sentence for the wire and our own account for the log.
//!
//! It is not a policy store and not an authenticator: who asks, and what the condition keys hold,
//! comes in as values. Nothing here reads a clock, a file or a socket. What a document says and we
//! could not evaluate is refused when it is written; nothing of it is ignored later.
//!
//! ```
//! use rolecall_policy::*;
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::${aws:username}/*"}}"#;
//! let policy = Policy::parse(PolicyKind::Identity, text)?;
//!
//! let mut context = RequestContext::default();
//! context.set("aws:username", "ana");
//! let account = "123456789012".parse()?;
//! let request = Request {
//!     principal: RequestPrincipal::User { account, arn: "arn:aws:iam::123456789012:user/ana" },
//!     action: "s3:GetObject",
//!     resource: "arn:aws:s3:::ana/notes.txt",
//!     resource_account: Some(account),
//!     context: &context,
//! };
//! let identity = [Named { name: "own-bucket", policy: &policy }];
//! let decision = evaluate(&PolicySet { identity: &identity, ..Default::default() }, &request);
//! assert!(decision.is_allowed());
//!
//! let nobody = evaluate(&PolicySet::default(), &request);
//! assert_eq!(
//!     nobody.message("arn:aws:iam::123456789012:user/ana", "s3:GetObject", None, true),
//!     "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: s3:GetObject \
//!      because no identity-based policy allows the s3:GetObject action",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How it is checked
//!
//! `tests/it/reference` says the same a second time, to be read beside the contract: naive,
//! straight from the JSON, sharing nothing with the engine. Both decide the same generated
//! situations, thousands in every test run and a million for each law in
//! `cargo xtask policy-properties`: one more Deny never allows more, limits never widen, neither
//! order nor the case of keys matters, nothing panics.
//!
//! The tests are tested by [cargo-mutants](https://mutants.rs) 27.1.0, in a copy of the repository:
//!
//! ```text
//! cargo mutants --in-place -p rolecall-policy --timeout 60 \
//!     -f 'crates/policy/src/{action,applying,arn_pattern,condition,context,date,decision}.rs' \
//!     -f 'crates/policy/src/{error,evaluate,index,number,operator,policy,principal}.rs' \
//!     -f 'crates/policy/src/{request,resource,statement,template,wildcard}.rs' \
//!     -f crates/policy/src/evaluate/steps.rs -- --lib --test it
//! ```
//!
//! Of 728 mutants 96 do not compile, 621 are caught, four never end and are stopped, and seven
//! survive. None of these changes an answer: the room that `with_room` makes is not seen from
//! outside, `Statement::allows` would look at the conditions of a statement that does not mean the
//! caller, `wildcard::matches` has two detours to the same end (every pattern of six signs is
//! compared with the definition), and `Template` has three shortcuts: two ways to match without
//! pieces, and one text where there could be two in a row.
//!
//! Sources: IAM user guide, "JSON policy elements reference" and "Policy evaluation logic";
//! contract/policy.md.

mod action;
mod applying;
mod arn_pattern;
pub mod case;
mod condition;
mod context;
mod date;
mod decision;
mod document;
mod error;
mod evaluate;
mod index;
mod json;
pub mod lint;
mod number;
mod operator;
mod permitted;
mod policy;
mod principal;
mod request;
mod resource;
mod resource_format;
mod statement;
mod template;
mod validate;
mod wildcard;

pub use applying::{Applying, is_date, is_number};
pub use context::RequestContext;
pub use decision::{
    Decision, MatchedStatement, Mismatch, PolicyType, REASONS_MAX, ROOT_PERMISSION, Reason,
};
pub use error::PolicyError;
pub use evaluate::{Named, PolicySet, Says, Step, evaluate, evaluate_trust};
pub use permitted::Permitted;
pub use policy::{DOCUMENT_BYTES_MAX, Policy, PolicyKind};
pub use request::{Request, RequestPrincipal, needs_no_permission};
