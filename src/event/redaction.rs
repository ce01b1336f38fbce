//! Which texts of an event can hold a secret: all that a user or a server wrote.

use std::borrow::Cow;

use super::{
    Assertion, Body, Capture, EventKind, Exchange, FlowOutcome, Header, Problem, RunEvent, Snippet, StepOutcome,
};
use crate::redact::{Redact, Redactor};
use crate::value::Value;

impl Redact for RunEvent {
    fn redact(&mut self, redactor: &Redactor) {
        match &mut self.kind {
            EventKind::FlowStarted { name, .. } => name.redact(redactor),
            EventKind::StepFinished(step) => step.redact(redactor),
            EventKind::FlowFinished(flow) => flow.redact(redactor),
            // Names are literal in the file, the rest are numbers and closed words.
            EventKind::RunStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::Wait(_)
            | EventKind::RunFinished(_) => {}
        }
    }
}

impl Redact for StepOutcome {
    fn redact(&mut self, redactor: &Redactor) {
        self.skipped.redact(redactor);
        self.exchanges.redact(redactor);
        self.assertions.redact(redactor);
        self.captures.redact(redactor);
        self.problems.redact(redactor);
        self.warnings.redact(redactor);
    }
}

impl Redact for FlowOutcome {
    fn redact(&mut self, redactor: &Redactor) {
        self.name.redact(redactor);
        self.problems.redact(redactor);
        self.warnings.redact(redactor);
    }
}

impl Redact for Exchange {
    fn redact(&mut self, redactor: &Redactor) {
        fields(&mut self.url, redactor);
        self.headers.redact(redactor);
        self.body.redact(redactor);
        self.error.redact(redactor);
        self.failure.iter_mut().for_each(|failure| failure.help.redact(redactor));
        if let Some(reply) = &mut self.reply {
            reply.reason.redact(redactor);
            reply.headers.redact(redactor);
            reply.body.redact(redactor);
            reply.hint.redact(redactor);
        }
    }
}

impl Redact for Header {
    fn redact(&mut self, redactor: &Redactor) {
        fields(&mut self.value, redactor);
    }
}

impl Redact for Body {
    fn redact(&mut self, redactor: &Redactor) {
        self.text.redact(redactor);
    }
}

impl Redact for Assertion {
    fn redact(&mut self, redactor: &Redactor) {
        self.subject.redact(redactor);
        message(&mut self.predicate, redactor);
        self.expected.redact(redactor);
        self.actual.redact(redactor);
        self.message.iter_mut().for_each(|text| message(text, redactor));
        self.at.redact(redactor);
    }
}

impl Redact for Capture {
    fn redact(&mut self, redactor: &Redactor) {
        if self.secret {
            self.value = Value::String(crate::redact::MASK.to_owned());
        } else {
            self.value.redact(redactor);
        }
    }
}

impl Redact for Problem {
    fn redact(&mut self, redactor: &Redactor) {
        message(&mut self.message, redactor);
        self.help.redact(redactor);
        self.at.redact(redactor);
    }
}

impl Redact for Snippet {
    fn redact(&mut self, redactor: &Redactor) {
        self.text.redact(redactor);
    }
}

/// Masks a URL or a header's value.
fn fields(text: &mut String, redactor: &Redactor) {
    if let Cow::Owned(masked) = redactor.mask_fields(text) {
        *text = masked;
    }
}

/// Masks a sentence that may quote a value.
fn message(text: &mut String, redactor: &Redactor) {
    if let Cow::Owned(masked) = redactor.mask_message(text) {
        *text = masked;
    }
}
