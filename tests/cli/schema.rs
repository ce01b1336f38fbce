//! `wxflow schema`.

use crate::project::Project;

#[test]
fn every_schema_is_a_schema() {
    for name in ["flow", "environment", "event", "report"] {
        let done = Project::new().run(&["schema", name]);
        assert_eq!((done.status, done.stderr.as_str()), (0, ""));
        let schema: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        assert!(schema["properties"].is_object(), "{name}");
    }
}
