//! Where two JSON values differ, by path: the part of a comparison that a person looks for.

use std::fmt::Write as _;

use similar::{Algorithm, DiffOp};

use super::difference::around;
use crate::event::Assertion;
use crate::value::{Value, equal};

/// Lists longer than this are compared place by place: lining them up costs too much.
const ALIGNED: usize = 500;

/// One place where the values differ.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change<'a> {
    /// Where, below the compared value: `.items[6].name`; empty for the whole.
    pub(super) path: String,
    /// What was expected there; `None` where nothing was.
    pub(super) expected: Option<&'a Value>,
    /// What is there; `None` where nothing is.
    pub(super) actual: Option<&'a Value>,
}

impl Change<'_> {
    /// `$.items[6].name`, below `start`, and what is wrong there where that is more than another value.
    pub(super) fn place(&self, start: &str) -> String {
        let path = format!("{start}{}", self.path);
        let path = if path.is_empty() { "the whole" } else { &path };
        match (self.expected, self.actual) {
            (Some(_), None) => format!("{path} is missing"),
            (None, Some(_)) => format!("{path} is one too many"),
            _ => path.to_owned(),
        }
    }

    /// What was expected (`-`) and what is there (`+`), as JSON; the two begin shortly before they differ where they are
    /// longer than `room` columns.
    pub(super) fn sides(&self, room: usize) -> Vec<(char, String)> {
        match (self.expected, self.actual) {
            (Some(expected), Some(actual)) => {
                let (expected, actual) = around(&expected.to_string(), &actual.to_string(), room);
                vec![('-', expected), ('+', actual)]
            }
            (Some(expected), None) => vec![('-', expected.to_string())],
            (None, actual) => actual.iter().map(|actual| ('+', actual.to_string())).collect(),
        }
    }
}

/// Every difference of an assertion that compares two lists or two objects; `None` for any other.
pub(super) fn of(assertion: &Assertion) -> Option<Vec<Change<'_>>> {
    let (expected, actual) = (assertion.expected.as_ref()?, assertion.actual.as_ref()?);
    let partial = match assertion.predicate.as_str() {
        "equals" => false,
        "is like" => true,
        _ => return None,
    };
    let alike = (expected.is_object() && actual.is_object()) || (expected.is_array() && actual.is_array());
    alike.then(|| between(expected, actual, partial))
}

/// What an assertion's paths go on from: its own path, where that leads to one place.
pub(super) fn start(assertion: &Assertion) -> &str {
    let subject = assertion.subject.as_str();
    let single = subject.starts_with('$') && !subject.contains(['*', '?', ':', ',']) && !subject.contains("..");
    if single { subject } else { "" }
}

/// Every place where `actual` is not what was expected, in the order of the document. With `partial` objects may have
/// more keys, as for `like`.
fn between<'a>(expected: &'a Value, actual: &'a Value, partial: bool) -> Vec<Change<'a>> {
    let mut walk = Walk { path: String::new(), partial, found: Vec::new() };
    walk.compare(expected, actual);
    walk.found
}

struct Walk<'a> {
    path: String,
    partial: bool,
    found: Vec<Change<'a>>,
}

impl<'a> Walk<'a> {
    fn compare(&mut self, expected: &'a Value, actual: &'a Value) {
        match (expected, actual) {
            (Value::Object(wanted), Value::Object(found)) => {
                for (key, value) in wanted {
                    self.at_key(key, |walk| match found.get(key) {
                        Some(there) => walk.compare(value, there),
                        None => walk.note(Some(value), None),
                    });
                }
                let extra = found.iter().filter(|(key, _)| !self.partial && !wanted.contains_key(*key));
                for (key, value) in extra.collect::<Vec<_>>() {
                    self.at_key(key, |walk| walk.note(None, Some(value)));
                }
            }
            (Value::Array(wanted), Value::Array(found)) => self.lists(wanted, found),
            _ if equal(expected, actual) => {}
            _ => self.note(Some(expected), Some(actual)),
        }
    }

    /// Items are lined up, so that one too many is one change and not a change of all that follow. Places are those
    /// of `found`, as the reply shows them.
    fn lists(&mut self, wanted: &'a [Value], found: &'a [Value]) {
        // A partial comparison cannot tell by equality which items belong together.
        if self.partial || wanted.len() == found.len() || wanted.len().max(found.len()) > ALIGNED {
            return self.pairs(wanted, found, 0);
        }
        let keys = |items: &[Value]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        for op in similar::capture_diff_slices(Algorithm::Myers, &keys(wanted), &keys(found)) {
            if !matches!(op, DiffOp::Equal { .. }) {
                let old = wanted.get(op.old_range()).unwrap_or_default();
                let new = found.get(op.new_range()).unwrap_or_default();
                self.pairs(old, new, op.new_range().start);
            }
        }
    }

    fn pairs(&mut self, wanted: &'a [Value], found: &'a [Value], first: usize) {
        for n in 0..wanted.len().max(found.len()) {
            let length = self.path.len();
            write!(self.path, "[{}]", first + n).ok();
            match (wanted.get(n), found.get(n)) {
                (Some(wanted), Some(found)) => self.compare(wanted, found),
                (wanted, found) => self.note(wanted, found),
            }
            self.path.truncate(length);
        }
    }

    fn at_key(&mut self, key: &str, then: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if !key.is_empty() && key.chars().all(word) && !key.starts_with(|c: char| c.is_ascii_digit()) {
            write!(self.path, ".{key}").ok();
        } else {
            let quoted = key.replace('\\', r"\\").replace('\'', r"\'");
            write!(self.path, "['{quoted}']").ok();
        }
        then(self);
        self.path.truncate(length);
    }

    fn note(&mut self, expected: Option<&'a Value>, actual: Option<&'a Value>) {
        self.found.push(Change { path: self.path.clone(), expected, actual });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(expected: &Value, actual: &Value, partial: bool) -> Vec<String> {
        let side = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let tell = |c: Change| format!("{}: {} / {}", c.path, side(c.expected), side(c.actual));
        between(expected, actual, partial).into_iter().map(tell).collect()
    }

    #[test]
    fn only_what_differs_is_told_with_its_path() {
        let expected = json!({"a": {"b c": [1, {"x": "y"}], "same": 1}, "gone": null});
        let actual = json!({"more": true, "a": {"same": 1.0, "b c": [1, {"x": "z"}]}});
        assert_eq!(
            told(&expected, &actual, false),
            [r#".a['b c'][1].x: "y" / "z""#, ".gone: null / nothing", ".more: nothing / true"]
        );
        assert_eq!(told(&expected, &actual, true).len(), 2);
        assert_eq!(told(&json!(1), &json!("1"), false), [r#": 1 / "1""#]);
        assert_eq!(told(&actual, &actual, false), [""; 0]);
    }

    #[test]
    fn one_item_too_many_is_one_change() {
        let (short, long) = (json!([1, 2, 3, 4]), json!([0, 1, 2, 3, 4]));
        assert_eq!(told(&short, &long, false), ["[0]: nothing / 0"]);
        assert_eq!(told(&long, &short, false), ["[0]: 0 / nothing"]);
        assert_eq!(told(&json!([1, 2, 3]), &json!([1, 9, 3, 4]), false), ["[1]: 2 / 9", "[3]: nothing / 4"]);
        // `like` goes place by place.
        assert_eq!(told(&json!([{"a": 1}]), &json!([{"a": 1, "b": 2}, 3]), true), ["[1]: nothing / 3"]);
    }
}
