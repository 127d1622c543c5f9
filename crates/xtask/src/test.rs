use anyhow::Result;

use crate::clients;
use crate::process::{self, cargo};

/// Runs every test of the workspace, with the real clients set up.
pub(crate) fn run() -> Result<()> {
    let folder = clients::set_up()?;
    process::run(cargo().args(["test", "--workspace", "--locked"]).env("ROLECALL_CLIENTS", folder))
}
