//! The last lines: what failed, the numbers, the verdict.

use std::fmt::Write as _;

use colored::Colorize as _;

use super::{Key, display};
use crate::event::Summary;

/// What failed, a line each.
pub(super) fn failures(out: &mut String, failures: &[(Key, String)], unlisted: u64) {
    if failures.is_empty() {
        return;
    }
    writeln!(out, "{}", "failures".bold()).ok();
    for (key, text) in failures {
        let path = format!("{}{}", display::line(&key.path), key.suffix());
        writeln!(out, "  {} {} › {text}", "✗".red(), path).ok();
    }
    if unlisted > 0 {
        writeln!(out, "  … {unlisted} more").ok();
    }
    out.push('\n');
}

/// The numbers and one word.
pub(super) fn last_lines(out: &mut String, summary: &Summary) {
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
        format!("{:.2} s", summary.duration_ms / 1000.0),
    ];
    writeln!(out, "{}", parts.join(" · ")).ok();
    let verdict = if summary.flows() == 0 {
        "NOTHING RAN".yellow()
    } else if summary.flows_failed + summary.flows_skipped > 0 {
        "FAILED".red()
    } else {
        "PASSED".green()
    };
    writeln!(out, "{}", verdict.bold()).ok();
}

/// `steps 30 passed, 1 failed`; `steps 0` where nothing is to count.
fn part(what: &str, counts: &[(u64, &str)]) -> String {
    let counts: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, verdict)| format!("{n} {verdict}")).collect();
    if counts.is_empty() { format!("{what} 0") } else { format!("{what} {}", counts.join(", ")) }
}
