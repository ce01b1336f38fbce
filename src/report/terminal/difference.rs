//! Expected and actual: on a line each, or what differs where one of them is longer.

use std::fmt::Write as _;

use colored::{ColoredString, Colorize as _};

use super::display;
use crate::event::Assertion;
use crate::report::difference::{self, comparable, is_long, laid_out};
use crate::value::Value;

/// Lines that are shown of a value or a difference.
const LINES: usize = 20;

/// Shows what an assertion expected and found.
pub(super) fn show(out: &mut String, assertion: &Assertion, margin: usize, width: usize) {
    let room = width.saturating_sub(margin + 10).max(20);
    let (expected, actual) = (assertion.expected.as_ref(), assertion.actual.as_ref());
    if let (Some(expected), Some(actual)) = (expected, actual)
        && (is_long(expected, room) || is_long(actual, room))
        && comparable(assertion, expected, actual)
    {
        return difference(out, expected, actual, margin, room);
    }

    if let Some(value) = expected {
        self::value(out, &"expected".green(), value, margin, room);
    }
    if let Some(value) = actual {
        self::value(out, &"actual".red(), value, margin, room);
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

fn difference(out: &mut String, expected: &Value, actual: &Value, margin: usize, room: usize) {
    display::spaces(out, margin);
    writeln!(out, "{}  {}", "- expected".green(), "+ actual".red()).ok();
    let rows = difference::rows(expected, actual, room);
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
