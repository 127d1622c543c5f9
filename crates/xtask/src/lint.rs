//! The rules of the house that no compiler knows. Each is in ARCHITECTURE.md.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use toml::Table;

use crate::process::{self, cargo, root};

/// Which crates of ours a crate may use. Who is not here may use all.
const LAYERS: &[(&str, &[&str])] = &[
    ("identity", &[]),
    ("token", &["identity"]),
    ("sigv4", &["identity"]),
    ("policy", &["identity"]),
    ("attest", &["identity"]),
    ("audit", &["identity"]),
    ("authority", &["identity", "policy", "token"]),
    ("imds", &["identity", "token"]),
    ("store", &["authority"]),
    ("gateway", &["authority", "identity", "policy", "sigv4", "token"]),
    ("client", &["identity", "sigv4"]),
    (
        "server",
        &["attest", "audit", "authority", "gateway", "identity", "imds", "sigv4", "store", "token"],
    ),
    ("rolecall", &["authority", "client", "identity", "policy", "server"]),
];

/// Crates that know no sockets, files, environment, clock or randomness.
const PURE: &[&str] =
    &["identity", "token", "sigv4", "policy", "attest", "audit", "authority", "imds"];

/// What pure crates must not depend on.
const IMPURE_CRATES: &[&str] =
    &["getrandom", "hyper", "hyper-util", "mio", "rand", "rusqlite", "tokio", "ureq"];

/// What pure crates must not say.
const IMPURE_WORDS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "std::env::",
    "std::fs::",
    "std::net::Tcp",
    "std::process::",
    "std::thread::",
    "println!",
];

/// What no file of the project may hold: paths of somebody's machine.
const FOREIGN_PATHS: &[&str] = &["/home/", "/Users/"];

pub(crate) fn run() -> Result<()> {
    process::run(cargo().args(["fmt", "--all", "--check"]))?;
    process::run(cargo().current_dir(root().join("fuzz")).args(["fmt", "--check"]))?;
    process::run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))?;
    let mut broken = Vec::new();
    for (name, allowed) in LAYERS {
        check_layers(name, allowed, &mut broken)?;
    }
    for name in PURE {
        check_purity(name, &mut broken)?;
    }
    check_paths(&mut broken)?;
    if broken.is_empty() {
        eprintln!("  the rules of the house hold");
        return Ok(());
    }
    bail!("the rules of the house are broken:\n  {}", broken.join("\n  "))
}

fn dependencies(name: &str) -> Result<Vec<String>> {
    let path = root().join("crates").join(name).join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path:?}"))?;
    let manifest: Table = text.parse().with_context(|| format!("cannot parse {path:?}"))?;
    let table = manifest.get("dependencies").and_then(toml::Value::as_table);
    Ok(table.map(|table| table.keys().cloned().collect()).unwrap_or_default())
}

fn check_layers(name: &str, allowed: &[&str], broken: &mut Vec<String>) -> Result<()> {
    for dependency in dependencies(name)? {
        let Some(ours) = dependency.strip_prefix("rolecall-") else { continue };
        if !allowed.contains(&ours) {
            broken.push(format!("crates/{name} must not use crates/{ours}"));
        }
    }
    Ok(())
}

fn check_purity(name: &str, broken: &mut Vec<String>) -> Result<()> {
    for dependency in dependencies(name)? {
        if IMPURE_CRATES.contains(&dependency.as_str()) {
            broken.push(format!("crates/{name} is pure and must not depend on {dependency}"));
        }
    }
    for path in sources(&root().join("crates").join(name).join("src"))? {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path:?}"))?;
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for word in IMPURE_WORDS.iter().filter(|word| code.contains(**word)) {
                let place = path.strip_prefix(root()).unwrap_or(&path).display();
                broken.push(format!("{place}:{}: `{word}` in a pure crate", number + 1));
            }
        }
    }
    Ok(())
}

fn check_paths(broken: &mut Vec<String>) -> Result<()> {
    let fuzz = sources(&root().join("fuzz/src"))?;
    for path in sources(&root().join("crates"))?.into_iter().chain(fuzz) {
        if path.ends_with("xtask/src/lint.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path:?}"))?;
        for foreign in FOREIGN_PATHS.iter().filter(|foreign| text.contains(**foreign)) {
            let place = path.strip_prefix(root()).unwrap_or(&path).display();
            broken.push(format!("{place}: holds a path of a machine, `{foreign}`"));
        }
    }
    Ok(())
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {folder:?}"))? {
            let path = entry.context("cannot read a folder")?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
