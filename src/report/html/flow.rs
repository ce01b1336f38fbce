//! One flow of the page: its heading, its steps, what is wrong with it as a whole, and its lines in the list of failures.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write};
use std::sync::Arc;

use super::escape;
use super::step::{self, Place};
use crate::event::{EventKind, FlowOutcome, Outcome, Phase, RunEvent, StepOutcome};
use crate::redact::Redacted;
use crate::report::{FlowWriter, Frame, Key, describe, display};

/// The most lines of one flow in the list of failures.
const LISTED: u32 = 50;

/// Steps that are laid out together once one of them comes into sight.
const GROUP: u32 = 50;

/// Writes one flow.
pub(super) struct Section {
    key: Key,
    id: String,
    title: String,
    name: String,
    /// How often a step's id was given, by its hash.
    seen: HashMap<u64, u32>,
    /// The flow whose steps are being written, and whether they are cleanups.
    whose: Option<Arc<str>>,
    cleanups: bool,
    /// Steps in the group that is open; 0 where none is.
    grouped: u32,
    listed: u32,
    index: String,
    ended: Option<FlowOutcome>,
    /// One step, before it is written: its buffer is kept.
    text: String,
}

impl Section {
    pub(super) fn new(key: &Key) -> Self {
        let mut id = String::new();
        escape::id(&mut id, &key.path);
        key.row.iter().for_each(|row| write!(id, ".row-{row}").unwrap_or_default());
        key.repeat.iter().for_each(|repeat| write!(id, ".repeat-{repeat}").unwrap_or_default());
        Self {
            key: key.clone(),
            id,
            title: format!("{}{}", key.path, key.suffix()),
            name: String::new(),
            seen: HashMap::new(),
            whose: None,
            cleanups: false,
            grouped: 0,
            listed: 0,
            index: String::new(),
            ended: None,
            text: String::new(),
        }
    }
}

impl FlowWriter for Section {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::FlowStarted { name, .. } if self.name.is_empty() => self.name.clone_from(name),
            EventKind::StepFinished(step) => self.step(event, step, body)?,
            EventKind::FlowFinished(flow) => {
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                self.close_group(&mut text);
                self.text = text;
                for problem in &flow.problems {
                    step::problem(&mut self.text, problem);
                }
                step::warnings(&mut self.text, &flow.warnings);
                if flow.invalid {
                    self.text.push_str("<p class=\"bad\">invalid: nothing was sent</p>\n");
                } else if flow.outcome == Outcome::Skipped && flow.counts.steps() > 0 {
                    self.text.push_str("<p class=\"warn\">every step was skipped, which is not success</p>\n");
                }
                body.write_all(self.text.as_bytes())?;
                let why = flow.problems.first().map(|p| describe::first_line(&p.message));
                if let Some(why) = why.or(describe::idle(flow)) {
                    self.list(None, None, why);
                }
                self.ended = Some((**flow).clone());
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Frame {
        let mut tail = String::new();
        if self.ended.is_none() {
            self.close_group(&mut tail);
            tail.push_str("<p class=\"bad\">the flow did not end</p>\n");
            self.list(None, None, "the flow did not end");
        }
        if self.listed > LISTED {
            let more = display::count(u64::from(self.listed - LISTED), "more failure");
            writeln!(self.index, "<li><a href=\"#{}\">… {more} in this flow</a></li>", self.id).ok();
        }
        tail.push_str("</details>\n</section>\n");
        Frame { head: self.head(), tail, index: self.index, ..Frame::default() }
    }
}

impl Section {
    fn head(&self) -> String {
        let outcome = self.ended.as_ref().map_or(Outcome::Failed, |flow| flow.outcome);
        // A flow whose steps were all skipped is no success: the filter must not hide it.
        let class = if outcome == Outcome::Passed { "p" } else { "f" };
        let mut out = format!("<section class=\"flow {class}\" id=\"{}\">\n<details open><summary><h2>", self.id);
        escape::text(&mut out, &self.title);
        out.push_str("</h2>");
        let stem = self.key.path.rsplit('/').next().and_then(|file| file.strip_suffix(".flow.yaml"));
        if stem != Some(&*self.name) {
            out.push_str(" <span>");
            escape::text(&mut out, &self.name);
            out.push_str("</span>");
        }
        let Some(flow) = &self.ended else { return out + "</summary>\n" };
        let c = &flow.counts;
        let parts = [
            (c.steps_passed, "passed"),
            (c.steps_failed, "failed"),
            (c.steps_skipped, "skipped"),
            (c.cleanups, "cleaned up"),
        ];
        let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        let time = display::duration(flow.duration_ms);
        let between = if parts.is_empty() { "" } else { " · " };
        writeln!(out, " <span class=\"soft\">{}{between}{time}</span></summary>", parts.join(", ")).ok();
        out
    }

    fn step(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        let id = self.step_id(event, step);
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let cleanups = step.phase == Phase::Cleanup && !std::mem::replace(&mut self.cleanups, true);
        if cleanups || self.grouped == GROUP {
            self.close_group(&mut text);
        }
        if cleanups {
            text.push_str("<h3>Cleanup</h3>\n");
            self.whose = None;
        }
        if self.grouped == 0 {
            text.push_str("<div class=\"g\">\n");
        }
        self.grouped += 1;
        let whose = event.flow.as_ref().filter(|flow| **flow != self.key.path);
        if self.whose.as_ref() != whose {
            text.push_str("<p class=\"whose\">↳ ");
            escape::text(&mut text, whose.unwrap_or(&self.key.path));
            text.push_str("</p>\n");
            self.whose = whose.cloned();
        }
        let path = event.flow.as_deref().unwrap_or(&self.key.path);
        step::write(&mut text, step, &Place { id: &id, item: event.item, path });
        let written = body.write_all(text.as_bytes());
        self.text = text;
        if step.outcome == Outcome::Failed {
            self.list(Some(&id), Some((step, event.item)), &describe::headline(step));
        }
        written
    }

    fn close_group(&mut self, out: &mut String) {
        if std::mem::take(&mut self.grouped) > 0 {
            out.push_str("</div>\n");
        }
    }

    /// The id of a step: its flow's, and its own `id` or name, so that a link still leads there when steps were added.
    fn step_id(&mut self, event: &RunEvent, step: &StepOutcome) -> String {
        let mut id = format!("{}:", self.id);
        if let Some(flow) = event.flow.as_deref().filter(|flow| **flow != *self.key.path) {
            escape::id(&mut id, flow);
            id.push(':');
        }
        if step.phase == Phase::Cleanup {
            id.push_str("cleanup:");
        }
        let name = step.id.as_deref().unwrap_or(&step.name);
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        escape::id(&mut id, &words.collect::<Vec<_>>().join("-").to_lowercase());
        event.item.iter().for_each(|item| write!(id, ".{item}").unwrap_or_default());
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let count = self.seen.entry(hasher.finish()).and_modify(|n| *n += 1).or_insert(1);
        if *count > 1 {
            write!(id, ":{count}").ok();
        }
        id
    }

    fn list(&mut self, id: Option<&str>, step: Option<(&StepOutcome, Option<u32>)>, why: &str) {
        self.listed += 1;
        if self.listed > LISTED {
            return;
        }
        let out = &mut self.index;
        write!(out, "<li><a href=\"#{}\">", id.unwrap_or(&self.id)).ok();
        escape::text(out, &self.title);
        if let Some((step, item)) = step {
            out.push_str(" › ");
            escape::text(out, &step.name);
            item.iter().for_each(|item| write!(out, " [{item}]").unwrap_or_default());
        }
        out.push_str("</a>: ");
        escape::text(out, why);
        out.push_str("</li>\n");
    }
}
