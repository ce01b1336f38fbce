//! How values look inside longer text.

use minijinja::Value;
use minijinja::value::ValueKind;

use super::convert::to_number;

/// The text of a value inside longer text, or why it has none.
pub(super) fn of(value: &Value) -> Result<String, Failure> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

/// Appends it.
pub(super) fn write(value: &Value, out: &mut String) -> Result<(), Failure> {
    match value.kind() {
        ValueKind::String => out.push_str(value.as_str().unwrap_or_default()),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)?),
        ValueKind::None => return Err(unwritten("null")),
        ValueKind::Seq | ValueKind::Iterable => return Err(unwritten("a list")),
        ValueKind::Map => return Err(unwritten("an object")),
        _ if super::is_omit(value) => {
            return Err(Failure::new("`omit` cannot stand inside longer text").help("let it be the whole `{{ }}`"));
        }
        other => return Err(Failure::new(format!("a value of the kind {other} cannot stand in text"))),
    }
    Ok(())
}

fn unwritten(what: &str) -> Failure {
    let help = match what {
        "null" => "write `| default('…', true)` for a fallback, or `| tojson` for the text `null`",
        _ => "write `| tojson`, or `| join(', ')` for a list",
    };
    Failure::new(format!("{what} cannot stand inside text")).help(help)
}

/// `5` and not `5.0`; integers exactly.
pub(super) fn number(value: &Value) -> Result<String, Failure> {
    let number = to_number(value).map_err(Failure::new)?;
    Ok(match number.as_f64() {
        // Below 2^53 a whole float is exactly its integer.
        Some(f) if number.is_f64() && f.fract() == 0.0 && f.abs() < 9_007_199_254_740_992.0 => (f as i64).to_string(),
        _ => number.to_string(),
    })
}

/// A key of an object: text, or what JSON writers make of other scalars.
pub(super) fn key(value: &Value) -> Result<String, String> {
    of(value).map_err(|_| "the key of an object must be text".to_owned())
}

/// What went wrong, before it has a place.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub message: String,
    pub help: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The type of a value as users know it.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "undefined",
        ValueKind::None => "null",
        ValueKind::Bool => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "a string",
        ValueKind::Seq | ValueKind::Iterable => "a list",
        ValueKind::Map => "an object",
        _ if super::is_omit(value) => "`omit`",
        _ => "not data",
    }
}
