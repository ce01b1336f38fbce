//! A predicate: what a value must be. Compiled once; asked of borrowed values.
//!
//! Three passes, one file each: `lower` reads and refuses, `holds` judges without making text, `explain` finds the words
//! for what failed.

mod actual;
mod domain;
mod explain;
mod holds;
mod lower;
mod operator;

use std::borrow::Cow;

use regex::Regex;

pub(super) use actual::Actual;
pub(super) use domain::Domain;
pub(super) use explain::short;
pub use lower::meant_operator;
pub use operator::Operator;

use super::verdict::{Verdict, preview, preview_list, preview_text, small, small_text};
use crate::source::Span;
use crate::template::{Context, NameUse, RenderError, ValueTemplate};
use crate::value::Value;
use explain::Place;
use holds::{Fault, Ready, ReadyOperand};

/// Operators, all of which must hold. A plain value in a flow is one `eq`.
#[derive(Debug)]
pub struct Predicate {
    tests: Box<[Test]>,
    domain: Domain,
}

#[derive(Debug)]
struct Test {
    operator: Operator,
    span: Span,
    operand: Operand,
}

#[derive(Debug)]
enum Operand {
    Literal(Box<Value>),
    Template(Box<ValueTemplate>),
    Regex(Box<Regex>),
    Predicate(Predicate),
}

/// An operand that could not be had.
struct Unready {
    message: String,
    /// Something in its template is not there, which may come with a later reply.
    undefined: bool,
}

impl From<RenderError> for Unready {
    fn from(error: RenderError) -> Self {
        Self { message: super::sentence(&error), undefined: error.undefined }
    }
}

/// What the words of a verdict need to know about its subject.
pub(super) struct About<'a> {
    /// As the flow names it.
    pub(super) subject: &'a str,
    /// The sentence for "there is none".
    pub(super) missing: &'a dyn Fn() -> String,
}

impl Predicate {
    /// Judges `actual`: one verdict for each operator.
    pub(super) fn judge(&self, about: &About<'_>, actual: Actual<'_>, context: &Context<'_>, out: &mut Vec<Verdict>) {
        for test in &self.tests {
            out.push(match test.ready(self.domain, context) {
                Ok(ready) => verdict(&ready, about, actual),
                Err(unready) => Verdict {
                    pending: unready.undefined,
                    broken: !unready.undefined,
                    ..Verdict::broken(about.subject, test.operator.words(), test.span, unready.message)
                },
            });
        }
    }

    /// One failed verdict for the whole predicate: there was nothing to ask it of, for the reason in `message`.
    pub(super) fn unanswered(&self, subject: &str, message: String) -> Verdict {
        let words: Vec<_> = self.tests.iter().map(|test| test.operator.words()).collect();
        let span = self.tests.first().map_or(Span::default(), |test| test.span);
        let verdict = Verdict::failed(subject, words.join(", "), span);
        Verdict { message: Some(message), pending: true, ..verdict }
    }

    /// Visits every name its templates use.
    pub fn names(&self, visit: &mut dyn FnMut(NameUse)) {
        for test in &self.tests {
            match &test.operand {
                Operand::Template(template) => template.names().into_iter().for_each(&mut *visit),
                Operand::Predicate(inner) => inner.names(visit),
                Operand::Literal(_) | Operand::Regex(_) => {}
            }
        }
    }

    fn ready(&self, context: &Context<'_>) -> Result<Vec<Ready<'_>>, Unready> {
        self.tests.iter().map(|test| test.ready(self.domain, context)).collect()
    }
}

impl Test {
    /// Renders what is a template in it, and refuses what it gave where the reader would have refused the literal.
    fn ready(&self, domain: Domain, context: &Context<'_>) -> Result<Ready<'_>, Unready> {
        let operand = match &self.operand {
            Operand::Literal(value) => ReadyOperand::Value(Cow::Borrowed(value)),
            Operand::Regex(regex) => ReadyOperand::Regex(regex),
            Operand::Predicate(inner) => ReadyOperand::Tests(inner.ready(context)?),
            Operand::Template(template) => {
                let (value, secret) = super::rendered(template, context)?;
                if let Some(problem) = domain.objects(self.operator, &value) {
                    // The words of a problem repeat the operand.
                    let name = self.operator.name();
                    let message = match secret {
                        true => format!("the operand of `{name}`, a secret, is not what `{name}` takes"),
                        false => format!("{}: {}", problem.message, problem.help),
                    };
                    return Err(Unready { message, undefined: false });
                }
                return Ok(Ready {
                    operator: self.operator,
                    span: self.span,
                    operand: ReadyOperand::Value(Cow::Owned(value)),
                    secret,
                });
            }
        };
        Ok(Ready { operator: self.operator, span: self.span, operand, secret: false })
    }
}

fn verdict(ready: &Ready<'_>, about: &About<'_>, actual: Actual<'_>) -> Verdict {
    let words = ready.operator.words();
    let Err(fault) = ready.holds(actual) else {
        let expected = match &ready.operand {
            ReadyOperand::Value(operand) if !ready.secret => small(operand),
            ReadyOperand::Regex(regex) => small_text(regex.as_str()),
            ReadyOperand::Value(_) | ReadyOperand::Tests(_) => small(&explain::wanted(ready)),
        };
        let actual = match (actual, actual.text()) {
            (_, Some(text)) => small_text(text),
            (Actual::Value(value), _) => small(value),
            _ => None,
        };
        // What equals a secret is one.
        let actual = if ready.secret { expected.clone() } else { actual };
        return Verdict { expected, actual, ..Verdict::passed(about.subject, words, ready.span) };
    };
    let message = match (fault, actual) {
        (_, Actual::Missing | Actual::NoNodes) => Some(missing(ready, about)),
        _ => explain::explain(ready, fault, actual, &Place::Subject(about.subject)),
    };
    let actual = match actual {
        Actual::Missing | Actual::NoNodes => None,
        Actual::Value(value) => Some(preview(value)),
        Actual::Text(text) | Actual::Header(text) => Some(preview_text(text)),
        Actual::Nodes(nodes) => Some(preview_list(nodes)),
    };
    let expected = Some(preview(&explain::wanted(ready)));
    let pending = fault != Fault::Unequal;
    Verdict { expected, actual, message, pending, ..Verdict::failed(about.subject, words, ready.span) }
}

/// The sentence for "nothing is there", with the way to want that where it looks like it was wanted.
fn missing(ready: &Ready<'_>, about: &About<'_>) -> String {
    let wants_nothing = match (&ready.operand, ready.operator) {
        (_, Operator::Not) => true,
        (ReadyOperand::Value(operand), Operator::Eq) => operand.is_null(),
        _ => false,
    };
    let text = (about.missing)();
    if wants_nothing { format!("{text}; if that is right, write `exists: false`") } else { text }
}
