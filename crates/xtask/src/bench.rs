use anyhow::Result;

use crate::process::{self, cargo};

/// Builds what is measured in release, and measures it.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let packages = ["--package", "rolecall", "--package", "rolecall-bench"];
    process::run(cargo().args(["build", "--release", "--locked"]).args(packages))?;
    process::run(
        cargo()
            .args(["run", "--release", "--locked", "--quiet", "--package", "rolecall-bench", "--"])
            .args(arguments),
    )
}
