//! `--data`: the whole flow once per row, whose cells are values for inputs.

use std::sync::Arc;

use super::exit::Exit;
use super::output::Output;
use crate::load::{self, Surroundings};
use crate::run::inputs::Offer;
use crate::source::FileError;
use crate::value::{Value, type_name};

/// The rows of `--data`; without it one that gives nothing.
pub(super) struct Rows {
    rows: Vec<Row>,
    /// Each column once.
    columns: Vec<Arc<str>>,
    /// As typed.
    file: String,
}

/// One row.
#[derive(Default)]
pub(super) struct Row {
    /// From 1; `None` without `--data`.
    pub(super) number: Option<u32>,
    pub(super) cells: Vec<Offer>,
}

impl Rows {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or is not a list of rows; it was told.
    pub(super) fn read(file: Option<&str>, around: &Surroundings, output: &Output) -> Result<Self, Exit> {
        let Some(file) = file else {
            return Ok(Self { rows: vec![Row::default()], columns: Vec::new(), file: String::new() });
        };
        let rows = load::table(file, &around.current).and_then(|table| rows(file, table));
        rows.map_err(|error| {
            output.file_error(&FileError { message: format!("--data: {}", error.message), help: error.help });
            Exit::Invalid
        })
    }

    /// The rows, in the file's order; never none.
    pub(super) fn all(&self) -> &[Row] {
        &self.rows
    }

    /// Each column, with how messages call the file.
    pub(super) fn columns(&self) -> impl Iterator<Item = (&str, &Arc<str>)> {
        self.columns.iter().map(|column| (self.file.as_str(), column))
    }
}

fn rows(file: &str, table: Value) -> Result<Rows, FileError> {
    let fail =
        |message: String, help: &str| FileError { message: format!("{file} {message}"), help: Some(help.to_owned()) };
    let Value::Array(items) = table else {
        let message = format!("holds one value of type {}, not a list of rows", type_name(&table));
        return Err(fail(message, "a row is an object of input names and values"));
    };
    if items.is_empty() {
        return Err(fail("has no rows".to_owned(), "without rows no flow runs, and nothing is tested"));
    }
    let mut all = Rows { rows: Vec::with_capacity(items.len()), columns: Vec::new(), file: file.to_owned() };
    for (item, number) in items.into_iter().zip(1_u32..) {
        let Value::Object(cells) = item else {
            let message = format!("has a value of type {} as row {number}", type_name(&item));
            return Err(fail(message, "a row is an object of input names and values"));
        };
        let origin: Arc<str> = format!("row {number} of {file}").into();
        let cells = cells.into_iter().map(|(name, value)| {
            let known = all.columns.iter().find(|column| ***column == *name).cloned();
            let name = known.unwrap_or_else(|| {
                let name: Arc<str> = name.into();
                all.columns.push(Arc::clone(&name));
                name
            });
            Offer { name, value, origin: Arc::clone(&origin) }
        });
        let cells = cells.collect();
        all.rows.push(Row { number: Some(number), cells });
    }
    Ok(all)
}
