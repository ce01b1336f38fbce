//! JSON in and out, and JSONPath into it.

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, Value};

use crate::jsonpath::JsonPath;
use crate::template::convert::{from_template_value, to_template_value};
use crate::template::json::Json;
use crate::template::text::{Failure, type_name};

use super::Arguments;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("from_json", |v: &Value| Ok::<_, Error>(from_json(super::text(v)?)?));
    env.add_filter("tojson", |values: Rest<Value>, named: Kwargs| {
        let args = Arguments::new(values, named);
        let text = to_json(&args)?;
        args.named.assert_all_used()?;
        Ok::<_, Error>(text)
    });
    env.add_filter("jsonpath", |v: &Value, path: &Value| {
        let path = path.as_str().ok_or_else(|| Failure::new("the JSONPath must be text"))?;
        let path = JsonPath::parse(path).map_err(|e| Failure::new(format!("`{path}` is no JSONPath: {e}")))?;
        Ok::<_, Error>(query(v, &path)?)
    });
}

fn from_json(text: &str) -> Result<Value, Failure> {
    let value: crate::value::Value = serde_json::from_str(text).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        Failure::new(format!("the text is not JSON (at its line {line}, column {column})"))
    })?;
    Ok(to_template_value(&value))
}

/// Compact, or with `indent` spaces; nothing is escaped for HTML.
fn to_json(args: &Arguments) -> Result<String, Failure> {
    let value = from_template_value(&args.subject()).map_err(Failure::new)?;
    let Some(indent) = args.get(1, "indent").filter(|v| !v.is_none() && !v.is_undefined()) else {
        return Ok(value.to_string());
    };
    let width = match indent.as_usize() {
        Some(width) if width <= 16 => width,
        _ if indent.kind() == minijinja::value::ValueKind::Bool => 2 * usize::from(indent.is_true()),
        _ => return Err(Failure::new(format!("`indent` must be 0 to 16, not {}", type_name(&indent)))),
    };
    if width == 0 {
        return Ok(value.to_string());
    }
    let spaces = " ".repeat(width);
    let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    serde::Serialize::serialize(&value, &mut serializer).map_err(|e| Failure::new(e.to_string()))?;
    String::from_utf8(out).map_err(|e| Failure::new(e.to_string()))
}

/// A singular path gives the value, undefined where there is none; any other the list of values.
pub(in crate::template) fn query(value: &Value, path: &JsonPath) -> Result<Value, Failure> {
    let copy;
    let value = match value.downcast_object_ref::<Json>() {
        Some(json) => json.value(),
        None => {
            copy = from_template_value(value).map_err(Failure::new)?;
            &copy
        }
    };
    let found = path.query(value).map_err(|error| Failure::new(format!("`{path}` {error}")))?;
    if path.is_singular() {
        return Ok(found.first().map_or(Value::UNDEFINED, |value| to_template_value(value)));
    }
    Ok(found.into_iter().map(to_template_value).collect())
}
