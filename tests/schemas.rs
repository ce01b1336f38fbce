//! The JSON Schemas in `schemas/` are what the program makes today; `WXFLOW_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]
#![cfg(test)]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wxflow::schema::{environment_schema, flow_schema};

fn compare(name: &str, schema: &Value) {
    jsonschema::meta::validate(schema).expect("it is a JSON Schema");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    let text = format!("{schema:#}\n");
    if std::env::var_os("WXFLOW_BLESS").is_some() {
        fs::write(&path, text).expect("schemas/ can be written");
        return;
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == text, "schemas/{name} is out of date: run `WXFLOW_BLESS=1 cargo test --test schemas`");
}

#[test]
fn flow_schema_is_up_to_date() {
    compare("flow.schema.json", &flow_schema());
}

#[test]
fn environment_schema_is_up_to_date() {
    compare("environment.schema.json", &environment_schema());
}

#[test]
fn editors_see_the_same_keys_as_the_reader() {
    let validator = jsonschema::validator_for(&flow_schema()).expect("it compiles");
    let flow = |step: Value| json!({ "steps": [step], "x-mine": 1 });
    let good = [
        json!({ "request": "GET /a", "expect": { "status": "2xx", "json": { "$.a": { "gt": 1 } } }, "timeout": "1.5s" }),
        json!({ "wait": "{{ pause }}" }),
        json!({ "request": "GET /a", "retry": { "attempts": 5, "backoff": 1.5, "on": ["network", "5xx", 404] } }),
        json!({ "request": "GET /a", "poll": { "until": { "json": { "$.a": 1 } }, "within": "{{ long }}" } }),
        json!({ "request": "GET /a", "paginate": { "items": "$.items", "next": "$.next", "max_pages": 3 } }),
        json!({ "set": { "a": [1] }, "id": "x", "for_each": { "b": "{{ list }}" } }),
        json!({ "jwt": { "algorithm": "HS256", "secret": { "text": "{{ s }}" }, "claims": { "sub": "x" } } }),
    ];
    for step in good {
        let errors: Vec<_> = validator.iter_errors(&flow(step.clone())).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{step}: {errors:?}");
    }
    let bad = [
        json!({ "request": "GET /a", "expct": {} }),
        json!({ "name": "no action" }),
        json!({ "set": { "a": 1 }, "expect": { "status": 200 } }),
        json!({ "wait": "soon" }),
        json!({ "set": { "a-b": 1 } }),
        json!({ "request": "GET /a", "retry": { "attempts": 0 } }),
        json!({ "request": "GET /a", "retry": true }),
        json!({ "request": "GET /a", "poll": { "every": "2s" } }),
        json!({ "request": "GET /a", "paginate": { "items": "items" } }),
        json!({ "jwt": { "algorithm": "HS25", "claims": {} } }),
    ];
    for step in bad {
        assert!(!validator.is_valid(&flow(step.clone())), "{step}");
    }
    assert!(!validator.is_valid(&json!({ "setps": [] })));
}

/// Files of the corpus whose mistake is not one of structure: broken YAML, or what only the reader can know (names,
/// templates, paths, URLs, files, values that do not go together). All others must fail in the editor too.
const NOT_STRUCTURE: &str = "base-url base-url-query capture-reserved-names cleanup-names credentials-in-the-url-and-base-url \
    elsewhere-literals elsewhere-templates elsewhere-urls expect-duration expect-empty-parts expect-regex expect-schema-file expect-schema-inline \
    expect-schema-references expect-sha256-shape expect-that-braces expect-that-names expect-that-syntax \
    expect-that-unknown-words file-omit files-refused header-and-auth header-and-cookies header-duplicates \
    header-names input-choices input-default-null input-default-template input-default-type input-hosts \
    json-as-text json-template-key jsonpath-mistakes jwt-capture jwt-exp-twice jwt-family \
    multipart-content-type multipart-names name-bound-in-the-same-step name-bound-later \
    name-default-in-cleanup name-default-too-early name-function-not-called name-guarded-but-never-bound \
    name-jwt-misplaced name-loop-outside name-of-item name-rebinds-input name-response-fields \
    name-response-misplaced name-steps name-undefined name-var-order omit-misplaced poll-names poll-snapshot \
    predicate-empty-text predicate-regex-mistakes request-halves request-method-case request-method-invalid \
    request-method-template request-method-typo request-relative-path request-url-broken request-url-scheme \
    request-url-space-and-fragment request-without-base-url step-duplicate-id step-name-empty \
    template-arguments template-braces-of-other-engines template-filters-of-other-engines \
    template-functions-of-other-engines template-in-a-block template-literal-arguments template-syntax \
    template-unknown-filter template-unknown-function template-unknown-test top-name-template undefined-name-of-a-variable url-mistakes \
    use-itself use-outputs when-braces yaml-alias-bomb yaml-ambiguous-number \
    yaml-ambiguous-numbers-of-all-kinds yaml-asterisk-and-percent yaml-at-sign-and-backtick yaml-bad-escape yaml-brackets-in-a-list-of-expressions \
    yaml-colon-in-value yaml-control-character yaml-deep-nesting yaml-duplicate-key yaml-duplicate-keys-deep \
    yaml-flow-not-closed yaml-indentation yaml-json-path-unquoted-in-flow yaml-list-on-the-keys-line \
    yaml-merge-key yaml-null-key yaml-second-document yaml-tab yaml-tag yaml-text-after-a-quote \
    yaml-unclosed-quote yaml-unknown-alias yaml-unquoted-path yaml-unquoted-template \
    yaml-unquoted-template-block yaml-windows-path";

#[test]
fn invalid_flows_fail_in_the_editor_where_structure_is_wrong() {
    let validator = jsonschema::validator_for(&flow_schema()).expect("it compiles");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/invalid");
    let mut passing = Vec::new();
    for entry in fs::read_dir(folder).expect("the corpus is there") {
        let path = entry.expect("it can be listed").path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".flow.yaml")) else { continue };
        let text = fs::read_to_string(&path).expect("it can be read");
        let fails = serde_yaml::from_str::<Value>(&text).is_ok_and(|flow| !validator.is_valid(&flow));
        if !fails {
            passing.push(name.to_owned());
        }
    }
    passing.sort();
    assert_eq!(passing, NOT_STRUCTURE.split(' ').collect::<Vec<_>>());
}

#[test]
fn environments_pass_their_schema() {
    let validator = jsonschema::validator_for(&environment_schema()).expect("it compiles");
    let good = json!({
        "vars": { "webex_url": "https://webexapis.com/v1", "emails": ["a@b.c"] },
        "secrets": { "bot_token": { "env": "WEBEX_BOT_TOKEN" }, "key": { "file": "~/.webex/key", "hosts": ["webexapis.com"] } },
        "hosts": ["webexapis.com"],
    });
    let errors: Vec<_> = validator.iter_errors(&good).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for bad in [json!({ "secrets": { "a": {} } }), json!({ "secrets": { "a": "x" } }), json!({ "var": {} })] {
        assert!(!validator.is_valid(&bad), "{bad}");
    }
}

#[test]
fn webex_schemas_know_the_documented_replies_and_allow_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/webex");
    let schema = |name: &str| {
        let text = fs::read_to_string(folder.join(format!("{name}.schema.json"))).expect("it is there");
        let schema: Value = serde_json::from_str(&text).expect("it is JSON");
        jsonschema::meta::validate(&schema).expect("it is a JSON Schema");
        jsonschema::options().should_validate_formats(true).build(&schema).expect("it compiles")
    };
    let created = "2026-11-21T10:00:00.000Z";
    let samples = [
        (
            "person",
            json!({ "id": "Y2l", "emails": ["a@b"], "displayName": "Stève", "orgId": "Y2l", "created": created, "type": "appuser" }),
        ),
        (
            "room",
            json!({ "id": "Y2l", "title": "T", "type": "group", "isLocked": false, "creatorId": "Y2l", "created": created }),
        ),
        (
            "membership",
            json!({ "id": "Y2l", "roomId": "r", "personId": "p", "personEmail": "a@b", "isModerator": false, "created": created }),
        ),
        (
            "message",
            json!({ "id": "Y2l", "roomId": "r", "personId": "p", "personEmail": "a@b", "text": "hi", "created": created }),
        ),
        (
            "webhook",
            json!({ "id": "Y2l", "name": "n", "targetUrl": "https://e.x", "resource": "messages", "event": "created", "status": "active", "created": created }),
        ),
        (
            "guest-token",
            json!({ "id": "Y2l", "subject": "s", "displayName": "d", "email": "u@appid.ciscospark.com", "accessToken": "t", "expiresIn": 64799 }),
        ),
        ("access-token", json!({ "token": "t", "expiresIn": 21599 })),
        ("error", json!({ "message": "m", "errors": [{ "description": "d" }], "trackingId": "ROUTER_1" })),
    ];
    for (name, sample) in samples {
        let validator = schema(name);
        let errors: Vec<_> = validator.iter_errors(&sample).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let mut more = sample.clone();
        more["somethingNew"] = json!(1);
        assert!(validator.is_valid(&more), "{name} allows unknown keys");
        assert!(!validator.is_valid(&json!({})), "{name} needs its keys");
    }
}
