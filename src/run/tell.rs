//! Telling a sink what happens. What is told of steps waits until the run does, for a reply or another run: then it costs
//! no time.

use std::sync::Arc;

use jiff::Timestamp;

use super::record::{Sent, exchanges};
use super::{Context, Job, Sink};
use crate::event::{EventKind, Outcome, RunEvent, Take};
use crate::redact::Redacted;

/// Of a step or item of 0 there is none.
pub(super) type At = (u32, u32);

/// What a run has to say, in order.
pub(super) struct Teller<'a, 'c> {
    job: &'a Job<'a>,
    context: &'a Context<'c>,
    sink: &'a mut dyn Sink,
    waiting: Vec<Waiting>,
}

/// Something that happened and is not told yet.
struct Waiting {
    path: Arc<str>,
    at: At,
    time: Timestamp,
    kind: EventKind,
    /// What becomes the exchanges of a step's end.
    sent: Vec<Sent>,
}

impl<'a, 'c> Teller<'a, 'c> {
    /// More than a step tells; a flow without requests must not gather what it has to say.
    const MOST_WAITING: usize = 16;

    pub(super) fn new(job: &'a Job<'a>, context: &'a Context<'c>, sink: &'a mut dyn Sink) -> Self {
        Self { job, context, sink, waiting: Vec::new() }
    }

    /// Tells that something happened in the flow at `path`, now or at the next pause. `sent` goes with a step's end.
    pub(super) fn tell(&mut self, path: &Arc<str>, at: At, kind: EventKind, sent: Vec<Sent>) {
        let later = matches!(kind, EventKind::StepStarted { .. } | EventKind::StepFinished(_));
        let (path, time) = (Arc::clone(path), self.context.clock.now());
        self.waiting.push(Waiting { path, at, time, kind, sent });
        if !later || self.waiting.len() == Self::MOST_WAITING {
            self.catch_up();
        }
    }

    /// Tells what waits, masked.
    pub(super) fn catch_up(&mut self) {
        for Waiting { path, at, time, mut kind, sent } in self.waiting.drain(..) {
            if let EventKind::StepFinished(outcome) = &mut kind {
                outcome.exchanges = exchanges(&sent, outcome.outcome == Outcome::Failed, self.context);
            }
            self.sink.emit(self.context.redactor.redact(event(&path, self.job, time, at, kind)));
        }
    }

    /// Hands over what a recording keeps.
    pub(super) fn record(&mut self, take: Redacted<Take>) {
        self.sink.record(take);
    }
}

impl Drop for Teller<'_, '_> {
    /// Also where the run panicked.
    fn drop(&mut self) {
        self.catch_up();
    }
}

/// An event of `job`, not masked yet.
pub(super) fn event(path: &Arc<str>, job: &Job<'_>, time: Timestamp, at: At, kind: EventKind) -> RunEvent {
    let some = |n: u32| (n > 0).then_some(n);
    RunEvent {
        v: 1,
        time: text(time),
        flow: Some(Arc::clone(path)),
        row: job.row,
        repeat: job.repeat,
        step: some(at.0),
        item: some(at.1),
        kind,
    }
}

/// RFC 3339 with milliseconds.
pub(super) fn text(time: Timestamp) -> String {
    format!("{time:.3}")
}
