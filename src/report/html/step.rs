//! One step of the page: a line, and behind it all that is known.

use std::fmt::Write as _;

use super::{escape, exchange};
use crate::event::{Assertion, Outcome, Problem, Snippet, StepOutcome};
use crate::report::{describe, difference, display};
use crate::value::Value;

/// Columns after which a value is laid out over several lines, and around which a difference is cut.
const ROOM: usize = 100;

/// Where a step stands.
pub(super) struct Place<'a> {
    /// Its id in the page.
    pub(super) id: &'a str,
    /// The item of a `for_each`, from 1.
    pub(super) item: Option<u32>,
    /// The path of its flow.
    pub(super) path: &'a str,
}

/// Appends a step.
pub(super) fn write(out: &mut String, step: &StepOutcome, place: &Place<'_>) {
    if step.outcome == Outcome::Skipped {
        write!(out, "<div class=\"s k soft\" id=\"{}\"><span>", place.id).ok();
        name(out, step, place.item);
        out.push_str("</span><span>skipped: ");
        escape::text(out, step.skipped.as_deref().unwrap_or_default());
        out.push_str("</span></div>\n");
        return;
    }
    let (class, open) = if step.outcome == Outcome::Failed { ("f", " open") } else { ("p", "") };
    write!(out, "<details class=\"s {class}\"{open}><summary><b>").ok();
    name(out, step, place.item);
    out.push_str("</b>");
    exchange::headline(out, step);
    writeln!(out, "<span>{}</span></summary>", display::duration(step.duration_ms)).ok();
    // The id stands inside, so that a link to it opens the step.
    write!(out, "<div class=\"in\" id=\"{}\"><p class=\"soft\">", place.id).ok();
    escape::text(out, place.path);
    writeln!(out, ":{} · <a href=\"#{}\">link to this step</a></p>", step.line, place.id).ok();
    step.problems.iter().for_each(|problem| self::problem(out, problem));
    step.assertions.iter().filter(|a| !a.passed).for_each(|a| failed(out, a));
    warnings(out, &step.warnings);
    told(out, step);
    exchange::all(out, step);
    out.push_str("</div></details>\n");
}

fn name(out: &mut String, step: &StepOutcome, item: Option<u32>) {
    escape::text(out, &step.name);
    item.iter().for_each(|item| write!(out, " [{item}]").unwrap_or_default());
}

/// What held, what was waited for, what was bound: one text, as each element more is one more in ten thousand steps.
fn told(out: &mut String, step: &StepOutcome) {
    let held = step.assertions.iter().filter(|a| a.passed).map(held);
    let waits = step.waits.iter().map(|wait| format!("⧗ {}", describe::wait(wait)));
    let bound = step.captures.iter().map(|c| format!("→ {} = {}", c.name, display::cut(&c.value.to_string(), 2000)));
    let lines: Vec<String> = held.chain(waits).chain(bound).collect();
    if !lines.is_empty() {
        out.push_str("<pre>");
        escape::block(out, &lines.join("\n"));
        out.push_str("</pre>\n");
    }
}

fn held(assertion: &Assertion) -> String {
    let claim = describe::claim(assertion);
    match &assertion.actual {
        _ if assertion.not_replayable => format!("– {claim} · not replayable"),
        Some(actual) if assertion.expected.as_ref() != Some(actual) => {
            format!("✓ {claim} · was {}", display::cut(&actual.to_string(), ROOM))
        }
        _ => format!("✓ {claim}"),
    }
}

/// Appends what the person should know.
pub(super) fn warnings(out: &mut String, warnings: &[String]) {
    for warning in warnings {
        out.push_str("<p class=\"warn\">warning: ");
        escape::text(out, warning);
        out.push_str("</p>\n");
    }
}

/// Appends a problem, its place and its help.
pub(super) fn problem(out: &mut String, problem: &Problem) {
    out.push_str("<div class=\"x\"><p><b class=\"bad\">error</b> ");
    escape::text(out, &problem.message);
    out.push_str("</p>");
    problem.at.iter().for_each(|at| snippet(out, at));
    if let Some(help) = &problem.help {
        out.push_str("<p><b>help</b> ");
        escape::text(out, help);
        out.push_str("</p>");
    }
    out.push_str("</div>\n");
}

/// A failed assertion: its line in the file, what was expected and what was there.
fn failed(out: &mut String, assertion: &Assertion) {
    out.push_str("<div class=\"x\"><p><b class=\"bad\">failed</b> ");
    escape::text(out, &describe::claim(assertion));
    out.push_str("</p>");
    assertion.at.iter().for_each(|at| snippet(out, at));
    if let Some(message) = &assertion.message {
        out.push_str("<p>");
        escape::text(out, message);
        out.push_str("</p>");
    }
    let (expected, actual) = (assertion.expected.as_ref(), assertion.actual.as_ref());
    if let (Some(expected), Some(actual)) = (expected, actual)
        && (difference::is_long(expected, ROOM) || difference::is_long(actual, ROOM))
        && difference::comparable(assertion, expected, actual)
    {
        changes(out, expected, actual);
    }
    out.push_str("<div class=\"two\">");
    for (label, value) in [("expected", expected), ("actual", actual)] {
        if let Some(value) = value {
            write!(out, "<div><h4>{label}</h4><pre>").ok();
            let text = if difference::is_long(value, ROOM) { difference::laid_out(value) } else { value.to_string() };
            escape::block(out, &text);
            out.push_str("</pre></div>");
        }
    }
    out.push_str("</div></div>\n");
}

/// What differs, line by line.
fn changes(out: &mut String, expected: &Value, actual: &Value) {
    out.push_str("<h4>difference: - expected, + actual</h4><pre>\n");
    for (sign, line) in difference::rows(expected, actual, ROOM) {
        let element = match sign {
            '-' => "del",
            '+' => "ins",
            _ => "",
        };
        if !element.is_empty() {
            write!(out, "<{element}>").ok();
        }
        write!(out, "{sign} ").ok();
        escape::text(out, &line);
        match element {
            "" => out.push('\n'),
            _ => write!(out, "</{element}>").unwrap_or_default(),
        }
    }
    out.push_str("</pre>");
}

/// The line of the file with a caret under what is meant.
fn snippet(out: &mut String, at: &Snippet) {
    let number = at.line.to_string();
    let before: String = at.text.chars().take((at.column as usize).saturating_sub(1)).collect();
    let rest: String = at.text.chars().skip(before.chars().count()).take(at.length as usize).collect();
    let gap = display::width(&display::line(&before));
    let carets = display::width(&display::line(&rest)).max(1);
    out.push_str("<p class=\"soft\">");
    escape::text(out, &at.file);
    write!(out, ":{}:{}</p><pre>", at.line, at.column).ok();
    let under = format!("{:width$} | {:gap$}{}", "", "", "^".repeat(carets.min(ROOM)), width = number.len());
    escape::block(out, &format!("{number} | {}\n{under}", display::line(at.text.trim_end())));
    out.push_str("</pre>");
}
