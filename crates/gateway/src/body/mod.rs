//! Request bodies: unframed, hashed and checked while they stream.

mod checksum;
mod payload;

pub(crate) use checksum::Checksums;
pub(crate) use payload::{Declared, PayloadBody};
