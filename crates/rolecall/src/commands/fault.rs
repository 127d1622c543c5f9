use std::process::ExitCode;

use rolecall_server::{Fault, FaultKind, FaultOn};
use serde_json::{Value, json};

use super::{change_instance, tell};
use crate::cli::{FaultArgs, FaultCommand, MeetsArgs, OnArg};
use crate::failure::Failure;

pub(crate) fn run(args: &FaultArgs) -> Result<ExitCode, Failure> {
    let Some(fault) = fault(&args.command) else {
        let id = change_instance(&args.instance, "DELETE", "fault", &Value::Null)?;
        tell(&format!("`{id}` behaves again"));
        return Ok(ExitCode::SUCCESS);
    };
    let id = change_instance(&args.instance, "PUT", "fault", &json!(fault))?;
    let until = match fault.times {
        None => "until `rolecall fault end`".to_owned(),
        Some(1) => "once".to_owned(),
        Some(times) => format!("{times} times"),
    };
    tell(&format!("`{id}` misbehaves, {until}: {}", what(fault)));
    Ok(ExitCode::SUCCESS)
}

/// The fault that a command asks for; `None` for the end of all.
fn fault(command: &FaultCommand) -> Option<Fault> {
    let all = |kind, times| Fault { kind, on: FaultOn::All, times };
    Some(match *command {
        FaultCommand::AuthorityDown => all(FaultKind::AuthorityDown, None),
        FaultCommand::Delay { milliseconds, meets } => of(FaultKind::Delay(milliseconds), meets),
        FaultCommand::End => return None,
        FaultCommand::Hang { meets } => of(FaultKind::Hang, meets),
        FaultCommand::NoTtlHeader { times } => all(FaultKind::NoTtlHeader, times),
        FaultCommand::Status { status, meets } => of(FaultKind::Status(status), meets),
        FaultCommand::Unauthorized { times } => all(FaultKind::Unauthorized, times),
    })
}

const fn of(kind: FaultKind, meets: MeetsArgs) -> Fault {
    let on = match meets.on {
        OnArg::All => FaultOn::All,
        OnArg::Reads => FaultOn::Reads,
        OnArg::Tokens => FaultOn::Tokens,
    };
    Fault { kind, on, times: meets.times }
}

fn what(fault: Fault) -> String {
    let who = match fault.on {
        FaultOn::All => "requests",
        FaultOn::Reads => "reads",
        FaultOn::Tokens => "token requests",
    };
    match fault.kind {
        FaultKind::AuthorityDown => "no new credentials are made".to_owned(),
        FaultKind::Delay(milliseconds) => format!("{who} wait {milliseconds} ms"),
        FaultKind::Hang => format!("{who} get no answer"),
        FaultKind::NoTtlHeader => "token answers lack their TTL header".to_owned(),
        FaultKind::Status(status) => format!("{who} get {status}"),
        FaultKind::Unauthorized => "reads get 401".to_owned(),
    }
}
