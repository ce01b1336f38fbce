//! The compliance suite of RFC 9535 as a user meets it: every path an assertion of a flow, every bad one refused at load.

use serde_json::{Value, json};
use wxflow::diagnostic::Code;

use crate::harness::{Setup, json as reply, load};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    selector: String,
    #[serde(default)]
    document: Value,
    result: Option<Vec<Value>>,
    results: Option<Vec<Vec<Value>>>,
    #[serde(default)]
    invalid_selector: bool,
}

#[derive(serde::Deserialize)]
struct Suite {
    tests: Vec<Case>,
}

/// The valid cases, and those whose path must be refused.
fn cases() -> (Vec<Case>, Vec<Case>) {
    let suite: Suite = serde_json::from_str(include_str!("../data/jsonpath/cts.json")).unwrap();
    assert_eq!(suite.tests.len(), 703);
    suite.tests.into_iter().partition(|case| !case.invalid_selector)
}

fn singular(case: &Case) -> bool {
    wxflow::jsonpath::JsonPath::parse(&case.selector).unwrap().is_singular()
}

/// A path that finds at most one value gives the value; any other gives the list.
fn predicate(case: &Case) -> Value {
    match (&case.result, &case.results) {
        (Some(found), None) if singular(case) => match found.first() {
            Some(value) => json!({ "eq": value }),
            None => json!({ "exists": false }),
        },
        (Some(found), None) => json!({ "eq": found }),
        (None, Some(any)) => json!({ "in": any }),
        _ => panic!("{}: one of result and results", case.name),
    }
}

/// JSON is YAML, so that no path needs quoting of its own; only DEL, which JSON allows as it is, YAML wants escaped.
fn flow(steps: &[Value]) -> String {
    let steps: String = steps.iter().map(|step| format!("- {step}\n")).collect();
    format!("steps:\n{}", steps.replace('\u{7f}', r"\u007f"))
}

fn step(case: &Case, predicate: &Value) -> Value {
    json!({
        "name": format!("{}: {}", case.name, case.selector.escape_debug()),
        "request": "GET https://cts.test/",
        "continue_on_failure": true,
        "expect": { "json": { case.selector.as_str(): predicate } },
    })
}

#[test]
fn every_path_finds_what_the_suite_says() {
    let (valid, _) = cases();
    let steps: Vec<_> = valid.iter().map(|case| step(case, &predicate(case))).collect();
    let script = valid.iter().map(|case| reply(200, &case.document)).collect();
    let ran = Setup { script: Some(script), ..Setup::default() }.run(&flow(&steps)).passed();
    assert_eq!(ran.steps.len(), valid.len());
    for step in &ran.steps {
        let judged = step.assertions.iter().filter(|a| a.passed && a.subject.contains('$')).count();
        assert_eq!(judged, 1, "{}: {:?}", step.name, step.assertions);
    }
}

#[test]
fn no_path_finds_what_the_suite_does_not_say() {
    let (valid, _) = cases();
    let wrong = "not what it finds";
    let wrong = |case: &Case| if singular(case) { json!({ "eq": wrong }) } else { json!({ "eq": [wrong] }) };
    let steps: Vec<_> = valid.iter().map(|case| step(case, &wrong(case))).collect();
    let script = valid.iter().map(|case| reply(200, &case.document)).collect();
    let ran = Setup { script: Some(script), ..Setup::default() }.run(&flow(&steps)).failed();
    for step in &ran.steps {
        assert!(step.assertions.iter().any(|a| !a.passed), "{} passes with a wrong value", step.name);
    }
}

#[test]
fn every_invalid_path_is_refused_at_load() {
    let (_, invalid) = cases();
    for case in &invalid {
        let Err(problems) = load(&flow(&[step(case, &json!({ "exists": true }))])) else {
            panic!("{}: {} was accepted", case.name, case.selector);
        };
        let codes: Vec<_> = problems.iter().map(|d| d.code).collect();
        assert_eq!(codes, [Code::InvalidJsonPath], "{}: {}", case.name, case.selector);
    }
}
