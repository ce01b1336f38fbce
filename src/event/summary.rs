//! A run in numbers: a fold over its events.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EventKind, Outcome, Phase, RunEvent, StepOutcome};

/// What happened, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Steps (each loop item is one) that passed.
    pub steps_passed: u64,
    /// Steps that failed.
    pub steps_failed: u64,
    /// Steps that were skipped.
    pub steps_skipped: u64,
    /// Cleanups that ran.
    pub cleanups: u64,
    /// Assertions that held.
    pub assertions_passed: u64,
    /// Assertions that did not.
    pub assertions_failed: u64,
    /// In a replay: assertions that depend on a secret's value, unless they failed when they were recorded.
    #[serde(default, skip_serializing_if = "none")]
    pub assertions_not_replayable: u64,
    /// Requests sent, resends included.
    pub requests: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn none(count: &u64) -> bool {
    *count == 0
}

impl Counts {
    /// Adds a step's outcome.
    pub fn add_step(&mut self, step: &StepOutcome) {
        match (step.phase, step.outcome) {
            (Phase::Cleanup, _) => self.cleanups += 1,
            (Phase::Step, Outcome::Passed) => self.steps_passed += 1,
            (Phase::Step, Outcome::Failed) => self.steps_failed += 1,
            (Phase::Step, Outcome::Skipped) => self.steps_skipped += 1,
        }
        for assertion in &step.assertions {
            match (assertion.not_replayable, assertion.passed) {
                (_, false) => self.assertions_failed += 1,
                (true, true) => self.assertions_not_replayable += 1,
                (false, true) => self.assertions_passed += 1,
            }
        }
        self.requests += step.exchanges.len() as u64;
    }

    /// Adds another count.
    pub fn add(&mut self, other: &Counts) {
        self.steps_passed += other.steps_passed;
        self.steps_failed += other.steps_failed;
        self.steps_skipped += other.steps_skipped;
        self.cleanups += other.cleanups;
        self.assertions_passed += other.assertions_passed;
        self.assertions_failed += other.assertions_failed;
        self.assertions_not_replayable += other.assertions_not_replayable;
        self.requests += other.requests;
    }

    /// Steps of every outcome.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps_passed + self.steps_failed + self.steps_skipped
    }

    /// Assertions of every verdict.
    #[must_use]
    pub fn assertions(&self) -> u64 {
        self.assertions_passed + self.assertions_failed + self.assertions_not_replayable
    }
}

/// A whole run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Flows that passed.
    pub flows_passed: u64,
    /// Flows that failed, invalid ones included.
    pub flows_failed: u64,
    /// Flows all of whose steps were skipped.
    pub flows_skipped: u64,
    /// Of the failed: those that could not run at all.
    pub flows_invalid: u64,
    /// The rest.
    #[serde(flatten)]
    pub counts: Counts,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
}

impl Summary {
    /// Takes one event into account: a flow's end carries its counts.
    pub fn fold(&mut self, event: &RunEvent) {
        let EventKind::FlowFinished(flow) = &event.kind else { return };
        match flow.outcome {
            Outcome::Passed => self.flows_passed += 1,
            Outcome::Failed => self.flows_failed += 1,
            Outcome::Skipped => self.flows_skipped += 1,
        }
        self.flows_invalid += u64::from(flow.invalid);
        self.counts.add(&flow.counts);
    }

    /// Flows of every outcome.
    #[must_use]
    pub fn flows(&self) -> u64 {
        self.flows_passed + self.flows_failed + self.flows_skipped
    }
}
