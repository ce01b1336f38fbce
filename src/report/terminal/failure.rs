//! Everything about a failure: the line of the file with a caret, expected and actual, the request and the reply.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::{difference, display, excerpt, step};
use crate::event::{Assertion, Body, Exchange, Problem, Snippet, StepOutcome};
use crate::report::{describe, layout};

/// One failure in the list at the end.
pub(super) struct Listed {
    /// The step; `None` for the flow as a whole.
    pub(super) step: Option<String>,
    /// `flows/a.flow.yaml:5:14`.
    pub(super) place: Option<String>,
    /// The first thing that is wrong, in one line.
    pub(super) what: String,
}

impl Listed {
    pub(super) fn of(item: Option<u32>, step: &StepOutcome) -> Self {
        let problem = step.problems.first().map(|p| p.at.as_ref());
        let at = problem.unwrap_or_else(|| step.assertions.iter().find(|a| !a.passed).and_then(|a| a.at.as_ref()));
        Self {
            step: Some(step::name(&step.name, item).into_owned()),
            place: at.map(place),
            what: describe::headline(step),
        }
    }

    pub(super) fn flow(what: String) -> Self {
        Self { step: None, place: None, what }
    }
}

fn place(at: &Snippet) -> String {
    format!("{}:{}:{}", display::line(&at.file), at.line, at.column)
}

/// All that a failed step has to say. The exchange is left out where `-v` has shown it.
pub(super) fn step(out: &mut String, step: &StepOutcome, margin: usize, width: usize, show_exchange: bool) {
    for problem in &step.problems {
        self::problem(out, problem, margin, width);
    }
    for assertion in step.assertions.iter().filter(|a| !a.passed) {
        self::assertion(out, assertion, margin, width);
    }
    if let Some(exchange) = step.exchanges.last().filter(|_| show_exchange) {
        let told = step.problems.iter().any(|p| Some(&p.message) == exchange.error.as_ref());
        // What a path looked at is what the person wants to see of the body.
        let meant = step.assertions.iter().find(|a| !a.passed && a.subject.starts_with('$'));
        self::exchange(out, exchange, margin, width, told, meant.map(|a| a.subject.as_str()));
    }
}

/// A problem with its place and its help.
pub(super) fn problem(out: &mut String, problem: &Problem, margin: usize, width: usize) {
    let label = match &problem.code {
        Some(code) => format!("error[{}]:", display::line(code)),
        None => "error:".to_owned(),
    };
    words(out, &label.red().bold().to_string(), &problem.message, margin);
    if let Some(at) = &problem.at {
        snippet(out, at, margin, width);
    }
    if let Some(help) = &problem.help {
        words(out, &"help:".cyan().bold().to_string(), help, margin);
    }
}

fn assertion(out: &mut String, assertion: &Assertion, margin: usize, width: usize) {
    words(out, &"failed:".red().bold().to_string(), &describe::claim(assertion), margin);
    if let Some(at) = &assertion.at {
        snippet(out, at, margin, width);
    }
    let mut shown = String::new();
    let told = difference::show(&mut shown, assertion, margin, width);
    // The message names one of the places that stand below; that of a snapshot also its file and what to do.
    let wanted = !told || assertion.subject == "snapshot";
    if let Some(message) = assertion.message.as_ref().filter(|_| wanted) {
        words(out, "", message, margin);
    }
    out.push_str(&shown);
}

/// A labelled text; further lines stand below its first.
fn words(out: &mut String, label: &str, text: &str, margin: usize) {
    for (i, line) in text.lines().enumerate() {
        display::spaces(out, margin);
        match (i, label) {
            (0, "") => {}
            (0, label) => write!(out, "{label} ").unwrap_or_default(),
            _ => out.push_str("  "),
        }
        out.push_str(&display::line(line));
        out.push('\n');
    }
}

/// The line of the file, the way the compiler's messages show it.
fn snippet(out: &mut String, at: &Snippet, margin: usize, width: usize) {
    let number = at.line.to_string();
    let gutter = number.len();
    let column = (at.column as usize).saturating_sub(1);
    let room = width.saturating_sub(margin + gutter + 3).max(20);
    let (shown, before, carets) = window(&at.text, column, at.length as usize, room);
    let bar = "|".blue();
    let mut row = |head: &str, text: &str| {
        display::spaces(out, margin);
        writeln!(out, "{head}{text}").ok();
    };
    row(&format!("{:gutter$}{} ", "", "-->".blue()), &place(at));
    row(&format!("{:gutter$} {bar}", ""), "");
    row(&format!("{} {bar} ", number.blue()), &shown);
    row(&format!("{:gutter$} {bar} {:before$}", "", ""), &"^".repeat(carets).red().bold().to_string());
}

/// The part of `text` around what is meant that fits `room`, the columns before it and its own.
fn window(text: &str, column: usize, length: usize, room: usize) -> (String, usize, usize) {
    let text = text.trim_end();
    // Far into a long line: begin a little before the place. `take` keeps a huge line cheap.
    let (skip, mark) =
        if column + length.min(room / 2) > room { (column.saturating_sub(room / 4), "…") } else { (0, "") };
    let part: String = text.chars().skip(skip).take(room + 1).collect();
    let prefix: String = part.chars().take(column - skip).collect();
    let meant: String = part.chars().skip(column - skip).take(length).collect();
    let before = display::width(&display::line(&prefix)) + mark.chars().count();
    let shown = display::cut(&format!("{mark}{}", display::line(&part)), room).into_owned();
    let carets = display::width(&display::line(&meant)).min(room.saturating_sub(before)).max(1);
    (shown, before, carets)
}

/// The request line, and what came back: of its body the beginning, or what surrounds the JSONPath `meant`. `told`: a
/// problem has said already why there is no reply.
fn exchange(out: &mut String, exchange: &Exchange, margin: usize, width: usize, told: bool, meant: Option<&str>) {
    let mut row = |text: &str| {
        display::spaces(out, margin);
        writeln!(out, "{text}").ok();
    };
    let request = format!("{} {}", display::line(&exchange.method), display::line(&exchange.url));
    row(&request.cyan().to_string());
    let Some(reply) = &exchange.reply else {
        if !told {
            row(&display::line(exchange.error.as_deref().unwrap_or("no reply")).red().to_string());
        }
        return;
    };
    // The hint has the id in it.
    let tracking = describe::tracking_id(exchange).filter(|_| reply.hint.is_none());
    let tracking = tracking.map_or_else(String::new, |id| format!(" · trackingid {}", display::line(id)));
    row(&format!("{} {}{tracking}", reply.status, display::line(&reply.reason)).replace("  ", " "));
    if let Some(hint) = &reply.hint {
        row(&format!("{} {}", "hint:".cyan().bold(), display::line(hint)));
    }
    if let Some(body) = &reply.body {
        self::body(out, body, margin, width, meant);
    }
}

fn body(out: &mut String, body: &Body, margin: usize, width: usize, meant: Option<&str>) {
    let mut row = |text: &str| {
        display::spaces(out, margin);
        writeln!(out, "{text}").ok();
    };
    let text = layout::body(body);
    let count = text.lines().count();
    let place = meant.and_then(|path| excerpt::line_of(&serde_json::from_str(&body.text).ok()?, path));
    let shown = excerpt::window(count, place);
    if shown.start > 0 {
        let before = display::count(shown.start as u64, "line");
        row(&format!("│ … {before} before").dimmed().to_string());
    }
    for line in text.lines().take(shown.end).skip(shown.start) {
        row(&format!("{} {}", "│".dimmed(), display::cut(&display::line(line), width.saturating_sub(margin + 2))));
    }
    let more = count.saturating_sub(shown.end) as u64;
    if more > 0 || body.cut {
        let lines = if body.cut { "more".to_owned() } else { display::count(more, "more line") };
        row(&format!("│ … {lines}, {} in all", display::count(body.size, "byte")).dimmed().to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_shows_the_place_in_a_long_line() {
        assert_eq!(window("a: b", 3, 1, 20), ("a: b".into(), 3, 1));
        let text = format!("{}HERE{}", "x".repeat(100), "y".repeat(100));
        let (shown, before, carets) = window(&text, 100, 4, 40);
        assert_eq!((display::width(&shown), carets), (40, 4));
        assert_eq!(&shown[shown.find('H').unwrap()..][..4], "HERE");
        assert_eq!(shown.chars().position(|c| c == 'H').unwrap(), before);
        // A place past the line's end is drawn, not a panic.
        assert_eq!(window("ab", 7, 3, 20), ("ab".into(), 2, 1));
    }
}
