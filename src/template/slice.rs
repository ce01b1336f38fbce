//! `value[start:stop:step]`, as Python has it, on text and lists.

use minijinja::Value;
use minijinja::value::ValueKind;

use super::text::{Failure, type_name};

/// `bounds` are start, stop and step.
pub(super) fn slice(value: &Value, [start, stop, step]: [Option<i64>; 3]) -> Result<Value, Failure> {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(Failure::new("the step of a slice cannot be 0"));
    }
    match value.kind() {
        ValueKind::String => {
            let chars: Vec<char> = value.as_str().unwrap_or_default().chars().collect();
            Ok(Value::from(indexes(chars.len(), start, stop, step).filter_map(|i| chars.get(i)).collect::<String>()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter().map_err(|e| Failure::new(e.to_string()))?.collect();
            Ok(indexes(items.len(), start, stop, step).filter_map(|i| items.get(i).cloned()).collect())
        }
        _ => Err(Failure::new(format!("{} cannot be sliced", type_name(value)))),
    }
}

fn indexes(length: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    // Walking back begins at the last item and ends before the first, at -1.
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| if bound < 0 { bound.saturating_add(length) } else { bound }.clamp(low, high);
    let mut at = start.map_or(if step > 0 { low } else { high }, clamp);
    let end = stop.map_or(if step > 0 { high } else { low }, clamp);
    std::iter::from_fn(move || {
        let inside = if step > 0 { at < end } else { at > end };
        let index = usize::try_from(at).ok().filter(|_| inside)?;
        at = at.saturating_add(step);
        Some(index)
    })
}
