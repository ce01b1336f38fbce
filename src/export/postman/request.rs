//! A request of a flow as a request of a collection.

use serde_json::json;

use super::expression::{Names, json as json_text};
use crate::export::holes::{Piece, pieces};
use crate::template::percent_encode;
use crate::value::{Map, Value};

/// The request, and what could not be said. What only JavaScript can work out it does in `before`.
pub(super) fn request(
    step: &Map<String, Value>,
    defaults: &Map<String, Value>,
    names: &Names,
    before: &mut Vec<String>,
) -> (Value, Vec<String>) {
    let mut lost = Vec::new();
    let line = step.get("request").and_then(Value::as_str).unwrap_or("");
    let (method, url) = line.trim().split_once(' ').unwrap_or((line, ""));
    let url = url.trim();
    let base = defaults.get("base_url").and_then(Value::as_str).unwrap_or("");
    let at_home = !url.contains("://") || (!base.is_empty() && url.starts_with(base));
    let whole = if url.starts_with('/') {
        format!("{}{url}", base.trim_end_matches('/'))
    } else if url.contains("://") || url.starts_with("{{") {
        url.to_owned()
    } else {
        format!("{base}{url}")
    };
    let mut text = |template: &str| say(names, template, before, &mut lost);
    let raw = text(&whole);
    let mut query = fields(defaults.get("query"), step.get("query"), &mut text, true);
    query.iter_mut().for_each(|(_, value)| *value = encoded(value));
    let mut headers = fields(defaults.get("headers"), step.get("headers"), &mut text, false);
    if let Some(Value::Object(cookies)) = step.get("cookies") {
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={}", text(&scalar(value)))).collect();
        headers.push(("Cookie".to_owned(), pairs.join("; ")));
    }
    let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let inherited = defaults.get("auth").filter(|_| at_home && !has(&headers, "authorization"));
    let auth = auth(step.get("auth").or(inherited), &mut text);
    let body = body(step, names, before, &mut lost);
    let kind = match () {
        () if step.contains_key("json") => Some("application/json"),
        () if step.contains_key("text") => Some("text/plain; charset=utf-8"),
        () => None,
    };
    if let Some(kind) = kind.filter(|_| !has(&headers, "content-type")) {
        headers.push(("Content-Type".to_owned(), kind.to_owned()));
    }
    let pair = |(key, value): &(String, String)| json!({"key": key, "value": value});
    let joint = if raw.contains('?') { "&" } else { "?" };
    let all: Vec<_> = query.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let raw = if all.is_empty() { raw } else { format!("{raw}{joint}{}", all.join("&")) };
    let mut out = json!({
        "method": method,
        "header": headers.iter().map(pair).collect::<Vec<_>>(),
        "url": raw,
        "auth": auth,
    });
    if let (Some(body), Some(out)) = (body, out.as_object_mut()) {
        out.insert("body".to_owned(), body);
    }
    if let Some(text) = step.get("description").and_then(Value::as_str)
        && let Some(out) = out.as_object_mut()
    {
        out.insert("description".to_owned(), json!(text));
    }
    if out.get("body").is_some() && has(&headers, "content-encoding") {
        lost.push("`content-encoding`: Postman does not pack a body".to_owned());
    }
    for key in ["retry", "paginate", "save", "rate_limit"] {
        if step.contains_key(key) {
            lost.push(format!("`{key}`"));
        }
    }
    (out, lost)
}

fn say(names: &Names, template: &str, before: &mut Vec<String>, lost: &mut Vec<String>) -> String {
    let mut other = |expression: &str| {
        let script = names.expression(expression).ok()?;
        let variable = format!("_{}", before.len() + 1);
        before.push(format!("pm.variables.set({}, {script});", json_text(&variable)));
        Some(variable)
    };
    names.text(template, &mut other).unwrap_or_else(|expression| {
        lost.push(format!("the expression `{expression}`"));
        template.to_owned()
    })
}

/// A scalar as the text that is sent.
fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encodes all but the variables.
fn encoded(value: &str) -> String {
    let piece = |piece: Piece<'_>| match piece {
        Piece::Text(text) => percent_encode(text),
        Piece::Hole(name) => format!("{{{{{name}}}}}"),
    };
    pieces(value).into_iter().map(piece).collect()
}

/// Fields by name; a list repeats its name, and a step's own replace those of `defaults`.
fn fields(
    defaults: Option<&Value>,
    own: Option<&Value>,
    text: &mut dyn FnMut(&str) -> String,
    exact: bool,
) -> Vec<(String, String)> {
    let empty = Map::new();
    let own = own.and_then(Value::as_object).unwrap_or(&empty);
    let same = |a: &str, b: &str| if exact { a == b } else { a.eq_ignore_ascii_case(b) };
    let inherited = defaults.and_then(Value::as_object).into_iter().flatten();
    let inherited = inherited.filter(|(name, _)| !own.keys().any(|key| same(key, name)));
    let mut out = Vec::new();
    for (name, value) in inherited.chain(own) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| out.push((name.clone(), text(&scalar(value))))),
            value => out.push((name.clone(), text(&scalar(value)))),
        }
    }
    out
}

fn auth(auth: Option<&Value>, text: &mut dyn FnMut(&str) -> String) -> Value {
    let Some(Value::Object(auth)) = auth else { return json!({"type": "noauth"}) };
    if let Some(token) = auth.get("bearer").and_then(Value::as_str) {
        return json!({"type": "bearer", "bearer": [{"key": "token", "value": text(token), "type": "string"}]});
    }
    if let Some(client) = auth.get("oauth").and_then(Value::as_str) {
        let token = format!("{{{{{}}}}}", super::token(client));
        return json!({"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]});
    }
    for scheme in ["basic", "digest"] {
        if let Some(Value::Object(pair)) = auth.get(scheme) {
            let mut one = |key: &str| json!({"key": key, "value": text(&pair.get(key).map(scalar).unwrap_or_default()), "type": "string"});
            return json!({"type": scheme, scheme: [one("username"), one("password")]});
        }
    }
    json!({"type": "noauth"})
}

fn body(step: &Map<String, Value>, names: &Names, before: &mut Vec<String>, lost: &mut Vec<String>) -> Option<Value> {
    if let Some(value) = step.get("json") {
        let mut value = value.clone();
        fill(&mut value, names, before, lost);
        let raw = format!("{value:#}").replace(&format!("\"{OPEN}"), "{{").replace(&format!("{CLOSE}\""), "}}");
        return Some(json!({"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}));
    }
    let text = &mut |template: &str| say(names, template, before, lost);
    if let Some(value) = step.get("text") {
        return Some(json!({"mode": "raw", "raw": text(&scalar(value))}));
    }
    if let Some(path) = step.get("file").and_then(Value::as_str) {
        return Some(json!({"mode": "file", "file": {"src": text(path)}}));
    }
    if let Some(form) = step.get("form") {
        let fields = fields(None, Some(form), text, true);
        let fields: Vec<_> =
            fields.iter().map(|(key, value)| json!({"key": key, "value": value, "type": "text"})).collect();
        return Some(json!({"mode": "urlencoded", "urlencoded": fields}));
    }
    let parts = step.get("multipart")?.as_object()?;
    let mut out = Vec::new();
    for (name, value) in parts {
        let one = [value.clone()];
        for value in value.as_array().map_or(&one[..], Vec::as_slice) {
            out.push(match value {
                Value::Object(file) => {
                    let path = file.get("file").map(scalar).unwrap_or_default();
                    let mut part = json!({"key": name, "type": "file", "src": text(&path)});
                    if let (Some(kind), Some(part)) = (file.get("type"), part.as_object_mut()) {
                        part.insert("contentType".to_owned(), json!(text(&scalar(kind))));
                    }
                    part
                }
                value => json!({"key": name, "type": "text", "value": text(&scalar(value))}),
            });
        }
    }
    Some(json!({"mode": "formdata", "formdata": out}))
}

/// Around a variable that holds JSON, and so stands without quotes in a body: characters for private use.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// The texts of a JSON body. An expression alone keeps its type: it is written as JSON, unless it is known to be text.
fn fill(value: &mut Value, names: &Names, before: &mut Vec<String>, lost: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| fill(value, names, before, lost)),
        Value::Array(list) => list.iter_mut().for_each(|value| fill(value, names, before, lost)),
        Value::String(template) => {
            let alone = match pieces(template).as_slice() {
                [Piece::Hole(expression)] if !names.is_text(expression) => names.expression(expression).ok(),
                _ => None,
            };
            *template = match alone {
                Some(script) => {
                    let variable = format!("_{}", before.len() + 1);
                    before.push(format!("pm.variables.set({}, JSON.stringify({script}));", json_text(&variable)));
                    format!("{OPEN}{variable}{CLOSE}")
                }
                None => say(names, template, before, lost),
            };
        }
        _ => {}
    }
}
