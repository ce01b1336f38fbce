//! Requests and replies of a step, and where their time went.

use std::fmt::Write as _;

use super::escape;
use crate::event::{Body, Exchange, Header, Outcome, Reason, StepOutcome, Times};
use crate::report::{display, layout};

/// The width of a waterfall in its own units.
const WIDTH: f64 = 1000.0;

/// The most bytes of a body in a step that passed: of ten thousand of them the page must stay light.
const PASSED: usize = 8 << 10;

/// `METHOD path` of the first send and the status of the last, for the step's line.
pub(super) fn headline(out: &mut String, step: &StepOutcome) {
    let (Some(first), Some(last)) = (step.exchanges.first(), step.exchanges.last()) else { return };
    out.push_str("<code>");
    escape::text(out, &first.method);
    out.push(' ');
    escape::text(out, &display::path(&first.url));
    if step.exchanges.len() > 1 {
        write!(out, " · {} sends", step.exchanges.len()).ok();
    }
    out.push_str("</code>");
    match &last.reply {
        Some(reply) => write!(out, "<span>{}</span>", reply.status).unwrap_or_default(),
        None => out.push_str("<span class=\"bad\">no reply</span>"),
    }
}

/// Every send of a step, in order.
pub(super) fn all(out: &mut String, step: &StepOutcome) {
    let ends = step.exchanges.iter().map(|e| e.start_ms + e.times.total_ms);
    // The bars of all sends have one scale, so that they form a waterfall.
    let whole = ends.fold(step.duration_ms, f64::max).max(0.001);
    for exchange in &step.exchanges {
        one(out, exchange, whole, if step.outcome == Outcome::Failed { usize::MAX } else { PASSED });
    }
}

fn one(out: &mut String, exchange: &Exchange, whole: f64, most: usize) {
    out.push_str("<p class=\"e\"><b>");
    escape::text(out, &exchange.method);
    out.push_str("</b> ");
    escape::text(out, &exchange.url);
    out.push_str(because(exchange.because));
    out.push('\n');
    match (&exchange.reply, &exchange.error) {
        (Some(reply), _) => {
            let class = if reply.status < 400 { "good" } else { "bad" };
            write!(out, "<b class=\"{class}\">{} ", reply.status).ok();
            escape::text(out, &reply.reason);
            write!(out, "</b> {}", display::duration(exchange.times.total_ms)).ok();
            write!(out, " · {}", display::count(reply.size, "byte")).ok();
            if reply.wire_size != reply.size {
                write!(out, " ({} on the wire)", reply.wire_size).ok();
            }
            out.push_str(" · HTTP/");
            escape::text(out, &reply.http_version);
            if let Some(ip) = &reply.remote_ip {
                out.push_str(" · ");
                escape::text(out, ip);
            }
        }
        (None, error) => {
            out.push_str("<b class=\"bad\">no reply</b> ");
            escape::text(out, error.as_deref().unwrap_or("the reason is not known"));
        }
    }
    waterfall(out, exchange, whole);
    if let Some(hint) = exchange.reply.as_ref().and_then(|reply| reply.hint.as_ref()) {
        out.push_str("<p class=\"hint\"><b>hint</b> ");
        escape::text(out, hint);
        out.push_str("</p>\n");
    }
    message(out, "q", &exchange.headers, exchange.body.as_ref(), most);
    if let Some(reply) = &exchange.reply {
        message(out, "a", &reply.headers, reply.body.as_ref(), most);
    }
}

fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::Step => "",
        Reason::Redirect => " (redirected)",
        Reason::RateLimit => " (again: rate limited)",
        Reason::Retry => " (again: retry)",
        Reason::Poll => " (poll)",
        Reason::Page => " (next page)",
        Reason::Auth => " (again: authentication)",
    }
}

/// Headers and a body, up to `most` bytes of it, as one text. The style gives each `class` its heading.
fn message(out: &mut String, class: &str, headers: &[Header], body: Option<&Body>, most: usize) {
    if headers.is_empty() && body.is_none() {
        return;
    }
    let mut text: String =
        headers.iter().map(|h| format!("{}: {}\n", display::line(&h.name), display::line(&h.value))).collect();
    if let Some(body) = body {
        if !headers.is_empty() {
            text.push('\n');
        }
        let shown = layout::body(body);
        let end = (0..=most.min(shown.len())).rev().find(|end| shown.is_char_boundary(*end)).unwrap_or(0);
        text.push_str(shown.get(..end).unwrap_or_default());
        if body.cut || end < shown.len() {
            write!(text, "\n… cut, {} in all", display::count(body.size, "byte")).ok();
        }
    }
    write!(out, "<pre class=\"{class}\" tabindex=\"0\">").ok();
    escape::block(out, text.trim_end_matches('\n'));
    out.push_str("</pre>\n");
}

/// The phases of a send on the time of its step. The rectangles are SVG, whose places need no inline style.
fn waterfall(out: &mut String, exchange: &Exchange, whole: f64) {
    let phases = phases(&exchange.times);
    // Where it only waited and read, words do without colours: most sends are on a kept connection.
    let plain = phases.len() <= 2;
    if plain {
        for (_, name, ms) in &phases {
            write!(out, " · {name} {}", display::duration(*ms)).ok();
        }
    }
    if exchange.times.reused {
        out.push_str(" · kept connection");
    }
    if exchange.start_ms >= 1.0 {
        write!(out, " · began after {}", display::duration(exchange.start_ms)).ok();
    }
    write!(out, "</p><svg viewBox=\"0 0 {WIDTH} 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">").ok();
    let scale = WIDTH / whole;
    let mut at = exchange.start_ms * scale;
    for (class, _, ms) in &phases {
        // What took no time that can be seen is still there.
        let width = (ms * scale).max(1.0);
        write!(out, "<rect class=\"{class}\" x=\"{at:.1}\" width=\"{width:.1}\" height=\"10\"/>").ok();
        at += ms * scale;
    }
    out.push_str("</svg>");
    if plain {
        return;
    }
    out.push_str("<p class=\"phases\">");
    for (class, name, ms) in &phases {
        write!(out, "<i class=\"{class}\"></i>{name} {} ", display::duration(*ms)).ok();
    }
    out.push_str("</p>");
}

/// Class, name and length in milliseconds of each phase, in order. Those of a kept connection did not happen.
fn phases(times: &Times) -> Vec<(&'static str, &'static str, f64)> {
    let Times { dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms, .. } = *times;
    let connecting = [("d", "DNS", dns_ms), ("c", "connect", connect_ms), ("t", "TLS", tls_ms)];
    let mut phases: Vec<_> = connecting.iter().filter_map(|(class, name, ms)| Some((*class, *name, (*ms)?))).collect();
    let connected: f64 = phases.iter().map(|(.., ms)| ms).sum();
    match first_byte_ms {
        Some(first) => {
            phases.push(("w", "waiting", (first - connected).max(0.0)));
            phases.push(("r", "reading", (total_ms - first.max(connected)).max(0.0)));
        }
        None => phases.push(("w", "send and reply", (total_ms - connected).max(0.0))),
    }
    phases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_add_up_to_the_whole() {
        let times = Times {
            dns_ms: Some(1.0),
            connect_ms: Some(2.0),
            tls_ms: Some(3.0),
            first_byte_ms: Some(10.0),
            total_ms: 12.0,
            ..Times::default()
        };
        let lengths: Vec<_> = phases(&times).iter().map(|(class, _, ms)| (*class, *ms)).collect();
        assert_eq!(lengths, [("d", 1.0), ("c", 2.0), ("t", 3.0), ("w", 4.0), ("r", 2.0)]);
        let kept = Times { total_ms: 5.0, ..Times::default() };
        assert_eq!(phases(&kept), [("w", "send and reply", 5.0)]);
    }
}
