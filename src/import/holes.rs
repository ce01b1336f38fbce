//! Marks in the texts of calls: where a value is put in by an input or a capture, once all is known.

use std::collections::HashMap;

use serde_json::json;

use super::secret::is_secret_name;
use crate::flow::draft::{Names, Piece, template};
use crate::value::{Map, Value};

/// What begins and ends a place that a value is put into later. Letters and digits, so that no encoding changes it.
pub(super) const OPEN: &str = "qxvhole";
const CLOSE: &str = "vxq";

/// Whether a text begins with a mark, and not only with its letters.
pub(super) fn begins_with_mark(text: &str) -> bool {
    let mark = text.strip_prefix(OPEN).and_then(|rest| rest.split_once(CLOSE));
    mark.is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

/// The inputs and captures that values of calls are replaced by.
#[derive(Debug, Default)]
pub(super) struct Holes {
    /// Expressions, by their number.
    expressions: Vec<String>,
    /// The input that a secret value became.
    secrets: HashMap<String, usize>,
    /// Variables of a shell, by name.
    variables: HashMap<String, usize>,
    pub(super) inputs: Map<String, Value>,
    names: Names,
}

impl Holes {
    fn mark(number: usize) -> String {
        format!("{OPEN}{number}{CLOSE}")
    }

    fn add(&mut self, expression: String) -> usize {
        self.expressions.push(expression);
        self.expressions.len() - 1
    }

    /// A name for a capture, and the mark that stands for its value.
    pub(super) fn capture(&mut self, wish: &str) -> (String, String) {
        let name = self.names.fresh(wish);
        let number = self.add(name.clone());
        (name, Self::mark(number))
    }

    /// The mark for a variable of a shell.
    pub(super) fn variable(&mut self, variable: &str) -> String {
        if let Some(number) = self.variables.get(variable) {
            return Self::mark(*number);
        }
        let name = self.names.legal(&variable.to_lowercase());
        let mut input = Map::new();
        input.insert("env".to_owned(), json!(variable));
        if is_secret_name(variable) {
            input.insert("secret".to_owned(), json!(true));
        }
        self.inputs.insert(name.clone(), Value::Object(input));
        let number = self.add(name);
        self.variables.insert(variable.to_owned(), number);
        Self::mark(number)
    }

    /// The mark for an input that has a default. A default is plain: a text that would be a template stays where it is.
    pub(super) fn input(&mut self, wish: &str, default: &str, description: &str) -> String {
        if self.fill(default) != default {
            return default.to_owned();
        }
        let name = self.names.fresh(wish);
        self.inputs.insert(name.clone(), json!({"default": default, "description": description}));
        let number = self.add(name);
        Self::mark(number)
    }

    /// The mark for a secret; the same value has the same one. What is a hole already stays it, and becomes secret.
    pub(super) fn secret(&mut self, value: &str, wish: &str, host: &str, description: &str) -> String {
        let numbers = numbers(value);
        if !numbers.is_empty() {
            for name in numbers.iter().filter_map(|number| self.expressions.get(*number)) {
                if let Some(Value::Object(input)) = self.inputs.get_mut(name) {
                    input.insert("secret".to_owned(), json!(true));
                }
            }
            if numbers.len() == 1 && numbers.first().is_some_and(|number| value == Self::mark(*number)) {
                return value.to_owned();
            }
        }
        if let Some(number) = self.secrets.get(value) {
            return Self::mark(*number);
        }
        let name = self.names.fresh(wish);
        let mut input = Map::new();
        if wish == "token" && host == "webexapis.com" && name == wish {
            input.insert("env".to_owned(), json!("WEBEX_ACCESS_TOKEN"));
        }
        input.insert("secret".to_owned(), json!(true));
        if is_host(host) {
            input.insert("hosts".to_owned(), json!([host]));
        }
        input.insert("description".to_owned(), json!(description));
        self.inputs.insert(name.clone(), Value::Object(input));
        let number = self.add(name);
        self.secrets.insert(value.to_owned(), number);
        Self::mark(number)
    }

    /// The template of a text with marks.
    pub(super) fn fill(&self, text: &str) -> String {
        template(&self.pieces(text))
    }

    pub(super) fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, mark)) = rest.split_once(OPEN) {
            let known = mark
                .split_once(CLOSE)
                .and_then(|(number, after)| Some((self.expressions.get(number.parse::<usize>().ok()?)?, after)));
            let Some((expression, after)) = known else { break };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Hole(expression.clone()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        pieces
    }
}

/// The numbers of the marks in a text.
fn numbers(text: &str) -> Vec<usize> {
    text.split(OPEN).skip(1).filter_map(|mark| mark.split_once(CLOSE)?.0.parse().ok()).collect()
}

fn is_host(host: &str) -> bool {
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b)) && !host.contains(OPEN);
    plain && url::Host::parse(host.strip_suffix('.').unwrap_or(host)).is_ok()
}
