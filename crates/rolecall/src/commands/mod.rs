//! One module a command.

pub(crate) mod clock;
pub(crate) mod credential_process;
pub(crate) mod dev;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod fault;
pub(crate) mod identity_certificates;
pub(crate) mod metadata;
pub(crate) mod policy;
pub(crate) mod scenario;
pub(crate) mod whoami;

use std::io::{self, Write as _};

use rolecall_client::{Admin, Environment, ProcessEnvironment, variables};
use serde_json::Value;

use crate::cli::{InstanceArgs, WorldArgs};
use crate::failure::Failure;

/// The process's variables; with `--dev`, those of the development world stand before them.
pub(crate) struct World {
    dev: bool,
}

impl World {
    pub(crate) const fn new(args: &WorldArgs) -> Self {
        Self { dev: args.dev }
    }

    /// The endpoints that a command needs beside its credentials.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let names = [variables::ENDPOINT_URL, variables::REGION, variables::DEFAULT_REGION];
        let mut settings = Vec::new();
        for name in names.into_iter().filter(|_| self.dev) {
            settings.extend(self.get(name).map(|value| (name, value)));
        }
        settings
    }
}

impl Environment for World {
    fn get(&self, name: &str) -> Option<String> {
        if !self.dev {
            return ProcessEnvironment.get(name);
        }
        match name {
            variables::METADATA_ENDPOINT => Some("http://127.0.0.1:1338".to_owned()),
            variables::ENDPOINT_URL => Some("http://127.0.0.1:4566".to_owned()),
            variables::REGION | variables::DEFAULT_REGION => Some("us-east-1".to_owned()),
            // Only the world's own credentials count.
            _ => None,
        }
    }
}

/// Changes a part of the instance that is meant; says which one that is.
fn change_instance(
    args: &InstanceArgs,
    method: &str,
    part: &str,
    body: &Value,
) -> Result<String, Failure> {
    let admin = Admin::at(args.world.admin);
    let changed = admin.instance(args.instance.as_deref()).and_then(|id| {
        admin.change(method, &format!("/instances/{id}/{part}"), body)?;
        Ok(id)
    });
    changed.map_err(|error| Failure::with_hints(&error))
}

/// Says what was done.
fn tell(line: &str) {
    anstream::eprintln!("{line}");
}

/// Writes data to stdout. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(&error)),
        _ => Ok(()),
    }
}
