use std::collections::HashMap;
use std::process::Command;

use rolecall_bench::workloads;

use crate::cpu;
use crate::process::program;
use crate::table::{Row, Target};

/// Time and allocations of a section's workloads.
pub(crate) fn rows(section: &str) -> Vec<Row> {
    let mut allocations = allocations(section);
    let mut rows = Vec::new();
    for mut workload in workloads(section) {
        let floor = workload.floor.as_mut().map(|floor| &mut **floor as &mut dyn FnMut());
        let (ours, floor) = cpu::side_by_side(&mut *workload.ours, floor);
        let name = format!("{section}: {}", workload.name);
        let most = workload.nanoseconds_max.map(Target::AtMost);
        rows.push(Row {
            floor,
            target: most.or(workload.floors_max.map(Target::TimesFloor)),
            ..Row::new(&name, "ns", ours)
        });
        let count = allocations.remove(workload.name).unwrap();
        rows.push(Row {
            target: workload.allocations_max.map(Target::AtMost),
            ..Row::new(format!("{name}: allocations"), "", count)
        });
    }
    rows
}

fn allocations(section: &str) -> HashMap<String, f64> {
    let counted = Command::new(program("rolecall-bench-allocations")).arg(section).output();
    let counted = counted.unwrap();
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    let text = String::from_utf8(counted.stdout).unwrap();
    let lines = text.lines().map(|line| line.split_once('\t').unwrap());
    lines.map(|(name, count)| (name.to_owned(), count.parse().unwrap())).collect()
}
