use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// `rolecall dev` in a process of its own, on ports that it picked. It ends with the test.
pub struct Dev {
    child: Child,
    object: Value,
}

impl Dev {
    /// Starts the program and waits until it is ready.
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let any = "127.0.0.1:0";
        let mut child = Command::new(program)
            .args(["dev", "--json", "--imds", any, "--container", any, "--api", any])
            .args(["--admin", any])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(object) = serde_json::from_str(&line) else {
            let mut screen = String::new();
            child.stderr.take().unwrap().read_to_string(&mut screen).unwrap();
            panic!("the world did not start:\n{screen}");
        };
        Self { child, object }
    }

    /// A field of the object that `--json` prints.
    pub fn field(&self, name: &str) -> &str {
        self.object[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {}", self.object))
    }

    /// The variables to export.
    pub fn variables(&self) -> Vec<(String, String)> {
        let variables = self.object["env"].as_object().unwrap().iter();
        variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// The variables of the container endpoint.
    pub fn container_variables(&self) -> Vec<(String, String)> {
        let variables = self.object["container_env"].as_object().unwrap().iter();
        variables.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
    }

    /// The administrator's key as variables.
    pub fn administrator_variables(&self) -> Vec<(String, String)> {
        [
            ("AWS_ACCESS_KEY_ID", "admin_access_key_id"),
            ("AWS_SECRET_ACCESS_KEY", "admin_secret_access_key"),
        ]
        .map(|(name, field)| (name.to_owned(), self.field(field).to_owned()))
        .to_vec()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends SIGTERM and gives the exit code, and what stood on stderr.
    pub fn terminate(mut self) -> (Option<i32>, String) {
        let pid = rustix::process::Pid::from_raw(self.child.id() as i32).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let mut screen = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut screen).unwrap();
        (self.child.wait().unwrap().code(), screen)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
