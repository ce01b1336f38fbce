//! `wxflow run`: load, validate, run, report, exit status.
//!
//! With `--watch` the same again and again; what outlives a run is the [`Session`].

use std::cell::{OnceCell, RefCell};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::args::{Run, Showing};
use super::deadline::Deadline;
use super::dry;
use super::exit::Exit;
use super::github;
use super::machine;
use super::output::{self, Output};
use super::person::Person;
use super::plan::{self, Planned, Work, plan};
use super::recording::{self, Replayed};
use super::sandbox::{self, Inside};
use super::select::{Loaded, choose, load};
use super::shard::Part;
use super::signals::Signals;
use super::wanted;
use super::watch;
use super::workers::{Crew, Network, Tally, event};
use crate::client::{ClientOptions, Clients};
use crate::event::{EventKind, Summary};
use crate::load::Project;
use crate::report::terminal::{self, Terminal, Verbosity};
use crate::report::{Reports, Target};
use crate::run::{Cancel, Once};

/// Runs flows, with `--watch` until the person ends it.
///
/// # Errors
/// Nothing was sent: the status says why, and it was told.
pub(super) fn run(args: &Run, output: &Arc<Output>) -> Result<Exit, Exit> {
    let session = Session::default();
    if args.showing.watch { watch::watch(args, &session, output) } else { once(args, &session, output) }
}

/// Runs flows once.
///
/// # Errors
/// As [`run`].
pub(super) fn once(args: &Run, session: &Session, output: &Arc<Output>) -> Result<Exit, Exit> {
    let began = Instant::now();
    let around = machine::surroundings(output)?;
    let loaded = load(&args.flows, &around, output)?;
    session.saw(&loaded);
    let chosen = choose(loaded, &args.tags, output)?;
    let sandbox = args.sandbox.then(|| sandbox::start(0, args.values.seed, &args.faults, output)).transpose()?;
    let replayed = args.recordings.replay.as_deref().map(|path| recording::read(path, output)).transpose()?;
    let invented = sandbox.as_ref().map(|s| &s.invented).or(replayed.as_ref().map(|r| &r.invented));
    let (planned, client) = plan(chosen, args, &around, invented, session.person(), output)?;
    wanted::check(args.showing.output.as_deref(), &planned, output)?;
    if args.choice.dry_run {
        return dry::show(&planned, args.values.seed, output);
    }
    let seed = seed(args, replayed.as_ref());
    let started = started(planned.len(), seed, args, output)?;
    let workers = workers(args.limits.jobs, &planned);
    let mut reports = reports(&args.showing, workers, output)?;
    if let Some(path) = &args.recordings.record {
        let (about, cancel) = (recording::about(&planned, seed), session.cancel.clone());
        let about = move || recording::ended(about.clone(), cancel.is_cancelled());
        reports.record(Target::File(path.clone()), about, &output.redactor);
    }
    let (cancel, signals) = (&session.cancel, session.signals(output)?);
    let crew = Crew {
        network: network(sandbox.as_ref(), replayed, client),
        reports: &reports,
        redactor: &output.redactor,
        cancel,
        seed,
        fail_fast: args.limits.fail_fast,
        once: Once::default(),
        tally: Tally::default(),
    };
    let deadline = Deadline::start(args.limits.max_time, cancel, output).map_err(|error| system(&error, output))?;
    reports.start(output.redactor.redact(event(None, started)));
    let mut summary = crew.run(&planned, workers).map_err(|error| system(&error, output))?;
    drop(deadline);
    summary.duration_ms = began.elapsed().as_secs_f64() * 1e3;
    let outputs = crew.tally.outputs();
    let reported = finish(reports, summary, output);
    let printed = wanted::print(args.showing.output.as_deref(), outputs, output);
    if !args.showing.watch {
        // The process ends: giving a long flow back piece by piece takes longer than the system takes it whole.
        std::mem::forget(planned);
    }
    let stopped = if cancel.timed_out() { Exit::Failed } else { Exit::Success };
    Ok(signals.exit().unwrap_or(stopped).max(stopped).max(Exit::of(&summary)).max(reported).max(printed))
}

/// What outlives a run.
#[derive(Default)]
pub(super) struct Session {
    pub(super) cancel: Cancel,
    signals: OnceCell<Signals>,
    person: OnceCell<Option<Person>>,
    projects: RefCell<Vec<Arc<Project>>>,
}

impl Session {
    /// The watch for signals, which begins when it is first asked for: until then Ctrl-C ends the command, also at a
    /// question.
    ///
    /// # Errors
    /// The system gives no thread or no signal handler; it was told.
    pub(super) fn signals(&self, output: &Arc<Output>) -> Result<&Signals, Exit> {
        if let Some(signals) = self.signals.get() {
            return Ok(signals);
        }
        let signals = Signals::watch(&self.cancel, Some(output)).map_err(|error| system(&error, output))?;
        Ok(self.signals.get_or_init(|| signals))
    }

    /// The person, who is asked each question once.
    fn person(&self) -> Option<&Person> {
        self.person.get_or_init(Person::there).as_ref()
    }

    fn saw(&self, loaded: &[Loaded]) {
        let mut projects = self.projects.borrow_mut();
        projects.clear();
        for Loaded { project, .. } in loaded {
            if !projects.iter().any(|known| Arc::ptr_eq(known, project)) {
                projects.push(Arc::clone(project));
            }
        }
    }

    /// The projects of the flows that were read last.
    pub(super) fn projects(&self) -> Vec<Arc<Project>> {
        self.projects.borrow().clone()
    }
}

/// How many flows run at the same time: never more than there are.
fn workers(asked: Option<NonZeroUsize>, planned: &[Planned]) -> usize {
    let ready = planned.iter().filter(|p| matches!(*p.work, Work::Ready(_))).count();
    if ready <= 1 {
        return 1;
    }
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).min(ready)
}

/// A recording has a seed, so that its replay draws the same.
fn seed(args: &Run, replayed: Option<&Replayed>) -> Option<u64> {
    let drawn = || args.recordings.record.is_some().then(|| uuid::Uuid::new_v4().as_u64_pair().0);
    args.values.seed.or(replayed.and_then(|r| r.seed)).or_else(drawn)
}

fn network(sandbox: Option<&Inside>, replayed: Option<Replayed>, client: ClientOptions) -> Network {
    if let Some(Replayed { recording, .. }) = replayed {
        return Network::Replay(Box::new(recording));
    }
    match sandbox {
        Some(inside) => Network::Sandbox(Arc::clone(&inside.sandbox), inside.server.addr().port()),
        None => Network::Real(Clients::new(client)),
    }
}

/// The reports that the person asked for, and the view of the run. That moves to stderr where a report claims stdout.
fn reports(showing: &Showing, workers: usize, output: &Output) -> Result<Reports, Exit> {
    let claimed = output::claimed(&showing.reports, output)?;
    if claimed && showing.output.is_some() {
        output.error(
            "stdout is for --output, so no report can go there",
            Some("write the report to a file: FORMAT=FILE"),
        );
        return Err(Exit::Invalid);
    }
    let on_stderr = views_on_stderr(showing);
    let verbosity = match (showing.quiet, showing.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Headers,
        (false, _) => Verbosity::Bodies,
    };
    let columns: fn() -> usize = if on_stderr { || output::view_width(true) } else { || output::view_width(false) };
    let width = columns();
    let options = terminal::Options { verbosity, live: workers <= 1, interactive: output::watched(on_stderr), width };
    let wanted = showing.reports.iter().map(|(format, path)| (*format, output.target(path)));
    let terminal = Terminal::new(options, output.view(on_stderr)).ticking(columns);
    let reports = Reports::new(terminal, wanted.chain(github::summary(output)).collect());
    if !github::is_there() {
        return Ok(reports);
    }
    Ok(reports.annotate(github::prefix(), Target::Stream(output.view(on_stderr))))
}

/// Whether something else claims stdout.
pub(super) fn views_on_stderr(showing: &Showing) -> bool {
    showing.output.is_some() || showing.reports.iter().any(|(_, path)| path == Path::new("-"))
}

fn started(flows: usize, seed: Option<u64>, args: &Run, output: &Output) -> Result<EventKind, Exit> {
    let wxflow = env!("CARGO_PKG_VERSION").to_owned();
    let shard = plan::part(args.choice.shard, output)?.map(Part::short);
    Ok(EventKind::RunStarted { wxflow, flows: flows as u32, seed, shard })
}

fn finish(reports: Reports, summary: Summary, output: &Output) -> Exit {
    let finished = output.redactor.redact(event(None, EventKind::RunFinished(summary)));
    let errors = reports.finish(finished);
    errors.iter().for_each(|error| output.error(&error.to_string(), None));
    if errors.is_empty() { Exit::Success } else { Exit::Unwritten }
}

fn system(error: &std::io::Error, output: &Output) -> Exit {
    output.error(&format!("the system gives no thread: {error}"), Some("fewer flows at a time need less: --jobs 1"));
    Exit::Bug
}
