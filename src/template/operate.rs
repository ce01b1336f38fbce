//! Operators: MiniJinja's, but typed. `1 == true` is false, and ordering values of different types is an error.

use std::cmp::Ordering;

use minijinja::Value;
use minijinja::value::ValueKind;

use crate::value::compare_numbers;

use super::convert::to_number;
use super::node::{Comparison, Math};
use super::text::{self, Failure, type_name};
use super::{MAX_BYTES, MAX_ITEMS};

/// `1` equals `1.0`, key order is nothing, different types are different.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a.kind(), b.kind()) {
        (ValueKind::Number, ValueKind::Number) => order_numbers(a, b) == Some(Ordering::Equal),
        (ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable) => {
            let (Ok(a), Ok(b)) = (a.try_iter(), b.try_iter()) else { return false };
            let (a, b): (Vec<_>, Vec<_>) = (a.collect(), b.collect());
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| equal(a, b))
        }
        (ValueKind::Map, ValueKind::Map) => {
            let (Ok(keys), Ok(other)) = (a.try_iter(), b.try_iter()) else { return false };
            let keys: Vec<_> = keys.collect();
            let same = |key: &Value| match (a.get_item(key), b.get_item(key)) {
                (Ok(a), Ok(b)) => !b.is_undefined() && equal(&a, &b),
                _ => false,
            };
            keys.len() == other.count() && keys.iter().all(same)
        }
        (a_kind, b_kind) => a_kind == b_kind && a == b,
    }
}

fn order_numbers(a: &Value, b: &Value) -> Option<Ordering> {
    compare_numbers(&to_number(a).ok()?, &to_number(b).ok()?)
}

/// Orders two numbers or two texts.
pub(super) fn order(a: &Value, b: &Value) -> Result<Ordering, Failure> {
    let ordering = match (a.kind(), b.kind()) {
        (ValueKind::Number, ValueKind::Number) => order_numbers(a, b),
        (ValueKind::String, ValueKind::String) => Some(a.as_str().cmp(&b.as_str())),
        _ => None,
    };
    ordering.ok_or_else(|| {
        let (a_type, b_type) = (type_name(a), type_name(b));
        if a_type == b_type {
            return Failure::new(format!("{a_type} has no order")).help("only two numbers or two texts can be ordered");
        }
        let help = match (a.kind(), b.kind()) {
            (ValueKind::Number, ValueKind::String) | (ValueKind::String, ValueKind::Number) => {
                "convert one: `| int`, `| float` or `| string`"
            }
            _ => "only two numbers or two texts can be ordered",
        };
        Failure::new(format!("cannot order {a_type} and {b_type}")).help(help)
    })
}

/// `needle in container`.
pub(super) fn contains(container: &Value, needle: &Value) -> Result<bool, Failure> {
    match container.kind() {
        ValueKind::String => match (container.as_str(), needle.as_str()) {
            (Some(text), Some(part)) => Ok(text.contains(part)),
            _ => Err(Failure::new(format!("{} cannot be `in` a string", type_name(needle)))
                .help("a string holds only strings; convert with `| string`")),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            Ok(container.try_iter().is_ok_and(|mut items| items.any(|item| equal(&item, needle))))
        }
        ValueKind::Map => Ok(container.get_item(needle).is_ok_and(|found| !found.is_undefined())),
        _ => Err(Failure::new(format!("nothing can be `in` {}", type_name(container)))
            .help("`in` looks into a string, a list or the keys of an object")),
    }
}

pub(super) fn compare(op: Comparison, a: &Value, b: &Value) -> Result<bool, Failure> {
    Ok(match op {
        Comparison::Equal => equal(a, b),
        Comparison::NotEqual => !equal(a, b),
        Comparison::Less => order(a, b)?.is_lt(),
        Comparison::LessOrEqual => order(a, b)?.is_le(),
        Comparison::Greater => order(a, b)?.is_gt(),
        Comparison::GreaterOrEqual => order(a, b)?.is_ge(),
        Comparison::In => contains(b, a)?,
        Comparison::NotIn => !contains(b, a)?,
    })
}

pub(super) fn calculate(op: Math, a: &Value, b: &Value) -> Result<Value, Failure> {
    match (op, a.kind(), b.kind()) {
        (Math::Concat, ..) => {
            let mut out = text::of(a)?;
            room(out.len())?;
            text::write(b, &mut out)?;
            Ok(Value::from(out))
        }
        (Math::Add, ValueKind::String, ValueKind::String) => {
            Ok(Value::from([a.as_str().unwrap_or_default(), b.as_str().unwrap_or_default()].concat()))
        }
        (Math::Add, ValueKind::Seq | ValueKind::Iterable, ValueKind::Seq | ValueKind::Iterable) => {
            let items = |v: &Value| v.try_iter().map_err(|e| Failure::new(e.to_string()));
            Ok(items(a)?.chain(items(b)?).collect())
        }
        (Math::Multiply, ValueKind::String | ValueKind::Seq, ValueKind::Number) => repeat(a, b),
        (Math::Multiply, ValueKind::Number, ValueKind::String | ValueKind::Seq) => repeat(b, a),
        (_, ValueKind::Number, ValueKind::Number) => numbers(op, a, b),
        _ => {
            let mut failure =
                Failure::new(format!("`{}` cannot be used on {} and {}", sign(op), type_name(a), type_name(b)));
            if op == Math::Add && (a.kind() == ValueKind::String || b.kind() == ValueKind::String) {
                failure = failure.help("join text with `~`: `a ~ b`; convert text with `| int`");
            }
            Err(failure)
        }
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, Failure> {
    if value.kind() == ValueKind::Number {
        return numbers(Math::Subtract, &Value::from(0), value);
    }
    Err(Failure::new(format!("`-` cannot be used on {}", type_name(value))))
}

fn repeat(value: &Value, times: &Value) -> Result<Value, Failure> {
    let Some(times) = times.as_usize() else {
        return Err(Failure::new("a text or list can only be repeated a whole number of times"));
    };
    if let Some(text) = value.as_str() {
        room(text.len().saturating_mul(times))?;
        return Ok(Value::from(text.repeat(times)));
    }
    let items: Vec<Value> = value.try_iter().map_err(|e| Failure::new(e.to_string()))?.collect();
    if items.len().saturating_mul(times) > MAX_ITEMS {
        return Err(too_large());
    }
    // Nothing, any number of times, is nothing at once.
    let times = if items.is_empty() { 0 } else { times };
    Ok(std::iter::repeat_n(items, times).flatten().collect())
}

fn room(bytes: usize) -> Result<(), Failure> {
    if bytes > MAX_BYTES { Err(too_large()) } else { Ok(()) }
}

pub(super) fn too_large() -> Failure {
    Failure::new("the value grows over 16 MiB, the most one may hold")
}

fn numbers(op: Math, a: &Value, b: &Value) -> Result<Value, Failure> {
    let impossible = || Failure::new(format!("cannot calculate {a} {} {b}", sign(op)));
    let zero = f64::try_from(b.clone()).is_ok_and(|b| b == 0.0);
    if zero && matches!(op, Math::Divide | Math::FloorDivide | Math::Remainder) {
        return Err(Failure::new(format!("division by zero: {a} {} {b}", sign(op))));
    }
    if a.is_integer() && b.is_integer() && op != Math::Divide {
        let (Ok(x), Ok(y)) = (i128::try_from(a.clone()), i128::try_from(b.clone())) else {
            return Err(impossible());
        };
        let result = match op {
            Math::Add => x.checked_add(y),
            Math::Subtract => x.checked_sub(y),
            Math::Multiply => x.checked_mul(y),
            Math::FloorDivide => x.checked_div(y).map(|q| if x % y != 0 && (x < 0) != (y < 0) { q - 1 } else { q }),
            Math::Remainder => x.checked_rem(y).map(|r| if r != 0 && (r < 0) != (y < 0) { r + y } else { r }),
            Math::Power if y >= 0 => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
            _ => return float(op, a, b).ok_or_else(impossible),
        };
        return result
            .and_then(integer)
            .ok_or_else(|| Failure::new(format!("{a} {} {b} does not fit into a 64-bit integer", sign(op))));
    }
    float(op, a, b).ok_or_else(impossible)
}

fn integer(n: i128) -> Option<Value> {
    i64::try_from(n).map(Value::from).ok().or_else(|| u64::try_from(n).map(Value::from).ok())
}

fn float(op: Math, a: &Value, b: &Value) -> Option<Value> {
    let (x, y) = (lossy(a)?, lossy(b)?);
    let result = match op {
        Math::Add => x + y,
        Math::Subtract => x - y,
        Math::Multiply => x * y,
        Math::Divide => x / y,
        Math::FloorDivide => (x / y).floor(),
        Math::Remainder => x - y * (x / y).floor(),
        Math::Power => x.powf(y),
        Math::Concat => return None,
    };
    result.is_finite().then(|| Value::from(result))
}

fn lossy(value: &Value) -> Option<f64> {
    to_number(value).ok()?.as_f64()
}

fn sign(op: Math) -> &'static str {
    match op {
        Math::Add => "+",
        Math::Subtract => "-",
        Math::Multiply => "*",
        Math::Divide => "/",
        Math::FloorDivide => "//",
        Math::Remainder => "%",
        Math::Power => "**",
        Math::Concat => "~",
    }
}
