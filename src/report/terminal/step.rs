//! A step's lines that are not about failure: the step itself, its waits, its requests, its warnings.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::display::{self, pad, spaces};
use crate::event::{Body, Encoding, Exchange, Header, Outcome, Reason, StepOutcome, Wait};
use crate::report::describe;

/// Columns of the name and of `METHOD path`. With them a usual line fits 80 columns.
const NAME: usize = 28;
const ACTION: usize = 28;

/// Columns of the status and the time, with the gaps before them.
const END: usize = 2 + 3 + 2 + 9;

/// `Invite`, or `Invite [2]` for an item.
pub(super) fn name(name: &str, item: Option<u32>) -> String {
    let name = display::line(name);
    item.map_or_else(|| name.to_string(), |item| format!("{name} [{item}]"))
}

/// The line of a step that ran. A name and an action that do not fit `width` are cut, the action first.
pub(super) fn line(out: &mut String, item: Option<u32>, step: &StepOutcome, margin: usize, width: usize) {
    let (name, action) = (name(&step.name, item), action(step));
    // Each may have what the other leaves, but never less than its own column.
    let room = width.saturating_sub(2 + END);
    let begin = (NAME + 2).max(margin + display::width(&name) + 2);
    let action = display::cut(&action, room.saturating_sub(begin).max(ACTION));
    let taken = if action.is_empty() { 0 } else { display::width(&action) + 2 };
    let name = cut_name(&name, room.saturating_sub(margin + taken).max(NAME - margin));
    spaces(out, margin);
    match step.outcome {
        Outcome::Passed => write!(out, "{} ", "✓".green()),
        Outcome::Failed => write!(out, "{} ", "✗".red()),
        Outcome::Skipped => write!(out, "{} ", "○".yellow()),
    }
    .ok();
    let mut used = display::width(&name) + margin;
    if step.outcome == Outcome::Failed { write!(out, "{}", name.bold()) } else { write!(out, "{name}") }.ok();
    // A long name takes its room from the action, and the columns after it stay where they are.
    let gap = (NAME + 2).saturating_sub(used).max(if action.is_empty() { 0 } else { 2 });
    spaces(out, gap);
    write!(out, "{}", action.dimmed()).ok();
    used += gap + display::width(&action);
    spaces(out, (NAME + 2 + ACTION).saturating_sub(used));
    write!(out, "  {}  {:>9}", status(step), display::duration(step.duration_ms)).ok();
    let notes = notes(step);
    if !notes.is_empty() {
        let end = used.max(NAME + 2 + ACTION) + 2 + END;
        if end + 2 + display::width(&notes) > width {
            out.push('\n');
            spaces(out, margin);
        }
        write!(out, "  {}", notes.dimmed()).ok();
    }
    out.push('\n');
}

/// A name cut in its middle, so that the number of an item stays.
fn cut_name(name: &str, columns: usize) -> std::borrow::Cow<'_, str> {
    match name.rfind(" [").map(|at| name.split_at(at)) {
        Some((name, item)) if display::width(name) + display::width(item) > columns => {
            format!("{}{item}", display::cut(name, columns.saturating_sub(display::width(item)))).into()
        }
        _ => display::cut(name, columns),
    }
}

/// `METHOD path` of the first send; nothing where the name says the same.
fn action(step: &StepOutcome) -> String {
    let Some(first) = step.exchanges.first() else { return String::new() };
    let method = display::line(&first.method);
    let unnamed = step.name.strip_prefix(&*first.method).is_some_and(|rest| rest.starts_with(" "));
    if unnamed { String::new() } else { format!("{method} {}", display::path(&first.url)) }
}

/// The last send's status in three columns.
fn status(step: &StepOutcome) -> String {
    let Some(last) = step.exchanges.last() else { return "   ".to_owned() };
    match &last.reply {
        Some(reply) if reply.status < 400 => format!("{:<3}", reply.status),
        Some(reply) => format!("{:<3}", reply.status).yellow().to_string(),
        None => "err".red().to_string(),
    }
}

/// What the sends after the first were for.
fn notes(step: &StepOutcome) -> String {
    let mut notes = String::from(if step.reused { "ran once" } else { "" });
    let mut add = |reasons: &[Reason], what: &str| {
        let n = step.exchanges.iter().filter(|e| reasons.contains(&e.because)).count() as u64;
        if n > 0 {
            let separator = if notes.is_empty() { "" } else { " · " };
            write!(notes, "{separator}{}", display::count(n, what)).ok();
        }
    };
    if step.exchanges.len() > 1 {
        add(&[Reason::Redirect], "redirect");
        add(&[Reason::RateLimit, Reason::Retry], "resend");
        add(&[Reason::Poll], "more poll");
        add(&[Reason::Page], "more page");
        add(&[Reason::Auth], "login");
    }
    notes
}

/// One skipped step by name, several by number.
pub(super) fn skipped(out: &mut String, count: u64, name: &str, reason: Option<&str>, margin: usize, width: usize) {
    spaces(out, margin);
    let reason = reason.map_or_else(String::new, |r| format!(": {}", display::line(r)));
    if count == 1 {
        let mut padded = String::new();
        let room = width.saturating_sub(margin + 2 + 2 + "skipped".len() + display::width(&reason));
        pad(&mut padded, &cut_name(name, room.max(NAME - margin)), NAME.saturating_sub(margin));
        let text = format!("○ {padded}  skipped{reason}");
        writeln!(out, "{}", text.dimmed()).ok();
    } else {
        let text = format!("○ {} skipped{reason}", display::count(count, "step"));
        writeln!(out, "{}", text.dimmed()).ok();
    }
}

/// A wait, as it begins.
pub(super) fn wait(out: &mut String, wait: &Wait, margin: usize) {
    let text = describe::wait(wait);
    spaces(out, margin);
    writeln!(out, "{}", format!("⧗ {text}").dimmed()).ok();
}

/// What the person should know.
pub(super) fn warning(out: &mut String, text: &str, margin: usize) {
    spaces(out, margin);
    let mut lines = text.lines();
    writeln!(out, "{} {}", "warning:".yellow(), display::line(lines.next().unwrap_or_default())).ok();
    for more in lines {
        spaces(out, margin);
        writeln!(out, "  {}", display::line(more)).ok();
    }
}

/// One send with its headers, for `-v`, and its bodies, for `-vv`.
pub(super) fn exchange(out: &mut String, exchange: &Exchange, margin: usize, bodies: bool) {
    let mut half = |mark: &str, first: &str, headers: &[Header], body: Option<&Body>| {
        let mut put = |text: &str| {
            spaces(out, margin);
            writeln!(out, "{} {text}", mark.dimmed()).ok();
        };
        put(first);
        for Header { name, value } in headers {
            put(&format!("{}: {}", display::line(name).dimmed(), display::line(value)));
        }
        if let Some(body) = body.filter(|_| bodies) {
            put("");
            self::body(body).lines().for_each(|line| put(&display::line(line)));
            if body.cut {
                put(&format!("… cut, {} in all", display::count(body.size, "byte")).dimmed().to_string());
            }
        }
    };
    let request = format!("{} {}", display::line(&exchange.method), display::line(&exchange.url));
    half(">", &request, &exchange.headers, exchange.body.as_ref());
    match (&exchange.reply, &exchange.error) {
        (Some(reply), _) => {
            let first = format!(
                "{} {} (HTTP/{})",
                reply.status,
                display::line(&reply.reason),
                display::line(&reply.http_version)
            );
            half("<", &first, &reply.headers, reply.body.as_ref());
        }
        (None, Some(error)) => half("<", &display::line(error).red().to_string(), &[], None),
        (None, None) => half("<", "no reply", &[], None),
    }
}

/// A body's text for people: JSON is laid out.
pub(super) fn body(body: &Body) -> std::borrow::Cow<'_, str> {
    match body.encoding {
        Encoding::Base64 => format!("({}, not text)", display::count(body.size, "byte")).into(),
        Encoding::Text => serde_json::from_str::<crate::value::Value>(&body.text)
            .ok()
            .filter(|value| value.is_array() || value.is_object())
            .and_then(|value| serde_json::to_string_pretty(&value).ok())
            .map_or(body.text.as_str().into(), Into::into),
    }
}
