//! Flows at the same time: each worker has a thread, a runtime and connections of its own, and takes flows from one
//! queue. A single worker is the main thread itself.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::plan::{Planned, Ready, Work};
use super::recording::run_name;
use super::route::SandboxRoute;
use crate::client::Clients;
use crate::event::{Counts, EventKind, FlowOutcome, Outcome, RunEvent, Summary, Take};
use crate::http::Transport;
use crate::redact::{Redacted, Redactor};
use crate::report::{FlowSink, Reports};
use crate::run::{
    self, Cancel, Clock, Context, FlowKey, Job, Once, Options, Outputs, Recording, Replay, Sink, SystemClock,
    TokenSource,
};
use crate::sandbox::Sandbox;
use crate::source::Files;

/// Where requests go.
pub(super) enum Network {
    /// Out.
    Real(Clients),
    /// Into this sandbox, which also listens at this port.
    Sandbox(Arc<Sandbox>, u16),
    /// Nowhere: they are in this recording.
    Replay(Box<Recording>),
}

impl Network {
    /// What answers this flow run, where it is a replay.
    fn replay(&self, key: FlowKey<'_>, redactor: &Redactor) -> Option<Replay<'_>> {
        match self {
            Self::Replay(recording) => Some(recording.replay(run_name(key), redactor)),
            _ => None,
        }
    }
}

/// What all workers share.
pub(super) struct Crew<'a> {
    pub(super) network: Network,
    pub(super) reports: &'a Reports,
    pub(super) redactor: &'a Redactor,
    pub(super) cancel: &'a Cancel,
    pub(super) seed: Option<u64>,
    /// After a flow failed no other one is started; those under way are finished.
    pub(super) fail_fast: bool,
    /// The `once` runs of the command.
    pub(super) once: Once,
    pub(super) tally: Tally,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Tally {
    next: AtomicUsize,
    failed: AtomicBool,
    summary: Mutex<Summary>,
    /// What the last flow that held gave back.
    outputs: Mutex<Option<Outputs>>,
}

impl Tally {
    /// What the flow gave back, where just one ran; `None` where it failed.
    pub(super) fn outputs(self) -> Option<Outputs> {
        self.outputs.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Crew<'_> {
    /// Runs all flows, `workers` at a time.
    ///
    /// # Errors
    /// The system gives no thread or no runtime.
    pub(super) fn run(&self, flows: &[Planned], workers: usize) -> io::Result<Summary> {
        if workers <= 1 {
            self.work(flows)?;
        } else {
            thread::scope(|scope| {
                let start =
                    |n| thread::Builder::new().name(format!("worker {n}")).spawn_scoped(scope, || self.work(flows));
                let threads = (1..=workers).map(start).collect::<io::Result<Vec<_>>>()?;
                threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })?;
        }
        self.clean_up(flows)?;
        Ok(*self.tally.summary.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn transport(&self) -> Box<dyn Transport + '_> {
        match &self.network {
            Network::Real(clients) => Box::new(clients.client()),
            Network::Replay(recording) => Box::new(recording.replay(String::new(), self.redactor)),
            Network::Sandbox(sandbox, port) => Box::new(SandboxRoute::new(Arc::clone(sandbox), *port)),
        }
    }

    /// What `once` flows left, when all flows have ended: each as a flow of its own in the reports.
    fn clean_up(&self, flows: &[Planned]) -> io::Result<()> {
        let mut left = self.once.leftovers();
        if left.is_empty() {
            return Ok(());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (transport, clock) = (self.transport(), SystemClock::new());
        for left in &mut left {
            let mut sink = Relay { sink: self.reports.flow(left.path(), None, None), tally: &self.tally };
            let projects = flows.iter().map(|flow| &flow.project).filter(|p| left.folder().starts_with(p.root()));
            let Some(project) = projects.max_by_key(|p| p.root().as_os_str().len()) else { continue };
            let options = left.options().clone();
            let replay = self.network.replay((left.path(), None, None), self.redactor);
            let (transport, clock) = outside(replay.as_ref(), &*transport, &clock);
            let context = self.context(transport, &**project, clock, &options, None, replay.as_ref());
            runtime.block_on(run::clean_up(left, &context, &mut sink));
        }
        Ok(())
    }

    fn context<'c>(
        &'c self,
        transport: &'c dyn Transport,
        files: &'c dyn Files,
        clock: &'c dyn Clock,
        options: &'c Options,
        oauth: Option<&'c dyn TokenSource>,
        replay: Option<&'c Replay<'c>>,
    ) -> Context<'c> {
        let Self { redactor, cancel, once, .. } = self;
        Context { transport, files, redactor, clock, cancel, options, once, oauth, replay }
    }

    fn work(&self, flows: &[Planned]) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let transport = self.transport();
        let clock = SystemClock::new();
        while let Some(flow) = flows.get(self.tally.next.fetch_add(1, Ordering::Relaxed)) {
            let one = || runtime.block_on(self.flow(flow, &*transport, &clock));
            // A bug in one flow is no reason to lose the others; the hook has noted it.
            if catch_unwind(AssertUnwindSafe(one)).is_err() {
                self.tally.summary.lock().unwrap_or_else(PoisonError::into_inner).flows_failed += 1;
            }
        }
        Ok(())
    }

    async fn flow(&self, planned: &Planned, transport: &dyn Transport, clock: &dyn Clock) {
        let mut sink =
            Relay { sink: self.reports.flow(&planned.path, planned.row, planned.repeat), tally: &self.tally };
        let files = &*planned.project;
        let replay = self.network.replay(planned.key(), self.redactor);
        let (transport, clock) = outside(replay.as_ref(), transport, clock);
        match &*planned.work {
            Work::Broken(problems) => {
                let name = stem(&planned.path);
                let options = Options::default();
                let context = self.context(transport, files, clock, &options, None, None);
                run::broken(name, planned.key(), problems.clone(), &context, &mut sink);
            }
            Work::Ready(ready) if self.fail_fast && self.tally.failed.load(Ordering::Relaxed) => {
                self.leave_out(planned, ready, &mut sink);
            }
            Work::Ready(ready) => {
                let job = Job {
                    flow: &ready.flow,
                    inputs: ready.inputs.clone(),
                    used: &ready.used,
                    seed: self.seed,
                    row: planned.row,
                    repeat: planned.repeat,
                    until: ready.until,
                };
                let context =
                    self.context(transport, files, clock, &ready.options, Some(&ready.oauth), replay.as_ref());
                let ended = run::run(&job, &context, &mut sink).await;
                *self.tally.outputs.lock().unwrap_or_else(PoisonError::into_inner) = ended.outputs;
                if ended.outcome.outcome != Outcome::Passed {
                    self.tally.failed.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    /// Tells of a flow that is not started.
    fn leave_out(&self, planned: &Planned, ready: &Ready, sink: &mut Relay<'_>) {
        let name = ready.flow.name.clone();
        let started = EventKind::FlowStarted { name: name.clone(), steps: 0 };
        let finished = EventKind::FlowFinished(Box::new(FlowOutcome {
            name,
            outcome: Outcome::Skipped,
            invalid: false,
            duration_ms: 0.0,
            problems: Vec::new(),
            warnings: vec!["not started: another flow failed (--fail-fast)".to_owned()],
            counts: Counts::default(),
        }));
        for kind in [started, finished] {
            sink.emit(self.redactor.redact(event(Some(planned.key()), kind)));
        }
    }
}

/// What a flow run sees of the world: its recording, where there is one.
fn outside<'o>(
    replay: Option<&'o Replay<'_>>,
    transport: &'o dyn Transport,
    clock: &'o dyn Clock,
) -> (&'o dyn Transport, &'o dyn Clock) {
    replay.map_or((transport, clock), |replay| (replay, replay))
}

/// An event of the command itself.
pub(super) fn event(flow: Option<FlowKey<'_>>, kind: EventKind) -> RunEvent {
    let time = format!("{:.3}", jiff::Timestamp::now());
    let (path, row, repeat) = flow.map_or((None, None, None), |(path, row, repeat)| (Some(path), row, repeat));
    RunEvent { v: 1, time, flow: path.cloned(), row, repeat, step: None, item: None, kind }
}

/// A flow that could not be read has no name but its file's.
fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".flow.yaml").unwrap_or(file)
}

/// Hands a flow's events to the reports, and counts.
struct Relay<'a> {
    sink: FlowSink<'a>,
    tally: &'a Tally,
}

impl Sink for Relay<'_> {
    fn emit(&mut self, event: Redacted<RunEvent>) {
        if matches!(event.kind, EventKind::FlowFinished(_)) {
            self.tally.summary.lock().unwrap_or_else(PoisonError::into_inner).fold(&event);
        }
        self.sink.emit(&event);
    }

    fn record(&mut self, take: Redacted<Take>) {
        self.sink.record(&take);
    }
}
