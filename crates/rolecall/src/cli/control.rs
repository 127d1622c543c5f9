//! The arguments of what is done to a world that runs.

use std::net::SocketAddr;

use clap::{Args, Subcommand, ValueEnum, value_parser};

use super::address;
use crate::span::Span;

/// Which world.
#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    /// The world's admin address
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8222",
        value_parser = address,
        global = true
    )]
    pub(crate) admin: SocketAddr,
}

/// Which instance of which world.
#[derive(Debug, Args)]
pub(crate) struct InstanceArgs {
    #[command(flatten)]
    pub(crate) world: AdminArgs,
    /// The instance; without it, the world's first
    #[arg(long, value_name = "ID", global = true)]
    pub(crate) instance: Option<String>,
}

pub(super) const CLOCK_EXAMPLES: &str = "Examples:
  rolecall clock
  rolecall clock advance 6h    (role credentials rotate, old ones end)";

#[derive(Debug, Args)]
pub(crate) struct ClockArgs {
    #[command(flatten)]
    pub(crate) world: AdminArgs,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Option<ClockCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClockCommand {
    /// Move it forward
    Advance {
        /// How far: `6h`, `90s`, `2h30m`
        #[arg(value_name = "DURATION")]
        by: Span,
    },
}

pub(super) const FAULT_EXAMPLES: &str = "Examples:
  rolecall fault delay 300 --on tokens    (token requests wait 300 ms)
  rolecall fault status 503 --times 1     (the next request gets 503)
  rolecall fault authority-down           (no new credentials; then `rolecall clock advance 7h`)
  rolecall fault end";

#[derive(Debug, Args)]
pub(crate) struct FaultArgs {
    #[command(flatten)]
    pub(crate) instance: InstanceArgs,
    #[command(subcommand)]
    pub(crate) command: FaultCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FaultCommand {
    /// New credentials cannot be made: the old ones are served until they end
    AuthorityDown,
    /// Answers come later
    Delay {
        /// By how many milliseconds, a minute at most
        #[arg(value_name = "MS", value_parser = value_parser!(u32).range(..=60_000))]
        milliseconds: u32,
        #[command(flatten)]
        meets: MeetsArgs,
    },
    /// The metadata service behaves again
    End,
    /// No answer comes for a minute, and then 503
    Hang {
        #[command(flatten)]
        meets: MeetsArgs,
    },
    /// Answers to token requests lack their TTL header
    NoTtlHeader {
        /// How many it meets; without it all, until `end`
        #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
        times: Option<u32>,
    },
    /// Requests get an empty answer
    Status {
        /// Of this status, 400 to 599
        #[arg(value_name = "CODE", value_parser = value_parser!(u16).range(400..=599))]
        status: u16,
        #[command(flatten)]
        meets: MeetsArgs,
    },
    /// Reads get 401, whatever their token
    Unauthorized {
        /// How many it meets; without it all, until `end`
        #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
        times: Option<u32>,
    },
}

/// What a fault meets.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct MeetsArgs {
    /// Which requests it meets
    #[arg(long, value_enum, default_value_t = OnArg::All)]
    pub(crate) on: OnArg,
    /// How many it meets; without it all, until `end`
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) times: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum OnArg {
    /// Every request
    All,
    /// Reads alone
    Reads,
    /// Token requests alone
    Tokens,
}

pub(super) const CERTIFICATES_EXAMPLE: &str =
    "They are those of `pkcs7`, `rsa2048` and `signature`, \
in this order.

Example:
  rolecall identity-certificates > certificates.pem";

pub(super) const METADATA_EXAMPLES: &str = "Examples:
  rolecall metadata set public-ipv4 203.0.113.7
  rolecall metadata absent placement/availability-zone-id
  rolecall metadata derive public-ipv4";

#[derive(Debug, Args)]
pub(crate) struct MetadataArgs {
    #[command(flatten)]
    pub(crate) instance: InstanceArgs,
    #[command(subcommand)]
    pub(crate) command: MetadataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MetadataCommand {
    /// Take a path away: it is not found
    Absent {
        /// The path below `meta-data/`
        path: String,
    },
    /// Let a path follow from the instance again
    Derive {
        /// The path below `meta-data/`
        path: String,
    },
    /// Set the value of a path
    Set {
        /// The path below `meta-data/`
        path: String,
        /// The value
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Print what was set
    Show {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

pub(super) const SCENARIO_EXAMPLES: &str = "Examples:
  rolecall scenario spot-interruption --in 2m
  rolecall scenario maintenance --code instance-retirement --in 7d
  rolecall scenario calm";

#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    #[command(flatten)]
    pub(crate) instance: InstanceArgs,
    #[command(subcommand)]
    pub(crate) command: ScenarioCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// The Auto Scaling group moves the instance
    AutoScaling {
        /// The state it is to reach: `InService`, `Terminated`, `Warmed:Stopped`, …
        state: String,
    },
    /// Nothing is going on any more
    Calm,
    /// EC2 does something to the instance or its host
    Maintenance {
        /// What it does
        #[arg(long, default_value = "system-reboot")]
        code: String,
        /// How far away it is
        #[arg(long = "in", value_name = "DURATION", default_value = "1d")]
        in_: Span,
        /// Where it stands; what is over stands in the history
        #[arg(long, value_enum, default_value_t = MaintenanceStateArg::Active)]
        state: MaintenanceStateArg,
    },
    /// The instance is at an elevated risk of interruption
    Rebalance,
    /// The Spot service takes the instance back
    SpotInterruption {
        /// What happens to it
        #[arg(long, value_enum, default_value_t = SpotActionArg::Terminate)]
        action: SpotActionArg,
        /// How far away it is
        #[arg(long = "in", value_name = "DURATION", default_value = "2m")]
        in_: Span,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MaintenanceStateArg {
    Active,
    Canceled,
    Completed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SpotActionArg {
    Hibernate,
    Stop,
    Terminate,
}

impl MaintenanceStateArg {
    /// AWS's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Canceled => "canceled",
            Self::Completed => "completed",
        }
    }
}

impl SpotActionArg {
    /// AWS's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hibernate => "hibernate",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
        }
    }
}
