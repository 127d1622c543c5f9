mod control;
mod policy;
mod policy_tools;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use rolecall_client::Shell;

pub(crate) use control::{
    AdminArgs, ClockArgs, ClockCommand, FaultArgs, FaultCommand, InstanceArgs, MeetsArgs,
    MetadataArgs, MetadataCommand, OnArg, ScenarioArgs, ScenarioCommand,
};
pub(crate) use policy::{CheckArgs, PolicyArgs, PolicyCommand};
pub(crate) use policy_tools::{EvaluateArgs, ExplainArgs, TestArgs};

/// Temporary role credentials for every process, checked everywhere.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a world's clock, or move it
    #[command(after_help = control::CLOCK_EXAMPLES)]
    Clock(ClockArgs),
    /// Print credentials as an SDK's `credential_process` reads them
    CredentialProcess(WorldArgs),
    /// Start a development world: metadata service, STS, IAM, EC2 and S3 on loopback
    #[command(after_help = DEV_EXAMPLES)]
    Dev(DevArgs),
    /// Print credentials as variables of a shell
    #[command(after_help = "Example:\n  eval \"$(rolecall env --dev)\"")]
    Env(EnvArgs),
    /// Run a command with role credentials
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(ExecArgs),
    /// Let a world's metadata service misbehave
    #[command(after_help = control::FAULT_EXAMPLES)]
    Fault(FaultArgs),
    /// Print the certificates that identity documents are verified with
    #[command(after_help = control::CERTIFICATES_EXAMPLE)]
    IdentityCertificates(AdminArgs),
    /// Set values of a world's metadata service
    #[command(after_help = control::METADATA_EXAMPLES)]
    Metadata(MetadataArgs),
    /// Work with policy documents
    Policy(PolicyArgs),
    /// Let something happen to an instance of a world
    #[command(after_help = control::SCENARIO_EXAMPLES)]
    Scenario(ScenarioArgs),
    /// Ask STS whose credentials these are
    #[command(after_help = "Example:\n  rolecall whoami --dev")]
    Whoami(WhoamiArgs),
}

const DEV_EXAMPLES: &str = "Examples:
  rolecall dev
  rolecall dev --data ./world --env-file ./world.env
  rolecall dev --print-seed > world.toml && rolecall dev --seed world.toml";

const EXEC_EXAMPLES: &str = "Examples:
  rolecall exec --dev -- aws sts get-caller-identity --endpoint-url http://127.0.0.1:4566
  rolecall exec --endpoint -- ./long-running-service   (credentials that stay fresh)";

#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// Address of the metadata service; port 0 picks one. May be given more than once
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1338", value_parser = address)]
    pub(crate) imds: Vec<SocketAddr>,
    /// Let the metadata service refuse proxies, browsers and other names than its own
    #[arg(long)]
    pub(crate) hardened: bool,
    /// Let a connection to the metadata service ask more than once, unlike AWS's
    #[arg(long)]
    pub(crate) keep_alive: bool,
    /// Serve the metadata service and the admin address alone
    #[arg(long)]
    pub(crate) only_metadata: bool,
    /// Address of the container credential endpoint
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:1339", value_parser = address)]
    pub(crate) container: SocketAddr,
    /// Address of the EKS Pod Identity agent, instead of the one of the seed's first cluster
    #[arg(long, value_name = "ADDR", value_parser = address)]
    pub(crate) pod_identity: Option<SocketAddr>,
    /// Address of STS, IAM, EC2 and S3
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566", value_parser = address)]
    pub(crate) api: SocketAddr,
    /// Address of health, metrics and the audit tail
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8222", value_parser = address)]
    pub(crate) admin: SocketAddr,
    /// Judge policies without enforcing them: what they would deny is logged and recorded, and done
    #[arg(long)]
    pub(crate) soft: bool,
    /// File that describes another world (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
    /// Print the seed of the default world and end
    #[arg(long)]
    pub(crate) print_seed: bool,
    /// Folder that keeps the world; without it everything is in memory
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Print one JSON object on stdout once ready; it holds the administrator's secret
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the variables to export to a file that its owner alone can read
    #[arg(long, value_name = "PATH")]
    pub(crate) env_file: Option<PathBuf>,
    /// Show the administrator's key in full, if the screen is a terminal
    #[arg(long)]
    pub(crate) show_keys: bool,
}

/// Which world to ask.
#[derive(Debug, Args)]
pub(crate) struct WorldArgs {
    /// Use the development world at its default addresses
    #[arg(long)]
    pub(crate) dev: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EnvArgs {
    #[command(flatten)]
    pub(crate) world: WorldArgs,
    /// The shell that reads the lines
    #[arg(long, value_enum, default_value_t = ShellArg::Bash)]
    pub(crate) shell: ShellArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ShellArg {
    /// bash, zsh, sh
    Bash,
    /// cmd.exe
    Cmd,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    #[command(flatten)]
    pub(crate) world: WorldArgs,
    /// Serve the credentials on a loopback endpoint that keeps them fresh, instead of variables
    #[arg(long)]
    pub(crate) endpoint: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct WhoamiArgs {
    #[command(flatten)]
    pub(crate) world: WorldArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

impl From<ShellArg> for Shell {
    fn from(shell: ShellArg) -> Self {
        match shell {
            ShellArg::Bash => Self::Bash,
            ShellArg::Cmd => Self::Cmd,
            ShellArg::Fish => Self::Fish,
            ShellArg::Powershell => Self::Powershell,
        }
    }
}

/// `HOST:PORT`, or a port of loopback.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| "expected `ADDRESS:PORT`, such as `127.0.0.1:0`".to_owned())
}
