//! Counts the allocations of each workload of the sections named: `NAME TAB COUNT` lines.

#![allow(clippy::print_stdout, reason = "a development tool: its figures are its output")]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    for section in std::env::args().skip(1) {
        for mut workload in rolecall_bench::workloads(&section) {
            // Buffers that are reused find their size first.
            (0..WARM_UP).for_each(|_| (workload.ours)());
            let region = Region::new(ALLOCATOR);
            (0..CALLS).for_each(|_| (workload.ours)());
            let change = region.change();
            let count = (change.allocations + change.reallocations) as f64 / f64::from(CALLS);
            println!("{}\t{count}", workload.name);
        }
    }
}

const WARM_UP: u32 = 10;
const CALLS: u32 = 100;
