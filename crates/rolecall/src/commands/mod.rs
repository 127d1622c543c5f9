//! One module a command.

pub(crate) mod credential_process;
pub(crate) mod dev;
pub(crate) mod env;
pub(crate) mod exec;
pub(crate) mod whoami;

use std::io::{self, Write as _};

use rolecall_client::{Environment, ProcessEnvironment, variables};

use crate::cli::WorldArgs;
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

/// Writes data to stdout. A reader that went away is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(&error)),
        _ => Ok(()),
    }
}
