use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::Timer;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long one connection waits for its client: for a header, for a body, for the next header.
///
/// Nearly all of these waits end in time, and to set and clear a timer for each, under a lock of
/// the runtime, costs more than to read a request. So they share one alarm, which stays set when a
/// wait is over. Where it goes off before the deadline of the wait of that moment, it is set to
/// that.
///
/// All waits must be of the connection's own task: that is the one the alarm wakes.
#[derive(Clone, Default)]
pub(crate) struct Deadlines {
    alarm: Arc<Mutex<Alarm>>,
}

#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

/// One wait. Resolves at its deadline.
struct Wait {
    deadline: Instant,
    alarm: Arc<Mutex<Alarm>>,
}

impl Deadlines {
    /// What `future` comes to; `None` if that takes longer than `limit`.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        let mut wait = None;
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            let wait = wait.get_or_insert_with(|| self.wait(Instant::now() + limit));
            Pin::new(wait).poll(context).map(|()| None)
        })
        .await
    }

    fn wait(&self, deadline: Instant) -> Wait {
        Wait { deadline, alarm: Arc::clone(&self.alarm) }
    }
}

/// The waits of the HTTP library.
impl Timer for Deadlines {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.wait(Instant::now() + duration))
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(self.wait(deadline.into()))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into()
    }
}

impl hyper::rt::Sleep for Wait {}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner);
        alarm.poll_at(self.deadline, context)
    }
}

impl Alarm {
    /// Whether `deadline` is over; if not, the task is woken no later than that.
    fn poll_at(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        match sleep.as_mut().poll(context) {
            // It was set for an earlier wait.
            Poll::Ready(()) if sleep.deadline() < deadline => {
                sleep.as_mut().reset(deadline);
                sleep.as_mut().poll(context)
            }
            polled => polled,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Time that passes only where somebody waits for it.
    fn on_paused_time(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(test);
    }

    #[test]
    fn a_wait_ends_at_its_deadline() {
        on_paused_time(async {
            let (deadlines, began) = (Deadlines::default(), Instant::now());
            assert_eq!(deadlines.within(5 * SECOND, pending::<()>()).await, None);
            assert_eq!(began.elapsed().as_secs(), 5);
            assert_eq!(deadlines.within(SECOND, ready(7)).await, Some(7));
        });
    }

    #[test]
    fn each_wait_has_its_own_time() {
        on_paused_time(async {
            let (deadlines, began) = (Deadlines::default(), Instant::now());
            // The alarm stays at 10 s, is drawn to 5 s, and moved to 8 s.
            assert!(deadlines.within(10 * SECOND, sleep(SECOND)).await.is_some());
            assert!(deadlines.within(4 * SECOND, sleep(2 * SECOND)).await.is_some());
            assert!(deadlines.within(5 * SECOND, pending::<()>()).await.is_none());
            assert_eq!(began.elapsed().as_secs(), 8);
        });
    }

    #[test]
    fn an_alarm_that_nobody_heard_is_set_again() {
        on_paused_time(async {
            let (deadlines, began) = (Deadlines::default(), Instant::now());
            assert!(deadlines.within(2 * SECOND, sleep(SECOND)).await.is_some());
            sleep(10 * SECOND).await;
            deadlines.sleep(3 * SECOND).await;
            assert_eq!(began.elapsed().as_secs(), 14);
            deadlines.sleep_until(began.into()).await;
            assert_eq!(began.elapsed().as_secs(), 14);
        });
    }
}
