//! What differs between an expected and an actual value: JSON by its places, text by its lines.

use similar::{Algorithm, DiffOp, DiffTag};

use super::changes::{self, Change};
use super::display;
use crate::event::Assertion;
use crate::value::Value;

/// Lines on each side that are compared after the first difference: enough for what a reader takes in.
const COMPARED: usize = 400;
/// Lines that stand still around a change.
const CONTEXT: usize = 3;

/// How two values differ that do not fit side by side.
pub(super) enum Difference<'a> {
    /// Every place in which two JSON values differ, by path.
    Places(Vec<Change<'a>>),
    /// The lines in which two texts differ and those around them, each with `-` (expected), `+` (actual) or a space.
    Lines(Vec<(char, String)>),
}

/// The difference of an assertion that compares two values of one kind, where one of them is longer than `room` columns.
pub(super) fn of(assertion: &Assertion, room: usize) -> Option<Difference<'_>> {
    let (expected, actual) = (assertion.expected.as_ref()?, assertion.actual.as_ref()?);
    if !is_long(expected, room) && !is_long(actual, room) {
        return None;
    }
    if let (Value::String(expected), Value::String(actual)) = (expected, actual) {
        return (assertion.predicate == "equals").then(|| Difference::Lines(rows(expected, actual, room)));
    }
    // Two secrets look the same once they are masked: then no place differs.
    changes::of(assertion).filter(|changes| !changes.is_empty()).map(Difference::Places)
}

/// Text of several lines, or what does not fit one.
pub(super) fn is_long(value: &Value, room: usize) -> bool {
    match value {
        Value::String(text) => text.len() > room || text.contains('\n'),
        Value::Array(_) | Value::Object(_) => value.to_string().len() > room,
        _ => false,
    }
}

/// A value for people: text as it is, anything else as JSON over several lines.
pub(super) fn laid_out(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

/// Lines longer than `room` columns are cut around the place where they differ.
fn rows(expected: &str, actual: &str, room: usize) -> Vec<(char, String)> {
    // Not `lines`: a missing last line break, or one that is `\r\n`, is a difference.
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.split('\n').collect(), actual.split('\n').collect());

    // Only what lies around the first difference is compared, so that megabytes cost nothing.
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(CONTEXT);
    let part = |lines: &'_ [&'_ str]| from..lines.len().min(same + COMPARED);
    let old_part = old.get(part(&old)).unwrap_or_default();
    let new_part = new.get(part(&new)).unwrap_or_default();
    let ops = similar::capture_diff_slices(Algorithm::Myers, old_part, new_part);

    let mut rows = Vec::new();
    for (i, group) in similar::group_diff_ops(ops, CONTEXT).iter().enumerate() {
        if i > 0 || from > 0 {
            rows.push((' ', "…".to_owned()));
        }
        for op in group {
            change(&mut rows, op, old_part, new_part, room);
        }
    }
    rows
}

/// The rows of one change; a line that became another is cut where the two differ.
fn change(rows: &mut Vec<(char, String)>, op: &DiffOp, old: &[&str], new: &[&str], room: usize) {
    let (tag, old_range, new_range) = op.as_tag_tuple();
    let (old, new) = (old.get(old_range).unwrap_or_default(), new.get(new_range).unwrap_or_default());
    match tag {
        DiffTag::Equal => rows.extend(old.iter().map(|line| (' ', (*line).to_owned()))),
        _ if old.len() == new.len() => {
            for (a, b) in old.iter().zip(new) {
                let (a, b) = around(a, b, room);
                rows.extend([('-', a), ('+', b)]);
            }
        }
        _ => {
            rows.extend(old.iter().map(|line| ('-', (*line).to_owned())));
            rows.extend(new.iter().map(|line| ('+', (*line).to_owned())));
        }
    }
}

/// Two long lines, begun shortly before they differ.
pub(super) fn around(a: &str, b: &str, room: usize) -> (String, String) {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    if a.len().max(b.len()) <= room || same < room / 2 {
        return (a.to_owned(), b.to_owned());
    }
    let cut = |text: &str| {
        let rest: String = text.chars().skip(same - room / 3).take(room + 1).collect();
        format!("…{}", display::cut(&rest, room))
    };
    (cut(a), cut(b))
}
