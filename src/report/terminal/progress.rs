//! What runs now, on one line that the next text replaces: for a person who watches, never in a pipe or a log.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::event::{Reason, Wait};
use crate::report::display;

/// How often the line is made anew: often enough for seconds to count smoothly.
const TICK: Duration = Duration::from_millis(200);

/// How far a run is.
pub(super) struct Progress {
    /// Flows that will run, that ended, and that failed.
    pub(super) flows: u32,
    pub(super) ended: u32,
    pub(super) failed: u32,
    /// Flows with a step under way, the longest running first.
    running: Vec<Running>,
    next: u64,
}

struct Running {
    id: u64,
    flow: String,
    step: String,
    since: Instant,
    /// What the step waits for, and until when.
    wait: Option<(&'static str, Instant)>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { flows: 0, ended: 0, failed: 0, running: Vec::new(), next: 0 }
    }

    /// A number for a flow that begins.
    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn step(&mut self, id: u64, flow: &str, step: String, now: Instant) {
        self.idle(id);
        self.running.push(Running { id, flow: flow.to_owned(), step, since: now, wait: None });
    }

    pub(super) fn wait(&mut self, id: u64, wait: &Wait, now: Instant) {
        let why = match wait.reason {
            Reason::RateLimit => "rate limited",
            Reason::Retry => "before a retry",
            Reason::Poll => "not ready yet",
            Reason::Step | Reason::Redirect | Reason::Page | Reason::Auth => "waiting",
        };
        let until = now.checked_add(Duration::from_millis(wait.wait_ms));
        if let Some(running) = self.running.iter_mut().find(|r| r.id == id) {
            running.wait = until.map(|until| (why, until));
        }
    }

    /// No step of this flow runs.
    pub(super) fn idle(&mut self, id: u64) {
        self.running.retain(|running| running.id != id);
    }

    /// The line, cut to `columns`; empty where there is nothing to tell. `alone`: the flow's title stands above.
    pub(super) fn line(&self, alone: bool, columns: usize, now: Instant) -> String {
        let first = self.running.first().map(|running| running.told(alone, now));
        let text = if alone {
            match first {
                Some(told) if self.flows > 1 => format!("  {told} · {} of {} flows done", self.ended, self.flows),
                Some(told) => format!("  {told}"),
                None => return String::new(),
            }
        } else {
            if self.ended >= self.flows {
                return String::new();
            }
            let mut text = format!("… {} of {}", self.ended, display::count(self.flows.into(), "flow"));
            if self.failed > 0 {
                text.push_str(&format!(", {} failed", self.failed));
            }
            if let Some(told) = first {
                text.push_str(&format!(" · {told}"));
            }
            text
        };
        let others = match self.running.len() {
            0 | 1 => String::new(),
            n => format!(" · {} more", n - 1),
        };
        let room = columns.saturating_sub(display::width(&others));
        format!("{}{others}", display::cut(&text, room))
    }
}

impl Running {
    /// `… Look 3 s`; `⧗ Look: rate limited, 12 s left`. Behind other things the step has its flow before it.
    fn told(&self, alone: bool, now: Instant) -> String {
        let step = if alone { self.step.clone() } else { format!("{} › {}", self.flow, self.step) };
        let mark = |mark| if alone { mark } else { "" };
        if let Some((why, left)) = self.wait.and_then(|(why, until)| Some((why, until.checked_duration_since(now)?))) {
            let left = display::seconds(left.as_secs_f64().ceil() as u64);
            return format!("{}{step}: {why}, {left} left", mark("⧗ "));
        }
        match now.saturating_duration_since(self.since).as_secs() {
            0 => format!("{}{step}", mark("… ")),
            seconds => format!("{}{step} {}", mark("… "), display::seconds(seconds)),
        }
    }
}

/// A thread that does something at every tick until it is dropped.
pub(super) struct Ticker {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// `None` where the system gives no thread: then the line moves only with what happens.
    pub(super) fn start(mut tick: impl FnMut() + Send + 'static) -> Option<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(move || {
            let (flag, bell) = &*stopped;
            let mut stop = flag.lock().unwrap_or_else(PoisonError::into_inner);
            while !*stop {
                stop = bell.wait_timeout(stop, TICK).unwrap_or_else(PoisonError::into_inner).0;
                if !*stop {
                    tick();
                }
            }
        });
        Some(Self { stop, thread: Some(thread.ok()?) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        *self.stop.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.1.notify_all();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn one_flow_shows_its_step_and_counts_waits_down() {
        let start = Instant::now();
        let mut progress = Progress::new();
        progress.flows = 1;
        let id = progress.id();
        assert_eq!(progress.line(true, 80, start), "");
        progress.step(id, "flows/a.flow.yaml", "Look".into(), start);
        assert_eq!(progress.line(true, 80, after(start, 900)), "  … Look");
        assert_eq!(progress.line(true, 80, after(start, 65_000)), "  … Look 1 min 05 s");
        let wait = Wait { reason: Reason::RateLimit, status: Some(429), wait_ms: 12_000, attempt: 2 };
        progress.wait(id, &wait, after(start, 65_000));
        assert_eq!(progress.line(true, 80, after(start, 66_500)), "  ⧗ Look: rate limited, 11 s left");
        // The wait is over, the next send is under way.
        assert_eq!(progress.line(true, 80, after(start, 78_000)), "  … Look 1 min 18 s");
        assert_eq!(progress.line(true, 12, after(start, 66_000)), "  ⧗ Look: r…");
        progress.flows = 7;
        assert_eq!(progress.line(true, 80, after(start, 78_000)), "  … Look 1 min 18 s · 0 of 7 flows done");
        progress.idle(id);
        assert_eq!(progress.line(true, 80, start), "");
    }

    #[test]
    fn many_flows_show_the_one_that_runs_longest() {
        let start = Instant::now();
        let mut progress = Progress::new();
        progress.flows = 40;
        let (a, b) = (progress.id(), progress.id());
        progress.step(a, "flows/a.flow.yaml", "Look".into(), start);
        progress.step(b, "flows/b.flow.yaml", "Wait".into(), after(start, 10));
        progress.ended = 12;
        progress.failed = 1;
        let now = after(start, 3000);
        assert_eq!(progress.line(false, 80, now), "… 12 of 40 flows, 1 failed · flows/a.flow.yaml › Look 3 s · 1 more");
        let cut = progress.line(false, 40, now);
        assert_eq!((cut.as_str(), display::width(&cut)), ("… 12 of 40 flows, 1 failed · f… · 1 more", 40));
        progress.idle(a);
        assert_eq!(progress.line(false, 80, now), "… 12 of 40 flows, 1 failed · flows/b.flow.yaml › Wait 2 s");
        progress.ended = 40;
        assert_eq!(progress.line(false, 80, now), "");
    }

    #[test]
    fn a_ticker_ticks_and_stops() {
        let (sender, ticks) = std::sync::mpsc::channel();
        let ticker = Ticker::start(move || sender.send(()).unwrap());
        ticks.recv().unwrap();
        drop(ticker);
        // The thread is gone, and with it the sender.
        assert!(ticks.iter().count() < 100);
    }
}
