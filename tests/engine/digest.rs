//! Digest authentication: the challenge is answered, kept, renewed, and never leaves its origin.

use serde_json::json;
use wxflow::event::Reason;

use crate::harness::{Ran, Setup};

const PAGE: &str = "http://sandbox.test/_wxflow/digest";

fn with(steps: &str) -> Ran {
    let text = format!("inputs: {{ password: {{ secret: true }} }}\nsteps:\n{steps}");
    Setup { inputs: vec![("password", json!("open sesame"), true)], seed: Some(3), ..Setup::default() }.run(&text)
}

fn step(target: &str, beside: &str) -> String {
    format!(
        "  - request: GET \"{target}\"\n    auth: {{ digest: {{ username: guest, password: \"{{{{ password }}}}\" }} }}\n{beside}"
    )
    .replace("GET \"", "\"GET ")
}

fn reasons(ran: &Ran, step: usize) -> Vec<Reason> {
    ran.steps[step].exchanges.iter().map(|e| e.because).collect()
}

#[test]
fn the_challenge_is_answered_for_every_algorithm() {
    for algorithm in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256"] {
        for qop in ["auth", "auth-int", "auth-int,auth"] {
            let target = format!("{PAGE}?password=open+sesame&algorithm={algorithm}&qop={qop}");
            let ran =
                with(&step(&target, "    capture: { nc: $.nc, attempts: \"{{ response.attempts }}\" }\n")).passed();
            assert_eq!(reasons(&ran, 0), [Reason::Step, Reason::Auth], "{algorithm} {qop}");
            assert!(!ran.sent[0].headers.contains_key("authorization"));
            assert_eq!((ran.captured("nc"), ran.captured("attempts")), (json!(1), json!(1)));
            assert!(!ran.json.contains("open sesame"));
        }
    }
}

#[test]
fn a_wrong_password_is_told_once_by_the_server() {
    let ran = with(&step(&format!("{PAGE}?password=other"), "    expect: { status: 401 }\n")).passed();
    assert_eq!(reasons(&ran, 0), [Reason::Step, Reason::Auth]);
}

#[test]
fn a_stale_nonce_is_renewed_once() {
    let ran = with(&step(&format!("{PAGE}?password=open+sesame&stale=1"), "")).passed();
    assert_eq!(reasons(&ran, 0), [Reason::Step, Reason::Auth, Reason::Auth]);
}

#[test]
fn no_digest_challenge_leaves_the_401_and_a_strange_one_is_explained() {
    let ran = with(&step("http://sandbox.test/people/me", "    expect: { status: 401 }\n")).passed();
    assert_eq!(ran.sent.len(), 1);
    let ran = with(&step(&format!("{PAGE}?qop=auth-conf"), "")).failed();
    assert!(ran.wrong()[0].contains("`auth-conf`"), "{:?}", ran.wrong());
}

#[test]
fn reports_hold_neither_password_nor_proof() {
    let ran = with(&step(&format!("{PAGE}?password=open+sesame"), "")).passed();
    let line = ran.sent[1].headers["authorization"].to_str().unwrap();
    let proof = line.split("response=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(proof.len(), 64);
    assert!(!ran.json.contains(proof));
}

#[test]
fn another_origin_gets_no_answer() {
    let to = "http%3A%2F%2Fother.test%2F_wxflow%2Fdigest";
    let target = format!("http://sandbox.test/_wxflow/redirect?to={to}");
    let ran = with(&step(&target, "    expect: { status: 401 }\n")).passed();
    assert_eq!(ran.sent.len(), 2);
    assert!(ran.sent.iter().all(|request| !request.headers.contains_key("authorization")));
}

#[test]
fn a_bound_password_proves_nothing_elsewhere() {
    let text = format!("inputs: {{ password: {{ secret: true }} }}\nsteps:\n{}", step(PAGE, ""));
    let inputs = vec![("password", json!("open sesame"), true)];
    let ran = Setup { inputs, hosts: vec![("password", "other.test")], ..Setup::default() }.run(&text).failed();
    assert!(ran.sent.is_empty() && ran.wrong()[0].contains("other.test"), "{:?}", ran.wrong());
}

#[test]
fn defaults_may_hold_it() {
    let text = format!(
        "inputs: {{ password: {{ secret: true }} }}\ndefaults:\n  base_url: http://sandbox.test\n  auth: {{ digest: {{ username: guest, password: \"{{{{ password }}}}\" }} }}\nsteps:\n  - request: GET /_wxflow/digest?password=open+sesame\n  - request: GET {PAGE}?password=open+sesame\n  - request: GET http://other.test/_wxflow/digest?password=open+sesame\n    expect: {{ status: 401 }}\n"
    );
    let inputs = vec![("password", json!("open sesame"), true)];
    assert_eq!(Setup { inputs, ..Setup::default() }.run(&text).passed().sent.len(), 5);
}

#[test]
fn what_has_left_its_origin_gets_nothing_back() {
    let back = "http%253A%252F%252Fsandbox.test%252F_wxflow%252Fdigest";
    let away = format!("http%3A%2F%2Fother.test%2F_wxflow%2Fredirect%3Fto%3D{back}");
    let target = format!("http://sandbox.test/_wxflow/redirect?to={away}");
    let ran = with(&step(&target, "    cookies: { mine: x }\n    expect: { status: 401 }\n")).passed();
    let hosts: Vec<_> = ran.sent.iter().map(|request| request.url.host_str().unwrap()).collect();
    assert_eq!(hosts, ["sandbox.test", "other.test", "sandbox.test"]);
    assert!(ran.sent[0].headers.contains_key("cookie") && !ran.sent[2].headers.contains_key("cookie"));
    assert!(!ran.sent[2].headers.contains_key("authorization"));
}

#[test]
fn later_sends_of_the_step_answer_the_same_challenge() {
    let poll = "    poll: { until: { json: { $.nc: 3 } }, every: 1s, within: 10s }\n    capture: { nc: $.nc }\n";
    let ran = with(&step(&format!("{PAGE}?password=open+sesame"), poll)).passed();
    assert_eq!(reasons(&ran, 0), [Reason::Step, Reason::Auth, Reason::Poll, Reason::Poll]);
    assert_eq!(ran.captured("nc"), json!(3));
}
