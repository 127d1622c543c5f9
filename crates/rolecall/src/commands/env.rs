use std::process::ExitCode;

use rolecall_client::{Shell, exports, find};

use super::{World, print};
use crate::cli::EnvArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &EnvArgs) -> Result<ExitCode, Failure> {
    let world = World::new(&args.world);
    let found = find(&world).map_err(|error| Failure::with_hints(&error))?;
    let shell = Shell::from(args.shell);
    let lines: String = exports(&found.credentials)
        .into_iter()
        .chain(world.settings())
        .map(|(name, value)| shell.export(name, &value) + "\n")
        .collect();
    print(&lines)?;
    Ok(ExitCode::SUCCESS)
}
