use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The unmodified AWS tools that `cargo xtask test` sets up.
///
/// The variable `ROLECALL_CLIENTS` names the folder they are in. A tool that is not there fails the
/// test under `CI=true`, and is a loud skip elsewhere.
pub struct Clients {
    folder: Option<PathBuf>,
    sources: PathBuf,
}

/// One tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// AWS CLI v1 of PyPI.
    AwsCliV1,
    /// AWS CLI v2 of Debian.
    AwsCliV2,
    /// boto3 of PyPI, through `conformance/python/client.py`.
    Boto3,
    /// cloud-init of Debian, through `conformance/cloud-init/crawl.py`.
    CloudInit,
    /// ec2-metadata of PyPI, through `conformance/ec2-metadata/read.py`.
    Ec2Metadata,
    /// AWS SDK for Go v1 of Debian, through `conformance/go-v1`.
    GoV1,
    /// AWS SDK for Go v2 of Debian, through `conformance/go-v2`.
    GoV2,
    /// AWS SDK for JavaScript v3 of npm, through `conformance/js/client.mjs`.
    JavaScript,
    /// AWS SDK for Rust of crates.io, through `conformance/rust`.
    Rust,
}

/// What a tool did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its data.
    pub stdout: Vec<u8>,
    /// Everything else.
    pub stderr: String,
}

impl Clients {
    /// The tools, from the variable.
    pub fn find() -> Self {
        let folder = std::env::var_os("ROLECALL_CLIENTS").map(PathBuf::from);
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance");
        Self { folder, sources }
    }

    /// The command of a tool, or `None` after saying loudly that it is not there.
    pub fn command(&self, client: Client) -> Option<Command> {
        let at = |path: &str| self.folder.as_ref().map(|folder| folder.join(path));
        let source = |path: &str| self.sources.join(path).into_os_string();
        let modules = at("cloud-init/usr/lib/python3/dist-packages").filter(|path| path.exists());
        let (program, script) = match client {
            Client::AwsCliV1 => (at("venv/bin/aws"), None),
            Client::AwsCliV2 => (Some(PathBuf::from("/usr/bin/aws")), None),
            Client::Boto3 => (at("venv/bin/python"), Some(source("python/client.py"))),
            Client::CloudInit => {
                let python = at("venv/bin/python").filter(|_| modules.is_some());
                (python, Some(source("cloud-init/crawl.py")))
            }
            Client::Ec2Metadata => (at("venv/bin/python"), Some(source("ec2-metadata/read.py"))),
            Client::GoV1 => (at("go/v1"), None),
            Client::GoV2 => (at("go/v2"), None),
            Client::JavaScript => {
                let script = at("js/client.mjs").map(PathBuf::into_os_string);
                (script.clone().map(|_| PathBuf::from("node")), script)
            }
            Client::Rust => (at("rust/debug/client"), None),
        };
        let found = program.filter(|path| path.components().count() == 1 || path.exists());
        let Some(program) = found else {
            let missing = format!("{client:?} is not set up: run `cargo xtask test`");
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            eprintln!("SKIPPED: {missing}");
            return None;
        };
        let mut command = Command::new(program);
        command.args(script);
        if let (Client::CloudInit, Some(modules)) = (client, modules) {
            command.env("PYTHONPATH", modules);
        }
        Some(command)
    }

    /// Runs a tool in the world of these variables, or gives `None` after saying loudly that it is
    /// not there.
    pub fn run(
        &self,
        client: Client,
        arguments: &[&str],
        variables: &[(String, String)],
    ) -> Option<Ran> {
        let mut command = self.command(client)?;
        command.args(arguments);
        let endpoint = variables.iter().find(|(name, _)| name == "AWS_ENDPOINT_URL");
        if let Some((_, url)) = endpoint.filter(|_| Client::TOLD_THE_ENDPOINT.contains(&client)) {
            command.arg("--endpoint-url").arg(url);
        }
        Some(Ran::command(command, variables))
    }
}

impl Client {
    /// All tools with the command line of `conformance/README.md`.
    pub const PROGRAMS: [Self; 3] = [Self::Boto3, Self::JavaScript, Self::Rust];
    /// Both AWS CLIs.
    pub const COMMAND_LINES: [Self; 2] = [Self::AwsCliV1, Self::AwsCliV2];
    /// Every tool that calls all of the API.
    pub const ALL: [Self; 5] =
        [Self::AwsCliV1, Self::AwsCliV2, Self::Boto3, Self::JavaScript, Self::Rust];
    /// Those with the commands `whoami` and `metadata` of `conformance/README.md` alone.
    pub const GO: [Self; 2] = [Self::GoV1, Self::GoV2];
    /// Every tool that finds credentials and the region in the metadata service.
    pub const CHAINS: [Self; 7] = [
        Self::AwsCliV1,
        Self::AwsCliV2,
        Self::Boto3,
        Self::GoV1,
        Self::GoV2,
        Self::JavaScript,
        Self::Rust,
    ];
    /// Those that do not know `AWS_ENDPOINT_URL`.
    const TOLD_THE_ENDPOINT: [Self; 3] = [Self::AwsCliV2, Self::GoV1, Self::GoV2];

    /// A command of `conformance/README.md` in the words of the tool: those that an AWS CLI has
    /// one command for.
    pub fn words(self, command: &[&str]) -> Vec<String> {
        if !Self::COMMAND_LINES.contains(&self) {
            return command.iter().map(ToString::to_string).collect();
        }
        let line = match command {
            ["metadata"] => "configure list".to_owned(),
            ["whoami"] => "sts get-caller-identity --query Arn --output text".to_owned(),
            ["get", bucket, key] => format!("s3 cp s3://{bucket}/{key} - --no-progress"),
            ["put", bucket, key, file] => format!("s3 cp {file} s3://{bucket}/{key} --no-progress"),
            other => panic!("an AWS CLI has no one command for {other:?}"),
        };
        line.split(' ').map(str::to_owned).collect()
    }
}

impl Ran {
    /// Runs a command with these variables and none of the AWS variables of this process.
    pub fn command(mut command: Command, variables: &[(String, String)]) -> Self {
        command.stdout(Stdio::piped());
        Self::redirected(command, variables)
    }

    /// The same, its data where the command sends it.
    pub fn redirected(mut command: Command, variables: &[(String, String)]) -> Self {
        without_aws(&mut command);
        // No shared files of whoever runs the test.
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.env("AWS_PAGER", "");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("the tool runs");
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Self { code: status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Its data as text, without the last newline.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end().to_owned()
    }
}

/// Takes the AWS variables of this process from a command.
pub(crate) fn without_aws(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"AWS_") {
            command.env_remove(name);
        }
    }
}
