//! What operators mean, against Rust's own meaning of the same words, and against each other.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::never_panics::{passes, value};

/// Whether the predicate of this operator holds of the value, which it takes.
#[track_caller]
fn holds(operator: &str, operand: impl serde::Serialize, value: &Value) -> bool {
    let predicate = json!({ operator: operand });
    passes("$", &predicate, value).unwrap_or_else(|| panic!("{predicate} is refused"))
}

/// Numbers that are often the same, whole or not.
fn number() -> impl Strategy<Value = f64> {
    (-6_i32..6).prop_map(|n| f64::from(n) / 2.0)
}

/// As JSON: a whole one with its fraction or without.
fn written(number: f64, bare: bool) -> Value {
    if bare && number.fract() == 0.0 { json!(number as i64) } else { json!(number) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_are_ordered_as_numbers(a in number(), b in number(), bare in any::<bool>()) {
        let (left, right) = (written(a, bare), written(b, !bare));
        for (name, expected) in [("lt", a < b), ("le", a <= b), ("gt", a > b), ("ge", a >= b), ("eq", a == b)] {
            prop_assert_eq!(holds(name, &right, &left), expected, "{} {} {}", left, name, right);
            let not = holds("not", json!({ name: right }), &left);
            prop_assert_eq!(not, !expected, "{} not {} {}", left, name, right);
        }
    }

    #[test]
    fn texts_are_searched_as_texts(text in "[ab.é\\\\]{0,6}", part in "[ab.é\\\\]{1,3}") {
        let (found, value) = (text.contains(&part), json!(text));
        prop_assert_eq!(holds("contains", &part, &value), found);
        prop_assert_eq!(holds("matches", regex::escape(&part), &value), found);
        prop_assert_eq!(holds("starts_with", &part, &value), text.starts_with(&part));
        prop_assert_eq!(holds("ends_with", &part, &value), text.ends_with(&part));
        prop_assert_eq!(holds("empty", true, &value), text.is_empty());
        prop_assert!(holds("length", text.chars().count(), &value));
    }

    #[test]
    fn items_are_judged_one_by_one(items in prop::collection::vec(number(), 0..4), limit in number()) {
        let (list, lower) = (json!(items), json!({ "lt": limit }));
        let (all, any) = (items.iter().all(|n| *n < limit), items.iter().any(|n| *n < limit));
        prop_assert_eq!(holds("all", &lower, &list), all && !items.is_empty());
        prop_assert_eq!(holds("any", &lower, &list), any);
        prop_assert_eq!(holds("none", &lower, &list), !any);
        let held = items.contains(&limit);
        prop_assert_eq!(holds("contains", limit, &list), held);
        if !items.is_empty() {
            prop_assert_eq!(holds("in", &items, &json!(limit)), held);
        }
        prop_assert!(holds("length", items.len(), &list));
    }

    #[test]
    fn like_allows_more_keys_and_eq_does_not(body in value(), more in value()) {
        let (known, larger) = (json!({ "a": body }), json!({ "a": body, "more": more }));
        prop_assert!(holds("like", &known, &larger));
        prop_assert!(!holds("eq", &known, &larger));
        prop_assert!(!holds("like", &larger, &known));
        prop_assert!(!holds("like", [&known], &json!([known, larger])), "a list has no more items");
    }
}
