//! Time and interruption, handed in so that the engine itself reads neither clock nor signals.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

/// What time it is, and waiting.
pub trait Clock {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep<'a>(&'a self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + 'a>>;
}

/// The machine's own clock, with tokio's timer.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] begins now.
    #[must_use]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep<'a>(&'a self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Says that the run is to stop. Clones share it; it works across threads and runtimes.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    /// It was the time that ran out, not the person.
    timed_out: AtomicBool,
    notify: Notify,
}

impl Cancel {
    /// One that nobody has used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks all who look to stop, as the run took longer than it may.
    pub fn time_out(&self) {
        self.0.timed_out.store(!self.is_cancelled(), Ordering::SeqCst);
        self.cancel();
    }

    /// Whether [`Cancel::time_out`] was what stopped the run.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0.timed_out.load(Ordering::SeqCst)
    }

    /// Why the run stops, in words.
    pub(super) fn reason(&self) -> &'static str {
        if self.timed_out() { "the time of the run is over (--max-time)" } else { "the run was interrupted" }
    }

    /// Asks all who look to stop.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Goes on after [`Cancel::time_out`]: only that run was too long, and another one begins.
    pub fn resume(&self) {
        if self.0.timed_out.swap(false, Ordering::SeqCst) {
            self.0.cancelled.store(false, Ordering::SeqCst);
        }
    }

    /// Whether [`Cancel::cancel`] was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Ends when [`Cancel::cancel`] is called, at once if it was.
    pub async fn cancelled(&self) {
        // Registered before the flag is read, so that a cancel in between is not missed.
        let notified = self.0.notify.notified();
        if !self.0.cancelled.load(Ordering::SeqCst) {
            notified.await;
        }
    }
}
