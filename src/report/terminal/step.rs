//! A step's lines that are not about failure: the step itself, its waits, its requests, its warnings.

use std::borrow::Cow;
use std::fmt::Write as _;

use colored::Colorize as _;

use super::display::{self, pad, spaces};
use crate::event::{Body, Exchange, Header, Outcome, Reason, StepOutcome, Wait};
use crate::report::{describe, layout};

/// Columns of the name and of `METHOD path`. With them a usual line fits 80 columns.
const NAME: usize = 28;
const ACTION: usize = 28;

/// Columns of the status and the time, with the gaps before them.
const END: usize = 2 + 3 + 2 + 9;

/// What colored writes for dimmed text.
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// `Invite`, or `Invite [2]` for an item.
pub(super) fn name(name: &str, item: Option<u32>) -> Cow<'_, str> {
    let name = display::line(name);
    match item {
        Some(item) => format!("{name} [{item}]").into(),
        None => name,
    }
}

/// The line of a step that ran. A name and an action that do not fit `width` are cut, the action first.
pub(super) fn line(out: &mut String, item: Option<u32>, step: &StepOutcome, margin: usize, width: usize) {
    let (title, action) = titles(step);
    let name = name(&title, item);
    // Each may have what the other leaves, but never less than its own column.
    let room = width.saturating_sub(2 + END);
    let begin = (NAME + 2).max(margin + display::width(&name) + 2);
    let action = display::cut(&action, room.saturating_sub(begin).max(ACTION));
    let taken = if action.is_empty() { 0 } else { display::width(&action) + 2 };
    let name = cut_name(&name, room.saturating_sub(margin + taken).max(NAME - margin));
    spaces(out, margin);
    // Written by hand, as every step has this line: green, red, yellow, and below dimmed.
    out.push_str(match step.outcome {
        Outcome::Passed => "\u{1b}[32m✓\u{1b}[0m ",
        Outcome::Failed => "\u{1b}[31m✗\u{1b}[0m ",
        Outcome::Skipped => "\u{1b}[33m○\u{1b}[0m ",
    });
    let mut used = display::width(&name) + margin;
    match step.outcome {
        Outcome::Failed => _ = write!(out, "{}", name.bold()),
        _ => out.push_str(&name),
    }
    // A long name takes its room from the action, and the columns after it stay where they are.
    let gap = (NAME + 2).saturating_sub(used).max(if action.is_empty() { 0 } else { 2 });
    spaces(out, gap);
    [DIM, &*action, PLAIN].iter().for_each(|part| out.push_str(part));
    used += gap + display::width(&action);
    spaces(out, 2 + (NAME + 2 + ACTION).saturating_sub(used));
    status(out, step);
    let duration = display::duration(step.duration_ms);
    spaces(out, 2 + 9_usize.saturating_sub(duration.len()));
    out.push_str(&duration);
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
fn cut_name(name: &str, columns: usize) -> Cow<'_, str> {
    match name.rfind(" [").map(|at| name.split_at(at)) {
        Some((name, item)) if display::width(name) + display::width(item) > columns => {
            format!("{}{item}", display::cut(name, columns.saturating_sub(display::width(item)))).into()
        }
        _ => display::cut(name, columns),
    }
}

/// The step's name, and `METHOD path` of the first send. A step without a name of its own is called by that: as it is
/// written, and where it is written with a template, as it was sent.
fn titles(step: &StepOutcome) -> (Cow<'_, str>, String) {
    let name = Cow::Borrowed(&*step.name);
    let Some(first) = step.exchanges.first() else { return (name, String::new()) };
    let sent = [&*display::line(&first.method), " ", &*display::path(&first.url)].concat();
    let unnamed = step.name.strip_prefix(&*first.method).is_some_and(|rest| rest.starts_with(' '));
    match unnamed {
        false => (name, sent),
        true if step.name.contains("{{") => (sent.into(), String::new()),
        true => (name, String::new()),
    }
}

/// The last send's status in three columns.
fn status(out: &mut String, step: &StepOutcome) {
    match step.exchanges.last().map(|last| &last.reply) {
        None => out.write_str("   "),
        Some(Some(reply)) if reply.status < 400 => write!(out, "{:<3}", reply.status),
        Some(Some(reply)) => write!(out, "{}", format!("{:<3}", reply.status).yellow()),
        Some(None) => write!(out, "{}", "err".red()),
    }
    .ok();
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
            layout::body(body).lines().for_each(|line| put(&display::line(line)));
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
    if let Some(text) = describe::times(&exchange.times) {
        spaces(out, margin);
        writeln!(out, "{}", format!("* {text}").dimmed()).ok();
    }
}
