//! What a predicate looks at: borrowed from the reply, never copied to be compared.

use std::cmp::Ordering;
use std::time::Duration;

use crate::value::{self, Number, Value};

/// What the subject gave.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) enum Actual<'v> {
    /// A singular path, a header or a cookie that is not there.
    Missing,
    /// A list path that found nothing.
    NoNodes,
    /// A value.
    Value(&'v Value),
    /// Text that need not be a `Value` of its own (a body may be large).
    Text(&'v str),
    /// A header's text, which counts as a number where it is compared with one.
    Header(&'v str),
    /// What a list path found.
    Nodes(&'v [&'v Value]),
}

/// What `lt`, `le`, `gt` and `ge` can order.
#[derive(Debug)]
enum Orderable<'v> {
    Number(std::borrow::Cow<'v, Number>),
    Duration(Duration),
    Instant(jiff::Timestamp),
}

impl<'v> Actual<'v> {
    /// The text of a text.
    pub(super) fn text(self) -> Option<&'v str> {
        match self {
            Actual::Text(text) | Actual::Header(text) => Some(text),
            Actual::Value(value) => value.as_str(),
            _ => None,
        }
    }

    /// The items of a list.
    pub(super) fn items(self) -> Option<Items<'v>> {
        match self {
            Actual::Nodes(nodes) => Some(Items::Nodes(nodes)),
            Actual::NoNodes => Some(Items::Nodes(&[])),
            Actual::Value(Value::Array(items)) => Some(Items::Values(items)),
            _ => None,
        }
    }

    /// Characters (Unicode scalars), items or keys.
    pub(super) fn length(self) -> Option<usize> {
        if let Some(text) = self.text() {
            return Some(text.chars().count());
        }
        match self {
            Actual::Value(Value::Object(map)) => Some(map.len()),
            _ => self.items().map(Items::len),
        }
    }

    /// Equality as `eq` means it.
    pub(super) fn equals(self, operand: &Value) -> bool {
        match self {
            Actual::Missing | Actual::NoNodes => false,
            Actual::Value(value) => value::equal(value, operand),
            Actual::Text(text) => operand.as_str() == Some(text),
            Actual::Header(text) => match operand {
                Value::Number(wanted) => {
                    number(text).is_some_and(|n| value::compare_numbers(&n, wanted) == Some(Ordering::Equal))
                }
                other => other.as_str() == Some(text),
            },
            Actual::Nodes(nodes) => operand.as_array().is_some_and(|wanted| {
                wanted.len() == nodes.len() && nodes.iter().zip(wanted).all(|(a, b)| value::equal(a, b))
            }),
        }
    }

    /// Partial equality: objects may have more keys, lists not more items.
    pub(super) fn is_like(self, operand: &Value) -> bool {
        match self {
            Actual::Value(value) => like(value, operand),
            Actual::Nodes(nodes) => operand
                .as_array()
                .is_some_and(|wanted| wanted.len() == nodes.len() && nodes.iter().zip(wanted).all(|(a, b)| like(a, b))),
            other => other.equals(operand),
        }
    }

    /// How it stands to `operand`; `None` where the two cannot be ordered.
    pub(super) fn order(self, operand: &Value) -> Option<Ordering> {
        if let (Actual::Header(text), Some(wanted)) = (self, header_number(operand)) {
            return value::compare_numbers(&number(text)?, &wanted);
        }
        match (self.orderable()?, orderable(operand)?) {
            (Orderable::Number(a), Orderable::Number(b)) => value::compare_numbers(&a, &b),
            (Orderable::Duration(a), Orderable::Duration(b)) => Some(a.cmp(&b)),
            (Orderable::Instant(a), Orderable::Instant(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    /// Its type in words: "text", "a number".
    pub(super) fn kind(self) -> &'static str {
        match self {
            Actual::Missing | Actual::NoNodes => "nothing",
            Actual::Text(_) | Actual::Header(_) => "text",
            Actual::Nodes(_) => "a list",
            Actual::Value(value) => kind(value),
        }
    }

    /// Its type as `type` names it.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Actual::Value(value) => value::type_name(value),
            Actual::Text(_) | Actual::Header(_) => "string",
            _ => "list",
        }
    }

    fn orderable(self) -> Option<Orderable<'v>> {
        match self {
            Actual::Value(value) => orderable(value),
            _ => self.text().and_then(orderable_text),
        }
    }
}

/// The items of a list, whichever way it is held.
#[derive(Clone, Copy)]
pub(super) enum Items<'v> {
    Values(&'v [Value]),
    Nodes(&'v [&'v Value]),
}

impl<'v> Items<'v> {
    pub(super) fn len(self) -> usize {
        match self {
            Items::Values(items) => items.len(),
            Items::Nodes(nodes) => nodes.len(),
        }
    }

    pub(super) fn iter(self) -> Box<dyn Iterator<Item = Actual<'v>> + 'v> {
        match self {
            Items::Values(items) => Box::new(items.iter().map(Actual::Value)),
            Items::Nodes(nodes) => Box::new(nodes.iter().map(|n| Actual::Value(n))),
        }
    }
}

fn like(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| actual.get(key).is_some_and(|actual| like(actual, wanted)))
        }
        (Value::Array(actual), Value::Array(wanted)) => {
            actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(a, b)| like(a, b))
        }
        _ => value::equal(actual, wanted),
    }
}

/// A value's type in words, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// As [`kind`], but tells a duration and an instant from other text: what `lt` and its like see.
pub(super) fn ordered_kind(actual: Actual<'_>) -> &'static str {
    match actual.orderable() {
        Some(Orderable::Duration(_)) => "a duration",
        Some(Orderable::Instant(_)) => "an instant",
        _ => actual.kind(),
    }
}

/// True where `lt` and its like can have `value` as their operand; a header's may be a number in quotes.
pub(super) fn can_order(value: &Value, header: bool) -> bool {
    orderable(value).is_some() || (header && header_number(value).is_some())
}

fn orderable(value: &Value) -> Option<Orderable<'_>> {
    match value {
        Value::Number(n) => Some(Orderable::Number(std::borrow::Cow::Borrowed(n))),
        Value::String(text) => orderable_text(text),
        _ => None,
    }
}

/// An RFC 3339 instant or a duration. No text is both: an instant begins with a date.
fn orderable_text<'v>(text: &str) -> Option<Orderable<'v>> {
    let first = text.as_bytes().first()?;
    if !first.is_ascii_digit() && *first != b'.' {
        return None;
    }
    if let Ok(duration) = crate::yaml::duration_of(text) {
        return Some(Orderable::Duration(duration));
    }
    instant(text).map(Orderable::Instant)
}

/// RFC 3339 wants date, `T` (or a space, section 5.6), time and offset; jiff alone takes more than that.
fn instant(text: &str) -> Option<jiff::Timestamp> {
    let bytes = text.as_bytes();
    let shaped = bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b't' | b' '))
        && bytes.get(13) == Some(&b':')
        && bytes.get(16) == Some(&b':')
        && !text.contains('[');
    shaped.then(|| text.parse().ok()).flatten()
}

fn header_number(operand: &Value) -> Option<Number> {
    match operand {
        Value::Number(n) => Some(n.clone()),
        Value::String(text) => number(text),
        _ => None,
    }
}

/// Text as a JSON number.
fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn orders_like_with_like_only() {
        let order = |a: Value, b: Value| Actual::Value(&a).order(&b);
        assert_eq!(order(json!(1), json!(2.5)), Some(Ordering::Less));
        assert_eq!(order(json!("900ms"), json!("1s")), Some(Ordering::Less));
        assert_eq!(
            order(json!("2026-11-21T05:00:00+01:00"), json!("2026-11-21T04:00:00.000Z")),
            Some(Ordering::Equal),
            "instants, not texts"
        );
        for (a, b) in [
            (json!(1), json!("1s")),
            (json!("1s"), json!("2026-11-21T04:00:00Z")),
            (json!("a"), json!("b")),
            (json!("1"), json!("2")),
            (json!(true), json!(false)),
            (json!(null), json!(1)),
            (json!([1]), json!([2])),
            (json!("2026-11-21"), json!("2026-11-22")),
            (json!("2026-11-21T04:00:00"), json!("2026-11-21T05:00:00")),
        ] {
            assert_eq!(order(a.clone(), b.clone()), None, "{a} {b}");
        }
    }

    #[test]
    fn a_header_is_text_and_a_number() {
        assert!(Actual::Header("42").equals(&json!(42)));
        assert!(Actual::Header("42").equals(&json!("42")));
        assert!(!Actual::Header("x").equals(&json!(42)));
        assert!(!Actual::Text("42").equals(&json!(42)));
        assert_eq!(Actual::Header("42").order(&json!("100")), Some(Ordering::Less));
        assert_eq!(Actual::Header("max").order(&json!(100)), None);
    }
}
