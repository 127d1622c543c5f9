use std::process::ExitCode;
use std::sync::Arc;

use rolecall_client::{CredentialEndpoint, find, replace_process, run_with_endpoint};
use rolecall_identity::{Entropy as _, RequestId, SessionToken};
use rolecall_server::{OsEntropy, SystemClock};

use super::World;
use crate::cli::ExecArgs;
use crate::failure::Failure;

pub(crate) fn run(args: &ExecArgs) -> Result<ExitCode, Failure> {
    let world = World::new(&args.world);
    let settings = world.settings();
    if args.endpoint {
        return beside_an_endpoint(args, world, &settings);
    }
    let found = find(&world).map_err(|error| Failure::with_hints(&error))?;
    let error = replace_process(&args.command, &found.credentials, &settings);
    Err(Failure::new(&error).with_code(error.exit_code()))
}

fn beside_an_endpoint(
    args: &ExecArgs,
    world: World,
    settings: &[(&'static str, String)],
) -> Result<ExitCode, Failure> {
    // What is wrong is told here, not by the command later.
    find(&world).map_err(|error| Failure::with_hints(&error))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(&error))?;
    let code = runtime.block_on(async {
        let chain = Box::new(move || find(&world));
        let endpoint = CredentialEndpoint::start(token(), Arc::new(SystemClock), chain)
            .await
            .map_err(|error| Failure::new(&error))?;
        run_with_endpoint(&args.command, &endpoint, settings)
            .await
            .map_err(|error| Failure::new(&error).with_code(error.exit_code()))
    });
    runtime.shutdown_background();
    code.map(ExitCode::from)
}

/// A token that nobody guesses.
fn token() -> SessionToken {
    let mut half = [0; 8];
    OsEntropy.fill(&mut half);
    let (first, second) = (RequestId::mint(&mut OsEntropy), u64::from_le_bytes(half));
    SessionToken::new(format!("{first}-{second:016x}"))
}
