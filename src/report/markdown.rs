//! Markdown for a pull request's comment and GitHub's step summary: the numbers, what failed and why, every flow.
//!
//! Text that a user or a server wrote stands only in code, where no markup, link or mention is looked for. A comment
//! holds 65,536 characters, so that is the most there is, whatever the run.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::spool::Part;
use super::{FlowWriter, Format, Frame, Key, Run, Segments, describe, display};
use crate::event::{EventKind, FlowOutcome, Outcome, RunEvent, StepOutcome, Summary};
use crate::redact::Redacted;

/// The most bytes of a report, of what failed in it, of one flow's failures, and of one failure.
pub(crate) const MOST: u64 = 60_000;
const FAILURES: u64 = 40_000;
const FLOW: usize = 16_000;
const FAILURE: usize = 4_000;

/// The format.
pub(super) struct Markdown;

impl Format for Markdown {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        Box::new(Writer { name: format!("{}{}", key.path, key.suffix()), left_out: 0, size: 0, ended: None })
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        let summary = run.summary();
        let head = self::head(&summary);
        out.write_all(head.as_bytes())?;
        let mut room = MOST.saturating_sub(head.len() as u64 + 1_000);
        if summary.flows_failed + summary.flows_skipped + segments.tally().errors > 0 {
            writeln!(out, "\n### Failures\n")?;
            let (left, more) = segments.copy_within(Part::Whole, FAILURES, out)?;
            room -= FAILURES - left;
            if more > 0 {
                writeln!(out, "… and failures in {}.\n", display::count(more, "more flow"))?;
            }
        }
        if segments.count() == 0 {
            return Ok(());
        }
        // A list of what passed is folded away where there is something else to see.
        writeln!(out, "\n<details{}><summary>Flows</summary>\n", if summary.flows_failed > 0 { "" } else { " open" })?;
        writeln!(out, "| | flow | passed | failed | skipped | requests | time |\n|---|---|--:|--:|--:|--:|--:|")?;
        let (_, more) = segments.copy_within(Part::Index, room, out)?;
        if more > 0 {
            writeln!(out, "\n… and {}.", display::count(more, "more flow"))?;
        }
        writeln!(out, "\n</details>")
    }
}

fn head(summary: &Summary) -> String {
    let flows = summary.flows();
    let bad = summary.flows_failed + summary.flows_skipped;
    let verdict = match (flows, bad) {
        (0, _) => "⚪ nothing ran".to_owned(),
        (_, 0) => format!("✅ {} passed", display::count(flows, "flow")),
        (_, _) if summary.flows_failed == 0 => format!("❌ {bad} of {} skipped", display::count(flows, "flow")),
        (_, _) => format!("❌ {} of {} failed", summary.flows_failed, display::count(flows, "flow")),
    };
    let c = &summary.counts;
    let mut out = format!("## wxflow: {verdict}\n\n| | passed | failed | skipped |\n|---|--:|--:|--:|\n");
    let mut row = |what: &str, passed: u64, failed: u64, skipped: &str| {
        writeln!(out, "| {what} | {passed} | {failed} | {skipped} |").ok();
    };
    row("flows", summary.flows_passed, summary.flows_failed, &summary.flows_skipped.to_string());
    row("steps", c.steps_passed, c.steps_failed, &c.steps_skipped.to_string());
    row("assertions", c.assertions_passed, c.assertions_failed, "");
    let invalid = match summary.flows_invalid {
        0 => String::new(),
        n => format!("{} invalid, nothing of it was sent · ", display::count(n, "flow")),
    };
    let unknown = match c.assertions_not_replayable {
        0 => String::new(),
        n => format!("{} not replayable · ", display::count(n, "assertion")),
    };
    let time = display::duration(summary.duration_ms);
    writeln!(out, "\n{invalid}{unknown}{} · {time}", display::count(c.requests, "request")).ok();
    out
}

/// Writes one flow: its failures as the whole, its row as the index.
struct Writer {
    name: String,
    /// Failures that found no room.
    left_out: u64,
    size: usize,
    ended: Option<FlowOutcome>,
}

impl FlowWriter for Writer {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::StepFinished(step) if step.outcome == Outcome::Failed => self.step(event, step, body),
            EventKind::FlowFinished(flow) => {
                self.ended = Some((**flow).clone());
                let mut text = String::new();
                flow.problems.iter().for_each(|problem| describe::problem(&mut text, problem));
                let why = flow.problems.first().map(|p| describe::first_line(&p.message));
                match why.or(describe::idle(flow)) {
                    Some(why) => self.failure(None, why, &text, body),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Frame {
        let mut frame = Frame::default();
        if self.left_out > 0 {
            let more = display::count(self.left_out, "more failure");
            writeln!(frame.tail, "… and {more} in {}.\n", code(&self.name)).ok();
        }
        let name = cell(&self.name);
        match &self.ended {
            Some(flow) => {
                let c = &flow.counts;
                let mark = match flow.outcome {
                    Outcome::Passed => "✅",
                    Outcome::Failed => "❌",
                    Outcome::Skipped => "⚪",
                };
                let (time, requests) = (display::duration(flow.duration_ms), c.requests);
                let (passed, failed, skipped) = (c.steps_passed, c.steps_failed, c.steps_skipped);
                frame.index = format!("| {mark} | {name} | {passed} | {failed} | {skipped} | {requests} | {time} |\n");
            }
            None => {
                writeln!(frame.tail, "❌ {} did not end.\n", code(&self.name)).ok();
                frame.index = format!("| ❌ | {name} | | | | | |\n");
                frame.tally.errors = 1;
            }
        }
        frame
    }
}

impl Writer {
    fn step(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        let item = event.item.map_or_else(String::new, |item| format!(" [{item}]"));
        let name = format!("{}{item}", step.name);
        self.failure(Some(&name), &describe::headline(step), &describe::failure(step), body)
    }

    fn failure(&mut self, step: Option<&str>, why: &str, text: &str, body: &mut dyn Write) -> io::Result<()> {
        let step = step.map_or_else(String::new, |step| format!(" › {}", html(step)));
        let mut out = format!("<details><summary>❌ {}{step}: {}</summary>\n\n", html(&self.name), html(why));
        if !text.is_empty() {
            let fence = "`".repeat(longest_run(text).max(2) + 1);
            writeln!(out, "{fence}text").ok();
            let mut room = FAILURE;
            for line in text.lines().map(display::line) {
                let Some(left) = room.checked_sub(line.len() + 1) else {
                    out.push_str("…\n");
                    break;
                };
                room = left;
                writeln!(out, "{line}").ok();
            }
            writeln!(out, "{fence}\n").ok();
        }
        out.push_str("</details>\n\n");
        if self.size + out.len() > FLOW {
            self.left_out += 1;
            return Ok(());
        }
        self.size += out.len();
        body.write_all(out.as_bytes())
    }
}

/// Text inside HTML inside Markdown, where both are read: every sign that either could take for its own is an entity.
fn html(text: &str) -> String {
    let mut out = String::from("<code>");
    for c in display::cut(&display::line(text), 200).chars() {
        if c.is_ascii_punctuation() && !matches!(c, '/' | ',' | '.') {
            write!(out, "&#{};", u32::from(c)).ok();
        } else {
            out.push(c);
        }
    }
    out + "</code>"
}

/// Text as code on a line.
fn code(text: &str) -> String {
    let text = display::line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// As [`code`], in a table, whose cells end at a bar even in code.
fn cell(text: &str) -> String {
    code(&display::line(text).replace('|', "\\u{7c}"))
}

/// The most backticks that stand together.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::FormatName;
    use crate::report::fixture::{Flow, detailed, exchange, failing, options, request, run, skipped, step};
    use crate::report::terminal::Verbosity;
    use serde_json::json;

    fn markdown(flows: &[Flow]) -> String {
        run(options(Verbosity::Quiet, false), Some(FormatName::Markdown), flows).1
    }

    fn failed(name: &str) -> StepOutcome {
        failing(name, detailed("POST", "https://x.example/rooms", 200, "{\"a\":1}"), json!("Stève"), json!("<Steve>"))
    }

    #[test]
    fn a_run() {
        let flows = [
            Flow::new("flows/good.flow.yaml", "good")
                .step(request("List", vec![exchange("GET", "https://x.example/rooms", 200)]))
                .end(),
            Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(2))
                .item(2, failed("Invite"))
                .step(skipped("Rest", "an earlier step failed"))
                .end(),
        ];
        let expected = r#"## wxflow: ❌ 1 of 2 flows failed

| | passed | failed | skipped |
|---|--:|--:|--:|
| flows | 1 | 1 | 0 |
| steps | 1 | 1 | 1 |
| assertions | 2 | 1 |  |

2 requests · 420 ms

### Failures

<details><summary>❌ <code>flows/rooms.flow.yaml &#91;row 2&#93;</code> › <code>Invite &#91;2&#93;</code>: <code>&#36;.displayName equals &#34;Stève&#34;, was &#34;&#60;Steve&#62;&#34;</code></summary>

```text
$.displayName equals "Stève"
  at flows/guest.flow.yaml:38:24
  | $.displayName: "{{ guest_name }}"
  expected: "Stève"
  actual: "<Steve>"
request: POST https://x.example/rooms
reply: 200 OK
trackingid: ROUTER_65
  {
    "a": 1
  }
```

</details>


<details><summary>Flows</summary>

| | flow | passed | failed | skipped | requests | time |
|---|---|--:|--:|--:|--:|--:|
| ✅ | `flows/good.flow.yaml` | 1 | 0 | 0 | 1 | 125 ms |
| ❌ | `flows/rooms.flow.yaml [row 2]` | 0 | 1 | 1 | 1 | 125 ms |

</details>
"#;
        assert_eq!(markdown(&flows), expected);
    }

    #[test]
    fn no_text_is_markup() {
        assert_eq!(html("@all <b>*x*"), "<code>&#64;all &#60;b&#62;&#42;x&#42;</code>");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(cell("a|b"), "`a\\u{7c}b`");
        let text = markdown(&[Flow::new("flows/a.flow.yaml", "a").step(failed("```\n</details>")).end()]);
        assert_eq!(text.matches("</details>").count(), 2, "{text}");
    }

    #[test]
    fn it_fits_a_comment() {
        let flow = |path| (0..9).fold(Flow::new(path, "a"), |flow, _| flow.step(failed(&"x".repeat(400)))).end();
        let paths: Vec<String> = (0..600).map(|n| format!("flows/{n:0>100}.flow.yaml")).collect();
        let flows: Vec<_> = paths.iter().map(|path| flow(Box::leak(path.clone().into_boxed_str()))).collect();
        let text = markdown(&flows);
        assert!(text.len() as u64 <= MOST, "{}", text.len());
        assert!(text.contains("more flows."), "{text}");
        let torn = Flow::new("flows/a.flow.yaml", "a").step(step("One"));
        assert!(markdown(&[torn]).contains("`flows/a.flow.yaml` did not end."));
    }
}
