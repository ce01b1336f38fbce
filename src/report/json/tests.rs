//! The shape, and that what is written is what the schemas say.

use serde_json::{Value, json};

use crate::event::*;
use crate::report::fixture::*;
use crate::report::terminal::Verbosity;
use crate::report::{FormatName, event_schema, report_schema};

fn written(format: FormatName, flows: &[Flow]) -> String {
    run(options(Verbosity::Quiet, false), Some(format), flows).1
}

fn everything() -> Vec<Flow> {
    let rooms = "https://webexapis.com/v1/rooms";
    let wait = Wait { reason: Reason::RateLimit, status: Some(429), wait_ms: 1000, attempt: 2 };
    let mut broken = exchange("GET", rooms, 200);
    (broken.reply, broken.error) = (None, Some("refused".into()));
    let mut bound = step("Bind");
    bound.id = Some("bind".into());
    bound.captures = vec![Capture { name: "a".into(), value: json!([1]), secret: false }];
    let problem = Problem { message: "m".into(), help: Some("h".into()), code: Some("c".into()), at: None };
    vec![
        Flow::of_row("flows/rooms.flow.yaml", "Rooms", Some(1))
            .waiting(&[wait], request("List", vec![exchange("GET", rooms, 429), broken]))
            .item(1, failing("Invite", detailed("POST", rooms, 200, "{}"), json!("Stève"), json!("<Steve>")))
            .used("flows/_parts/login.flow.yaml", bound)
            .step(skipped("Rest", "an earlier step failed"))
            .step(cleanup(request("Leave", vec![exchange("DELETE", rooms, 204)])))
            .step(cleanup(request("Delete", vec![exchange("DELETE", rooms, 204)])))
            .end(),
        Flow::new("flows/broken.flow.yaml", "broken").end_as(Outcome::Failed, vec![problem]),
    ]
}

#[test]
fn a_report() {
    let report: Value = serde_json::from_str(&written(FormatName::Json, &everything())).unwrap();
    let paths: Vec<_> = report["flows"].as_array().unwrap().iter().map(|f| &f["path"]).collect();
    assert_eq!(paths, ["flows/broken.flow.yaml", "flows/rooms.flow.yaml"]);
    let names = |list: &str| -> Vec<Value> {
        report["flows"][1][list]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| json!([s["name"], s["step"], s["outcome"]]))
            .collect()
    };
    assert_eq!(names("steps")[0], json!(["List", 1, "passed"]));
    assert_eq!(names("steps").len(), 4);
    assert_eq!(names("cleanups"), [json!(["Leave", 5, "passed"]), json!(["Delete", 6, "passed"])]);
    assert_eq!(report["flows"][1]["steps"][2]["flow"], "flows/_parts/login.flow.yaml");
    assert_eq!(report["totals"]["steps_failed"], 1);
}

#[test]
fn a_small_report_as_it_is_written() {
    let text = written(FormatName::Json, &[Flow::new("flows/a.flow.yaml", "a").step(step("One")).end()]);
    let expected = r#"{"v":1,"wxflow":"0.1.0","started":"2026-11-21T04:15:35.000Z","flows":[
{"path":"flows/a.flow.yaml","started":"2026-11-21T04:15:35.000Z","name":"a","outcome":"passed","invalid":false,"duration_ms":125.0,"counts":{"steps_passed":1,"steps_failed":0,"steps_skipped":0,"cleanups":0,"assertions_passed":0,"assertions_failed":0,"requests":0},"steps":[
{"step":1,"ended":"2026-11-21T04:15:35.000Z","name":"One","kind":"set","phase":"step","outcome":"passed","line":7,"duration_ms":0.2}],"cleanups":[]}
],"totals":{"flows_passed":1,"flows_failed":0,"flows_skipped":0,"flows_invalid":0,"steps_passed":1,"steps_failed":0,"steps_skipped":0,"cleanups":0,"assertions_passed":0,"assertions_failed":0,"requests":0,"duration_ms":420.0}}
"#;
    assert_eq!(text, expected);
}

#[test]
fn no_flows() {
    let report: Value = serde_json::from_str(&written(FormatName::Json, &[])).unwrap();
    assert_eq!(report["flows"], json!([]));
}

#[test]
fn a_flow_that_was_torn_off_failed() {
    let mut flow = Flow::new("flows/a.flow.yaml", "a").step(step("One")).end();
    flow.events.pop();
    let report: Value = serde_json::from_str(&written(FormatName::Json, &[flow])).unwrap();
    let flow = &report["flows"][0];
    assert_eq!((&flow["outcome"], &flow["steps"][0]["name"]), (&json!("failed"), &json!("One")));
}

#[test]
fn what_is_written_is_what_the_schemas_say() {
    let holds = |schema: &Value, value: &Value| {
        let validator = jsonschema::draft202012::new(schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    };
    let report = serde_json::from_str(&written(FormatName::Json, &everything())).unwrap();
    holds(&report_schema(), &report);
    let mut kinds = std::collections::BTreeSet::new();
    for line in written(FormatName::Events, &everything()).lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        holds(&event_schema(), &event);
        kinds.insert(event["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    for broken in [json!({}), json!({"v": 1, "type": "no_such", "time": ""})] {
        assert!(!jsonschema::draft202012::new(&event_schema()).unwrap().is_valid(&broken));
    }
    assert!(!jsonschema::draft202012::new(&report_schema()).unwrap().is_valid(&json!({"v": 1, "flows": [{}]})));
}

/// However flows run at the same time, their events stand together.
#[test]
fn events_are_in_order() {
    let flows = [Flow::new("b", "b").step(step("One")).end(), Flow::new("a", "a").step(step("One")).end()];
    let lines: Vec<Value> =
        written(FormatName::Events, &flows).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|e| e["type"].as_str().unwrap()).collect();
    let flow = ["flow_started", "step_started", "step_finished", "flow_finished"];
    assert_eq!(kinds, [&["run_started"], &flow[..], &flow[..], &["run_finished"]].concat());
    let paths: Vec<_> = lines.iter().filter_map(|e| e["flow"].as_str()).collect();
    assert_eq!(paths, ["a", "a", "a", "a", "b", "b", "b", "b"]);
}
