//! `retry`, and `rate_limit` around it: what is sent again, when, and what is not.

use std::time::Duration;

use serde_json::json as value;
use wxflow::event::{Reason, Wait};
use wxflow::http::{Delivery, TransportErrorKind};

use crate::harness::{Ran, Scripted, Setup, json};

const LOST: Scripted = Scripted::Error(TransportErrorKind::Interrupted, Delivery::MayHaveArrived);
const REFUSED: Scripted = Scripted::Error(TransportErrorKind::Connect, Delivery::NotSent);

fn ok() -> Scripted {
    json(200, &value!({}))
}

fn status(status: u16) -> Scripted {
    json(status, &value!({}))
}

fn retry_after(status: u16, seconds: &str) -> Scripted {
    Scripted::Reply(status, vec![("retry-after", seconds.to_owned())], "{}".to_owned())
}

/// One step, against a script.
fn step(rest: &str, script: Vec<Scripted>) -> Ran {
    Setup { script: Some(script), ..Setup::default() }.run(&format!("steps:\n  - {}\n", rest.replace('\n', "\n    ")))
}

/// `retry 503 2000 2` of each wait: why, on what status, how long, before which send.
fn waits(ran: &Ran) -> Vec<String> {
    let text = |w: &Wait| {
        let reason = match w.reason {
            Reason::Retry => "retry",
            Reason::RateLimit => "limit",
            Reason::Poll => "poll",
            _ => "other",
        };
        format!("{reason} {} {} {}", w.status.map_or("-".to_owned(), |s| s.to_string()), w.wait_ms, w.attempt)
    };
    ran.waits.iter().map(text).collect()
}

#[test]
fn it_is_off_unless_asked_for() {
    let ran = step("request: GET http://a.test/", vec![status(503)]).failed();
    assert_eq!(ran.sent.len(), 1);
    let ran = step("request: GET http://a.test/", vec![REFUSED]).failed();
    assert_eq!((ran.sent.len(), ran.wrong()), (1, vec!["no reply: connect".to_owned()]));
}

#[test]
fn three_sends_in_all_with_growing_waits_on_network_and_5xx() {
    let flow = "request: GET http://a.test/\nretry: {}\ncapture: { n: \"{{ response.attempts }}\" }";
    let ran = step(flow, vec![LOST, status(502), ok()]).passed();
    assert_eq!(waits(&ran), ["retry - 1000 2", "retry 502 2000 3"]);
    assert_eq!(ran.captured("n"), 3);
    assert_eq!(ran.took, Duration::from_secs(3));
    let step_ = &ran.steps[0];
    let because: Vec<_> = step_.exchanges.iter().map(|e| e.because).collect();
    assert_eq!(because, [Reason::Step, Reason::Retry, Reason::Retry]);
    assert_eq!(step_.waits.len(), 2, "they stand in the step's own event too");
    assert_eq!(step_.exchanges[2].start_ms, 3000.0, "counted from the step's start");
}

#[test]
fn the_last_failure_stands_when_attempts_run_out() {
    let ran = step("request: GET http://a.test/\nretry: { attempts: 2 }", vec![status(500), status(503)]).failed();
    assert_eq!(ran.wrong().len(), 1);
    assert!(ran.wrong()[0].contains("503"), "{:?}", ran.wrong());
    let ran = step("request: GET http://a.test/\nretry: { attempts: 2, delay: 0s }", vec![LOST, LOST]).failed();
    assert_eq!(ran.wrong(), ["no reply: interrupted (the last of 2 sends)"]);
}

#[test]
fn delay_and_backoff_are_settable_and_no_wait_is_longer_than_30_s() {
    let flow = "request: GET http://a.test/\nretry: { attempts: 5, delay: 10s, backoff: 1.5, on: [5xx] }";
    let ran = step(flow, vec![status(500), status(500), status(500), status(500), ok()]).passed();
    assert_eq!(waits(&ran), ["retry 500 10000 2", "retry 500 15000 3", "retry 500 22500 4", "retry 500 30000 5"]);
}

#[test]
fn settings_may_be_templates_and_are_checked_when_rendered() {
    let flow = |retry: &str| {
        let setup = Setup { script: Some(vec![status(500), ok()]), ..Setup::default() };
        setup.run(&format!("vars: {{ n: 2, d: 1m }}\nsteps: [{{ request: GET http://a.test/, retry: {retry} }}]"))
    };
    let ran = flow("{ attempts: \"{{ n }}\", delay: \"{{ n }}s\", backoff: \"{{ n }}\" }").passed();
    assert_eq!(waits(&ran), ["retry 500 2000 2"]);
    let ran = flow("{ delay: \"{{ d }}\" }").failed();
    assert_eq!(ran.wrong(), ["`delay` is more than 30s, the longest wait of `retry`"]);
    assert_eq!(ran.sent.len(), 0, "nothing was sent");
    let ran = flow("{ attempts: \"{{ n - 2 }}\" }").failed();
    assert_eq!(ran.wrong(), ["`attempts` must be at least 1, and came out as 0"]);
    let ran = flow("{ backoff: \"{{ d }}\" }").failed();
    assert_eq!(ran.wrong(), ["backoff `1m` is not a number from 1 to 100"]);
}

#[test]
fn only_what_on_lists_is_sent_again() {
    let flow = |on: &str| format!("request: GET http://a.test/\nretry: {{ on: {on} }}");
    assert_eq!(step(&flow("[502]"), vec![status(503)]).failed().sent.len(), 1);
    assert_eq!(step(&flow("[502]"), vec![LOST]).failed().sent.len(), 1);
    assert_eq!(step(&flow("[network]"), vec![LOST, status(500)]).failed().sent.len(), 2);
    assert_eq!(step(&flow("[404, 409]"), vec![status(409), status(404), ok()]).passed().sent.len(), 3);
    assert_eq!(step(&flow("[4xx]"), vec![status(400), ok()]).passed().sent.len(), 2);
}

#[test]
fn what_would_be_the_same_again_is_not_sent_again() {
    use TransportErrorKind::{Connect, Interrupted, Protocol, Refused, Resolve, Timeout, Tls, TooLarge};
    let sends = |kind| {
        let flow = "request: GET http://a.test/\nretry: { attempts: 2 }";
        step(flow, vec![Scripted::Error(kind, Delivery::NotSent), ok()]).sent.len()
    };
    assert_eq!([Resolve, Connect, Timeout, Interrupted].map(sends), [2; 4]);
    assert_eq!([Tls, Protocol, TooLarge, Refused].map(sends), [1; 4]);
}

#[test]
fn post_and_patch_are_sent_again_only_where_nothing_was_sent_or_unsafe_says_so() {
    for method in ["POST", "PATCH"] {
        let flow = |unsafe_: bool| {
            format!("request: {method} http://a.test/\nretry: {{ attempts: 2, unsafe: {unsafe_} }}\njson: {{ a: 1 }}")
        };
        assert_eq!(step(&flow(false), vec![REFUSED, ok()]).passed().sent.len(), 2);
        assert_eq!(step(&flow(false), vec![LOST]).failed().sent.len(), 1);
        assert_eq!(step(&flow(false), vec![status(502)]).failed().sent.len(), 1);
        assert_eq!(step(&flow(true), vec![LOST, ok()]).passed().sent.len(), 2);
        let ran = step(&flow(true), vec![status(502), ok()]).passed();
        assert_eq!(ran.sent[1].body, ran.sent[0].body);
    }
    for method in ["PUT", "DELETE"] {
        let flow = format!("request: {method} http://a.test/\nretry: {{ attempts: 2 }}");
        assert_eq!(step(&flow, vec![LOST, ok()]).passed().sent.len(), 2);
    }
}

#[test]
fn a_status_that_expect_asks_for_is_never_sent_again() {
    for expect in ["502", "5xx", "any", "[200, 502]", "\"{{ 502 }}\""] {
        let flow = format!("request: GET http://a.test/\nretry: {{}}\nexpect: {{ status: {expect} }}");
        assert_eq!(step(&flow, vec![status(502)]).passed().sent.len(), 1, "{expect}");
    }
    let flow = "request: GET http://a.test/\nretry: {}\nexpect: { status: 404 }";
    assert_eq!(step(flow, vec![status(502), status(404)]).passed().sent.len(), 2);
}

#[test]
fn what_rate_limit_handles_is_never_retrys() {
    // A 429 uses none of the attempts.
    let flow = "request: GET http://a.test/\nretry: { attempts: 2 }";
    let script = vec![retry_after(429, "7"), retry_after(503, "3"), status(503), ok()];
    let ran = step(flow, script).passed();
    assert_eq!(waits(&ran), ["limit 429 7000 2", "limit 503 3000 3", "retry 503 1000 4"]);
    // Not even where 4xx are sent again and rate limits are taken as they come.
    let flow = "request: GET http://a.test/\nretry: { on: [4xx] }\nrate_limit: fail";
    assert_eq!(step(flow, vec![retry_after(429, "7")]).failed().sent.len(), 1);
    // A 503 that nobody waits for is `retry`'s.
    let flow = "request: GET http://a.test/\nretry: {}\nrate_limit: fail";
    assert_eq!(waits(&step(flow, vec![retry_after(503, "9"), ok()]).passed()), ["retry 503 1000 2"]);
}

#[test]
fn after_a_rate_limit_all_attempts_are_there_again() {
    let flow = "request: GET http://a.test/\nretry: { attempts: 2, delay: 100ms }";
    let ran = step(flow, vec![status(500), retry_after(429, "1"), status(500), ok()]).passed();
    assert_eq!(waits(&ran), ["retry 500 100 2", "limit 429 1000 3", "retry 500 100 4"]);
}

#[test]
fn a_503_with_retry_after_is_waited_out_for_a_post_only_with_unsafe() {
    for status in [423, 503] {
        let script = || vec![retry_after(status, "2"), ok()];
        assert_eq!(step("request: POST http://a.test/", script()).failed().sent.len(), 1);
        assert_eq!(step("request: POST http://a.test/\nretry: {}", script()).failed().sent.len(), 1);
        let ran = step("request: POST http://a.test/\nretry: { unsafe: true }", script()).passed();
        assert_eq!(waits(&ran), [format!("limit {status} 2000 2")]);
    }
    assert_eq!(step("request: POST http://a.test/", vec![retry_after(429, "2"), ok()]).passed().sent.len(), 2);
}

#[test]
fn every_kind_of_retry_after_is_read() {
    // The clock stands at 2026-11-21T10:00:00Z.
    for (header, wait) in [
        ("7", 7000),
        ("0", 1000),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30_000),
        ("Sat, 21 Nov 2020 10:00:30 GMT", 1000),
        ("soon", 5000),
        ("-1", 5000),
        ("", 5000),
    ] {
        let ran = step("request: GET http://a.test/", vec![retry_after(429, header), ok()]).passed();
        assert_eq!(ran.waits[0].wait_ms, wait, "{header}");
    }
    let ran = step("request: GET http://a.test/", vec![retry_after(429, "99999999999999999999")]).failed();
    assert_eq!(ran.took, Duration::ZERO, "a wait that does not fit fails at once");
    assert!(ran.wrong()[0].contains("the server asked to wait"), "{:?}", ran.wrong());
    let short = "request: GET http://a.test/\nrate_limit: { max_wait: 2s }";
    let ran = step(short, vec![retry_after(429, "soon")]).failed();
    let why = "the server answered 429 with a `Retry-After` that is no time, which is taken as 5 s, and 2 s of waiting are left to this step";
    assert_eq!(ran.wrong(), [why]);
    let ran = step(short, vec![status(429)]).failed();
    assert!(ran.wrong()[0].starts_with("the server answered 429 without `Retry-After`, "), "{:?}", ran.wrong());
    let ran = step("request: GET http://a.test/", vec![retry_after(503, "soon")]).failed();
    assert_eq!(ran.sent.len(), 1);
}

#[test]
fn all_waits_of_a_step_share_max_wait() {
    let flow = "request: GET http://a.test/\nrate_limit: { max_wait: 10s }";
    let ran = step(flow, vec![retry_after(429, "6"), retry_after(429, "6")]).failed();
    assert_eq!(ran.wrong(), ["the server asked to wait 6 s (429), and 4 s of waiting are left to this step"]);
    assert_eq!(ran.took, Duration::from_secs(6));
}

#[test]
fn a_resend_goes_on_behind_a_redirect() {
    let moved = Scripted::Reply(303, vec![("location", "/b".to_owned())], String::new());
    let flow = "request: POST http://a.test/a\nretry: { attempts: 2 }\ncapture: { n: \"{{ response.attempts }}\" }";
    let ran = step(flow, vec![moved, status(502), ok()]).passed();
    let sent: Vec<_> = ran.sent.iter().map(|r| format!("{} {}", r.method, r.url.path())).collect();
    assert_eq!(sent, ["POST /a", "GET /b", "GET /b"], "what was carried out is not done twice");
    assert_eq!(ran.captured("n"), 2, "redirects are not counted");
}

#[test]
fn an_interrupt_ends_the_wait() {
    let setup = Setup { script: Some(vec![status(500), ok()]), cancel_at: Some(1), ..Setup::default() };
    let ran = setup.run("steps: [{ request: GET http://a.test/, retry: {} }]").failed();
    assert_eq!(ran.sent.len(), 1);
    assert_eq!(ran.steps[0].problems[0].message, "interrupted");
}

#[test]
fn a_cleanup_can_retry() {
    let script = vec![ok(), status(500), status(204)];
    let flow = "request: POST http://a.test/\ncleanup: { request: DELETE http://a.test/1, retry: { delay: 5s } }";
    let ran = step(flow, script).passed();
    assert_eq!(waits(&ran), ["retry 500 5000 2"]);
}

#[test]
fn the_sandboxs_flaky_route_is_got_over() {
    let flow = r#"
steps:
  - request: GET http://sandbox.test/_wxflow/flaky?fail=2&status=503
    retry: { attempts: 3 }
    expect: { status: 200, json: { $.attempt: 3 } }
"#;
    assert_eq!(crate::harness::run(flow).passed().sent.len(), 3);
}
