//! All reports together: errors, threads, and texts that mean harm.

use proptest::prelude::*;
use serde_json::json;

use super::fixture::{Flow, Shared, cleanup, detailed, failing, options, run, skipped, step};
use super::*;
use crate::event::{Outcome, Problem, Snippet};
use crate::redact::Redactor;
use terminal::{Options, Verbosity};

/// Workers share the reports, and take a sink each to another thread.
#[test]
fn threads_can_share_reports() {
    fn shared<T: Sync>() {}
    fn sent<T: Send>() {}
    shared::<Reports>();
    sent::<FlowSink<'_>>();
}

#[test]
fn formats_are_known_by_name() {
    assert_eq!("junit".parse(), Ok(FormatName::Junit));
    let error = |text: &str| text.parse::<FormatName>().unwrap_err();
    assert_eq!(error("juint"), "unknown report format `juint`: did you mean `junit`?");
    assert_eq!(error("pdf"), "unknown report format `pdf`: it can be junit, json, html, markdown, tap, events, har");
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("disk full"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_report_that_fails_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good.json"), folder.path().to_owned());
    let wanted = vec![
        (FormatName::Events, Target::Stream(Box::new(Full))),
        (FormatName::Junit, Target::File(bad.clone())),
        (FormatName::Json, Target::File(good.clone())),
    ];
    let reports = Reports::new(Terminal::new(options(Verbosity::Normal, true), Box::new(Full)), wanted);
    let flow = Flow::new("flows/a.flow.yaml", "a").step(step("One")).end();
    let redactor = Redactor::new();
    let mut sink = reports.flow(flow.path, None, None);
    flow.events.iter().for_each(|event| sink.emit(&redactor.redact(event.clone())));
    drop(sink);
    let kind = EventKind::RunFinished(Summary::default());
    let errors = reports.finish(redactor.redact(RunEvent { kind, ..flow.events[0].clone() }));
    let shown: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown[0], "could not write -: disk full");
    assert!(shown[1].starts_with(&format!("could not write {}: ", bad.display())), "{shown:?}");
    assert_eq!(shown[2], "could not write the terminal: disk full");
    assert_eq!(shown.len(), 3);
    assert!(std::fs::read_to_string(good).unwrap().contains("flows/a.flow.yaml"));
}

/// Nothing that a report prints to stdout is a command to GitHub's runner.
#[test]
fn reports_on_stdout_command_nothing() {
    let evil = "x\n::error::y\n ##[add-mask]z";
    let mut odd = step(evil);
    odd.outcome = Outcome::Failed;
    odd.warnings = vec![evil.into()];
    odd.problems = vec![Problem { message: evil.into(), help: Some(evil.into()), code: None, at: None }];
    for (_, format) in FormatName::ALL {
        let flow = Flow::new("flows/a.flow.yaml", evil).step(odd.clone()).end();
        let text = run(options(Verbosity::Quiet, true), Some(format), &[flow]).1;
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{format:?}: {line}");
        }
    }
}

#[test]
fn a_flow_that_was_torn_off_is_shown() {
    let view = Shared::default();
    let reports = Reports::new(Terminal::new(options(Verbosity::Normal, false), Box::new(view.clone())), vec![]);
    let flow = Flow::new("flows/a.flow.yaml", "a").step(step("One"));
    let redactor = Redactor::new();
    let mut sink = reports.flow(flow.path, None, None);
    flow.events.iter().for_each(|event| sink.emit(&redactor.redact(event.clone())));
    assert_eq!(view.text(), "");
    drop(sink);
    assert!(view.text().contains("One"), "a flow that was torn off shows what it did");
}

/// Texts made of what breaks terminals, XML, JSON and CI logs.
fn hostile() -> impl Strategy<Value = String> {
    const PIECES: [&str; 24] = [
        "a",
        " ",
        "::",
        "::error::",
        "##[group]",
        "#",
        "[",
        "\n",
        "\r\n",
        "\t",
        "\u{1b}[31m",
        "\u{1b}",
        "\0",
        "\u{7f}",
        "\u{9b}2J",
        "\u{202e}",
        "\u{2028}",
        "\u{feff}",
        "\u{fffe}",
        "]]>",
        "<a b=\"c\">&amp;",
        "你好",
        "👩‍💻",
        "é",
    ];
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the texts, the places and the width: nothing panics, every line is harmless, every format can be read.
    #[test]
    fn no_text_breaks_a_report(
        texts in prop::collection::vec(hostile(), 4),
        (line, column, length) in (any::<u32>(), 0..200_u32, any::<u32>()),
        width in 0..200_usize,
        quiet in any::<bool>(),
    ) {
        let [a, b, c, d] = texts.as_slice() else { unreachable!() };
        let at = Some(Snippet { file: a.clone(), line, column, length, text: b.clone() });
        let mut failed = failing(a, detailed(b, c, 200, d), json!({ a.as_str(): b }), json!({ c.as_str(): d }));
        failed.problems = vec![Problem { message: a.clone(), help: Some(b.clone()), code: Some(c.clone()), at: at.clone() }];
        failed.warnings = vec![d.clone()];
        failed.assertions[1].at = at;
        failed.assertions[1].message = Some(c.clone());
        let mut differs = failing(b, detailed("GET", a, 500, b), json!(c), json!(d));
        differs.assertions[1].subject.clone_from(a);
        for format in FormatName::ALL.map(|(_, format)| format) {
            let flow = Flow::new("a", a)
                .step(failed.clone())
                .item(2, differs.clone())
                .used("\u{1b}::", skipped(a, b))
                .step(cleanup(failed.clone()))
                .end_as(Outcome::Failed, failed.problems.clone());
            let verbosity = if quiet { Verbosity::Quiet } else { Verbosity::Bodies };
            let options = Options { width, ..options(verbosity, quiet) };
            let (view, file) = run(options, Some(format), &[flow]);
            for line in view.lines().chain(file.lines()) {
                let visible: String = line.chars().filter(|c| display::width(&c.to_string()) > 0).collect();
                prop_assert!(!visible.trim_start().starts_with("::"), "{line:?}");
                prop_assert!(!visible.contains("##["), "{line:?}");
                prop_assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
            }
            match format {
                FormatName::Junit => junit::tests::conforms(&file),
                FormatName::Json | FormatName::Har => drop(serde_json::from_str::<serde_json::Value>(&file).unwrap()),
                FormatName::Html => html::tests::conforms(&file),
                FormatName::Tap => tap::tests::conforms(&file),
                FormatName::Markdown => prop_assert!(file.len() < 60_000),
                FormatName::Events => {
                    file.lines().for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).unwrap()));
                }
            }
        }
    }
}

/// One way to show what differs, wherever it is shown.
#[test]
fn json_differs_by_place_in_every_report() {
    let value = |name: &str| json!({"id": "i".repeat(150), "people": [{"name": "Ada"}, {"name": name}]});
    let exchange = super::fixture::exchange("GET", "https://webexapis.com/v1/people", 200);
    let flow = Flow::new("flows/a.flow.yaml", "a").step(failing("A", exchange, value("Stève"), value("Steve"))).end();
    let report = |format| run(options(Verbosity::Quiet, false), Some(format), std::slice::from_ref(&flow)).1;
    let text =
        "  difference (- expected, + actual):\n    $.displayName.people[1].name\n    - \"Stève\"\n    + \"Steve\"\n";
    assert!(report(FormatName::Markdown).contains(text), "{}", report(FormatName::Markdown));
    assert!(report(FormatName::Junit).contains(&text.replace('"', "&quot;")), "{}", report(FormatName::Junit));
    let page = report(FormatName::Html);
    assert!(
        page.contains("$.displayName.people[1].name\n<del>- &quot;Stève&quot;</del><ins>+ &quot;Steve&quot;</ins>"),
        "{page}"
    );
}
