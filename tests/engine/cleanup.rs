//! Cleanups: when they are registered, with which values, in which order they run.

use wxflow::event::Phase;
use wxflow::run::Options;

use crate::harness::{Ran, Setup, run};

fn undone(ran: &Ran) -> Vec<String> {
    let cleanups = ran.steps.iter().filter(|s| s.phase == Phase::Cleanup);
    cleanups.flat_map(|s| &s.exchanges).map(|e| e.url.rsplit('/').next().unwrap_or("").to_owned()).collect()
}

const BASE: &str = "defaults: { base_url: http://sandbox.test/_wxflow }\n";

#[test]
fn newest_first_with_the_values_of_the_moment() {
    let ran = run(&format!(
        r#"{BASE}
vars: {{ id: "0" }}
steps:
  - for_each: {{ n: [1, 2] }}
    request: POST /echo
    json: {{ n: "{{{{ n }}}}" }}
    capture: {{ id: $.json.n }}
    cleanup: {{ request: "DELETE /echo?a={{{{ id }}}}" }}
  - set: {{ id: 9 }}
  - request: POST /echo
    cleanup:
      - request: "DELETE /echo?b={{{{ id }}}}"
      - request: "DELETE /echo?c={{{{ id }}}}"
        when: id == 0
"#
    ))
    .passed();
    assert_eq!(undone(&ran), ["echo?b=9", "echo?a=2", "echo?a=1"]);
}

#[test]
fn registered_when_the_status_was_accepted_even_if_assertions_fail() {
    let ran = run(&format!(
        r#"{BASE}
steps:
  - request: POST /status/500
    continue_on_failure: true
    cleanup: {{ request: DELETE /echo?refused }}
  - request: POST /status/409
    expect: {{ status: 409 }}
    cleanup: {{ request: DELETE /echo?named }}
  - request: POST /echo
    expect: {{ json: {{ $.method: GET }} }}
    cleanup: {{ request: DELETE /echo?accepted }}
  - request: POST /echo
    cleanup: {{ request: DELETE /echo?never }}
"#
    ))
    .failed();
    assert_eq!(undone(&ran), ["echo?accepted", "echo?named"]);
}

#[test]
fn one_that_cannot_be_registered_is_reported() {
    let ran = run(&format!(
        r#"{BASE}
steps:
  - name: Create
    request: POST /echo
    capture: {{ id: $.nothing }}
    cleanup: {{ name: Undo, request: "DELETE /echo?{{{{ id }}}}" }}
"#
    ))
    .failed();
    assert!(undone(&ran).is_empty());
    assert!(ran.wrong()[1].starts_with("the cleanup `Undo` will not run: "), "{:?}", ran.wrong());
}

#[test]
fn a_failed_cleanup_fails_the_flow_and_keeps_no_other_from_running() {
    let ran = run(&format!(
        r#"{BASE}
steps:
  - request: POST /echo
    cleanup:
      - request: DELETE /echo?first
      - request: DELETE /status/500
"#
    ))
    .failed();
    assert_eq!(undone(&ran), ["500", "echo?first"]);
}

#[test]
fn one_whose_condition_cannot_be_told_fails_the_step() {
    let ran =
        run(&format!("{BASE}steps:\n  - request: POST /echo\n    cleanup: {{ request: DELETE /echo, when: \"5\" }}\n"))
            .failed();
    assert!(ran.wrong()[0].contains("will not run"), "{:?}", ran.wrong());
}

#[test]
fn cleanups_run_after_an_interrupt() {
    let ran = Setup { cancel_at: Some(2), ..Setup::default() }
        .run(&format!(
            "{BASE}steps:\n  - request: POST /echo\n    cleanup: {{ request: DELETE /echo?undone }}\n  - request: GET /slow?ms=9000\n"
        ))
        .failed();
    assert_eq!(undone(&ran), ["echo?undone"]);
    // What was under way was sent, so it counts.
    assert_eq!(ran.flow.counts.requests, 3);
    let interrupted = ran.step("GET /slow?ms=9000");
    assert_eq!(interrupted.exchanges[0].error.as_deref(), Some("interrupted before the reply came"));
    assert_eq!(interrupted.problems[0].message, "interrupted");
}

#[test]
fn no_cleanup_says_what_was_left() {
    let options = Options { cleanup: false, ..Options::default() };
    let ran = Setup { options, ..Setup::default() }
        .run(&format!("{BASE}steps:\n  - request: POST /echo\n    cleanup: {{ request: DELETE /echo }}\n"))
        .passed();
    assert!(undone(&ran).is_empty());
    assert_eq!(ran.flow.warnings, ["1 cleanup did not run, as asked (--no-cleanup)"]);
}
