//! What a step does, in which order, and what it says when it cannot.

use serde_json::json;

use crate::harness::{Setup, run};

#[test]
fn captures_expectations_and_failures_are_all_reported() {
    let ran = run(r#"
steps:
  - name: Echo
    request: POST http://sandbox.test/_wxflow/echo
    json: { a: 1, list: [1, 2] }
    capture:
      a: $.json.a
      missing: $.json.nothing
      other: $.json.list
    expect:
      status: 201
      json: { $.json.a: 2, $.json.b: { exists: true } }
  - name: Never
    check: [a == 1]
"#)
    .failed();
    assert_eq!(ran.outline(), ["Echo failed", "Never skipped"]);
    assert_eq!(ran.captured("a"), json!(1));
    assert_eq!(ran.captured("other"), json!([1, 2]));
    let wrong = ran.wrong();
    assert_eq!(wrong.len(), 4, "{wrong:#?}");
    assert!(wrong[0].starts_with("cannot capture `missing`: "), "{wrong:#?}");
    assert!(wrong[1].starts_with("status is 201"), "{wrong:#?}");
    assert_eq!(ran.step("Never").skipped.as_deref(), Some("an earlier step failed"));
}

#[test]
fn a_failed_capture_names_its_step_where_it_is_used() {
    let ran = run(r#"
steps:
  - name: Look
    request: GET http://sandbox.test/_wxflow/echo
    capture: { token: $.nothing }
    continue_on_failure: true
  - name: Use
    set: { copy: "{{ token }}" }
"#)
    .failed();
    let wrong = ran.wrong().join("\n");
    assert!(wrong.contains("step `Look` (line 3), which binds it, could not capture it"), "{wrong}");
}

#[test]
fn when_skips_visibly_and_needs_a_boolean() {
    let ran = run(r#"
vars: { n: 1 }
steps:
  - name: Off
    when: n > 1
    set: { m: 5 }
  - name: On
    when: n == 1
    set: { k: 6 }
  - name: Not a boolean
    when: n
    set: { l: 7 }
"#)
    .failed();
    assert_eq!(ran.outline(), ["Off skipped", "On passed", "Not a boolean failed"]);
    assert_eq!(ran.step("Off").skipped.as_deref(), Some("`when: n > 1` is false"));
}

#[test]
fn a_flow_of_skipped_steps_is_no_success() {
    let ran = run("vars: { n: 1 }\nsteps:\n  - when: n == 2\n    set: { m: 1 }\n");
    assert_eq!(ran.flow.outcome, wxflow::event::Outcome::Skipped);
}

#[test]
fn values_keep_their_type_and_omit_drops_what_holds_it() {
    let ran = run(r#"
vars: { n: 5, flag: true, nothing: null, list: [1, 2], gone: { a: 1 } }
steps:
  - request: POST http://sandbox.test/_wxflow/echo
    query: { n: "{{ n }}", many: "{{ list }}", none: "{{ gone.b | default(omit) }}" }
    headers: { X-N: "{{ n }}", X-None: "{{ omit }}" }
    json: { n: "{{ n }}", text: "n={{ n }}", flag: "{{ flag }}", null: "{{ nothing }}", none: "{{ omit }}", list: ["{{ omit }}", 1] }
    expect:
      json:
        $.json: { eq: { n: 5, text: n=5, flag: true, "null": null, list: [1] } }
        $.query: { eq: { n: ["5"], many: ["1", "2"] } }
        $.headers['x-n']: { exists: true }
        $.headers['x-none']: { exists: false }
"#);
    let _ = ran.passed();
}

#[test]
fn a_json_body_is_sent_as_exactly_application_json() {
    let ran = run("steps:\n  - request: POST http://sandbox.test/_wxflow/echo\n    json: { a: 1 }\n").passed();
    assert_eq!(ran.sent[0].headers["content-type"], "application/json");
    let ran =
        run("steps:\n  - request: POST http://sandbox.test/_wxflow/echo\n    form: { a: b c, d: [1, 2] }\n").passed();
    assert_eq!(ran.sent[0].headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(ran.sent[0].body, "a=b+c&d=1&d=2");
}

#[test]
fn a_jwt_step_reproduces_the_webex_vector() {
    let ran = run(r#"
inputs:
  key: { default: d2ViZXgtc2FuZGJveC1ndWVzdC1zZWNyZXQtMzJieXRl }
steps:
  - name: Mint
    jwt:
      algorithm: HS256
      secret: { base64: "{{ key }}" }
      claims:
        sub: "123"
        name: Stève
        iss: Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8zOTE4OGM3Mi0wMDI5LTQ3YTQtYjAyNS01OGEwY2E3NDVkMDY
        exp: 1893456000
    capture: { signature: "{{ (jwt.token | sha256) }}", subject: "{{ jwt.claims.sub }}" }
  - check:
      - signature == 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjMiLCJuYW1lIjoiU3TDqHZlIiwiaXNzIjoiWTJselkyOXpjR0Z5YXpvdkwzVnpMMDlTUjBGT1NWcEJWRWxQVGk4ek9URTRPR00zTWkwd01ESTVMVFEzWVRRdFlqQXlOUzAxT0dFd1kyRTNORFZrTURZIiwiZXhwIjoxODkzNDU2MDAwfQ.NJW2vtwT-se1WtSJfEQbHS9AuBFB0TJ9SLCzS6_IvTg' | sha256
      - subject == '123'
"#)
    .passed();
    assert_eq!(ran.captured("subject"), json!("123"), "claims are what the flow wrote");
}

#[test]
fn expires_in_counts_from_the_clock() {
    let ran = run(r#"
steps:
  - jwt: { algorithm: HS256, secret: { text: a secret of some length }, expires_in: 90m, claims: { sub: x } }
    capture: { exp: "{{ jwt.claims.exp }}" }
"#)
    .passed();
    let start = "2026-11-21T10:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(ran.captured("exp"), json!(start + 5400));
}

#[test]
fn a_seed_fixes_chance_and_each_step_item_and_call_draws_its_own() {
    let flow = r#"
vars: { a: "{{ uuid() }}", b: "{{ uuid() }}" }
steps:
  - set: { c: "{{ uuid() }}", d: "{{ random_string(12) }}" }
  - for_each: { i: [1, 2] }
    set: { e: "{{ random_int(1, 1000000000) }}" }
  - set: { all: "{{ [a, b, c, d] + e }}" }
"#;
    let draw = |seed| Setup { seed, ..Setup::default() }.run(flow).passed().captured("all");
    assert_eq!(draw(Some(1)), draw(Some(1)));
    assert_ne!(draw(Some(1)), draw(Some(2)));
    assert_ne!(draw(None), draw(None));
    let values = draw(Some(1));
    let values = values.as_array().unwrap();
    assert_eq!(values.len(), 6);
    for (i, value) in values.iter().enumerate() {
        assert!(!values[..i].contains(value), "{values:?}");
    }
}

#[test]
fn steps_by_id_keep_outcome_and_response() {
    let _ = run(r#"
steps:
  - id: first
    request: POST http://sandbox.test/_wxflow/echo
    json: { x: 7 }
  - id: off
    when: steps.first.response.status == 404
    set: { y: 1 }
  - check:
      - steps.first.outcome == 'passed'
      - steps.first.response.json.json.x == 7
      - steps.off.outcome == 'skipped'
"#)
    .passed();
}

#[test]
fn a_wait_is_told_and_takes_its_time() {
    let ran = run("steps:\n  - wait: 90s\n").passed();
    assert_eq!(ran.took.as_secs(), 90);
    assert_eq!((ran.waits.len(), ran.waits[0].wait_ms), (1, 90_000));
}

#[test]
fn checks_show_the_values_in_them() {
    let ran = run("vars: { n: 3 }\nsteps:\n  - check: [n == 3, n > 5]\n").failed();
    let wrong = ran.wrong();
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].contains("n > 5") && wrong[0].contains("n is 3"), "{wrong:?}");
}

#[test]
fn an_interrupt_ends_the_steps() {
    let ran = Setup { cancel_at: Some(1), ..Setup::default() }
        .run("steps:\n  - name: One\n    request: GET http://sandbox.test/_wxflow/slow?ms=5000\n  - name: Two\n    set: { a: 1 }\n")
        .failed();
    assert_eq!(ran.outline(), ["One failed", "Two skipped"]);
    assert_eq!(ran.wrong(), ["interrupted"]);
}
