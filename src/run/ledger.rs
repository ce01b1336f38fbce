//! What a recording keeps of each step, and what a replay has of it.

use super::flow::Runner;
use super::record::{Sent, whole};
use super::tell::event;
use crate::event::{EventKind, Notes, Phase, StepOutcome, Take};

/// What is noted of the step under way for a recording, and what a recording noted of it.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) made: Notes,
    pub(super) recorded: Notes,
}

impl Runner<'_, '_> {
    /// Begins a step and item: its draws, and its notes.
    pub(super) fn enter(&mut self, at: (u32, u32)) {
        self.entropy.enter(at.0, at.1);
        self.recall(at, Phase::Step);
    }

    /// Begins new notes; in a replay, with those of the recording at hand.
    pub(super) fn recall(&mut self, at: (u32, u32), phase: Phase) {
        let recorded = self.context.replay.map(|replay| replay.notes(&self.file.path, at, phase)).unwrap_or_default();
        self.entropy.recall(recorded.now.clone());
        self.notes = Ledger { made: Notes::default(), recorded };
    }

    /// Hands over what a recording keeps of a step, or of what is rendered before one, where the run is recorded.
    pub(super) fn record(&mut self, at: (u32, u32), outcome: Option<&StepOutcome>, sent: &[&Sent]) {
        if !self.context.options.record {
            return;
        }
        let mut notes = std::mem::take(&mut self.notes.made);
        notes.now = self.entropy.told();
        if sent.is_empty() && notes.is_empty() {
            return;
        }
        let redactor = self.context.redactor.for_recording();
        let kind = match outcome {
            Some(outcome) => EventKind::StepFinished(Box::new(StepOutcome {
                exchanges: whole(sent, &redactor),
                assertions: Vec::new(),
                captures: Vec::new(),
                ..outcome.clone()
            })),
            None => EventKind::FlowStarted { name: self.flow.name.clone(), steps: 0 },
        };
        let event = event(&self.file.path, self.job, self.context.clock.now(), at, kind);
        self.teller.record(redactor.redact(Take { event, notes }));
    }
}
