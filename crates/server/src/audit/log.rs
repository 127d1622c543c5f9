use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use rolecall_audit::Record;
use rolecall_identity::Clock;
use tokio::sync::broadcast;

use super::files::AuditFiles;

/// Where records go, a line each: the live tail, and the files of a data folder.
///
/// A thread of its own writes. A request hands its record over as text and goes on; when the thread
/// is far behind, requests wait for it rather than lose a record.
pub struct AuditLog {
    /// Until the end.
    lines: ArcSwapOption<SyncSender<Bytes>>,
    recent: Arc<Recent>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Records that wait for the writer at most.
const WAITING_MAX: usize = 8192;
/// Records that the live tail begins with.
const RECENT_MAX: usize = 1000;
/// Records that a slow reader of the tail may lag behind.
const LAG_MAX: usize = 4096;

struct Recent {
    lines: Mutex<VecDeque<Bytes>>,
    live: broadcast::Sender<Bytes>,
}

impl AuditLog {
    /// Starts the writer.
    pub(crate) fn start(files: Option<AuditFiles>, clock: Arc<dyn Clock>) -> Self {
        let (lines, incoming) = sync_channel(WAITING_MAX);
        let (live, _) = broadcast::channel(LAG_MAX);
        let recent = Arc::new(Recent { lines: Mutex::default(), live });
        let shared = Arc::clone(&recent);
        let writer = std::thread::spawn(move || write(&incoming, &shared, files, clock.as_ref()));
        let lines = ArcSwapOption::from_pointee(lines);
        Self { lines, recent, writer: Mutex::new(Some(writer)) }
    }

    /// Takes a record.
    pub(crate) fn record(&self, record: &Record<'_>) {
        let line = line_of(record);
        let lines = self.lines.load();
        let taken = lines.as_ref().is_some_and(|lines| lines.send(line).is_ok());
        if !taken {
            tracing::error!("an audit record came after the end of the audit log");
        }
    }

    /// The latest records, and those to come.
    pub(crate) fn tail(&self) -> (Vec<Bytes>, broadcast::Receiver<Bytes>) {
        let lines = lock(&self.recent.lines);
        let live = self.recent.live.subscribe();
        (lines.iter().cloned().collect(), live)
    }

    /// Writes what is left and ends the writer.
    pub(crate) fn close(&self) {
        // The writer ends when the last request that is handing its record over has done so.
        self.lines.store(None);
        let writer = lock(&self.writer).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the audit writer failed");
        }
    }
}

thread_local! {
    /// Records are written here, and kept as long as they are.
    static WRITTEN: RefCell<Vec<u8>> = RefCell::default();
}

/// JSON, and the end of its line.
fn line_of(record: &Record<'_>) -> Bytes {
    WRITTEN.with_borrow_mut(|line| {
        line.clear();
        record.write_json(line);
        line.push(b'\n');
        Bytes::copy_from_slice(line)
    })
}

fn write(
    incoming: &Receiver<Bytes>,
    recent: &Recent,
    mut files: Option<AuditFiles>,
    clock: &dyn Clock,
) {
    let mut roll_at = Instant::now() + ROLL_EVERY;
    loop {
        match incoming.recv_timeout(roll_at.saturating_duration_since(Instant::now())) {
            Ok(first) => {
                for line in std::iter::once(first).chain(incoming.try_iter()).take(WAITING_MAX) {
                    take(line, recent, files.as_mut());
                }
                // What was written so far leaves this process.
                report(files.as_mut().map(AuditFiles::flush));
                std::thread::sleep(GATHER);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if Instant::now() >= roll_at {
            report(files.as_mut().map(|files| files.roll(clock.now())));
            roll_at = Instant::now() + ROLL_EVERY;
        }
    }
    report(files.as_mut().map(|files| files.roll(clock.now())));
}

/// How long records gather: a request that had to wake the writer would pay more for that than for
/// all of its own work.
const GATHER: Duration = Duration::from_millis(2);
/// How often a file is finished: CloudTrail delivers about every five minutes.
const ROLL_EVERY: Duration = Duration::from_secs(300);

fn take(line: Bytes, recent: &Recent, files: Option<&mut AuditFiles>) {
    report(files.map(|files| files.append(&line)));
    let mut lines = lock(&recent.lines);
    if lines.len() == RECENT_MAX {
        lines.pop_front();
    }
    lines.push_back(line.clone());
    // Nobody may be listening.
    let _ = recent.live.send(line);
}

fn report(result: Option<std::io::Result<()>>) {
    if let Some(Err(error)) = result {
        tracing::error!(%error, "audit records could not be written to disk");
    }
}

/// A panic while a lock was held leaves at worst a line too few.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
