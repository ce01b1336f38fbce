//! `expect.snapshot`: which file belongs to a step, and when it is written.

use super::flow::Runner;
use crate::check::{Reply, SnapshotRule, Verdict};
use crate::event::StepOutcome;
use crate::flow::Step;

/// The folder beside the flow.
const FOLDER: &str = "__snapshots__";

impl Runner<'_, '_> {
    /// Judges the reply against its snapshot, or writes it where the person asked for that.
    pub(super) fn snapshot(
        &self,
        step: &Step,
        rule: &SnapshotRule,
        item: u32,
        reply: &Reply<'_>,
        outcome: &mut StepOutcome,
    ) {
        let (flow, options, redactor) = (self.flow(), self.context.options, self.context.redactor);
        let file = flow.path.rsplit('/').next().unwrap_or(&flow.path);
        let numbers = [self.job.row.unwrap_or(0), item].into_iter().filter(|n| *n > 0).map(|n| format!(".{n}"));
        let path = format!("{FOLDER}/{file}/{}{}.json", step.slug(), numbers.collect::<String>());
        let judged = || {
            let Some(store) = &options.snapshots else {
                return rule.broken("snapshots are not kept here".to_owned());
            };
            let taken = match rule.taken(reply, redactor) {
                Ok(taken) => taken,
                Err(message) => return rule.broken(message),
            };
            let stored = match store.read(&flow.folder, &path) {
                Ok(stored) => stored,
                Err(message) => return rule.broken(message),
            };
            let verdict = rule.judge(&path, stored.as_deref(), &taken, redactor);
            if verdict.passed || !options.update_snapshots {
                return verdict;
            }
            // A reply that is wrong in another way is not what the snapshot should hold.
            if !outcome.problems.is_empty() || outcome.assertions.iter().any(|a| !a.passed) {
                return rule.broken(format!("`{path}` was not written, since the step failed"));
            }
            match store.write(&flow.folder, &path, &SnapshotRule::text(&taken, redactor)) {
                Ok(()) => rule.written(),
                Err(message) => rule.broken(message),
            }
        };
        let hidden = self.context.replay.is_some_and(|replay| replay.hides(reply.response));
        let verdict = Verdict { hidden, ..judged() };
        outcome.assertions.push(super::step::assertion(verdict, &flow.source));
    }
}
