use anyhow::Result;

use crate::process::{self, cargo};
use crate::{clients, fuzz};

/// Runs every test of the workspace, with the real clients set up, and each fuzz target for a moment.
pub(crate) fn run() -> Result<()> {
    let folder = clients::set_up()?;
    let tests = ["test", "--workspace", "--locked"];
    process::run(cargo().args(tests).env("ROLECALL_CLIENTS", folder))?;
    fuzz::run_short()
}
