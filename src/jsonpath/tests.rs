//! The compliance suite, and what the suite does not say.

use super::*;
use serde_json::json;

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    selector: String,
    document: Option<Value>,
    result: Option<Value>,
    results: Option<Vec<Value>>,
    #[serde(default)]
    invalid_selector: bool,
}

#[derive(serde::Deserialize)]
struct Suite {
    tests: Vec<Case>,
}

#[test]
fn the_compliance_suite_passes_whole() {
    let suite: Suite = serde_json::from_str(include_str!("../../tests/data/jsonpath/cts.json")).unwrap();
    assert_eq!(suite.tests.len(), 703);
    for case in suite.tests {
        let path = JsonPath::parse(&case.selector);
        if case.invalid_selector {
            assert!(path.is_err(), "{}: {} was accepted", case.name, case.selector);
            continue;
        }
        let path = path.unwrap_or_else(|e| panic!("{}: {}: {e}", case.name, case.selector));
        let document = case.document.unwrap();
        let found = Value::Array(path.query(&document).unwrap().into_iter().cloned().collect());
        let right = case.result.into_iter().chain(case.results.into_iter().flatten()).any(|r| r == found);
        assert!(right, "{}: {} found {found}", case.name, case.selector);
        assert_eq!(path.first(&document).unwrap(), found.get(0), "{}", case.name);
    }
}

#[test]
fn plain_paths_keep_only_their_text() {
    for text in ["$", "$.a", "$.a_1.b[0][-2]"] {
        assert!(JsonPath::parse(text).unwrap().full.is_none(), "{text}");
    }
    for text in ["$['a']", "$.é", "$..a", "$[ 0]", "$.a[*]"] {
        assert!(JsonPath::parse(text).unwrap().full.is_some(), "{text}");
    }
    for text in ["$.1a", "$[-0]", "$[01]", "$.", "$.a b", "$[9007199254740993]", "a", ""] {
        assert!(JsonPath::parse(text).is_err(), "{text}");
    }
}

#[test]
fn plain_and_full_paths_find_the_same() {
    let value = json!({"a": [{"b": 1}, {"b": [2, 3]}], "c": null});
    for text in ["$", "$.a", "$.a[1].b[-1]", "$.a[-3]", "$.a[2]", "$.c", "$.c.d", "$.a.b", "$.c[0]", "$.x"] {
        let path = JsonPath::parse(text).unwrap();
        let full = JsonPath { source: text.into(), full: Some(Box::new(parse::path(text).unwrap())) };
        assert_eq!(path.query(&value), full.query(&value), "{text}");
        assert_eq!(path.first(&value), full.first(&value), "{text}");
        assert_eq!(path.singular_mut(&mut value.clone()), full.singular_mut(&mut value.clone()), "{text}");
    }
}

#[test]
fn pointers_say_where() {
    let value = json!({"a/b": [{"~": 1}, 1], "c": [[], []]});
    let pointers = |path: &str| JsonPath::parse(path).unwrap().pointers(&value).unwrap();
    assert_eq!(pointers("$..[?@ == 1]"), ["/a~1b/0/~0", "/a~1b/1"]);
    assert_eq!(pointers("$.c[1,1,-1]"), ["/c/1"], "each once");
    assert_eq!(pointers("$"), [""]);
    assert_eq!(pointers("$.x"), [""; 0]);
}

/// Short paths that look at the square of what the document holds, or worse, or collect it.
#[test]
fn a_question_that_would_not_end_is_refused() {
    let rows: Vec<Value> = (0..400).map(|i| json!({"id": i, "name": format!("n{i}"), "in": [[i]]})).collect();
    let value = json!({ "items": rows, "again": rows });
    for path in [
        "$..[?$..nothing]",
        "$.items[?count($.items[*]) > 3]",
        "$..[?$ == $]",
        "$..[?$.items == $.again]",
        "$..[*,*,*,*,*,*,*,*]..[*,*,*,*,*,*,*,*]",
        "$.items[?search($.items[0].name, @.name)]",
        "$.items[?count($..*) == 1]",
    ] {
        let full = parse::path(path).unwrap();
        // Not `assert_eq`: a failure would print the document.
        assert!(Search::new(&value, 100_000).all(&full, &value) == Err(TooMuch), "{path} ends");
    }
}

#[test]
fn doubling_is_refused_before_it_fills_memory() {
    let value = json!([[[0]]]);
    let mut nested = value;
    for _ in 0..60 {
        nested = json!([nested]);
    }
    let path = JsonPath::parse(&format!("${}", "[0,0]".repeat(60))).unwrap();
    assert_eq!(path.query(&nested), Err(TooMuch));
    assert_eq!(path.first(&nested), Err(TooMuch));
    assert_eq!(path.pointers(&nested), Err(TooMuch));
    assert!(TooMuch.to_string().contains("5 million"));
}

#[test]
fn nesting_has_an_end() {
    for text in ["$[?".to_owned() + &"(".repeat(100_000), "$".to_owned() + &"[?@".repeat(100_000)] {
        assert!(JsonPath::parse(&text).unwrap_err().message.contains("64 deep"), "{text:.20}");
    }
    let calls = format!("$[?{}", "length(".repeat(100_000));
    assert!(JsonPath::parse(&calls).unwrap_err().message.contains("64 deep"));
    // Long is not deep.
    let long = format!("$[?@.a{}]", " || @.a".repeat(10_000));
    assert!(JsonPath::parse(&long).is_ok());
}

#[test]
fn patterns_may_come_from_the_document() {
    let value =
        json!([{"text": "abc", "pattern": "b"}, {"text": "abc", "pattern": "a.c"}, {"text": "x", "pattern": "("}]);
    let found = |path: &str| JsonPath::parse(path).unwrap().query(&value).unwrap().len();
    assert_eq!(found("$[?search(@.text, @.pattern)]"), 2);
    assert_eq!(found("$[?match(@.text, @.pattern)]"), 1);
    assert_eq!(found("$[?match(@.text, 'a(b)?c|(')]"), 0);
}

#[test]
fn singular_is_what_the_rfc_says() {
    for text in ["$", "$.a[0]", "$['a,b'][\"*\"]", "$['it\\'s?'][-1]", "$ .a [ 0 ]"] {
        assert!(JsonPath::parse(text).unwrap().is_singular(), "{text}");
    }
    for text in ["$.*", "$..a", "$[0,1]", "$[0:1]", "$[?@.a]", "$['a','b']", "$[*]"] {
        assert!(!JsonPath::parse(text).unwrap().is_singular(), "{text}");
    }
}

#[test]
fn an_error_says_where() {
    let error = JsonPath::parse("$.items[?@.id ==]").unwrap_err();
    assert!(error.position > 7 && error.position <= 17, "{error:?}");
    assert_eq!(JsonPath::parse("items").unwrap_err().position, 0);
}
