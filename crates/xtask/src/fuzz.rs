//! Fuzzing: the targets of `fuzz/`, each for a bounded time.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result, bail};

use crate::process::{self, cargo, is_ci, root};

/// How long each target runs if nobody says.
const SECONDS: u32 = 10;
/// How long each target runs among the tests.
const SECONDS_OF_TESTS: u32 = 3;
/// An input that takes longer is a finding.
const INPUT_SECONDS_MAX: u32 = 10;
/// An input that takes more memory is a finding.
const MEMORY_MIB_MAX: u32 = 1024;
/// How many lines of a failed run are shown.
const LINES_SHOWN: usize = 40;

/// Builds the targets and runs one or all of them.
///
/// Without `seconds` a run starts from the committed corpus and a fixed seed, so that it says of the
/// same code the same as far as time allows. With `seconds` it draws a seed, and what it finds worth
/// keeping is kept for the next run, in `target/fuzz/corpus`.
pub(crate) fn run(target: Option<&str>, seconds: Option<u32>) -> Result<()> {
    let targets = targets()?;
    let chosen = match target {
        None => targets,
        Some(name) if targets.iter().any(|known| known == name) => vec![name.to_owned()],
        Some(name) => bail!("no target `{name}`; there are {}", targets.join(", ")),
    };
    run_all(chosen, Form { seconds: seconds.unwrap_or(SECONDS), goes_on: seconds.is_some() })
}

/// The form of the tests. Without a C++ compiler it is left out, unless everything must be there.
pub(crate) fn run_short() -> Result<()> {
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let has_compiler = Command::new(compiler).arg("--version").output().is_ok();
    if !has_compiler && !is_ci() {
        eprintln!("  SKIPPED: fuzzing needs a C++ compiler (Debian: g++)");
        return Ok(());
    }
    run_all(targets()?, Form { seconds: SECONDS_OF_TESTS, goes_on: false })
}

/// How targets are run.
#[derive(Clone, Copy)]
struct Form {
    seconds: u32,
    /// Whether a run starts where the last one ended.
    goes_on: bool,
}

/// The names of the targets: their files.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("fuzz/src/bin");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {folder:?}"))? {
        let path = entry.context("cannot read a folder")?.path();
        names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn run_all(targets: Vec<String>, form: Form) -> Result<()> {
    let programs = build(&targets)?;
    let waiting = Mutex::new(VecDeque::from(targets));
    let failed = Mutex::new(Vec::new());
    // A function of its own: the lock must not be held while a target runs.
    let next = || locked(&waiting).pop_front();
    let work = || {
        while let Some(target) = next() {
            if let Err(error) = run_one(&programs, &target, form) {
                locked(&failed).push(format!("{target}: {error:#}"));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Builds in the folder of the fuzz crate, whose settings ask for coverage counters: the folder of
/// the programs.
fn build(targets: &[String]) -> Result<PathBuf> {
    let mut command = cargo();
    command.current_dir(root().join("fuzz")).args(["build", "--release"]);
    for target in targets {
        command.args(["--bin", target]);
    }
    if is_ci() {
        command.arg("--locked");
    }
    // Each would take the place of a setting there.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    process::run(command.env("CARGO_TARGET_DIR", work_folder()))?;
    let version = Command::new("rustc").arg("-vV").output().context("cannot run `rustc`")?;
    let version = String::from_utf8_lossy(&version.stdout);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(work_folder().join(host.context("`rustc -vV` names no host")?).join("release"))
}

/// Where everything goes that a run makes.
fn work_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(target.unwrap_or_else(|| "target".into())).join("fuzz")
}

fn run_one(programs: &Path, target: &str, form: Form) -> Result<()> {
    let found = work_folder().join("corpus").join(target);
    let artifacts = work_folder().join("artifacts").join(target);
    if !form.goes_on && found.exists() {
        fs::remove_dir_all(&found).with_context(|| format!("cannot remove {found:?}"))?;
    }
    for folder in [&found, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {folder:?}"))?;
    }
    let program = programs.join(target);
    let mut command = Command::new(&program);
    // What is found goes to the first folder; the others are read.
    command.arg(&found).arg(root().join("fuzz/corpus").join(target));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg(format!("-max_total_time={}", form.seconds));
    command.arg(format!("-timeout={INPUT_SECONDS_MAX}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"));
    command.arg("-print_final_stats=1");
    if !form.goes_on {
        command.arg("-seed=1");
    }
    let output = command.stdin(Stdio::null()).output().context("cannot be run")?;
    let log = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        eprintln!("  {target:<20}{}", Figures::read(&log).show());
        return Ok(());
    }
    let lines: Vec<&str> = log.lines().filter(|line| !is_progress(line)).collect();
    let last = lines.get(lines.len().saturating_sub(LINES_SHOWN)..).unwrap_or_default();
    eprintln!("{}", last.join("\n"));
    match log.lines().find_map(|line| line.split_once(WRITTEN)) {
        Some((_, path)) => bail!("failed; again with `{} {path}`", program.display()),
        None => bail!("ended with {}", output.status),
    }
}

/// What libFuzzer says before the path of an input that failed.
const WRITTEN: &str = "Test unit written to ";

/// A line about an input that was new, or about functions that it reached.
fn is_progress(line: &str) -> bool {
    line.starts_with('#') || line.trim_start().starts_with("NEW_FUNC")
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    executions: u64,
    per_second: u64,
    /// Covered before the first new input, and at the end.
    coverage: [u64; 2],
}

impl Figures {
    /// From libFuzzer's log.
    fn read(log: &str) -> Self {
        let mut figures = Self::default();
        for line in log.lines() {
            let coverage = || line.split_once("cov: ").map_or(0, |(_, rest)| number(rest));
            if line.contains("\tINITED") {
                figures.coverage = [coverage(); 2];
            } else if line.contains("\tDONE") {
                let [start, _] = figures.coverage;
                figures.coverage = [start, coverage()];
            } else if let Some(rest) = line.strip_prefix("stat::number_of_executed_units:") {
                figures.executions = number(rest);
            } else if let Some(rest) = line.strip_prefix("stat::average_exec_per_sec:") {
                figures.per_second = number(rest);
            }
        }
        figures
    }

    fn show(&self) -> String {
        let Self { executions, per_second, coverage: [start, end] } = self;
        let new = end.saturating_sub(*start);
        format!("{executions:>10} runs {per_second:>8}/s   coverage {end:>6}, new {new:>5}")
    }
}

/// The number that a text begins with.
fn number(text: &str) -> u64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_a_log() {
        let log = "INFO: Loaded 1 modules\n\
             #40\tINITED cov: 499 ft: 1128 corp: 37/1116b exec/s: 0 rss: 28Mb\n\
             #41\tNEW    cov: 501 ft: 1146 corp: 38/1120b lim: 80\n\
             #177087\tDONE   cov: 550 ft: 1985 corp: 319/12548b\n\
             stat::number_of_executed_units: 177087\n\
             stat::average_exec_per_sec:     25298\n";
        let figures = Figures::read(log);
        let expected = Figures { executions: 177_087, per_second: 25_298, coverage: [499, 550] };
        assert_eq!(figures, expected);
        let shown = "    177087 runs    25298/s   coverage    550, new    51";
        assert_eq!(figures.show(), shown);
    }

    #[test]
    fn each_target_has_a_small_corpus() {
        for target in targets().unwrap() {
            let folder = root().join("fuzz/corpus").join(&target);
            let files = fs::read_dir(&folder).unwrap().count();
            assert!((1..=CORPUS_FILES_MAX).contains(&files), "{target}: {files} files");
        }
    }

    const CORPUS_FILES_MAX: usize = 40;
}
