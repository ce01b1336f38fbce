//! What became of one assertion: data for the report, never an error.

use std::fmt;

use crate::source::Span;
use crate::value::Value;

/// The most bytes of a value, as JSON, that a failed verdict carries.
const PREVIEW: usize = 64 << 10;
/// The most bytes of a text that a passed verdict carries; a passed list or object is not copied at all.
const PASSED_PREVIEW: usize = 1 << 10;

/// One assertion, judged. Its values may hold secrets: they are masked on the way out, never printed from here.
#[derive(Clone, PartialEq)]
pub struct Verdict {
    /// What was looked at, as the flow names it: `status`, `$.id`, `header content-type`.
    pub subject: String,
    /// What was asked, in words: `equals`, `is less than`.
    pub predicate: String,
    /// Whether it holds.
    pub passed: bool,
    /// What was wanted. After a pass only where it is small.
    pub expected: Option<Value>,
    /// What was there; a large value is cut to a text of its first 64 KiB. After a pass only where it is small.
    pub actual: Option<Value>,
    /// Why it failed, where `expected` and `actual` do not say it.
    pub message: Option<String>,
    /// Where the assertion stands in the flow.
    pub span: Span,
    /// Nothing was there, or something of the wrong type: in `poll.until` that means "not yet".
    pub pending: bool,
    /// It could not be asked at all (a template in it failed): no waiting mends that.
    pub broken: bool,
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.passed { "passed" } else { "failed" };
        write!(f, "Verdict({} {} {outcome})", self.subject, self.predicate)
    }
}

impl Verdict {
    /// An assertion that holds.
    pub(super) fn passed(subject: impl Into<String>, predicate: impl Into<String>, span: Span) -> Self {
        Self {
            subject: subject.into(),
            predicate: predicate.into(),
            passed: true,
            expected: None,
            actual: None,
            message: None,
            span,
            pending: false,
            broken: false,
        }
    }

    /// An assertion that does not hold.
    pub(super) fn failed(subject: impl Into<String>, predicate: impl Into<String>, span: Span) -> Self {
        Self { passed: false, ..Self::passed(subject, predicate, span) }
    }

    /// An assertion whose template failed.
    pub(super) fn broken(
        subject: impl Into<String>,
        predicate: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { broken: true, message: Some(message.into()), ..Self::failed(subject, predicate, span) }
    }
}

/// A value for a passed verdict: scalars only.
pub(super) fn small(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) => small_text(text),
        scalar => Some(scalar.clone()),
    }
}

/// As [`small`], of text.
pub(super) fn small_text(text: &str) -> Option<Value> {
    (text.len() <= PASSED_PREVIEW).then(|| Value::from(text))
}

/// A value for a failed verdict: itself, or the beginning of its JSON as text.
pub(super) fn preview(value: &Value) -> Value {
    let mut head = Head(Vec::new());
    match serde_json::to_writer(&mut head, value) {
        Ok(()) => value.clone(),
        Err(_) => cut(&String::from_utf8_lossy(&head.0)),
    }
}

/// As [`preview`], of a list that is held by reference.
pub(super) fn preview_list(items: &[&Value]) -> Value {
    let mut head = Head(Vec::new());
    match serde_json::to_writer(&mut head, items) {
        Ok(()) => Value::Array(items.iter().map(|v| (*v).clone()).collect()),
        Err(_) => cut(&String::from_utf8_lossy(&head.0)),
    }
}

/// As [`preview`], of text.
pub(super) fn preview_text(text: &str) -> Value {
    if text.len() <= PREVIEW { Value::from(text) } else { cut(text) }
}

fn cut(text: &str) -> Value {
    let end = text.char_indices().map(|(i, _)| i).take_while(|i| *i <= PREVIEW).last().unwrap_or(0);
    // A character that was cut in two is no part of the text.
    Value::from(format!("{}…", text.get(..end).unwrap_or("").trim_end_matches(char::REPLACEMENT_CHARACTER)))
}

/// Takes the first [`PREVIEW`] bytes and then fails, so that a large document is not written out to be measured.
struct Head(Vec<u8>);

impl std::io::Write for Head {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = PREVIEW - self.0.len().min(PREVIEW);
        self.0.extend(bytes.iter().take(room));
        if bytes.len() > room { Err(std::io::ErrorKind::WriteZero.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_large_value_is_cut() {
        assert_eq!(preview(&json!({"a": 1})), json!({"a": 1}));
        let large = Value::Array(vec![json!("xxxxxxxxx"); 100_000]);
        let Value::String(text) = preview(&large) else { panic!("cut to text") };
        assert!(text.len() <= PREVIEW + 3 && text.starts_with("[\"xxx"), "{}", text.len());
        let long = "é".repeat(100_000);
        assert!(preview_text(&long).as_str().is_some_and(|t| t.len() <= PREVIEW + 3));
        assert_eq!(small(&large), None);
    }

    #[test]
    fn debug_shows_no_values() {
        let mut verdict = Verdict::failed("$.token", "equals", Span::default());
        verdict.actual = Some(json!("hunter2"));
        assert_eq!(format!("{verdict:?}"), "Verdict($.token equals failed)");
    }
}
