//! How requests go out: defaults, redirects by origin, cookies, waits the server asked for.

use wxflow::sandbox::Fault;

use wxflow::http::{Delivery, TransportErrorKind};

use crate::harness::{Scripted, Setup, json, run};

#[test]
fn paths_are_appended_and_holes_are_one_segment() {
    let ran = run(r#"
defaults: { base_url: "http://sandbox.test/" }
vars: { part: "a/b c?d", whole: "http://sandbox.test/_wxflow/echo" }
steps:
  - request: "GET /_wxflow/echo?q={{ part }}"
    query: { r: "ö & ü" }
  - request: "GET {{ whole }}"
  - request: "GET /_wxflow/status/{{ 200 }}"
"#)
    .passed();
    let urls: Vec<_> = ran.sent.iter().map(|r| r.url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "http://sandbox.test/_wxflow/echo?q=a%2Fb%20c%3Fd&r=%C3%B6%20%26%20%C3%BC",
            "http://sandbox.test/_wxflow/echo",
            "http://sandbox.test/_wxflow/status/200",
        ]
    );
}

#[test]
fn a_rendered_url_holds_no_credentials_and_no_fragment() {
    for url in ["http://user:pass@a.test", "http://a.test@b.test"] {
        let ran =
            run(&format!("vars: {{ u: \"{url}\" }}\nsteps:\n  - request: \"GET {{{{ u }}}}/_wxflow/echo\"\n")).failed();
        assert!(ran.sent.is_empty());
        assert!(ran.wrong()[0].starts_with("the URL has a user name or a password"), "{:?}", ran.wrong());
    }
    let ran = run("steps:\n  - request: \"GET http://a.test/_wxflow/echo?{{ 'b#c' | safe }}\"\n").failed();
    assert!(ran.sent.is_empty() && ran.wrong()[0].ends_with("has a fragment"), "{:?}", ran.wrong());
}

#[test]
fn default_credentials_stay_at_the_base_urls_origin() {
    let ran = Setup { inputs: vec![("token", "s3cret-token-value".into(), true)], ..Setup::default() }
        .run(
            r#"
inputs: { token: { secret: true } }
defaults:
  base_url: http://sandbox.test
  auth: { bearer: "{{ token }}" }
  headers: { X-Plain: yes, X-Key: "{{ token }}" }
  query: { plain: 1, key: "{{ token }}" }
steps:
  - request: GET /_wxflow/echo
  - request: GET http://other.test/_wxflow/echo
  - request: GET /_wxflow/echo
    auth: none
"#,
        )
        .passed();
    let [home, away, none] = &ran.sent[..] else { panic!("{}", ran.sent.len()) };
    assert_eq!(home.headers["authorization"], "Bearer s3cret-token-value");
    assert_eq!(home.url.query(), Some("plain=1&key=s3cret-token-value"));
    assert!(home.headers.contains_key("x-key"));
    for request in [away, none] {
        assert!(!request.headers.contains_key("authorization"));
    }
    assert!(!away.headers.contains_key("x-key"));
    assert_eq!(away.headers["x-plain"], "yes");
    assert_eq!(away.url.query(), Some("plain=1"));
}

#[test]
fn a_redirect_to_another_origin_carries_no_credentials() {
    let ran = run(r#"
steps:
  - request: GET http://a.test/_wxflow/redirect?to=http://b.test/_wxflow/redirect%3Fto=http://a.test/_wxflow/echo
    auth: { bearer: a-long-secret-token }
    cookies: { sid: abc }
    headers: { X-Kept: 1 }
    expect:
      redirects: { length: 2 }
      url: http://a.test/_wxflow/echo
"#)
    .passed();
    let carried: Vec<_> =
        ran.sent.iter().map(|r| (r.url.host_str().unwrap(), r.headers.contains_key("authorization"))).collect();
    assert_eq!(carried, [("a.test", true), ("b.test", false), ("a.test", false)]);
    assert!(ran.sent.iter().all(|r| r.headers["x-kept"] == "1"));
    assert!(!ran.sent[1].headers.contains_key("cookie"));
}

#[test]
fn a_307_with_a_secret_body_is_not_followed_elsewhere() {
    let flow = |host: &str| {
        format!(
            r#"
inputs: {{ token: {{ secret: true }} }}
steps:
  - request: POST http://a.test/_wxflow/redirect?status=307&to=http://{host}/_wxflow/echo
    json: {{ token: "{{{{ token }}}}" }}
"#
        )
    };
    let setup = || Setup { inputs: vec![("token", "s3cret-token-value".into(), true)], ..Setup::default() };
    assert_eq!(setup().run(&flow("a.test")).passed().sent.len(), 2);
    let ran = setup().run(&flow("b.test")).failed();
    assert_eq!(ran.sent.len(), 1);
}

#[test]
fn redirects_are_counted_and_can_be_looked_at() {
    let loops = "http://a.test/_wxflow/redirect?to=/_wxflow/redirect%3Fto=/_wxflow/redirect%3Fto=/_wxflow/echo";
    let ran = run(&format!("steps:\n  - request: GET {loops}\n    redirects: 1\n")).failed();
    assert!(ran.wrong()[0].starts_with("more than 1 redirects"), "{:?}", ran.wrong());
    let ran = run(&format!("steps:\n  - request: GET {loops}\n    redirects: false\n    expect: {{ status: 302 }}\n"));
    assert_eq!(ran.passed().sent.len(), 1);
}

#[test]
fn cookies_are_kept_per_flow_and_a_steps_own_come_first() {
    let ran = run(r#"
defaults: { base_url: http://a.test/_wxflow }
steps:
  - request: GET /cookies/set?name=n1
    expect: { cookies: { name: n1 } }
  - request: GET /cookies
  - request: GET /cookies
    cookies: { name: mine, other: "1" }
  - request: GET http://b.test/_wxflow/cookies
"#)
    .passed();
    let cookie = |i: usize| ran.sent[i].headers.get("cookie").map(|v| v.to_str().unwrap().to_owned());
    assert_eq!(cookie(0), None);
    assert_eq!(cookie(1).as_deref(), Some("name=n1"));
    assert_eq!(cookie(2).as_deref(), Some("name=mine; other=1"));
    assert_eq!(cookie(3), None);
}

#[test]
fn a_429_is_waited_out_for_every_method() {
    let ran = Setup { faults: vec![Fault::RateLimit(1)], ..Setup::default() }
        .run(
            r#"
inputs: { t: { env: WEBEX_BOT_TOKEN, secret: true } }
defaults: { base_url: http://sandbox.test/v1, auth: { bearer: "{{ t }}" } }
steps:
  - request: GET /people/me
  - name: Limited
    request: POST /rooms
    json: { title: x }
    rate_limit: { max_wait: 3s }
"#,
        )
        .failed();
    // The sandbox's own clock stands still here, so the limit never opens: three waits of 1 s fit, a fourth does not.
    assert_eq!(ran.waits.iter().map(|w| w.wait_ms).collect::<Vec<_>>(), [1000, 1000, 1000]);
    assert_eq!(ran.waits[0].status, Some(429));
    assert!(ran.wrong()[0].starts_with("the server asked to wait 1 s (429)"), "{:?}", ran.wrong());
    assert_eq!(ran.step("Limited").exchanges.len(), 4);
}

#[test]
fn a_wait_that_does_not_fit_fails_at_once() {
    let ran = run("steps:\n  - request: GET http://a.test/_wxflow/status/429?retry_after=3600\n").failed();
    assert_eq!((ran.waits.len(), ran.took.as_secs()), (0, 0));
    assert_eq!(ran.wrong()[0], "the server asked to wait 3600 s (429), and 120 s of waiting are left to this step");
}

#[test]
fn rate_limits_can_be_taken_as_they_are_or_asked_for() {
    let limited = "request: GET http://a.test/_wxflow/status/429?retry_after=1";
    let ran = run(&format!("steps:\n  - {limited}\n    rate_limit: fail\n")).failed();
    assert_eq!(ran.sent.len(), 1);
    assert_eq!(run(&format!("steps:\n  - {limited}\n    expect: {{ status: 429 }}\n")).passed().sent.len(), 1);
    // Not named exactly: a class does not ask for it.
    assert_eq!(run(&format!("steps:\n  - {limited}\n    expect: {{ status: 4xx }}\n")).failed().waits.len(), 120);
}

#[test]
fn a_503_is_not_resent_for_a_post_and_not_without_retry_after() {
    let at = |method: &str, query: &str| {
        run(&format!("steps:\n  - request: {method} http://a.test/_wxflow/status/503{query}\n")).failed().waits.len()
    };
    assert_eq!(at("GET", ""), 0);
    assert_eq!(at("GET", "?retry_after=60"), 2);
    assert_eq!(at("POST", "?retry_after=60"), 0);
    assert_eq!(at("PATCH", "?retry_after=60"), 0);
    assert_eq!(at("DELETE", "?retry_after=60"), 2);
}

#[test]
fn a_kept_connection_that_closes_unanswered_is_asked_anew_but_not_for_a_post() {
    let closing = || Scripted::Error(TransportErrorKind::Interrupted, Delivery::OnClosingConnection);
    let ask = |method: &str| {
        Setup { script: Some(vec![closing(), json(200, &serde_json::json!({}))]), ..Setup::default() }
            .run(&format!("steps:\n  - request: {method} http://a.test/x\n"))
    };
    assert_eq!(ask("GET").passed().steps[0].exchanges.len(), 2);
    assert_eq!(ask("DELETE").passed().sent.len(), 2);
    assert_eq!(ask("POST").failed().sent.len(), 1);
    let twice = Setup { script: Some(vec![closing(), closing()]), ..Setup::default() };
    assert_eq!(twice.run("steps:\n  - request: GET http://a.test/x\n").failed().sent.len(), 2);
}

#[test]
fn a_path_may_hold_a_url() {
    let ran = run(r#"
inputs: { token: { default: for-home-only, secret: true } }
defaults: { base_url: http://sandbox.test/_wxflow, auth: { bearer: "{{ token }}" } }
vars: { to: https://other.test/a }
steps:
  - request: GET /echo?to=https://other.test/a
  - request: GET /echo?to={{ to | safe }}
  - request: GET /echo?to={{ to }}
"#)
    .passed();
    for sent in &ran.sent {
        assert_eq!(sent.url.host_str(), Some("sandbox.test"));
        assert_eq!(sent.headers["authorization"], "Bearer for-home-only", "it is at home");
        assert_eq!(sent.url.query_pairs().next().unwrap().1, "https://other.test/a");
    }
}
