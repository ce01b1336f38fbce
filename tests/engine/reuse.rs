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

#[test]
fn cleanups_keep_their_own_flows_defaults_and_run_newest_first_with_the_callers() {
    let flows = &[(
        "_part.flow.yaml",
        r#"
inputs: { key: { secret: true } }
defaults: { base_url: "http://sandbox.test:80/_wxflow", auth: { bearer: "{{ key }}" }, headers: { X-From: part } }
steps:
  - request: POST /echo
    cleanup: { request: "DELETE /echo?inner" }
"#,
    )];
    let ran = with(flows)
        .run(
            r#"
defaults: { base_url: http://sandbox.test/_wxflow, auth: { basic: { username: ada, password: caller-password } } }
steps:
  - { request: POST /status/201, cleanup: { request: DELETE /status/204 } }
  - { use: _part.flow.yaml, with: { key: key-of-the-part } }
  - { request: POST /status/201, cleanup: { request: DELETE /status/202 } }
"#,
        )
        .passed();
    let sent: Vec<_> =
        ran.sent[3..].iter().map(|r| (r.url.path(), r.headers["authorization"].to_str().unwrap())).collect();
    let basic = "Basic YWRhOmNhbGxlci1wYXNzd29yZA==";
    let inner = ("/_wxflow/echo", "Bearer key-of-the-part");
    assert_eq!(sent, [("/_wxflow/status/202", basic), inner, ("/_wxflow/status/204", basic)]);
    assert_eq!(ran.sent[4].headers["x-from"], "part");
    assert!(!ran.sent[3].headers.contains_key("x-from"));
    assert!(!ran.json.contains("key-of-the-part") && !ran.json.contains("caller-password"));
}

#[test]
fn what_once_made_is_undone_when_all_flows_have_ended_in_its_own_session() {
    let flows = &[(
        "_once.flow.yaml",
        "defaults: { base_url: http://sandbox.test/_wxflow }\nsteps:\n  - request: GET /cookies/set?session=of-once\n    \
         expect: { status: [200, 302] }\n    cleanup: { request: DELETE /echo?once }\n",
    )];
    let ran = with(flows)
        .run(
            "defaults: { base_url: http://sandbox.test/_wxflow }\nsteps:\n  - { use: _once.flow.yaml, once: true }\n  \
             - { request: POST /echo, cleanup: { request: DELETE /echo?root } }\n  - { use: _once.flow.yaml, once: true }\n",
        )
        .passed();
    let cleanups: Vec<_> = ran.sent.iter().filter(|r| r.method == "DELETE").collect();
    assert_eq!(cleanups.iter().filter_map(|r| r.url.query()).collect::<Vec<_>>(), ["root", "once"]);
    assert!(!cleanups[0].headers.contains_key("cookie"));
    assert_eq!(cleanups[1].headers["cookie"], "session=of-once");
}

#[test]
fn who_waits_for_a_once_run_gets_its_failure_or_the_interrupt() {
    let flows = &[
        (
            "_slow.flow.yaml",
            "steps:\n  - request: GET http://sandbox.test/_wxflow/slow?ms=1\n  \
             - request: GET http://sandbox.test/_wxflow/slow?ms=2\n  - { name: Break, check: [1 == 2] }\n",
        ),
        ("waits.flow.yaml", "steps:\n  - { name: wait for it, use: _slow.flow.yaml, once: true }\n"),
    ];
    let both = |cancel_at| {
        let setup = Setup { second: Some("waits.flow.yaml"), cancel_at, ..with(flows) };
        let ran = setup.run("steps:\n  - { use: _slow.flow.yaml, once: true }\n").failed();
        let waited = ran.second[0].clone();
        assert!(waited.reused && waited.outcome == Outcome::Failed);
        (ran.sent.len(), waited.problems[0].message.clone())
    };
    let (sent, why) = both(None);
    assert_eq!(sent, 2);
    assert!(why.starts_with("`_slow.flow.yaml` runs once for all flows, and that run failed: "), "{why}");
    assert_eq!(both(Some(2)), (2, "interrupted".to_owned()));
}

#[test]
fn a_secret_stays_one_through_with_outputs_and_what_is_made_of_it() {
    let flows = &[(
        "_inner.flow.yaml",
        r#"
inputs: { key: { type: string }, plain: { type: string } }
steps:
  - request: POST http://sandbox.test/_wxflow/echo
    headers: { X-Key: "{{ key }}" }
    json: { seen: "{{ key }}", cut: "{{ key[:9] }}" }
outputs: { key: "{{ key }}", cut: "{{ key[:9] }}", plain: "{{ plain }}", both: { a: "{{ key }}", b: 1 } }
"#,
    )];
    let inputs = vec![("token", Value::from("sesame-open-now"), true)];
    let ran = Setup { inputs, ..with(flows) }
        .run(
            r#"
inputs: { token: { secret: true } }
steps:
  - id: inner
    use: _inner.flow.yaml
    with: { key: "x-{{ token }}", plain: in-the-open }
    capture: { mine: "{{ outputs.key }}", cut: "{{ outputs.cut }}", plain: "{{ outputs.plain }}" }
  - set: { again: "{{ mine }}", direct: "{{ steps.inner.outputs.both.a }}", open: "{{ plain }}" }
  - request: POST http://sandbox.test/_wxflow/echo
    json: { a: "{{ again }}", b: "{{ direct }}", c: "{{ cut }}" }
  - check: [again == direct, direct | length == 17]
"#,
        )
        .passed();
    for form in ["sesame-open-now", "x-sesame", "c2VzYW1l"] {
        assert!(!ran.json.contains(form), "{form}");
    }
    assert!(ran.json.contains("in-the-open"));
    let secret = |name: &str| ran.steps.iter().flat_map(|s| &s.captures).find(|c| &*c.name == name).unwrap().secret;
    assert_eq!(["mine", "cut", "plain", "again", "direct", "open"].map(secret), [true, true, false, true, true, false]);
}
