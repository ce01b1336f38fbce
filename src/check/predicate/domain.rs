//! Operands that can never be right, found before anything is sent: `type: strnig`, `in: 5`, `lt: {}`.

use super::Operator;
use super::actual::{can_order, kind};
use crate::diagnostic::{Code, nearest};
use crate::value::Value;

/// What a predicate will look at, as far as the subject tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Domain {
    /// Any value.
    Any,
    /// Text that counts as a number where it is compared with one.
    Header,
    /// Text.
    Text,
    /// A SHA-256 digest, as text.
    Digest,
    /// A length of time.
    Duration,
    /// A list: what a path that can find many finds, redirects, `set-cookie`.
    List,
    /// What an XPath finds: text, or a list of texts.
    Nodes,
    /// A count: what `length` asks about.
    Count,
}

/// What is wrong with an operand.
#[derive(Debug, PartialEq)]
pub(in crate::check) struct Problem {
    pub(in crate::check) code: Code,
    pub(in crate::check) message: String,
    pub(in crate::check) help: String,
}

fn problem(code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Problem> {
    Some(Problem { code, message: message.into(), help: help.into() })
}

const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "null", "list", "object"];

impl Domain {
    /// What is wrong with asking `operator` at all.
    pub(super) fn refuses(self, operator: Operator) -> Option<Problem> {
        let name = operator.name();
        let text_only = matches!(operator, Operator::StartsWith | Operator::EndsWith | Operator::Matches);
        let list_only = matches!(operator, Operator::All | Operator::Any | Operator::None);
        match self {
            Domain::Duration if !operator.orders() && operator != Operator::Not => problem(
                Code::InvalidValue,
                format!("`{name}` does not go with a duration"),
                "no send takes exactly a given time: write `{ lt: 2s }`",
            ),
            Domain::Count
                if text_only
                    || list_only
                    || matches!(
                        operator,
                        Operator::Contains
                            | Operator::Length
                            | Operator::Empty
                            | Operator::Like
                            | Operator::Type
                            | Operator::Exists
                    ) =>
            {
                problem(
                    Code::InvalidValue,
                    format!("`{name}` does not go with a length"),
                    "a length is a number: write `length: 3` or `length: { ge: 1 }`",
                )
            }
            Domain::List if text_only || operator.orders() => problem(
                Code::InvalidValue,
                format!("`{name}` does not go with a list"),
                format!("ask its items: `{{ all: {{ {name}: … }} }}`, `any` or `none`"),
            ),
            Domain::Text | Domain::Header | Domain::Digest if list_only => problem(
                Code::InvalidValue,
                format!("`{name}` asks the items of a list, and this is text"),
                "use `contains`, `starts_with`, `ends_with` or `matches`",
            ),
            _ => None,
        }
    }

    /// What is wrong with an operand; also asked of a rendered one.
    pub(super) fn objects(self, operator: Operator, operand: &Value) -> Option<Problem> {
        match operator {
            Operator::Eq | Operator::Like => self.objects_to_equal(operand),
            Operator::In => match operand {
                Value::Array(choices) if choices.is_empty() => {
                    problem(Code::InvalidValue, "nothing is in an empty list", "list the values that are right")
                }
                Value::Array(choices) => choices.iter().find_map(|choice| self.objects_to_equal(choice)),
                other => problem(
                    Code::WrongType,
                    format!("`in` takes a list, not {}", kind(other)),
                    if other.is_object() {
                        "write a list: [a, b]".to_owned()
                    } else {
                        format!("write `in: [{other}]`, or `eq`")
                    },
                ),
            },
            _ if operator.orders() => self.objects_to_order(operator, operand),
            Operator::Contains if matches!(self, Domain::Any | Domain::List | Domain::Nodes) => None,
            Operator::Contains | Operator::StartsWith | Operator::EndsWith => objects_to_text(operator, operand),
            Operator::Empty | Operator::Exists if !operand.is_boolean() => problem(
                Code::WrongType,
                format!("`{}` takes true or false, not {}", operator.name(), kind(operand)),
                format!("write `{}: true`", operator.name()),
            ),
            Operator::Type => objects_to_type(operand),
            _ => None,
        }
    }

    fn objects_to_equal(self, operand: &Value) -> Option<Problem> {
        let quote = || match operand {
            Value::Array(_) | Value::Object(_) | Value::Null => "compare with text".to_owned(),
            scalar => format!("quote it: \"{scalar}\""),
        };
        match self {
            Domain::Text | Domain::Digest if !operand.is_string() => {
                problem(Code::WrongType, format!("this is compared with text, never with {}", kind(operand)), quote())
            }
            Domain::Header if !operand.is_string() && !operand.is_number() => {
                problem(Code::WrongType, format!("a header is text or a number, never {}", kind(operand)), quote())
            }
            Domain::Digest => objects_to_digest(operand.as_str().unwrap_or("")),
            Domain::List if !operand.is_array() => {
                let help = match operand {
                    Value::Number(n) => format!(
                        "write `{{ length: {n} }}` for the number of items, `[{n}]` for this one item, or \
                         `{{ any: {n} }}`"
                    ),
                    Value::Object(_) | Value::Null => {
                        "write a list, or ask the items: `{ all: … }`, `{ any: … }`".to_owned()
                    }
                    other => format!(
                        "write `[{other}]` for this one item, or ask the items: `{{ all: {other} }}`, \
                         `{{ any: {other} }}`"
                    ),
                };
                problem(Code::WrongType, format!("this gives a list, which never equals {}", kind(operand)), help)
            }
            Domain::Nodes if !operand.is_string() && !operand.is_array() => {
                let help = match operand {
                    Value::Number(n) => format!("quote it: \"{n}\", or ask `number(…)`, `count(…)`"),
                    Value::Bool(truth) => format!("quote it: \"{truth}\", or ask `boolean(…)`"),
                    _ => "for no node at all write `exists: false`".to_owned(),
                };
                problem(Code::WrongType, format!("a node is its text, which never equals {}", kind(operand)), help)
            }
            Domain::Count => objects_to_count(operand),
            _ => None,
        }
    }

    fn objects_to_order(self, operator: Operator, operand: &Value) -> Option<Problem> {
        let name = operator.name();
        match (self, operand) {
            (Domain::Count, operand) => objects_to_count(operand),
            (Domain::Nodes, Value::Number(n)) => problem(
                Code::WrongType,
                "a node is its text, which has no order with numbers",
                format!("compare a number: `number(…): {{ {name}: {n} }}`, or `count(…)`"),
            ),
            (Domain::Duration, Value::String(text)) => crate::yaml::duration_of(text)
                .err()
                .and_then(|help| problem(Code::InvalidDuration, format!("`{text}` is not a duration"), help)),
            (Domain::Duration, Value::Number(n)) => problem(
                Code::InvalidDuration,
                format!("`{n}` is not a duration"),
                format!("add a unit: `{n}s` or `{n}ms`"),
            ),
            (Domain::Duration, other) => problem(
                Code::WrongType,
                format!("`{name}` takes a duration here, not {}", kind(other)),
                "write a duration like `800ms` or `2s`",
            ),
            (_, Value::String(text)) if !can_order(operand, self == Domain::Header) => problem(
                Code::InvalidValue,
                format!("`{name}` cannot order by {text:?}: it is no number, duration or RFC 3339 instant"),
                match text.parse::<f64>() {
                    Ok(_) => format!("write {text} without quotes"),
                    Err(_) => {
                        "write a number, a duration like `2s`, or an instant like `2026-11-21T04:00:00Z`".to_owned()
                    }
                },
            ),
            (_, operand) if !can_order(operand, false) && !operand.is_string() => problem(
                Code::WrongType,
                format!("`{name}` compares numbers, durations or instants, not {}", kind(operand)),
                "write a number, a duration like `2s`, or an instant like `2026-11-21T04:00:00Z`",
            ),
            _ => None,
        }
    }
}

fn objects_to_text(operator: Operator, operand: &Value) -> Option<Problem> {
    let name = operator.name();
    match operand {
        Value::String(text) if text.is_empty() => problem(
            Code::InvalidValue,
            format!("`{name}` with an empty text always holds"),
            "to want a text that is not empty, write `empty: false`",
        ),
        Value::String(_) => None,
        Value::Array(_) | Value::Object(_) | Value::Null => {
            problem(Code::WrongType, format!("`{name}` takes text, not {}", kind(operand)), "write a text")
        }
        scalar => problem(
            Code::WrongType,
            format!("`{name}` takes text, not {}", kind(operand)),
            format!("quote it: \"{scalar}\""),
        ),
    }
}

fn objects_to_type(operand: &Value) -> Option<Problem> {
    let text = operand.as_str().unwrap_or(if operand.is_null() { "null" } else { "" });
    if TYPES.contains(&text) {
        return None;
    }
    let elsewhere = match text.to_lowercase().as_str() {
        "array" | "sequence" => Some("list"),
        "text" | "str" => Some("string"),
        "int" | "long" => Some("integer"),
        "float" | "double" | "decimal" => Some("number"),
        "bool" => Some("boolean"),
        "map" | "mapping" | "dict" => Some("object"),
        "none" | "nil" => Some("null"),
        _ => nearest(text, TYPES),
    };
    let help = match elsewhere {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("a type is one of {}", TYPES.map(|t| format!("`{t}`")).join(", ")),
    };
    let what = if operand.is_string() { format!("`{text}`") } else { kind(operand).to_owned() };
    problem(Code::InvalidValue, format!("{what} is not a type"), help)
}

fn objects_to_digest(text: &str) -> Option<Problem> {
    let hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let help = "a digest is 64 hexadecimal digits, in lower case";
    match (hex, text.to_ascii_lowercase()) {
        (false, _) => problem(
            Code::InvalidValue,
            "this is not a SHA-256 digest",
            format!("{help}; this has {} characters", text.chars().count()),
        ),
        (true, lower) if lower != text => {
            problem(Code::InvalidValue, "a SHA-256 digest is written in lower case", format!("write {lower}"))
        }
        _ => None,
    }
}

fn objects_to_count(operand: &Value) -> Option<Problem> {
    let whole = operand.as_f64().is_some_and(|n| n >= 0.0 && n.fract() == 0.0);
    let found = match operand {
        Value::Number(n) => n.to_string(),
        other => kind(other).to_owned(),
    };
    (!whole)
        .then(|| {
            problem(
                Code::WrongType,
                format!("a length is a whole number, not {found}"),
                "write `length: 3` or `length: { ge: 1 }`",
            )
        })
        .flatten()
}
