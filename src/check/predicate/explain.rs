//! The words of a failure: which item, which key, which type. Made only for what failed.

use std::fmt;

use super::actual::{kind, ordered_kind};
use super::holds::{Fault, Ready, ReadyOperand, all_hold};
use super::{Actual, Operator};
use crate::value::{self, Map, Value};

/// What stands for a value whose template names a secret.
const MASK: &str = "***";

/// What a sentence is about.
pub(super) enum Place<'a> {
    /// The subject itself, as the user wrote it.
    Subject(&'a str),
    /// An item, counted from 1.
    Item(usize, &'a Place<'a>),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Subject(subject) => write!(f, "`{subject}`"),
            Place::Item(number, list) => write!(f, "item {number} of {list}"),
        }
    }
}

/// Why `test` does not hold of `actual`, where expected and actual do not say it all.
pub(super) fn explain(test: &Ready<'_>, fault: Fault, actual: Actual<'_>, place: &Place<'_>) -> Option<String> {
    if matches!(actual, Actual::Missing | Actual::NoNodes) {
        return None;
    }
    match (&test.operand, fault) {
        (ReadyOperand::Tests(tests), _) => nested(test.operator, tests, fault, actual, place),
        (_, Fault::WrongType) => Some(wrong_type(test, actual, place)),
        // A difference would repeat the secret's parts.
        (ReadyOperand::Value(_), _) if test.secret => None,
        (ReadyOperand::Value(operand), _) => unequal(test.operator, operand, actual),
        (ReadyOperand::Regex(_), _) => None,
    }
}

/// What the test wants, as a value for the report: the operand, or the operators of a nested predicate.
pub(super) fn wanted(test: &Ready<'_>) -> Value {
    match &test.operand {
        ReadyOperand::Value(_) if test.secret => Value::from(MASK),
        ReadyOperand::Value(operand) => operand.as_ref().clone(),
        ReadyOperand::Regex(regex) => Value::from(regex.as_str()),
        ReadyOperand::Tests(tests) => match tests.as_slice() {
            [one] if one.operator == Operator::Eq => wanted(one),
            several => {
                Value::Object(several.iter().map(|t| (t.operator.name().to_owned(), wanted(t))).collect::<Map<_, _>>())
            }
        },
    }
}

fn nested(
    operator: Operator,
    tests: &[Ready<'_>],
    fault: Fault,
    actual: Actual<'_>,
    place: &Place<'_>,
) -> Option<String> {
    match operator {
        Operator::Not if fault == Fault::Unequal => None,
        Operator::Not => explain(gravest(tests, actual)?.0, fault, actual, place),
        Operator::Length => Some(match actual.length() {
            Some(length) => format!("its length is {length}"),
            None => format!("`length` is of text, a list or an object; {place} is {}", actual.kind()),
        }),
        _ => {
            let Some(items) = actual.items() else {
                let name = operator.name();
                return Some(format!("`{name}` asks the items of a list; {place} is {}", actual.kind()));
            };
            if items.len() == 0 {
                return Some(format!("{place} has no items, and `{}` needs one", operator.name()));
            }
            let mut judged = items.iter().enumerate().map(|(i, item)| (i + 1, item, all_hold(tests, item)));
            match (operator, fault) {
                (Operator::None, Fault::Unequal) => {
                    let (number, item, _) = judged.find(|(.., result)| result.is_ok())?;
                    Some(format!("item {number} does: it is {}", shown(item)))
                }
                (Operator::Any, Fault::Unequal) => Some(format!("none of the {} items does", items.len())),
                (_, fault) => {
                    let (number, item, _) = judged.find(|(.., result)| *result == Err(fault))?;
                    Some(of_item(tests, item, &Place::Item(number, place)))
                }
            }
        }
    }
}

/// The first test that fails for the gravest reason: it says why the whole does.
fn gravest<'t, 'p>(tests: &'t [Ready<'p>], actual: Actual<'_>) -> Option<(&'t Ready<'p>, Fault)> {
    // The last of equals is taken: from behind, that is the first.
    tests.iter().rev().filter_map(|test| Some((test, test.holds(actual).err()?))).max_by_key(|(_, fault)| *fault)
}

/// Why an item fails: the nested message, or what it is and what it should be.
fn of_item(tests: &[Ready<'_>], item: Actual<'_>, place: &Place<'_>) -> String {
    let Some((test, fault)) = gravest(tests, item) else { return format!("{place} is {}", shown(item)) };
    match explain(test, fault, item, place) {
        Some(reason) if fault == Fault::WrongType => reason,
        Some(reason) => format!("{place}: {reason}"),
        None => {
            let operator = match test.operator {
                Operator::Eq => String::new(),
                other => format!("{} ", other.words()),
            };
            format!("{place} is {}, wanted: {operator}{}", shown(item), short(&wanted(test)))
        }
    }
}

fn wrong_type(test: &Ready<'_>, actual: Actual<'_>, place: &Place<'_>) -> String {
    let name = test.operator.name();
    let operand = match &test.operand {
        ReadyOperand::Value(operand) => Some(operand.as_ref()),
        _ => None,
    };
    if test.operator.orders() {
        let found = ordered_kind(actual);
        let asked = operand.map_or("text", |o| ordered_kind(Actual::Value(o)));
        let start = format!("`{name}` compares numbers, durations or instants; {place} is {found}");
        return if found == asked { start } else { format!("{start}, compared with {asked}") };
    }
    match test.operator {
        Operator::Empty => format!("`empty` is of text, a list or an object; {place} is {}", actual.kind()),
        _ if operand.and_then(Value::as_str) == Some("") && actual.text().is_some() => {
            format!("`{name}` with an empty text always holds of {place}, so it says nothing")
        }
        Operator::Contains if actual.text().is_some() => {
            format!(
                "`contains` looks for text in text; {place} is text and the operand is {}",
                operand.map_or("not", kind)
            )
        }
        Operator::Contains => format!("`contains` looks into text or a list; {place} is {}", actual.kind()),
        _ => format!("`{name}` looks at text; {place} is {}", actual.kind()),
    }
}

fn unequal(operator: Operator, operand: &Value, actual: Actual<'_>) -> Option<String> {
    match (operator, actual) {
        (Operator::Eq | Operator::Like, Actual::Value(value)) => {
            difference(value, operand, operator == Operator::Like, &mut String::new())
        }
        (Operator::Type, _) => Some(format!("it is of type {}", actual.type_name())),
        (Operator::Empty, _) => {
            let length = actual.length().filter(|n| *n > 0)?;
            let unit = if actual.text().is_some() { "characters" } else { "entries" };
            Some(format!("it has {length} {unit}"))
        }
        _ => None,
    }
}

/// The first place where two values differ; `None` where the two values on their own say it.
fn difference(actual: &Value, wanted: &Value, partial: bool, pointer: &mut String) -> Option<String> {
    match (actual, wanted) {
        (Value::Object(a), Value::Object(w)) => {
            for (key, wanted) in w {
                let Some(actual) = a.get(key) else {
                    return Some(format!("the key `{key}` is missing{}", at(pointer)));
                };
                if let Some(found) = inside(key, actual, wanted, partial, pointer) {
                    return Some(found);
                }
            }
            let extra = a.keys().find(|key| !partial && !w.contains_key(*key))?;
            Some(format!("there is a key `{extra}`{} that was not expected (`like` allows more keys)", at(pointer)))
        }
        (Value::Array(a), Value::Array(w)) if a.len() != w.len() => {
            Some(format!("{} items{}, expected {}", a.len(), at(pointer), w.len()))
        }
        (Value::Array(a), Value::Array(w)) => a
            .iter()
            .zip(w)
            .enumerate()
            .find_map(|(index, (actual, wanted))| inside(&index.to_string(), actual, wanted, partial, pointer)),
        _ if value::equal(actual, wanted) => None,
        _ if pointer.is_empty() => same_words(actual, wanted),
        _ => Some(format!("at {pointer}: expected {}, is {}", short(wanted), short(actual))),
    }
}

fn inside(step: &str, actual: &Value, wanted: &Value, partial: bool, pointer: &mut String) -> Option<String> {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    let found = difference(actual, wanted, partial, pointer);
    pointer.truncate(length);
    found
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() { String::new() } else { format!(" at {pointer}") }
}

/// `5` against `"5"`: the same on a screen, not the same value.
fn same_words(actual: &Value, wanted: &Value) -> Option<String> {
    let plain = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let scalars =
        !matches!((actual, wanted), (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)));
    (scalars && plain(actual) == plain(wanted))
        .then(|| format!("it is {}, expected {}: types count", kind(actual), kind(wanted)))
}

/// The most items of a list of names that are looked at for being short enough.
const NAMES: usize = 20;

/// A value in at most about 80 characters.
pub(in crate::check) fn short(value: &Value) -> String {
    match value {
        // Names are what the person wants to see. Numbers stay out: a short secret is masked between quotes only.
        Value::Array(items) if !items.is_empty() && items.len() <= NAMES && items.iter().all(Value::is_string) => {
            let text = value.to_string();
            if text.chars().nth(80).is_some() { format!("a list of {}", items.len()) } else { text }
        }
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(map) => format!("an object of {} keys", map.len()),
        Value::String(text) if text.chars().nth(80).is_some() => {
            format!("{}…", Value::from(text.chars().take(80).collect::<String>()))
        }
        scalar => scalar.to_string(),
    }
}

fn shown(actual: Actual<'_>) -> String {
    match (actual, actual.text()) {
        (Actual::Value(value), _) => short(value),
        (_, Some(text)) => short(&Value::from(text.chars().take(81).collect::<String>())),
        _ => actual.kind().to_owned(),
    }
}
