use std::ffi::OsString;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};

use rolecall_identity::Credentials;
use tokio::signal::unix::{SignalKind, signal};

use crate::endpoint::CredentialEndpoint;
use crate::environment::variables;
use crate::shell::exports;

/// A command did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot run `{command}`")]
pub struct ExecError {
    command: String,
    #[source]
    source: io::Error,
}

impl ExecError {
    /// The exit code of a shell for it: 127 not found, 126 not executable.
    pub fn exit_code(&self) -> u8 {
        if self.source.kind() == io::ErrorKind::NotFound { 127 } else { 126 }
    }
}

/// Becomes the command, with credentials in its variables. Returns only if it does not start.
pub fn replace_process(
    command: &[OsString],
    credentials: &Credentials,
    settings: &[(&str, String)],
) -> ExecError {
    let mut child = prepare(command, settings);
    child.envs(exports(credentials));
    failed(command, child.exec())
}

/// Runs the command beside an endpoint that keeps its credentials fresh. The code is the command's;
/// 128 and the number of the signal that ended it.
pub async fn run_with_endpoint(
    command: &[OsString],
    endpoint: &CredentialEndpoint,
    settings: &[(&str, String)],
) -> Result<u8, ExecError> {
    let mut child = prepare(command, settings);
    child.env(variables::CONTAINER_FULL_URI, endpoint.url());
    child.env(variables::CONTAINER_TOKEN, endpoint.token().expose());
    // AWS: the default profile of this file wins over the endpoint in every SDK. measured
    child.env(variables::SHARED_CREDENTIALS_FILE, "/dev/null");
    // Before the command runs: a signal between the two would end this process alone.
    let watch = |kind| signal(kind).map_err(|source| failed(command, source));
    let (mut interrupt, mut terminate) =
        (watch(SignalKind::interrupt())?, watch(SignalKind::terminate())?);
    let mut child =
        tokio::process::Command::from(child).spawn().map_err(|source| failed(command, source))?;
    loop {
        tokio::select! {
            ended = child.wait() => {
                return ended.map(exit_code).map_err(|source| failed(command, source));
            }
            // A terminal sends its interrupt to the command itself.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => forward_terminate(child.id()),
        }
    }
}

fn prepare(command: &[OsString], settings: &[(&str, String)]) -> Command {
    let (program, arguments) = command.split_first().map_or((None, command), |(p, a)| (Some(p), a));
    let mut child = Command::new(program.cloned().unwrap_or_default());
    child.args(arguments);
    for name in variables::CLEARED {
        child.env_remove(name);
    }
    child.envs(settings.iter().map(|(name, value)| (*name, value.as_str())));
    child
}

fn forward_terminate(child: Option<u32>) {
    let pid = child.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM)
    {
        tracing::debug!(%error, "the command had ended before it could be ended");
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    u8::try_from(code.unwrap_or(1)).unwrap_or(1)
}

fn failed(command: &[OsString], source: io::Error) -> ExecError {
    let command = command.first().map(|name| name.to_string_lossy().into_owned());
    ExecError { command: command.unwrap_or_default(), source }
}
