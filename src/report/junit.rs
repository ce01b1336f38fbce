//! JUnit XML as Jenkins, GitLab and GitHub's actions read it: one test case per step, loop item and cleanup.
//!
//! There is no standard; what is written here is the part on which the usual schemas agree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write};
use std::sync::Arc;

use super::display::{Commands, steers};
use super::{FlowWriter, Format, Frame, Key, Run, Segments, Tally, describe};
use crate::event::{EventKind, FlowOutcome, Outcome, Phase, Reason, RunEvent, StepOutcome};
use crate::redact::Redacted;

/// The format.
pub(super) struct Junit;

impl Format for Junit {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        Box::new(Suite {
            name: format!("{}{}", key.path, key.suffix()),
            path: key.path.clone(),
            suffix: key.suffix(),
            warnings: String::new(),
            started: String::new(),
            title: String::new(),
            tally: Tally::default(),
            seen: HashMap::new(),
            ended: None,
        })
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        let time = run.summary().duration_ms;
        let started = run.started.as_ref().map_or("", |event| event.time.as_str());
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(out, r#"<testsuites name="wxflow" {}>"#, totals(segments.tally(), time, started))?;
        segments.copy("", out)?;
        writeln!(out, "</testsuites>")
    }
}

/// One flow run.
struct Suite {
    name: String,
    path: Arc<str>,
    suffix: String,
    /// Of the flow as a whole.
    warnings: String,
    started: String,
    /// The flow's `name`.
    title: String,
    tally: Tally,
    /// How often a name was given, by its hash: consumers take two cases of one name for one.
    seen: HashMap<u64, u32>,
    ended: Option<f64>,
}

/// What became of a test case.
enum Verdict {
    Passed,
    Failed { kind: &'static str, message: String, text: String },
    Broken { kind: String, message: String, text: String },
    Skipped(String),
}

impl FlowWriter for Suite {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::FlowStarted { name, .. } if self.started.is_empty() => {
                self.started.clone_from(&event.time);
                self.title.clone_from(name);
                writeln!(body, "    <properties>")?;
                writeln!(body, r#"      <property name="flow" value="{}"/>"#, attribute(name))?;
                writeln!(body, "    </properties>")
            }
            EventKind::StepFinished(step) => self.step(event, step, body),
            EventKind::FlowFinished(flow) => {
                self.ended = Some(flow.duration_ms);
                self.flow(flow, body)
            }
            _ => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Frame {
        let (mut tally, mut tail) = (self.tally, String::new());
        if self.ended.is_none() {
            tally.tests += 1;
            tally.errors += 1;
            let name = attribute(&self.name);
            let file = attribute(&self.path);
            let place = format!(r#"classname="{name}" file="{file}""#);
            writeln!(tail, r#"    <testcase name="the flow did not end" {place} time="0.000">"#).ok();
            tail.push_str("      <error message=\"the flow did not end\" type=\"interrupted\"/>\n    </testcase>\n");
        }
        if !self.warnings.is_empty() {
            writeln!(tail, "    <system-out>{}</system-out>", content(&self.warnings)).ok();
        }
        tail.push_str("  </testsuite>\n");
        let totals = totals(tally, self.ended.unwrap_or_default(), &self.started);
        let head = format!("  <testsuite name=\"{}\" {totals}>\n", attribute(&self.name));
        Frame { head, tail, tally, ..Frame::default() }
    }
}

impl Suite {
    fn step(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        let item = event.item.map_or_else(String::new, |item| format!(" [{item}]"));
        let phase = if step.phase == Phase::Cleanup { " (cleanup)" } else { "" };
        let flow = event.flow.clone().unwrap_or_else(|| self.path.clone());
        let verdict = match step.outcome {
            Outcome::Passed => Verdict::Passed,
            Outcome::Skipped => Verdict::Skipped(step.skipped.clone().unwrap_or_default()),
            Outcome::Failed => Verdict::Failed {
                kind: if step.problems.is_empty() { "assertion" } else { "problem" },
                message: describe::headline(step),
                text: describe::failure(step),
            },
        };
        let mut out = step.warnings.iter().fold(String::new(), |out, warning| out + "warning: " + warning + "\n");
        // A poll says how often it looks, so that its first wait stands for all.
        let mut polled = false;
        for wait in step.waits.iter().filter(|w| w.reason != Reason::Step) {
            if wait.reason != Reason::Poll || !std::mem::replace(&mut polled, true) {
                writeln!(out, "{}", describe::wait(wait)).ok();
            }
        }
        self.case(&format!("{}{item}{phase}", step.name), &flow, step.duration_ms, &verdict, &out, body)
    }

    /// What is wrong with the flow as a whole is a case of its own.
    fn flow(&mut self, flow: &FlowOutcome, body: &mut dyn Write) -> io::Result<()> {
        self.warnings = flow.warnings.iter().fold(String::new(), |out, warning| out + "warning: " + warning + "\n");
        let idle = describe::idle(flow);
        if flow.problems.is_empty() && !flow.invalid && idle.is_none() {
            return Ok(());
        }
        let mut text = String::new();
        for problem in &flow.problems {
            describe::problem(&mut text, problem);
        }
        let first = flow.problems.first();
        let message =
            first.map(|p| describe::first_line(&p.message)).or(idle).unwrap_or("the flow is invalid").to_owned();
        let verdict = if flow.invalid {
            let kind = first.and_then(|p| p.code.clone()).unwrap_or_else(|| "invalid".to_owned());
            Verdict::Broken { kind, message, text }
        } else if idle.is_some() && flow.counts.steps() == 0 {
            Verdict::Skipped(message)
        } else {
            Verdict::Failed { kind: "problem", message, text }
        };
        let path = self.path.clone();
        self.case(&flow.name, &path, 0.0, &verdict, "", body)
    }

    fn case(
        &mut self,
        name: &str,
        flow: &str,
        ms: f64,
        verdict: &Verdict,
        system_out: &str,
        body: &mut dyn Write,
    ) -> io::Result<()> {
        self.tally.tests += 1;
        let class = format!("{flow}{}", self.suffix);
        let mut hasher = DefaultHasher::new();
        (name, &class).hash(&mut hasher);
        let count = self.seen.entry(hasher.finish()).and_modify(|n| *n += 1).or_insert(1);
        let number = if *count > 1 { format!(" ({count})") } else { String::new() };
        let (name, class, file) = (attribute(name), attribute(&class), attribute(flow));
        let time = seconds(ms);
        write!(body, r#"    <testcase name="{name}{number}" classname="{class}" file="{file}" time="{time}""#)?;
        if matches!(verdict, Verdict::Passed) && system_out.is_empty() {
            return writeln!(body, "/>");
        }
        writeln!(body, ">")?;
        match verdict {
            Verdict::Passed => {}
            Verdict::Failed { kind, message, text } => {
                self.tally.failures += 1;
                verdict_element("failure", kind, message, text, body)?;
            }
            Verdict::Broken { kind, message, text } => {
                self.tally.errors += 1;
                verdict_element("error", kind, message, text, body)?;
            }
            Verdict::Skipped(why) => {
                self.tally.skipped += 1;
                writeln!(body, r#"      <skipped message="{}"/>"#, attribute(why))?;
            }
        }
        if !system_out.is_empty() {
            writeln!(body, "      <system-out>{}</system-out>", content(system_out))?;
        }
        writeln!(body, "    </testcase>")
    }
}

fn verdict_element(element: &str, kind: &str, message: &str, text: &str, body: &mut dyn Write) -> io::Result<()> {
    let (kind, message, text) = (attribute(kind), attribute(message), content(text));
    writeln!(body, r#"      <{element} message="{message}" type="{kind}">{text}</{element}>"#)
}

fn totals(tally: Tally, ms: f64, started: &str) -> String {
    let Tally { tests, failures, errors, skipped } = tally;
    let time = seconds(ms);
    // Seconds in UTC without a zone: the one form that every schema takes.
    let timestamp = started.get(..19).map_or_else(String::new, |t| format!(r#" timestamp="{}""#, attribute(t)));
    format!(r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="{time}"{timestamp}"#)
}

fn seconds(ms: f64) -> String {
    format!("{:.3}", ms / 1000.0)
}

/// Text for an attribute: on one line, as XML readers turn a line break there into a space.
fn attribute(text: &str) -> String {
    content(&allowed(text).replace(['\n', '\r', '\t'], " "))
}

fn content(text: &str) -> String {
    let escaped = quick_xml::escape::escape(allowed(text));
    // What CI systems take for a command where the report goes to stdout, and what reorders a line, written so that readers
    // see the same.
    let mut commands = Commands::default();
    let mut out = String::with_capacity(escaped.len());
    for c in escaped.chars() {
        if commands.ends_with(c) || (steers(c) && !matches!(c, '\n' | '\t')) {
            write!(out, "&#{};", u32::from(c)).ok();
        } else {
            out.push(c);
        }
    }
    out
}

/// Without ANSI sequences, and without the characters that XML 1.0 cannot hold in any form (section 2.2) or
/// discourages.
fn allowed(text: &str) -> Cow<'_, str> {
    let good = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    if text.chars().all(good) {
        return Cow::Borrowed(text);
    }
    let plain = anstream::adapter::strip_str(text).to_string();
    Cow::Owned(plain.chars().filter(|c| good(*c)).collect())
}

#[cfg(test)]
pub(super) mod tests;
