use std::process::ExitCode;

use serde_json::json;

use super::{change_instance, tell};
use crate::cli::{ScenarioArgs, ScenarioCommand};
use crate::failure::Failure;

pub(crate) fn run(args: &ScenarioArgs) -> Result<ExitCode, Failure> {
    let (scenario, what) = match &args.command {
        ScenarioCommand::AutoScaling { state } => (
            json!({ "name": "auto-scaling", "state": state }),
            format!("the Auto Scaling group wants it `{state}`"),
        ),
        ScenarioCommand::Calm => (json!({ "name": "calm" }), "nothing is going on".to_owned()),
        ScenarioCommand::Maintenance { code, in_, state } => {
            let (seconds, state) = (in_.seconds(), state.as_str());
            (
                json!({ "name": "maintenance", "code": code, "in-seconds": seconds, "state": state }),
                format!("`{code}` in {in_}, {state}"),
            )
        }
        ScenarioCommand::Rebalance => {
            (json!({ "name": "rebalance" }), "a rebalance is recommended".to_owned())
        }
        ScenarioCommand::SpotInterruption { action, in_ } => {
            let (seconds, action) = (in_.seconds(), action.as_str());
            (
                json!({ "name": "spot-interruption", "action": action, "in-seconds": seconds }),
                format!("a Spot interruption in {in_}: {action}"),
            )
        }
    };
    let id = change_instance(&args.instance, "POST", "scenario", &scenario)?;
    tell(&format!("`{id}` is told: {what}"));
    Ok(ExitCode::SUCCESS)
}
