//! The JSON Schemas of what programs read: an event, and the JSON report.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::json::JsonReport;
use crate::event::RunEvent;
use crate::value::Value;

/// The schema of one line of the `events` report, draft 2020-12.
#[must_use]
pub fn event_schema() -> Value {
    of::<RunEvent>("An event of a wxflow run", "One line of `--report events=FILE`.")
}

/// The schema of the `json` report, draft 2020-12.
#[must_use]
pub fn report_schema() -> Value {
    of::<JsonReport>("A wxflow run", "What `--report json=FILE` writes.")
}

fn of<T: JsonSchema>(title: &str, description: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.insert("description".to_owned(), description.into());
    schema.to_value()
}
