//! Bodies of Postman as bodies of a step.

use super::address::add;
use super::read::text;
use super::request::{Context, Sender};
use super::text::{Part, parts};
use crate::flow::draft::{DraftStep, Piece, literal, plain_start, template};
use crate::import::secret::{is_secret_name, is_secret_value};
use crate::value::{Map, Number, Value};
use crate::yaml::write::is_writable;

/// What stands around the number of a variable while a body is read as JSON: characters for private use.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

impl Sender<'_, '_> {
    /// Sets the body of `step`; gives the `Content-Type` that comes with it in any case.
    pub(super) fn body(
        &mut self,
        body: &Value,
        content_type: Option<&str>,
        step: &mut DraftStep,
    ) -> Option<&'static str> {
        if body.get("disabled") == Some(&Value::Bool(true)) {
            return None;
        }
        let mode = body.get("mode").and_then(Value::as_str).unwrap_or("");
        let content = body.get(mode)?;
        match mode {
            "raw" => self.raw(&text(content), body, content_type, step),
            "urlencoded" => self.form(content, step),
            "formdata" => self.multipart(content, step),
            "file" => {
                let source =
                    content.get("src").or_else(|| content.get("content")).map(text).filter(|s| !s.is_empty())?;
                let name = self.file("body", &source);
                step.set("file", format!("{{{{ {name} }}}}"));
                None
            }
            "graphql" => {
                let query = content.get("query").map(text).unwrap_or_default();
                let mut json = Map::from_iter([("query".to_owned(), Value::from(self.names.template(&query)))]);
                match content.get("variables") {
                    Some(Value::String(raw)) if !raw.trim().is_empty() => match self.json(raw) {
                        Some(variables) => _ = json.insert("variables".to_owned(), variables),
                        None => self.lose("the GraphQL variables, which are not JSON"),
                    },
                    Some(object @ Value::Object(_)) => {
                        _ = json.insert("variables".to_owned(), self.json(&object.to_string())?);
                    }
                    _ => {}
                }
                if let Some(name) = content.get("operationName").and_then(Value::as_str).filter(|n| !n.is_empty()) {
                    json.insert("operationName".to_owned(), literal(name).into());
                }
                step.set("json", json);
                Some("application/json")
            }
            _ => {
                self.lose(&format!("a body of the kind `{mode}`"));
                None
            }
        }
    }

    fn raw(
        &mut self,
        raw: &str,
        body: &Value,
        content_type: Option<&str>,
        step: &mut DraftStep,
    ) -> Option<&'static str> {
        if raw.is_empty() {
            return None;
        }
        let language = body.pointer("/options/raw/language").and_then(Value::as_str).unwrap_or("text");
        let is_json = match content_type {
            Some(kind) => kind.contains("json"),
            None => language == "json",
        };
        if is_json && let Some(json) = self.json(raw) {
            step.set("json", json);
            return Some("application/json");
        }
        // Sent as text, it is JSON all the same: its secrets must not stand in the flow.
        let hides = || serde_json::from_str(raw).is_ok_and(|value| holds_secret(&value, None));
        match (!is_json && hides()).then(|| self.json(raw)).flatten() {
            Some(json) => step.set("json", json),
            None => step.set("text", self.names.template(raw)),
        }
        let implied = match language {
            "json" => "application/json",
            "xml" => "application/xml",
            "html" => "text/html",
            "javascript" => "application/javascript",
            _ => "text/plain",
        };
        if content_type.is_none() {
            step.keys.entry("headers").or_insert_with(|| Value::Object(Map::new()));
            if let Some(Value::Object(headers)) = step.keys.get_mut("headers") {
                headers.insert("Content-Type".to_owned(), implied.into());
            }
        }
        None
    }

    /// Text as JSON whose strings are templates; `None` where it is not JSON, or would not come out the same.
    pub(super) fn json(&mut self, raw: &str) -> Option<Value> {
        let (marked, holes) = marked(raw)?;
        let value: Value = serde_json::from_str(&marked).ok()?;
        if !(value.is_object() || value.is_array()) || !is_writable(&value) {
            return None;
        }
        if has_marked_key(&value) {
            return None;
        }
        for (name, bare) in &holes {
            if *bare {
                self.context.bare.insert(name.clone());
            }
        }
        Some(self.unmarked(value, &holes, None))
    }

    fn unmarked(&mut self, value: Value, holes: &[(String, bool)], key: Option<&str>) -> Value {
        match value {
            Value::String(text) if text.contains(OPEN) => {
                let mut pieces = Vec::new();
                for part in text.split(OPEN) {
                    match part.split_once(CLOSE) {
                        Some((number, rest)) => {
                            let hole = number.parse::<usize>().ok().and_then(|n| holes.get(n));
                            if let Some((name, _)) = hole {
                                if key.is_some_and(is_secret_name) {
                                    self.context.secrets.learn_names(&format!("{{{{{name}}}}}"));
                                }
                                pieces.push(Piece::Hole(self.names.read(name)));
                            }
                            if !rest.is_empty() {
                                pieces.push(Piece::Text(rest.to_owned()));
                            }
                        }
                        None if part.is_empty() => {}
                        None => pieces.push(Piece::Text(part.to_owned())),
                    }
                }
                template(&pieces).into()
            }
            Value::String(text) => {
                let secret = is_secret_value(&text) || (key.is_some_and(is_secret_name) && !text.is_empty());
                if secret {
                    let lifted = self.lift(&text, key.unwrap_or("token"));
                    return self.names.template(&lifted).into();
                }
                literal(&text).into()
            }
            Value::Array(list) => list.into_iter().map(|v| self.unmarked(v, holes, key)).collect::<Vec<_>>().into(),
            Value::Object(map) => {
                Value::Object(map.into_iter().map(|(k, v)| (k.clone(), self.unmarked(v, holes, Some(&k)))).collect())
            }
            other => other,
        }
    }

    fn form(&mut self, list: &Value, step: &mut DraftStep) -> Option<&'static str> {
        const KIND: &str = "application/x-www-form-urlencoded";
        let entries = enabled(list);
        if entries.iter().any(|(key, _)| key.contains("{{")) {
            let mut line = Vec::new();
            for (key, entry) in &entries {
                let mut side = |text: &str| format!("{{{{ ({}) | url_encode }}}}", self.names.expression(text));
                line.push(format!("{}={}", side(key), side(&entry.get("value").map(text).unwrap_or_default())));
            }
            step.set("text", line.join("&"));
            step.set("headers", Value::Object(Map::from_iter([("Content-Type".to_owned(), KIND.into())])));
            return Some(KIND);
        }
        let mut form = Map::new();
        for (key, entry) in entries {
            let value = entry.get("value").map(text).unwrap_or_default();
            let value = self.field(&key, &value);
            add(&mut form, &key, value.into());
        }
        if !form.is_empty() {
            step.set("form", form);
        }
        Some(KIND)
    }

    fn multipart(&mut self, list: &Value, step: &mut DraftStep) -> Option<&'static str> {
        let mut form = Map::new();
        for (key, entry) in enabled(list) {
            if key.contains("{{") {
                self.lose(&format!("the part {key}: the name of a part cannot be a variable"));
                continue;
            }
            let kind = entry.get("contentType").and_then(Value::as_str).filter(|k| !k.is_empty());
            if entry.get("type").and_then(Value::as_str) == Some("file") {
                let sources = match entry.get("src") {
                    Some(Value::Array(list)) => list.iter().map(text).collect(),
                    Some(Value::String(source)) => vec![source.clone()],
                    _ => vec![String::new()],
                };
                for source in sources {
                    let name = self.file(&key, &source);
                    let mut part = Map::from_iter([("file".to_owned(), Value::from(format!("{{{{ {name} }}}}")))]);
                    if let Some(kind) = kind {
                        part.insert("type".to_owned(), self.names.template(kind).into());
                    }
                    add(&mut form, &key, part.into());
                }
                continue;
            }
            if kind.is_some() {
                self.lose(&format!("the content type of the part {key}, which is no file"));
            }
            let value = plain_start(self.field(&key, &entry.get("value").map(text).unwrap_or_default()));
            add(&mut form, &key, value.into());
        }
        if !form.is_empty() {
            step.set("multipart", form);
        }
        Some("multipart/form-data")
    }

    /// The value of a field: one that is a credential is not written.
    pub(super) fn field(&mut self, key: &str, value: &str) -> String {
        if is_secret_name(key) || is_secret_value(value) {
            let lifted = self.lift(value, key);
            return self.names.template(&lifted);
        }
        self.names.template(value)
    }

    /// An input for the path of a file: Postman's was a path on another machine.
    fn file(&mut self, key: &str, source: &str) -> String {
        let wish = format!("{key}_file");
        let Context { known, files, paths, numbers, .. } = &mut *self.context;
        let name = paths.entry((wish.clone(), source.to_owned())).or_insert_with(|| {
            let free = |name: &str| !files.contains_key(name) && !known.contains_key(name);
            numbers.next(&wish, |wish, number| format!("{wish}_{number}"), free)
        });
        files.insert(name.clone(), source.to_owned());
        self.names.read(name)
    }
}

/// Whether a text in it is a credential, by its key or its looks.
fn holds_secret(value: &Value, key: Option<&str>) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && (is_secret_value(text) || key.is_some_and(is_secret_name)),
        Value::Array(items) => items.iter().any(|item| holds_secret(item, key)),
        Value::Object(fields) => fields.iter().any(|(name, field)| holds_secret(field, Some(name))),
        _ => false,
    }
}

/// The entries of a list that are not disabled, with their keys.
fn enabled(list: &Value) -> Vec<(String, &Value)> {
    let entries = list.as_array().into_iter().flatten();
    let on = entries.filter(|e| e.get("disabled") != Some(&Value::Bool(true)));
    on.filter_map(|e| Some((e.get("key").map(text).filter(|k| !k.is_empty())?, e))).collect()
}

fn has_marked_key(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(has_marked_key),
        Value::Object(map) => map.iter().any(|(key, value)| {
            key.contains([OPEN, '{']) && (key.contains(OPEN) || key.contains("{{") || key.contains("{%"))
                || has_marked_key(value)
        }),
        _ => false,
    }
}

/// JSON text with each `{{name}}` as a string, and the names; whether each stood outside of quotes.
fn marked(raw: &str) -> Option<(String, Vec<(String, bool)>)> {
    if raw.contains([OPEN, CLOSE]) {
        return None;
    }
    let mut out = String::with_capacity(raw.len());
    let mut holes: Vec<(String, bool)> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for part in parts(raw.trim_start_matches('\u{feff}')) {
        match part {
            Part::Name(name) => {
                let mark = format!("{OPEN}{}{CLOSE}", holes.len());
                out.push_str(&if quoted { mark } else { format!("\"{mark}\"") });
                holes.push((name.to_owned(), !quoted));
            }
            Part::Text(text) => {
                let mut number = String::new();
                for c in text.chars() {
                    if !quoted
                        && (c.is_ascii_digit()
                            || matches!(c, '-' | '+' | '.' | 'e' | 'E') && !number.is_empty()
                            || c == '-')
                    {
                        number.push(c);
                    } else if !same_number(&std::mem::take(&mut number)) {
                        return None;
                    }
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if quoted => escaped = true,
                        '"' => quoted = !quoted,
                        _ => {}
                    }
                    out.push(c);
                }
                if !same_number(&number) {
                    return None;
                }
            }
        }
    }
    Some((out, holes))
}

/// Whether a number stays what it is: `1.10` and a number of twenty digits do not.
fn same_number(text: &str) -> bool {
    text.is_empty() || serde_json::from_str::<Number>(text).is_ok_and(|n| n.to_string() == text)
}
