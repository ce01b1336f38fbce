//! Mistakes in `expect`, found before anything is sent, each with its place and a way out.

use super::{expect_problem, expect_problems};

/// The message of a wrong predicate on `$.v`, without its place and code.
fn predicate(text: &str) -> String {
    said(&expect_problem(&format!("json: {{ $.v: {text} }}\n")))
}

fn said(message: &str) -> String {
    message.split_once(": ").map_or(message, |(_, said)| said).to_owned()
}

#[test]
fn unknown_operators() {
    assert_eq!(
        expect_problem("json:\n  $.v: { grater: 1 }\n"),
        "2:10 unknown-operator: `grater` is not an operator | to compare with a mapping write `eq: { … }`, or `like: { … }` where more keys are allowed"
    );
    assert_eq!(
        predicate("{ contain: a }"),
        "`contain` is not an operator | did you mean `contains`? To compare with a mapping write `eq: { … }`"
    );
    assert_eq!(
        predicate("{ greaterThan: 1 }"),
        "`greaterThan` is not an operator | to compare with a mapping write `eq: { … }`, or `like: { … }` where more keys are allowed"
    );
    assert_eq!(
        predicate("{ \">=\": 1 }"),
        "`>=` is not an operator | did you mean `ge`? To compare with a mapping write `eq: { … }`"
    );
    let data = "{ name: a, id: b, kind: c }";
    assert_eq!(
        predicate(data),
        "`name` is not an operator | to compare with a mapping write `eq: { … }`, or `like: { … }` where more keys are allowed",
        "a mapping of data is one mistake, not three"
    );
    assert_eq!(
        predicate("{}"),
        "this predicate has no operator, so it would always hold | to compare with an empty mapping write `eq: {}`"
    );
}

#[test]
fn operands_that_can_never_be_right() {
    let order = "| write a number, a duration like `2s`, or an instant like `2026-11-21T04:00:00Z`";
    for (text, message) in [
        ("{ type: strnig }", "`strnig` is not a type | did you mean `string`?".to_owned()),
        ("{ type: array }", "`array` is not a type | did you mean `list`?".to_owned()),
        (
            "{ type: 5 }",
            "a number is not a type | a type is one of `string`, `integer`, `number`, `boolean`, `null`, `list`, `object`"
                .to_owned(),
        ),
        ("{ length: abc }", "a length is a whole number, not text | write `length: 3` or `length: { ge: 1 }`".to_owned()),
        ("{ length: 1.5 }", "a length is a whole number, not 1.5 | write `length: 3` or `length: { ge: 1 }`".to_owned()),
        ("{ length: { gt: -1 } }", "a length is a whole number, not -1 | write `length: 3` or `length: { ge: 1 }`".to_owned()),
        (
            "{ length: { contains: a } }",
            "`contains` does not go with a length | a length is a number: write `length: 3` or `length: { ge: 1 }`".to_owned(),
        ),
        ("{ in: 5 }", "`in` takes a list, not a number | write `in: [5]`, or `eq`".to_owned()),
        ("{ in: { a: 1 } }", "`in` takes a list, not an object | write a list: [a, b]".to_owned()),
        ("{ in: [] }", "nothing is in an empty list | list the values that are right".to_owned()),
        ("{ lt: {} }", format!("`lt` compares numbers, durations or instants, not an object {order}")),
        ("{ lt: true }", format!("`lt` compares numbers, durations or instants, not a boolean {order}")),
        ("{ ge: [1] }", format!("`ge` compares numbers, durations or instants, not a list {order}")),
        (
            "{ lt: \"5\" }",
            "`lt` cannot order by \"5\": it is no number, duration or RFC 3339 instant | write 5 without quotes".to_owned(),
        ),
        (
            "{ lt: soon }",
            format!("`lt` cannot order by \"soon\": it is no number, duration or RFC 3339 instant {order}"),
        ),
        ("{ starts_with: 5 }", "`starts_with` takes text, not a number | quote it: \"5\"".to_owned()),
        ("{ ends_with: [a] }", "`ends_with` takes text, not a list | write a text".to_owned()),
        (
            "{ starts_with: \"\" }",
            "`starts_with` with an empty text always holds | to want a text that is not empty, write `empty: false`".to_owned(),
        ),
        ("{ exists: yes }", "`exists` takes true or false, not text | write `exists: true`".to_owned()),
        ("{ empty: 0 }", "`empty` takes true or false, not a number | write `empty: true`".to_owned()),
        ("{ exists: false, eq: 1 }", "`exists: false` cannot hold together with another operator | keep one of the two".to_owned()),
        ("{ not: { in: 5 } }", "`in` takes a list, not a number | write `in: [5]`, or `eq`".to_owned()),
        ("{ all: { type: text } }", "`text` is not a type | did you mean `string`?".to_owned()),
    ] {
        assert_eq!(predicate(text), message, "{text}");
    }
}

#[test]
fn a_list_path_never_equals_a_scalar() {
    let list = |predicate: &str| said(&expect_problem(&format!("json:\n  $.items[*].id: {predicate}\n")));
    assert_eq!(
        list("5"),
        "this gives a list, which never equals a number | write `{ length: 5 }` for the number of items, `[5]` for this one item, or `{ any: 5 }`"
    );
    assert_eq!(
        list("a"),
        "this gives a list, which never equals text | write `[\"a\"]` for this one item, or ask the items: `{ all: \"a\" }`, `{ any: \"a\" }`"
    );
    assert_eq!(
        list("{ gt: 5 }"),
        "`gt` does not go with a list | ask its items: `{ all: { gt: … } }`, `any` or `none`"
    );
    assert_eq!(
        list("{ starts_with: a }"),
        "`starts_with` does not go with a list | ask its items: `{ all: { starts_with: … } }`, `any` or `none`"
    );
}

#[test]
fn regexes_and_paths_point_into_their_text() {
    let regex = "the syntax is Rust's `regex` (https://docs.rs/regex): no look-around, no back-references";
    assert_eq!(
        expect_problem("body: { matches: 'a[b' }\n"),
        format!("1:20 invalid-regex: this is not a regular expression: unclosed character class | {regex}")
    );
    assert_eq!(
        expect_problem("body: { matches: 'é(?=b)' }\n"),
        format!(
            "1:20 invalid-regex: this is not a regular expression: look-around, including look-ahead and look-behind, is not supported | {regex}"
        )
    );
    assert_eq!(
        expect_problem("body: { matches: 'a{{ x }}' }\n"),
        "1:20 template-misplaced: a regular expression cannot hold a template: it is read before anything is sent | compare with `contains`, `starts_with` or `ends_with`, which take templates"
    );
    assert_eq!(
        expect_problem("body: { matches: '' }\n"),
        "1:18 invalid-value: `matches` with an empty pattern always holds | to want a text that is not empty, write `empty: false`"
    );
    assert!(
        expect_problem("json: { $.a.: 1 }\n").starts_with("1:13 invalid-jsonpath: `$.a.` is not a JSONPath: it ends")
    );
    assert_eq!(
        expect_problem("json: { name: Steve }\n"),
        "1:9 invalid-jsonpath: `name` is not a JSONPath: a JSONPath begins with `$` | write `$.name`"
    );
    assert_eq!(
        expect_problem("json: { '$.{{ x }}': 1 }\n"),
        "1:12 template-misplaced: a JSONPath cannot hold a template: it is read before anything is sent | filter with the template: `{{ response.json | jsonpath('$…') }}`, under `that`"
    );
}

#[test]
fn statuses() {
    let help = "write a status like `200`, a class like `2xx`, a list of these, or `any`";
    for (text, message) in [
        ("99", format!("`99` is no status | {help}")),
        ("2XX", "`2XX` is no status | write `2xx`".to_owned()),
        ("ok", format!("`ok` is no status | {help}")),
        ("\"200\"", "`200` is no status | write 200 without quotes".to_owned()),
        ("200, 201", "`200, 201` is no status | write a list: [200, 201]".to_owned()),
        ("[]", format!("no status is in an empty list | {help}")),
        ("[200, any]", format!("`any` stands alone: with it, nothing else in the list counts | {help}")),
        ("6xx", format!("`6xx` is no status | {help}")),
        ("{ lt: 300 }", "`status` must be a status, a class like `2xx`, or `any`, not a mapping | write a status, a class like `2xx`, or `any`".to_owned()),
    ] {
        assert_eq!(said(&expect_problem(&format!("status: {text}\n"))), message, "{text}");
    }
}

#[test]
fn subjects_of_one_type() {
    for (text, message) in [
        ("duration: 2s", "`eq` does not go with a duration | no send takes exactly a given time: write `{ lt: 2s }`"),
        (
            "duration: { lt: soon }",
            "`soon` is not a duration | write a number with `ms`, `s`, `m`, `h` or `d`, like `500ms` or `1.5m`",
        ),
        ("duration: { lt: 2 }", "`2` is not a duration | add a unit: `2s` or `2ms`"),
        ("duration: { lt: \"2\" }", "`2` is not a duration | add a unit: `2s` or `2ms`"),
        (
            "duration: { not: { le: true } }",
            "`le` takes a duration here, not a boolean | write a duration like `800ms` or `2s`",
        ),
        (
            "sha256: abc",
            "this is not a SHA-256 digest | a digest is 64 hexadecimal digits, in lower case; this has 3 characters",
        ),
        ("body: 5", "this is compared with text, never with a number | quote it: \"5\""),
        (
            "body: { all: a }",
            "`all` asks the items of a list, and this is text | use `contains`, `starts_with`, `ends_with` or `matches`",
        ),
        ("url: { in: [1] }", "this is compared with text, never with a number | quote it: \"1\""),
        ("cookies: { sid: 5 }", "this is compared with text, never with a number | quote it: \"5\""),
        ("headers: { x-a: true }", "a header is text or a number, never a boolean | quote it: \"true\""),
        (
            "redirects: 1",
            "this gives a list, which never equals a number | write `{ length: 1 }` for the number of items, `[1]` for this one item, or `{ any: 1 }`",
        ),
        (
            "headers: { Set-Cookie: a }",
            "this gives a list, which never equals text | write `[\"a\"]` for this one item, or ask the items: `{ all: \"a\" }`, `{ any: \"a\" }`",
        ),
        (
            "headers: { \"x a\": b }",
            "`x a` cannot be a header's name | a header's name is letters, digits and `-`, without the colon",
        ),
        (
            "headers: { \"{{ word }}\": b }",
            "a header's name cannot hold a template: it is read before anything is sent | write the name itself: names are literal",
        ),
    ] {
        assert_eq!(said(&expect_problem(&format!("{text}\n"))), message, "{text}");
    }
    let digest = "A".repeat(64);
    assert_eq!(
        said(&expect_problem(&format!("sha256: {digest}\n"))),
        format!("a SHA-256 digest is written in lower case | write {}", "a".repeat(64))
    );
}

#[test]
fn keys_and_what_asks_nothing() {
    assert_eq!(expect_problem("jsn: {}\n"), "1:1 unknown-key: `expect` has no key `jsn` | did you mean `json`?");
    for (text, message) in [
        (
            "{}",
            "1:1 missing-key: `expect` asks nothing | leave it out: a status below 400 is expected then; or say what is expected",
        ),
        ("json: {}", "1:7 invalid-value: `json` is empty, so it asks nothing | leave it out, or say what is expected"),
        (
            "that: []",
            "1:7 invalid-value: `that` is empty, so it asks nothing | leave it out, or write an expression that must be true",
        ),
        (
            "json: [a]",
            "1:7 wrong-type: `json` must be a mapping, not a list | a mapping is `key: value` on lines of its own, indented, or `{ key: value }`",
        ),
        (
            "json: { $.v: { eq: { \"{{ word }}\": 1 } } }",
            "1:23 template-misplaced: a key cannot hold a template | templates stand in values, never in keys",
        ),
    ] {
        assert_eq!(expect_problem(&format!("{text}\n")), message, "{text}");
    }
    assert!(expect_problem("that: \"{{ response.status == 200 }}\"\n").contains("braces-in-expression"));
    assert!(expect_problem("that: response.status ==\n").contains("template-syntax"));
}

#[test]
fn every_mistake_is_reported_together() {
    let problems = expect_problems(
        "status: 99\nheaders: { \"a b\": { lt: {} } }\njson: { id: { in: 5 }, $.v: { typ: string } }\nbody: { matches: '[' }\n",
    );
    let codes: Vec<_> = problems.iter().filter_map(|p| p.split(' ').nth(1)).collect();
    assert_eq!(
        codes,
        [
            "invalid-status:",
            "invalid-header:",
            "wrong-type:",
            "invalid-jsonpath:",
            "wrong-type:",
            "unknown-operator:",
            "invalid-regex:"
        ],
        "{problems:#?}"
    );
}
