//! One flow on the terminal: its title, its steps, what is wrong with it as a whole.

use std::sync::Arc;
use std::time::Instant;

use colored::Colorize as _;

use super::failure::{self, Listed};
use super::{FAILURES, Key, Options, Terminal, Verbosity, display, step};
use crate::event::{EventKind, FlowOutcome, Outcome, Phase, Reason, RunEvent, StepOutcome, Wait};
use crate::redact::Redacted;

/// The view of one flow run.
pub(in crate::report) struct TerminalFlow<'a> {
    terminal: &'a Terminal,
    key: Key,
    /// Its number in the progress.
    id: u64,
    /// What waits to be written.
    text: String,
    title: String,
    /// The title was printed.
    titled: bool,
    /// A failure was told: the next line is set off.
    gap: bool,
    place: Place,
    /// The used flow whose steps are being printed.
    nested: Option<Arc<str>>,
    skips: Skips,
    /// A step failed.
    failed: bool,
    /// A poll of this step was told; the others are only counted.
    polled: bool,
    /// What goes into the list of failures.
    listed: Vec<Listed>,
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

impl<'a> TerminalFlow<'a> {
    pub(super) fn new(terminal: &'a Terminal, key: &Key) -> Self {
        Self {
            terminal,
            key: key.clone(),
            id: terminal.lock().progress.id(),
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

    pub(in crate::report) fn event(&mut self, event: &Redacted<RunEvent>) {
        let own = event.flow.as_ref().is_none_or(|flow| *flow == self.key.path);
        let mut flush = false;
        match &event.kind {
            EventKind::FlowStarted { name, .. } if own => self.started(name),
            EventKind::StepStarted { name, .. } => {
                self.polled = false;
                self.running(name, event.item);
            }
            EventKind::Wait(wait) => {
                if self.terminal.options.interactive {
                    self.terminal.lock().progress.wait(self.id, wait, Instant::now());
                }
                flush = self.wait(wait, !own);
            }
            EventKind::StepFinished(step) => {
                if self.terminal.options.interactive {
                    self.terminal.lock().progress.idle(self.id);
                }
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
        // Between two steps there is nothing to show, and the next one begins at once.
        if live && interactive && matches!(event.kind, EventKind::StepStarted { .. } | EventKind::Wait(_)) {
            self.terminal.lock().draw();
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
        let title = display::cut(&self.title, self.terminal.options.width);
        self.text.push_str(&title.bold().to_string());
        self.text.push('\n');
    }

    fn running(&mut self, name: &str, item: Option<u32>) {
        if self.terminal.options.interactive {
            let flow = display::line(&self.key.path).into_owned() + &self.key.suffix();
            self.terminal.lock().progress.step(self.id, &flow, step::name(name, item).into_owned(), Instant::now());
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
            step::line(&mut self.text, event.item, step, margin, width);
        }
        if verbosity >= Verbosity::Headers {
            for exchange in &step.exchanges {
                step::exchange(&mut self.text, exchange, margin + 4, failed || verbosity >= Verbosity::Bodies);
            }
        }
        if failed {
            self.failed = true;
            self.gap = true;
            self.listed.push(Listed::of(event.item, step));
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
            step::skipped(&mut self.text, count, &name, reason.as_deref(), margin, self.terminal.options.width);
        }
    }

    fn finished(&mut self, flow: &FlowOutcome) {
        self.flush_skips();
        let verbosity = self.terminal.options.verbosity;
        if !flow.problems.is_empty() || flow.invalid {
            self.show_title();
            // The mistakes of an invalid flow are diagnostics: they stand on stderr, before the run.
            for problem in flow.problems.iter().filter(|_| !flow.invalid) {
                failure::problem(&mut self.text, problem, 2, self.terminal.options.width);
            }
        }
        if flow.invalid {
            let mistakes = match flow.problems.len() {
                1 => "1 mistake".to_owned(),
                n => format!("{n} mistakes"),
            };
            let line = format!("invalid: {mistakes}, nothing was sent");
            self.text.push_str(&format!("  {}\n", format!("✗ {line}").red()));
            self.listed.push(Listed::flow(line));
        } else if flow.outcome == Outcome::Skipped {
            self.show_title();
            self.text.push_str(&format!("  {}\n", "○ every step was skipped, which is not success".yellow()));
            self.listed.push(Listed::flow("every step was skipped".to_owned()));
        } else if flow.outcome == Outcome::Failed && self.listed.is_empty() {
            let first = flow.problems.first().map_or("failed", |p| p.message.as_str());
            self.listed.push(Listed::flow(display::line(first).into_owned()));
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
        out.progress.idle(self.id);
        out.progress.ended += 1;
        out.progress.failed += u32::from(!self.listed.is_empty());
        if !self.terminal.options.live {
            out.draw();
        }
        for listed in self.listed.drain(..) {
            if out.failures.len() < FAILURES {
                out.failures.push((self.key.clone(), listed));
            } else {
                out.unlisted += 1;
            }
        }
    }
}
