//! MiniJinja's filters that could make much out of little, with a look at the size before they do.

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, Value};
use std::sync::LazyLock;

use crate::template::operate::too_large;
use crate::template::text::Failure;
use crate::template::{MAX_BYTES, MAX_ITEMS};

use super::Arguments;

pub(super) fn add(env: &mut Environment<'static>) {
    for (name, bytes) in BOUNDS {
        env.add_filter(*name, move |values: Rest<Value>, named: Kwargs| {
            bounded(name, *bytes, Arguments::new(values, named))
        });
    }
}

type Bound = fn(&Arguments) -> usize;

/// Each filter, and the most bytes (or items, for lists) it can give.
const BOUNDS: &[(&str, Bound)] = &[
    ("indent", indent),
    ("replace", replace),
    ("join", join),
    ("format", format),
    ("batch", pieces),
    ("slice", pieces),
];

fn bounded(name: &str, bytes: Bound, args: Arguments) -> Result<Value, Error> {
    static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(Environment::new);
    if bytes(&args) > MAX_BYTES {
        return Err(too_large().into());
    }
    if name == "join" {
        // The filter would write `True`, `None` and `['a']`, as Python does.
        let text = joined(&args)?;
        args.named.assert_all_used()?;
        return Ok(text);
    }
    let Arguments { mut values, named } = args;
    if name == "format" {
        values.first().and_then(Value::as_str).map_or(Ok(()), plain_keys)?;
        // Numbers keep their kind, for `%d` and `%.2f`; the rest is written as text is, not as in Python.
        for value in values.iter_mut().filter(|value| !value.is_number()) {
            *value = Value::from(crate::template::text::of(value)?);
        }
    }
    if named.args().next().is_some() {
        values.push(Value::from(named));
    }
    PLAIN.empty_state().apply_filter(name, &values)
}

fn length(value: Option<&Value>) -> usize {
    value.and_then(Value::as_str).map_or(0, str::len)
}

fn number(value: Option<Value>) -> usize {
    // Whole floats count as integers in MiniJinja; the cast saturates.
    value.map_or(0, |v| v.as_usize().or_else(|| f64::try_from(v).ok().map(|f| f as usize)).unwrap_or(0))
}

fn indent(args: &Arguments) -> usize {
    let text = args.values.first().and_then(Value::as_str).unwrap_or_default();
    let width = number(args.get(1, "width"));
    (text.matches('\n').count() + 1).saturating_mul(width).saturating_add(text.len())
}

fn replace(args: &Arguments) -> usize {
    let (Some(text), Some(from)) =
        (args.values.first().and_then(Value::as_str), args.values.get(1).and_then(Value::as_str))
    else {
        return 0;
    };
    text.matches(from).count().saturating_mul(length(args.values.get(2))).saturating_add(text.len())
}

fn join(args: &Arguments) -> usize {
    let Some(items) = args.values.first().and_then(Value::len) else { return 0 };
    items.saturating_mul(length(args.get(1, "d").as_ref()))
}

/// A width of more than four digits is beyond any use; `*` takes it from an argument.
fn format(args: &Arguments) -> usize {
    let template = args.values.first().and_then(Value::as_str).unwrap_or_default();
    let digits = template.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if digits > 4 || template.contains('*') {
        return usize::MAX;
    }
    let longest = args.values.iter().skip(1).map(|v| length(Some(v))).max().unwrap_or(0).max(10_000);
    let places = template.matches('%').count();
    // Few places never come near the limit, however long the longest value is.
    if places == 0 { template.len() } else { places.saturating_mul(longest).saturating_add(template.len()) }
}

/// MiniJinja 3.0.5 panics at `%(é)s`.
fn plain_keys(template: &str) -> Result<(), Failure> {
    let mut rest = template;
    while let Some((_, place)) = rest.split_once('%') {
        rest = place.strip_prefix('%').unwrap_or(place);
        let key = place.strip_prefix('(').map_or("", |key| key.split(')').next().unwrap_or(key));
        if !key.is_ascii() {
            return Err(Failure::new(format!("`%({key})` can only have letters of ASCII"))
                .help("name the value otherwise, or use `~`: `'a' ~ b`"));
        }
    }
    Ok(())
}

fn pieces(args: &Arguments) -> usize {
    let count = number(args.get(1, "count"));
    if count > MAX_ITEMS { usize::MAX } else { count }
}

fn joined(args: &Arguments) -> Result<Value, Failure> {
    let separator = args.get(1, "d");
    let separator = match &separator {
        Some(separator) => super::text(separator)?,
        None => "",
    };
    let attribute = args.get(2, "attribute");
    let subject = args.subject();
    let items = subject
        .try_iter()
        .map_err(|_| Failure::new(format!("needs a list, not {}", crate::template::text::type_name(&subject))))?;
    let mut out = String::new();
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        let item = match &attribute {
            Some(path) => attribute_of(&item, path.as_str().unwrap_or_default())?,
            None => item,
        };
        crate::template::text::write(&item, &mut out)?;
        if out.len() > MAX_BYTES {
            return Err(too_large());
        }
    }
    Ok(Value::from(out))
}

fn attribute_of(item: &Value, path: &str) -> Result<Value, Failure> {
    let mut at = item.clone();
    for part in path.split('.') {
        at = at.get_attr(part).unwrap_or(Value::UNDEFINED);
    }
    if at.is_undefined() { Err(Failure::new(format!("an item has no `{path}`"))) } else { Ok(at) }
}
