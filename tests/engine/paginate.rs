//! `paginate`: every page, once, from one origin, in one list.

use serde_json::{Value, json as value};
use wxflow::event::Reason;

use crate::harness::{Ran, Scripted, Setup, json, run};

/// A page with a `Link` header.
fn page(items: &Value, link: &str) -> Scripted {
    let body = value!({ "items": items, "page": items[0] }).to_string();
    let lines = if link.is_empty() { vec![] } else { vec![("link", link.to_owned())] };
    Scripted::Reply(200, lines, body)
}

fn paged(settings: &str, rest: &str, script: Vec<Scripted>) -> Ran {
    let flow = format!(
        "inputs: {{ token: {{ secret: true }} }}\nsteps:\n  - request: GET http://a.test/v1/list?max=2\n    \
         auth: {{ bearer: \"{{{{ token }}}}\" }}\n    paginate: {settings}\n    {rest}\n"
    );
    let inputs = vec![("token", "s3cret-token-value".into(), true)];
    Setup { script: Some(script), inputs, ..Setup::default() }.run(&flow)
}

const ITEMS: &str = "{ items: $.items }";
const BODY: &str = "{ items: $.items, next: $.links.next }";

fn urls(ran: &Ran) -> Vec<&str> {
    ran.sent.iter().map(|r| r.url.as_str()).collect()
}

#[test]
fn link_headers_are_followed_and_the_lists_joined() {
    let script = vec![
        page(&value!([1, 2]), "<http://a.test/v1/list?max=2&c=b>; rel=\"next\""),
        page(&value!([3, 4]), "</v1/list?c=a>; rel=prev, <list?c=c>; rel=\"last next\""),
        page(&value!([5]), "</v1/list?c=b>; rel=\"prev\""),
    ];
    let rest = "capture: { all: $.items, page: $.page, n: \"{{ response.attempts }}\", json: \"{{ response.json.items | length }}\" }\n    expect: { json: { $.items: { length: 5 } } }";
    let ran = paged(ITEMS, rest, script).passed();
    assert_eq!(
        urls(&ran),
        ["http://a.test/v1/list?max=2", "http://a.test/v1/list?max=2&c=b", "http://a.test/v1/list?c=c"]
    );
    assert_eq!(ran.captured("all"), value!([1, 2, 3, 4, 5]));
    assert_eq!(ran.captured("page"), 1, "the rest is the first page's");
    assert_eq!((ran.captured("n"), ran.captured("json")), (3.into(), 5.into()));
    assert!(ran.sent.iter().all(|r| r.headers["authorization"] == "Bearer s3cret-token-value"));
    let because: Vec<_> = ran.steps[0].exchanges.iter().map(|e| e.because).collect();
    assert_eq!(because, [Reason::Step, Reason::Page, Reason::Page]);
}

#[test]
fn several_link_lines_are_all_read() {
    let lines = vec![("link", "</p>; rel=prev".to_owned()), ("link", "</v1/b>; rel=next".to_owned())];
    let script = vec![Scripted::Reply(200, lines, "{\"items\": []}".to_owned()), page(&value!([1]), "")];
    let ran = paged(ITEMS, "capture: { all: $.items }", script).passed();
    assert_eq!(ran.captured("all"), value!([1]), "an empty page may have a next one");
}

#[test]
fn next_is_read_from_the_body_and_then_the_header_does_not_count() {
    let body = |items: Value, next: Value| {
        let lines = vec![("link", "</elsewhere>; rel=next".to_owned())];
        Scripted::Reply(200, lines, value!({"items": items, "links": {"next": next}}).to_string())
    };
    for end in [Value::Null, "".into()] {
        let script = vec![body(value!([1]), "/v1/list?p=2".into()), body(value!([2]), end)];
        let ran = paged(BODY, "capture: { all: $.items }", script).passed();
        assert_eq!(ran.captured("all"), value!([1, 2]));
        assert_eq!(urls(&ran)[1], "http://a.test/v1/list?p=2");
    }
    let script = vec![body(value!([1]), "?p=2".into()), json(200, &value!({"items": []}))];
    assert_eq!(urls(&paged(BODY, "", script).passed())[1], "http://a.test/v1/list?p=2");
    let ran = paged(BODY, "", vec![body(value!([1]), value!({"href": "/b"}))]).failed();
    assert_eq!(ran.wrong(), ["`$.links.next` in page 1 is no URL: its type is `object`"]);
}

#[test]
fn the_list_may_be_the_whole_body_or_deep_inside() {
    let lines = || vec![("link", "</b>; rel=next".to_owned())];
    let script = vec![Scripted::Reply(200, lines(), "[1]".to_owned()), Scripted::Reply(200, vec![], "[2]".to_owned())];
    let ran = paged("{ items: $ }", "capture: { all: $ }", script).passed();
    assert_eq!(ran.captured("all"), value!([1, 2]));
    let deep = |n: u32| value!({"data": [{"the list": [n]}]}).to_string();
    let script = vec![Scripted::Reply(200, lines(), deep(1)), Scripted::Reply(200, vec![], deep(2))];
    let ran = paged("{ items: \"$.data[0]['the list']\" }", "capture: { all: \"$.data[0]['the list']\" }", script);
    assert_eq!(ran.passed().captured("all"), value!([1, 2]));
}

#[test]
fn another_origin_is_refused_with_both_named() {
    for (link, to) in [
        ("http://b.test/list", "http://b.test"),
        ("//b.test/list", "http://b.test"),
        ("https://a.test/list", "https://a.test"),
        ("http://a.test:8080/list", "http://a.test:8080"),
        ("mailto:x@a.test", "mailto:x@a.test"),
    ] {
        let ran = paged(ITEMS, "", vec![page(&value!([1]), &format!("<{link}>; rel=next"))]).failed();
        let message = format!("the next page is on another origin, {to}, and this request goes to http://a.test");
        assert_eq!(ran.wrong(), [message]);
        assert_eq!(ran.sent.len(), 1);
    }
}

#[test]
fn circles_are_caught() {
    let script = vec![page(&value!([1]), "</b>; rel=next"), page(&value!([2]), "</v1/list?max=2#x>; rel=next")];
    let ran = paged(ITEMS, "", script).failed();
    let wrong = "page 2 leads to http://a.test/v1/list?max=2, which was fetched already: the pages go round in circles";
    assert_eq!(ran.wrong(), [wrong]);
    assert_eq!(ran.sent.len(), 2);
}

#[test]
fn stopping_with_more_to_come_is_a_failure() {
    let script = || vec![page(&value!([1]), "</b>; rel=next"), page(&value!([2]), "</c>; rel=next")];
    let ran = paged("{ items: $.items, max_pages: 2 }", "capture: { all: $.items }", script()).failed();
    assert_eq!(ran.wrong(), ["there is more to come after 2 pages"]);
    assert!(ran.steps[0].captures.is_empty());
    let mut whole = script();
    whole[1] = page(&value!([2]), "");
    let _ = paged("{ items: $.items, max_pages: 2 }", "", whole).passed();
    let many = (0..50).map(|n| page(&value!([n]), &format!("</{n}>; rel=next"))).collect();
    assert_eq!(paged(ITEMS, "", many).failed().wrong(), ["there is more to come after 50 pages"]);
}

#[test]
fn a_page_that_is_not_accepted_fails() {
    let script = vec![page(&value!([1]), "</b>; rel=next"), json(404, &value!({}))];
    let ran = paged(ITEMS, "", script).failed();
    assert_eq!(ran.wrong(), ["page 2 was answered with 404 Not Found, which `expect.status` does not ask for"]);
    let script = vec![page(&value!([1]), "</b>; rel=next"), page(&value!([2]), "")];
    let _ = paged(ITEMS, "expect: { status: 200 }", script).passed();
    // The first page is a reply like any other.
    let ran = paged(ITEMS, "", vec![json(403, &value!({}))]).failed();
    assert!(ran.wrong()[0].contains("the server answered 403"), "{:?}", ran.wrong());
}

#[test]
fn a_page_without_the_list_fails() {
    let one = |body: &str| paged(ITEMS, "", vec![Scripted::Reply(200, vec![], body.to_owned())]).failed().wrong();
    assert_eq!(one("{}"), ["page 1 has nothing at `$.items`"]);
    assert_eq!(one("{\"items\": {}}"), ["`$.items` in page 1 is no list: its type is `object`"]);
    assert_eq!(one("{\"items\": null}"), ["`$.items` in page 1 is no list: its type is `null`"]);
    assert!(one("<html>")[0].starts_with("page 1 is not JSON: "));
    let script = vec![page(&value!([1]), "</b>; rel=next"), Scripted::Reply(204, vec![], String::new())];
    assert!(paged(ITEMS, "", script).failed().wrong()[0].starts_with("page 2 is not JSON: the body is empty"));
}

#[test]
fn pages_share_retry_rate_limit_and_max_wait() {
    let limited = || Scripted::Reply(429, vec![("retry-after", "4".to_owned())], String::new());
    let script = vec![
        limited(),
        page(&value!([1]), "</b>; rel=next"),
        json(502, &value!({})),
        page(&value!([2]), "</c>; rel=next"),
        limited(),
    ];
    let ran = paged(ITEMS, "retry: {}\n    rate_limit: { max_wait: 6s }", script).failed();
    assert_eq!(ran.wrong(), ["the server asked to wait 4 s (429), and 2 s of waiting are left to this step"]);
    let reasons: Vec<_> = ran.waits.iter().map(|w| (w.reason, w.attempt)).collect();
    assert_eq!(reasons, [(Reason::RateLimit, 2), (Reason::Retry, 4)]);
}

#[test]
fn the_sandboxs_pages_are_joined_both_ways() {
    for next in ["", ", next: $.links.next"] {
        let ran = run(&format!(
            "steps:\n  - request: GET http://sandbox.test/v1/_wxflow/items?total=7&max=3\n    \
             paginate: {{ items: $.items{next} }}\n    expect: {{ json: {{ \"$.items[*].number\": [1, 2, 3, 4, 5, 6, 7] }} }}\n"
        ))
        .passed();
        assert_eq!(ran.sent.len(), 3);
    }
}
