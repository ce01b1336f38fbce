//! `wxflow schema`: the JSON Schemas of what people write and programs read.

use super::args::SchemaName;
use super::exit::Exit;
use super::output::Output;
use crate::report::{event_schema, report_schema};
use crate::schema::{environment_schema, flow_schema};

/// Prints a schema.
///
/// # Errors
/// stdout cannot be written; it was told.
pub(super) fn schema(name: SchemaName, output: &Output) -> Result<Exit, Exit> {
    let schema = match name {
        SchemaName::Flow => flow_schema(),
        SchemaName::Environment => environment_schema(),
        SchemaName::Event => event_schema(),
        SchemaName::Report => report_schema(),
    };
    output.results(&format!("{schema:#}\n"))?;
    Ok(Exit::Success)
}
