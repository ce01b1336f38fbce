//! Captures of a step: names bound to what its reply holds.

use std::sync::Arc;

use super::flow::Runner;
use super::replay::UNKNOWN;
use super::step::placed;
use crate::check::{CheckError, Reply};
use crate::event::{Capture, Problem, StepOutcome};
use crate::flow::{NamedCapture, Step};
use crate::redact::{PLACEHOLDER, Redactor};
use crate::template::{TemplateValue, from_template_value, to_template_value};
use crate::value::Value;

impl Runner<'_, '_> {
    /// Evaluates all captures, also after one failed.
    pub(super) fn capture(&mut self, step: &Step, reply: &Reply<'_>, outcome: &mut StepOutcome) {
        for NamedCapture { name, capture, .. } in &step.captures {
            let claim = format!("capture {name}");
            match self.render(|r| capture.evaluate(reply, r.names)) {
                Ok(captured) if self.is_cut(&captured.value, reply) => self.not_replayable(name, &claim, outcome),
                Ok(captured) => {
                    let mut names = Vec::new();
                    capture.names(&mut |used| names.push(used));
                    let secret = captured.secret || names.iter().any(|used| self.scope.names_secret(used));
                    if secret {
                        self.render(|r| r.learn(name, &captured.value, || names));
                    }
                    outcome.captures.push(Capture {
                        name: Arc::clone(name),
                        value: preview(&captured.value, self.context.redactor),
                        secret,
                    });
                    self.scope.bind(name, to_template_value(&captured.value), secret);
                }
                Err(error) => {
                    let CheckError { message, span } = error;
                    let known = self.notes.recorded.failed.contains(&claim);
                    if !known && self.context.replay.is_some_and(|replay| replay.hides(reply.response)) {
                        self.not_replayable(name, &claim, outcome);
                        continue;
                    }
                    self.notes.made.failed.push(claim);
                    let message = format!("cannot capture `{name}`: {message}");
                    let problem = Problem { message, help: None, code: None, at: None };
                    outcome.problems.push(placed(problem, &self.flow().source, span));
                    self.lose(step, name, "could not capture it");
                }
            }
        }
    }

    /// Whether what was captured is a piece of what a recording has in the place of a secret.
    fn is_cut(&self, value: &Value, reply: &Reply<'_>) -> bool {
        let text = value.as_str().filter(|text| !text.contains(PLACEHOLDER));
        text.zip(self.context.replay).is_some_and(|(text, replay)| replay.cuts(text, reply.response))
    }

    fn not_replayable(&mut self, name: &Arc<str>, claim: &str, outcome: &mut StepOutcome) {
        outcome.warnings.push(format!("not replayable: `{claim}` depends on a secret's value"));
        self.scope.bind(name, TemplateValue::from(UNKNOWN), true);
    }
}

/// A captured value for the event: whole where it is small. Masked before it is cut, as a body is.
fn preview(value: &Value, redactor: &Redactor) -> Value {
    const LARGEST: usize = 1 << 10;
    match value {
        Value::String(text) if text.len() > LARGEST => {
            let text = redactor.mask_fields(text);
            let end = text.char_indices().map(|(i, _)| i).take_while(|i| *i <= LARGEST).last().unwrap_or(0);
            Value::from(format!("{}…", text.get(..end).unwrap_or("")))
        }
        Value::Array(items) if items.len() > 20 => Value::from(format!("a list of {} items", items.len())),
        Value::Object(map) if map.len() > 20 => Value::from(format!("an object of {} keys", map.len())),
        other => other.clone(),
    }
}

pub(super) fn preview_of(value: &TemplateValue, redactor: &Redactor) -> Value {
    from_template_value(value).map_or(Value::Null, |value| preview(&value, redactor))
}
