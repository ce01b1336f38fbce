//! `wxflow run`: load, validate, run, report, exit status.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::args::{Run, Showing};
use super::deadline::Deadline;
use super::dry;
use super::exit::Exit;
use super::machine;
use super::output::{self, Output};
use super::plan::{Planned, Work, plan};
use super::sandbox::{self, Inside};
use super::select::{choose, load};
use super::signals::Signals;
use super::wanted;
use super::workers::{Crew, Network, Tally, event};
use crate::client::{ClientOptions, Clients};
use crate::event::{EventKind, Summary};
use crate::report::terminal::{self, Terminal, Verbosity};
use crate::report::{Reports, Target};
use crate::run::{Cancel, Once};

/// Runs flows.
///
/// # Errors
/// Nothing was sent: the status says why, and it was told.
pub(super) fn run(args: &Run, output: &Arc<Output>) -> Result<Exit, Exit> {
    let began = Instant::now();
    let around = machine::surroundings(output)?;
    let loaded = load(&args.flows, &around, output)?;
    let chosen = choose(loaded, &args.tags, output)?;
    let sandbox = args.sandbox.then(|| sandbox::start(0, args.values.seed, &args.faults, output)).transpose()?;
    let (planned, client) = plan(chosen, args, &around, sandbox.as_ref().map(|s| &s.invented), output)?;
    wanted::check(args.showing.output.as_deref(), &planned, output)?;
    if args.choice.dry_run {
        return dry::show(&planned, args.values.seed, output);
    }
    let workers = workers(args.limits.jobs, &planned);
    let reports = reports(&args.showing, workers, output)?;
    let cancel = Cancel::new();
    let signals = Signals::watch(&cancel, Some(output)).map_err(|error| system(&error, output))?;
    let crew = Crew {
        network: network(sandbox.as_ref(), client),
        reports: &reports,
        redactor: &output.redactor,
        cancel: &cancel,
        seed: args.values.seed,
        fail_fast: args.limits.fail_fast,
        once: Once::default(),
        tally: Tally::default(),
    };
    let deadline = Deadline::start(args.limits.max_time, &cancel, output).map_err(|error| system(&error, output))?;
    reports.start(output.redactor.redact(event(None, started(planned.len(), args.values.seed))));
    let mut summary = crew.run(&planned, workers).map_err(|error| system(&error, output))?;
    drop(deadline);
    summary.duration_ms = began.elapsed().as_secs_f64() * 1e3;
    let outputs = crew.tally.outputs();
    let reported = finish(reports, summary, output);
    let printed = wanted::print(args.showing.output.as_deref(), outputs, output);
    let stopped = if cancel.timed_out() { Exit::Failed } else { Exit::Success };
    Ok(signals.exit().unwrap_or(stopped).max(stopped).max(Exit::of(&summary)).max(reported).max(printed))
}

/// How many flows run at the same time: never more than there are.
fn workers(asked: Option<NonZeroUsize>, planned: &[Planned]) -> usize {
    let ready = planned.iter().filter(|p| matches!(*p.work, Work::Ready(_))).count();
    if ready <= 1 {
        return 1;
    }
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).min(ready)
}

fn network(sandbox: Option<&Inside>, client: ClientOptions) -> Network {
    match sandbox {
        Some(inside) => Network::Sandbox(Arc::clone(&inside.sandbox), inside.server.addr().port()),
        None => Network::Real(Clients::new(client)),
    }
}

/// The reports that the person asked for, and the view of the run. That moves to stderr where a report claims stdout.
fn reports(showing: &Showing, workers: usize, output: &Output) -> Result<Reports, Exit> {
    let streams = showing.reports.iter().filter(|(_, path)| path == Path::new("-")).count();
    if streams > 1 {
        output.error("only one report can go to stdout", Some("write the others to files: FORMAT=FILE"));
        return Err(Exit::Invalid);
    }
    if streams > 0 && showing.output.is_some() {
        output.error(
            "stdout is for --output, so no report can go there",
            Some("write the report to a file: FORMAT=FILE"),
        );
        return Err(Exit::Invalid);
    }
    let on_stderr = streams > 0 || showing.output.is_some();
    let verbosity = match (showing.quiet, showing.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, 1) => Verbosity::Headers,
        (false, _) => Verbosity::Bodies,
    };
    let columns: fn() -> usize =
        if on_stderr { || output::width(&std::io::stderr()) } else { || output::width(&std::io::stdout()) };
    let width = columns();
    let options = terminal::Options { verbosity, live: workers <= 1, interactive: output::watched(on_stderr), width };
    let wanted = showing.reports.iter().map(|(format, path)| {
        let target = if path == Path::new("-") { Target::Stream(output.raw()) } else { Target::File(path.clone()) };
        (*format, target)
    });
    Ok(Reports::new(Terminal::new(options, output.view(on_stderr)).ticking(columns), wanted.collect()))
}

fn started(flows: usize, seed: Option<u64>) -> EventKind {
    EventKind::RunStarted { wxflow: env!("CARGO_PKG_VERSION").to_owned(), flows: flows as u32, seed }
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
