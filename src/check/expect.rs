//! `expect`: every assertion about one reply, all of them judged, none skipped for another's failure.

use std::sync::Arc;

use super::predicate::{Predicate, short};
use super::reply::Reply;
use super::schema::SchemaCheck;
use super::shape::{CERTIFICATE, EXPECT};
use super::snapshot::SnapshotRule;
use super::status::StatusRule;
use super::subject::Subject;
use super::verdict::Verdict;
use super::{CheckError, Lower};
use crate::diagnostic::Code;
use crate::source::Span;
use crate::template::{Context, Expression, NameUse, Shown, read};
use crate::value::Value;
use crate::yaml::{Data, Fields, Node};

/// What a reply must be. The default is what a step without `expect` gets: a status below 400.
#[derive(Debug, Default)]
pub struct Expect {
    /// Shared with the `until` of its step, whose default it is.
    status: Option<Arc<StatusRule>>,
    assertions: Box<[Assertion]>,
}

/// One assertion: to add a kind, add a variant and the file that lowers and judges it.
#[derive(Debug)]
enum Assertion {
    Compare(Subject, Predicate),
    Schema(Box<SchemaCheck>),
    That(Box<Expression>, Span),
    /// Judged by the engine, which is handed the files.
    Snapshot(Box<SnapshotRule>),
}

impl Expect {
    /// Reads `expect`; every mistake in it is reported. What is left out for one keeps the flow from being run, not from
    /// having the rest of it checked.
    pub fn lower(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Self> {
        let Some(fields) = Fields::read(node, &EXPECT, cx.diagnostics) else {
            if let (Data::List(_) | Data::Scalar(..), Some(last)) = (&node.data, cx.diagnostics.last_mut()) {
                last.help("each thing to look at is a key: `expect: { status: 200, json: { $.name: Ada } }`");
            }
            return None;
        };
        if fields.keys().next().is_none() {
            cx.diagnostics
                .error(Code::MissingKey, node.span, "`expect` asks nothing")
                .help("leave it out: a status below 400 is expected then; or say what is expected");
        }
        let status = fields.get("status").and_then(|node| StatusRule::lower(node, cx)).map(Arc::new);
        let mut assertions = Vec::new();
        for (key, _) in fields.keys() {
            let Some(value) = EXPECT.key(key).and_then(|_| fields.get(key)) else { continue };
            match key {
                "headers" | "json" | "xpath" | "cookies" => named(key, value, cx, &mut assertions),
                "body" => compare(Subject::Body, value, cx, &mut assertions),
                "sha256" => compare(Subject::Sha256, value, cx, &mut assertions),
                "duration" => compare(Subject::Duration, value, cx, &mut assertions),
                "url" => compare(Subject::Url, value, cx, &mut assertions),
                "redirects" => compare(Subject::Redirects, value, cx, &mut assertions),
                "schema" => {
                    assertions.extend(SchemaCheck::lower(value, cx).map(|schema| Assertion::Schema(Box::new(schema))));
                }
                "snapshot" => {
                    assertions.extend(SnapshotRule::lower(value, cx).map(|rule| Assertion::Snapshot(Box::new(rule))));
                }
                "certificate" => certificate(value, cx, &mut assertions),
                "that" => that(value, cx, &mut assertions),
                _ => {}
            }
        }
        Some(Self { status, assertions: assertions.into() })
    }

    /// This, with the `status` of `other` where it has none of its own: what `poll.until` takes from `expect`.
    #[must_use]
    pub fn with_status_of(mut self, other: &Expect) -> Self {
        self.status = self.status.or_else(|| other.status.clone());
        self
    }

    /// The value of `snapshot`, where there is one; [`Expect::evaluate`] leaves it out.
    #[must_use]
    pub fn snapshot(&self) -> Option<&SnapshotRule> {
        self.assertions.iter().find_map(|assertion| match assertion {
            Assertion::Snapshot(rule) => Some(&**rule),
            _ => None,
        })
    }

    /// The value of `status`, where there is one.
    #[must_use]
    pub fn status(&self) -> Option<&StatusRule> {
        self.status.as_deref()
    }

    /// Takes the `status` of `other` where there is none here.
    pub fn default_status(&mut self, other: &Self) {
        if self.status.is_none() {
            self.status.clone_from(&other.status);
        }
    }

    /// Whether a reply with `status` is accepted: by `status`, else below 400.
    ///
    /// # Errors
    /// A template in `status` failed, or gave something that is no status.
    pub fn status_accepts(&self, status: u16, context: &Context<'_>) -> Result<bool, CheckError> {
        self.status.as_ref().map_or(Ok(status < 400), |rule| rule.accepts(status, context))
    }

    /// Whether `status` names exactly this code: only then are 429, 423 and 503 asked for.
    ///
    /// # Errors
    /// As [`Expect::status_accepts`].
    pub fn names_exactly(&self, status: u16, context: &Context<'_>) -> Result<bool, CheckError> {
        self.status.as_ref().map_or(Ok(false), |rule| rule.names_exactly(status, context))
    }

    /// Judges every assertion, in the file's order, the status first. `request` is where the step's request stands:
    /// the place of the status check that nobody wrote.
    #[must_use]
    pub fn evaluate(&self, reply: &Reply<'_>, context: &Context<'_>, request: Span) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(self.assertions.len() + 1);
        verdicts.push(self.judge_status(reply, context, request));
        for assertion in &self.assertions {
            match assertion {
                Assertion::Compare(subject, predicate) => subject.judge(predicate, reply, context, &mut verdicts),
                Assertion::Schema(schema) => verdicts.push(schema.judge(reply, context)),
                Assertion::That(expression, span) => verdicts.push(judge_that(expression, *span, context)),
                Assertion::Snapshot(_) => {}
            }
        }
        verdicts
    }

    /// What is asked about besides the status, in the file's order: `$.id`, `header link`, `schema`, an expression.
    #[must_use]
    pub fn subjects(&self) -> Vec<String> {
        let words = self.assertions.iter().map(|assertion| match assertion {
            Assertion::Compare(subject, _) => subject.name(),
            Assertion::Schema(_) => "schema".to_owned(),
            Assertion::That(expression, _) => expression.source().to_owned(),
            Assertion::Snapshot(_) => "snapshot".to_owned(),
        });
        words.collect()
    }

    /// The schema files that it names, as the flow does.
    pub fn schemas(&self) -> impl Iterator<Item = &str> {
        self.assertions.iter().filter_map(|assertion| match assertion {
            Assertion::Schema(schema) => schema.file(),
            _ => None,
        })
    }

    /// Visits every name its templates and expressions use.
    pub fn names(&self, visit: &mut dyn FnMut(NameUse)) {
        if let Some(status) = &self.status {
            status.names(visit);
        }
        for assertion in &self.assertions {
            match assertion {
                Assertion::Compare(_, predicate) => predicate.names(visit),
                Assertion::That(expression, _) => expression.names().into_iter().for_each(&mut *visit),
                Assertion::Schema(_) | Assertion::Snapshot(_) => {}
            }
        }
    }

    fn judge_status(&self, reply: &Reply<'_>, context: &Context<'_>, request: Span) -> Verdict {
        let status = reply.response.status;
        let actual = Some(Value::from(status));
        let Some(rule) = &self.status else {
            return if status < 400 {
                Verdict { actual, ..Verdict::passed("status", "below 400", request) }
            } else {
                let message = format!("{}, which `expect.status` does not ask for", answered(reply));
                let verdict = Verdict::failed("status", "below 400", request);
                Verdict { actual, message: Some(message), ..verdict }
            };
        };
        let judged = rule.accepts(status, context).and_then(|accepted| Ok((accepted, rule.wanted(context)?)));
        let (accepted, wanted) = match judged {
            Ok(judged) => judged,
            Err(error) => return Verdict::broken("status", "is", error.span, error.message),
        };
        let words = if wanted.is_array() { "is one of" } else { "is" };
        if accepted {
            Verdict { actual, expected: Some(wanted), ..Verdict::passed("status", words, rule.span()) }
        } else {
            let verdict = Verdict::failed("status", words, rule.span());
            Verdict { actual, expected: Some(wanted), message: Some(answered(reply)), ..verdict }
        }
    }
}

fn answered(reply: &Reply<'_>) -> String {
    let text = format!("the server answered {} {}", reply.response.status, reply.response.reason);
    text.trim_end().to_owned()
}

/// `headers`, `json`, `cookies`: a mapping from names to predicates.
fn named(key: &str, node: &Node<'_>, cx: &mut Lower<'_>, out: &mut Vec<Assertion>) {
    let Some(entries) = node.entries(format_args!("`{key}`"), cx.diagnostics) else { return };
    if entries.is_empty() {
        cx.diagnostics
            .error(Code::InvalidValue, node.span, format!("`{key}` is empty, so it asks nothing"))
            .help("leave it out, or say what is expected");
    }
    for (name, value) in entries {
        let subject = match key {
            "headers" => cx.header_name(name).map(Subject::Header),
            "json" => cx.json_path(name).map(|path| Subject::Json(Box::new(path))),
            "xpath" => cx.xpath(name).map(|path| Subject::XPath(Box::new(path))),
            _ => cx.cookie_name(name).map(Subject::Cookie),
        };
        match subject {
            Some(subject) => compare(subject, value, cx, out),
            // Its predicate is still read, so that all mistakes are reported together.
            None => drop(Predicate::lower(value, super::predicate::Domain::Any, cx)),
        }
    }
}

/// `certificate`: a mapping from what it says to predicates.
fn certificate(node: &Node<'_>, cx: &mut Lower<'_>, out: &mut Vec<Assertion>) {
    let Some(fields) = Fields::read(node, &CERTIFICATE, cx.diagnostics) else { return };
    if fields.keys().next().is_none() {
        cx.diagnostics
            .error(Code::InvalidValue, node.span, "`certificate` is empty, so it asks nothing")
            .help("ask `days_left`, `subject` or `issuer`: `certificate: { days_left: { gt: 14 } }`");
    }
    for (key, subject) in [("days_left", Subject::DaysLeft), ("subject", Subject::Owner), ("issuer", Subject::Issuer)] {
        if let Some(value) = fields.get(key) {
            compare(subject, value, cx, out);
        }
    }
}

fn compare(subject: Subject, node: &Node<'_>, cx: &mut Lower<'_>, out: &mut Vec<Assertion>) {
    let domain = subject.domain();
    out.extend(Predicate::lower(node, domain, cx).map(|predicate| Assertion::Compare(subject, predicate)));
}

fn that(node: &Node<'_>, cx: &mut Lower<'_>, out: &mut Vec<Assertion>) {
    let items = match &node.data {
        Data::List(items) if items.is_empty() => {
            cx.diagnostics
                .error(Code::InvalidValue, node.span, "`that` is empty, so it asks nothing")
                .help("leave it out, or write an expression that must be true");
            return;
        }
        Data::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    for item in items {
        let expression = read::expression(item, "an expression of `that`", cx.diagnostics);
        out.extend(expression.map(|e| Assertion::That(Box::new(e), item.span)));
    }
}

/// Judges one expression that must be true, for `that` and for `check`.
#[must_use]
pub fn judge_that(expression: &Expression, span: Span, context: &Context<'_>) -> Verdict {
    let subject = expression.source();
    let hidden = context.is_replay() && expression.names().iter().any(|used| context.is_unknown(used));
    let reason = match expression.evaluate_bool(context) {
        Ok(true) => return Verdict { hidden, ..Verdict::passed(subject, "is true", span) },
        Ok(false) => None,
        Err(error) => Some(super::sentence(&error)),
    };
    // After an error, what it asks about may not be there yet.
    let pending = reason.is_some();
    // What is not there, the error names.
    let shown = expression.explain(context).into_iter().filter(|shown| !pending || shown.value.is_some());
    let shown: Vec<_> = shown.map(|shown| value_in(&shown)).collect();
    let message = reason.into_iter().chain((!shown.is_empty()).then(|| shown.join(", "))).collect::<Vec<_>>();
    Verdict {
        message: (!message.is_empty()).then(|| message.join("; ")),
        pending,
        hidden,
        ..Verdict::failed(subject, "is true", span)
    }
}

/// `response.status is 404`; a small list or object whole, a large one by its size.
fn value_in(shown: &Shown) -> String {
    const LARGEST: usize = 80;
    match &shown.value {
        _ if shown.secret => format!("{} is ***", shown.text),
        Some(value @ (Value::Array(_) | Value::Object(_))) => {
            let whole = Some(value.to_string()).filter(|text| text.len() <= LARGEST);
            format!("{} is {}", shown.text, whole.unwrap_or_else(|| short(value)))
        }
        Some(value) => format!("{} is {}", shown.text, short(value)),
        None => format!("{} is undefined", shown.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assertion_is_small() {
        // A folder of flows holds tens of thousands of them.
        assert!(size_of::<Assertion>() <= 48, "{}", size_of::<Assertion>());
        assert!(size_of::<Expect>() <= 24, "{}", size_of::<Expect>());
    }
}
