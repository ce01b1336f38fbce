//! JSON values to template values and back, 64-bit integers exact.

use minijinja::Value as TemplateValue;
use minijinja::value::ValueKind;

use crate::value::{Map, Number, Value};

use super::json::Json;

/// How deep a value may be nested when it leaves a template: cyclic or hostile objects end here.
/// JSON itself is read to a depth of 128; a template may wrap that.
const DEPTH: usize = 192;

/// A JSON value as templates see it.
#[must_use]
pub fn to_template_value(value: &Value) -> TemplateValue {
    match value {
        Value::Null => TemplateValue::from(()),
        Value::Bool(b) => TemplateValue::from(*b),
        Value::Number(n) => from_number(n),
        Value::String(s) => TemplateValue::from(s.as_str()),
        Value::Array(items) => items.iter().map(to_template_value).collect(),
        Value::Object(map) => TemplateValue::from_pairs(map.iter().map(|(k, v)| (k.as_str(), to_template_value(v)))),
    }
}

pub(super) fn from_number(n: &Number) -> TemplateValue {
    match (n.as_i64(), n.as_u64(), n.as_f64()) {
        (Some(n), ..) => TemplateValue::from(n),
        (_, Some(n), _) => TemplateValue::from(n),
        (.., Some(n)) => TemplateValue::from(n),
        _ => TemplateValue::from(()),
    }
}

/// A template's value as JSON.
///
/// # Errors
/// It is undefined, `omit`, a function, a number JSON has not, or nested deeper than 192; the text says which.
pub fn from_template_value(value: &TemplateValue) -> Result<Value, String> {
    convert(value, DEPTH)
}

fn convert(value: &TemplateValue, depth: usize) -> Result<Value, String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(format!("the value is nested deeper than {DEPTH} levels"));
    };
    if let Some(json) = value.downcast_object_ref::<Json>() {
        return Ok(json.value().clone());
    }
    match value.kind() {
        ValueKind::None => Ok(Value::Null),
        ValueKind::Bool => Ok(Value::Bool(value.is_true())),
        ValueKind::Number => to_number(value).map(Value::Number),
        ValueKind::String => Ok(Value::String(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter().map_err(|e| e.to_string())?;
            items.map(|item| convert(&item, depth)).collect::<Result<_, _>>().map(Value::Array)
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(|e| e.to_string())? {
                let item = value.get_item(&key).map_err(|e| e.to_string())?;
                map.insert(super::text::key(&key)?, convert(&item, depth)?);
            }
            Ok(Value::Object(map))
        }
        ValueKind::Undefined => Err("the value is undefined".to_owned()),

        _ if super::is_omit(value) => Err("`omit` must stand alone".to_owned()),
        other => Err(match super::failing(value) {
            Some(failure) => failure.message.clone(),
            None => format!("a value of the kind {other} cannot be used as data"),
        }),
    }
}

/// The number as JSON writes it: an integer where it is one, else a finite float.
pub(super) fn to_number(value: &TemplateValue) -> Result<Number, String> {
    if value.is_integer() {
        if let Ok(n) = i64::try_from(value.clone()) {
            return Ok(n.into());
        }
        return u64::try_from(value.clone())
            .map(Number::from)
            .map_err(|_| format!("the integer {value} does not fit into 64 bits"));
    }
    let float = f64::try_from(value.clone()).ok().and_then(Number::from_f64);
    float.ok_or_else(|| format!("the number {value} cannot be written as JSON"))
}
