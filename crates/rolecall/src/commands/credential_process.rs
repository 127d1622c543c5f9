use std::process::ExitCode;

use rolecall_client::{credential_process, find};

use super::{World, print};
use crate::cli::WorldArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &WorldArgs) -> Result<ExitCode, Failure> {
    let found = find(&World::new(args)).map_err(|error| Failure::with_hints(&error))?;
    print(&format!("{}\n", credential_process(&found.credentials)))?;
    Ok(ExitCode::SUCCESS)
}
