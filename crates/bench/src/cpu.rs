use rustix::time::{ClockId, clock_gettime};

/// The median CPU time of one call, in nanoseconds, of each of two pieces of work.
///
/// Their batches take turns, so that whatever slows the machine slows both.
pub(crate) fn side_by_side<'a>(
    ours: &'a mut dyn FnMut(),
    floor: Option<&'a mut dyn FnMut()>,
) -> (f64, Option<f64>) {
    let mut works: Vec<&mut dyn FnMut()> = vec![ours];
    works.extend(floor);
    works.iter_mut().for_each(|work| warm_up(*work));
    let sizes: Vec<u32> = works.iter_mut().map(|work| batch_size(*work)).collect();
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); works.len()];
    for _ in 0..BATCHES {
        for ((work, &size), times) in works.iter_mut().zip(&sizes).zip(&mut times) {
            times.push(batch(*work, size) / f64::from(size));
        }
    }
    let mut medians = times.into_iter().map(median);
    (medians.next().unwrap(), medians.next())
}

/// The middle of the figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Without it the processor sometimes needs half a second to learn the branches of work that takes
/// turns with other work, and the median is of that time.
fn warm_up(work: &mut dyn FnMut()) {
    let mut spent = 0.0;
    while spent < WARM_UP_NANOSECONDS {
        spent += batch(work, 1);
    }
}

/// Calls that take about two milliseconds.
fn batch_size(work: &mut dyn FnMut()) -> u32 {
    let mut size = 1;
    while batch(work, size) < BATCH_NANOSECONDS {
        size *= 2;
    }
    size
}

fn batch(work: &mut dyn FnMut(), size: u32) -> f64 {
    let before = thread_nanoseconds();
    (0..size).for_each(|_| work());
    thread_nanoseconds() - before
}

fn thread_nanoseconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

const WARM_UP_NANOSECONDS: f64 = 1e8;
const BATCHES: u32 = 201;
const BATCH_NANOSECONDS: f64 = 2e6;
