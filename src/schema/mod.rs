//! JSON Schemas of what users write, for editors: made from the same tables that the reader uses.
//!
//! Flat on purpose: yaml-language-server reports `oneOf` and `allOf` badly, so alternatives are `anyOf` and
//! "one of these keys" is `anyOf` of `required`.

mod kind;

use serde_json::{Map, Value, json};

use crate::environment::ENVIRONMENT;
use crate::flow::{ACTIONS, FLOW, REQUEST_ONLY, USE_ONLY};
use crate::yaml::Shape;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of `*.flow.yaml` (JSON Schema 2020-12).
#[must_use]
pub fn flow_schema() -> Value {
    let mut schema = document(&FLOW, "wxflow flow");
    if let Some(step) = schema.pointer_mut("/$defs/step").and_then(Value::as_object_mut) {
        let actions: Vec<_> = ACTIONS.iter().map(|action| json!({ "required": [action] })).collect();
        step.insert("anyOf".to_owned(), Value::Array(actions));
        let has = |step: &Map<String, Value>, key: &str| step.get("properties").and_then(|p| p.get(key)).is_some();
        let beside = |keys: &'static [&str], action: &'static str| keys.iter().map(move |key| (*key, action));
        let dependent: Map<_, _> = beside(REQUEST_ONLY, "request")
            .chain(beside(USE_ONLY, "use"))
            .filter(|(key, _)| has(step, key))
            .map(|(key, action)| (key.to_owned(), json!([action])))
            .collect();
        step.insert("dependentRequired".to_owned(), Value::Object(dependent));
    }
    for (place, sets) in EXCLUSIVE {
        if let Some(object) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert("not".to_owned(), json!({ "anyOf": pairs(sets) }));
        }
    }
    if let Some(steps) = schema.pointer_mut("/properties/steps") {
        steps["minItems"] = json!(1);
    }
    if let Some(for_each) = schema.pointer_mut("/$defs/step/properties/for_each") {
        for_each["minProperties"] = json!(1);
        for_each["maxProperties"] = json!(1);
    }
    schema
}

/// Where at most one key of each set may stand.
const EXCLUSIVE: &[(&str, &[&[&str]])] = &[
    ("/$defs/step", &[ACTIONS, BODIES, PAGES]),
    ("/$defs/cleanup/anyOf/0", &[BODIES, PAGES]),
    ("/$defs/cleanup/anyOf/1/items", &[BODIES, PAGES]),
    ("/$defs/auth/anyOf/1", &[&["bearer", "basic", "digest"]]),
    ("/$defs/capture/anyOf/2", &[SOURCES]),
];
const BODIES: &[&str] = &["json", "form", "multipart", "text", "file"];
const PAGES: &[&str] = &["poll", "paginate"];
const SOURCES: &[&str] = &["json", "xpath", "header", "cookie", "regex", "value", "body", "status", "url"];

/// Every two keys of one set, as schemas of what must not be.
fn pairs(sets: &[&[&str]]) -> Vec<Value> {
    let mut all = Vec::new();
    for set in sets {
        for (index, first) in set.iter().enumerate() {
            all.extend(set.iter().skip(index + 1).map(|second| json!({ "required": [first, second] })));
        }
    }
    all
}

/// The schema of `environments/NAME.yaml` (JSON Schema 2020-12).
#[must_use]
pub fn environment_schema() -> Value {
    let mut schema = document(&ENVIRONMENT, "wxflow environment");
    let secret = schema.pointer_mut("/properties/secrets/additionalProperties").and_then(Value::as_object_mut);
    if let Some(secret) = secret {
        secret.insert("anyOf".to_owned(), json!([{ "required": ["env"] }, { "required": ["file"] }]));
    }
    schema
}

fn document(shape: &'static Shape, title: &str) -> Value {
    let mut definitions = Map::new();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!(DIALECT));
    schema.insert("title".to_owned(), json!(title));
    schema.extend(kind::object(shape, &mut definitions));
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Value::Object(schema)
}
