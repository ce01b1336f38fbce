//! What a run tells: few, general, owned events. The NDJSON report is this enum.
//!
//! Events in the middle of a step carry only numbers, statuses and closed words. A server's text comes with the step's
//! end, when its secrets are known; even then only [`Redacted`](crate::redact::Redacted) events reach a reporter.

mod exchange;
mod outcome;
mod redaction;
mod summary;
mod take;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use exchange::{Body, Encoding, Exchange, Failure, Header, Reason, Reply, Times};
pub use outcome::{Assertion, Capture, FlowOutcome, Outcome, Phase, Problem, Snippet, StepKind, StepOutcome, Wait};
pub use summary::{Counts, Summary};
pub use take::{Notes, Take};

/// One thing that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunEvent {
    /// The version of this format: 1.
    pub v: u8,
    /// When, RFC 3339 with milliseconds, UTC.
    pub time: String,
    /// The flow's path from the project root, with `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<Arc<str>>,
    /// The data row, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The repeat, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u32>,
    /// The step's number in its flow, from 1; a cleanup has the number of the step that registered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The item of a `for_each`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// The first event.
    RunStarted {
        /// wxflow's version.
        wxflow: String,
        /// How many flows will run, rows and repeats counted.
        flows: u32,
        /// The seed, where one was given.
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        /// Which part of the flow runs this is: `2/4`.
        #[serde(skip_serializing_if = "Option::is_none")]
        shard: Option<String>,
    },
    /// A flow begins.
    FlowStarted {
        /// Its `name`.
        name: String,
        /// How many steps it has.
        steps: u32,
    },
    /// A step, or one item of it, begins.
    StepStarted {
        /// Its name as written in the flow.
        name: Arc<str>,
        /// Its action.
        kind: StepKind,
        /// A step or a cleanup.
        phase: Phase,
    },
    /// A wait begins, inside a step.
    Wait(Wait),
    /// A step, or one item of it, ended.
    StepFinished(Box<StepOutcome>),
    /// A flow ended, its cleanups included.
    FlowFinished(Box<FlowOutcome>),
    /// The last event.
    RunFinished(Summary),
}
