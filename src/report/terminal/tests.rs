//! Whole texts, as a person sees them.

use serde_json::json;

use super::Verbosity;
use crate::event::*;
use crate::report::fixture::*;

const BASE: &str = "https://webexapis.com/v1";

fn shown(verbosity: Verbosity, flows: &[Flow]) -> String {
    run(options(verbosity, true), None, flows).0
}

fn check(verbosity: Verbosity, flows: &[Flow], expected: &str) {
    let (text, expected) = (shown(verbosity, flows), expected.trim_start_matches('\n'));
    assert!(text == expected, "--- expected\n{expected}\n--- shown\n{text}");
}

/// A flow whose second request does not say what was expected of it.
fn guest() -> Flow {
    let me = format!("{BASE}/people/me");
    let body = r#"{"displayName":"Steve"}"#;
    Flow::new("flows/guest.flow.yaml", "Guest joins a space")
        .step(step("Mint a guest token"))
        .step(request("Log the guest in", vec![exchange("POST", &format!("{BASE}/jwt/login"), 200)]))
        .step(failing("Who am I", detailed("GET", &me, 200, body), json!("Stève"), json!("Steve")))
        .step(skipped("Create a space", "an earlier step failed"))
        .step(skipped("Add the guest", "an earlier step failed"))
        .step(cleanup(request("Log out", vec![exchange("DELETE", &format!("{BASE}/tokens/1"), 204)])))
        .end()
}

fn passing(path: &'static str) -> Flow {
    Flow::new(path, "A flow").step(request("Look", vec![exchange("GET", &format!("{BASE}/rooms"), 200)])).end()
}

#[test]
fn a_flow_that_passes() {
    let rooms = format!("{BASE}/rooms/Y2lzY29zcGFyazovL3VzL1JPT00vYWJjZGVm?max=2");
    let flow = Flow::new("flows/rooms.flow.yaml", "rooms")
        .step(request("GET /people/me", vec![exchange("GET", &format!("{BASE}/people/me"), 200)]))
        .step(request("Ein Raum mit einem sehr langen Namen für alle", vec![exchange("GET", &rooms, 200)]))
        .step(request("名前", vec![exchange("GET", &format!("{BASE}/people"), 200)]))
        .step(skipped("Only on Mondays", "`when` is false"))
        .item(1, request("Invite", vec![exchange("POST", &format!("{BASE}/memberships"), 200)]))
        .item(2, request("Invite", vec![exchange("POST", &format!("{BASE}/memberships"), 409)]))
        .end();
    check(
        Verbosity::Normal,
        &[flow],
        r#"
flows/rooms.flow.yaml
  ✓ GET /people/me                                            200      83 ms
  ✓ Ein Raum mit einem sehr langen Namen für alle  GET /v1/rooms/Y2lzY29zcG…jZGVm?…  200      83 ms
  ✓ 名前                        GET /v1/people                200      83 ms
  ○ Only on Mondays             skipped: `when` is false
  ✓ Invite [1]                  POST /v1/memberships          200      83 ms
  ✓ Invite [2]                  POST /v1/memberships          409      83 ms

flows 1 passed · steps 5 passed, 1 skipped · assertions 5 · requests 5 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn a_flow_that_fails() {
    check(
        Verbosity::Normal,
        &[guest()],
        r#"
flows/guest.flow.yaml — Guest joins a space
  ✓ Mint a guest token                                                0.2 ms
  ✓ Log the guest in            POST /v1/jwt/login            200      83 ms
  ✗ Who am I                    GET /v1/people/me             200      83 ms
    failed: $.displayName equals "Stève"
      --> flows/guest.flow.yaml:38:24
       |
    38 |         $.displayName: "{{ guest_name }}"
       |                        ^^^^^^^^^^^^^^^^^^
    expected  "Stève"
    actual    "Steve"
    GET https://webexapis.com/v1/people/me
    200 OK · trackingid ROUTER_65
    │ {
    │   "displayName": "Steve"
    │ }

  ○ 2 steps skipped: an earlier step failed
  ↺ cleanup
    ✓ Log out                   DELETE /v1/tokens/1           204      83 ms

flows 1 failed · steps 2 passed, 1 failed, 2 skipped · assertions 3 held, 1 failed · requests 3 · 0.42 s
FAILED
"#,
    );
}

#[test]
fn several_flows_repeat_their_failures() {
    let text = shown(Verbosity::Normal, &[passing("flows/a.flow.yaml"), guest()]);
    let last = text.split_once("failures").unwrap().1;
    assert_eq!(
        last,
        "\n  ✗ flows/guest.flow.yaml › Who am I\n    flows/guest.flow.yaml:38:24: $.displayName equals \"Stève\", was \"Steve\"\n\nflows 1 passed, 1 failed · steps 3 passed, 1 failed, 2 skipped · assertions 4 held, 1 failed · requests 4 · 0.42 s\nFAILED\n"
    );
}

#[test]
fn quiet_shows_failures_and_the_last_lines() {
    check(
        Verbosity::Quiet,
        &[passing("flows/a.flow.yaml"), guest()],
        r#"
flows/guest.flow.yaml — Guest joins a space
  ✗ Who am I                    GET /v1/people/me             200      83 ms
    failed: $.displayName equals "Stève"
      --> flows/guest.flow.yaml:38:24
       |
    38 |         $.displayName: "{{ guest_name }}"
       |                        ^^^^^^^^^^^^^^^^^^
    expected  "Stève"
    actual    "Steve"
    GET https://webexapis.com/v1/people/me
    200 OK · trackingid ROUTER_65
    │ {
    │   "displayName": "Steve"
    │ }

flows 1 passed, 1 failed · steps 3 passed, 1 failed, 2 skipped · assertions 4 held, 1 failed · requests 4 · 0.42 s
FAILED
"#,
    );
    check(
        Verbosity::Quiet,
        &[passing("flows/a.flow.yaml")],
        r#"
flows 1 passed · steps 1 passed · assertions 1 · requests 1 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn headers_and_bodies_are_asked_for() {
    let me = format!("{BASE}/people/me");
    let flow = || {
        Flow::new("flows/me.flow.yaml", "me")
            .step(request("Who", vec![detailed("GET", &me, 200, r#"{"a":[1]}"#)]))
            .end()
    };
    check(
        Verbosity::Headers,
        &[flow()],
        r#"
flows/me.flow.yaml
  ✓ Who                         GET /v1/people/me             200      83 ms
      > GET https://webexapis.com/v1/people/me
      > accept: application/json
      > authorization: ***
      < 200 OK (HTTP/1.1)
      < content-type: application/json
      < trackingid: ROUTER_65

flows 1 passed · steps 1 passed · assertions 1 · requests 1 · 0.42 s
PASSED
"#,
    );
    check(
        Verbosity::Bodies,
        &[flow()],
        r#"
flows/me.flow.yaml
  ✓ Who                         GET /v1/people/me             200      83 ms
      > GET https://webexapis.com/v1/people/me
      > accept: application/json
      > authorization: ***
      < 200 OK (HTTP/1.1)
      < content-type: application/json
      < trackingid: ROUTER_65
      < 
      < {
      <   "a": [
      <     1
      <   ]
      < }

flows 1 passed · steps 1 passed · assertions 1 · requests 1 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn times_stand_below_the_reply() {
    let mut sent = [exchange("GET", "https://a.example/", 200), exchange("GET", "https://a.example/", 200)];
    let times = Times { first_byte_ms: Some(60.0), body_ms: Some(20.0), total_ms: 80.0, ..Times::default() };
    sent[0].times = Times { dns_ms: Some(2.0), connect_ms: Some(3.0), tls_ms: Some(15.0), ..times };
    sent[1].times = Times { reused: true, ..times };
    let flow = Flow::new("flows/a.flow.yaml", "a").step(request("Twice", sent.to_vec())).end();
    let text = shown(Verbosity::Headers, &[flow]);
    let told: Vec<_> = text.lines().filter(|line| line.trim_start().starts_with('*')).map(str::trim).collect();
    let first = "* dns 2.0 ms · connect 3.0 ms · TLS 15 ms · waiting 40 ms · body 20 ms";
    assert_eq!(told, [first, "* connection reused · waiting 60 ms · body 20 ms"]);
}

#[test]
fn no_reply() {
    let mut sent = exchange("GET", "https://webexapis.invalid/v1/people", 200);
    sent.reply = None;
    sent.error = Some("no such host: webexapis.invalid".into());
    let mut failed = request("Look", vec![sent]);
    failed.outcome = Outcome::Failed;
    failed.assertions.clear();
    failed.problems = vec![Problem {
        message: "the name webexapis.invalid was not found".into(),
        help: Some("check the spelling of `base_url`, and the network".into()),
        code: None,
        at: Some(snippet("    request: GET /people", "GET /people")),
    }];
    check(
        Verbosity::Normal,
        &[Flow::new("flows/me.flow.yaml", "me").step(failed).end()],
        r#"
flows/me.flow.yaml
  ✗ Look                        GET /v1/people                err      83 ms
    error: the name webexapis.invalid was not found
      --> flows/guest.flow.yaml:38:14
       |
    38 |     request: GET /people
       |              ^^^^^^^^^^^
    help: check the spelling of `base_url`, and the network
    GET https://webexapis.invalid/v1/people
    no such host: webexapis.invalid

flows 1 failed · steps 1 failed · assertions 0 · requests 1 · 0.42 s
FAILED
"#,
    );
}

#[test]
fn waits_are_told_and_resends_counted() {
    let url = format!("{BASE}/rooms");
    let again = |because| Exchange { because, ..exchange("GET", &url, 200) };
    let wait = |reason, status, attempt| Wait { reason, status, wait_ms: 1000, attempt };
    let flow = Flow::new("flows/slow.flow.yaml", "slow")
        .waiting(
            &[wait(Reason::RateLimit, Some(429), 2), wait(Reason::Retry, Some(502), 3), wait(Reason::Retry, None, 4)],
            request(
                "List",
                vec![
                    exchange("GET", &url, 429),
                    again(Reason::RateLimit),
                    again(Reason::Retry),
                    again(Reason::Retry),
                    again(Reason::Redirect),
                ],
            ),
        )
        .waiting(
            &[wait(Reason::Poll, Some(200), 2), wait(Reason::Poll, Some(200), 3)],
            request("Until ready", vec![exchange("GET", &url, 200), again(Reason::Poll), again(Reason::Poll)]),
        )
        .waiting(&[wait(Reason::Step, None, 0)], step("Rest"))
        .end();
    check(
        Verbosity::Normal,
        &[flow],
        r#"
flows/slow.flow.yaml
    ⧗ waiting 1s: rate limited (429)
    ⧗ waiting 1s before send 3: the reply was 502
    ⧗ waiting 1s before send 4: no reply
  ✓ List                        GET /v1/rooms                 200      83 ms  1 redirect · 3 resends
    ⧗ not yet (200): looking again every 1s
  ✓ Until ready                 GET /v1/rooms                 200      83 ms  2 more polls
    ⧗ waiting 1s
  ✓ Rest                                                              0.2 ms

flows 1 passed · steps 3 passed · assertions 2 · requests 8 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn used_flows_stand_below_their_path() {
    let flow = Flow::new("flows/a.flow.yaml", "a")
        .used("flows/_parts/login.flow.yaml", request("Log in", vec![exchange("POST", &format!("{BASE}/login"), 200)]))
        .step(step("Log in first"))
        .end();
    check(
        Verbosity::Normal,
        &[flow],
        r#"
flows/a.flow.yaml
  ↳ flows/_parts/login.flow.yaml
    ✓ Log in                    POST /v1/login                200      83 ms
  ✓ Log in first                                                      0.2 ms

flows 1 passed · steps 2 passed · assertions 1 · requests 1 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn an_invalid_flow_counts_its_mistakes_which_stand_on_stderr() {
    let problem = Problem {
        message: "unknown key `nmae`".into(),
        help: Some("did you mean `name`?".into()),
        code: Some("unknown-key".into()),
        at: Some(snippet("  - nmae: x", "nmae")),
    };
    let flow = Flow::new("flows/guest.flow.yaml", "guest").end_as(Outcome::Failed, vec![problem]);
    check(
        Verbosity::Normal,
        &[flow],
        r#"
flows/guest.flow.yaml
  ✗ invalid: 1 mistake, nothing was sent

flows 1 invalid · steps 0 · assertions 0 · requests 0 · 0.42 s
FAILED
"#,
    );
}

#[test]
fn long_values_are_shown_by_their_difference() {
    let people = |n: u32, name: &str| {
        let item =
            |i| if i == 7 { json!({"name": name, "id": i}) } else { json!({"id": i, "name": format!("person {i}")}) };
        json!((1..n).map(item).collect::<Vec<_>>())
    };
    let url = format!("{BASE}/people");
    let text = |name: &str| json!(format!("{}{name}{}", "long ".repeat(30), " tail".repeat(30)));
    let flow = Flow::new("flows/a.flow.yaml", "a")
        .step(failing("A list", exchange("GET", &url, 200), people(12, "Stève"), people(14, "Steve")))
        .step(failing("A long line", exchange("GET", &url, 200), text("Stève"), text("Steve")))
        .step(failing("Another type", exchange("GET", &url, 200), json!("x"), people(12, "Steve")))
        .end();
    check(
        Verbosity::Normal,
        &[flow],
        r#"
flows/a.flow.yaml
  ✗ A list                      GET /v1/people                200      83 ms
    failed: $.displayName equals …
      --> flows/guest.flow.yaml:38:24
       |
    38 |         $.displayName: "{{ guest_name }}"
       |                        ^^^^^^^^^^^^^^^^^^
    - expected  + actual
    │ $.displayName[6].name
    │   - "Stève"
    │   + "Steve"
    │ $.displayName[11] is one too many
    │   + {"id":12,"name":"person 12"}
    │ $.displayName[12] is one too many
    │   + {"id":13,"name":"person 13"}
    GET https://webexapis.com/v1/people
    200 OK

  ✗ A long line                 GET /v1/people                200      83 ms
    failed: $.displayName equals …
      --> flows/guest.flow.yaml:38:24
       |
    38 |         $.displayName: "{{ guest_name }}"
       |                        ^^^^^^^^^^^^^^^^^^
    - expected  + actual
    │ - … long long long long long Stève tail tail tail tail tail tail tail tail tail tail tai…
    │ + … long long long long long Steve tail tail tail tail tail tail tail tail tail tail tai…
    GET https://webexapis.com/v1/people
    200 OK

  ✗ Another type                GET /v1/people                200      83 ms
    failed: $.displayName equals "x"
      --> flows/guest.flow.yaml:38:24
       |
    38 |         $.displayName: "{{ guest_name }}"
       |                        ^^^^^^^^^^^^^^^^^^
    expected  "x"
    actual
    │ [
    │   {
    │     "id": 1,
    │     "name": "person 1"
    │   },
    │   {
    │     "id": 2,
    │     "name": "person 2"
    │   },
    │   {
    │     "id": 3,
    │     "name": "person 3"
    │   },
    │   {
    │     "id": 4,
    │     "name": "person 4"
    │   },
    │   {
    │     "id": 5,
    │     "name": "person 5"
    │ … 26 more lines
    GET https://webexapis.com/v1/people
    200 OK

flows 1 failed · steps 3 failed · assertions 3 held, 3 failed · requests 3 · 0.42 s
FAILED
"#,
    );
}

/// An expression reads as a sentence, and a transport error that a problem tells is told once.
#[test]
fn causes_are_told_once() {
    let mut sent = exchange("GET", "http://127.0.0.1:9/", 200);
    (sent.reply, sent.error) = (None, Some("refused".into()));
    let mut refused = request("Look", vec![sent]);
    refused.outcome = Outcome::Failed;
    refused.problems = vec![Problem { message: "refused".into(), help: None, code: None, at: None }];
    let mut wrong = step("Check it");
    wrong.outcome = Outcome::Failed;
    wrong.assertions = vec![Assertion {
        subject: "x == 3".into(),
        predicate: "is true".into(),
        passed: false,
        not_replayable: false,
        expected: None,
        actual: None,
        message: Some("x is 2".into()),
        at: None,
    }];
    let flow = Flow::new("flows/a.flow.yaml", "a").step(refused).step(wrong).end();
    let text = shown(Verbosity::Normal, &[flow, passing("flows/b.flow.yaml")]);
    assert_eq!(text.matches("refused").count(), 2, "where it happened and in the list: {text}");
    assert!(text.contains("    failed: x == 3\n    x is 2\n"), "{text}");
    assert!(text.contains("› Check it\n    x == 3 (x is 2)\n"), "{text}");
}

/// A difference that `lines` would not see.
#[test]
fn line_breaks_are_a_difference() {
    let url = format!("{BASE}/people");
    let flow = Flow::new("flows/a.flow.yaml", "a")
        .step(failing("The last", exchange("GET", &url, 200), json!("a\nb\n"), json!("a\nb")))
        .step(failing("Windows", exchange("GET", &url, 200), json!("a\nb"), json!("a\r\nb")))
        .end();
    let text = shown(Verbosity::Normal, &[flow]);
    let marks: Vec<_> = text.lines().filter(|l| l.contains("│ ")).map(str::trim).collect();
    assert_eq!(marks, ["│   a", "│   b", "│ -", "│ - a", "│ + a\\r", "│   b"]);
}

/// The one place where colours are looked at; all other tests strip them.
#[test]
fn colours_are_for_whoever_hands_in_the_stream() {
    colored::control::set_override(true);
    let view = Shared::default();
    let mut out = super::Terminal::new(options(Verbosity::Normal, true), Box::new(view.clone()));
    out.options.interactive = true;
    out.finish(&Summary { flows_passed: 1, ..Summary::default() }).unwrap();
    let raw = String::from_utf8(view.0.lock().unwrap().clone()).unwrap();
    assert!(raw.contains("\u{1b}["), "{raw:?}");
    assert!(view.text().ends_with("\nPASSED\n"));
}

#[test]
fn a_person_sees_what_runs() {
    let mut watched = options(Verbosity::Normal, true);
    watched.interactive = true;
    let text = run(watched, None, &[passing("flows/a.flow.yaml")]).0;
    let expected = "flows/a.flow.yaml — A flow\n  … Look\r        \r  ✓ Look ";
    assert!(text.starts_with(expected), "{text:?}");
    watched.live = false;
    let text = run(watched, None, &[passing("flows/a.flow.yaml"), passing("flows/b.flow.yaml")]).0;
    assert!(text.contains("… 1 of 2 flows\r              \r"), "{text:?}");
}

#[test]
fn warnings_are_shown() {
    let mut odd = step("Odd");
    odd.warnings = vec!["the body is not UTF-8".into()];
    check(
        Verbosity::Normal,
        &[Flow::new("flows/a.flow.yaml", "a").step(odd).end()],
        r#"
flows/a.flow.yaml
  ✓ Odd                                                               0.2 ms
    warning: the body is not UTF-8

flows 1 passed · steps 1 passed · assertions 0 · requests 0 · 0.42 s
PASSED
"#,
    );
}

#[test]
fn flows_that_run_at_once_are_printed_whole() {
    let flows = [passing("flows/a.flow.yaml"), passing("flows/b.flow.yaml")];
    let text = run(options(Verbosity::Normal, false), None, &flows).0;
    let titles: Vec<_> = text.lines().filter(|line| line.starts_with("flows/") || line.is_empty()).collect();
    assert_eq!(titles, ["flows/b.flow.yaml — A flow", "", "flows/a.flow.yaml — A flow", ""]);
}

/// Whatever a server sends, no line of ours steers the terminal or GitHub's runner.
#[test]
fn servers_steer_nothing() {
    let evil = "::error::x\n  ::stop-commands::x\r\n##[add-mask]y\u{1b}]0;title\u{7}";
    let mut sent = detailed("GET", &format!("{BASE}/{evil}"), 200, evil);
    if let Some(reply) = &mut sent.reply {
        reply.reason = evil.into();
        reply.hint = Some(evil.into());
        reply.headers.iter_mut().for_each(|h| h.value = evil.into());
    }
    let mut failed = failing(evil, sent, json!(evil), json!(format!("{evil}{evil}")));
    failed.assertions[1].message = Some(evil.into());
    failed.problems = vec![Problem { message: evil.into(), help: Some(evil.into()), code: None, at: None }];
    failed.warnings = vec![evil.into()];
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Bodies] {
        let flows = [passing("flows/a.flow.yaml"), Flow::new("::error::.flow.yaml", evil).step(failed.clone()).end()];
        let text = run(options(verbosity, true), None, &flows).0;
        assert!(text.contains("\\u{5b}add-mask]"), "{text}");
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
            assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
        }
    }
}

/// What differs may be masked: then both sides are shown, and the message that says why.
#[test]
fn masked_values_that_look_alike_are_still_shown() {
    let list = json!(["***".repeat(20), "***".repeat(20)]);
    let mut failed = failing("Secrets", exchange("GET", &format!("{BASE}/people"), 200), list.clone(), list);
    failed.assertions[1].message = Some("at /0: they differ".into());
    let text = shown(Verbosity::Normal, &[Flow::new("flows/a.flow.yaml", "a").step(failed).end()]);
    assert!(text.contains("    at /0: they differ\n    expected\n    │ [\n"), "{text}");
}

/// A body is shown where the path that failed leads, and what Webex said is explained.
#[test]
fn a_refusal_is_explained_and_a_long_body_is_cut_around_the_place() {
    let items: Vec<_> = (0..40).map(|id| json!({"id": id, "name": format!("person {id}")})).collect();
    let mut sent = detailed("GET", &format!("{BASE}/people"), 403, &json!({"items": items}).to_string());
    if let Some(reply) = &mut sent.reply {
        reply.hint = Some("Webex's 403 usually means: a scope is missing (trackingId ROUTER_65)".into());
    }
    let mut failed = failing("List", sent, json!("person x"), json!("person 30"));
    failed.assertions[1].subject = "$.items[30].name".into();
    let text = shown(Verbosity::Normal, &[Flow::new("flows/a.flow.yaml", "a").step(failed).end()]);
    let end = text.split_once("people\n    403").unwrap().1;
    assert_eq!(
        end.split_once("\n\n").unwrap().0,
        r#" Forbidden
    hint: Webex's 403 usually means: a scope is missing (trackingId ROUTER_65)
    │ … 121 lines before
    │     },
    │     {
    │       "id": 30,
    │       "name": "person 30"
    │     },
    │     {
    │       "id": 31,
    │       "name": "person 31"
    │     },
    │     {
    │ … 33 more lines, 1151 bytes in all"#
    );
}

#[test]
fn no_line_of_a_step_is_wider_than_the_terminal() {
    let name = "確認: 👩‍💻 がスペースに参加できる e\u{301}e\u{301} and then some more words to make it long";
    let url = format!("{BASE}/a-rather-long/path/of/many/parts/that/fills/the/line");
    let flow = || {
        Flow::new("flows/a.flow.yaml", "a")
            .item(12, request(name, vec![exchange("DELETE", &url, 204)]))
            .step(request("Short", vec![exchange("DELETE", &url, 204)]))
            .step(request(name, vec![]))
            .end()
    };
    for width in [80, 90, 120, 140] {
        let mut options = options(Verbosity::Normal, true);
        options.width = width;
        let text = run(options, None, &[flow()]).0;
        for line in text.lines().filter(|line| line.contains('✓')) {
            assert!(crate::report::display::width(line) <= width, "{width}: {line}");
        }
        assert!(text.contains(" [12]  DELETE"), "{text}");
    }
}
