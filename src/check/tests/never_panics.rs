//! Any predicate on any JSON gives verdicts: no panic, nothing passed that has an error, `not` never passes with its
//! opposite.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Expect, Reply, evaluate, lowered, response};

pub(super) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        // A brace may begin a template, which an operand is read as.
        "[a-z0-9\\PC]{0,8}".prop_map(|text| Value::from(text.replace('{', "("))),
        Just(json!("2s")),
        Just(json!("2026-11-21T04:00:00Z")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[ab]", inner), 0..3)
                .prop_map(|e| Value::Object(e.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn predicate() -> impl Strategy<Value = Value> {
    let with =
        |name: &'static str, operand: BoxedStrategy<Value>| operand.prop_map(move |v| json!({ name: v })).boxed();
    let names = ["eq", "in", "like", "lt", "ge", "contains", "starts_with", "ends_with"];
    let leaves: Vec<_> = names.iter().map(|name| with(name, value().boxed())).collect();
    let words = prop_oneof![
        any::<bool>().prop_map(|b| json!({ "exists": b })),
        any::<bool>().prop_map(|b| json!({ "empty": b })),
        prop::sample::select(vec!["string", "integer", "number", "boolean", "null", "list", "object"])
            .prop_map(|t| json!({ "type": t })),
        prop::sample::select(vec!["a", "^$", ".", "[0-9]+"]).prop_map(|r| json!({ "matches": r })),
        (0..4_u8).prop_map(|n| json!({ "length": n })),
    ];
    prop_oneof![prop::strategy::Union::new(leaves), words].prop_recursive(2, 6, 1, |inner| {
        (prop::sample::select(vec!["not", "all", "any", "none"]), inner).prop_map(|(name, p)| json!({ name: p }))
    })
}

/// `Some(passed)` of one predicate; `None` where it is refused at load.
pub(super) fn passes(path: &str, predicate: &Value, body: &Value) -> Option<bool> {
    // JSON is YAML; braces that would be a template are not what is tested here.
    let yaml = json!({ "json": { path: predicate } }).to_string();
    let (expect, messages) = lowered(&yaml, &super::Table::default(), Expect::lower);
    if !messages.is_empty() {
        return None;
    }
    let response = response(200, &[], body.to_string());
    let verdicts = evaluate(&expect?, &Reply::new(&response, "https://example.com"));
    assert!(verdicts.iter().all(|v| !v.passed || (v.message.is_none() && !v.pending && !v.broken)));
    Some(verdicts.iter().all(|v| v.passed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn evaluation_never_panics_and_not_never_agrees(
        predicate in predicate(),
        body in value(),
        path in prop::sample::select(vec!["$", "$.a", "$[0]", "$..a", "$[*]"]),
    ) {
        let plain = passes(path, &predicate, &body);
        let negated = passes(path, &json!({ "not": predicate }), &body);
        prop_assert!(!(plain == Some(true) && negated == Some(true)), "{predicate} of {body} at {path}");
    }

    #[test]
    fn a_value_equals_itself_and_is_like_itself(body in value()) {
        for operator in ["eq", "like"] {
            if let Some(passed) = passes("$", &json!({ operator: body }), &body) {
                prop_assert!(passed, "{operator} {body}");
            }
        }
    }
}
