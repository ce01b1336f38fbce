//! One run of one flow: names, steps in order, then cleanups, newest first.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::cleanup::Registered;
use super::entropy::Entropy;
use super::ledger::Ledger;
use super::record::{Sent, milliseconds};
use super::render::Renderer;
use super::scope::Scope;
use super::step::kind_of;
use super::steps::Steps;
use super::tell::{At, Teller, text};
use super::{Context, Job, Outputs, ResolvedInput, Sink, Stop};
use crate::event::{Counts, EventKind, FlowOutcome, Outcome, Phase, Problem, RunEvent, StepOutcome};
use crate::flow::{Action, Flow, Step};
use crate::http::Urls;
use crate::http::cookies::CookieJar;
use crate::redact::PLACEHOLDER;
use crate::source::{Bundle, Source};
use crate::template::{self, to_template_value};

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub outcome: FlowOutcome,
    /// The flow's outputs, secrets unmasked; `None` where it did not pass.
    pub outputs: Option<Outputs>,
}

/// Runs `job` and tells `sink` about it, from `flow_started` to `flow_finished`. What fails is told, never returned.
pub async fn run(job: &Job<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Finished {
    let mut runner = Runner::new(job, context, sink);
    runner.emit((0, 0), EventKind::FlowStarted { name: job.flow.name.clone(), steps: job.flow.steps.len() as u32 });
    let mut outputs = None;
    match runner.bind_names(&job.inputs) {
        Ok(()) => {
            runner.steps().await;
            outputs = runner.outputs();
            runner.cleanups().await;
        }
        Err(stop) => runner.fail(stop),
    }
    let outcome = runner.finish(Outcome::Skipped);
    Finished { outputs: outputs.filter(|_| outcome.outcome == Outcome::Passed), outcome }
}

/// What the events of a flow run are known by: the flow's path, the data row, the repeat.
pub type FlowKey<'a> = (&'a Arc<str>, Option<u32>, Option<u32>);

/// Tells of a flow that could not run at all: mistakes in its file, or inputs that are missing. Nothing was sent.
pub fn broken(
    name: &str,
    (path, row, repeat): FlowKey<'_>,
    problems: Vec<Problem>,
    context: &Context<'_>,
    sink: &mut dyn Sink,
) -> FlowOutcome {
    let outcome = FlowOutcome {
        name: name.to_owned(),
        outcome: Outcome::Failed,
        invalid: true,
        duration_ms: 0.0,
        problems,
        warnings: Vec::new(),
        counts: Counts::default(),
    };
    let event = |kind| RunEvent {
        v: 1,
        time: text(context.clock.now()),
        flow: Some(Arc::clone(path)),
        row,
        repeat,
        step: None,
        item: None,
        kind,
    };
    sink.emit(context.redactor.redact(event(EventKind::FlowStarted { name: name.to_owned(), steps: 0 })));
    sink.emit(context.redactor.redact(event(EventKind::FlowFinished(Box::new(outcome.clone())))));
    outcome
}

/// The state of one run of one flow.
pub(super) struct Runner<'a, 'c> {
    pub(super) job: &'a Job<'a>,
    pub(super) context: &'a Context<'c>,
    /// The flow whose steps run: the job's, or one that it uses.
    pub(super) flow: &'a Flow,
    /// What events tell of: that flow's file, or that of the cleanup under way.
    pub(super) file: File,
    pub(super) teller: Teller<'a, 'c>,
    urls: Urls,
    pub(super) scope: Scope,
    pub(super) entropy: Entropy<'a>,
    pub(super) notes: Ledger,
    pub(super) jar: CookieJar,
    pub(super) done: Arc<Steps>,
    pub(super) registered: Vec<Registered>,
    /// When the flow began.
    began: Duration,
    counts: Counts,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    pub(super) failed: bool,
    /// No further step runs, and why.
    pub(super) stopped: Option<&'static str>,
    /// The first step that failed, in words.
    pub(super) culprit: Option<String>,
}

/// A flow's file, as events name it.
#[derive(Clone)]
pub(super) struct File {
    pub(super) path: Arc<str>,
    pub(super) source: Arc<Source>,
    /// What paths in it are relative to.
    pub(super) folder: PathBuf,
    /// The files that come with it.
    pub(super) bundle: Option<Arc<Bundle>>,
}

impl File {
    pub(super) fn of(flow: &Flow) -> Self {
        Self {
            path: Arc::clone(&flow.path),
            source: Arc::clone(&flow.source),
            folder: flow.folder.clone(),
            bundle: flow.bundle.clone(),
        }
    }
}

impl<'a, 'c> Runner<'a, 'c> {
    pub(super) fn new(job: &'a Job<'a>, context: &'a Context<'c>, sink: &'a mut dyn Sink) -> Self {
        Self {
            job,
            context,
            flow: job.flow,
            file: File::of(job.flow),
            teller: Teller::new(job, context, sink),
            urls: Urls::default(),
            scope: Scope::default(),
            entropy: Entropy::new(context.clock, job),
            notes: Ledger::default(),
            jar: CookieJar::new(),
            done: Arc::new(Steps::default()),
            registered: Vec::new(),
            began: context.clock.elapsed(),
            counts: Counts::default(),
            problems: Vec::new(),
            warnings: Vec::new(),
            failed: false,
            stopped: None,
            culprit: None,
        }
    }

    /// The flow whose steps run, for as long as the run.
    pub(super) fn flow(&self) -> &'a Flow {
        self.flow
    }

    /// Hands a renderer over the names of this moment to `f`.
    pub(super) fn render<T>(&self, f: impl FnOnce(&Renderer<'_>) -> T) -> T {
        let hides = |text: &str| text.contains(PLACEHOLDER) || self.context.redactor.carries_secret(text.as_bytes());
        let hides: &dyn Fn(&str) -> bool = &hides;
        let names =
            template::Context::new(&self.scope, &self.entropy).hiding(self.context.replay.is_some().then_some(hides));
        let File { source, folder, bundle, .. } = &self.file;
        let (context, bundle, urls) = (self.context, bundle.as_deref(), &self.urls);
        f(&Renderer { names: &names, context, source, folder, bundle, urls })
    }

    /// Inputs, then vars in order.
    ///
    /// # Errors
    /// A var failed: then nothing is sent.
    pub(super) fn bind_names(&mut self, inputs: &[ResolvedInput]) -> Result<(), Stop> {
        self.scope.bind(&Arc::from("steps"), self.done.value(), false);
        for input in inputs {
            if input.secret {
                self.context.redactor.learn_value(&input.name, &input.value, input.hosts.as_deref());
            }
            self.scope.bind(&input.name, to_template_value(&input.value), input.secret);
        }
        self.enter((0, 0));
        let bound = self.flow().vars.iter().try_for_each(|var| {
            let (value, secret) = self.render(|r| r.bound(&var.name, var.span, &var.value))?;
            self.scope.bind(&var.name, value, secret);
            Ok(())
        });
        self.record((0, 0), None, &[]);
        bound
    }

    /// The outputs of the whole run; one that failed or ended early has none.
    fn outputs(&mut self) -> Option<Outputs> {
        // With `--step` they may name what was not reached.
        let whole = self.job.until.is_none_or(|until| until as usize >= self.flow().steps.len());
        if self.failed || !whole {
            return None;
        }
        let rendered = self.render(|r| Outputs::render(&self.flow().outputs, r));
        rendered.map_err(|stop| self.fail(stop)).ok()
    }

    /// Notes what is wrong with the flow as a whole.
    fn fail(&mut self, stop: Stop) {
        self.problems.extend(stop.into_problem());
        self.failed = true;
    }

    pub(super) async fn steps(&mut self) {
        let flow = self.flow();
        // `--step` names a step of the flow itself: one that it uses runs whole.
        let until = self.job.until.filter(|_| std::ptr::eq(flow, self.job.flow));
        for (index, step) in flow.steps.iter().enumerate() {
            let number = index as u32 + 1;
            if self.stopped.is_none() && self.context.cancel.is_cancelled() {
                self.stopped = Some(self.context.cancel.reason());
                self.failed = true;
            }
            if let Some(reason) = self.stopped {
                self.skip(step, number, 0, reason);
                continue;
            }
            if !self.step(step, number).await {
                let cancel = self.context.cancel;
                self.stopped = Some(if cancel.is_cancelled() { cancel.reason() } else { "an earlier step failed" });
            } else if until == Some(number) {
                self.stopped = Some("the run ends before it (--step)");
            }
        }
    }

    pub(super) async fn cleanups(&mut self) {
        if !self.context.options.cleanup {
            let left = self.registered.len();
            if left > 0 {
                let cleanups = if left == 1 { "1 cleanup".to_owned() } else { format!("{left} cleanups") };
                self.warnings.push(format!("{cleanups} did not run, as asked (--no-cleanup)"));
            }
            return;
        }
        while let Some(registered) = self.registered.pop() {
            self.clean(registered).await;
        }
    }

    /// The run's end. `idle` is how a run without a step that ran has ended.
    pub(super) fn finish(mut self, idle: Outcome) -> FlowOutcome {
        let ran = self.counts.steps_passed + self.counts.steps_failed;
        let outcome = match (self.failed, ran) {
            (true, _) => Outcome::Failed,
            (false, 0) => idle,
            (false, _) => Outcome::Passed,
        };
        let outcome = FlowOutcome {
            name: self.flow().name.clone(),
            outcome,
            invalid: false,
            duration_ms: milliseconds(self.context.clock.elapsed().saturating_sub(self.began)),
            problems: std::mem::take(&mut self.problems),
            warnings: std::mem::take(&mut self.warnings),
            counts: self.counts,
        };
        self.emit((0, 0), EventKind::FlowFinished(Box::new(outcome.clone())));
        outcome
    }

    /// Tells of a step that does not run.
    pub(super) fn skip(&mut self, step: &Step, number: u32, item: u32, reason: &str) {
        let mut outcome = self.outcome(step, Phase::Step);
        outcome.outcome = Outcome::Skipped;
        outcome.skipped = Some(reason.to_owned());
        self.lose_captures(step, "was skipped");
        self.ended((number, item), outcome, Vec::new());
    }

    /// Unbinds what `step` would have bound, unless something else has bound it before.
    pub(super) fn lose_captures(&mut self, step: &Step, how: &str) {
        for name in step.bindings().filter(|name| !self.scope.is_bound(name)).collect::<Vec<_>>() {
            self.lose(step, name, how);
        }
    }

    /// Unbinds a name that `step` failed to bind.
    pub(super) fn lose(&mut self, step: &Step, name: &Arc<str>, how: &str) {
        let line = self.file.source.line_at(step.span.start);
        let reason = format!("step `{}` (line {line}), which binds it, {how}", step.label);
        self.scope.lose(name, &Arc::from(reason));
    }

    /// An outcome of `step` in which nothing has happened yet.
    pub(super) fn outcome(&self, step: &Step, phase: Phase) -> StepOutcome {
        StepOutcome {
            name: Arc::clone(&step.label),
            id: step.id.clone(),
            kind: kind_of(&step.action),
            phase,
            outcome: Outcome::Passed,
            skipped: None,
            reused: false,
            line: self.file.source.line_at(step.span.start),
            duration_ms: 0.0,
            exchanges: Vec::new(),
            assertions: Vec::new(),
            captures: Vec::new(),
            waits: Vec::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Counts and tells a step's end, and what was sent for it.
    pub(super) fn ended(&mut self, at: At, outcome: StepOutcome, sent: Vec<Sent>) {
        self.counts.add_step(&outcome);
        self.counts.requests += sent.len() as u64;
        if outcome.outcome == Outcome::Failed {
            self.failed = true;
            self.culprit.get_or_insert_with(|| format!("its step `{}` (line {})", outcome.name, outcome.line));
        }
        self.teller.tell(&self.file.path, at, EventKind::StepFinished(Box::new(outcome)), sent);
    }

    /// Tells that something happened.
    pub(super) fn emit(&mut self, at: At, kind: EventKind) {
        self.teller.tell(&self.file.path, at, kind, Vec::new());
    }
}

impl Stop {
    /// The problem, or that the person interrupted.
    pub(super) fn into_problem(self) -> Option<Problem> {
        match self {
            Stop::Problem(problem) => Some(*problem),
            Stop::Cancelled => Some(Problem { message: "interrupted".to_owned(), help: None, code: None, at: None }),
        }
    }
}

impl Step {
    /// The names that this step binds for the rest of the flow.
    pub(super) fn bindings(&self) -> impl Iterator<Item = &Arc<str>> {
        let set: &[crate::flow::Binding] = match &self.action {
            Action::Set(bindings) => bindings,
            _ => &[],
        };
        set.iter().map(|b| &b.name).chain(self.captures.iter().map(|c| &c.name))
    }
}
