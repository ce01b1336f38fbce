//! Runs made by hand, for the tests of every format.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::terminal::{Options, Terminal, Verbosity};
use super::{FormatName, Reports, Target};
use crate::event::*;
use crate::redact::{Redacted, Redactor};
use crate::value::Value;

/// Bytes that a test reads after the run.
#[derive(Clone, Default)]
pub(super) struct Shared(pub(super) Arc<Mutex<Vec<u8>>>);

impl Shared {
    /// What was written, without colours.
    pub(super) fn text(&self) -> String {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        anstream::adapter::strip_str(&text).to_string()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Events of one flow, in order.
pub(super) struct Flow {
    pub(super) path: &'static str,
    pub(super) row: Option<u32>,
    pub(super) events: Vec<RunEvent>,
    counts: Counts,
    problems: bool,
    number: u32,
}

fn event(flow: Option<&str>, row: Option<u32>, step: Option<u32>, item: Option<u32>, kind: EventKind) -> RunEvent {
    let time = "2026-11-21T04:15:35.000Z".to_owned();
    RunEvent { v: 1, time, flow: flow.map(Into::into), row, repeat: None, step, item, kind }
}

impl Flow {
    pub(super) fn new(path: &'static str, name: &str) -> Self {
        Self::of_row(path, name, None)
    }

    pub(super) fn of_row(path: &'static str, name: &str, row: Option<u32>) -> Self {
        let started = event(Some(path), row, None, None, EventKind::FlowStarted { name: name.into(), steps: 1 });
        Self { path, row, events: vec![started], counts: Counts::default(), problems: false, number: 0 }
    }

    pub(super) fn step(self, step: StepOutcome) -> Self {
        let path = self.path;
        self.push(path, None, &[], step)
    }

    pub(super) fn item(self, item: u32, step: StepOutcome) -> Self {
        let path = self.path;
        self.push(path, Some(item), &[], step)
    }

    pub(super) fn used(self, path: &str, step: StepOutcome) -> Self {
        self.push(path, None, &[], step)
    }

    /// A step with waits inside.
    pub(super) fn waiting(self, waits: &[Wait], mut step: StepOutcome) -> Self {
        step.waits = waits.to_vec();
        let path = self.path;
        self.push(path, None, waits, step)
    }

    fn push(mut self, path: &str, item: Option<u32>, waits: &[Wait], step: StepOutcome) -> Self {
        if item.is_none_or(|item| item == 1) {
            self.number += 1;
        }
        self.counts.add_step(&step);
        let mut add = |kind| self.events.push(event(Some(path), self.row, Some(self.number), item, kind));
        add(EventKind::StepStarted { name: step.name.clone(), kind: step.kind, phase: step.phase });
        waits.iter().for_each(|wait| add(EventKind::Wait(*wait)));
        add(EventKind::StepFinished(Box::new(step)));
        self
    }

    pub(super) fn end(self) -> Self {
        let c = self.counts;
        let outcome = if c.steps_failed + c.assertions_failed > 0 {
            Outcome::Failed
        } else if c.steps_passed == 0 {
            Outcome::Skipped
        } else {
            Outcome::Passed
        };
        self.end_as(outcome, Vec::new())
    }

    pub(super) fn end_as(mut self, outcome: Outcome, problems: Vec<Problem>) -> Self {
        let EventKind::FlowStarted { name, .. } = &self.events[0].kind else { unreachable!() };
        self.problems = !problems.is_empty();
        let finished = FlowOutcome {
            name: name.clone(),
            outcome,
            invalid: self.problems,
            duration_ms: 125.0,
            problems,
            warnings: Vec::new(),
            counts: self.counts,
        };
        let finished = event(Some(self.path), self.row, None, None, EventKind::FlowFinished(Box::new(finished)));
        self.events.push(finished);
        self
    }
}

pub(super) fn step(name: &str) -> StepOutcome {
    StepOutcome {
        name: name.into(),
        id: None,
        kind: StepKind::Set,
        phase: Phase::Step,
        outcome: Outcome::Passed,
        skipped: None,
        reused: false,
        line: 7,
        duration_ms: 0.2,
        exchanges: Vec::new(),
        assertions: Vec::new(),
        captures: Vec::new(),
        waits: Vec::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    }
}

pub(super) fn skipped(name: &str, why: &str) -> StepOutcome {
    StepOutcome { outcome: Outcome::Skipped, skipped: Some(why.into()), duration_ms: 0.0, ..step(name) }
}

pub(super) fn request(name: &str, exchanges: Vec<Exchange>) -> StepOutcome {
    let held = Assertion {
        subject: "status".into(),
        predicate: "below 400".into(),
        passed: true,
        not_replayable: false,
        expected: None,
        actual: Some(json!(200)),
        message: None,
        at: None,
    };
    StepOutcome { kind: StepKind::Request, duration_ms: 83.4, assertions: vec![held], exchanges, ..step(name) }
}

pub(super) fn exchange(method: &str, url: &str, status: u16) -> Exchange {
    Exchange {
        because: Reason::Step,
        method: method.into(),
        url: url.into(),
        headers: Vec::new(),
        body: None,
        start_ms: 0.1,
        times: Times { total_ms: 80.0, ..Times::default() },
        reply: Some(Reply {
            status,
            reason: http::StatusCode::from_u16(status).unwrap().canonical_reason().unwrap_or_default().into(),
            http_version: "1.1".into(),
            headers: Vec::new(),
            body: None,
            size: 20,
            wire_size: 20,
            remote_ip: None,
            hint: None,
        }),
        error: None,
        failure: None,
    }
}

/// The exchange of a failed step: with headers and bodies.
pub(super) fn detailed(method: &str, url: &str, status: u16, body: &str) -> Exchange {
    let mut exchange = exchange(method, url, status);
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    exchange.headers = vec![header("accept", "application/json"), header("authorization", "***")];
    if let Some(reply) = &mut exchange.reply {
        reply.headers = vec![header("content-type", "application/json"), header("trackingid", "ROUTER_65")];
        let size = body.len() as u64;
        reply.body = Some(Body { text: body.into(), encoding: Encoding::Text, size, cut: false });
    }
    exchange
}

pub(super) fn snippet(text: &str, meant: &str) -> Snippet {
    let column = text[..text.find(meant).unwrap()].chars().count() as u32 + 1;
    let length = meant.chars().count() as u32;
    Snippet { file: "flows/guest.flow.yaml".into(), line: 38, column, length, text: text.into() }
}

pub(super) fn failing(name: &str, exchange: Exchange, expected: Value, actual: Value) -> StepOutcome {
    let mut step = request(name, vec![exchange]);
    step.outcome = Outcome::Failed;
    step.assertions.push(Assertion {
        subject: "$.displayName".into(),
        predicate: "equals".into(),
        passed: false,
        not_replayable: false,
        expected: Some(expected),
        actual: Some(actual),
        message: None,
        at: Some(snippet("        $.displayName: \"{{ guest_name }}\"", "\"{{ guest_name }}\"")),
    });
    step
}

pub(super) fn cleanup(step: StepOutcome) -> StepOutcome {
    StepOutcome { phase: Phase::Cleanup, ..step }
}

pub(super) fn options(verbosity: Verbosity, live: bool) -> Options {
    Options { verbosity, live, interactive: false, width: 100 }
}

/// Runs `flows` through a terminal and one report; gives both texts.
pub(super) fn run(options: Options, format: Option<FormatName>, flows: &[Flow]) -> (String, String) {
    let (view, file) = (Shared::default(), Shared::default());
    let wanted = format.map(|f| (f, Target::Stream(Box::new(file.clone()) as Box<_>))).into_iter().collect();
    play(Reports::new(Terminal::new(options, Box::new(view.clone())), wanted), options.live, flows);
    (view.text(), file.text())
}

/// Tells `flows` to `reports`, one after the other where they are `live`.
pub(super) fn play(reports: Reports, live: bool, flows: &[Flow]) {
    let redactor = Redactor::new();
    let redacted = |event: &RunEvent| -> Redacted<RunEvent> { redactor.redact(event.clone()) };
    let started = EventKind::RunStarted { wxflow: "0.1.0".into(), flows: flows.len() as u32, seed: None, shard: None };
    reports.start(redacted(&event(None, None, None, None, started)));
    let mut summary = Summary { duration_ms: 420.0, ..Summary::default() };
    // With several jobs all begin before the first ends, and end in another order.
    let mut sinks: Vec<_> = flows.iter().map(|f| (f, reports.flow(f.path, f.row, None))).collect();
    if !live {
        sinks.reverse();
    }
    for (flow, mut sink) in sinks {
        for event in &flow.events {
            summary.fold(event);
            sink.emit(&redacted(event));
        }
    }
    let finished = event(None, None, None, None, EventKind::RunFinished(summary));
    assert_eq!(reports.finish(redacted(&finished)), []);
}
