//! The command line of rolecall.

mod cli;
mod commands;
mod failure;
mod place;
mod screen;
mod seed_file;
mod span;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// A request allocates on one thread and is recorded on another: what frees across threads cheaply
/// takes a tenth off every call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging();
    let done = match cli.command {
        Command::Clock(clock) => commands::clock::run(&clock),
        Command::CredentialProcess(world) => commands::credential_process::run(&world),
        Command::Dev(dev) => commands::dev::run(&dev),
        Command::Env(env) => commands::env::run(&env),
        Command::Exec(exec) => commands::exec::run(&exec),
        Command::Fault(fault) => commands::fault::run(&fault),
        Command::IdentityCertificates(world) => commands::identity_certificates::run(&world),
        Command::Metadata(metadata) => commands::metadata::run(&metadata),
        Command::Policy(policy) => commands::policy::run(&policy),
        Command::Scenario(scenario) => commands::scenario::run(&scenario),
        Command::Whoami(whoami) => commands::whoami::run(&whoami),
    };
    done.unwrap_or_else(|failure| failure.report())
}

/// Logs go to stderr; `RUST_LOG` says which.
fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // Styled where everything else on stderr is.
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(choice != anstream::ColorChoice::Never)
        .init();
}
