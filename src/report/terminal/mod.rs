//! The run as a person sees it: one line a step, everything about a failure, numbers at the end.
//!
//! Colours are written always; whoever hands in the stream strips them where they do not belong (anstream). Texts of
//! users and servers pass through [`display::line`](super::display), and each line begins with a word or mark of ours.

mod difference;
mod failure;
mod step;
mod totals;

use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use colored::Colorize as _;

use super::Key;
use super::display;
use crate::event::{EventKind, FlowOutcome, Outcome, Phase, Reason, RunEvent, StepOutcome, Summary, Wait};
use crate::redact::Redacted;

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
        TerminalFlow {
            terminal: self,
            key: key.clone(),
            text: String::new(),
            title: display::line(&key.path).into_owned() + &key.suffix(),
            titled: false,
            gap: false,
            place: Place::Steps,
            nested: None,
            skips: Skips::default(),
            failed: false,
            polled: false,
            listed: Vec::new(),
        }
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

/// The view of one flow run.
pub(super) struct TerminalFlow<'a> {
    terminal: &'a Terminal,
    key: Key,
    /// What waits to be written.
    text: String,
    title: String,
    /// The title was printed.
    titled: bool,
    /// A failure was told: the next line is set off.
    gap: bool,
    place: Place,
    /// The used flow whose steps are being printed.
    nested: Option<std::sync::Arc<str>>,
    skips: Skips,
    /// A step failed.
    failed: bool,
    /// A poll of this step was told; the others are only counted.
    polled: bool,
    /// What goes into the list of failures.
    listed: Vec<String>,
}

#[derive(PartialEq, Eq)]
enum Place {
    Steps,
    Cleanups,
}

/// Skipped steps that wait for the next line, to be one line together.
#[derive(Default)]
struct Skips {
    count: u64,
    name: String,
    reason: Option<String>,
    margin: usize,
}

impl TerminalFlow<'_> {
    pub(super) fn event(&mut self, event: &Redacted<RunEvent>) {
        let own = event.flow.as_ref().is_none_or(|flow| *flow == self.key.path);
        let mut flush = false;
        match &event.kind {
            EventKind::FlowStarted { name, .. } if own => self.started(name),
            EventKind::StepStarted { name, .. } => {
                self.polled = false;
                self.running(name, event.item);
            }
            EventKind::Wait(wait) => flush = self.wait(wait, !own),
            EventKind::StepFinished(step) => {
                self.step(event, step, own);
                flush = step.outcome == Outcome::Failed;
            }
            EventKind::FlowFinished(flow) if own => {
                self.finished(flow);
                flush = true;
            }
            _ => {}
        }
        let Options { live, interactive, .. } = self.terminal.options;
        if live && !self.text.is_empty() {
            self.terminal.lock().write(&self.text, flush || interactive);
            self.text.clear();
        }
    }

    fn started(&mut self, name: &str) {
        let stem = self.key.path.rsplit('/').next().unwrap_or_default();
        if stem.strip_suffix(".flow.yaml") != Some(name) {
            self.title = format!("{} — {}", self.title, display::line(name));
        }
        if self.terminal.options.verbosity > Verbosity::Quiet {
            self.show_title();
        }
    }

    /// What each line needs before it: the flow's title once, an empty line after a failure.
    fn show_title(&mut self) {
        if self.titled {
            if std::mem::take(&mut self.gap) {
                self.text.push('\n');
            }
            return;
        }
        self.titled = true;
        let mut out = self.terminal.lock();
        // Flows that are printed whole begin their text with the title, so the line goes there in both cases.
        if self.terminal.options.live && out.begun {
            self.text.push('\n');
        }
        out.begun |= self.terminal.options.live;
        drop(out);
        self.text.push_str(&self.title.bold().to_string());
        self.text.push('\n');
    }

    fn running(&mut self, name: &str, item: Option<u32>) {
        let Options { live, interactive, verbosity, width } = self.terminal.options;
        if live && interactive && verbosity > Verbosity::Quiet {
            let name = step::name(name, item);
            let shown = display::cut(&name, width.saturating_sub(6));
            self.terminal.lock().run(&format!("  {} {}", "…".dimmed(), shown.dimmed()), display::width(&shown) + 4);
        }
    }

    /// True where the line must leave at once.
    fn wait(&mut self, wait: &Wait, nested: bool) -> bool {
        let poll = wait.reason == Reason::Poll;
        let short = wait.reason == Reason::Step && wait.wait_ms < 1000;
        if self.terminal.options.verbosity == Verbosity::Quiet || short || (poll && self.polled) {
            return false;
        }
        self.polled |= poll;
        self.flush_skips();
        self.show_title();
        step::wait(&mut self.text, wait, if nested { 6 } else { 4 });
        true
    }

    fn step(&mut self, event: &RunEvent, step: &StepOutcome, own: bool) {
        let Options { verbosity, width, .. } = self.terminal.options;
        let failed = step.outcome == Outcome::Failed;
        if verbosity == Verbosity::Quiet && !failed {
            return;
        }
        let margin = if own && step.phase == Phase::Step { 2 } else { 4 };
        if step.outcome == Outcome::Skipped {
            self.skip(&step::name(&step.name, event.item), step.skipped.as_deref(), margin);
            if step.warnings.is_empty() {
                return;
            }
        }
        self.flush_skips();
        self.show_title();
        self.show_place(event, step, own);
        if step.outcome != Outcome::Skipped {
            step::line(&mut self.text, event.item, step, margin);
        }
        if verbosity >= Verbosity::Headers {
            for exchange in &step.exchanges {
                step::exchange(&mut self.text, exchange, margin + 4, failed || verbosity >= Verbosity::Bodies);
            }
        }
        if failed {
            self.failed = true;
            self.gap = true;
            self.listed.push(failure::headline(event.item, step));
            failure::step(&mut self.text, step, margin + 2, width, verbosity < Verbosity::Headers);
        }
        for warning in &step.warnings {
            step::warning(&mut self.text, warning, margin + 2);
        }
    }

    /// The line above cleanups, or above the steps of a used flow.
    fn show_place(&mut self, event: &RunEvent, step: &StepOutcome, own: bool) {
        if step.phase == Phase::Cleanup {
            if self.place != Place::Cleanups {
                self.place = Place::Cleanups;
                self.text.push_str(&format!("  {}\n", "↺ cleanup".dimmed()));
            }
        } else if own {
            self.nested = None;
        } else if self.nested != event.flow {
            self.nested.clone_from(&event.flow);
            let path = event.flow.as_deref().unwrap_or_default();
            self.text.push_str(&format!("  {}\n", format!("↳ {}", display::line(path)).dimmed()));
        }
    }

    /// What is skipped for the same reason in a row becomes one line.
    fn skip(&mut self, name: &str, reason: Option<&str>, margin: usize) {
        if self.skips.reason.as_deref() != reason || self.skips.margin != margin || !self.failed {
            self.flush_skips();
        }
        self.skips.count += 1;
        self.skips.name = name.to_owned();
        self.skips.reason = reason.map(str::to_owned);
        self.skips.margin = margin;
    }

    fn flush_skips(&mut self) {
        let Skips { count, name, reason, margin } = std::mem::take(&mut self.skips);
        if count > 0 {
            self.show_title();
            step::skipped(&mut self.text, count, &name, reason.as_deref(), margin);
        }
    }

    fn finished(&mut self, flow: &FlowOutcome) {
        self.flush_skips();
        let verbosity = self.terminal.options.verbosity;
        if !flow.problems.is_empty() || flow.invalid {
            self.show_title();
            for problem in &flow.problems {
                failure::problem(&mut self.text, problem, 2, self.terminal.options.width);
            }
        }
        if flow.invalid {
            self.text.push_str(&format!("  {}\n", "✗ invalid: nothing was sent".red()));
            self.listed.push("invalid: nothing was sent".to_owned());
        } else if flow.outcome == Outcome::Skipped {
            self.show_title();
            self.text.push_str(&format!("  {}\n", "○ every step was skipped, which is not success".yellow()));
            self.listed.push("every step was skipped".to_owned());
        } else if flow.outcome == Outcome::Failed && self.listed.is_empty() {
            let first = flow.problems.first().map_or("failed", |p| p.message.as_str());
            self.listed.push(display::line(first).into_owned());
        }
        if verbosity > Verbosity::Quiet {
            for warning in &flow.warnings {
                self.show_title();
                step::warning(&mut self.text, warning, 2);
            }
        }
    }
}

impl Drop for TerminalFlow<'_> {
    /// A flow that is printed whole is printed here, as is what a torn-off flow still had to say.
    fn drop(&mut self) {
        self.flush_skips();
        let mut out = self.terminal.lock();
        if !self.text.is_empty() {
            if !self.terminal.options.live && std::mem::replace(&mut out.begun, true) {
                self.text.insert(0, '\n');
            }
            out.write(&self.text, true);
        }
        out.ended += 1;
        let Options { live, interactive, verbosity, .. } = self.terminal.options;
        if !live && interactive && verbosity > Verbosity::Quiet && out.ended < out.flows {
            let text = format!("… {} of {} flows done", out.ended, out.flows);
            out.run(&text.dimmed().to_string(), display::width(&text));
        }
        for text in self.listed.drain(..) {
            if out.failures.len() < FAILURES {
                out.failures.push((self.key.clone(), text));
            } else {
                out.unlisted += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
