use std::process::ExitCode;

use rolecall_client::Admin;

use super::print;
use crate::cli::AdminArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &AdminArgs) -> Result<ExitCode, Failure> {
    let certificates = Admin::at(args.admin).text("/identity-certificates");
    print(&certificates.map_err(|error| Failure::with_hints(&error))?)?;
    Ok(ExitCode::SUCCESS)
}
