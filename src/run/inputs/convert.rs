//! From what a place holds to a value of the input's type.

use super::Raw;
use crate::flow::{Input, InputType};
use crate::value::{Value, equal, is_integer};

/// The value, or a message and a help. No message holds a secret.
pub(super) fn convert(input: &Input, raw: Raw, secret: bool, origin: &str) -> Result<Value, (String, String)> {
    let name = &input.name;
    let wanted = noun(input.kind);
    let shown = match &raw {
        _ if secret => None,
        Raw::Text(text) => Some(text.clone()),
        Raw::Value(Value::String(text)) => Some(text.clone()),
        Raw::Value(value) => Some(value.to_string()),
    };
    let subject = match &shown {
        Some(shown) => format!("input `{name}` is `{}`, from {origin}", shorten(shown)),
        None => format!("the value of input `{name}`, from {origin},"),
    };
    let joint = if shown.is_some() { ", which" } else { "" };
    let value = typed(input.kind, raw)
        .ok_or_else(|| (format!("{subject}{joint} is not {wanted}"), format!("write {}", example(input.kind))))?;
    if input.choices.is_empty() || input.choices.iter().any(|choice| equal(choice, &value)) {
        return Ok(value);
    }
    let choices: Vec<_> =
        input.choices.iter().map(|c| c.as_str().map_or_else(|| c.to_string(), str::to_owned)).collect();
    let near = shown.as_deref().and_then(|s| crate::diagnostic::nearest(s, choices.iter().map(String::as_str)));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its choices are {}", choices.join(", ")),
    };
    Err((format!("{subject}{joint} is none of its choices"), help))
}

fn typed(kind: InputType, raw: Raw) -> Option<Value> {
    let value = match (kind, raw) {
        (InputType::String, Raw::Text(text)) => Value::String(text),
        (_, Raw::Text(text) | Raw::Value(Value::String(text))) if kind != InputType::String => {
            serde_json::from_str(text.trim()).ok()?
        }
        (_, Raw::Text(text)) => Value::String(text),
        (_, Raw::Value(value)) => value,
    };
    let fits = match (kind, &value) {
        (InputType::Integer, Value::Number(n)) => is_integer(n),
        (InputType::String, Value::String(_))
        | (InputType::Number, Value::Number(_))
        | (InputType::Boolean, Value::Bool(_))
        | (InputType::List, Value::Array(_))
        | (InputType::Object, Value::Object(_)) => true,
        _ => false,
    };
    fits.then_some(value)
}

fn noun(kind: InputType) -> &'static str {
    match kind {
        InputType::String => "text",
        InputType::Integer => "an integer",
        InputType::Number => "a number",
        InputType::Boolean => "a boolean",
        InputType::List => "a list",
        InputType::Object => "an object",
    }
}

fn example(kind: InputType) -> &'static str {
    match kind {
        InputType::String => "it in quotes, so that YAML takes it as text",
        InputType::Integer => "it like `5`",
        InputType::Number => "it like `5` or `0.5`",
        InputType::Boolean => "`true` or `false`",
        InputType::List => "it as JSON, like `[\"a\", \"b\"]`",
        InputType::Object => "it as JSON, like `{\"a\": 1}`",
    }
}

fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= MOST && line.len() == text.len() {
        return text.to_owned();
    }
    line.chars().take(MOST).chain(['…']).collect()
}
