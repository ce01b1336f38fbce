//! `expect` and `capture` as the test script of a request.

use super::expression::{Names, json};
use super::predicate::Assertions;
use crate::value::{Map, Value};

/// A script that is being written: assertions with their names, then what they call.
#[derive(Debug, Default)]
pub(super) struct Tests {
    assertions: Assertions,
    lines: Vec<String>,
    /// What could not be said.
    pub(super) lost: Vec<String>,
}

impl Tests {
    /// Takes what a step captures from its reply.
    pub(super) fn captures(&mut self, captures: &Map<String, Value>, names: &Names) {
        for (name, source) in captures {
            match self.source(source, names) {
                Ok(script) => {
                    let variable = json(&names.variable(name));
                    let default = source.get("default").map(|default| names.value(default).unwrap_or_default());
                    let default = default.filter(|text| !text.is_empty());
                    let fallback = default.map(|text| format!("\n  if (value === undefined) value = {text};"));
                    self.lines.push(format!(
                        "check({}, () => {{\n  let value = {script};{}\n  pm.expect(value).to.not.equal(undefined);\n  \
                         pm.collectionVariables.set({variable}, value);\n}});",
                        json(&format!("capture {name}")),
                        fallback.unwrap_or_default()
                    ));
                }
                Err(what) => self.lost.push(format!("`capture.{name}`: {what}")),
            }
        }
    }

    fn source(&mut self, source: &Value, names: &Names) -> Result<String, String> {
        let unsaid = |path: &str| format!("the path `{path}`");
        match source {
            Value::String(text) if text.starts_with('$') => {
                self.assertions.path("pm.response.json()", text).ok_or_else(|| unsaid(text))
            }
            Value::String(text) => names.script(text).map_err(|e| format!("the expression `{e}`")),
            Value::Object(map) => {
                let text = |key: &str| map.get(key).and_then(Value::as_str);
                if let Some(path) = text("json") {
                    // A default stands in for an empty body too.
                    let body = match map.contains_key("default") {
                        true => format!("{}()", self.assertions.call("body")),
                        false => "pm.response.json()".to_owned(),
                    };
                    return self.assertions.path(&body, path).ok_or_else(|| unsaid(path));
                }
                if let Some(name) = text("header") {
                    return Ok(format!("(pm.response.headers.get({}) ?? undefined)", json(name)));
                }
                if let Some(name) = text("cookie") {
                    return Ok(format!("(pm.cookies.get({}) ?? undefined)", json(name)));
                }
                if let Some(value) = map.get("value") {
                    return names.value(value).map_err(|e| format!("the expression `{e}`"));
                }
                if map.contains_key("body") {
                    return Ok("pm.response.text()".to_owned());
                }
                if map.contains_key("status") {
                    return Ok("pm.response.code".to_owned());
                }
                if let Some(pattern) = text("regex") {
                    let found = format!("pm.response.text().match(new RegExp({}, \"u\"))", json(pattern));
                    return Ok(format!("((m) => m ? (m.length > 1 ? m[1] : m[0]) : undefined)({found})"));
                }
                Err("its source has no counterpart".to_owned())
            }
            _ => Err("its source has no counterpart".to_owned()),
        }
    }

    /// Takes what is expected. `schema` gives the text of a schema's file.
    pub(super) fn expect(
        &mut self,
        expect: &Map<String, Value>,
        names: &Names,
        schema: &dyn Fn(&str) -> Option<String>,
    ) {
        self.check("status", status(expect.get("status"), names));
        for (key, value) in expect {
            let entries = || value.as_object().into_iter().flatten();
            match key.as_str() {
                "status" => {}
                "json" => {
                    for (path, predicate) in entries() {
                        match self.assertions.path("pm.response.json()", path) {
                            Some(actual) => self.compare(path, &actual, predicate, names, false),
                            None => self.lost.push(format!("`expect.json`: the path `{path}`")),
                        }
                    }
                }
                "headers" => {
                    for (name, predicate) in entries() {
                        let actual = format!("(pm.response.headers.get({}) ?? undefined)", json(name));
                        self.compare(&format!("header {name}"), &actual, predicate, names, true);
                    }
                }
                "cookies" => {
                    for (name, predicate) in entries() {
                        let actual = format!("(pm.cookies.get({}) ?? undefined)", json(name));
                        self.compare(&format!("cookie {name}"), &actual, predicate, names, false);
                    }
                }
                "body" => self.compare("body", "pm.response.text()", value, names, false),
                "sha256" => {
                    let actual = "CryptoJS.SHA256(pm.response.text()).toString()";
                    self.compare("sha256", actual, value, names, false);
                }
                "duration" => self.compare("duration", "pm.response.responseTime", value, names, false),
                "schema" => self.schema(value, schema),
                "that" => {
                    let one = [value.clone()];
                    for expression in value.as_array().map_or(&one[..], Vec::as_slice) {
                        let text = expression.as_str().unwrap_or("");
                        let script =
                            names.expression(text).map(|script| vec![format!("pm.expect({script}).to.equal(true);")]);
                        self.check(text, script.map_err(|e| format!("the expression `{e}`")));
                    }
                }
                other => self.lost.push(format!("`expect.{other}`")),
            }
        }
    }

    fn compare(&mut self, name: &str, actual: &str, predicate: &Value, names: &Names, number: bool) {
        let script = self.assertions.predicate(actual, predicate, names, number);
        self.check(name, script.map_err(|e| format!("`{e}`")));
    }

    fn check(&mut self, name: &str, script: Result<Vec<String>, String>) {
        match script {
            Ok(script) => {
                let body = script.join("\n  ");
                self.lines.push(format!("check({}, () => {{\n  {body}\n}});", json(name)));
            }
            Err(what) => self.lost.push(format!("`expect` of {name}: {what}")),
        }
    }

    fn schema(&mut self, schema: &Value, read: &dyn Fn(&str) -> Option<String>) {
        let document = match schema {
            Value::String(path) => read(path).and_then(|text| serde_json::from_str(&text).ok()),
            inline => Some(inline.clone()),
        };
        let Some(mut document) = document else {
            return self.lost.push("`expect.schema`: a schema that is no JSON".to_owned());
        };
        if !is_self_contained(&document) {
            return self.lost.push("`expect.schema`: a schema that refers to other files".to_owned());
        }
        if plain(&mut document) {
            self.lost.push("`expect.schema`: `format` is not checked".to_owned());
        }
        self.check("schema", Ok(vec![format!("pm.response.to.have.jsonSchema({document});")]));
    }

    /// The script; `after` is what it does once all was judged.
    pub(super) fn script(&self, after: &str) -> String {
        let head = "let failed = false;\nconst check = (name, assertion) => pm.test(name, () => {\n  \
                    try { assertion(); } catch (e) { failed = true; throw e; }\n});\n";
        format!("{head}{}\n{}\n{after}", self.assertions.functions(), self.lines.join("\n"))
    }

    /// As JavaScript that says whether all would hold, without telling it.
    pub(super) fn question(&self) -> String {
        let head = "let held = true;\nconst check = (name, assertion) => {\n  \
                    try { assertion(); } catch (e) { held = false; }\n};\n";
        let inside = format!("{head}{}{}\nreturn held;", self.assertions.functions(), self.lines.join("\n"));
        let inside: String = inside.lines().map(|line| format!("  {line}\n")).collect();
        format!("(() => {{\n{inside}}})()")
    }
}

/// The statements that judge the status.
pub(super) fn status(wanted: Option<&Value>, names: &Names) -> Result<Vec<String>, String> {
    Ok(vec![format!("pm.expect({}, String(pm.response.code)).to.equal(true);", accepted(wanted, names)?)])
}

/// Whether the status is accepted, as JavaScript.
pub(super) fn accepted(wanted: Option<&Value>, names: &Names) -> Result<String, String> {
    Ok(match wanted {
        None => "pm.response.code < 400".to_owned(),
        Some(Value::Array(list)) => {
            let each = list.iter().map(|one| accepted(Some(one), names)).collect::<Result<Vec<_>, _>>()?;
            format!("({})", each.join(" || "))
        }
        Some(Value::String(text)) if text == "any" => "true".to_owned(),
        Some(Value::String(text)) if text.len() == 3 && text.ends_with("xx") => {
            format!("Math.floor(pm.response.code / 100) === {}", text.get(..1).unwrap_or("2"))
        }
        Some(Value::String(text)) => {
            let script = names.script(text).map_err(|e| format!("the expression `{e}`"))?;
            format!("[].concat({script}).map(Number).includes(pm.response.code)")
        }
        Some(number) => format!("pm.response.code === {number}"),
    })
}

fn is_self_contained(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => {
            let local = map.get("$ref").and_then(Value::as_str).is_none_or(|reference| reference.starts_with('#'));
            local && map.values().all(is_self_contained)
        }
        Value::Array(list) => list.iter().all(is_self_contained),
        _ => true,
    }
}

/// Takes out what the validator of Postman's scripts does not know: newer drafts, and names of formats. Gives whether
/// there was a format.
fn plain(schema: &mut Value) -> bool {
    match schema {
        Value::Object(map) => {
            let mut formats = false;
            for key in ["$schema", "$id", "format"] {
                if map.get(key).is_some_and(Value::is_string) {
                    map.shift_remove(key);
                    formats |= key == "format";
                }
            }
            map.values_mut().fold(formats, |formats, value| plain(value) | formats)
        }
        Value::Array(list) => list.iter_mut().fold(false, |formats, value| plain(value) | formats),
        _ => false,
    }
}
