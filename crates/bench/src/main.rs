//! Prints our figures beside their floors, measured in the same run.
//!
//! `cargo run --release -p rolecall-bench -- [--quick] [SECTION…]`; sections are `sigv4`, `token`,
//! `policy`, `imds`, `api` and `start`. Time is CPU time and the median, unless a line says
//! otherwise: other work on the machine disturbs it little.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a development tool, never shipped: it prints, and fails by panicking as tests do"
)]

mod api;
mod cpu;
mod floor_server;
mod imds;
mod in_process;
mod load;
mod placement;
mod process;
mod start;
mod table;

use table::Row;

// As in the program whose code is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == floor_server::SUBCOMMAND) {
        return floor_server::run();
    }
    let quick = arguments.iter().position(|argument| argument == "--quick");
    let quick = quick.map(|at| arguments.remove(at)).is_some();
    let sections: Vec<&str> = match arguments.as_slice() {
        [] => SECTIONS.to_vec(),
        named => named.iter().map(String::as_str).collect(),
    };
    if let Some(unknown) = sections.iter().find(|section| !SECTIONS.contains(section)) {
        eprintln!("error: no section `{unknown}`; there are {}", SECTIONS.join(", "));
        std::process::exit(2);
    }
    let rows: Vec<Row> = sections.iter().flat_map(|section| rows(section, quick)).collect();
    print!("{}", table::render(&rows));
}

const SECTIONS: [&str; 6] = ["sigv4", "token", "policy", "imds", "api", "start"];

fn rows(section: &str, quick: bool) -> Vec<Row> {
    eprintln!("measuring {section} …");
    match section {
        "imds" => imds::rows(quick),
        "api" => api::rows(if quick { 100_000 } else { 1_000_000 }),
        "start" => start::rows(),
        in_process => in_process::rows(in_process),
    }
}
