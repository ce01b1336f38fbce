//! The JSON-like value that is captured, compared and rendered.
//!
//! It is `serde_json`'s, with key order kept. What the language adds is here: equality where `1` is `1.0`,
//! and the names of types as users know them.

use std::time::Duration;

pub use serde_json::{Map, Number, Value};

/// The type names of the language (`type` predicate, input `type`): JSON's, with `integer` beside `number`.
#[must_use]
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if is_integer(n) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// True where a number has no fraction: `5` and `5.0` both are integers, as in JSON Schema.
#[must_use]
pub fn is_integer(n: &Number) -> bool {
    !n.is_f64() || n.as_f64().is_some_and(|f| f.fract() == 0.0)
}

/// Equality as JSON means it: typed, `1` equals `1.0`, key order is nothing.
#[must_use]
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare_numbers(a, b) == Some(std::cmp::Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Orders two numbers exactly, also a 64-bit integer against a float. `None` only for NaN, which JSON has not.
#[must_use]
pub fn compare_numbers(a: &Number, b: &Number) -> Option<std::cmp::Ordering> {
    let int = |n: &Number| n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from));
    match (int(a), int(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(a), None) => compare_int_float(a, b.as_f64()?),
        (None, Some(b)) => compare_int_float(b, a.as_f64()?).map(std::cmp::Ordering::reverse),
        (None, None) => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn compare_int_float(a: i128, b: f64) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if b.is_nan() {
        return None;
    }
    // 64-bit integers lie well inside ±1e20; beyond it the float decides.
    if b >= 1e20 {
        return Some(Ordering::Less);
    }
    if b <= -1e20 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    Some(a.cmp(&(whole as i128)).then(0.0_f64.partial_cmp(&(b - whole))?))
}

/// The duration that `text` says: a number with `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// What is wrong with it, as help for its writer.
pub fn duration_of(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let units = "write a number with `ms`, `s`, `m`, `h` or `d`, like `500ms` or `1.5m`";
    if number.is_empty() {
        return Err(units.to_owned());
    }
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "" => return Err(format!("add a unit: `{number}s` or `{number}ms`")),
        _ => return Err(units.to_owned()),
    };
    number
        .parse::<f64>()
        .ok()
        .and_then(|n| Duration::try_from_secs_f64(n * seconds).ok())
        .filter(|d| d.as_secs() <= 366 * 86_400)
        .ok_or_else(|| units.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equality_is_typed_and_numbers_are_numbers() {
        assert!(equal(&json!(1), &json!(1.0)));
        assert!(!equal(&json!(1), &json!("1")));
        assert!(!equal(&json!(1), &json!(true)));
        assert!(equal(&json!({"a": [1, {"b": 2}], "c": null}), &json!({"c": null, "a": [1.0, {"b": 2.0}]})));
        assert!(!equal(&json!({"a": 1}), &json!({"a": 1, "b": 2})));
        assert!(!equal(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992.0)));
    }

    #[test]
    fn five_point_zero_is_an_integer() {
        assert_eq!(type_name(&json!(5.0)), "integer");
        assert_eq!(type_name(&json!(5.5)), "number");
        assert_eq!(type_name(&json!(u64::MAX)), "integer");
    }

    #[test]
    fn durations() {
        assert_eq!(duration_of("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration_of("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration_of("2 s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration_of("10"), Err("add a unit: `10s` or `10ms`".to_owned()));
        for bad in ["soon", "-1s", "1.2.3s", "s", "1w", "99999999d"] {
            assert!(duration_of(bad).is_err(), "{bad}");
        }
    }
}
