//! Every operator on every type, on nothing, and inside `not`.

use serde_json::{Value, json};

use super::{judge, line};

const P: &str = "passed";
const F: &str = "failed";

/// The line of `{$.v: predicate}` on `{"v": value}`.
fn of(predicate: &str, value: Value) -> String {
    on("$.v", predicate, &json!({ "v": value }))
}

fn on(path: &str, predicate: &str, body: &Value) -> String {
    let verdicts = judge(&format!("json: {{ \"{path}\": {predicate} }}"), body);
    let [_, verdict] = verdicts.as_slice() else { panic!("one assertion: {verdicts:?}") };
    line(verdict)
}

#[test]
fn plain_values_mean_equals() {
    for (predicate, value, expected) in [
        ("1", json!(1.0), P),
        ("1.0", json!(1), P),
        ("\"1\"", json!(1), "failed: it is a number, expected text: types count"),
        ("1", json!("1"), "failed: it is text, expected a number: types count"),
        ("true", json!(true), P),
        ("null", json!(null), P),
        ("null", json!(false), F),
        ("on", json!("on"), P),
        ("[1, \"a\"]", json!([1, "a"]), P),
        ("[1, \"a\"]", json!(["a", 1]), "failed: at /0: expected 1, is \"a\""),
        ("[1]", json!([1, 2]), "failed: 2 items, expected 1"),
        ("\"{{ five }}\"", json!(5), P),
        ("\"{{ object }}\"", json!({"lt": 1}), P),
        ("[\"{{ five }}\"]", json!([5]), P),
        ("\"{{ nowhere }}\"", json!(5), "pending: `nowhere` is not bound"),
    ] {
        assert_eq!(of(predicate, value.clone()), expected, "{predicate} of {value}");
    }
}

#[test]
fn eq_in_and_like() {
    for (predicate, value, expected) in [
        ("{ eq: { b: 1, a: 2 } }", json!({"a": 2, "b": 1}), P),
        ("{ eq: { lt: 5 } }", json!({"lt": 5}), P),
        (
            "{ eq: { a: 1 } }",
            json!({"a": 1, "b": 2}),
            "failed: there is a key `b` that was not expected (`like` allows more keys)",
        ),
        ("{ eq: { a: { b: 1 } } }", json!({"a": {"b": 2}}), "failed: at /a/b: expected 1, is 2"),
        ("{ eq: { a: 1 } }", json!({}), "failed: the key `a` is missing"),
        ("{ in: [a, b] }", json!("b"), P),
        ("{ in: [1, null] }", json!(null), P),
        ("{ in: [a, b] }", json!("c"), F),
        ("{ in: \"{{ items }}\" }", json!(2), P),
        ("{ in: \"{{ five }}\" }", json!(2), "broken: `in` takes a list, not a number: write `in: [5]`, or `eq`"),
        ("{ like: { a: 1 } }", json!({"a": 1, "b": 2}), P),
        ("{ like: { a: { b: [ { c: 1 } ] } } }", json!({"a": {"b": [{"c": 1, "d": 2}]}, "e": 3}), P),
        ("{ like: { a: [1] } }", json!({"a": [1, 2]}), "failed: 2 items at /a, expected 1"),
        ("{ like: { a: 1 } }", json!("a"), F),
        ("{ like: { a: 1 } }", json!({"b": 1}), "failed: the key `a` is missing"),
        ("{ like: 5 }", json!(5.0), P),
    ] {
        assert_eq!(of(predicate, value.clone()), expected, "{predicate} of {value}");
    }
}

#[test]
fn ordering() {
    let compares = "pending: `lt` compares numbers, durations or instants; `$.v` is";
    for (predicate, value, expected) in [
        ("{ lt: 2 }", json!(1), P.to_owned()),
        ("{ lt: 2 }", json!(2), F.to_owned()),
        ("{ le: 2 }", json!(2.0), P.to_owned()),
        ("{ gt: 1, lt: 3 }", json!(2), P.to_owned()),
        ("{ ge: 2.5 }", json!(2), F.to_owned()),
        ("{ lt: 2s }", json!("900ms"), P.to_owned()),
        ("{ gt: 1m }", json!("2s"), F.to_owned()),
        ("{ lt: \"2026-11-21T05:00:00Z\" }", json!("2026-11-21T05:59:59+01:00"), P.to_owned()),
        ("{ lt: \"{{ five }}\" }", json!(4), P.to_owned()),
        ("{ lt: 2 }", json!("x"), format!("{compares} text, compared with a number")),
        ("{ lt: 2 }", json!("1"), format!("{compares} text, compared with a number")),
        ("{ lt: 2s }", json!(1), format!("{compares} a number, compared with a duration")),
        ("{ lt: 2s }", json!("2026-11-21T05:00:00Z"), format!("{compares} an instant, compared with a duration")),
        ("{ lt: 2 }", json!(null), format!("{compares} null, compared with a number")),
        ("{ lt: 2 }", json!([1]), format!("{compares} a list, compared with a number")),
        ("{ lt: 2 }", json!({}), format!("{compares} an object, compared with a number")),
        ("{ lt: 2 }", json!(true), format!("{compares} a boolean, compared with a number")),
        ("{ not: { lt: 2 } }", json!("x"), format!("{compares} text, compared with a number")),
        ("{ not: { lt: 2 } }", json!(3), P.to_owned()),
    ] {
        let verdicts = judge(&format!("json: {{ $.v: {predicate} }}"), &json!({ "v": value }));
        let worst = verdicts.iter().find(|v| !v.passed).unwrap_or(&verdicts[1]);
        assert_eq!(line(worst), expected, "{predicate} of {value}");
    }
}

#[test]
fn text_operators() {
    for (predicate, value, expected) in [
        ("{ contains: èv }", json!("Stève"), P),
        ("{ contains: x }", json!("Stève"), F),
        ("{ contains: 2 }", json!([1, 2.0]), P),
        ("{ contains: { a: 1 } }", json!([{"a": 1}]), P),
        (
            "{ contains: 2 }",
            json!("12"),
            "pending: `contains` looks for text in text; `$.v` is text and the operand is a number",
        ),
        ("{ contains: '' }", json!(["", 1]), P),
        (
            "{ contains: '' }",
            json!("Stève"),
            "pending: `contains` with an empty text always holds of `$.v`, so it says nothing",
        ),
        (
            "{ not: { contains: \"{{ '' }}\" } }",
            json!("Stève"),
            "pending: `contains` with an empty text always holds of `$.v`, so it says nothing",
        ),
        ("{ contains: a }", json!({"a": 1}), "pending: `contains` looks into text or a list; `$.v` is an object"),
        ("{ contains: a }", json!(null), "pending: `contains` looks into text or a list; `$.v` is null"),
        ("{ starts_with: St }", json!("Stève"), P),
        ("{ starts_with: \"{{ word }}\" }", json!("Stève!"), P),
        (
            "{ starts_with: \"{{ five }}\" }",
            json!("5"),
            "broken: `starts_with` takes text, not a number: quote it: \"5\"",
        ),
        ("{ starts_with: st }", json!("Stève"), F),
        ("{ starts_with: St }", json!(["St"]), "pending: `starts_with` looks at text; `$.v` is a list"),
        ("{ ends_with: ève }", json!("Stève"), P),
        ("{ ends_with: è }", json!(5), "pending: `ends_with` looks at text; `$.v` is a number"),
        ("{ matches: '\\d{2}' }", json!("a12b"), P),
        ("{ matches: '^\\d+$' }", json!("a12b"), F),
        ("{ matches: '1' }", json!(12), "pending: `matches` looks at text; `$.v` is a number"),
        ("{ not: { matches: '1' } }", json!(12), "pending: `matches` looks at text; `$.v` is a number"),
        (
            "{ not: { type: string, contains: x } }",
            json!(5),
            "pending: `contains` looks into text or a list; `$.v` is a number",
        ),
        ("{ not: { contains: x } }", json!("abc"), P),
        ("{ not: { contains: b } }", json!("abc"), F),
    ] {
        assert_eq!(of(predicate, value.clone()), expected, "{predicate} of {value}");
    }
}

#[test]
fn length_and_empty() {
    for (predicate, value, expected) in [
        ("{ length: 5 }", json!("Stève"), P),
        ("{ length: 2 }", json!([1, 2]), P),
        ("{ length: 1 }", json!({"a": 1}), P),
        ("{ length: { ge: 1, lt: 3 } }", json!([1, 2]), P),
        ("{ length: { not: 2 } }", json!([1, 2]), "failed: its length is 2"),
        ("{ length: \"{{ five }}\" }", json!("12345"), P),
        ("{ length: 3 }", json!([1, 2]), "failed: its length is 2"),
        ("{ length: 1 }", json!(5), "pending: `length` is of text, a list or an object; `$.v` is a number"),
        ("{ length: 0 }", json!(null), "pending: `length` is of text, a list or an object; `$.v` is null"),
        ("{ not: { length: 1 } }", json!(5), "pending: `length` is of text, a list or an object; `$.v` is a number"),
        ("{ length: { lt: 5 } }", json!([]), P),
        ("{ empty: true }", json!([]), P),
        ("{ empty: true }", json!(""), P),
        ("{ empty: true }", json!({}), P),
        ("{ empty: true }", json!([1]), "failed: it has 1 entries"),
        ("{ empty: false }", json!("x"), P),
        ("{ empty: false }", json!([]), F),
        ("{ empty: true }", json!(null), "pending: `empty` is of text, a list or an object; `$.v` is null"),
        ("{ empty: true }", json!(0), "pending: `empty` is of text, a list or an object; `$.v` is a number"),
        ("{ empty: \"{{ yes }}\" }", json!([]), P),
        (
            "{ empty: \"{{ five }}\" }",
            json!([]),
            "broken: `empty` takes true or false, not a number: write `empty: true`",
        ),
    ] {
        assert_eq!(of(predicate, value.clone()), expected, "{predicate} of {value}");
    }
}

#[test]
fn items() {
    for (predicate, value, expected) in [
        ("{ all: { gt: 0 } }", json!([1, 2]), P),
        ("{ all: 1 }", json!([1, 1.0]), P),
        ("{ all: 1 }", json!([1, 2]), "failed: item 2 of `$.v` is 2, wanted: 1"),
        ("{ all: { gt: 1 } }", json!([2, 1]), "failed: item 2 of `$.v` is 1, wanted: is greater than 1"),
        ("{ all: { like: { a: 1 } } }", json!([{"a": 2}]), "failed: item 1 of `$.v`: at /a: expected 1, is 2"),
        (
            "{ all: { gt: 1 } }",
            json!([2, "a"]),
            "pending: `gt` compares numbers, durations or instants; item 2 of `$.v` is text, compared with a number",
        ),
        ("{ all: { gt: 0 } }", json!([]), "failed: `$.v` has no items, and `all` needs one"),
        ("{ all: { gt: 0 } }", json!(5), "pending: `all` asks the items of a list; `$.v` is a number"),
        (
            "{ all: { all: 1 } }",
            json!([[1], [1, 2]]),
            "failed: item 2 of `$.v`: item 2 of item 2 of `$.v` is 2, wanted: 1",
        ),
        ("{ any: 2 }", json!([1, 2]), P),
        ("{ any: 3 }", json!([1, 2]), "failed: none of the 2 items does"),
        ("{ any: 3 }", json!([]), "failed: `$.v` has no items, and `any` needs one"),
        ("{ any: { gt: 1 } }", json!(["a", 2]), P),
        (
            "{ any: { gt: 5 } }",
            json!(["a", 2]),
            "pending: `gt` compares numbers, durations or instants; item 1 of `$.v` is text, compared with a number",
        ),
        ("{ any: 1 }", json!("1"), "pending: `any` asks the items of a list; `$.v` is text"),
        ("{ none: 3 }", json!([1, 2]), P),
        ("{ none: 3 }", json!([]), P),
        ("{ none: 2 }", json!([1, 2]), "failed: item 2 does: it is 2"),
        (
            "{ none: { gt: 5 } }",
            json!([1, "a"]),
            "pending: `gt` compares numbers, durations or instants; item 2 of `$.v` is text, compared with a number",
        ),
        ("{ none: 1 }", json!({}), "pending: `none` asks the items of a list; `$.v` is an object"),
        (
            "{ not: { any: { gt: 5 } } }",
            json!([1, "a"]),
            "pending: `gt` compares numbers, durations or instants; item 2 of `$.v` is text, compared with a number",
        ),
        ("{ not: { all: 1 } }", json!([1, 2]), P),
    ] {
        assert_eq!(of(predicate, value.clone()), expected, "{predicate} of {value}");
    }
}

#[test]
fn types() {
    let names = ["string", "integer", "number", "boolean", "null", "list", "object"];
    for (value, holds) in [
        (json!("a"), vec!["string"]),
        (json!(1), vec!["integer", "number"]),
        (json!(1.0), vec!["integer", "number"]),
        (json!(1.5), vec!["number"]),
        (json!(true), vec!["boolean"]),
        (json!(null), vec!["null"]),
        (json!([]), vec!["list"]),
        (json!({}), vec!["object"]),
    ] {
        for name in names {
            let passed = of(&format!("{{ type: {name} }}"), value.clone()) == P;
            assert_eq!(passed, holds.contains(&name), "{name} of {value}");
            let negated = of(&format!("{{ not: {{ type: {name} }} }}"), value.clone()) == P;
            assert_eq!(negated, !passed, "not {name} of {value}");
        }
    }
    assert_eq!(of("{ type: string }", json!(1)), "failed: it is of type integer");
}

#[test]
fn null_exists_and_nothing_does_not() {
    assert_eq!(of("{ exists: true }", json!(null)), P);
    assert_eq!(of("{ exists: false }", json!(null)), F);
    assert_eq!(on("$.w", "{ exists: false }", &json!({})), P);
    assert_eq!(on("$.w[*]", "{ exists: false }", &json!({})), P);
    assert_eq!(on("$.w[*]", "{ exists: false }", &json!({"w": [1]})), F);
    assert_eq!(
        on("$.w", "{ exists: true }", &json!({})),
        "pending: `$.w` finds nothing in the body: the body is an empty object"
    );
}

#[test]
fn a_path_that_finds_nothing_passes_only_what_asks_for_nothing() {
    let nothing = |path: &str| match path {
        "$.w" => "pending: `$.w` finds nothing in the body: the body is an empty object".to_owned(),
        list => format!("pending: `{list}` finds nothing in the body"),
    };
    let every = [
        "{ in: [[], null] }",
        "{ like: [] }",
        "{ contains: a }",
        "{ type: list }",
        "{ length: { lt: 5 } }",
        "{ length: { ge: 0 } }",
        "{ all: 1 }",
        "{ any: 1 }",
        "{ none: 1 }",
        "{ empty: false }",
        "{ length: 1 }",
        "{ exists: true }",
    ];
    for predicate in every {
        let singular = predicate.replace("[[], null]", "[1, null]");
        assert_eq!(on("$.w", &singular, &json!({})), nothing("$.w"), "{predicate}");
        let list = predicate.replace("[[], null]", "[[], [1]]");
        assert_eq!(on("$.w[*]", &list, &json!({})), nothing("$.w[*]"), "{predicate}");
    }
    for predicate in ["5", "{ lt: 5 }", "{ starts_with: a }", "{ ends_with: a }", "{ matches: a }", "{ ge: 0 }"] {
        assert_eq!(on("$.w", predicate, &json!({})), nothing("$.w"), "{predicate}");
    }
    for predicate in ["[]", "{ eq: [] }", "{ length: 0 }", "{ length: { eq: 0 } }", "{ empty: true }"] {
        assert_eq!(on("$.w[*]", predicate, &json!({})), P, "{predicate} of a list path");
        assert_eq!(on("$.w", predicate, &json!({})), nothing("$.w"), "{predicate} of a singular path");
    }
}

#[test]
fn not_fails_on_a_missing_value() {
    let hint = "; if that is right, write `exists: false`";
    for predicate in ["{ not: 5 }", "{ not: { exists: true } }", "{ not: { type: string } }", "{ not: { not: 5 } }"] {
        assert_eq!(
            on("$.w", predicate, &json!({})),
            format!("pending: `$.w` finds nothing in the body: the body is an empty object{hint}")
        );
    }
    assert_eq!(
        on("$.w", "null", &json!({})),
        format!("pending: `$.w` finds nothing in the body: the body is an empty object{hint}")
    );
    assert_eq!(
        on("$.w[*]", "{ not: { empty: true } }", &json!({})),
        format!("pending: `$.w[*]` finds nothing in the body{hint}")
    );
    assert_eq!(on("$.v", "{ not: { exists: false } }", &json!({"v": 1})), P);
    assert_eq!(of("{ not: \"1\" }", json!(1)), P, "eq is typed, so this is a plain no");
}

#[test]
fn a_list_path_gives_the_list() {
    let body = json!({"items": [{"id": 1}, {"id": 2}, {"id": 3}]});
    for (predicate, expected) in [
        ("[1, 2, 3]", P),
        ("{ length: 3 }", P),
        ("{ contains: 2 }", P),
        ("{ all: { type: integer } }", P),
        ("{ like: [1, 2, 3] }", P),
        ("{ in: [[1], [1, 2, 3]] }", P),
        ("{ type: list }", P),
        ("{ exists: true }", P),
        ("{ empty: false }", P),
        ("[1, 2]", F),
        ("{ any: 4 }", "failed: none of the 3 items does"),
    ] {
        assert_eq!(on("$.items[*].id", predicate, &body), expected, "{predicate}");
    }
}

#[test]
fn each_operator_has_its_verdict_with_what_was_wanted_and_what_was_there() {
    let verdicts = judge("json: { $.v: { ge: 1, lt: 3, type: integer, all: { gt: 1, lt: 2 } } }", &json!({"v": 5}));
    let shown: Vec<_> = verdicts
        .iter()
        .skip(1)
        .map(|v| (v.subject.as_str(), v.predicate.as_str(), v.passed, v.expected.clone(), v.actual.clone()))
        .collect();
    let five = Some(json!(5));
    assert_eq!(
        shown,
        vec![
            ("$.v", "is at least", true, Some(json!(1)), five.clone()),
            ("$.v", "is less than", false, Some(json!(3)), five.clone()),
            ("$.v", "has type", true, Some(json!("integer")), five.clone()),
            ("$.v", "all items", false, Some(json!({"gt": 1, "lt": 2})), five),
        ]
    );
}
