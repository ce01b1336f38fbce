//! What differs between an expected and an actual value, line by line.

use similar::{Algorithm, DiffOp, DiffTag};

use super::display;
use crate::event::Assertion;
use crate::value::{Map, Value};

/// Lines on each side that are compared after the first difference: enough for what a reader takes in.
const COMPARED: usize = 400;
/// Lines that stand still around a change.
const CONTEXT: usize = 3;

/// A difference helps where the two were meant to be the same.
pub(super) fn comparable(assertion: &Assertion, expected: &Value, actual: &Value) -> bool {
    matches!(assertion.predicate.as_str(), "equals" | "is like")
        && std::mem::discriminant(expected) == std::mem::discriminant(actual)
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

/// The lines that differ and those around them, each with `-` (expected), `+` (actual) or a space before it. Lines longer
/// than `room` columns are cut around the place where they differ.
pub(super) fn rows(expected: &Value, actual: &Value, room: usize) -> Vec<(char, String)> {
    let (old, new) = (laid_out(expected), laid_out(&in_order_of(expected, actual)));
    // Not `lines`: a missing last line break, or one that is `\r\n`, is a difference.
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());

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

/// `actual` with its keys in the order of `expected`: order means nothing, so it is no difference.
fn in_order_of(expected: &Value, actual: &Value) -> Value {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let known = expected.iter().filter_map(|(key, e)| actual.get(key).map(|a| (key, in_order_of(e, a))));
            let extra = actual.iter().filter(|(key, _)| !expected.contains_key(*key)).map(|(k, v)| (k, v.clone()));
            Value::Object(known.chain(extra).map(|(k, v)| (k.clone(), v)).collect::<Map<_, _>>())
        }
        (Value::Array(expected), Value::Array(actual)) => {
            let rest = actual.iter().skip(expected.len()).cloned();
            Value::Array(expected.iter().zip(actual).map(|(e, a)| in_order_of(e, a)).chain(rest).collect())
        }
        _ => actual.clone(),
    }
}
