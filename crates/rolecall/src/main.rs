//! Temporary role credentials for every process, checked everywhere.

fn main() {}
