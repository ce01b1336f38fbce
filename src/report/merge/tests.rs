//! What was written can be joined, and tells the same.

use serde_json::json;

use super::*;
use crate::event::{Counts, Reason, Wait};
use crate::redact::Redactor;
use crate::report::fixture::*;
use crate::report::terminal::{Terminal, Verbosity};
use crate::report::{FormatName, Target};

fn flows() -> Vec<Flow> {
    let rooms = "https://webexapis.com/v1/rooms";
    let wait = Wait { reason: Reason::RateLimit, status: Some(429), wait_ms: 1000, attempt: 2 };
    vec![
        Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(1))
            .waiting(&[wait], request("List", vec![exchange("GET", rooms, 429), exchange("GET", rooms, 200)]))
            .item(1, failing("Invite", detailed("POST", rooms, 200, "{}"), json!(null), json!(1.50)))
            .used("flows/_parts/login.flow.yaml", step("Bind"))
            .step(skipped("Rest", "an earlier step failed"))
            .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
            .end(),
        Flow::new("flows/good.flow.yaml", "good").step(request("One", vec![exchange("GET", rooms, 200)])).end(),
    ]
}

/// A JSON report of `flows`, with `head` for its version.
fn shard(flows: &[Flow], head: &str) -> String {
    run(options(Verbosity::Quiet, true), Some(FormatName::Json), flows).1.replacen("\"v\":1", head, 1)
}

fn merged(texts: &[&str], format: FormatName) -> Result<(String, Vec<String>), String> {
    let file = Shared::default();
    let terminal = Terminal::new(options(Verbosity::Quiet, false), Box::new(Shared::default()));
    let reports = Reports::new(terminal, vec![(format, Target::Stream(Box::new(file.clone())))]);
    let redactor = Redactor::new();
    let mut merge = Merge::new(&reports, &redactor);
    for (i, text) in texts.iter().enumerate() {
        merge.read(&format!("{}.json", i + 1), text.as_bytes())?;
    }
    let Merged { started, summary, missing } = merge.end();
    let finished = RunEvent { kind: EventKind::RunFinished(summary), ..started.clone() };
    reports.start(redactor.redact(started));
    assert_eq!(reports.finish(redactor.redact(finished)), []);
    Ok((file.text(), missing))
}

#[test]
fn a_merged_run_is_written_as_any_other() {
    let [first, second] = flows().try_into().ok().unwrap();
    let (one, two) = (shard(&[first], r#""v":1"#), shard(&[second], r#""v":1"#));
    let times = regex::Regex::new(r"2026-11-21T04:15:3\d(\.\d+)?Z?").unwrap();
    for (_, format) in FormatName::ALL {
        let whole = run(options(Verbosity::Quiet, true), Some(format), &flows()).1;
        let (joined, missing) = merged(&[&two, &one], format).unwrap();
        assert_eq!(missing, Vec::<String>::new());
        // The fixture's clock stands still, so beginnings are earlier by what a step took; waits are told with its end.
        let plain = |text: &str| {
            let text = times.replace_all(text, "TIME").replace("\"steps\":4", "\"steps\":1");
            let lines = text.lines().filter(|line| !line.contains("\"type\":\"wait\""));
            lines.filter(|line| !line.contains("step_started\",\"name\":\"Rest")).collect::<Vec<_>>().join("\n")
        };
        // Times add up: two runs took twice as long as one.
        let (whole, joined) = (
            plain(&whole),
            plain(&joined).replace("840.0", "420.0").replace("840 ms", "420 ms").replace("0.840", "0.420"),
        );
        assert_eq!(joined, whole, "{format:?}");
    }
}

#[test]
fn a_merged_report_can_be_merged_again() {
    let one = shard(&flows(), r#""v":1"#);
    let (again, _) = merged(&[&one], FormatName::Json).unwrap();
    assert_eq!(again, one.replace("\"wxflow\":\"0.1.0\"", &format!("\"wxflow\":\"{}\"", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let one = shard(&flows(), r#""v":1"#);
    let error = |texts: &[&str]| merged(texts, FormatName::Json).err().unwrap();
    let twice = error(&[&one, &one]);
    let expected =
        "2.json: flows/good.flow.yaml is in 1.json too: was a report named twice, or one of another run? at line ";
    assert!(twice.starts_with(expected), "{twice}");
    assert!(
        error(&[&shard(&[], r#""v":2"#)])
            .starts_with("1.json: it is a report of version 2, and this wxflow reads version 1")
    );
    for other in ["{}", "[]", "null", r#"{"v":1,"flows":[]}"#, "{\"flows\":[]}"] {
        assert!(error(&[other]).contains("JSON report of wxflow"), "{}", error(&[other]));
    }
    let half = one.get(..one.len() / 2).unwrap();
    assert!(error(&[half]).contains("EOF while parsing"), "{}", error(&[half]));
}

#[test]
fn missing_shards_are_told() {
    let part = |text: &str| shard(&[], &format!(r#""v":1,"shard":"{text}""#));
    let missing = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| part(text)).collect();
        merged(&texts.iter().map(String::as_str).collect::<Vec<_>>(), FormatName::Json).map(|(_, missing)| missing)
    };
    assert_eq!(missing(&["3/4", "1/4"]).unwrap(), ["2/4", "4/4"]);
    assert_eq!(missing(&["2/2", "1/2"]).unwrap(), Vec::<String>::new());
    let wrong = missing(&["1/2", "2/3"]).unwrap_err();
    assert!(wrong.starts_with("2.json: it is shard 2/3, and 1.json is 1/2: they are not of one run"), "{wrong}");
}

/// Each shard that used a `once` flow cleans up after it.
#[test]
fn cleanups_of_once_flows_may_be_in_several() {
    let left = || {
        let undo = cleanup(request("Leave", vec![exchange("DELETE", "https://x.example/rooms", 204)]));
        let mut flow = Flow::new("flows/_login.flow.yaml", "login").step(undo).end();
        if let Some(EventKind::FlowFinished(flow)) = flow.events.last_mut().map(|e| &mut e.kind) {
            flow.outcome = Outcome::Passed;
            assert_eq!(flow.counts, Counts { cleanups: 1, assertions_passed: 1, requests: 1, ..Counts::default() });
        }
        shard(&[flow], r#""v":1"#)
    };
    assert!(merged(&[&left(), &left()], FormatName::Json).is_ok());
}
