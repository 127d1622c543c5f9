use std::path::PathBuf;

use rolecall_testkit::Dev;

/// A program of the same build, beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name(name);
    if !path.exists() {
        eprintln!("error: `{}` is not built", path.display());
        eprintln!("hint: cargo build --release -p rolecall -p rolecall-bench");
        std::process::exit(2);
    }
    path
}

/// A development world in a process of its own.
pub(crate) fn dev() -> Dev {
    dev_with(&[])
}

/// The same, told more.
pub(crate) fn dev_with(arguments: &[&str]) -> Dev {
    Dev::start(&program("rolecall"), arguments)
}

/// CPU time of a process so far, in microseconds.
///
/// The sum of its threads: exact to the nanosecond where `stat` counts hundredths of a second. A
/// thread that ends takes its time along; those that answer requests do not end.
pub(crate) fn cpu_microseconds(pid: u32) -> f64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let times = tasks.map(|task| {
        let text = std::fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1000.0
    });
    times.sum()
}

/// Resident memory of a process, in megabytes.
pub(crate) fn resident_megabytes(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}
