//! IAM: what instance roles, users and their keys need; the rest answers `InvalidAction`.
//!
//! Source: IAM API reference; contract/authority.md section 6.

mod access_keys;
mod attachments;
mod boundary;
mod entity;
mod instance_profiles;
mod managed_policies;
mod page;
mod quota;
mod roles;
mod simulate;
mod trust;
mod users;

use crate::operation::Operation;

pub(crate) const OPERATIONS: &[&[Operation]] = &[
    access_keys::OPERATIONS,
    attachments::OPERATIONS,
    instance_profiles::OPERATIONS,
    managed_policies::OPERATIONS,
    roles::OPERATIONS,
    simulate::OPERATIONS,
    users::OPERATIONS,
];

pub(crate) use roles::passed_to_ec2;
pub(crate) use trust::trust_document;
