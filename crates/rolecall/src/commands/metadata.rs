use std::process::ExitCode;

use rolecall_client::Admin;
use serde_json::{Value, json};

use super::{change_instance, print, tell};
use crate::cli::{InstanceArgs, MetadataArgs, MetadataCommand};
use crate::failure::Failure;

pub(crate) fn run(args: &MetadataArgs) -> Result<ExitCode, Failure> {
    let (path, value, what) = match &args.command {
        MetadataCommand::Absent { path } => (path, json!(false), "is absent"),
        MetadataCommand::Derive { path } => (path, Value::Null, "follows from the instance"),
        MetadataCommand::Set { path, value } => (path, json!(value), "is set"),
        MetadataCommand::Show { json } => return show(&args.instance, *json),
    };
    let id = change_instance(&args.instance, "PATCH", "metadata", &json!({ path: value }))?;
    tell(&format!("`{path}` of `{id}` {what}"));
    Ok(ExitCode::SUCCESS)
}

fn show(args: &InstanceArgs, json: bool) -> Result<ExitCode, Failure> {
    let admin = Admin::at(args.world.admin);
    let values = admin
        .instance(args.instance.as_deref())
        .and_then(|id| admin.read(&format!("/instances/{id}/metadata")))
        .map_err(|error| Failure::with_hints(&error))?;
    let text = match values.as_object().filter(|_| !json) {
        None => format!("{values}\n"),
        Some(values) => values.iter().map(|(path, value)| line(path, value)).collect(),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// `PATH = "VALUE"`, or `PATH = false` for what is absent: as a seed has it.
fn line(path: &str, value: &Value) -> String {
    let value = if value.is_null() { &Value::Bool(false) } else { value };
    format!("{} = {value}\n", json!(path))
}
