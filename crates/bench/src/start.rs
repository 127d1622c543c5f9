use std::time::{Duration, Instant};

use crate::cpu::median;
use crate::process;
use crate::table::{Row, Target};

/// From nothing to the line that says ready.
pub(crate) fn rows() -> Vec<Row> {
    let (mut milliseconds, mut cpu, mut resident) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let began = Instant::now();
        let dev = process::dev();
        milliseconds.push(began.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(SETTLING);
        cpu.push(process::cpu_microseconds(dev.pid()) / 1000.0);
        resident.push(process::resident_megabytes(dev.pid()));
    }
    vec![
        Row::new("start: until ready, wall", "ms", median(milliseconds))
            .target(Target::AtMost(150.0)),
        Row::new("start: until ready, CPU", "ms", median(cpu)),
        Row::new("start: resident when idle", "MB", median(resident)).target(Target::AtMost(40.0)),
    ]
}

const STARTS: usize = 11;
const SETTLING: Duration = Duration::from_millis(200);
