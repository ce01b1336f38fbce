//! Regular expressions, in the syntax of Rust's `regex`: linear time, no backtracking.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use minijinja::{Environment, Error, Value};
use regex::Regex;

use crate::template::MAX_BYTES;
use crate::template::operate::too_large;
use crate::template::text::Failure;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("regex_find", |v: &Value, pattern: &Value| {
        Ok::<_, Error>(find(super::text(v)?, &compile(pattern.as_str().unwrap_or_default())?))
    });
    env.add_filter("regex_replace", |v: &Value, pattern: &Value, with: &Value| {
        let regex = compile(pattern.as_str().unwrap_or_default())?;
        Ok::<_, Error>(replace(super::text(v)?, &regex, super::text(with)?)?)
    });
}

/// Compiles a pattern, or says in one line why it is none.
///
/// A compiled pattern takes tens of kilobytes, and generated flows repeat theirs by the thousand: equal ones are shared.
pub(in crate::template) fn compile(pattern: &str) -> Result<Regex, Failure> {
    static SHARED: LazyLock<Mutex<HashMap<Box<str>, Regex>>> = LazyLock::new(Mutex::default);
    const MOST: usize = 256;
    if let Ok(shared) = SHARED.lock()
        && let Some(regex) = shared.get(pattern)
    {
        return Ok(regex.clone());
    }
    let regex = compile_new(pattern)?;
    if let Ok(mut shared) = SHARED.lock() {
        if shared.len() >= MOST {
            shared.clear();
        }
        shared.insert(pattern.into(), regex.clone());
    }
    Ok(regex)
}

fn compile_new(pattern: &str) -> Result<Regex, Failure> {
    Regex::new(pattern).map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure = Failure::new(format!("`{pattern}` is no regular expression: {reason}"));
        if reason.contains("look-around") || reason.contains("backreferences") {
            return failure.help("look-around and back-references are not supported; match more and take a group");
        }
        failure.help("the syntax is Rust's `regex` (https://docs.rs/regex)")
    })
}

/// Group 1 of the first match, or the whole where the pattern has no group; undefined where nothing matches.
pub(in crate::template) fn find(text: &str, regex: &Regex) -> Value {
    let captures = regex.captures(text);
    let found = captures.and_then(|c| if c.len() > 1 { c.get(1) } else { c.get(0) });
    found.map_or(Value::UNDEFINED, |m| Value::from(m.as_str()))
}

/// Every match replaced; `$1` and `${name}` are groups.
pub(in crate::template) fn replace(text: &str, regex: &Regex, with: &str) -> Result<Value, Failure> {
    let mut out = String::new();
    let mut at = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(text.get(at..whole.start()).unwrap_or_default());
        captures.expand(with, &mut out);
        at = whole.end();
        if out.len() > MAX_BYTES {
            return Err(too_large());
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(Value::from(out))
}
