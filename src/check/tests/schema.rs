//! JSON Schema: inline and from files, wrong schemas, violations.

use serde_json::json;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Expect, Lower, Table, evaluate, judge, line, lowered, response};
use crate::check::Reply;
use crate::source::{FileError, Files};

fn files() -> Table {
    Table([
        ("person.json", r#"{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}"#),
        ("person.yaml", "type: object\nrequired: [id]\n"),
        ("broken.json", "{"),
        ("wrong.json", r#"{"properties": {"id": {"type": "strnig"}}}"#),
        ("remote.json", r#"{"$ref": "https://example.com/other.json"}"#),
        ("sibling.json", r#"{"$ref": "other.json"}"#),
        ("list.json", "[]"),
        ("wrong.yaml", "type: [\n"),
        ("draft7.json", r##"{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"n": {"type": "number"}}, "items": [{"$ref": "#/definitions/n"}]}"##),
    ]
    .into())
}

fn with_file(path: &str, body: &serde_json::Value) -> Vec<String> {
    let (expect, messages) = lowered(&format!("schema: {path}\n"), &files(), Expect::lower);
    if !messages.is_empty() {
        return messages;
    }
    let response = response(200, &[], body.to_string());
    let verdicts = evaluate(&expect.unwrap(), &Reply::new(&response, "https://example.com"));
    verdicts.iter().skip(1).map(line).collect()
}

#[test]
fn a_file_is_asserted() {
    assert_eq!(with_file("person.json", &json!({"id": "a"})), ["passed"]);
    assert_eq!(
        with_file("person.json", &json!({"id": 5})),
        ["failed: the body does not match person.json:\n  /id: 5 is not of type \"string\""]
    );
    assert_eq!(
        with_file("person.json", &json!({})),
        ["failed: the body does not match person.json:\n  the body: \"id\" is a required property"]
    );
    assert_eq!(with_file("person.yaml", &json!({"id": 5})), ["passed"]);
    assert!(with_file("person.yaml", &json!([]))[0].starts_with("failed: "));
}

#[test]
fn a_file_is_read_and_compiled_once_for_all_who_name_it() {
    let read = |node: &crate::yaml::Node<'_>, cx: &mut crate::check::Lower<'_>| {
        let both = [Expect::lower(node, cx), Expect::lower(node, cx)];
        (
            both.iter().flatten().count(),
            cx.schemas.compiled.values().map(std::sync::Arc::strong_count).collect::<Vec<_>>(),
        )
    };
    let (found, messages) = lowered("schema: person.json\n", &files(), read);
    assert_eq!((found, messages.len()), ((2, vec![3]), 0), "two checks and the table share one");
}

#[test]
fn the_schemas_own_draft_counts() {
    // In draft 7 `items` may be a list of schemas; in 2020-12 it may not.
    assert_eq!(with_file("draft7.json", &json!([1])), ["passed"]);
    assert!(with_file("draft7.json", &json!(["a"]))[0].starts_with("failed: "));
}

#[test]
fn wrong_schema_files_are_found_at_load() {
    let at = |path: &str| with_file(path, &json!(1)).remove(0);
    assert_eq!(at("none.json"), "1:9 file-unreadable: the schema `none.json`: there is no such file | check the path");
    assert!(at("broken.json").starts_with("1:9 invalid-schema: `broken.json` is no JSON Schema: EOF while parsing"));
    assert_eq!(
        at("wrong.json"),
        "1:9 invalid-schema: `wrong.json` is no JSON Schema: at /properties/id/type: \"strnig\" is no type | a type is `string`, `integer`, `number`, `boolean`, `null`, `array` or `object`, or a list of these"
    );
    assert_eq!(
        at("remote.json"),
        "1:9 invalid-schema: `remote.json` is no JSON Schema: a `$ref` leads to https://example.com/other.json, and nothing \
         is fetched | keep that schema in a file of the project and refer to it by its path, or copy it under `$defs`"
    );
    assert_eq!(
        at("sibling.json"),
        "1:9 invalid-schema: `sibling.json` is no JSON Schema: a `$ref` leads to `other.json`: there is no such file | check the path"
    );
    assert_eq!(
        at("list.json"),
        "1:9 invalid-schema: `list.json` is no JSON Schema: it holds a list | a schema is a JSON object"
    );
    assert!(at("wrong.yaml").starts_with("1:9 invalid-schema: `wrong.yaml` is no JSON Schema: at "));
    let template = at("\"{{ word }}.json\"");
    assert!(template.starts_with("1:10 template-misplaced: a schema's path cannot hold a template"), "{template}");
}

#[test]
fn an_inline_schema_points_at_the_wrong_keyword() {
    let (_, messages) = lowered("schema:\n  properties:\n    id: { type: strnig }\n", &files(), Expect::lower);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(
        messages[0].starts_with("3:17 invalid-schema: this is no JSON Schema: at /properties/id/type: "),
        "{messages:?}"
    );
    let (_, messages) = lowered("schema: { const: \"{{ word }}\" }\n", &files(), Expect::lower);
    assert!(messages[0].starts_with("1:19 template-misplaced: a schema cannot hold a template"), "{messages:?}");
}

#[test]
fn formats_are_asserted_and_at_most_five_violations_are_listed() {
    let format = "schema: { properties: { mail: { type: string, format: email } } }";
    assert_eq!(line(&judge(format, &json!({"mail": "a@example.com"}))[1]), "passed");
    assert_eq!(
        line(&judge(format, &json!({"mail": "nobody"}))[1]),
        "failed: the body does not match the schema:\n  /mail: \"nobody\" is not a \"email\""
    );
    let verdict = judge("schema: { items: { type: string } }", &json!([1, 2, 3, 4, 5, 6, 7])).remove(1);
    let message = verdict.message.unwrap_or_default();
    assert_eq!(message.lines().count(), 7, "{message}");
    assert!(message.contains("\n  /4: 5 is not of type \"string\"\n  and more"), "{message}");
}

#[test]
fn large_values_are_not_repeated_in_a_violation() {
    let verdict = judge("schema: { type: string }", &json!({"long": "x".repeat(500)})).remove(1);
    assert_eq!(
        verdict.message.as_deref(),
        Some("the body does not match the schema:\n  the body: value is not of type \"string\"")
    );
}

/// Files in folders: paths are taken as a disk takes them.
struct Folders(BTreeMap<&'static str, &'static str>);

impl Files for Folders {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        let whole = self.resolve(folder, path)?;
        let text = whole.to_str().and_then(|path| self.0.get(path));
        text.map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| FileError { message: format!("`{path}` lies outside of the project"), help: None })
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        let mut whole = folder.to_owned();
        for part in Path::new(path).components() {
            match part {
                std::path::Component::ParentDir => drop(whole.pop()),
                part => whole.push(part),
            }
        }
        Ok(whole)
    }
}

fn with_folders(schema: &str, body: &serde_json::Value) -> Vec<String> {
    let files = Folders(
        [
            ("flows/tree.json", r##"{"required": ["name"], "properties": {"kids": {"items": {"$ref": "#"}}, "owner": {"$ref": "../shared/person%20one.yaml#/$defs/person"}}}"##),
            ("shared/person one.yaml", "$defs:\n  person:\n    required: [id]\n    properties: { home: { $ref: deep/place.json }, boss: { $ref: '#/$defs/person' } }\n"),
            ("shared/deep/place.json", r#"{"required": ["city"], "properties": {"lord": {"$ref": "../person%20one.yaml#/$defs/person"}}}"#),
            ("flows/named.json", r#"{"$id": "https://example.com/s/named.json", "properties": {"x": {"$ref": "number.json"}}}"#),
            ("flows/number.json", r#"{"$id": "https://example.com/s/number.json", "type": "number"}"#),
            ("flows/out.json", r#"{"$ref": "../../secret.json"}"#),
            ("flows/bad.json", r#"{"$ref": "worse.json"}"#),
            ("flows/worse.json", r#"{"properties": {"a": {"type": "strnig"}}}"#),
            ("flows/nowhere.json", r##"{"$ref": "tree.json#/$defs/none"}"##),
            ("flows/old.json", r#"{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": true}"#),
        ]
        .into(),
    );
    let read = |node: &crate::yaml::Node<'_>, cx: &mut crate::check::Lower<'_>| {
        let mut cx = Lower { files: &files, folder: cx.folder, diagnostics: cx.diagnostics, schemas: cx.schemas };
        Expect::lower(node, &mut cx)
    };
    let (expect, messages) = lowered(&format!("schema: {schema}\n"), &Table::default(), read);
    if !messages.is_empty() {
        return messages;
    }
    let response = response(200, &[], body.to_string());
    let verdicts = evaluate(&expect.expect("lowered"), &Reply::new(&response, ""));
    verdicts.iter().skip(1).map(line).collect()
}

#[test]
fn references_lead_to_files_of_the_project_and_round_in_circles() {
    let good = json!({"name": "a", "kids": [{"name": "b"}], "owner": {"id": 1, "boss": {"id": 2}, "home": {"city": "Oslo", "lord": {"id": 3}}}});
    assert_eq!(with_folders("tree.json", &good), ["passed"]);
    let wrong = |body: serde_json::Value| with_folders("tree.json", &body).concat();
    assert!(wrong(json!({"name": "a", "kids": [{}]})).ends_with("/kids/0: \"name\" is a required property"));
    let deep = wrong(json!({"name": "a", "owner": {"id": 1, "home": {"city": "Oslo", "lord": {}}}}));
    assert!(deep.ends_with("/owner/home/lord: \"id\" is a required property"), "{deep}");
    // Inline, it is relative to the flow.
    assert_eq!(with_folders("{ $ref: tree.json }", &json!({"name": "a"})), ["passed"]);
    // An `$id` names what lies beside the file.
    assert_eq!(with_folders("named.json", &json!({"x": 1})), ["passed"]);
    assert!(with_folders("named.json", &json!({"x": "1"}))[0].starts_with("failed: "));
    assert_eq!(with_folders("old.json", &json!(4)), ["passed"]);
    assert!(with_folders("old.json", &json!(3))[0].starts_with("failed: "));
}

#[test]
fn references_that_lead_nowhere_are_found_at_load() {
    let at = |path: &str| with_folders(path, &json!(1)).concat();
    assert!(
        at("out.json").contains("a `$ref` leads to `../secret.json`: `../secret.json` lies outside"),
        "{}",
        at("out.json")
    );
    let bad = at("bad.json");
    assert!(
        bad.contains(
            "`bad.json` is no JSON Schema: `worse.json`, which a `$ref` leads to, is none: at /properties/a/type"
        ),
        "{bad}"
    );
    assert!(
        at("nowhere.json")
            .contains("a `$ref` points to `#/$defs/none`, and nothing is there | definitions stand under `$defs`"),
        "{}",
        at("nowhere.json")
    );
}
