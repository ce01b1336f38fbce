//! What is written, and that it is read back.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::Source;

fn written(value: &Value) -> String {
    let mut out = String::new();
    let mut map = Map::new();
    map.insert("value".to_owned(), value.clone());
    entries(&mut out, &map, 0);
    out
}

/// Reads it back, without a word from the reader.
fn read(text: &str) -> Value {
    let source = Source::new("t", text);
    let mut diagnostics = Diagnostics::new(source.clone());
    let node = crate::yaml::parse(&source, &mut diagnostics).unwrap_or_else(|| panic!("not YAML:\n{text}"));
    let value = node.value(&mut diagnostics);
    let said: Vec<_> = diagnostics.into_sorted().iter().map(|d| d.message.clone()).collect();
    assert!(said.is_empty(), "{said:?}\n{text}");
    value.unwrap_or_else(|| panic!("no value:\n{text}"))["value"].clone()
}

#[test]
fn short_things_stand_on_one_line() {
    assert_eq!(written(&json!({"bearer": "{{ token }}"})), "value: { bearer: \"{{ token }}\" }\n");
    assert_eq!(
        written(&json!({"json": {"$.type": {"in": ["bot", "person"]}}})),
        "value: { json: { $.type: { in: [bot, person] } } }\n"
    );
    assert_eq!(written(&json!(["smoke", "guest"])), "value: [smoke, guest]\n");
    assert_eq!(written(&json!({})), "value: {}\n");
}

#[test]
fn what_is_long_or_deep_stands_on_lines() {
    assert_eq!(
        written(&json!({"status": 200, "json": {"$.a": 1, "$.b": 2}})),
        "value:\n  status: 200\n  json: { $.a: 1, $.b: 2 }\n"
    );
    assert_eq!(written(&json!({"$.items[0].id": "a"})), "value:\n  $.items[0].id: a\n");
    assert_eq!(
        written(&json!([{"a": {"b": 1, "x": 1}, "c": {"d": 2}}, [1, 2]])),
        "value:\n  -\n    a: { b: 1, x: 1 }\n    c: { d: 2 }\n  - [1, 2]\n".replace("-\n    a", "- a")
    );
}

#[test]
fn quotes_stand_where_they_are_needed() {
    for (text, line) in [
        ("plain words", "plain words"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("+1555", "\"+1555\""),
        ("5", "\"5\""),
        ("1.10", "\"1.10\""),
        ("null", "\"null\""),
        ("true", "\"true\""),
        ("", "\"\""),
        ("a: b", "\"a: b\""),
        ("Room #1", "\"Room #1\""),
        ("GET {{ url }}/x", "\"GET {{ url }}/x\""),
        ("say \"hi\"", "say \"hi\""),
        ("\\d+", "\\d+"),
        ("^\\d+\"$", "^\\d+\"$"),
        ("# \"a\"", "'# \"a\"'"),
        ("tab\there", "\"tab\\there\""),
        ("\u{1b}[31m", "\"\\u001b[31m\""),
        ("👩‍🚀 Запрос", "👩‍🚀 Запрос"),
    ] {
        assert_eq!(written(&json!(text)), format!("value: {line}\n"));
    }
}

#[test]
fn several_lines_are_a_block() {
    assert_eq!(written(&json!("a\n\n  b")), "value: |-\n  a\n\n    b\n");
    assert_eq!(written(&json!("a\nb\n")), "value: |\n  a\n  b\n");
    assert_eq!(written(&json!("a\r\nb")), "value: \"a\\r\\nb\"\n");
}

#[test]
fn comments_show_what_would_control_a_terminal() {
    let mut out = String::new();
    comment(&mut out, "one\n\ntwo \u{1b}[0m\r", 2);
    assert_eq!(out, "  # one\n  #\n  # two \\u{1b}[0m\n");
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        "[-a-z0-9 :#,'\"{}\\[\\]\\\\\n\t|>&*!%@`?~.$+<=]{0,14}",
        ".{0,8}",
        "([-a-z#:'\"{}|>&]{1,9} ){14,20}z",
        Just("a".repeat(120)),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no NaN", |f| f.is_finite()).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_text(), inner), 0..4).prop_map(|all| Value::Object(all.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in any_value()) {
        let text = written(&value);
        prop_assert_eq!(read(&text), value, "{}", text);
    }
}
