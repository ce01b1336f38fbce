//! The JSON report: what happened, flow by flow, for programs.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{FlowWriter, Format, Frame, Key, Run, Segments, display};
use crate::event::{Counts, EventKind, FlowOutcome, Outcome, Phase, Problem, RunEvent, StepOutcome, Summary};
use crate::redact::Redacted;

/// A whole report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JsonReport {
    /// The version of this format: 1.
    pub v: u8,
    /// wxflow's version.
    pub wxflow: String,
    /// When the run began, RFC 3339 with milliseconds, UTC.
    pub started: String,
    /// The seed, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Which part of the flow runs this is, of `--shard`: `2/4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The flows, sorted by path, row and repeat.
    pub flows: Vec<FlowReport>,
    /// The run in numbers.
    pub totals: Summary,
}

/// A flow run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FlowReport {
    /// Which, and how it ended.
    #[serde(flatten)]
    pub head: FlowHead<'static>,
    /// Its steps in order; each item of a `for_each` is one, and the steps of used flows stand among them.
    pub steps: Vec<StepReport<'static>>,
    /// The cleanups that ran at its end.
    pub cleanups: Vec<StepReport<'static>>,
}

/// Which flow run it is, and how it ended.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FlowHead<'a> {
    /// The flow's path from the project root, with `/`.
    pub path: Arc<str>,
    /// The data row, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The repeat, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u32>,
    /// When it began, RFC 3339 with milliseconds, UTC.
    pub started: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Cow<'a, FlowOutcome>,
}

/// A step, one item of it, or a cleanup.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StepReport<'a> {
    /// The path of the used flow that the step stands in; absent where it is the flow's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Arc<str>>,
    /// Its number in its flow, from 1; a cleanup has the number of the step that registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The item of a `for_each`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// When it ended, RFC 3339 with milliseconds, UTC; of a step that was skipped, when that was known.
    pub ended: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Cow<'a, StepOutcome>,
}

/// The version of the format.
pub(super) const VERSION: u8 = 1;

/// The format.
pub(super) struct Json;

impl Format for Json {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        Box::new(Writer {
            key: key.clone(),
            name: String::new(),
            started: String::new(),
            list: List::Steps,
            empty: true,
            counts: Counts::default(),
            ended: None,
        })
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        let (wxflow, started, seed, shard) = match run.started.as_deref() {
            Some(RunEvent { kind: EventKind::RunStarted { wxflow, seed, shard, .. }, time, .. }) => {
                (wxflow.clone(), time.clone(), *seed, shard.clone())
            }
            _ => (env!("CARGO_PKG_VERSION").to_owned(), run.finished.time.clone(), None, None),
        };
        // The whole but for its flows, and the flows in their place.
        let shell = JsonReport { v: VERSION, wxflow, started, seed, shard, flows: Vec::new(), totals: run.summary() };
        let shell = display::json(&shell)?;
        let (before, after) = shell.split_once("\"flows\":[").unwrap_or((&shell, ""));
        writeln!(out, "{before}\"flows\":[")?;
        segments.copy(",\n", out)?;
        writeln!(out, "\n{after}")
    }
}

/// Writes one flow.
struct Writer {
    key: Key,
    name: String,
    /// When the flow began.
    started: String,
    list: List,
    /// The list has nothing yet.
    empty: bool,
    counts: Counts,
    ended: Option<String>,
}

#[derive(PartialEq, Eq)]
enum List {
    Steps,
    Cleanups,
}

impl FlowWriter for Writer {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::FlowStarted { name, .. } => {
                self.name.clone_from(name);
                self.started.clone_from(&event.time);
            }
            EventKind::StepFinished(step) => self.step(event, step, body)?,
            EventKind::FlowFinished(flow) => self.ended = Some(self.head(Cow::Borrowed(flow))?),
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Frame {
        let head = match &self.ended {
            Some(head) => head.clone(),
            None => self.head(Cow::Owned(self.torn_off())).unwrap_or_default(),
        };
        // The object is left open for the lists.
        let head = format!("{},\"steps\":[", head.strip_suffix('}').unwrap_or(&head));
        let tail = if self.list == List::Steps { "],\"cleanups\":[]}" } else { "]}" };
        Frame { head, tail: tail.to_owned(), ..Frame::default() }
    }
}

impl Writer {
    fn head(&self, outcome: Cow<'_, FlowOutcome>) -> io::Result<String> {
        let Key { path, row, repeat } = self.key.clone();
        display::json(&FlowHead { path, row, repeat, started: self.started.clone(), outcome })
    }

    /// Cleanups run when all steps have, so one list follows the other.
    fn step(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        self.counts.add_step(step);
        if step.phase == Phase::Cleanup && self.list == List::Steps {
            self.list = List::Cleanups;
            self.empty = true;
            body.write_all(b"],\"cleanups\":[")?;
        }
        body.write_all(if std::mem::take(&mut self.empty) { b"\n" } else { b",\n" })?;
        let flow = event.flow.clone().filter(|flow| *flow != self.key.path);
        let (step_number, item, ended) = (event.step, event.item, event.time.clone());
        let report = StepReport { flow, step: step_number, item, ended, outcome: Cow::Borrowed(step) };
        body.write_all(display::json(&report)?.as_bytes())
    }

    /// The end of a flow that told none.
    fn torn_off(&self) -> FlowOutcome {
        let problem = Problem { message: "the flow did not end".to_owned(), help: None, code: None, at: None };
        FlowOutcome {
            name: self.name.clone(),
            outcome: Outcome::Failed,
            invalid: false,
            duration_ms: 0.0,
            problems: vec![problem],
            warnings: Vec::new(),
            counts: self.counts,
        }
    }
}

#[cfg(test)]
mod tests;
