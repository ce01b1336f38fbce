//! Cleanups: registered with the values of the moment, run at the flow's end, newest first, each on its own.

use std::sync::Arc;

use super::flow::{File, Runner};
use super::obtain::Errand;
use super::record::{Log, milliseconds};
use super::replay::{failed, set_aside};
use super::request::{self, Rendered};
use super::scope::Scope;
use super::send::Rules;
use super::step::{assertion, kind_of, placed, reply};
use super::waiting::Waiting;
use super::{Cancel, Context, Stop};
use crate::check::Reply;
use crate::event::{EventKind, Outcome, Phase, Problem, StepOutcome};
use crate::flow::{Action, RequestStep, Step};
use crate::template;

/// A cleanup that will run.
pub(super) struct Registered {
    step: Arc<Step>,
    /// The file of the flow it stands in, which may be a used one.
    file: File,
    rendered: Rendered,
    waiting: Waiting,
    /// The names its assertions use, as they were.
    scope: Scope,
    number: u32,
    item: u32,
}

impl<'a> Runner<'a, '_> {
    /// Registers the cleanups of a request whose reply was accepted.
    pub(super) fn register(
        &mut self,
        action: &'a RequestStep,
        at: (u32, u32),
        reply: &Reply<'_>,
        outcome: &mut StepOutcome,
    ) {
        if action.cleanup.is_empty() {
            return;
        }
        let accepted = self.render(|r| action.expect.status_accepts(reply.response.status, r.names));
        if !accepted.unwrap_or(false) {
            return;
        }
        for cleanup in &action.cleanup {
            let Action::Request(undo) = &cleanup.action else { continue };
            match self.prepare(cleanup, undo, at) {
                Ok(Some(registered)) => self.registered.push(registered),
                Ok(None) => {}
                // What was made stays behind: that is no success.
                Err(stop) => {
                    let why = stop.into_problem().map(|p| p.message).unwrap_or_default();
                    let message = format!("the cleanup `{}` will not run: {why}", cleanup.label);
                    let help = Some("remove by hand what this step made".to_owned());
                    let problem = Problem { message, help, code: None, at: None };
                    outcome.problems.push(placed(problem, &self.flow().source, cleanup.span));
                }
            }
        }
    }

    /// `None` where its `when` is false.
    fn prepare(&self, step: &Arc<Step>, action: &RequestStep, at: (u32, u32)) -> Result<Option<Registered>, Stop> {
        let defaults = &self.flow().defaults;
        let prepared = self.render(|r| {
            if !step.when.as_ref().map_or(Ok(true), |when| r.truth(when))? {
                return Ok(None);
            }
            let rendered = request::render(&action.request, defaults, r)?;
            Ok(Some((rendered, Waiting::render(action, r)?)))
        })?;
        let Some((rendered, waiting)) = prepared else { return Ok(None) };
        let mut scope = Scope::default();
        let mut keep = |used: template::NameUse| {
            let name = used.path.first().map(String::as_str).unwrap_or_default();
            if let Some(bound) = template::Scope::lookup(&self.scope, name) {
                scope.enter(name, bound.value, bound.secret);
            }
        };
        action.expect.names(&mut keep);
        if let Some(poll) = action.waiting.as_ref().and_then(|waiting| waiting.poll.as_ref()) {
            poll.until.names(&mut keep);
            poll.fail_when.iter().for_each(|expect| expect.names(&mut keep));
        }
        let (number, item) = at;
        let (step, file) = (Arc::clone(step), self.file.clone());
        Ok(Some(Registered { step, file, rendered, waiting, scope, number, item }))
    }

    /// Runs one cleanup. Its failure fails the flow; nothing keeps the next one from running.
    pub(super) async fn clean(&mut self, registered: Registered) {
        let Registered { step, file, rendered, waiting, scope, number, item } = registered;
        let Action::Request(action) = &step.action else { return };
        let own = std::mem::replace(&mut self.file, file);
        let at = (number, item);
        self.emit(
            at,
            EventKind::StepStarted { name: step.label.clone(), kind: kind_of(&step.action), phase: Phase::Cleanup },
        );
        self.recall(at, Phase::Cleanup);
        let mut outcome = self.outcome(&step, Phase::Cleanup);
        let mut log = Log::default();
        let began = self.context.clock.elapsed();
        let source = Arc::clone(&self.file.source);
        let span = action.request.span;
        let rules = Rules::of(&rendered, waiting);
        // The interrupt that ended the steps does not end what undoes them; a second one ends the process.
        let never = Cancel::new();
        let context = Context { cancel: &never, ..*self.context };
        let errand = Errand { context: &context, at, action, request: &rendered.request, rules: &rules };
        let around = std::mem::replace(&mut self.scope, scope);
        match self.obtain(errand, &mut outcome, &mut log).await {
            Ok(received) => {
                self.scope.enter("response", super::response::ResponseObject::of(&received), false);
                let reply = reply(&received);
                if let Some(path) = &rendered.save {
                    self.keep(path, action, &reply, &mut outcome);
                }
                let verdicts = self.render(|r| action.expect.evaluate(&reply, r.names, span));
                outcome.assertions.extend(verdicts.into_iter().map(|v| assertion(v, &source)));
            }
            Err(stop) => outcome.problems.extend(stop.into_problem().map(|p| placed(p, &source, span))),
        }
        self.scope = around;
        set_aside(&mut outcome, &self.notes.recorded);
        self.notes.made.failed.extend(failed(&outcome));
        if !outcome.problems.is_empty() || outcome.assertions.iter().any(|a| !a.passed) {
            outcome.outcome = Outcome::Failed;
        }
        outcome.waits = std::mem::take(&mut log.waits);
        outcome.duration_ms = milliseconds(self.context.clock.elapsed().saturating_sub(began));
        self.record(at, Some(&outcome), &log.whole());
        self.ended(at, outcome, log.sent);
        self.file = own;
    }
}
