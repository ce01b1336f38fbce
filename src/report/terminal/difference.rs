//! Expected and actual: on a line each, or what differs where one of them is longer.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};
use similar::{Algorithm, DiffOp, DiffTag};

use super::display;
use crate::event::Assertion;
use crate::report::changes::{self, Change};
use crate::value::Value;

/// Lines that are shown of a value or a difference.
const LINES: usize = 20;
/// Differing places of a JSON value that are shown.
const PLACES: usize = 8;
/// Lines on each side that are compared after the first difference; what follows is not shown anyway.
const COMPARED: usize = 400;
/// Lines that stand still around a change.
const CONTEXT: usize = 3;

/// Shows what an assertion expected and found. True where that tells every place in which two JSON values differ.
pub(super) fn show(out: &mut String, assertion: &Assertion, margin: usize, width: usize) -> bool {
    let room = width.saturating_sub(margin + 10).max(20);
    let (expected, actual) = (assertion.expected.as_ref(), assertion.actual.as_ref());
    let long = expected.is_some_and(|v| is_long(v, room)) || actual.is_some_and(|v| is_long(v, room));
    // Two secrets look the same once they are masked: then no place differs.
    if long && let Some(changes) = changes::of(assertion).filter(|changes| !changes.is_empty()) {
        places(out, changes::start(assertion), &changes, margin, room);
        return true;
    }
    if let (Some(Value::String(expected)), Some(Value::String(actual))) = (expected, actual)
        && long
        && assertion.predicate == "equals"
    {
        lines(out, expected, actual, margin, room);
        return false;
    }
    if let Some(value) = expected {
        self::value(out, &"expected".green(), value, margin, room);
    }
    if let Some(value) = actual {
        self::value(out, &"actual".red(), value, margin, room);
    }
    false
}

/// Text of several lines, or what does not fit one.
fn is_long(value: &Value, room: usize) -> bool {
    match value {
        Value::String(text) => text.len() > room || text.contains('\n'),
        Value::Array(_) | Value::Object(_) => value.to_string().len() > room,
        _ => false,
    }
}

fn value(out: &mut String, label: &ColoredString, value: &Value, margin: usize, room: usize) {
    display::spaces(out, margin);
    if !is_long(value, room) {
        writeln!(out, "{label}{:gap$}{}", "", display::line(&value.to_string()), gap = 10 - label.chars().count()).ok();
        return;
    }
    writeln!(out, "{label}").ok();
    let text = laid_out(value);
    let mut lines = text.lines();
    for line in lines.by_ref().take(LINES) {
        row(out, &"│".dimmed(), line, margin, room);
    }
    more(out, lines.count(), margin);
}

fn laid_out(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

fn row(out: &mut String, mark: &ColoredString, line: &str, margin: usize, room: usize) {
    display::spaces(out, margin);
    writeln!(out, "{mark} {}", display::cut(&display::line(line), room + 8)).ok();
}

fn more(out: &mut String, lines: usize, margin: usize) {
    if lines > 0 {
        display::spaces(out, margin);
        writeln!(out, "{}", format!("│ … {}", display::count(lines as u64, "more line")).dimmed()).ok();
    }
}

fn legend(out: &mut String, margin: usize) {
    display::spaces(out, margin);
    writeln!(out, "{}  {}", "- expected".green(), "+ actual".red()).ok();
}

/// Two JSON values by the places where they differ, each with its path from `start`.
fn places(out: &mut String, start: &str, changes: &[Change<'_>], margin: usize, room: usize) {
    legend(out, margin);
    for change in changes.iter().take(PLACES) {
        place(out, start, change, margin, room);
    }
    let left = changes.len().saturating_sub(PLACES);
    if left > 0 {
        display::spaces(out, margin);
        writeln!(out, "{}", format!("│ … {}", display::count(left as u64, "more difference")).dimmed()).ok();
    }
}

/// The path on a line, and below it what was expected there and what is.
fn place(out: &mut String, start: &str, change: &Change<'_>, margin: usize, room: usize) {
    let path = format!("{start}{}", change.path);
    let path = if path.is_empty() { "the whole".to_owned() } else { path };
    let note = match (change.expected, change.actual) {
        (Some(_), None) => " is missing",
        (None, Some(_)) => " is one too many",
        _ => "",
    };
    row(out, &"│".dimmed(), &format!("{path}{note}"), margin, room);
    let side = |value: Option<&Value>| value.map(ToString::to_string);
    let (old, new) = match (side(change.expected), side(change.actual)) {
        (Some(old), Some(new)) => {
            let (old, new) = around(&old, &new, room.saturating_sub(2));
            (Some(old), Some(new))
        }
        one => one,
    };
    for (mark, text) in [("│   -".green(), old), ("│   +".red(), new)] {
        if let Some(text) = text {
            row(out, &mark, &text, margin, room.saturating_sub(2));
        }
    }
}

/// Two texts by the lines in which they differ.
fn lines(out: &mut String, old: &str, new: &str, margin: usize, room: usize) {
    // Not `lines`: a missing last line break, or one that is `\r\n`, is a difference.
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    legend(out, margin);

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
    let left = rows.len().saturating_sub(LINES);
    for (sign, text) in rows.into_iter().take(LINES) {
        let mark = format!("│ {sign}");
        let mark = match sign {
            '-' => mark.green(),
            '+' => mark.red(),
            _ => mark.dimmed(),
        };
        row(out, &mark, &text, margin, room);
    }
    more(out, left, margin);
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
fn around(a: &str, b: &str, room: usize) -> (String, String) {
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
