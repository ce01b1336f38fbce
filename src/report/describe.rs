//! A failure as plain text, for the formats that hold only text.

use std::fmt::Write as _;

use super::changes::{self, Change};
use super::difference::{self, Difference, is_long};
use super::{display, layout};
use crate::event::{
    Assertion, Body, Exchange, FlowOutcome, Outcome, Problem, Reason, Snippet, StepOutcome, Times, Wait,
};
use crate::value::Value;

/// Lines of a value or a body that are written, and columns of each.
const LINES: usize = 20;
const COLUMNS: usize = 120;

/// What went wrong, in one line: the first problem, else the first failed assertion.
pub(super) fn headline(step: &StepOutcome) -> String {
    if let Some(problem) = step.problems.first() {
        return display::line(first_line(&problem.message)).into_owned();
    }
    let Some(assertion) = step.assertions.iter().find(|a| !a.passed) else { return "failed".to_owned() };
    if let Some(text) = first_change(assertion) {
        return display::cut(&text, 120).into_owned();
    }
    let claim = claim(assertion);
    let text = match (&assertion.actual, &assertion.message) {
        (Some(actual), _) if is_short(actual) => format!("{claim}, was {}", shown(actual)),
        (_, Some(message)) => format!("{claim} ({})", display::line(first_line(message))),
        _ => claim,
    };
    display::cut(&text, 120).into_owned()
}

/// The first place in which two JSON values differ that are too long to stand side by side.
fn first_change(assertion: &Assertion) -> Option<String> {
    let (expected, actual) = (assertion.expected.as_ref()?, assertion.actual.as_ref()?);
    if is_short(expected) && is_short(actual) {
        return None;
    }
    let changes = changes::of(assertion)?;
    let first = changes.first()?;
    let place = display::line(&first.place(changes::start(assertion))).into_owned();
    let value = |value: &Value| display::cut(&shown(value), 40).into_owned();
    let text = match (first.expected, first.actual) {
        (Some(expected), Some(actual)) => format!("{place} expected {}, was {}", value(expected), value(actual)),
        (None, Some(actual)) => format!("{place}: {}", value(actual)),
        _ => place,
    };
    Some(match changes.len() {
        1 => text,
        n => format!("{text}, and {}", display::count(n as u64 - 1, "more difference")),
    })
}

/// `$.displayName equals "Stève"`, in a line's length. An expression says by itself that it should be true.
pub(super) fn claim(assertion: &Assertion) -> String {
    let predicate = first_line(&assertion.predicate).trim_end_matches("is true");
    let text = format!("{} {predicate}", first_line(&assertion.subject));
    let text = display::cut(&display::line(text.trim_end()), 100).into_owned();
    match &assertion.expected {
        Some(expected) if is_short(expected) => format!("{text} {}", shown(expected)),
        Some(_) => text + " …",
        None => text,
    }
}

/// Short enough to stand in a sentence.
fn is_short(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() <= 40,
        Value::Array(_) | Value::Object(_) => value.to_string().len() <= 40,
        _ => true,
    }
}

fn shown(value: &Value) -> String {
    display::line(&value.to_string()).into_owned()
}

/// The first line of `text`.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// All that a failed step has to say: problems, assertions, the request and the reply.
pub(super) fn failure(step: &StepOutcome) -> String {
    let mut out = String::new();
    for problem in &step.problems {
        self::problem(&mut out, problem);
    }
    for assertion in step.assertions.iter().filter(|a| !a.passed) {
        self::assertion(&mut out, assertion);
    }
    out + &exchanged(step)
}

/// The last request of a step and what came back.
pub(super) fn exchanged(step: &StepOutcome) -> String {
    let mut out = String::new();
    if let Some(exchange) = step.exchanges.last() {
        self::exchange(&mut out, exchange);
        if let Some(body) = exchange.reply.as_ref().and_then(|reply| reply.body.as_ref()) {
            excerpt(&mut out, body);
        }
    }
    out
}

/// Why a flow of which nothing ran is no success; `None` for any other.
pub(super) fn idle(flow: &FlowOutcome) -> Option<&str> {
    let told = flow.warnings.first().map(|warning| first_line(warning)).filter(|_| flow.counts.steps() == 0);
    (flow.outcome == Outcome::Skipped).then(|| told.unwrap_or("every step was skipped, which is not success"))
}

/// A wait and its reason.
pub(super) fn wait(wait: &Wait) -> String {
    let time = display::wait(wait.wait_ms);
    let status = wait.status.map_or_else(String::new, |s| format!(" ({s})"));
    let reply = wait.status.map_or_else(|| "no reply".to_owned(), |s| format!("the reply was {s}"));
    match wait.reason {
        Reason::RateLimit => format!("waiting {time}: rate limited{status}"),
        Reason::Retry => format!("waiting {time} before send {}: {reply}", wait.attempt),
        Reason::Poll => format!("not yet{status}: looking again every {time}"),
        Reason::Step => format!("waiting {time}"),
        Reason::Redirect | Reason::Page | Reason::Auth => format!("waiting {time}{status}"),
    }
}

/// Where the time of a send went, phase by phase; `None` where no socket was asked.
pub(super) fn times(times: &Times) -> Option<String> {
    let connected: f64 = [times.dns_ms, times.connect_ms, times.tls_ms].into_iter().flatten().sum();
    let phases = [
        ("dns", times.dns_ms),
        ("connect", times.connect_ms),
        ("TLS", times.tls_ms),
        ("waiting", Some((times.first_byte_ms? - connected).max(0.0))),
        ("body", times.body_ms),
    ];
    let phases = phases.into_iter().filter_map(|(name, ms)| Some(format!("{name} {}", display::duration(ms?))));
    let phases: Vec<String> = times.reused.then(|| "connection reused".to_owned()).into_iter().chain(phases).collect();
    Some(phases.join(" · "))
}

/// A problem, its place and its help.
pub(super) fn problem(out: &mut String, problem: &Problem) {
    let code = problem.code.as_ref().map_or_else(String::new, |code| format!(" [{code}]"));
    writeln!(out, "{}{code}", problem.message).ok();
    place(out, problem.at.as_ref());
    if let Some(help) = &problem.help {
        writeln!(out, "  help: {help}").ok();
    }
}

/// A failed assertion, its place, and what was expected and found.
pub(super) fn assertion(out: &mut String, assertion: &Assertion) {
    writeln!(out, "{}", claim(assertion)).ok();
    place(out, assertion.at.as_ref());
    if let Some(message) = &assertion.message {
        writeln!(out, "  {message}").ok();
    }
    let (expected, actual) = (assertion.expected.as_ref(), assertion.actual.as_ref());
    if let Some(rows) = differing(assertion, COLUMNS) {
        out.push_str("  difference (- expected, + actual):\n");
        let text = |(sign, line): &(Option<char>, String)| match sign {
            Some(sign) => format!("{sign} {}", display::line(line)),
            None => display::line(line).into_owned(),
        };
        return lines(out, rows.iter().map(text), rows.len());
    }
    for (label, value) in [("expected", expected), ("actual", actual)] {
        match value {
            Some(value) if is_long(value, COLUMNS) => {
                writeln!(out, "  {label}:").ok();
                let text = difference::laid_out(value);
                lines(out, text.lines().map(str::to_owned), text.lines().count());
            }
            Some(value) => writeln!(out, "  {label}: {value}").unwrap_or_default(),
            None => {}
        }
    }
}

/// What differs in a long value, row by row: with `-` what was expected, with `+` what is there, with a space what is the
/// same, and without a sign the path of the place that follows.
pub(super) fn differing(assertion: &Assertion, room: usize) -> Option<Vec<(Option<char>, String)>> {
    let signed = |(sign, text): (char, String)| (Some(sign), text);
    Some(match difference::of(assertion, room)? {
        Difference::Lines(rows) => rows.into_iter().map(signed).collect(),
        Difference::Places(changes) => {
            let start = changes::start(assertion);
            let rows = |change: &Change<'_>| {
                let sides = change.sides(room).into_iter().map(signed);
                std::iter::once((None, change.place(start))).chain(sides).collect::<Vec<_>>()
            };
            changes.iter().flat_map(rows).collect()
        }
    })
}

/// The first lines of `count`.
fn lines(out: &mut String, lines: impl Iterator<Item = String>, count: usize) {
    for line in lines.take(LINES) {
        writeln!(out, "    {}", display::cut(&line, COLUMNS)).ok();
    }
    let more = count.saturating_sub(LINES) as u64;
    if more > 0 {
        writeln!(out, "    … {}", display::count(more, "more line")).ok();
    }
}

fn place(out: &mut String, at: Option<&Snippet>) {
    if let Some(at) = at {
        writeln!(out, "  at {}:{}:{}", at.file, at.line, at.column).ok();
        writeln!(out, "  | {}", at.text.trim()).ok();
    }
}

/// A request line, and the reply's status and `trackingid`.
pub(super) fn exchange(out: &mut String, exchange: &Exchange) {
    writeln!(out, "request: {} {}", exchange.method, exchange.url).ok();
    let Some(reply) = &exchange.reply else {
        writeln!(out, "no reply: {}", exchange.error.as_deref().unwrap_or("the reason is not known")).ok();
        return;
    };
    writeln!(out, "reply: {}", format!("{} {}", reply.status, reply.reason).trim_end()).ok();
    match &reply.hint {
        Some(hint) => writeln!(out, "{hint}").ok(),
        None => tracking_id(exchange).and_then(|id| writeln!(out, "trackingid: {id}").ok()),
    };
}

/// The first lines of a body.
fn excerpt(out: &mut String, body: &Body) {
    let text = layout::body(body);
    let mut lines = text.lines();
    for line in lines.by_ref().take(LINES) {
        writeln!(out, "  {}", display::cut(line, COLUMNS)).ok();
    }
    let more = lines.count() as u64;
    if more > 0 || body.cut {
        let lines = if body.cut { "more".to_owned() } else { display::count(more, "more line") };
        writeln!(out, "  … {lines}, {} in all", display::count(body.size, "byte")).ok();
    }
}

/// The reply's `trackingid`: what Webex support asks for.
pub(super) fn tracking_id(exchange: &Exchange) -> Option<&str> {
    let headers = &exchange.reply.as_ref()?.headers;
    headers.iter().find(|h| h.name.eq_ignore_ascii_case("trackingid")).map(|h| h.value.as_str())
}
