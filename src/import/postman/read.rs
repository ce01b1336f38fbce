//! The files as JSON: what each is, and what is wrong with one that cannot be used.

use crate::import::ImportError;
use crate::value::Value;

/// A file's text as JSON. A byte order mark is no part of it.
pub(super) fn json(name: &str, text: &str) -> Result<Value, ImportError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let place = format!("{name}:{}:{}", error.line(), error.column());
        if text.trim().is_empty() {
            return ImportError { message: format!("{name}: the file is empty"), help: None };
        }
        if error.is_eof() {
            let help = "export the collection again, or fetch the whole file".to_owned();
            return ImportError { message: format!("{place}: the file ends in the middle"), help: Some(help) };
        }
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or(&words);
        let help =
            "an exported collection is one JSON file; a collection as YAML is a folder: name the folder".to_owned();
        ImportError { message: format!("{place}: this is not JSON: {words}"), help: Some(help) }
    })
}

/// The collection in a file: v2.0 or v2.1, also as Postman's API wraps it.
pub(super) fn collection(name: &str, text: &str) -> Result<Value, ImportError> {
    let mut value = json(name, text)?;
    if let Some(inner) = value.get_mut("collection").filter(|inner| inner.get("item").is_some()) {
        value = inner.take();
    }
    let problem = |message: &str, help: &str| {
        Err(ImportError { message: format!("{name}: {message}"), help: Some(help.to_owned()) })
    };
    let again = "open it in Postman and export it as Collection v2.1";
    if value.get("values").is_some() && value.get("item").is_none() {
        return problem(
            "this is an environment, not a collection",
            "give it with --environment, beside the collection",
        );
    }
    if value.get("item").is_none() && (value.get("requests").is_some() || value.get("order").is_some()) {
        return problem("this is a v1 collection, a format that Postman gave up in 2017", again);
    }
    if let Some(schema) = value.pointer("/info/schema").and_then(Value::as_str) {
        let version = schema.split('/').find(|part| part.starts_with('v') && part.contains('.')).unwrap_or(schema);
        if !(version.starts_with("v2.0") || version.starts_with("v2.1")) {
            return problem(
                &format!("collection format {version} is not known here: v2.0, v2.1 and the YAML folders of v3 are"),
                again,
            );
        }
    }
    if !value.get("item").is_some_and(Value::is_array) {
        return problem("this is not a Postman collection: it has no list `item`", again);
    }
    Ok(value)
}

/// A variable of a collection, a folder or an environment.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether Postman calls it a secret.
    pub(super) secret: bool,
}

/// The variables in a list `[{key, value, disabled | enabled, type}]`, or a mapping of names and values.
pub(super) fn variables(list: Option<&Value>) -> Vec<Variable> {
    match list {
        Some(Value::Array(list)) => list
            .iter()
            .filter(|v| v.get("disabled") != Some(&Value::Bool(true)) && v.get("enabled") != Some(&Value::Bool(false)))
            .filter_map(|v| {
                let name = v.get("key").or_else(|| v.get("id")).or_else(|| v.get("name"))?.as_str()?;
                let secret = v.get("type").and_then(Value::as_str) == Some("secret")
                    || v.get("secret") == Some(&Value::Bool(true));
                let value = v.get("value").map(text).unwrap_or_default();
                (!name.is_empty()).then(|| Variable { name: name.to_owned(), value, secret })
            })
            .collect(),
        Some(Value::Object(map)) => {
            map.iter().map(|(name, value)| Variable { name: name.clone(), value: text(value), secret: false }).collect()
        }
        _ => Vec::new(),
    }
}

/// A value as the text that Postman would send.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A description: text, or `{content}`.
pub(super) fn description(value: &Value) -> Option<String> {
    let found = value.get("description")?;
    let text = found.as_str().or_else(|| found.get("content").and_then(Value::as_str))?;
    let text = text.replace("\r\n", "\n");
    let lines: Vec<_> = text.trim().lines().map(str::trim_end).collect();
    let text = lines.join("\n");
    (!text.is_empty()).then_some(text)
}

/// An environment or globals file: its name and its variables.
pub(super) fn environment(name: &str, value: &Value) -> Result<(String, Vec<Variable>), ImportError> {
    let list = value.get("values").or_else(|| value.pointer("/environment/values"));
    if !list.is_some_and(|l| l.is_array() || l.is_object()) {
        let help = match value.get("item") {
            Some(_) => "a collection is named without --environment",
            None => "export the environment from Postman: a file with a list `values`",
        };
        return Err(ImportError {
            message: format!("{name}: this is not a Postman environment"),
            help: Some(help.to_owned()),
        });
    }
    let globals = value.get("_postman_variable_scope").and_then(Value::as_str) == Some("globals");
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.split('.').next().unwrap_or(file);
    let title = value.get("name").and_then(Value::as_str).filter(|t| !t.trim().is_empty());
    let title = if globals { "globals" } else { title.unwrap_or(stem) };
    Ok((title.to_owned(), variables(list)))
}
