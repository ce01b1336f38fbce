//! Expected and actual: on a line each, or what differs where one of them is longer.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};

use super::display;
use crate::event::Assertion;
use crate::report::changes::{self, Change};
use crate::report::difference::{self, Difference, is_long, laid_out};
use crate::value::Value;

/// Lines that are shown of a value or a difference.
const LINES: usize = 20;
/// Differing places of a JSON value that are shown.
const PLACES: usize = 8;

/// Shows what an assertion expected and found. True where that tells every place in which two JSON values differ.
pub(super) fn show(out: &mut String, assertion: &Assertion, margin: usize, width: usize) -> bool {
    let room = width.saturating_sub(margin + 10).max(20);
    match difference::of(assertion, room) {
        Some(Difference::Places(changes)) => {
            places(out, changes::start(assertion), &changes, margin, room);
            return true;
        }
        Some(Difference::Lines(rows)) => {
            lines(out, rows, margin, room);
            return false;
        }
        None => {}
    }
    let (expected, actual) = (assertion.expected.as_ref(), assertion.actual.as_ref());
    if let Some(value) = expected {
        self::value(out, &"expected".green(), value, margin, room);
    }
    if let Some(value) = actual {
        self::value(out, &"actual".red(), value, margin, room);
    }
    false
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
    row(out, &"│".dimmed(), &change.place(start), margin, room);
    for (sign, text) in change.sides(room.saturating_sub(2)) {
        let mark = format!("│   {sign}");
        row(out, &if sign == '-' { mark.green() } else { mark.red() }, &text, margin, room.saturating_sub(2));
    }
}

/// Two texts by the lines in which they differ.
fn lines(out: &mut String, rows: Vec<(char, String)>, margin: usize, room: usize) {
    legend(out, margin);
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
