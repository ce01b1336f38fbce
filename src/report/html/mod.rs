//! One self-contained page that needs no script: numbers, failures, flows, steps, requests and replies.
//!
//! It stays light however long the run was: steps are closed, what is out of sight is not laid out
//! (`content-visibility`), a body is one text, and the waterfall is a few rectangles. A strict Content-Security-Policy
//! names the style by its hash, so that even markup that got in could do nothing.

mod escape;
mod exchange;
mod flow;
mod step;

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::spool::Part;
use super::{FlowWriter, Format, Key, Run, Segments, display};
use crate::event::{EventKind, RunEvent, Summary};

const STYLE: &str = include_str!("page.css");

/// The most bytes of the list of failures at the top.
const FAILURES: u64 = 64 << 10;

/// The format.
pub(super) struct Html;

impl Format for Html {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        Box::new(flow::Section::new(key))
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        let summary = run.summary();
        out.write_all(head(&summary).as_bytes())?;
        if summary.flows_failed + summary.flows_skipped > 0 {
            writeln!(out, "<nav aria-labelledby=\"failures\">\n<h2 id=\"failures\">Failures</h2>\n<ol>")?;
            let (_, more) = segments.copy_within(Part::Index, FAILURES, out)?;
            writeln!(out, "</ol>")?;
            if more > 0 {
                writeln!(out, "<p>… and failures in {}</p>", display::count(more, "more flow"))?;
            }
            writeln!(out, "</nav>\n<input type=\"checkbox\" id=\"only\"><label for=\"only\">Only failures</label>")?;
        }
        writeln!(out, "<main>")?;
        segments.copy("", out)?;
        writeln!(out, "</main>\n{}\n</body>\n</html>", footer(run))
    }
}

fn head(summary: &Summary) -> String {
    let flows = summary.flows();
    let (class, verdict) = match (flows, summary.flows_failed, summary.flows_skipped) {
        (0, ..) => ("warn", "nothing ran".to_owned()),
        (_, 0, 0) => ("good", format!("{} passed", display::count(flows, "flow"))),
        (_, 0, skipped) => ("bad", format!("{skipped} of {} skipped", display::count(flows, "flow"))),
        (_, failed, _) => ("bad", format!("{failed} of {} failed", display::count(flows, "flow"))),
    };
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>wxflow: {verdict}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>wxflow: <span class=\"{class}\">{verdict}</span></h1>\n</header>\n<dl class=\"numbers\">\n"
    );
    let c = &summary.counts;
    let invalid = summary.flows_invalid.min(summary.flows_failed);
    let mut number = |what: &str, counts: &[(u64, &str, &str)]| {
        let all = counts.iter().filter(|(n, ..)| *n > 0);
        let all: Vec<_> = all.map(|(n, class, word)| format!("<span class=\"{class}\">{n} {word}</span>")).collect();
        let all = if all.is_empty() { "0".to_owned() } else { all.join(" · ") };
        writeln!(out, "<div><dt>{what}</dt><dd>{all}</dd></div>").ok();
    };
    let flows = [
        (summary.flows_passed, "good", "passed"),
        (summary.flows_failed - invalid, "bad", "failed"),
        (invalid, "bad", "invalid"),
        (summary.flows_skipped, "warn", "skipped"),
    ];
    number("Flows", &flows);
    let steps =
        [(c.steps_passed, "good", "passed"), (c.steps_failed, "bad", "failed"), (c.steps_skipped, "soft", "skipped")];
    number("Steps", &steps);
    let assertions = [
        (c.assertions_passed, "good", "held"),
        (c.assertions_failed, "bad", "failed"),
        (c.assertions_not_replayable, "warn", "not replayable"),
    ];
    number("Assertions", &assertions);
    number("Requests", &[(c.requests, "", "sent")]);
    write!(out, "<div><dt>Time</dt><dd>{}</dd></div>\n</dl>\n", display::duration(summary.duration_ms)).ok();
    out
}

fn footer(run: &Run) -> String {
    let mut out = String::from("<footer>");
    if let Some(RunEvent { kind: EventKind::RunStarted { wxflow, seed, shard, .. }, time, .. }) = run.started.as_deref()
    {
        write!(out, "Started {} with wxflow ", time.get(..19).unwrap_or(time).replace('T', " ") + " UTC").ok();
        escape::text(&mut out, wxflow);
        seed.iter().for_each(|seed| write!(out, " · seed {seed}").unwrap_or_default());
        if let Some(shard) = shard {
            out.push_str(" · shard ");
            escape::text(&mut out, shard);
        }
    }
    out + "</footer>"
}

#[cfg(test)]
pub(super) mod tests;
