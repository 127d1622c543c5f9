//! The project's own commands: test, lint, bench.

fn main() {}
