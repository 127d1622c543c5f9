//! The arguments of `rolecall policy evaluate`, `explain` and `test`.

use std::path::PathBuf;

use clap::Args;

pub(super) const EVALUATE_EXAMPLES: &str = "Examples:
  rolecall policy evaluate --cases cases.jsonl
  generate-cases | rolecall policy evaluate --cases -

Exit codes: 0 every case was understood, whatever was decided; 1 some were not; 2 wrong usage";

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Cases, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) cases: PathBuf,
}

pub(super) const EXPLAIN_EXAMPLES: &str = "Examples:
  rolecall policy explain --principal arn:aws:iam::123456789012:user/ana --action s3:GetObject \\
      --resource arn:aws:s3:::bucket/key --policy ana.json --context aws:SourceVpc=vpc-1
  rolecall policy explain --case denied.test.json

Exit codes: 0 allowed, 1 the request is not understood, 2 wrong usage, 3 denied";

/// One request, as a case or as flags.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A case, one JSON object; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = FLAGS)]
    pub(crate) case: Option<PathBuf>,
    /// Who asks: an ARN, a service's name, a web identity provider, or `anonymous`
    #[arg(long, value_name = "ARN", required_unless_present = "case")]
    pub(crate) principal: Option<String>,
    /// The ARN of a session's role, where the role has a path; of a federated user's user
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// A tag of the principal. May be given more than once
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) tag: Vec<(String, String)>,
    /// What is done, such as `s3:GetObject`
    #[arg(long, value_name = "ACTION", required_unless_present = "case")]
    pub(crate) action: Option<String>,
    /// The ARN it is done to, or `*`
    #[arg(long, value_name = "ARN", required_unless_present = "case")]
    pub(crate) resource: Option<String>,
    /// Whose the resource is; without it the ARN's account, or else the principal's
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) resource_account: Option<String>,
    /// A condition key; one that is given more than once has several values
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) context: Vec<(String, String)>,
    /// Identity policies
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) policy: Vec<String>,
    /// The permissions boundary
    #[arg(long, value_name = "FILE")]
    pub(crate) boundary: Option<String>,
    /// Session policies
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) session_policy: Vec<String>,
    /// The resource's own policy; a role's trust policy where the action assumes it
    #[arg(long, value_name = "FILE")]
    pub(crate) resource_policy: Option<String>,
    /// The policy of the VPC endpoint that the request came through
    #[arg(long, value_name = "FILE")]
    pub(crate) endpoint_policy: Option<String>,
    /// Print the decision as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a case says, so that flags beside it would contradict.
const FLAGS: [&str; 12] = [
    "principal",
    "role_arn",
    "tag",
    "action",
    "resource",
    "resource_account",
    "context",
    "policy",
    "boundary",
    "session_policy",
    "resource_policy",
    "endpoint_policy",
];

pub(super) const TEST_EXAMPLES: &str = "Tests are cases that say what they `expect`: \
`NAME.test.json` holds one, `NAME.test.jsonl` one a line.
They may name policies by paths that are relative to them.

Example:
  rolecall policy test policies

Exit codes: 0 all passed; 1 some could not be run, or there were none; 2 wrong usage; 3 some failed";

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// A folder with tests, or a file of them
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `KEY=VALUE`; the key ends at the first `=`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected `KEY=VALUE`".to_owned()),
    }
}
