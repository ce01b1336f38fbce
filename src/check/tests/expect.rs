//! The keys of `expect` on whole replies.

use std::time::Duration;

use serde_json::json;

use super::super::Hop;
use super::{Reply, evaluate, expect, judge, line, names, response};
use crate::source::Span;
use crate::template::Context;

/// The lines of all verdicts but the status's.
fn lines(yaml: &str, reply: &Reply<'_>) -> Vec<String> {
    evaluate(&expect(yaml), reply).iter().skip(1).map(line).collect()
}

fn one(yaml: &str, reply: &Reply<'_>) -> String {
    let mut lines = lines(yaml, reply);
    assert_eq!(lines.len(), 1, "{yaml}: {lines:?}");
    lines.remove(0)
}

#[test]
fn the_status_is_judged_also_where_nobody_wrote_it() {
    let expect_nothing = super::Expect::default();
    for (status, passed) in [(200, true), (302, true), (399, true), (400, false), (404, false), (500, false)] {
        let response = response(status, &[], "");
        let names = names();
        let request = Span::new(3, 9);
        let verdicts = expect_nothing.evaluate(
            &Reply::new(&response, "https://example.com"),
            &Context::new(&names, &names),
            request,
        );
        assert_eq!((verdicts.len(), verdicts[0].passed, verdicts[0].span), (1, passed, request), "{status}");
        assert_eq!((verdicts[0].subject.as_str(), verdicts[0].predicate.as_str()), ("status", "below 400"));
        assert_eq!(verdicts[0].actual, Some(json!(status)));
    }
    let response = response(404, &[], "");
    let verdicts = evaluate(&expect_nothing, &Reply::new(&response, "https://example.com"));
    assert_eq!(line(&verdicts[0]), "failed: the server answered 404 Not Found, which `expect.status` does not ask for");
}

#[test]
fn statuses_are_accepted_by_code_class_list_any_and_template() {
    let names = names();
    let context = Context::new(&names, &names);
    for (rule, status, accepted, exactly) in [
        ("200", 200, true, true),
        ("200", 201, false, false),
        ("2xx", 204, true, false),
        ("4xx", 429, true, false),
        ("[200, 4xx]", 404, true, false),
        ("[200, 429]", 429, true, true),
        ("any", 500, true, false),
        ("\"{{ status }}\"", 404, true, true),
        ("\"{{ status }}\"", 200, false, false),
        ("\"{{ text_status }}\"", 204, true, false),
        ("[500, \"{{ status }}\"]", 404, true, true),
    ] {
        let expect = expect(&format!("status: {rule}"));
        assert_eq!(expect.status_accepts(status, &context), Ok(accepted), "{rule} {status}");
        assert_eq!(expect.names_exactly(status, &context), Ok(exactly), "{rule} {status}");
    }
    let left_out = expect("body: { exists: true }");
    assert_eq!(left_out.status_accepts(399, &context), Ok(true));
    assert_eq!(left_out.status_accepts(429, &context), Ok(false));
    assert_eq!(left_out.names_exactly(200, &context), Ok(false));
    let wrong = expect("status: \"{{ word }}\"").status_accepts(200, &context).unwrap_err();
    assert!(wrong.message.starts_with("`status` came out as \"Stève\", which is no status"), "{wrong}");
}

#[test]
fn until_takes_the_status_of_expect_only_where_it_has_none() {
    let names = names();
    let context = Context::new(&names, &names);
    let asked = expect("status: 404");
    let until = expect("body: done").with_status_of(&asked);
    assert_eq!(until.names_exactly(404, &context), Ok(true));
    let until = expect("status: 200\nbody: done").with_status_of(&asked);
    assert_eq!(until.status_accepts(404, &context), Ok(false));
}

#[test]
fn a_wrong_status_says_what_came() {
    let response = response(503, &[], "");
    let reply = Reply::new(&response, "https://example.com");
    let verdict = evaluate(&expect("status: [200, 4xx]"), &reply).remove(0);
    assert_eq!(line(&verdict), "failed: the server answered 503 Service Unavailable");
    assert_eq!((verdict.predicate.as_str(), verdict.expected), ("is one of", Some(json!([200, "4xx"]))));
    let verdict = evaluate(&expect("status: \"{{ nowhere }}\""), &reply).remove(0);
    assert!(verdict.broken && !verdict.passed, "{:?}", verdict.message);
}

#[test]
fn headers() {
    let headers = [
        ("content-type", "application/json"),
        ("x-remaining", "42"),
        ("vary", "Accept"),
        ("vary", "Origin"),
        ("set-cookie", "sid=abc; Path=/; Secure"),
        ("set-cookie", "lang=en, us"),
    ];
    let response = response(200, &headers, "");
    let reply = Reply::new(&response, "https://example.com");
    for (yaml, expected) in [
        ("Content-Type: application/json", "passed"),
        ("CONTENT-TYPE: { starts_with: application/ }", "passed"),
        ("content-type: text/html", "failed"),
        ("vary: Accept, Origin", "passed"),
        ("x-remaining: 42", "passed"),
        ("x-remaining: \"42\"", "passed"),
        ("x-remaining: { gt: 9 }", "passed"),
        ("x-remaining: { gt: \"9\" }", "passed"),
        ("x-remaining: { in: [41, 42] }", "passed"),
        ("x-remaining: { not: 42 }", "failed"),
        ("x-remaining: { lt: 9 }", "failed"),
        ("x-remaining: { type: string }", "passed"),
        (
            "content-type: { lt: 9 }",
            "pending: `lt` compares numbers, durations or instants; `header content-type` is text, compared with a number",
        ),
        ("x-missing: { exists: false }", "passed"),
        ("x-missing: a", "pending: the reply has no header `x-missing`"),
        (
            "x-missing: { not: a }",
            "pending: the reply has no header `x-missing`; if that is right, write `exists: false`",
        ),
        ("set-cookie: { length: 2 }", "passed"),
        ("set-cookie: { any: { starts_with: lang= } }", "passed"),
        (
            "set-cookie: { all: { contains: Secure } }",
            "failed: item 2 of `header set-cookie` is \"lang=en, us\", wanted: contains \"Secure\"",
        ),
    ] {
        assert_eq!(one(&format!("headers:\n  {yaml}\n"), &reply), expected, "{yaml}");
    }
    let none = super::response(200, &[], "");
    let reply = Reply::new(&none, "https://example.com");
    assert_eq!(one("headers: { set-cookie: { exists: false } }", &reply), "passed");
    assert_eq!(one("headers: { set-cookie: { none: a } }", &reply), "pending: the reply has no header `set-cookie`");
}

#[test]
fn cookies_body_digest_and_url() {
    let headers =
        [("set-cookie", "sid=old"), ("set-cookie", "sid=abc; Path=/; Secure"), ("set-cookie", "empty=; Max-Age=0")];
    let response = response(200, &headers, "hello");
    let reply = Reply::new(&response, "https://example.com/a?b=c");
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    for (yaml, expected) in [
        ("cookies: { sid: abc }".to_owned(), "passed"),
        ("cookies: { empty: \"\" }".to_owned(), "passed"),
        ("cookies: { SID: abc }".to_owned(), "pending: the reply sets no cookie `SID`"),
        ("cookies: { gone: { exists: false } }".to_owned(), "passed"),
        ("body: hello".to_owned(), "passed"),
        ("body: { contains: ell, length: 5 }".to_owned(), "passed passed"),
        ("body: { matches: '^h.*o$' }".to_owned(), "passed"),
        ("body: { empty: true }".to_owned(), "failed: it has 5 characters"),
        (format!("sha256: {digest}"), "passed"),
        (format!("sha256: {{ not: {digest} }}"), "failed"),
        (format!("sha256: {}", "f".repeat(64)), "failed"),
        ("url: https://example.com/a?b=c".to_owned(), "passed"),
        ("url: { ends_with: /login }".to_owned(), "failed"),
    ] {
        assert_eq!(lines(&yaml, &reply).join(" "), expected, "{yaml}");
    }
}

#[test]
fn duration_and_redirects() {
    let response = response(200, &[], "");
    let hops = [Hop { status: 302, url: "https://a/".to_owned(), location: "https://b/".to_owned() }];
    let mut reply = Reply::new(&response, "https://b/");
    reply.duration = Duration::from_micros(812_500);
    reply.redirects = &hops;
    for (yaml, expected) in [
        ("duration: { lt: 2s }", "passed"),
        ("duration: { le: 812.5ms }", "passed"),
        ("duration: { lt: 812.5ms }", "failed"),
        ("duration: { not: { gt: 1s } }", "passed"),
        ("duration: { lt: \"{{ five }}\" }", "broken: `5` is not a duration: add a unit: `5s` or `5ms`"),
        ("redirects: { length: 1 }", "passed"),
        ("redirects: { empty: true }", "failed: it has 1 entries"),
        ("redirects: { any: { like: { location: https://b/ } } }", "passed"),
    ] {
        assert_eq!(one(yaml, &reply), expected, "{yaml}");
    }
    let verdict = evaluate(&expect("duration: { lt: 500ms }"), &reply).remove(1);
    assert_eq!((verdict.expected, verdict.actual), (Some(json!("500ms")), Some(json!("812.5ms"))));
    let direct = Reply::new(&response, "https://b/");
    assert_eq!(one("redirects: []", &direct), "passed", "no redirect is an empty list, not a missing one");
}

#[test]
fn a_body_that_is_not_json_fails_each_json_assertion_once() {
    let html = response(502, &[("content-type", "text/html")], "<html>\n<body>Bad gateway</body>");
    let reply = Reply::new(&html, "https://example.com");
    let why =
        "pending: the body is not JSON: expected value at line 1, column 1; it is text/html and begins with `<html>…`";
    let yaml = "status: any\njson: { $.a: { exists: false }, $.b: { gt: 1, lt: 3 } }\nschema: { type: object }\n";
    assert_eq!(lines(yaml, &reply), [why, why, why]);
    let empty = response(204, &[], "");
    assert_eq!(
        one("json: { $.a: 1 }", &Reply::new(&empty, "https://example.com")),
        "pending: the body is empty, so there is no JSON in it (status 204)"
    );
}

#[test]
fn json_is_read_whatever_the_content_type() {
    let plain = response(200, &[("content-type", "text/plain")], "{\"a\": 1}");
    assert_eq!(one("json: { $.a: 1 }", &Reply::new(&plain, "https://example.com")), "passed");
}

#[test]
fn that_shows_the_values_in_it() {
    let body = json!({});
    let that = |text: &str| {
        let verdict = judge(&format!("that: {text}"), &body).remove(1);
        (line(&verdict), verdict.subject)
    };
    assert_eq!(that("response.status == 200").0, "passed");
    let (line, subject) = that("response.status == 404 and five > 1");
    assert_eq!(
        (line.as_str(), subject.as_str()),
        ("failed: response.status is 200, five is 5", "response.status == 404 and five > 1")
    );
    assert_eq!(that("secret == 'x'").0, "failed: secret is ***");
    let (line, _) = that("response.json.m > 1");
    assert_eq!(line, "pending: `response.json` has no `m`: it has n");
    let (line, _) = that("five");
    assert!(line.starts_with("pending: the expression must give a boolean"), "{line}");
    let verdicts = judge("that: [five == 5, five == 6, no]", &body);
    let passed: Vec<_> = verdicts.iter().skip(1).map(|v| v.passed).collect();
    assert_eq!(passed, [true, false, false]);
}

#[test]
fn every_assertion_is_judged_in_the_order_of_the_file() {
    let verdicts =
        judge("json: { $.a: 1, $.b: 2 }\nbody: { contains: zzz }\nstatus: 201\nthat: five == 6\n", &json!({"b": 3}));
    let subjects: Vec<_> = verdicts.iter().map(|v| v.subject.as_str()).collect();
    assert_eq!(subjects, ["status", "$.a", "$.b", "body", "five == 6"]);
    assert!(verdicts.iter().all(|v| !v.passed), "{verdicts:?}");
}

#[test]
fn a_secret_operand_is_never_shown() {
    for yaml in ["json: { $.v: \"{{ secret }}\" }", "json: { $.v: { all: { eq: \"{{ secret }}\" } } }"] {
        let verdict = judge(yaml, &json!({"v": ["other"]})).remove(1);
        let shown = format!("{:?} {:?}", verdict.expected, verdict.message);
        assert!(!verdict.passed && !shown.contains("hunter2") && shown.contains("***"), "{shown}");
    }
    let verdict = judge("json: { $.v: \"{{ secret }}\" }", &json!({"v": "hunter2"})).remove(1);
    assert!(verdict.passed);
    assert_eq!((verdict.expected, verdict.actual), (Some(json!("***")), Some(json!("***"))));
}

#[test]
fn a_large_document_is_not_copied_into_a_verdict() {
    let body = json!({ "items": vec![json!({"id": "x".repeat(100)}); 5_000] });
    for yaml in ["json: { $.items: [] }", "json: { \"$.items[*].id\": [] }", "json: { $: 5 }"] {
        let verdict = judge(yaml, &body).remove(1);
        let actual = verdict.actual.and_then(|v| v.as_str().map(str::len));
        assert!(actual.is_some_and(|n| n <= (64 << 10) + 3), "{yaml} {actual:?}");
    }
    let verdict = judge("json: { $.items: { length: 5000 } }", &body).remove(1);
    assert_eq!((verdict.passed, verdict.actual), (true, None));
}

#[test]
fn names_are_visited() {
    let expect = expect(
        "status: \"{{ a }}\"\njson: { $.v: { not: { in: [\"{{ b }}\", 1] } } }\nheaders: { x-a: \"{{ c }}\" }\nthat: d.e == 1\n",
    );
    let mut seen = Vec::new();
    expect.names(&mut |name| seen.push(name.path.join(".")));
    assert_eq!(seen, ["a", "b", "c", "d.e"]);
}
