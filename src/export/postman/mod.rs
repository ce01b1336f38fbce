//! A flow as a Postman collection, version 2.1, that Newman runs with the same verdict.
//!
//! The flow's nodes are read again, as the author wrote them: templates become variables, `expect` and `capture` scripts.

mod expect;
mod expression;
mod jwt;
mod poll;
mod predicate;
mod request;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;

use super::Exported;
use crate::diagnostic::Diagnostics;
use crate::flow::draft::Numbers;
use crate::flow::{Action, Flow, Input, InputType};
use crate::value::{Map, Value};
use crate::yaml::parse;
use expect::Tests;
use expression::Names;

/// What all collections of this version say of themselves.
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// The collection of a flow. `read` gives the text of a file that a flow names.
#[must_use]
pub fn postman(flow: &Flow, read: &dyn Fn(&Flow, &str) -> Option<String>) -> Exported {
    let mut writer = Writer {
        read,
        variables: Vec::new(),
        cleanups: Vec::new(),
        before: Vec::new(),
        names: HashSet::new(),
        numbers: Numbers::default(),
        lost: Vec::new(),
    };
    let mut items = writer.flow(flow, &Names::default());
    let rest = std::mem::take(&mut writer.before);
    if !rest.is_empty() && !items.last_mut().is_some_and(|item| append(item, &rest)) {
        writer.lost.push(format!("{}: the flow sends no request", flow.path));
    }
    let mut cleanups = std::mem::take(&mut writer.cleanups);
    cleanups.reverse();
    // Where a step fails, its script goes on with the first of the cleanups.
    let next = cleanups.first().and_then(|item| item.get("name").cloned()).unwrap_or(Value::Null);
    items.iter_mut().for_each(|item| finish(item, &next));
    if !cleanups.is_empty() {
        cleanups.iter_mut().for_each(|item| finish(item, &Value::Null));
        items.push(json!({"name": "Cleanup", "item": cleanups}));
    }
    let collection = json!({
        "info": {"name": flow.name, "description": flow.description.clone().unwrap_or_default(), "schema": SCHEMA},
        "item": items,
        "variable": writer.variables,
    });
    Exported { text: format!("{collection:#}\n"), lost: writer.lost }
}

/// Puts the name of what runs after a failure in its place.
fn finish(item: &mut Value, next: &Value) {
    match item {
        Value::Object(map) => map.values_mut().for_each(|value| finish(value, next)),
        Value::Array(list) => {
            list.retain(|value| value != END);
            list.iter_mut().for_each(|value| finish(value, next));
        }
        Value::String(text) if text == STOP => *text = format!("if (failed) pm.execution.setNextRequest({next});"),
        _ => {}
    }
}

/// What stands behind the last request runs at the end of its script. False where there is none.
fn append(item: &mut Value, script: &[String]) -> bool {
    if let Some(last) = item.get_mut("item").and_then(Value::as_array_mut).and_then(|items| items.last_mut()) {
        return append(last, script);
    }
    let events = item.get_mut("event").and_then(Value::as_array_mut).into_iter().flatten();
    let mut tests = events.filter(|event| event.get("listen") == Some(&json!("test")));
    let lines = tests.next().and_then(|event| event.pointer_mut("/script/exec")?.as_array_mut());
    let Some(lines) = lines else { return false };
    let at = lines.iter().position(|line| line == END).unwrap_or(lines.len());
    lines.splice(at..at, script.iter().flat_map(|script| script.lines()).map(Value::from));
    true
}

/// The line of a test script that more may stand before.
const END: &str = "\u{0}end";

/// The line of a script that is known only when all cleanups are.
const STOP: &str = "\u{0}stop";

/// The variable of an OAuth client's token.
fn token(client: &str) -> String {
    format!("{client}_access_token")
}

struct Writer<'a> {
    read: &'a dyn Fn(&Flow, &str) -> Option<String>,
    variables: Vec<Value>,
    /// Requests that undo, in the order of their steps.
    cleanups: Vec<Value>,
    /// What the next request runs before it is sent.
    before: Vec<String>,
    /// Of items: a script goes on with a request by its name.
    names: HashSet<String>,
    numbers: Numbers,
    lost: Vec<String>,
}

impl Writer<'_> {
    fn flow(&mut self, flow: &Flow, names: &Names) -> Vec<Value> {
        let mut diagnostics = Diagnostics::new(Arc::clone(&flow.source));
        let root = parse(&flow.source, &mut diagnostics).and_then(|root| root.value(&mut diagnostics));
        let Some(Value::Object(root)) = root else { return Vec::new() };
        let empty = Map::new();
        let object = |key: &str| root.get(key).and_then(Value::as_object).unwrap_or(&empty);
        for input in &flow.inputs {
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let default = input.default.as_ref().filter(|_| !input.secret).map(text).unwrap_or_default();
            let mut description = input.description.clone().unwrap_or_default();
            if let Some(env) = &input.env {
                description = format!("{description} ({env})").trim().to_owned();
            }
            self.variable(&names.variable(&input.name), &default, input.secret, &description);
        }
        let (texts, typed) = flow.inputs.iter().partition::<Vec<_>, _>(|input| input.kind == InputType::String);
        let set = |inputs: Vec<&Input>| inputs.into_iter().map(|input| input.name.to_string()).collect();
        let names = &Names { texts: set(texts), typed: set(typed), ..names.clone() };
        for (client, _) in &flow.oauth {
            self.variable(&token(client), "", true, &format!("An access token of the OAuth client {client}"));
        }
        for (name, value) in object("vars") {
            self.set(&names.variable(name), value, names, "vars");
        }
        let steps = root.get("steps").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut items = Vec::new();
        for (step, value) in flow.steps.iter().zip(steps) {
            let Some(map) = value.as_object() else { continue };
            for key in ["for_each", "when"] {
                if map.contains_key(key) {
                    self.lose(&step.label, &format!("`{key}`"));
                }
            }
            match &step.action {
                Action::Request(_) => items.push(self.request(flow, &step.label, map, object("defaults"), names)),
                Action::Jwt(_) => self.jwt(&step.label, map, names),
                Action::Use(used) => items.extend(self.used(&step.label, map, &used.flow, names)),
                Action::Set(_) => {
                    for (name, value) in map.get("set").and_then(Value::as_object).into_iter().flatten() {
                        self.set(&names.variable(name), value, names, &step.label);
                    }
                }
                Action::Wait(_) => match map.get("wait").and_then(|wait| poll::milliseconds(wait, names)) {
                    Some(wait) => self.before.push(format!("setTimeout(() => {{}}, {wait});")),
                    None => self.lose(&step.label, "`wait`"),
                },
                Action::Check(_) => {
                    for check in map.get("check").and_then(Value::as_array).into_iter().flatten() {
                        let text = check.as_str().unwrap_or("");
                        match names.expression(text) {
                            Ok(script) => self.before.push(format!(
                                "pm.test({}, () => pm.expect({script}).to.equal(true));",
                                expression::json(text)
                            )),
                            Err(e) => self.lose(&step.label, &format!("the expression `{e}`")),
                        }
                    }
                }
            }
        }
        items
    }

    fn lose(&mut self, place: &str, what: &str) {
        self.lost.push(format!("{place}: {what}"));
    }

    fn variable(&mut self, key: &str, value: &str, secret: bool, description: &str) {
        if self.variables.iter().any(|variable| variable.get("key").and_then(Value::as_str) == Some(key)) {
            return;
        }
        let kind = if secret { "secret" } else { "string" };
        let mut variable = json!({"key": key, "value": value, "type": kind});
        if let Some(map) = variable.as_object_mut().filter(|_| !description.is_empty()) {
            map.insert("description".to_owned(), json!(description));
        }
        self.variables.push(variable);
    }

    /// Gives a variable its value before the next request.
    fn set(&mut self, variable: &str, value: &Value, names: &Names, place: &str) {
        match names.value(value) {
            Ok(script) => {
                self.before.push(format!("pm.collectionVariables.set({}, {script});", expression::json(variable)));
            }
            Err(e) => self.lose(place, &format!("the expression `{e}`")),
        }
    }

    /// A name that no other item has.
    fn name(&mut self, wish: &str) -> String {
        let names = &mut self.names;
        self.numbers.next(wish, |wish, number| format!("{wish} ({number})"), |name| names.insert(name.to_owned()))
    }

    fn jwt(&mut self, label: &str, step: &Map<String, Value>, names: &Names) {
        let variable = names.variable("jwt_token");
        match step.get("jwt").and_then(Value::as_object).map(|jwt| jwt::script(jwt, &variable, names)) {
            Some(Ok(script)) => self.before.push(script),
            Some(Err(what)) => return self.lose(label, &what),
            None => return,
        }
        let mut own = names.clone();
        own.own.insert("jwt.token".to_owned(), format!("pm.variables.get({})", expression::json(&variable)));
        for (name, source) in step.get("capture").and_then(Value::as_object).into_iter().flatten() {
            let value = source.get("value").unwrap_or(source);
            self.set(&names.variable(name), value, &own, label);
        }
    }

    /// A used flow is a folder, its names with its own name before them.
    fn used(&mut self, label: &str, step: &Map<String, Value>, flow: &Flow, names: &Names) -> Option<Value> {
        let folder = self.name(label);
        let short: String =
            folder.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let inside = Names { prefix: format!("{}{short}.", names.prefix), ..Names::default() };
        for (name, value) in step.get("with").and_then(Value::as_object).into_iter().flatten() {
            self.set(&inside.variable(name), value, names, label);
        }
        let items = self.flow(flow, &inside);
        let mut own = names.clone();
        let mut diagnostics = Diagnostics::new(Arc::clone(&flow.source));
        let root = parse(&flow.source, &mut diagnostics).and_then(|root| root.value(&mut diagnostics));
        let outputs = root.as_ref().and_then(|root| root.get("outputs")?.as_object());
        for (name, value) in outputs.into_iter().flatten() {
            if let Ok(script) = inside.value(value) {
                own.own.insert(format!("outputs.{name}"), script);
            }
        }
        for (name, source) in step.get("capture").and_then(Value::as_object).into_iter().flatten() {
            let value = source.get("value").unwrap_or(source);
            self.set(&names.variable(name), value, &own, label);
        }
        (!items.is_empty()).then(|| json!({"name": folder, "item": items}))
    }

    fn request(
        &mut self,
        flow: &Flow,
        label: &str,
        step: &Map<String, Value>,
        defaults: &Map<String, Value>,
        names: &Names,
    ) -> Value {
        let name = self.name(label);
        let mut tests = Tests::default();
        let reply = Names { reply: true, ..names.clone() };
        let empty = Map::new();
        let object = |key: &str| step.get(key).and_then(Value::as_object).unwrap_or(&empty);
        tests.captures(object("capture"), &reply);
        let (read, expect) = (self.read, object("expect"));
        tests.expect(expect, &reply, &|path| read(flow, path));
        let mut after = Vec::new();
        let goes_on = step.get("continue_on_failure") == Some(&json!(true));
        if let Some(undo) = step.get("cleanup") {
            let mark = format!("_registered: {name}");
            let accepted =
                expect::accepted(expect.get("status"), &reply).unwrap_or_else(|_| "pm.response.code < 400".to_owned());
            after.push(format!("if ({accepted}) pm.collectionVariables.set({}, true);", expression::json(&mark)));
            let one = [undo.clone()];
            for undo in undo.as_array().map_or(&one[..], Vec::as_slice).iter().filter_map(Value::as_object) {
                self.cleanup(flow, &name, undo, defaults, names, &mark);
            }
        }
        let mut before = std::mem::take(&mut self.before);
        let poll = step.get("poll").and_then(Value::as_object);
        let again = match poll.map(|poll| poll::script(poll, &name, expect, &reply, &|path| read(flow, path))) {
            Some(Ok(again)) => Some(again),
            Some(Err(what)) => {
                self.lose(label, &what);
                None
            }
            None => None,
        };
        let (request, lost) = request::request(step, defaults, names, &mut before);
        for what in lost.iter().chain(&tests.lost) {
            self.lose(label, what);
        }
        let mut lines: Vec<String> = again.iter().flat_map(|again| again.lines()).map(str::to_owned).collect();
        lines.extend(tests.script(&after.join("\n")).lines().map(str::to_owned));
        if !goes_on {
            lines.push(STOP.to_owned());
        }
        lines.push(END.to_owned());
        lines.extend(again.map(|_| "}".to_owned()));
        let mut events = vec![json!({"listen": "test", "script": {"type": "text/javascript", "exec": lines}})];
        if !before.is_empty() {
            let lines: Vec<&str> = before.iter().flat_map(|script| script.lines()).collect();
            events.insert(0, json!({"listen": "prerequest", "script": {"type": "text/javascript", "exec": lines}}));
        }
        let mut item = json!({"name": name, "event": events, "request": request});
        let redirects = step.get("redirects").or_else(|| defaults.get("redirects"));
        if let (Some(Value::Bool(false)), Some(item)) = (redirects, item.as_object_mut()) {
            item.insert("protocolProfileBehavior".to_owned(), json!({"followRedirects": false}));
        }
        item
    }

    /// A request that undoes: skipped where its step did not get that far.
    fn cleanup(
        &mut self,
        flow: &Flow,
        of: &str,
        step: &Map<String, Value>,
        defaults: &Map<String, Value>,
        names: &Names,
        mark: &str,
    ) {
        let label = step.get("name").and_then(Value::as_str).map_or_else(|| format!("Clean up: {of}"), str::to_owned);
        let before = std::mem::take(&mut self.before);
        let mut step = step.clone();
        step.insert("continue_on_failure".to_owned(), json!(true));
        let mut item = self.request(flow, &label, &step, defaults, names);
        self.before = before;
        let skip = format!(
            "if (!pm.collectionVariables.get({mark})) pm.execution.skipRequest();\npm.collectionVariables.unset({mark});",
            mark = expression::json(mark)
        );
        let lines: Vec<&str> = skip.lines().collect();
        if let Some(Value::Array(events)) = item.get_mut("event") {
            events.insert(0, json!({"listen": "prerequest", "script": {"type": "text/javascript", "exec": lines}}));
        }
        self.cleanups.push(item);
    }
}
