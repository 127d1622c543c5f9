//! The arguments of `rolecall policy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use rolecall_policy::lint::Kind;

use super::policy_tools::{self, EvaluateArgs, ExplainArgs, TestArgs};

#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what IAM would refuse in a policy, and what is allowed but dangerous
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Decide requests: a decision for each case
    #[command(after_help = policy_tools::EVALUATE_EXAMPLES)]
    Evaluate(EvaluateArgs),
    /// Say in words why a request is allowed or denied
    #[command(after_help = policy_tools::EXPLAIN_EXAMPLES)]
    Explain(Box<ExplainArgs>),
    /// Run the tests of a folder of policies
    #[command(after_help = policy_tools::TEST_EXAMPLES)]
    Test(TestArgs),
}

const CHECK_EXAMPLES: &str = "Examples:
  rolecall policy check role-policy.json
  rolecall policy check --kind trust --deny-warnings trust.json
  aws iam get-policy-version … --query PolicyVersion.Document | rolecall policy check -

Exit codes: 0 nothing found but warnings, 1 a file cannot be read, 2 wrong usage, 3 errors (or warnings with
--deny-warnings)";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Where the policies stand; without it, it is told from their elements
    #[arg(long, value_enum)]
    pub(crate) kind: Option<KindArg>,
    /// Let warnings fail, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// Print one JSON object a finding, each on a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Policy documents; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    /// A permissions boundary
    Boundary,
    /// The policy of a VPC endpoint
    Endpoint,
    /// Of a user, group or role, inline or managed
    Identity,
    /// A resource control policy
    Rcp,
    /// On a resource, such as a bucket
    Resource,
    /// A service control policy
    Scp,
    /// Passed when a session is made
    Session,
    /// Who may assume a role
    Trust,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Boundary => Self::Boundary,
            KindArg::Endpoint => Self::Endpoint,
            KindArg::Identity => Self::Identity,
            KindArg::Rcp => Self::ResourceControl,
            KindArg::Resource => Self::Resource,
            KindArg::Scp => Self::ServiceControl,
            KindArg::Session => Self::Session,
            KindArg::Trust => Self::Trust,
        }
    }
}
