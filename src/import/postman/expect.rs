//! Conditions on the reply to `expect`, or to the condition of `poll`.

use super::expression::{bare, code, condition, is_word};
use super::script::{Cond, Seg, Sym};
use super::step::duration;
use super::text::Binder;
use crate::check::meant_operator;
use crate::flow::draft::literal;
use crate::value::{Map, Value};

/// What is expected so far.
#[derive(Default)]
pub(super) struct Expect {
    status: Option<Value>,
    headers: Vec<(String, Map<String, Value>)>,
    json: Vec<(String, Map<String, Value>)>,
    cookies: Vec<(String, Map<String, Value>)>,
    body: Map<String, Value>,
    duration: Map<String, Value>,
    schema: Option<Value>,
    that: Vec<String>,
}

/// What a predicate is about.
enum Slot {
    Json(String),
    Header(String),
    Cookie(String),
    Body,
    Duration,
}

impl Expect {
    /// Adds a condition; false where the language cannot say it.
    pub(super) fn add(&mut self, cond: &Cond, names: &mut Binder<'_>) -> bool {
        if let Cond::All(all) = cond {
            return all.iter().all(|cond| self.add(cond, names));
        }
        if self.add_status(cond) || self.add_predicate(cond, names) {
            return true;
        }
        match condition(cond, names) {
            Some(code) if self.that.len() < 200 => {
                if !self.that.contains(&code) {
                    self.that.push(code);
                }
                true
            }
            _ => false,
        }
    }

    /// Whether nothing is expected.
    pub(super) fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.headers.is_empty()
            && self.json.is_empty()
            && self.cookies.is_empty()
            && self.body.is_empty()
            && self.duration.is_empty()
            && self.schema.is_none()
            && self.that.is_empty()
    }

    /// As it stands in the file. Where no status is named, any will do.
    pub(super) fn into_value(self) -> Value {
        let mut map = Map::new();
        map.insert("status".to_owned(), self.status.unwrap_or_else(|| "any".into()));
        let mut named = |key: &str, list: Vec<(String, Map<String, Value>)>| {
            if !list.is_empty() {
                let list = list.into_iter().map(|(name, predicate)| (name, shortest(predicate)));
                map.insert(key.to_owned(), Value::Object(list.collect()));
            }
        };
        named("headers", self.headers);
        named("json", self.json);
        named("cookies", self.cookies);
        for (key, predicate) in [("body", self.body), ("duration", self.duration)] {
            if !predicate.is_empty() {
                map.insert(key.to_owned(), shortest(predicate));
            }
        }
        if let Some(schema) = self.schema {
            map.insert("schema".to_owned(), schema);
        }
        if !self.that.is_empty() {
            map.insert("that".to_owned(), self.that.into());
        }
        Value::Object(map)
    }

    fn add_status(&mut self, cond: &Cond) -> bool {
        let status = match cond {
            Cond::Eq(Sym::Status, Sym::Const(number @ Value::Number(_))) if is_status(number) => number.clone(),
            Cond::Eq(Sym::Reason, Sym::Const(Value::String(reason))) => match code_of(reason) {
                Some(code) => code.into(),
                None => return false,
            },
            Cond::In(Sym::Status, list) => {
                let values = list.iter().map(|s| match s {
                    Sym::Const(number @ Value::Number(_)) if is_status(number) => Some(number.clone()),
                    Sym::Const(class @ Value::String(text)) if text.ends_with("xx") => Some(class.clone()),
                    _ => None,
                });
                match values.collect::<Option<Vec<_>>>() {
                    Some(mut values) if values.len() == 1 => values.swap_remove(0),
                    Some(values) if !values.is_empty() => values.into(),
                    _ => return false,
                }
            }
            _ => return false,
        };
        let same = self.status.is_none() || self.status.as_ref() == Some(&status);
        if same {
            self.status = Some(status);
        }
        same
    }

    fn add_predicate(&mut self, cond: &Cond, names: &mut Binder<'_>) -> bool {
        if let Cond::Schema(schema) = cond {
            let same = self.schema.is_none() || self.schema.as_ref() == Some(schema);
            // A schema may hold braces, which would be read as a template nowhere: it is data.
            if same {
                self.schema = Some(schema.clone());
            }
            return same;
        }
        let Some((subject, operator, operand)) = predicate(cond, names) else { return false };
        let Some((slot, predicate)) = placed(subject, operator, operand) else { return false };
        let map = match slot {
            Slot::Json(path) => entry(&mut self.json, path),
            Slot::Header(name) => entry(&mut self.headers, name),
            Slot::Cookie(name) => entry(&mut self.cookies, name),
            Slot::Body => &mut self.body,
            Slot::Duration => &mut self.duration,
        };
        let absent = |map: &Map<String, Value>| map.get("exists") == Some(&Value::Bool(false));
        for (operator, operand) in predicate {
            let exists = operator == "exists" && operand == Value::Bool(true);
            if exists && !map.is_empty() && !absent(map) {
                // Every other operator fails on what is missing, too.
                continue;
            }
            match map.get(&operator) {
                Some(there) if *there == operand => {}
                Some(_) => return false,
                None => {
                    if map.get("exists") == Some(&Value::Bool(true)) {
                        map.remove("exists");
                    }
                    map.insert(operator, operand);
                }
            }
        }
        true
    }
}

fn entry(list: &mut Vec<(String, Map<String, Value>)>, name: String) -> &mut Map<String, Value> {
    let at = list.iter().position(|(n, _)| *n == name).unwrap_or_else(|| {
        list.push((name, Map::new()));
        list.len() - 1
    });
    // It was found or put there a line above.
    let last = list.len() - 1;
    &mut list[at.min(last)].1
}

/// `{ eq: x }` is `x`, unless `x` is a mapping or a text like `< 5`.
fn shortest(mut predicate: Map<String, Value>) -> Value {
    match predicate.get("eq") {
        Some(value)
            if predicate.len() == 1
                && !value.is_object()
                && value.as_str().is_none_or(|text| meant_operator(text).is_none()) =>
        {
            predicate.remove("eq").unwrap_or_default()
        }
        _ => Value::Object(predicate),
    }
}

fn is_status(number: &Value) -> bool {
    number.as_u64().is_some_and(|n| (100..600).contains(&n))
}

fn code_of(reason: &str) -> Option<u16> {
    let named = |code: &u16| {
        http::StatusCode::from_u16(*code)
            .ok()
            .and_then(|s| s.canonical_reason())
            .is_some_and(|r| r.eq_ignore_ascii_case(reason))
    };
    (100..600).find(named)
}

/// Subject, operator and operand of a condition that is about one thing of the reply.
fn predicate<'c>(cond: &'c Cond, names: &mut Binder<'_>) -> Option<(&'c Sym, &'static str, Value)> {
    let two = |a: &'c Sym, b: &'c Sym, forth: &'static str, back: &'static str, names: &mut Binder<'_>| {
        if has_slot(a) {
            Some((a, forth, operand(b, names)?))
        } else if has_slot(b) {
            Some((b, back, operand(a, names)?))
        } else {
            None
        }
    };
    match cond {
        Cond::Eq(a, b) => two(a, b, "eq", "eq", names),
        Cond::Less(a, b) => two(a, b, "lt", "gt", names),
        Cond::AtMost(a, b) => two(a, b, "le", "ge", names),
        Cond::Exists(s) => Some((s, "exists", true.into())),
        Cond::Truthy(s) => {
            let falsy = serde_json::json!({"in": [null, false, 0, ""]});
            Some((s, "not", falsy))
        }
        Cond::Type(s, name) => Some((s, "type", (*name).into())),
        Cond::Contains(s, part) => Some((s, "contains", operand(part, names)?)),
        Cond::StartsWith(s, part) => Some((s, "starts_with", operand(part, names)?)),
        Cond::EndsWith(s, part) => Some((s, "ends_with", operand(part, names)?)),
        Cond::Like(s, part) => Some((s, "like", operand(part, names)?)),
        Cond::Matches(s, source) => Some((s, "matches", source.as_str().into())),
        Cond::In(s, list) => {
            let list: Option<Vec<_>> = list.iter().map(|v| operand(v, names)).collect();
            Some((s, "in", list?.into()))
        }
        Cond::Empty(s) => Some((s, "empty", true.into())),
        Cond::Not(inner) => match &**inner {
            Cond::Exists(s) => Some((s, "exists", false.into())),
            Cond::Empty(s) => Some((s, "empty", false.into())),
            // What may be missing is not false for that: this is said by an expression.
            Cond::Truthy(_) => None,
            inner => {
                let (subject, operator, operand) = predicate(inner, names)?;
                let operand = shortest(Map::from_iter([(operator.to_owned(), operand)]));
                Some((subject, "not", operand))
            }
        },
        _ => None,
    }
}

fn has_slot(sym: &Sym) -> bool {
    match sym {
        Sym::Json(_) | Sym::Header(_) | Sym::Cookie(_) | Sym::Text | Sym::Time => true,
        Sym::Length(inner) => has_slot(inner),
        _ => false,
    }
}

/// Where a predicate about `subject` stands, and what it is there.
fn placed(subject: &Sym, operator: &str, operand: Value) -> Option<(Slot, Map<String, Value>)> {
    let one = |operator: &str, operand: Value| Map::from_iter([(operator.to_owned(), operand)]);
    Some(match subject {
        Sym::Json(path) => {
            let predicate = one(operator, operand);
            let slot = Slot::Json(json_path(path));
            match path.contains(&Seg::Each) {
                true if operator == "exists" => return None,
                true => (slot, one("all", shortest(predicate))),
                false => (slot, predicate),
            }
        }
        Sym::Header(name) => (Slot::Header(name.to_ascii_lowercase()), one(operator, operand)),
        Sym::Cookie(name) => (Slot::Cookie(name.clone()), one(operator, operand)),
        Sym::Text => (Slot::Body, one(operator, operand)),
        Sym::Time => {
            let time = operand
                .as_f64()
                .filter(|ms| (0.0..1e9).contains(ms) && matches!(operator, "lt" | "le" | "gt" | "ge"))?;
            (Slot::Duration, one(operator, duration(time.ceil() as u64).into()))
        }
        Sym::Length(inner) => placed(inner, "length", shortest(one(operator, operand)))?,
        _ => return None,
    })
}

/// A value that a predicate compares with.
pub(super) fn operand(sym: &Sym, names: &mut Binder<'_>) -> Option<Value> {
    match sym {
        Sym::Const(value) => Some(as_literal(value)),
        Sym::Interpolated(text) => Some(names.template(text).into()),
        other => Some(format!("{{{{ {} }}}}", bare(code(other, names)?)).into()),
    }
}

/// A value whose texts stand for themselves.
pub(super) fn as_literal(value: &Value) -> Value {
    match value {
        Value::String(text) => literal(text).into(),
        Value::Array(list) => list.iter().map(as_literal).collect::<Vec<_>>().into(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (k.clone(), as_literal(v))).collect()),
        other => other.clone(),
    }
}

/// A place in the reply as JSONPath (RFC 9535).
pub(super) fn json_path(path: &[Seg]) -> String {
    let mut out = "$".to_owned();
    for seg in path {
        match seg {
            Seg::Key(name) if is_word(name) => out.push_str(&format!(".{name}")),
            Seg::Key(name) => {
                let escaped: String = name
                    .chars()
                    .map(|c| match c {
                        '\'' | '\\' => format!("\\{c}"),
                        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
                        c => c.to_string(),
                    })
                    .collect();
                out.push_str(&format!("['{escaped}']"));
            }
            Seg::Index(n) => out.push_str(&format!("[{n}]")),
            Seg::Each => out.push_str("[*]"),
        }
    }
    out
}
