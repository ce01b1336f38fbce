//! Calls become a flow: credentials are lifted into secret inputs, what is shared into `defaults`, and each call is written
//! as a person would.

use std::collections::HashMap;

use serde_json::json;

use super::Loss;
use super::call::{Call, Part, Payload, pairs};
use super::holes::{Holes, OPEN};
use super::lift::lift;
use crate::flow::draft::{self, Draft, DraftStep, plain_start};
use crate::http::Url;
use crate::value::{Map, Value};
use crate::yaml::write::is_writable;

/// Headers that the tool itself sends, or that only a browser has a use for.
const NOISE: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "dnt",
    "host",
    "priority",
    "te",
    "upgrade-insecure-requests",
    "proxy-connection",
    "transfer-encoding",
    "keep-alive",
];
/// What a browser adds besides: dropped where it was one.
const BROWSER: &[&str] = &[
    "accept-language",
    "cache-control",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "referer",
    "user-agent",
];

/// A flow of `calls`. `browser` where a browser wrote them down.
pub(super) fn draft(
    mut calls: Vec<Call>,
    mut holes: Holes,
    browser: bool,
    losses: &mut Vec<Loss>,
) -> (Draft, Vec<String>) {
    let mut dropped: Vec<String> = Vec::new();
    for call in &mut calls {
        quieten(call, browser, &mut dropped);
        lift(call, &mut holes);
    }
    let base = base(&calls);
    let mut draft = Draft::default();
    let mut steps = Vec::with_capacity(calls.len());
    for call in &calls {
        steps.push(step(call, base.as_deref(), &mut holes, losses));
    }
    draft.steps = steps;
    if let Some(base) = &base {
        draft.set("defaults", json!({"base_url": address(base, &holes)}));
        share_auth(&mut draft);
    }
    let inputs = std::mem::take(&mut holes.inputs);
    let notes = notes(&inputs, &dropped);
    if !inputs.is_empty() {
        draft.set("inputs", Value::Object(inputs));
    }
    (draft, notes)
}

fn notes(inputs: &Map<String, Value>, dropped: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, input) in inputs {
        let secret = input.get("secret") == Some(&json!(true));
        match input.get("env").and_then(Value::as_str) {
            Some(env) if env.starts_with("WEBEX_") || env.starts_with("WXFLOW_") => {
                notes.push(format!("input `{name}` takes its value from the variable {env}"));
            }
            Some(env) => notes.push(format!("input `{name}` takes its value from {env}: run with --allow-env {env}")),
            None if secret => {
                notes.push(format!("input `{name}` is a secret and was not written: run with --secret {name}=@FILE"));
            }
            None => {}
        }
    }
    if !dropped.is_empty() {
        notes.push(format!("headers that only a browser needs were left out: {}", dropped.join(", ")));
    }
    notes
}

/// Credentials that all steps have become those of `defaults`.
fn share_auth(draft: &mut Draft) {
    let first = draft.steps.first().and_then(|step| step.keys.get("auth")).cloned();
    let Some(auth) = first.filter(|_| draft.steps.len() > 1) else { return };
    let home = |step: &DraftStep| {
        let request = step.keys.get("request").and_then(Value::as_str).unwrap_or("");
        request.split_once(' ').is_some_and(|(_, url)| url.starts_with('/'))
    };
    if draft.steps.iter().all(|step| step.keys.get("auth") == Some(&auth) && home(step)) {
        draft.steps.iter_mut().for_each(|step| drop(step.keys.shift_remove("auth")));
        if let Some(Value::Object(defaults)) = draft.keys.get_mut("defaults") {
            defaults.insert("auth".to_owned(), auth);
        }
    }
}

/// Leaves out what is no part of the request itself.
fn quieten(call: &mut Call, browser: bool, dropped: &mut Vec<String>) {
    let browser = browser || call.headers.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("sec-"));
    call.headers.retain(|(name, _)| {
        let name = name.to_ascii_lowercase();
        let noise = NOISE.contains(&name.as_str()) || name.starts_with(':');
        let own = name.starts_with("sec-") || (browser && BROWSER.contains(&name.as_str()));
        if own && !dropped.contains(&name) {
            dropped.push(name);
        }
        !noise && !own
    });
    if call.header("accept") == Some("*/*") {
        call.take_header("accept");
    }
}

/// Scheme, host and port of most calls, with the part of the path that says the version where all share it.
fn base(calls: &[Call]) -> Option<String> {
    let origin = |call: &Call| Url::parse(&call.url).ok().map(|url| url.origin().ascii_serialization());
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for origin in calls.iter().filter_map(origin).filter(|origin| origin != "null") {
        let at = *places.entry(origin.clone()).or_insert_with(|| {
            counts.push((origin, 0));
            counts.len() - 1
        });
        if let Some((_, count)) = counts.get_mut(at) {
            *count += 1;
        }
    }
    // The first of those that most have.
    let most = counts.iter().map(|(_, count)| *count).max()?;
    let base = counts.into_iter().find(|(_, count)| *count == most)?.0;
    let version = |url: &str| {
        let path = url.strip_prefix(base.as_str())?;
        let mut whole = String::new();
        for segment in path.split(['?', '#']).next()?.split('/').skip(1).take(3) {
            whole = format!("{whole}/{segment}");
            let digits = segment.strip_prefix('v').unwrap_or("");
            if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
                return Some(whole);
            }
        }
        None
    };
    let mut there = calls.iter().filter(|call| call.url.starts_with(&base)).map(|call| version(&call.url));
    let first = there.next().flatten();
    match first {
        Some(first) if there.all(|version| version.as_ref() == Some(&first)) => Some(format!("{base}{first}")),
        _ => Some(base),
    }
}

fn step(call: &Call, base: Option<&str>, holes: &mut Holes, losses: &mut Vec<Loss>) -> DraftStep {
    let mut step = DraftStep::default();
    if let Some(name) = &call.name {
        step.set("name", name.as_str());
    }
    let at_home = base
        .and_then(|base| call.url.strip_prefix(base))
        .filter(|path| path.starts_with('/') && !path.starts_with("//"));
    let url = at_home.unwrap_or(&call.url);
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let query = pairs(query).filter(|pairs| pairs.iter().all(|(name, _)| !name.contains(OPEN) && is_key(name)));
    let url = if query.is_some() { path } else { url };
    step.set("request", format!("{} {}", call.method, address(url, holes)));
    if let Some(query) = query {
        step.set("query", fields(&query, holes));
    }
    let mut call = call.clone();
    if let Some((user, password, digest)) = call.password.take() {
        let scheme = if digest { "digest" } else { "basic" };
        step.set("auth", json!({scheme: {"username": holes.fill(&user), "password": holes.fill(&password)}}));
    } else if let Some(token) = call.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        let token = holes.fill(token);
        call.take_header("authorization");
        step.set("auth", json!({"bearer": token}));
    }
    body(&mut call, &mut step, holes, losses);
    if !call.headers.is_empty() {
        let mut headers: Vec<(String, String)> = Vec::new();
        for (name, value) in &call.headers {
            // Names are one whatever their letters.
            let known = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(n, _)| n.clone());
            headers.push((known.unwrap_or_else(|| name.clone()), value.trim().to_owned()));
        }
        step.set("headers", fields(&headers, holes));
    }
    call.settings.iter().for_each(|(key, value)| step.set(key, value.clone()));
    if let Some(status) = call.status.filter(|status| *status != 200 && *status > 0) {
        step.set("expect", json!({"status": status}));
    }
    if !call.captures.is_empty() {
        let capture = |(name, path, secret): &(String, String, bool)| {
            let source = if *secret { json!({"json": path, "secret": true}) } else { json!(path) };
            (name.clone(), source)
        };
        step.set("capture", Value::Object(call.captures.iter().map(capture).collect()));
    }
    step
}

/// What may be a key of `query`, `form` and `headers` as it is.
fn is_key(name: &str) -> bool {
    !name.is_empty() && name.len() < 200 && !name.contains(char::is_control) && !name.contains("{{")
}

/// A URL. Its first piece is the origin where it is a hole, and stays as it is.
fn address(url: &str, holes: &Holes) -> String {
    draft::url(&holes.pieces(url))
}

/// Fields by name, in order; one that comes again makes a list.
fn fields(pairs: &[(String, String)], holes: &Holes) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        add(&mut map, name, scalar(holes.fill(value)));
    }
    Value::Object(map)
}

/// A field more of a form; one of a known name makes a list.
fn add(map: &mut Map<String, Value>, name: &str, value: Value) {
    match map.get_mut(name) {
        None => drop(map.insert(name.to_owned(), value)),
        Some(Value::Array(list)) => list.push(value),
        Some(one) => *one = json!([one.take(), value]),
    }
}

/// A whole number is written as one: it is sent as the same text.
fn scalar(text: String) -> Value {
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == text => json!(number),
        _ => Value::String(text),
    }
}

fn body(call: &mut Call, step: &mut DraftStep, holes: &mut Holes, losses: &mut Vec<Loss>) {
    let kind = call.header("content-type").unwrap_or("").to_owned();
    let mime = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    match std::mem::take(&mut call.body) {
        Payload::Empty => {}
        Payload::Text(text) if mime == "application/json" || mime.ends_with("+json") => match json_body(&text, holes) {
            Some(value) => {
                step.set("json", value);
                if mime == "application/json" {
                    call.take_header("content-type");
                }
            }
            None => step.set("text", holes.fill(&text)),
        },
        Payload::Text(text) => match pairs(&text).filter(|_| mime == "application/x-www-form-urlencoded") {
            Some(pairs) if pairs.iter().all(|(name, _)| is_key(name) && !name.contains(OPEN)) => {
                call.take_header("content-type");
                step.set("form", fields(&pairs, holes));
            }
            _ => step.set("text", holes.fill(&text)),
        },
        Payload::Form(pairs) => {
            call.take_header("content-type");
            let (good, bad): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| is_key(name));
            bad.iter().for_each(|_| losses.push(loss(call, "a field of the form without a name")));
            step.set("form", fields(&good, holes));
        }
        Payload::Multipart(parts) => {
            call.take_header("content-type");
            let mut map = Map::new();
            for (name, part) in parts {
                if !is_key(&name) {
                    losses.push(loss(call, "a part of the form without a name"));
                    continue;
                }
                let value = match part {
                    Part::Text(text) => scalar(plain_start(holes.fill(&text))),
                    Part::File(path, kind, filename) => {
                        let path =
                            holes.input(&format!("{name}_file"), &path, "A file, relative to this flow's folder");
                        let mut file = Map::from_iter([("file".to_owned(), json!(holes.fill(&path)))]);
                        kind.map(|kind| file.insert("type".to_owned(), json!(holes.fill(&kind))));
                        filename.map(|name| file.insert("filename".to_owned(), json!(holes.fill(&name))));
                        Value::Object(file)
                    }
                };
                add(&mut map, &name, value);
            }
            // A form of which nothing can be said is a loss, told above, and no body.
            if !map.is_empty() {
                step.set("multipart", Value::Object(map));
            }
        }
        Payload::File(path) => {
            let path = holes.input("body_file", &path, "The body, a file relative to this flow's folder");
            step.set("file", holes.fill(&path));
        }
    }
}

/// A body as JSON, where nothing of it would change on the way through a flow's file.
fn json_body(text: &str, holes: &Holes) -> Option<Value> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    // A number that is too large or written like 1.10 would become another one.
    let exact = digits(&value.to_string()) == digits(text);
    let writable = exact && is_writable(&value) && has_plain_keys(&value);
    fill_json(&mut value, holes);
    writable.then_some(value)
}

/// What the numbers of a JSON text are made of; not those inside of strings.
fn digits(text: &str) -> Vec<u8> {
    let (mut inside, mut escaped) = (false, false);
    let outside = |b: &u8| {
        match (inside, *b) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => inside = !inside,
            _ => {}
        }
        !inside && (b.is_ascii_digit() || *b == b'.')
    };
    text.bytes().filter(outside).collect()
}

fn has_plain_keys(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(key, value)| {
            !key.contains("{{") && !key.contains("{%") && !key.contains(OPEN) && has_plain_keys(value)
        }),
        Value::Array(list) => list.iter().all(has_plain_keys),
        _ => true,
    }
}

fn fill_json(value: &mut Value, holes: &Holes) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| fill_json(value, holes)),
        Value::Array(list) => list.iter_mut().for_each(|value| fill_json(value, holes)),
        Value::String(text) => *text = holes.fill(text),
        _ => {}
    }
}

pub(super) fn loss(call: &Call, what: &str) -> Loss {
    Loss::new(&call.place, what)
}
