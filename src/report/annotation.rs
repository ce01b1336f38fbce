//! GitHub Actions annotations: a failure shown on its own line of the YAML.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use super::{FlowWriter, Format, Frame, Key, Run, Segments, describe, display};
use crate::event::{EventKind, Outcome, Problem, RunEvent, Snippet, StepOutcome};
use crate::redact::Redacted;

/// How many errors GitHub shows of one step of a job; it drops the others.
const SHOWN: usize = 10;

/// One command of the runner. What a user or a server wrote is escaped as the runner wants it, so that it starts no other.
pub(crate) struct Annotation<'a> {
    /// `error` or `warning`.
    pub(crate) level: &'a str,
    /// The file, and the line and column in it, from 1.
    pub(crate) file: &'a str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) title: &'a str,
    pub(crate) message: &'a str,
}

impl fmt::Display for Annotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, file, line, column, title, message } = self;
        write!(f, "::{level} file={},line={line},col={column}", property(file))?;
        writeln!(f, ",title={}::{}", property(title), data(message.trim_end()))
    }
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The format.
pub(super) struct Annotations {
    /// What stands before each path.
    pub(super) prefix: Arc<str>,
}

impl Format for Annotations {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        Box::new(Writer { key: key.clone(), prefix: Arc::clone(&self.prefix), written: 0 })
    }

    fn assemble(&self, _: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        segments.copy("", &mut FirstLines { out, left: SHOWN })
    }
}

/// Writes one flow.
struct Writer {
    key: Key,
    prefix: Arc<str>,
    written: usize,
}

impl FlowWriter for Writer {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::StepFinished(step) if step.outcome == Outcome::Failed => self.step(event, step, body),
            EventKind::FlowFinished(flow) => {
                let title = format!("{}{}", flow.name, self.key.suffix());
                flow.problems.iter().try_for_each(|problem| self.problem(problem, &title, None, "", body))
            }
            _ => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Frame {
        Frame::default()
    }
}

impl Writer {
    fn step(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        let item = event.item.map_or_else(String::new, |item| format!(" [{item}]"));
        let title = format!("{}{item}{}", step.name, self.key.suffix());
        let own = event.flow.clone().unwrap_or_else(|| self.key.path.clone());
        let mut exchanged = String::new();
        step.exchanges.last().iter().for_each(|exchange| describe::exchange(&mut exchanged, exchange));
        for problem in &step.problems {
            self.problem(problem, &title, Some((&own, step.line)), &exchanged, body)?;
        }
        for assertion in step.assertions.iter().filter(|a| !a.passed) {
            let mut text = String::new();
            describe::assertion(&mut text, assertion);
            self.one(assertion.at.as_ref(), (&own, step.line), &title, &(text + &exchanged), body)?;
        }
        Ok(())
    }

    fn problem(
        &mut self,
        problem: &Problem,
        title: &str,
        step: Option<(&str, u32)>,
        exchanged: &str,
        body: &mut dyn Write,
    ) -> io::Result<()> {
        let mut text = String::new();
        describe::problem(&mut text, problem);
        let path = self.key.path.clone();
        self.one(problem.at.as_ref(), step.unwrap_or((&path, 1)), title, &(text + exchanged), body)
    }

    fn one(
        &mut self,
        at: Option<&Snippet>,
        step: (&str, u32),
        title: &str,
        text: &str,
        body: &mut dyn Write,
    ) -> io::Result<()> {
        self.written += 1;
        if self.written > SHOWN {
            return Ok(());
        }
        let (file, line, column) = at.map_or((step.0, step.1, 1), |at| (&at.file, at.line, at.column));
        let file = format!("{}{file}", self.prefix);
        // The place stands beside it already.
        let told = |line: &&str| !line.starts_with("  at ") && !line.starts_with("  | ");
        let shown: Vec<_> = text.lines().filter(told).map(display::line).collect();
        let title = display::line(title);
        let message = shown.join("\n");
        let annotation = Annotation { level: "error", file: &file, line, column, title: &title, message: &message };
        write!(body, "{annotation}")
    }
}

/// Passes on the first lines and drops the rest.
struct FirstLines<'a> {
    out: &'a mut dyn Write,
    left: usize,
}

impl Write for FirstLines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in bytes.split_inclusive(|b| *b == b'\n').take_while(|_| self.left > 0).collect::<Vec<_>>() {
            if self.left == 0 {
                break;
            }
            self.out.write_all(line)?;
            self.left -= usize::from(line.ends_with(b"\n"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{Flow, Shared, detailed, failing, options, play};
    use crate::report::terminal::{Terminal, Verbosity};
    use crate::report::{Reports, Target};
    use serde_json::json;

    fn annotations(flows: &[Flow]) -> String {
        let file = Shared::default();
        let view = Terminal::new(options(Verbosity::Quiet, false), Box::new(Shared::default()));
        let target = Target::Stream(Box::new(file.clone()));
        play(Reports::new(view, Vec::new()).annotate("api/".to_owned(), target), false, flows);
        file.text()
    }

    #[test]
    fn a_failure_stands_on_its_line() {
        let failed = failing("A, b: c", detailed("GET", "https://x.example/a", 200, "{}"), json!("100%"), json!("y"));
        let expected = "::error file=api/flows/guest.flow.yaml,line=38,col=24,title=A%2C b%3A c::\
            $.displayName equals \"100%25\"%0A  \
            expected: \"100%25\"%0A  actual: \"y\"%0Arequest: GET https://x.example/a%0Areply: 200 OK%0A\
            trackingid: ROUTER_65\n";
        assert_eq!(annotations(&[Flow::new("flows/a.flow.yaml", "a").step(failed).end()]), expected);
    }

    #[test]
    fn no_text_starts_another_command() {
        let evil = "x\n::error::y\r::warning::\n##[group]z";
        let failed = failing(evil, detailed("GET", evil, 200, evil), json!(evil), json!(evil));
        let text = annotations(&[Flow::new("flows/a.flow.yaml", evil).step(failed).end()]);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with("::error file=") && !text.contains("##["), "{text}");
    }

    #[test]
    fn no_more_than_github_shows() {
        let failed = || failing("A", detailed("GET", "https://x.example/a", 200, "{}"), json!(1), json!(2));
        let flow = |path| (0..7).fold(Flow::new(path, "a"), |flow, _| flow.step(failed())).end();
        assert_eq!(annotations(&[flow("flows/a.flow.yaml"), flow("flows/b.flow.yaml")]).lines().count(), SHOWN);
    }
}
