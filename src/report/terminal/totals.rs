//! The last lines: what failed, the numbers, the verdict.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::failure::Listed;
use super::{Key, display};
use crate::event::Summary;

/// What failed, a block of two lines each: which step, and where and why.
pub(super) fn failures(out: &mut String, failures: &[(Key, Listed)], unlisted: u64, width: usize) {
    if failures.is_empty() {
        return;
    }
    writeln!(out, "{}", "failures".bold()).ok();
    for (key, Listed { step, place, what }) in failures {
        let path = format!("{}{}", display::line(&key.path), key.suffix());
        let step = step.as_ref().map_or_else(String::new, |step| format!(" › {step}"));
        let name = format!("{path}{step}");
        writeln!(out, "  {} {}", "✗".red(), display::cut(&name, width.saturating_sub(4)).bold()).ok();
        let place = place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        let room = width.saturating_sub(4 + display::width(&place)).max(40);
        writeln!(out, "    {}{}", place.dimmed(), display::cut(what, room)).ok();
    }
    if unlisted > 0 {
        writeln!(out, "  … {unlisted} more").ok();
    }
    out.push('\n');
}

/// The numbers, on one line or on as many as `columns` want, and one word.
pub(super) fn last_lines(out: &mut String, summary: &Summary, columns: Option<usize>) {
    let c = &summary.counts;
    let flows_failed = summary.flows_failed - summary.flows_invalid.min(summary.flows_failed);
    let parts = [
        part(
            "flows",
            &[
                (summary.flows_passed, "passed"),
                (flows_failed, "failed"),
                (summary.flows_invalid, "invalid"),
                (summary.flows_skipped, "skipped"),
            ],
        ),
        part("steps", &[(c.steps_passed, "passed"), (c.steps_failed, "failed"), (c.steps_skipped, "skipped")]),
        if c.assertions_failed + c.assertions_not_replayable == 0 {
            format!("assertions {}", c.assertions_passed)
        } else {
            part(
                "assertions",
                &[
                    (c.assertions_passed, "held"),
                    (c.assertions_failed, "failed"),
                    (c.assertions_not_replayable, "not replayable"),
                ],
            )
        },
        format!("requests {}", c.requests),
        took(summary.duration_ms),
    ];
    let mut line = 0;
    for part in &parts {
        let width = display::width(part) + 3;
        let full = line > 0 && columns.is_some_and(|columns| line + width > columns);
        out.push_str(match line {
            0 => "",
            _ if full => " ·\n",
            _ => " · ",
        });
        out.push_str(part);
        line = if full { width } else { line + width };
    }
    out.push('\n');
    let verdict = if summary.flows() == 0 {
        "NOTHING RAN".yellow()
    } else if summary.flows_failed + summary.flows_skipped > 0 {
        "FAILED".red()
    } else {
        "PASSED".green()
    };
    writeln!(out, "{}", verdict.bold()).ok();
}

/// A run is told in seconds, however short: numbers of several runs are easy to compare.
fn took(ms: f64) -> String {
    if ms < 999.5 { format!("{:.2} s", ms / 1000.0) } else { display::duration(ms) }
}

/// `steps 30 passed, 1 failed`; `steps 0` where nothing is to count.
fn part(what: &str, counts: &[(u64, &str)]) -> String {
    let counts: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, verdict)| format!("{n} {verdict}")).collect();
    if counts.is_empty() { format!("{what} 0") } else { format!("{what} {}", counts.join(", ")) }
}
