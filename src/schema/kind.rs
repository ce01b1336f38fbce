//! One [`Kind`] as a JSON Schema.

use serde_json::{Map, Value, json};

use crate::yaml::{Key, Kind, Shape};

/// Text that holds a template: what may stand where a number or a duration is wanted.
const TEMPLATE: &str = r"\{\{";
const DURATION: &str = r"^[0-9]*\.?[0-9]+ ?(ms|s|m|h|d)$|\{\{";
const NAME: &str = r"^[A-Za-z][A-Za-z0-9_]*$";

/// The schema of a mapping with known keys. Named kinds go into `definitions`.
pub(super) fn object(shape: &'static Shape, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let properties: Map<_, _> =
        shape.keys.iter().map(|key| (key.name.to_owned(), property(key, definitions))).collect();
    let required: Vec<_> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(shape.doc));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if shape.extensible {
        schema.insert("patternProperties".to_owned(), json!({ "^x-": true }));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn property(key: &'static Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = of(&key.kind, definitions);
    schema.insert("description".to_owned(), json!(key.doc));
    Value::Object(schema)
}

fn of(kind: &'static Kind, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text | Kind::Template | Kind::Expression | Kind::Regex => json!({ "type": "string" }),
        Kind::Scalar => json!({ "type": ["string", "number", "boolean", "null"] }),
        Kind::Sendable => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Any => json!({}),
        Kind::JsonPath => json!({ "type": "string", "pattern": r"^\$" }),
        Kind::Name => json!({ "type": "string", "pattern": NAME }),
        Kind::Duration => json!({ "type": "string", "pattern": DURATION }),
        Kind::Integer(least) => json!({
            "anyOf": [{ "type": "integer", "minimum": least }, { "type": "string", "pattern": TEMPLATE }]
        }),
        Kind::Number(least) => json!({
            "anyOf": [{ "type": "number", "minimum": least }, { "type": "string", "pattern": TEMPLATE }]
        }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Null => json!({ "type": "null" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Numbers(texts) => {
            let numbers = texts.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
            json!({ "enum": numbers.chain(texts.iter().map(|&text| json!(text))).collect::<Vec<_>>() })
        }
        Kind::Pattern(pattern, _) => json!({ "type": "string", "pattern": pattern }),
        Kind::List(item) => json!({ "type": "array", "items": of(item, definitions) }),
        Kind::OneOrMany(item) => {
            let one = of(item, definitions);
            let many = json!({ "type": "array", "items": one });
            json!({ "anyOf": [one, many] })
        }
        Kind::Map(key, value) => {
            let mut map = json!({ "type": "object", "additionalProperties": of(value, definitions) });
            if let (Kind::Name | Kind::JsonPath | Kind::Pattern(..), Some(map)) = (key, map.as_object_mut()) {
                map.insert("propertyNames".to_owned(), Value::Object(of(key, definitions)));
            }
            map
        }
        Kind::Object(shape) => Value::Object(object(shape, definitions)),
        Kind::Either(kinds) => either(kinds, definitions),
        Kind::Named(name, kind) => {
            if !definitions.contains_key(*name) {
                // Stands first, so that a kind that holds itself ends here.
                definitions.insert((*name).to_owned(), Value::Null);
                let definition = of(kind, definitions);
                definitions.insert((*name).to_owned(), Value::Object(definition));
            }
            json!({ "$ref": format!("#/$defs/{name}") })
        }
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Alternatives. An editor would show a branch's description instead of the key's: so it stands beside `anyOf`, where a
/// key's own replaces it.
fn either(kinds: &'static [Kind], definitions: &mut Map<String, Value>) -> Value {
    let (mut schema, mut branches) = (Map::new(), Vec::new());
    for kind in kinds {
        let mut branch = of(kind, definitions);
        if let Some(text) = branch.remove("description") {
            schema.insert("description".to_owned(), text);
        }
        branches.push(Value::Object(branch));
    }
    schema.insert("anyOf".to_owned(), Value::Array(branches));
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    static INNER: Kind = Kind::Named("tree", &Kind::Either(&[Kind::Text, Kind::List(&INNER)]));
    static SHAPE: Shape = Shape {
        noun: "a tree",
        doc: "A tree.",
        keys: &[Key::required("root", Kind::Named("tree", &INNER), "Its root.")],
        refused: &[],
        extensible: true,
    };

    #[test]
    fn recursion_ends_in_a_definition() {
        let mut definitions = Map::new();
        let schema = Value::Object(object(&SHAPE, &mut definitions));
        assert_eq!(schema["properties"], json!({ "root": { "$ref": "#/$defs/tree", "description": "Its root." } }));
        assert_eq!(schema["required"], json!(["root"]));
        assert_eq!(schema["patternProperties"], json!({ "^x-": true }));
        assert!(definitions["tree"].is_object());
    }
}
