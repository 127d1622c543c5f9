//! The project's own commands: `cargo xtask test`, `lint`, `bench`.

#![allow(clippy::print_stderr, reason = "a tool for developers talks on the terminal")]

mod bench;
mod clients;
mod lint;
mod process;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print figures beside their floors
    Bench {
        /// Sections and flags of the benchmark program
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check form, lints and the rules of the house
    Lint,
    /// Set the real clients up and run every test
    Test,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Lint => lint::run(),
        Command::Test => test::run(),
    }
}
