//! Reports: what a run tells, written for a person and for machines.
//!
//! No report holds a run. A flow's events become bytes as they come; when the flow ends its bytes join those of the
//! flows before it, on disk once they are many, and at the run's end they are put together in the order of the paths.
//! Events arrive in order within a flow; flows run at the same time on several threads.

mod annotation;
mod changes;
mod describe;
mod difference;
mod display;
mod events;
mod har;
mod html;
pub mod json;
mod junit;
mod layout;
mod markdown;
pub mod merge;
mod schema;
mod spool;
mod tap;
mod target;
pub mod terminal;

#[cfg(test)]
mod fixture;

use std::io::{self, Write};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

pub(crate) use annotation::Annotation;
pub(crate) use display::{drawn, json_text, line};
pub(crate) use markdown::MOST as MARKDOWN_MOST;
pub use schema::{event_schema, report_schema};
use spool::{Key, Segments};
pub use target::{ReportError, Target};

use crate::diagnostic::nearest;
use crate::event::{EventKind, RunEvent, Summary, Take};
use crate::redact::{Redacted, Redactor};
use crate::value::Value;
use spool::{Spool, Store};
use terminal::{Terminal, TerminalFlow};

/// A report's format: how one flow is written, and how flows make a whole.
pub(crate) trait Format: Send + Sync {
    /// The writer of one flow run.
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter>;

    /// Writes the whole report; `segments` are sorted.
    ///
    /// # Errors
    /// Where `out` or the spooled segments fail.
    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes one flow run in one format.
pub(crate) trait FlowWriter: Send {
    /// Takes the next event of the flow.
    ///
    /// # Errors
    /// Where `body`, the flow's bytes so far, cannot grow: the disk is full.
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()>;

    /// Takes what a recording keeps of a step; other formats are not given it.
    ///
    /// # Errors
    /// As [`FlowWriter::event`].
    fn record(&mut self, take: &Redacted<Take>, body: &mut dyn Write) -> io::Result<()> {
        let _ = (take, body);
        Ok(())
    }

    /// Ends the flow: what stands before and after its body, and its share of the report's totals. A flow that was
    /// torn off has not seen `flow_finished`.
    fn finish(self: Box<Self>) -> Frame;
}

/// What stands around a flow's body, known only at its end.
#[derive(Default)]
pub(crate) struct Frame {
    /// Before the body.
    pub head: String,
    /// After it.
    pub tail: String,
    /// Its share of what stands before all flows: a list of failures, a table.
    pub index: String,
    /// For totals over the flows.
    pub tally: Tally,
}

/// Test cases counted, for the formats that know only those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// All of them.
    pub tests: u64,
    /// Those that failed.
    pub failures: u64,
    /// Those that could not run.
    pub errors: u64,
    /// Those that were skipped.
    pub skipped: u64,
}

/// The run's own events.
pub(crate) struct Run {
    /// `run_started`; absent where the run ended before it.
    pub started: Option<Redacted<RunEvent>>,
    /// `run_finished`.
    pub finished: Redacted<RunEvent>,
}

impl Run {
    /// The totals that `run_finished` carries.
    pub(crate) fn summary(&self) -> Summary {
        match &self.finished.kind {
            EventKind::RunFinished(summary) => *summary,
            _ => Summary::default(),
        }
    }
}

/// The formats that `--report` knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Their names say it.
pub enum FormatName {
    Junit,
    Json,
    Events,
    Html,
    Markdown,
    Tap,
    Har,
}

impl FormatName {
    /// Every format, as `--report` writes it.
    pub const ALL: [(&'static str, FormatName); 7] = [
        ("junit", FormatName::Junit),
        ("json", FormatName::Json),
        ("html", FormatName::Html),
        ("markdown", FormatName::Markdown),
        ("tap", FormatName::Tap),
        ("events", FormatName::Events),
        ("har", FormatName::Har),
    ];

    fn format(self) -> Box<dyn Format> {
        match self {
            FormatName::Junit => Box::new(junit::Junit),
            FormatName::Json => Box::new(json::Json),
            FormatName::Events => Box::new(events::Events),
            FormatName::Html => Box::new(html::Html),
            FormatName::Markdown => Box::new(markdown::Markdown),
            FormatName::Tap => Box::new(tap::Tap),
            FormatName::Har => Box::<har::Har>::default(),
        }
    }
}

impl FromStr for FormatName {
    type Err = String;

    /// The error is a sentence for the person who wrote `--report`.
    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(|(name, _)| name);
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, format)| *format).ok_or_else(|| {
            let help = nearest(text, names)
                .map_or_else(|| format!("it can be {}", names.join(", ")), |name| format!("did you mean `{name}`?"));
            format!("unknown report format `{text}`: {help}")
        })
    }
}

/// All reports of a run, the terminal's view among them. Worker threads share it.
pub struct Reports {
    terminal: Terminal,
    files: Vec<Report>,
    started: Mutex<Option<Redacted<RunEvent>>>,
}

/// One `--report`.
struct Report {
    format: Box<dyn Format>,
    /// It takes the ends of steps from [`FlowSink::record`].
    recording: bool,
    store: Mutex<Store>,
    /// Locked only because a stream need not be shareable.
    target: Mutex<Target>,
}

impl Reports {
    /// `terminal` shows the run as it goes; `wanted` are written when it ends.
    #[must_use]
    pub fn new(terminal: Terminal, wanted: Vec<(FormatName, Target)>) -> Self {
        let files = wanted.into_iter().map(|(name, target)| Report::new(name.format(), target)).collect();
        Self { terminal, files, started: Mutex::default() }
    }

    /// Writes GitHub's annotations too, at the run's end; `prefix` makes a path that messages show one from the
    /// repository's root.
    #[must_use]
    pub fn annotate(mut self, prefix: String, target: Target) -> Self {
        self.files.push(Report::new(Box::new(annotation::Annotations { prefix: prefix.into() }), target));
        self
    }

    /// Records the run too: whole requests and replies, and what a replay must know `about` it, which is asked at the end.
    /// Then all is masked once more with what `redactor` knows by that time.
    pub fn record(&mut self, target: Target, about: impl Fn() -> Value + Send + Sync + 'static, redactor: &Redactor) {
        let format = Box::new(har::Har::recording(about, redactor));
        self.files.push(Report { recording: true, ..Report::new(format, target) });
    }

    /// Takes `run_started`, before any flow.
    pub fn start(&self, event: Redacted<RunEvent>) {
        self.terminal.run_started(&event);
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
    }

    /// Where the events of one flow run go. `path` is the flow's, from the project root.
    pub fn flow(&self, path: &str, row: Option<u32>, repeat: Option<u32>) -> FlowSink<'_> {
        let key = Key { path: path.into(), row, repeat };
        FlowSink {
            terminal: self.terminal.flow(&key),
            writers: self
                .files
                .iter()
                .map(|report| Some(Writer { writer: report.format.flow(&key), body: Spool::default() }))
                .collect(),
            key,
            reports: self,
        }
    }

    /// Takes `run_finished` and writes every report. One that cannot be written does not stop the others; each is
    /// an error in the list, and the list is empty where all were written.
    pub fn finish(self, event: Redacted<RunEvent>) -> Vec<ReportError> {
        let run = Run { started: self.started.into_inner().unwrap_or_else(PoisonError::into_inner), finished: event };
        // The view first: what follows it on the same stream stands behind its last lines.
        let view = self.terminal.finish(&run.summary());
        let mut errors = Vec::new();
        for Report { format, target, store, .. } in self.files {
            let target = target.into_inner().unwrap_or_else(PoisonError::into_inner);
            let store = store.into_inner().unwrap_or_else(PoisonError::into_inner);
            let name = target.name();
            let written = store
                .into_segments()
                .and_then(|mut segments| target.write(|out| format.assemble(&run, &mut segments, out)));
            if let Err(error) = written {
                errors.push(ReportError { target: name, message: error.to_string() });
            }
        }
        if let Err(error) = view {
            errors.push(ReportError { target: "the terminal".to_owned(), message: error.to_string() });
        }
        errors
    }
}

/// Takes the events of one flow run. Dropped early (a worker panicked), it hands over what it has.
pub struct FlowSink<'a> {
    reports: &'a Reports,
    key: Key,
    terminal: TerminalFlow<'a>,
    /// One per report; `None` once it failed.
    writers: Vec<Option<Writer>>,
}

struct Writer {
    writer: Box<dyn FlowWriter>,
    body: Spool,
}

impl FlowSink<'_> {
    /// Takes the next event of the flow. It cannot fail: each report keeps its first error for the end.
    pub fn emit(&mut self, event: &Redacted<RunEvent>) {
        self.terminal.event(event);
        let ends = matches!(event.kind, EventKind::StepFinished(_));
        self.write(|report| !(report.recording && ends), |writer, body| writer.event(event, body));
    }

    /// Takes a step with all that was sent and received, for the recording alone.
    pub fn record(&mut self, take: &Redacted<Take>) {
        self.write(|report| report.recording, |writer, body| writer.record(take, body));
    }

    fn write(
        &mut self,
        takes: impl Fn(&Report) -> bool,
        write: impl Fn(&mut dyn FlowWriter, &mut Spool) -> io::Result<()>,
    ) {
        for (slot, report) in self.writers.iter_mut().zip(&self.reports.files) {
            if let Some(Writer { writer, body }) = slot
                && takes(report)
                && let Err(error) = write(&mut **writer, body)
            {
                report.store().fail(error);
                *slot = None;
            }
        }
    }
}

impl Drop for FlowSink<'_> {
    fn drop(&mut self) {
        for (slot, report) in self.writers.iter_mut().zip(&self.reports.files) {
            if let Some(Writer { writer, body }) = slot.take() {
                report.store().add(self.key.clone(), writer.finish(), body);
            }
        }
    }
}

impl Report {
    fn new(format: Box<dyn Format>, target: Target) -> Self {
        Self { format, recording: false, store: Mutex::default(), target: Mutex::new(target) }
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
