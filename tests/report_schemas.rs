//! `schemas/` holds what the code says. `WXFLOW_BLESS=1 cargo test --test report_schemas` rewrites it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

use std::path::Path;

use wxflow::report::{event_schema, report_schema};

#[test]
fn the_schemas_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, schema) in [("event.schema.json", event_schema()), ("report.schema.json", report_schema())] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = folder.join(name);
        if std::env::var_os("WXFLOW_BLESS").is_some() {
            std::fs::write(&path, text).unwrap();
        } else {
            let stored = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(stored == text, "{name} is out of date: run WXFLOW_BLESS=1 cargo test --test report_schemas");
        }
    }
}
