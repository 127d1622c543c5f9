use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{cargo, is_ci, root, run};

/// Sets the unmodified AWS tools up in `target/clients`, and gives that folder.
///
/// What cannot be set up is an error under `CI=true`, and a loud skip elsewhere.
pub(crate) fn set_up() -> Result<PathBuf> {
    let folder = root().join("target/clients");
    fs::create_dir_all(&folder).context("cannot make `target/clients`")?;
    let sources = root().join("conformance");
    for (what, done) in [
        ("boto3, AWS CLI v1 or ec2-metadata (PyPI)", python(&folder, &sources)),
        ("AWS SDK for JavaScript v3 (npm)", javascript(&folder, &sources)),
        ("AWS SDK for Rust (crates.io)", rust(&folder, &sources)),
        ("AWS CLI v2 (Debian package awscli)", debian()),
        ("AWS SDK for Go v1 (Debian)", go(&folder, &sources, "v1", "aws-sdk-go")),
        ("AWS SDK for Go v2 (Debian)", go(&folder, &sources, "v2", "aws-sdk-go-v2")),
        ("cloud-init (Debian)", cloud_init(&folder)),
    ] {
        match done {
            Ok(()) => {}
            Err(error) if is_ci() => return Err(error.context(format!("{what} is not there"))),
            Err(error) => eprintln!("\n!!! SKIPPED: {what} is not there: {error:#}\n"),
        }
    }
    Ok(folder)
}

/// One environment for everything in Python; cloud-init itself comes from Debian.
fn python(folder: &Path, sources: &Path) -> Result<()> {
    let lists = ["python", "ec2-metadata", "cloud-init"]
        .map(|client| sources.join(client).join("requirements.txt"));
    let mut wanted = Vec::new();
    for list in &lists {
        wanted.extend(fs::read(list).with_context(|| format!("cannot read {list:?}"))?);
    }
    let venv = folder.join("venv");
    let stamp = venv.join("requirements.txt");
    if matches!(fs::read(&stamp), Ok(installed) if installed == wanted) {
        return Ok(());
    }
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    made.context("is the Debian package python3-venv there?")?;
    let mut install = Command::new(venv.join("bin/pip"));
    install.args(["install", "--quiet", "--disable-pip-version-check"]);
    for list in &lists {
        install.arg("-r").arg(list);
    }
    run(&mut install)?;
    fs::write(&stamp, wanted).context("cannot mark the virtual environment as done")
}

fn javascript(folder: &Path, sources: &Path) -> Result<()> {
    let js = folder.join("js");
    let lock = js.join("node_modules/.lock-of-sources");
    fs::create_dir_all(&js).context("cannot make the folder of the JavaScript client")?;
    for file in ["client.mjs", "package.json", "package-lock.json"] {
        fs::copy(sources.join("js").join(file), js.join(file))
            .with_context(|| format!("cannot copy `{file}`"))?;
    }
    if same(&js.join("package-lock.json"), &lock) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&js))?;
    fs::copy(js.join("package-lock.json"), &lock).context("cannot mark node_modules as done")?;
    Ok(())
}

/// Built apart from the workspace: its dependencies are for this test alone.
fn rust(folder: &Path, sources: &Path) -> Result<()> {
    run(cargo()
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(sources.join("rust/Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.join("rust")))
}

fn debian() -> Result<()> {
    if Path::new("/usr/bin/aws").exists() {
        return Ok(());
    }
    bail!("there is no `/usr/bin/aws`: apt-get install awscli")
}

/// Built against Debian's libraries, so nothing is downloaded.
fn go(folder: &Path, sources: &Path, version: &str, library: &str) -> Result<()> {
    let library = Path::new(GO_LIBRARIES).join("src/github.com/aws").join(library);
    ensure!(library.exists(), "there is no {library:?}: `.ci/run` names the packages");
    run(Command::new("go")
        .args(["build", "-buildvcs=false", "-o"])
        .arg(folder.join("go").join(version))
        .arg(".")
        .current_dir(sources.join(format!("go-{version}")))
        .env("GO111MODULE", "off")
        .env("GOPATH", GO_LIBRARIES)
        .env("GOCACHE", folder.join("go/cache"))
        .env("GOFLAGS", "")
        .env("CGO_ENABLED", "0"))
}

/// Unpacked and not installed: an installed cloud-init takes part in the boot of the machine.
fn cloud_init(folder: &Path) -> Result<()> {
    let done = folder.join("cloud-init");
    if done.exists() {
        return Ok(());
    }
    let partial = folder.join("cloud-init.partial");
    if partial.exists() {
        fs::remove_dir_all(&partial).context("cannot clear an unfinished download")?;
    }
    fs::create_dir(&partial).context("cannot make a folder for the download")?;
    let downloaded = run(Command::new("apt-get")
        .args(["download", "--quiet=2", "--option", "APT::Sandbox::User=root", "cloud-init"])
        .current_dir(&partial));
    downloaded.context("is Debian's list of packages there? `apt-get update` fetches it")?;
    let mut files = fs::read_dir(&partial).context("cannot list what was downloaded")?;
    let package = files.next().context("nothing was downloaded")?;
    let package = package.context("cannot list what was downloaded")?.path();
    run(Command::new("dpkg-deb").arg("-x").arg(package).arg(partial.join("root")))?;
    fs::rename(partial.join("root"), done).context("cannot move the unpacked package")?;
    fs::remove_dir_all(partial).context("cannot remove the downloaded package")
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(a), Ok(b)) if a == b)
}

/// Where Debian's Go libraries are.
const GO_LIBRARIES: &str = "/usr/share/gocode";
