//! The project's own commands: `cargo xtask test`, `lint`, `bench`, `fuzz`, `policy-properties`.

#![allow(clippy::print_stderr, reason = "a tool for developers talks on the terminal")]

mod bench;
mod clients;
mod fuzz;
mod lint;
mod policy_properties;
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
    /// Feed the parsers of outside bytes with what they do not expect
    Fuzz {
        /// One target of `fuzz/src/bin` instead of all
        target: Option<String>,
        /// How long each runs, from where the last such run ended; without it 10, from the start
        #[arg(long)]
        seconds: Option<u32>,
    },
    /// Check form, lints and the rules of the house
    Lint,
    /// Test the laws of the policy engine on many cases
    PolicyProperties {
        /// Cases of each law
        #[arg(default_value_t = 1_000_000)]
        cases: u32,
    },
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
        Command::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Command::Lint => lint::run(),
        Command::PolicyProperties { cases } => policy_properties::run(cases),
        Command::Test => test::run(),
    }
}
