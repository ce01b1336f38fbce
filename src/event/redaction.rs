//! Which texts of an event can hold a secret: all that a user or a server wrote.

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
        self.url.redact(redactor);
        self.headers.redact(redactor);
        self.body.redact(redactor);
        self.error.redact(redactor);
        if let Some(reply) = &mut self.reply {
            reply.reason.redact(redactor);
            reply.headers.redact(redactor);
            reply.body.redact(redactor);
        }
    }
}

impl Redact for Header {
    fn redact(&mut self, redactor: &Redactor) {
        self.value.redact(redactor);
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
        self.predicate.redact(redactor);
        self.expected.redact(redactor);
        self.actual.redact(redactor);
        self.message.redact(redactor);
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
        self.message.redact(redactor);
        self.help.redact(redactor);
        self.at.redact(redactor);
    }
}

impl Redact for Snippet {
    fn redact(&mut self, redactor: &Redactor) {
        self.text.redact(redactor);
    }
}
