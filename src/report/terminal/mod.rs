//! The run as a person sees it: one line a step, everything about a failure, numbers at the end.
//!
//! Colours are written always; whoever hands in the stream strips them where they do not belong (anstream). Texts of
//! users and servers pass through `display::line`, and each line begins with a word or mark of ours.

mod difference;
mod excerpt;
mod failure;
mod flow;
mod progress;
mod step;
mod totals;

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use colored::Colorize as _;

use super::Key;
use super::display;
use crate::event::{EventKind, RunEvent, Summary};
use failure::Listed;
pub(super) use flow::TerminalFlow;
use progress::{Progress, Ticker};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only failures and the last lines.
    Quiet,
    /// One line a step.
    Normal,
    /// And the headers of each request and reply.
    Headers,
    /// And their bodies.
    Bodies,
}

/// How the run is shown.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much.
    pub verbosity: Verbosity,
    /// One flow at a time: lines leave as things happen. Otherwise a flow is printed whole when it ends.
    pub live: bool,
    /// A person watches: each step is flushed, and the step that runs is shown.
    pub interactive: bool,
    /// Columns; long names, source lines and values are cut to them.
    pub width: usize,
}

/// How many failures the list at the end names.
const FAILURES: usize = 100;

/// The view of a run.
pub struct Terminal {
    options: Options,
    out: Arc<Mutex<Out>>,
    ticker: Option<Ticker>,
}

struct Out {
    options: Options,
    columns: Option<fn() -> usize>,
    stream: BufWriter<Box<dyn Write + Send>>,
    /// The first; after it nothing is written.
    error: Option<io::Error>,
    /// What failed, for the end.
    failures: Vec<(Key, Listed)>,
    /// Failures that are not in the list.
    unlisted: u64,
    /// The line that says what runs now, which the next text wipes.
    shown: String,
    /// Something was printed: the next flow is set off by an empty line.
    begun: bool,
    progress: Progress,
}

impl Terminal {
    /// A view that is written to `stream`, which takes ANSI colours.
    #[must_use]
    pub fn new(options: Options, stream: Box<dyn Write + Send>) -> Self {
        // Padding is done by the formatter, whose widths are 16 bits.
        let options = Options { width: options.width.clamp(40, 1000), ..options };
        let out = Out {
            options,
            columns: None,
            stream: BufWriter::new(stream),
            error: None,
            failures: Vec::new(),
            unlisted: 0,
            shown: String::new(),
            begun: false,
            progress: Progress::new(),
        };
        Self { options, out: Arc::new(Mutex::new(out)), ticker: None }
    }

    /// The same view, whose line of what runs now moves with the time where a person watches. `columns` measures the
    /// window anew, as people change it: a line that wraps could not be wiped.
    #[must_use]
    pub fn ticking(mut self, columns: fn() -> usize) -> Self {
        if self.options.interactive && self.options.verbosity > Verbosity::Quiet {
            let out = Arc::clone(&self.out);
            lock(&out).columns = Some(columns);
            self.ticker = Ticker::start(move || lock(&out).draw());
        }
        self
    }

    pub(super) fn run_started(&self, event: &RunEvent) {
        let EventKind::RunStarted { flows, seed, .. } = event.kind else { return };
        let mut out = self.lock();
        out.progress.flows = flows;
        if let Some(seed) = seed.filter(|_| self.options.verbosity >= Verbosity::Headers) {
            out.begun = true;
            out.write(&format!("{}\n", format!("seed {seed}").dimmed()), true);
        }
    }

    pub(super) fn flow(&self, key: &Key) -> TerminalFlow<'_> {
        TerminalFlow::new(self, key)
    }

    pub(super) fn finish(mut self, summary: &Summary) -> io::Result<()> {
        self.ticker = None;
        let mut out = self.lock();
        let mut failures = std::mem::take(&mut out.failures);
        failures.sort_by(|a, b| a.0.cmp(&b.0));
        let mut text = String::new();
        if out.begun {
            text.push('\n');
        }
        if summary.flows() > 1 && self.options.verbosity > Verbosity::Quiet {
            totals::failures(&mut text, &failures, out.unlisted, self.options.width);
        }
        totals::last_lines(&mut text, summary, self.options.interactive.then_some(self.options.width));
        out.write(&text, true);
        out.error.take().map_or(Ok(()), Err)
    }

    fn lock(&self) -> MutexGuard<'_, Out> {
        lock(&self.out)
    }
}

fn lock(out: &Mutex<Out>) -> MutexGuard<'_, Out> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Out {
    fn write(&mut self, text: &str, flush: bool) {
        let wiped = display::width(&std::mem::take(&mut self.shown));
        // Spaces wipe, as escapes may be stripped.
        let wipe = if wiped > 0 { format!("\r{:wiped$}\r", "") } else { String::new() };
        if self.error.is_some() {
            return;
        }
        let written = self.stream.write_all(wipe.as_bytes()).and_then(|()| self.stream.write_all(text.as_bytes()));
        let written = written.and_then(|()| if flush { self.stream.flush() } else { Ok(()) });
        self.error = written.err();
    }

    /// Shows what runs now, on a line that the next text replaces.
    fn draw(&mut self) {
        let Options { live, interactive, verbosity, width } = self.options;
        if !interactive || verbosity == Verbosity::Quiet {
            return;
        }
        // A line that fills the last column would wrap on some terminals.
        let width = self.columns.map_or(width, |columns| columns());
        let line = self.progress.line(live, width.saturating_sub(1), Instant::now());
        if line == self.shown {
            return;
        }
        self.write(&line.dimmed().to_string(), true);
        self.shown = line;
    }
}

#[cfg(test)]
mod tests;
