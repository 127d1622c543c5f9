use std::process::ExitCode;

use rolecall_client::Admin;
use serde_json::{Value, json};

use super::{print, tell};
use crate::cli::{ClockArgs, ClockCommand};
use crate::failure::Failure;
use crate::span::Span;

pub(crate) fn run(args: &ClockArgs) -> Result<ExitCode, Failure> {
    let admin = Admin::at(args.world.admin);
    let answer = match &args.command {
        None => admin.read("/clock"),
        Some(ClockCommand::Advance { by }) => {
            admin.change("POST", "/clock", &json!({ "advance-seconds": by.seconds() }))
        }
    };
    let answer = answer.map_err(|error| Failure::with_hints(&error))?;
    let now = answer.get("now").and_then(Value::as_str).unwrap_or_default();
    let ahead = answer.get("aheadSeconds").and_then(Value::as_i64);
    if let Some(ahead) = ahead {
        let span = Span::of_seconds(ahead.unsigned_abs());
        let way = if ahead < 0 { "behind" } else { "ahead" };
        tell(&format!("the clock shows {now}, {span} {way}"));
    }
    match (args.json, ahead) {
        (true, _) => print(&format!("{}\n", json!({ "now": now, "ahead_seconds": ahead })))?,
        (false, None) => print(&format!("{now}\n"))?,
        (false, Some(_)) => {}
    }
    Ok(ExitCode::SUCCESS)
}
