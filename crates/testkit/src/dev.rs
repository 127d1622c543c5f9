use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::clients::without_aws;
use crate::signer::Keys;

/// `rolecall dev` in a process of its own, on ports that it picked. It ends with the test.
pub struct Dev {
    child: Child,
    object: Value,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

/// How a world ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// From the signal to the end.
    pub took: Duration,
    /// What stood on stdout after the object of `--json`.
    pub stdout: String,
    /// What stood on stderr.
    pub stderr: String,
}

impl Dev {
    /// Starts the program and waits until it is ready.
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        Self::start_with(program, arguments, &[])
    }

    /// The same, with variables of its own.
    pub fn start_with(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Self::command(program, arguments);
        command.envs(variables.iter().copied());
        Self::of(command)
    }

    /// The world of a command, which has `--json` among its arguments.
    pub fn of(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A pipe that nobody reads would stop the program.
        let stderr = read(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Ok(object) = serde_json::from_str(&line) else {
            panic!("the world did not start:\n{}", stderr.join().unwrap());
        };
        Self { child, object, stdout: Some(read(stdout)), stderr: Some(stderr) }
    }

    /// The command of a world on ports that it picks.
    pub fn command(program: &Path, arguments: &[&str]) -> Command {
        let any = "127.0.0.1:0";
        let mut command = Command::new(program);
        without_aws(&mut command);
        command.args(["dev", "--json", "--imds", any, "--container", any, "--api", any]);
        command.args(["--admin", any]).args(arguments);
        command
    }

    /// A field of the object that `--json` prints.
    pub fn field(&self, name: &str) -> &str {
        self.object[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {}", self.object))
    }

    /// The object that `--json` prints.
    pub const fn object(&self) -> &Value {
        &self.object
    }

    /// `HOST:PORT` of the API.
    pub fn api(&self) -> &str {
        self.field("api").trim_start_matches("http://")
    }

    /// The variables to export.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.map("env")
    }

    /// The variables of the container endpoint.
    pub fn container_variables(&self) -> Vec<(String, String)> {
        self.map("container_env")
    }

    /// The administrator's key as variables.
    pub fn administrator_variables(&self) -> Vec<(String, String)> {
        self.administrator().variables()
    }

    /// The administrator's keys.
    pub fn administrator(&self) -> Keys {
        let field = |name| self.field(name).to_owned();
        Keys {
            id: field("admin_access_key_id"),
            secret: field("admin_secret_access_key"),
            token: None,
        }
    }

    /// The variables to export, and keys that win over the instance's.
    pub fn variables_with(&self, keys: &Keys) -> Vec<(String, String)> {
        [self.variables(), keys.variables()].concat()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning, as a power cut would.
    pub fn kill(self) {
        self.end(Signal::KILL);
    }

    /// Sends SIGTERM and gives the exit code, and what stood on stderr.
    pub fn terminate(self) -> (Option<i32>, String) {
        let ended = self.end(Signal::TERM);
        (ended.code, ended.stderr)
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: Signal) -> Ended {
        let sent = Instant::now();
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let code = self.child.wait().unwrap().code();
        let took = sent.elapsed();
        let [stdout, stderr] =
            [&mut self.stdout, &mut self.stderr].map(|text| text.take().unwrap().join().unwrap());
        Ended { code, took, stdout, stderr }
    }

    fn map(&self, name: &str) -> Vec<(String, String)> {
        let variables = self.object[name].as_object().unwrap().iter();
        variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a stream to its end beside the test.
fn read(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
