//! `use`: inputs, outputs, names and sessions of used flows; `once`.

use wxflow::event::{Outcome, Phase};
use wxflow::value::Value;

use crate::harness::{Ran, Setup};

fn with(flows: &'static [(&'static str, &'static str)]) -> Setup {
    Setup { flows, ..Setup::default() }
}

fn paths(ran: &Ran) -> Vec<String> {
    ran.sent.iter().map(|r| format!("{} {}", r.method, r.url.path().trim_start_matches("/_wxflow/"))).collect()
}

const PART: &[(&str, &str)] = &[(
    "_part.flow.yaml",
    r#"
inputs: { who: Ada, times: { type: integer, default: 1 } }
vars: { greeting: "Hello {{ who }}" }
steps:
  - name: Say it
    request: "POST http://sandbox.test/_wxflow/echo"
    json: { text: "{{ greeting }}", times: "{{ times }}" }
    capture: { said: $.json.text }
outputs: { said: "{{ said }}", times: "{{ times }}" }
"#,
)];

#[test]
fn inputs_go_in_and_outputs_come_back() {
    let ran = with(PART)
        .run(
            r#"
vars: { greeting: mine, name: Ben }
steps:
  - id: first
    use: ./_part.flow.yaml
    with: { who: "{{ name }}", times: "3" }
    capture: { said: "{{ outputs.said }}" }
  - use: _part.flow.yaml
    with: { who: "{{ omit }}" }
    capture: { default: "{{ outputs.said }}" }
  - check: [greeting == 'mine', said == 'Hello Ben', default == 'Hello Ada', steps.first.outputs.times == 3]
outputs: { answer: "{{ steps.first.outputs.times + 1 }}" }
"#,
        )
        .passed();
    assert_eq!(ran.outputs.unwrap().get("answer"), Some(&Value::from(4)));
}

#[test]
fn a_failure_inside_fails_the_step_and_the_flow_ends_there() {
    let flows = &[(
        "_bad.flow.yaml",
        "steps:\n  - name: Break\n    request: GET http://sandbox.test/_wxflow/status/404\noutputs: { a: 1 }\n",
    )];
    let ran = with(flows)
        .run("steps:\n  - name: Use it\n    use: _bad.flow.yaml\n    capture: { a: \"{{ outputs.a }}\" }\n  - check: [a == 1]\n")
        .failed();
    let step = ran.step("Use it");
    assert_eq!(step.outcome, Outcome::Failed);
    assert_eq!(step.problems[0].message, "`_bad.flow.yaml` failed at its step `Break` (line 2)");
    assert_eq!(ran.steps.last().unwrap().outcome, Outcome::Skipped);
    assert!(ran.outputs.is_none());
}

#[test]
fn the_callers_cookies_are_shared_and_its_cleanups_run_at_its_end() {
    let flows = &[(
        "_log-in.flow.yaml",
        "steps:\n  - request: GET http://sandbox.test/_wxflow/cookies/set?session=1\n    expect: { status: [200, 302] }\n    \
         cleanup: { request: DELETE http://sandbox.test/_wxflow/echo?inner }\n",
    )];
    let ran = with(flows)
        .run(
            "steps:\n  - request: GET http://sandbox.test/_wxflow/echo\n    \
             cleanup: { request: DELETE http://sandbox.test/_wxflow/echo?outer }\n  \
             - use: _log-in.flow.yaml\n  - request: GET http://sandbox.test/_wxflow/echo?last\n",
        )
        .passed();
    let queries: Vec<_> = ran.sent.iter().filter_map(|r| r.url.query()).collect();
    assert_eq!(queries, ["session=1", "last", "inner", "outer"]);
    assert_eq!(ran.steps.iter().filter(|s| s.phase == Phase::Cleanup).count(), 2);
}

#[test]
fn once_runs_a_flow_once_for_the_same_inputs() {
    let ran = with(PART)
        .run(
            r#"
steps:
  - { name: a, use: _part.flow.yaml, once: true, with: { who: Ada }, capture: { a: "{{ outputs.said }}" } }
  - { name: b, use: _part.flow.yaml, once: true, capture: { b: "{{ outputs.said }}" } }
  - { name: c, use: _part.flow.yaml, once: true, with: { who: Cem }, capture: { c: "{{ outputs.said }}" } }
  - check: [a == b, c == 'Hello Cem']
"#,
        )
        .passed();
    assert_eq!(paths(&ran), ["POST echo", "POST echo"]);
    let reused = ["a", "b", "c"].map(|name| ran.step(name).reused);
    assert_eq!(reused, [false, true, false]);
}

#[test]
fn once_gives_its_failure_to_everyone() {
    let flows = &[("_bad.flow.yaml", "steps:\n  - name: Break\n    check: [1 == 2]\n")];
    let ran = with(flows)
        .run(
            "steps:\n  - { name: a, use: _bad.flow.yaml, once: true, continue_on_failure: true }\n  \
             - { name: b, use: _bad.flow.yaml, once: true }\n",
        )
        .failed();
    let why = "`_bad.flow.yaml` failed at its step `Break` (line 2)";
    assert_eq!(ran.step("a").problems[0].message, why);
    let waited = format!("`_bad.flow.yaml` runs once for all flows, and that run failed: {why}");
    assert_eq!(ran.step("b").problems[0].message, waited);
}

#[test]
fn a_secret_output_stays_secret() {
    let flows = &[(
        "_token.flow.yaml",
        "steps:\n  - request: POST http://sandbox.test/_wxflow/echo\n    json: { token: sesame-open-now }\n    \
         capture: { token: { json: $.json.token, secret: true } }\noutputs: { token: \"{{ token }}\" }\n",
    )];
    let ran =
        with(flows).run("steps:\n  - use: _token.flow.yaml\n    capture: { mine: \"{{ outputs.token }}\" }\n").passed();
    let mine = ran.steps.iter().flat_map(|s| &s.captures).find(|c| &*c.name == "mine").unwrap();
    assert!(mine.secret);
}
