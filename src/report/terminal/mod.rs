//! The run as a person sees it: one line a step, everything about a failure, numbers at the end.
//!
//! Colours are written always; whoever hands in the stream strips them where they do not belong (anstream). Texts of
//! users and servers pass through `display::line`, and each line begins with a word or mark of ours.

mod difference;
mod failure;
mod flow;
mod step;
mod totals;

use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use colored::Colorize as _;

use super::Key;
use super::display;
use crate::event::{EventKind, RunEvent, Summary};
pub(super) use flow::TerminalFlow;

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
    /// Columns; long source lines and values are cut to them.
    pub width: usize,
}

/// How many failures the list at the end names.
const FAILURES: usize = 100;

/// The view of a run.
pub struct Terminal {
    options: Options,
    out: Mutex<Out>,
}

struct Out {
    stream: BufWriter<Box<dyn Write + Send>>,
    /// The first; after it nothing is written.
    error: Option<io::Error>,
    /// What failed, for the end.
    failures: Vec<(Key, String)>,
    /// Failures that are not in the list.
    unlisted: u64,
    /// Columns of the line that says what runs now, to wipe it.
    running: usize,
    /// Something was printed: the next flow is set off by an empty line.
    begun: bool,
    /// Flows that will run, and that ended, for the line that says how far the run is.
    flows: u32,
    ended: u32,
}

impl Terminal {
    /// A view that is written to `stream`, which takes ANSI colours.
    #[must_use]
    pub fn new(options: Options, stream: Box<dyn Write + Send>) -> Self {
        // Padding is done by the formatter, whose widths are 16 bits.
        let options = Options { width: options.width.clamp(40, 1000), ..options };
        let out = Out {
            stream: BufWriter::new(stream),
            error: None,
            failures: Vec::new(),
            unlisted: 0,
            running: 0,
            begun: false,
            flows: 0,
            ended: 0,
        };
        Self { options, out: Mutex::new(out) }
    }

    pub(super) fn run_started(&self, event: &RunEvent) {
        let EventKind::RunStarted { flows, seed, .. } = event.kind else { return };
        let mut out = self.lock();
        out.flows = flows;
        if let Some(seed) = seed.filter(|_| self.options.verbosity >= Verbosity::Headers) {
            out.begun = true;
            out.write(&format!("{}\n", format!("seed {seed}").dimmed()), true);
        }
    }

    pub(super) fn flow(&self, key: &Key) -> TerminalFlow<'_> {
        TerminalFlow::new(self, key)
    }

    pub(super) fn finish(self, summary: &Summary) -> io::Result<()> {
        let mut out = self.out.into_inner().unwrap_or_else(PoisonError::into_inner);
        out.failures.sort_by(|a, b| a.0.cmp(&b.0));
        let mut text = String::new();
        if out.begun {
            text.push('\n');
        }
        if summary.flows() > 1 && self.options.verbosity > Verbosity::Quiet {
            totals::failures(&mut text, &out.failures, out.unlisted);
        }
        totals::last_lines(&mut text, summary);
        out.write(&text, true);
        out.error.map_or(Ok(()), Err)
    }

    fn lock(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Out {
    fn write(&mut self, text: &str, flush: bool) {
        if self.error.is_some() {
            return;
        }
        let wiped = std::mem::take(&mut self.running);
        let wipe = if wiped > 0 { format!("\r{:wiped$}\r", "") } else { String::new() };
        let written = self.stream.write_all(wipe.as_bytes()).and_then(|()| self.stream.write_all(text.as_bytes()));
        let written = written.and_then(|()| if flush { self.stream.flush() } else { Ok(()) });
        self.error = written.err();
    }

    /// Shows what runs now, on a line that the next text replaces. Spaces wipe it, as escapes may be stripped.
    fn run(&mut self, text: &str, columns: usize) {
        self.write(text, true);
        self.running = columns;
    }
}

#[cfg(test)]
mod tests;
