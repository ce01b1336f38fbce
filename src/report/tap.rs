//! TAP, version 14 (<https://testanything.org/tap-version-14-specification.html>): a flow is a subtest, its steps are its
//! test points, and what went wrong is a YAML block.
//!
//! The YAML is written as JSON values, one key a line: no text needs a style of its own.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::json;

use super::spool::Part;
use super::{FlowWriter, Format, Frame, Key, Run, Segments, Tally, describe, display};
use crate::event::{Assertion, EventKind, FlowOutcome, Outcome, Phase, Problem, RunEvent, Snippet, StepOutcome};
use crate::redact::Redacted;
use crate::value::{Map, Value};

/// The format.
pub(super) struct Tap;

impl Format for Tap {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        let name = format!("{}{}", key.path, key.suffix());
        Box::new(Subtest { name, path: key.path.to_string(), points: 0, ended: None })
    }

    fn assemble(&self, _: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "TAP version 14\n1..{}", segments.count())?;
        for place in 0..segments.count() {
            segments.copy_one(place, Part::Whole, out)?;
            write!(out, " {}", place + 1)?;
            segments.copy_one(place, Part::Index, out)?;
        }
        match segments.tally().errors {
            0 => Ok(()),
            n => writeln!(out, "Bail out! {} did not end", display::count(n, "flow")),
        }
    }
}

/// One flow run.
struct Subtest {
    name: String,
    path: String,
    points: u64,
    ended: Option<(bool, String)>,
}

impl FlowWriter for Subtest {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::StepFinished(step) => {
                self.points += 1;
                body.write_all(point(self.points, &self.path, event, step).as_bytes())
            }
            EventKind::FlowFinished(flow) => {
                self.ended = Some((flow.outcome == Outcome::Passed, ended(flow)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The flow's own test point is cut where its number goes, which is known when all flows are.
    fn finish(self: Box<Self>) -> Frame {
        let name = description(&self.name);
        let mut frame = Frame::default();
        if self.points > 0 {
            frame.head = format!("# Subtest: {name}\n");
            writeln!(frame.tail, "    1..{}", self.points).ok();
        }
        match &self.ended {
            Some((passed, diagnostics)) => {
                frame.tail.push_str(if *passed { "ok" } else { "not ok" });
                frame.index = format!(" - {name}\n{diagnostics}");
            }
            None => {
                frame.tail.push_str("not ok");
                frame.index = format!(" - {name}\n  ---\n  message: \"the flow did not end\"\n  ...\n");
                frame.tally = Tally { errors: 1, ..Tally::default() };
            }
        }
        frame
    }
}

fn point(number: u64, path: &str, event: &RunEvent, step: &StepOutcome) -> String {
    let item = event.item.map_or_else(String::new, |item| format!(" [{item}]"));
    let phase = if step.phase == Phase::Cleanup { " (cleanup)" } else { "" };
    // A step of a used flow says whose it is.
    let whose =
        event.flow.as_deref().filter(|flow| *flow != path).map_or_else(String::new, |flow| format!("{flow} › "));
    let name = description(&format!("{whose}{}{item}{phase}", step.name));
    let not = if step.outcome == Outcome::Failed { "not " } else { "" };
    let mut out = format!("    {not}ok {number} - {name}");
    if step.outcome == Outcome::Skipped {
        write!(out, " # SKIP {}", display::line(step.skipped.as_deref().unwrap_or_default())).ok();
    }
    out = out.trim_end().to_owned() + "\n";
    let mut block = Block::new(6);
    if step.outcome == Outcome::Failed {
        block.key("message", &json!(describe::headline(step)));
        block.key("severity", &json!("fail"));
        block.key("duration_ms", &json!(step.duration_ms));
        block.list("problems", step.problems.iter().map(problem));
        block.list("assertions", step.assertions.iter().filter(|a| !a.passed).map(assertion));
        let exchanged = describe::exchanged(step);
        block.list("exchange", exchanged.lines().map(|line| json!(line)));
    } else if step.outcome == Outcome::Passed {
        block.key("duration_ms", &json!(step.duration_ms));
    }
    block.list("warnings", step.warnings.iter().map(|w| json!(w)));
    out + &block.end()
}

/// The YAML block of a flow: what is wrong with it as a whole.
fn ended(flow: &FlowOutcome) -> String {
    let mut block = Block::new(2);
    if let Some(why) = describe::idle(flow) {
        block.key("message", &json!(why));
    }
    block.key("duration_ms", &json!(flow.duration_ms));
    block.list("problems", flow.problems.iter().map(problem));
    block.list("warnings", flow.warnings.iter().map(|w| json!(w)));
    block.end()
}

fn problem(problem: &Problem) -> Value {
    let Problem { message, help, code, at } = problem;
    object([
        ("message", Some(json!(message))),
        ("code", code.as_ref().map(|c| json!(c))),
        ("help", help.as_ref().map(|h| json!(h))),
        ("at", at.as_ref().map(place)),
    ])
}

fn assertion(a: &Assertion) -> Value {
    object([
        ("claim", Some(json!(describe::claim(a)))),
        ("message", a.message.as_ref().map(|m| json!(m))),
        ("expected", a.expected.clone()),
        ("actual", a.actual.clone()),
        ("at", a.at.as_ref().map(place)),
    ])
}

fn place(at: &Snippet) -> Value {
    json!(format!("{}:{}:{}", at.file, at.line, at.column))
}

fn object<const N: usize>(pairs: [(&str, Option<Value>); N]) -> Value {
    pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// A test point's description: `\` and `#` are escaped, as the latter begins a directive.
fn description(text: &str) -> String {
    display::line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// A YAML block, written a key a line.
struct Block {
    margin: usize,
    text: String,
}

impl Block {
    fn new(margin: usize) -> Self {
        Self { margin, text: String::new() }
    }

    fn key(&mut self, key: &str, value: &Value) {
        let value = display::json(value).unwrap_or_default();
        writeln!(self.text, "{:margin$}{key}: {value}", "", margin = self.margin).ok();
    }

    /// A list, an item a line; nothing where it is empty.
    fn list(&mut self, key: &str, items: impl Iterator<Item = Value>) {
        let mut items = items.peekable();
        if items.peek().is_some() {
            writeln!(self.text, "{:margin$}{key}:", "", margin = self.margin).ok();
        }
        for item in items {
            let item = display::json(&item).unwrap_or_default();
            writeln!(self.text, "{:margin$}  - {item}", "", margin = self.margin).ok();
        }
    }

    fn end(self) -> String {
        let margin = self.margin;
        if self.text.is_empty() { self.text } else { format!("{:margin$}---\n{}{:margin$}...\n", "", self.text, "") }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::FormatName;
    use crate::report::fixture::*;
    use crate::report::terminal::Verbosity;

    fn tap(flows: &[Flow]) -> String {
        run(options(Verbosity::Quiet, false), Some(FormatName::Tap), flows).1
    }

    #[test]
    fn a_run() {
        let rooms = "https://webexapis.com/v1/rooms";
        let broken =
            Problem { message: "unknown key `nmae`".into(), help: None, code: Some("unknown-key".into()), at: None };
        let flows = [
            Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(2))
                .step(request("GET /rooms", vec![exchange("GET", rooms, 200)]))
                .item(2, failing("Invite", detailed("POST", rooms, 200, "{}"), json!("Stève"), json!({"a": 1})))
                .used("flows/_parts/login.flow.yaml", step("Log in # 1"))
                .step(skipped("Rest", "an earlier step failed"))
                .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
                .end(),
            Flow::new("flows/broken.flow.yaml", "broken").end_as(Outcome::Failed, vec![broken]),
        ];
        let expected = r##"TAP version 14
1..2
not ok 1 - flows/broken.flow.yaml
  ---
  duration_ms: 125.0
  problems:
    - {"message":"unknown key `nmae`","code":"unknown-key"}
  ...
# Subtest: flows/rooms.flow.yaml [row 2]
    ok 1 - GET /rooms
      ---
      duration_ms: 83.4
      ...
    not ok 2 - Invite [2]
      ---
      message: "$.displayName equals \"Stève\", was {\"a\":1}"
      severity: "fail"
      duration_ms: 83.4
      assertions:
        - {"claim":"$.displayName equals \"Stève\"","expected":"Stève","actual":{"a":1},"at":"flows/guest.flow.yaml:38:24"}
      exchange:
        - "request: POST https://webexapis.com/v1/rooms"
        - "reply: 200 OK"
        - "trackingid: ROUTER_65"
        - "  {}"
      ...
    ok 3 - flows/_parts/login.flow.yaml › Log in \# 1
      ---
      duration_ms: 0.2
      ...
    ok 4 - Rest # SKIP an earlier step failed
    ok 5 - Leave (cleanup)
      ---
      duration_ms: 83.4
      ...
    1..5
not ok 2 - flows/rooms.flow.yaml [row 2]
  ---
  duration_ms: 125.0
  ...
"##;
        assert_eq!(tap(&flows), expected);
    }

    /// Every line is one that the specification knows, every block is YAML, and the plans are right.
    pub(in crate::report) fn conforms(text: &str) {
        let mut lines = text.lines().peekable();
        assert_eq!(lines.next(), Some("TAP version 14"));
        let plan: usize = lines.next().and_then(|l| l.strip_prefix("1..")?.parse().ok()).unwrap();
        let (mut flows, mut points) = (0, 0);
        while let Some(line) = lines.next() {
            let inner = line.starts_with("    ");
            let rest = line.trim_start_matches(' ');
            if rest == "---" {
                let mut yaml = String::new();
                for line in lines.by_ref().take_while(|l| l.trim_start() != "...") {
                    yaml += line;
                    yaml.push('\n');
                }
                let read: Result<Value, _> = serde_yaml::from_str(&yaml);
                assert!(read.is_ok_and(|v| v.is_object()), "{yaml}");
            } else if let Some(rest) = rest.strip_prefix("not ok ").or_else(|| rest.strip_prefix("ok ")) {
                if inner {
                    points += 1;
                    assert!(rest.starts_with(&format!("{points} -")), "{line}");
                } else {
                    flows += 1;
                    points = 0;
                    assert!(rest.starts_with(&format!("{flows} -")), "{line}");
                }
            } else if inner {
                assert_eq!(rest, format!("1..{points}"));
            } else {
                assert!(rest.starts_with("# Subtest: ") || rest.starts_with("Bail out! "), "{line}");
            }
        }
        assert_eq!(flows, plan);
    }

    #[test]
    fn what_did_not_end_ends_all() {
        let mut flow = Flow::new("flows/a.flow.yaml", "a").step(step("One")).end();
        flow.events.pop();
        let text = tap(&[flow]);
        assert!(text.ends_with("not ok 1 - flows/a.flow.yaml\n  ---\n  message: \"the flow did not end\"\n  ...\nBail out! 1 flow did not end\n"), "{text}");
        conforms(&text);
        conforms(&tap(&[]));
    }
}
