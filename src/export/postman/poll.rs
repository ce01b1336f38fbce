//! `poll` as a test script that goes on with its own request.

use serde_json::json;

use super::expect::Tests;
use super::expression::{self, Names};
use crate::value::{Map, Value, duration_of};

/// Asks again until `until` holds, as often as fits into `within`. What follows stands in a block that this opens.
pub(super) fn script(
    poll: &Map<String, Value>,
    name: &str,
    expect: &Map<String, Value>,
    names: &Names,
    read: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let duration = |key: &str, default: u64| match poll.get(key) {
        None => Ok(default.to_string()),
        Some(value) => milliseconds(value, names).ok_or_else(|| format!("`poll.{key}`")),
    };
    let (every, within) = (duration("every", 2_000)?, duration("within", 60_000)?);
    let mut until = poll.get("until").and_then(Value::as_object).cloned().unwrap_or_default();
    if let (None, Some(status)) = (until.get("status"), expect.get("status")) {
        until.insert("status".to_owned(), status.clone());
    }
    let question = |key: &str, expect: &Map<String, Value>| {
        let mut tests = Tests::default();
        tests.expect(expect, names, read);
        match tests.lost.first() {
            Some(what) => Err(format!("`poll.{key}`: {what}")),
            None => Ok(tests.question()),
        }
    };
    let broken = match poll.get("fail_when").and_then(Value::as_object).cloned() {
        Some(mut when) => {
            when.entry("status").or_insert(json!("any"));
            question("fail_when", &when)?
        }
        None => "false".to_owned(),
    };
    let count = expression::json(&format!("_asked: {name}"));
    Ok(format!(
        "const every = Math.max(1, {every});\nconst asked = (pm.collectionVariables.get({count}) || 0) + 1;\nconst ready = {};\nconst broken = {broken};\n\
         if (!ready && !broken && pm.response.code < 400 && asked * every < {within}) {{\n  \
         pm.collectionVariables.set({count}, asked);\n  setTimeout(() => {{}}, every);\n  \
         pm.execution.setNextRequest({});\n}} else {{\npm.collectionVariables.unset({count});\n\
         pm.test(\"poll.until\", () => pm.expect(ready && !broken).to.equal(true));",
        question("until", &until)?,
        expression::json(name)
    ))
}

/// A duration in milliseconds, as JavaScript.
pub(super) fn milliseconds(duration: &Value, names: &Names) -> Option<String> {
    let text = duration.as_str()?;
    if let Ok(duration) = duration_of(text) {
        return Some(duration.as_millis().to_string());
    }
    let script = names.script(text).ok().filter(|_| text.contains("{{"))?;
    Some(format!(
        "((text) => parseFloat(text) * {{ ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }}[text.replace(/[^a-z]/g, \"\")])({script})"
    ))
}
