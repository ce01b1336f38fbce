//! `poll`: until it holds, fails, or the time is over.

use std::time::Duration;

use serde_json::json as value;
use wxflow::event::Reason;
use wxflow::http::{Delivery, TransportErrorKind};

use crate::harness::{Ran, Scripted, Setup, json, run};

fn state(state: &str) -> Scripted {
    json(200, &value!({ "status": state }))
}

/// A step that polls, against a script.
fn poll(settings: &str, rest: &str, script: Vec<Scripted>) -> Ran {
    let flow = format!("steps:\n  - request: GET http://a.test/job\n    poll: {settings}\n    {rest}\n");
    Setup { script: Some(script), ..Setup::default() }.run(&flow)
}

const DONE: &str = "{ until: { json: { $.status: done } } }";

#[test]
fn it_looks_every_2_s_until_the_reply_is_as_wanted() {
    let rest = "capture: { n: \"{{ response.attempts }}\", state: $.status }";
    let ran = poll(DONE, rest, vec![state("new"), state("busy"), state("done")]).passed();
    let waits: Vec<_> = ran.waits.iter().map(|w| (w.reason, w.status, w.wait_ms, w.attempt)).collect();
    assert_eq!(waits, [(Reason::Poll, Some(200), 2000, 2), (Reason::Poll, Some(200), 2000, 3)]);
    assert_eq!((ran.captured("n"), ran.captured("state")), (3.into(), "done".into()));
    assert_eq!(ran.took, Duration::from_secs(4));
    let because: Vec<_> = ran.steps[0].exchanges.iter().map(|e| e.because).collect();
    assert_eq!(because, [Reason::Step, Reason::Poll, Reason::Poll]);
    assert_eq!(ran.steps[0].exchanges[2].start_ms, 4000.0, "counted from the step's start");
}

#[test]
fn what_until_asked_counts_as_assertions_once() {
    let ran = poll(DONE, "expect: { json: { $.status: done } }", vec![state("done")]).passed();
    let told: Vec<_> = ran.steps[0].assertions.iter().map(|a| a.subject.as_str()).collect();
    assert_eq!(told, ["$.status", "status", "$.status"]);
    let ran = poll("{ until: { status: 200 } }", "", vec![state("done")]).passed();
    assert_eq!(ran.steps[0].assertions.len(), 1);
}

#[test]
fn expect_judges_only_the_last_reply() {
    let ran = poll(DONE, "expect: { json: { $.status: { not: new } } }", vec![state("new"), state("done")]).passed();
    assert_eq!(ran.sent.len(), 2);
    let ran = poll(DONE, "expect: { json: { $.rows: 3 } }", vec![state("done")]).failed();
    assert_eq!(ran.sent.len(), 1);
}

#[test]
fn in_until_what_is_missing_or_of_another_type_is_not_yet() {
    let until = "{ until: { json: { $.rows: { ge: 2 }, $.list: { length: 1 } }, that: \"response.json.rows > 1\" } }";
    let script = vec![
        Scripted::Reply(200, vec![], String::new()),
        Scripted::Reply(200, vec![], "<html>".to_owned()),
        json(200, &value!({})),
        json(200, &value!({"rows": "two", "list": 5})),
        json(200, &value!({"rows": 2, "list": [1]})),
    ];
    assert_eq!(poll(until, "", script).passed().sent.len(), 5);
}

#[test]
fn a_condition_that_cannot_be_judged_stops_at_once() {
    let flow = "vars: { five: 5 }\nsteps:\n  - request: GET http://a.test/\n    \
                poll: { until: { json: { $.a: { in: \"{{ five }}\" } } } }";
    let ran = Setup { script: Some(vec![json(200, &value!({"a": 1}))]), ..Setup::default() }.run(flow).failed();
    assert_eq!(ran.sent.len(), 1);
    assert!(ran.wrong()[0].starts_with("`poll` cannot judge `$.a`: "), "{:?}", ran.wrong());
}

#[test]
fn within_bounds_everything_and_the_failure_shows_what_did_not_hold() {
    let settings = "{ until: { json: { $.status: done, $.rows: 3 } }, every: 3s, within: 10s }";
    let busy = || json(200, &value!({"status": "busy", "rows": 3}));
    let ran = poll(settings, "capture: { id: $.id }", vec![busy(), busy(), busy(), busy()]).failed();
    assert_eq!(ran.took, Duration::from_secs(9), "a wait that would pass the end is not begun");
    let step = &ran.steps[0];
    assert_eq!(step.problems.len(), 1);
    assert_eq!(step.problems[0].message, "`until` does not hold after 4 looks in 10s");
    assert_eq!(step.problems[0].at.as_ref().unwrap().line, 3);
    let failed: Vec<_> = step.assertions.iter().filter(|a| !a.passed).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].subject.as_str(), failed[0].actual.clone()), ("$.status", Some("busy".into())));
    assert_eq!(failed[0].at.as_ref().unwrap().line, 3);
}

#[test]
fn a_slow_send_uses_up_the_time_and_gets_no_more_than_is_left() {
    let settings = "{ until: { json: { $.status: done } }, every: 1s, within: 20s }";
    let timeout = Scripted::Error(TransportErrorKind::Timeout, Delivery::MayHaveArrived);
    let slow = |s| Scripted::Slow(Duration::from_secs(s));
    let script = vec![slow(8), state("busy"), slow(11), timeout];
    let ran = poll(settings, "retry: {}", script).failed();
    assert_eq!(ran.sent[0].timeout, Duration::from_secs(20));
    assert_eq!(ran.sent[1].timeout, Duration::from_secs(11));
    assert_eq!(ran.steps[0].problems[0].message, "no reply: timeout; the 20s of `poll.within` are over");
    assert_eq!(ran.steps[0].assertions.iter().filter(|a| !a.passed).count(), 1, "and the last state is told");
    assert_eq!(ran.sent.len(), 2);
}

#[test]
fn a_wait_that_the_server_asks_for_must_fit_too() {
    let limited = |s: &str| Scripted::Reply(429, vec![("retry-after", s.to_owned())], String::new());
    let settings = "{ until: { json: { $.status: done } }, within: 30s }";
    let ran = poll(settings, "", vec![state("busy"), limited("29")]).failed();
    let message = "the server asked to wait 29 s (429), which is longer than `poll` may still take";
    assert_eq!(ran.steps[0].problems[0].message, message);
    assert_eq!(ran.took, Duration::from_secs(2));
    assert_eq!(ran.steps[0].assertions.iter().filter(|a| !a.passed).count(), 1);
    let ran = poll(settings, "", vec![state("busy"), limited("20"), state("done")]).passed();
    assert_eq!(ran.waits.iter().map(|w| w.reason).collect::<Vec<_>>(), [Reason::Poll, Reason::RateLimit]);
}

#[test]
fn rate_limits_share_max_wait_across_looks() {
    let limited = || Scripted::Reply(429, vec![("retry-after", "4".to_owned())], String::new());
    let script = vec![limited(), state("busy"), limited()];
    let ran = poll(DONE, "rate_limit: { max_wait: 6s }", script).failed();
    let message = "the server asked to wait 4 s (429), and 2 s of waiting are left to this step";
    assert_eq!(ran.steps[0].problems[0].message, message);
}

#[test]
fn retry_works_inside_a_look() {
    let script = vec![state("busy"), json(502, &value!({})), state("done")];
    let ran = poll(DONE, "retry: {}", script).passed();
    assert_eq!(ran.waits.iter().map(|w| w.reason).collect::<Vec<_>>(), [Reason::Poll, Reason::Retry]);
}

#[test]
fn fail_when_fails_at_once() {
    let settings = "{ until: { json: { $.status: done } }, fail_when: { json: { $.status: { in: [failed, lost] } } } }";
    let ran = poll(settings, "", vec![state("busy"), state("failed")]).failed();
    assert_eq!(ran.sent.len(), 2);
    let message = &ran.steps[0].problems[0].message;
    assert!(message.starts_with("`fail_when` holds: $.status "), "{message}");
    assert!(message.contains("failed"), "{message}");
    // All of it must hold, and what is missing does not.
    let settings = "{ until: { json: { $.status: done } }, fail_when: { json: { $.status: busy, $.stuck: true } } }";
    poll(settings, "", vec![state("busy"), state("done")]).passed();
    // It comes before `until`.
    let both = "{ until: { status: 200 }, fail_when: { json: { $.status: done } } }";
    poll(both, "", vec![state("done")]).failed();
}

#[test]
fn a_failure_that_nobody_names_ends_it_at_once() {
    let ran = poll(DONE, "", vec![state("busy"), json(404, &value!({}))]).failed();
    let problem = &ran.steps[0].problems[0];
    assert_eq!(problem.message, "the server answered 404 Not Found, which neither `until` nor `expect` names");
    assert!(problem.help.as_deref().unwrap().contains("`expect.status`"));
    // What is below 400 is no failure.
    let script = vec![json(202, &value!({})), json(200, &value!({}))];
    poll("{ until: { status: 200 } }", "", script).passed();
}

#[test]
fn a_failure_that_is_named_is_waited_through() {
    let missing = || json(404, &value!({}));
    poll("{ until: { status: 200 } }", "expect: { status: [200, 404] }", vec![missing(), state("done")]).passed();
    let settings = "{ until: { status: [200, 404], json: { $.status: done } } }";
    poll(settings, "", vec![missing(), state("done")]).passed();
    let settings = "{ until: { status: 200 }, fail_when: { status: 404, json: { $.gone: true } } }";
    poll(settings, "", vec![missing(), state("done")]).passed();
    poll(settings, "", vec![json(404, &value!({"gone": true}))]).failed();
}

#[test]
fn untils_status_is_the_default_of_expects() {
    // Waiting until something is gone.
    let ran = poll("{ until: { status: 404 } }", "", vec![state("there"), json(404, &value!({}))]).passed();
    assert_eq!(ran.steps[0].assertions[0].at, None);
    let ran = poll("{ until: { status: 404 } }", "expect: { status: 200 }", vec![json(404, &value!({}))]).failed();
    assert_eq!(ran.steps[0].assertions[0].subject, "status");
}

#[test]
fn a_429_that_until_names_is_asked_for() {
    let limited = Scripted::Reply(429, vec![("retry-after", "4".to_owned())], String::new());
    let ran = poll("{ until: { status: 429 } }", "expect: { status: any }", vec![state("ok"), limited]).passed();
    assert_eq!(ran.waits.len(), 1);
}

#[test]
fn every_and_within_may_be_templates() {
    let flow = "vars: { pause: 500ms, n: 1 }\nsteps:\n  - request: GET http://a.test/\n    \
                poll: { until: { json: { $.n: { gt: \"{{ n }}\" } } }, every: \"{{ pause }}\", within: \"{{ n }}m\" }";
    let script = vec![json(200, &value!({"n": 1})), json(200, &value!({"n": 2}))];
    let ran = Setup { script: Some(script), ..Setup::default() }.run(flow).passed();
    assert_eq!(ran.took, Duration::from_millis(500));
}

#[test]
fn a_cleanup_can_poll_with_the_names_of_its_step() {
    let flow = r#"
steps:
  - request: POST http://a.test/
    capture: { gone: $.word }
    cleanup:
      request: GET http://a.test/1
      poll: { until: { json: { $.state: "{{ gone }}" } } }
"#;
    let script = ["x", "there", "gone"].map(|state| json(200, &value!({"word": "gone", "state": state})));
    let ran = Setup { script: Some(script.to_vec()), ..Setup::default() }.run(flow).passed();
    assert_eq!(ran.sent.len(), 3);
}

#[test]
fn a_job_of_the_sandbox_is_waited_for() {
    let ran = run(r#"
defaults: { base_url: http://sandbox.test }
steps:
  - request: POST /_wxflow/jobs?ready_after=3
    json: { rows: 2 }
    expect: { status: 202 }
    capture: { id: $.id }
  - request: "GET /_wxflow/jobs/{{ id }}"
    poll: { until: { json: { $.status: done } } }
    expect: { json: { $.result.rows: 2 } }
"#)
    .passed();
    assert_eq!(ran.sent.len(), 5);
}

#[test]
fn an_interrupt_ends_the_polling() {
    let setup = Setup { script: Some(vec![state("busy"), state("done")]), cancel_at: Some(1), ..Setup::default() };
    let flow = format!("steps: [{{ request: GET http://a.test/, poll: {DONE} }}]");
    assert_eq!(setup.run(&flow).failed().sent.len(), 1);
}

#[test]
fn large_replies_that_were_not_yet_it_are_not_kept() {
    let large = |status: &str| json(200, &value!({"status": status, "log": "x".repeat(100_000)}));
    let ran = poll(DONE, "capture: { n: \"{{ response.size }}\" }", vec![large("busy"), state("busy"), large("done")]);
    let ran = ran.passed();
    let replies: Vec<_> = ran.steps[0].exchanges.iter().map(|e| e.reply.as_ref().unwrap()).collect();
    assert!(replies[0].body.is_none() && replies[1].body.is_some() && replies[2].body.is_some());
    assert_eq!(replies[0].size, replies[2].size);
    assert!(ran.captured("n").as_u64() > Some(100_000));
}
