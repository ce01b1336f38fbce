//! A data file that the person names with `--data`, `--var NAME=@FILE` or `--var-file`: CSV, JSON or YAML.
//!
//! Messages tell the line and never show it: a cell may be a secret that nobody knows of yet.

use std::path::Path;

use super::read::source;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileError, Source};
use crate::value::{Map, Value};
use crate::yaml;

/// Reads a data file, relative to `folder`; a CSV is a list of objects of text. `shown` is how messages call it, and its
/// extension says what it is.
///
/// # Errors
/// Another extension, a file that cannot be read, or a mistake in it.
pub fn table(shown: &str, folder: &Path) -> Result<Value, FileError> {
    let extension = shown.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    if !matches!(extension.as_str(), "csv" | "json" | "yaml" | "yml") {
        let message = format!("{shown} is no .csv, .json or .yaml file");
        return Err(FileError { message, help: Some("only those hold data".to_owned()) });
    }
    let source = source(&folder.join(shown), shown).map_err(|list| first(shown, &list))?;
    match extension.as_str() {
        "csv" => csv(shown, source.text()),
        "json" => json(shown, source.text()),
        _ => yaml(shown, &source),
    }
}

/// The first mistake, without the line it stands in.
fn first(shown: &str, list: &[Diagnostic]) -> FileError {
    let Some(d) = list.first() else { return at(shown, 0, "it cannot be read") };
    let line = if d.source.text().is_empty() { 0 } else { d.source.position(d.span.start).line };
    FileError { help: d.help.clone(), ..at(shown, line.into(), &d.message) }
}

/// A mistake in line `line`; 0 for the file as a whole.
fn at(shown: &str, line: u64, message: &str) -> FileError {
    let place = if line > 0 { format!("{shown}:{line}") } else { shown.to_owned() };
    FileError { message: format!("{place}: {message}"), help: None }
}

fn json(shown: &str, text: &str) -> Result<Value, FileError> {
    serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        at(shown, error.line() as u64, &format!("this is not JSON: {message}"))
    })
}

fn yaml(shown: &str, source: &std::sync::Arc<Source>) -> Result<Value, FileError> {
    let mut list = Diagnostics::new(std::sync::Arc::clone(source));
    let value = yaml::parse(source, &mut list).and_then(|root| root.value(&mut list));
    match value {
        Some(value) if !list.has_errors() => Ok(value),
        _ => Err(first(shown, &list.into_sorted())),
    }
}

/// The header row names the columns; every row has all of them.
fn csv(shown: &str, text: &str) -> Result<Value, FileError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(0, csv::Position::line);
        at(shown, line, &format!("this is not CSV: {error}"))
    };
    let header = reader.headers().map_err(|e| broken(&e))?.clone();
    let names: Vec<&str> = header.iter().map(str::trim).collect();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            let message = format!("column {} has no name", index + 1);
            return Err(FileError {
                help: Some("the first line names the columns".to_owned()),
                ..at(shown, 1, &message)
            });
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(at(shown, 1, &format!("the column `{name}` stands there twice")));
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| broken(&e))?;
        if record.len() != names.len() {
            let line = record.position().map_or(0, csv::Position::line);
            let message = format!("the row has {} cells, and the header names {}", record.len(), names.len());
            let help = "put a cell that holds a comma into double quotes".to_owned();
            return Err(FileError { help: Some(help), ..at(shown, line, &message) });
        }
        let cells = names.iter().zip(&record).map(|(name, cell)| ((*name).to_owned(), Value::from(cell)));
        rows.push(Value::Object(cells.collect::<Map<_, _>>()));
    }
    Ok(Value::Array(rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(name: &str, text: &str) -> Result<Value, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        table(name, dir.path()).map_err(|e| e.message)
    }

    #[test]
    fn csv_is_text() {
        let text = "\u{feff}name, age\r\n\"Ann, PhD\",7\r\n\"two\nlines\",\r\n";
        let rows = json!([{"name": "Ann, PhD", "age": "7"}, {"name": "two\nlines", "age": ""}]);
        assert_eq!(read("a.csv", text), Ok(rows));
        assert_eq!(read("a.csv", "name\n"), Ok(json!([])));
    }

    #[test]
    fn json_and_yaml_are_typed() {
        assert_eq!(read("a.json", "[{\"n\": 1}]"), Ok(json!([{"n": 1}])));
        assert_eq!(read("a.yaml", "- n: 1\n  t: 'x'\n"), Ok(json!([{"n": 1, "t": "x"}])));
    }

    #[test]
    fn a_mistake_tells_its_line_and_shows_nothing_of_it() {
        assert_eq!(
            read("a.csv", "a,b\n1,2\nhunter22\n").unwrap_err(),
            "a.csv:3: the row has 1 cells, and the header names 2"
        );
        assert_eq!(read("a.csv", "a,a\n").unwrap_err(), "a.csv:1: the column `a` stands there twice");
        assert_eq!(read("a.csv", "a,\n").unwrap_err(), "a.csv:1: column 2 has no name");
        assert_eq!(read("a.json", "[\n{\"a\": hunter22}]").unwrap_err(), "a.json:2: this is not JSON: expected value");
        assert!(read("a.yaml", "a: [hunter22\n").unwrap_err().starts_with("a.yaml:"));
        assert!(!read("a.yaml", "a: [hunter22\n").unwrap_err().contains("hunter22"));
        assert_eq!(read("a.txt", "x").unwrap_err(), "a.txt is no .csv, .json or .yaml file");
    }
}
