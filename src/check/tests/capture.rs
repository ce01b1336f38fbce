//! Every source of a capture: found, not found, wrong.

use serde_json::{Value, json};

use super::{Capture, Reply, captures, names, response};
use crate::http::Response;
use crate::template::Context;

fn reply() -> Response {
    let headers = [("x-id", "7"), ("vary", "a"), ("vary", "b"), ("set-cookie", "sid=abc; Path=/")];
    let body = json!({"id": 5, "null": null, "items": [{"n": 1}, {"n": 2}], "text": "order-42 done"});
    response(201, &headers, body.to_string())
}

fn one(source: &str) -> Capture {
    let (mut list, messages) = captures(&format!("x: {source}\n"));
    assert_eq!(messages, Vec::<String>::new(), "{source}");
    list.remove(0).2
}

/// The value, or the message.
fn of(source: &str, response: &Response) -> Result<Value, String> {
    let names = names();
    let reply = Reply::new(response, "https://example.com/end");
    let captured = one(source).evaluate(&reply, &Context::new(&names, &names));
    captured.map(|c| c.value).map_err(|error| error.message)
}

#[test]
fn sources_that_find() {
    for (source, value) in [
        ("$.id", json!(5)),
        ("$.null", json!(null)),
        ("$.items[*].n", json!([1, 2])),
        ("\"{{ five }}\"", json!(5)),
        ("\"n{{ five }}\"", json!("n5")),
        ("{ json: $.id }", json!(5)),
        ("{ json: $.id, default: 6 }", json!(5)),
        ("{ header: X-Id }", json!("7")),
        ("{ header: vary }", json!("a, b")),
        ("{ header: set-cookie }", json!(["sid=abc; Path=/"])),
        ("{ cookie: sid }", json!("abc")),
        ("{ regex: 'order-(\\d+)' }", json!("42")),
        ("{ regex: 'order-\\d+' }", json!("order-42")),
        ("{ value: \"{{ items }}\" }", json!([1, 2])),
        ("{ value: [\"{{ five }}\", a] }", json!([5, "a"])),
        ("{ status: true }", json!(201)),
        ("{ url: true }", json!("https://example.com/end")),
        ("{ json: $.none, default: \"{{ five }}\" }", json!(5)),
        ("{ json: $.none, default: null }", json!(null)),
        ("{ json: \"$.none[*]\", default: [] }", json!([])),
        ("{ header: x-none, default: a }", json!("a")),
        ("{ cookie: none, default: a }", json!("a")),
        ("{ regex: zzz, default: a }", json!("a")),
        ("{ value: \"{{ word | regex_find('z') }}\", default: a }", json!("a")),
    ] {
        assert_eq!(of(source, &reply()), Ok(value), "{source}");
    }
    assert_eq!(of("{ body: true }", &response(200, &[], "hi")), Ok(json!("hi")));
}

#[test]
fn sources_that_find_nothing_fail() {
    for (source, message) in [
        ("$.none", "`$.none` finds nothing in the body: the body has id, null, items, text"),
        ("$.items[*].none", "`$.items[*].none` finds nothing in the body"),
        ("{ header: x-none }", "the reply has no header `x-none`"),
        ("{ header: set-cookie2 }", "the reply has no header `set-cookie2`"),
        ("{ cookie: none }", "the reply sets no cookie `none`"),
        ("{ regex: 'zz+' }", "the body has nothing that matches `zz+`"),
        ("{ regex: 'order(x)?' }", "the body has nothing that matches `order(x)?`"),
        ("\"{{ nowhere }}\"", "`nowhere` is not bound"),
        ("\"{{ omit }}\"", "`omit` cannot stand here: there is nothing it could leave out"),
    ] {
        assert_eq!(of(source, &reply()), Err(message.to_owned()), "{source}");
    }
}

#[test]
fn a_body_that_is_no_json_is_not_a_value_that_is_missing() {
    let html = response(200, &[("content-type", "text/html")], "<p>");
    let message = of("{ json: $.id, default: 6 }", &html).unwrap_err();
    assert!(message.starts_with("the body is not JSON"), "{message}");
    let empty = response(204, &[], "");
    assert_eq!(of("{ json: $.id, default: 6 }", &empty), Ok(json!(6)));
    let message = of("$.id", &empty).unwrap_err();
    assert!(message.starts_with("`$.id` finds nothing: the body is empty"), "{message}");
}

#[test]
fn a_template_that_is_wrong_is_not_covered_by_the_default() {
    assert!(of("{ value: \"{{ five + word }}\", default: 6 }", &reply()).is_err());
}

#[test]
fn secrets_are_marked_and_not_shown() {
    let names = names();
    let response = reply();
    let reply = Reply::new(&response, "https://example.com");
    for (source, secret) in [
        ("{ json: $.id, secret: true }", true),
        ("{ json: $.id, secret: false }", false),
        ("$.id", false),
        ("\"{{ secret }}\"", true),
        ("{ json: $.none, default: \"{{ secret }}\" }", true),
    ] {
        let captured = one(source).evaluate(&reply, &Context::new(&names, &names)).unwrap();
        assert_eq!(captured.secret, secret, "{source}");
        assert!(!format!("{captured:?}").contains("hunter2"));
    }
}

#[test]
fn order_and_places_are_kept() {
    let (list, messages) = captures("b: $.b\na: { json: $.a }\n");
    assert!(messages.is_empty());
    let found: Vec<_> = list.iter().map(|(name, span, _)| (name.as_str(), span.start)).collect();
    assert_eq!(found, [("b", 0), ("a", 7)]);
}

#[test]
fn mistakes() {
    for (source, message) in [
        (
            "id",
            "1:4 invalid-value: `id` captures nothing: it is neither a JSONPath nor a template | write the JSONPath `$.id`, or the template \"{{ id }}\"; a constant belongs into `set`",
        ),
        (
            ".id",
            "1:4 invalid-value: `.id` captures nothing: it is neither a JSONPath nor a template | a JSONPath begins with `$`: write `$.id`",
        ),
        (
            "5",
            "1:4 invalid-value: `5` captures nothing: it is neither a JSONPath nor a template | write the JSONPath `$.5`, or the template \"{{ 5 }}\"; a constant belongs into `set`",
        ),
        (
            "[a]",
            "1:4 wrong-type: a capture must be a JSONPath, a template or a mapping, not a list | write a JSONPath, a template or a mapping",
        ),
        (
            "{ secret: true }",
            "1:6 missing-key: this capture has no source | add one of `json`, `xpath`, `header`, `cookie`, `regex`, `value`, `body`, `status`, `url`",
        ),
        ("{ jsn: $.id }", "1:6 unknown-key: a capture has no key `jsn` | did you mean `json`?"),
        (
            "{ json: $.id, header: a }",
            "1:18 conflicting-keys: `json` and `header` cannot stand together in a capture | keep one of `json`, `xpath`, `header`, `cookie`, `regex`, `value`, `body`, `status` or `url`",
        ),
        (
            "{ body: false }",
            "1:12 invalid-value: `body: false` captures nothing | write `body: true`, or leave the capture out",
        ),
        (
            "{ status: yes }",
            "1:14 wrong-type: `status` must be true or false, not text | write `true` or `false`, without quotes",
        ),
        (
            "{ xpath: //a/! }",
            "1:17 invalid-xpath: `//a/!` is not an XPath: expected '=' after '!' | an XPath looks like `//item[@id = '1']/name` or `count(//item)` (1.0)",
        ),
        (
            "{ header: 'a b' }",
            "1:14 invalid-header: `a b` cannot be a header's name | a header's name is letters, digits and `-`, without the colon",
        ),
        ("{ json: id }", "1:12 invalid-jsonpath: `id` is not a JSONPath: a JSONPath begins with `$` | write `$.id`"),
        (
            "{ json: $.id, secret: 1 }",
            "1:26 wrong-type: `secret` must be true or false, not a number | write `true` or `false`, without quotes",
        ),
    ] {
        assert_eq!(captures(&format!("x: {source}\n")).1, [message], "{source}");
    }
    assert!(captures("x: { regex: '(' }\n").1[0].starts_with("1:14 invalid-regex: "));
    assert!(captures("x: \"{{ a b }}\"\n").1[0].contains("template-syntax"));
    assert_eq!(captures("{}\n").1, ["1:1 invalid-value: `capture` is empty | leave it out, or write `name: $.path`"]);
}
