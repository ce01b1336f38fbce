//! One step: `when`, the loop, the action, captures, cleanup registration, assertions; then its event.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::capture::preview_of;
use super::flow::Runner;
use super::obtain::Errand;
use super::record::{Log, milliseconds};
use super::render::Renderer;
use super::replay::{failed, set_aside};
use super::response::ResponseObject;
use super::send::{Pause, Received, Rules, Sender};
use super::waiting::Waiting;
use super::{Context, Stop, jwt, request};
use crate::check::{Reply, Verdict, judge_that};
use crate::event::{
    Assertion, Capture, EventKind, Outcome, Phase, Problem, Reason, Snippet, StepKind, StepOutcome, Wait,
};
use crate::flow::{Action, ForEach, RequestStep, Step};
use crate::http::{Bytes, HeaderMap, Response};
use crate::source::{Source, Span};
use crate::template::{Expression, TemplateValue, to_template_value};

/// What a step, or one item of it, left behind.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// `{outcome, response}`, for `steps.<id>`.
    left: TemplateValue,
}

impl<'a> Runner<'a, '_> {
    /// Runs a step with all its items. False where the flow must not go on.
    pub(super) async fn step(&mut self, step: &'a Step, number: u32) -> bool {
        let (left, goes_on) = match &step.for_each {
            Some(for_each) => self.items(step, for_each, number).await,
            None => {
                let ended = self.item(step, number, 0).await;
                (ended.left, ended.outcome != Outcome::Failed || step.continue_on_failure)
            }
        };
        if let Some(id) = &step.id {
            self.done.insert(id, left);
        }
        goes_on
    }

    async fn items(&mut self, step: &'a Step, for_each: &'a ForEach, number: u32) -> (TemplateValue, bool) {
        self.enter((number, 0));
        let rendered = self.render(|r| r.list(&for_each.name, for_each.span, &for_each.items));
        self.record((number, 0), None, &[]);
        let (items, secret) = match rendered {
            Ok(found) => found,
            Err(stop) => {
                let mut outcome = self.outcome(step, Phase::Step);
                outcome.outcome = Outcome::Failed;
                outcome.problems.extend(stop.into_problem());
                self.lose_captures(step, "failed");
                self.ended((number, 0), outcome, Vec::new());
                return (TemplateValue::from(Vec::<TemplateValue>::new()), step.continue_on_failure);
            }
        };
        if items.is_empty() {
            self.skip(step, number, 0, "there is nothing to loop over: the list is empty");
        }
        let mut collected: BTreeMap<Arc<str>, (Vec<TemplateValue>, bool)> = BTreeMap::new();
        let mut left = Vec::with_capacity(items.len());
        let mut goes_on = true;
        for (index, item) in items.iter().enumerate() {
            let depth = self.scope.depth();
            self.scope.enter(&for_each.name, item.clone(), secret);
            self.scope.enter("loop", loop_value(index, items.len()), false);
            let ended = match goes_on {
                true => self.item(step, number, index as u32 + 1).await,
                false => {
                    self.skip(step, number, index as u32 + 1, "an earlier item failed");
                    Ended { outcome: Outcome::Skipped, left: left_behind(Outcome::Skipped, None) }
                }
            };
            goes_on &= ended.outcome != Outcome::Failed || step.continue_on_failure;
            let passed = ended.outcome == Outcome::Passed;
            for name in step.bindings() {
                let (value, secret) =
                    self.scope.bound(name).filter(|_| passed).unwrap_or((TemplateValue::from(()), false));
                let list = collected.entry(Arc::clone(name)).or_default();
                list.0.push(value);
                list.1 |= secret;
            }
            left.push(ended.left);
            self.scope.leave(depth);
        }
        for name in step.bindings() {
            let (values, secret) = collected.remove(name).unwrap_or_default();
            self.scope.bind(name, TemplateValue::from(values), secret);
        }
        (TemplateValue::from(left), goes_on)
    }

    /// Runs a step once.
    async fn item(&mut self, step: &'a Step, number: u32, item: u32) -> Ended {
        self.enter((number, item));
        let began = self.context.clock.elapsed();
        let kind = kind_of(&step.action);
        self.emit((number, item), EventKind::StepStarted { name: Arc::clone(&step.label), kind, phase: Phase::Step });
        let mut outcome = self.outcome(step, Phase::Step);
        let mut log = Log::default();
        let depth = self.scope.depth();
        let mut result = None;
        match step.when.as_ref().map_or(Ok(true), |when| self.decide(when, &mut outcome)) {
            Ok(true) => result = self.act(step, number, item, &mut outcome, &mut log).await,
            Ok(false) => {
                outcome.outcome = Outcome::Skipped;
                outcome.skipped = step.when.as_ref().map(|when| format!("`when: {}` is false", when.source()));
                self.lose_captures(step, "was skipped");
            }
            Err(stop) => {
                outcome.problems.extend(stop.into_problem());
                self.lose_captures(step, "failed");
            }
        }
        self.scope.leave(depth);
        set_aside(&mut outcome, &self.notes.recorded);
        self.notes.made.failed.extend(failed(&outcome));
        if !outcome.problems.is_empty() || outcome.assertions.iter().any(|a| !a.passed) {
            outcome.outcome = Outcome::Failed;
        }
        outcome.waits = std::mem::take(&mut log.waits);
        outcome.duration_ms = milliseconds(self.context.clock.elapsed().saturating_sub(began));
        let ended = outcome.outcome;
        self.record((number, item), Some(&outcome), &log.whole());
        self.ended((number, item), outcome, log.sent);
        let result = result.filter(|(name, _)| step.keep_response || *name != "response");
        // Without an id nothing can ask for it.
        let left = step.id.as_ref().map_or(TemplateValue::UNDEFINED, |_| left_behind(ended, result));
        Ended { outcome: ended, left }
    }

    /// Does the step's action. What it says goes into `outcome`; what `steps.<id>` keeps of it comes back by its name.
    async fn act(
        &mut self,
        step: &'a Step,
        number: u32,
        item: u32,
        outcome: &mut StepOutcome,
        log: &mut Log,
    ) -> Option<(&'static str, TemplateValue)> {
        let result = match &step.action {
            Action::Request(action) => {
                let response = self.request(step, action, (number, item), outcome, log).await;
                return response.map(|response| ("response", response));
            }
            Action::Use(action) => match self.reuse(step, action, (number, item), outcome).await {
                Ok(outputs) => return Some(("outputs", outputs)),
                Err(stop) => {
                    let problem = stop.into_problem().map(|p| placed(p, &self.flow().source, action.span));
                    outcome.problems.extend(problem);
                    self.lose_captures(step, "failed");
                    return None;
                }
            },
            Action::Jwt(action) => match self.render(|r| jwt::sign(action, step.span, r)) {
                Ok(value) => {
                    self.scope.enter("jwt", to_template_value(&value), false);
                    let nothing = Response::new(200, HeaderMap::new(), Bytes::new());
                    self.capture(step, &Reply::new(&nothing, ""), outcome);
                    Ok(())
                }
                Err(stop) => Err(stop),
            },
            Action::Set(bindings) => bindings.iter().try_for_each(|binding| {
                let (value, secret) = self.render(|r| r.bound(&binding.name, binding.span, &binding.value))?;
                outcome.captures.push(Capture {
                    name: Arc::clone(&binding.name),
                    value: preview_of(&value, self.context.redactor),
                    secret,
                });
                self.scope.bind(&binding.name, value, secret);
                Ok(())
            }),
            Action::Wait(setting) => match self.render(|r| r.duration("wait", step.span, setting)) {
                Ok(duration) => {
                    let wait =
                        Wait { reason: Reason::Step, status: None, wait_ms: duration.as_millis() as u64, attempt: 0 };
                    self.sending((number, item), log, async |sender| sender.wait(wait).await).await
                }
                Err(stop) => Err(stop),
            },
            Action::Check(expressions) => {
                let source = &self.flow().source;
                let verdicts =
                    self.render(|r| expressions.iter().map(|e| judge_that(e, e.span(), r.names)).collect::<Vec<_>>());
                outcome.assertions.extend(verdicts.into_iter().map(|verdict| assertion(verdict, source)));
                Ok(())
            }
        };
        if let Err(stop) = result {
            outcome.problems.extend(stop.into_problem());
            self.lose_captures(step, "failed");
        }
        None
    }

    async fn request(
        &mut self,
        step: &'a Step,
        action: &'a RequestStep,
        at: (u32, u32),
        outcome: &mut StepOutcome,
        log: &mut Log,
    ) -> Option<TemplateValue> {
        let span = action.request.span;
        let flow = self.flow();
        let prepared = self.render(|r| {
            let rendered = request::render(&action.request, &flow.defaults, r)?;
            Ok((rendered, Waiting::render(action, r)?))
        });
        let mut save = None;
        let received = match prepared {
            Ok((mut rendered, waiting)) => {
                save = rendered.save.take();
                let rules = Rules::of(&rendered, waiting);
                let errand = Errand { context: self.context, at, action, request: &rendered.request, rules: &rules };
                self.obtain(errand, outcome, log).await
            }
            Err(stop) => Err(stop),
        };
        let received = match received {
            Ok(received) => received,
            Err(stop) => {
                outcome.problems.extend(stop.into_problem().map(|p| placed(p, &flow.source, span)));
                self.lose_captures(step, "failed");
                return None;
            }
        };
        let response = ResponseObject::of(&received);
        self.scope.enter("response", response.clone(), false);
        let reply = reply(&received);
        if let Some(path) = save {
            self.keep(&path, action, &reply, outcome);
        }
        self.capture(step, &reply, outcome);
        self.register(action, at, &reply, outcome);
        let verdicts = self.render(|r| action.expect.evaluate(&reply, r.names, span));
        outcome.assertions.extend(verdicts.into_iter().map(|v| assertion(v, &flow.source)));
        if let Some(rule) = action.expect.snapshot() {
            self.snapshot(step, rule, at.1, &reply, outcome);
        }
        if received.response.decoded_lossily() {
            outcome
                .warnings
                .push("the body has bytes that its charset does not have; they were read as U+FFFD".to_owned());
        }
        Some(response)
    }

    /// Whether `when` lets the step run. What hangs on a secret is as it was when it was recorded.
    fn decide(&mut self, when: &Expression, outcome: &mut StepOutcome) -> Result<bool, Stop> {
        let is_unknown = |r: &Renderer<'_>| when.names().iter().any(|used| r.names.is_unknown(used));
        let (truth, unknown) = self.render(|r| (r.truth(when), is_unknown(r)));
        if unknown && let Some(recorded) = self.notes.recorded.when {
            let claim = format!("`when: {}` depends on a secret's value", when.source());
            outcome.warnings.push(format!("not replayable: {claim}; it was {recorded} when it was recorded"));
            return Ok(recorded);
        }
        self.notes.made.when = truth.as_ref().ok().copied();
        truth
    }

    /// Runs `f` with a sender for this step.
    pub(super) async fn sending<T>(
        &mut self,
        at: (u32, u32),
        log: &mut Log,
        f: impl AsyncFnOnce(&mut Sender<'_, '_>) -> T,
    ) -> T {
        let context = self.context;
        self.sending_in(context, at, log, f).await
    }

    /// As [`Runner::sending`], in another context.
    pub(super) async fn sending_in<T>(
        &mut self,
        context: &Context<'_>,
        at: (u32, u32),
        log: &mut Log,
        f: impl AsyncFnOnce(&mut Sender<'_, '_>) -> T,
    ) -> T {
        let (teller, path) = (&mut self.teller, &self.file.path);
        let mut on_pause = |pause| match pause {
            Pause::Wait(wait) => teller.tell(path, at, EventKind::Wait(wait), Vec::new()),
            Pause::Reply => teller.catch_up(),
        };
        let began = *log.began.get_or_insert_with(|| context.clock.elapsed());
        f(&mut Sender { context, jar: &mut self.jar, log, began, deadline: None, on_pause: &mut on_pause }).await
    }
}

/// What assertions and captures look at.
pub(super) fn reply(received: &Received) -> Reply<'_> {
    let mut reply = Reply::new(&received.response, received.request.url.as_str());
    reply.redirects = &received.hops;
    reply.duration = received.took;
    reply.attempts = received.attempts;
    reply
}

/// A verdict as events tell it: its place only where it failed.
pub(super) fn assertion(verdict: Verdict, source: &Source) -> Assertion {
    Assertion {
        at: (!verdict.passed).then(|| Snippet::of(source, verdict.span)),
        subject: verdict.subject,
        predicate: verdict.predicate,
        passed: verdict.passed,
        not_replayable: verdict.hidden,
        expected: verdict.expected,
        actual: verdict.actual,
        message: verdict.message,
    }
}

/// A problem with its place, unless it has one.
pub(super) fn placed(mut problem: Problem, source: &Source, span: Span) -> Problem {
    problem.at.get_or_insert_with(|| Snippet::of(source, span));
    problem
}

pub(super) fn loop_value(index: usize, length: usize) -> TemplateValue {
    let of = |first, last| serde_json::json!({ "index": index + 1, "first": first, "last": last, "length": length });
    to_template_value(&of(index == 0, index + 1 == length))
}

/// The action, as events call it.
pub(super) fn kind_of(action: &Action) -> StepKind {
    match action {
        Action::Request(_) => StepKind::Request,
        Action::Jwt(_) => StepKind::Jwt,
        Action::Use(_) => StepKind::Use,
        Action::Set(_) => StepKind::Set,
        Action::Wait(_) => StepKind::Wait,
        Action::Check(_) => StepKind::Check,
    }
}

/// `result` is `response` or `outputs`; without it both are undefined.
fn left_behind(outcome: Outcome, result: Option<(&'static str, TemplateValue)>) -> TemplateValue {
    let word = match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
    };
    let kept = [("outcome", TemplateValue::from(word))].into_iter().chain(result);
    TemplateValue::from(BTreeMap::from_iter(kept))
}
