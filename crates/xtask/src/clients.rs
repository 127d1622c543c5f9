use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, is_ci, root, run};

/// Sets the unmodified AWS tools up in `target/clients`, and gives that folder.
///
/// What cannot be set up is an error under `CI=true`, and a loud skip elsewhere.
pub(crate) fn set_up() -> Result<PathBuf> {
    let folder = root().join("target/clients");
    fs::create_dir_all(&folder).context("cannot make `target/clients`")?;
    let sources = root().join("conformance");
    for (what, done) in [
        ("boto3 and AWS CLI v1 (PyPI)", python(&folder, &sources)),
        ("AWS SDK for JavaScript v3 (npm)", javascript(&folder, &sources)),
        ("AWS SDK for Rust (crates.io)", rust(&folder, &sources)),
        ("AWS CLI v2 (Debian package awscli)", debian()),
    ] {
        match done {
            Ok(()) => {}
            Err(error) if is_ci() => return Err(error.context(format!("{what} is not there"))),
            Err(error) => eprintln!("\n!!! SKIPPED: {what} is not there: {error:#}\n"),
        }
    }
    Ok(folder)
}

fn python(folder: &Path, sources: &Path) -> Result<()> {
    let requirements = sources.join("python/requirements.txt");
    let venv = folder.join("venv");
    let stamp = venv.join("requirements.txt");
    if same(&requirements, &stamp) {
        return Ok(());
    }
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    made.context("is the Debian package python3-venv there?")?;
    run(Command::new(venv.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&requirements))?;
    fs::copy(&requirements, &stamp).context("cannot mark the virtual environment as done")?;
    Ok(())
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

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(a), Ok(b)) if a == b)
}
