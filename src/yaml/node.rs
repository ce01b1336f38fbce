//! A YAML node with its place in the file.

use std::borrow::Cow;
use std::fmt::Display;

use super::{offsets, scalar};
use crate::diagnostic::{Code, Diagnostics};
use crate::source::{OffsetMap, Span};
use crate::value::{Map, Value};

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: may be a number, a boolean or null.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
    /// A `|` or `>` block.
    Block,
}

/// What a node is.
#[derive(Clone, Debug)]
pub enum Data<'s> {
    /// Text, not yet given a type.
    Scalar(Cow<'s, str>, Style),
    /// A sequence.
    List(Vec<Node<'s>>),
    /// A mapping, in the file's order, keys unique.
    Map(Vec<(Node<'s>, Node<'s>)>),
    /// Something that has been reported already: readers stay silent about it.
    Broken,
}

/// A node and the span of its value: quotes are in it, indicators and comments are not.
#[derive(Clone, Debug)]
pub struct Node<'s> {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub data: Data<'s>,
}

impl<'s> Node<'s> {
    /// The decoded text of a scalar of any style.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// True for a plain `null` or `~`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(text, Style::Plain) if scalar::is_null(text))
    }

    /// True where it was reported already.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        matches!(self.data, Data::Broken)
    }

    /// Where the characters of a scalar's text stand in the file.
    #[must_use]
    pub fn offsets(&self, source: &str) -> OffsetMap {
        match &self.data {
            Data::Scalar(text, style) => offsets::map(source, self.span, text, *style),
            _ => OffsetMap::Plain(self.span.start),
        }
    }

    /// A scalar's typed value; reports a plain number that would silently change. `None` where reported, or not a scalar.
    pub fn scalar_value(&self, diagnostics: &mut Diagnostics) -> Option<Value> {
        match &self.data {
            Data::Scalar(text, Style::Plain) => scalar::plain(text, self.span, diagnostics),
            Data::Scalar(text, _) => Some(Value::String(text.to_string())),
            _ => None,
        }
    }

    /// The whole node as a value, templates unrendered.
    pub fn value(&self, diagnostics: &mut Diagnostics) -> Option<Value> {
        match &self.data {
            Data::Scalar(..) => self.scalar_value(diagnostics),
            Data::List(items) => {
                let values: Vec<_> = items.iter().map(|item| item.value(diagnostics)).collect();
                values.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
            }
            Data::Map(entries) => {
                let mut map = Map::new();
                let mut whole = true;
                for (key, value) in entries {
                    match (key.scalar(), value.value(diagnostics)) {
                        (Some(key), Some(value)) => {
                            map.insert(key.to_owned(), value);
                        }
                        _ => whole = false,
                    }
                }
                whole.then_some(Value::Object(map))
            }
            Data::Broken => None,
        }
    }

    /// Text that is not a template's place: a string, reported where it is anything else. `what` names it: "`name`".
    pub fn text(&self, what: impl Display, diagnostics: &mut Diagnostics) -> Option<&str> {
        match &self.data {
            Data::Scalar(text, Style::Plain) => match scalar::plain(text, self.span, diagnostics)? {
                Value::String(_) => Some(text),
                other => {
                    diagnostics
                        .error(Code::WrongType, self.span, format!("{what} must be text, not {}", article(&other)))
                        .help(format!("quote it: \"{text}\""));
                    None
                }
            },
            Data::Scalar(text, _) => Some(text),
            _ => self.mismatch(what, "text", diagnostics),
        }
    }

    /// A boolean, reported where it is anything else.
    pub fn boolean(&self, what: impl Display, diagnostics: &mut Diagnostics) -> Option<bool> {
        match self.scalar_value(diagnostics) {
            Some(Value::Bool(b)) => Some(b),
            Some(other) => {
                let message = format!("{what} must be true or false, not {}", article(&other));
                diagnostics.error(Code::WrongType, self.span, message).help("write `true` or `false`, without quotes");
                None
            }
            None => self.mismatch(what, "true or false", diagnostics),
        }
    }

    /// A whole number of at least `least`, reported where it is anything else.
    pub fn integer(&self, what: impl Display, least: u64, diagnostics: &mut Diagnostics) -> Option<u64> {
        let before = diagnostics.len();
        match self.scalar_value(diagnostics) {
            Some(Value::Number(n)) if n.as_u64().is_some_and(|n| n >= least) => n.as_u64(),
            Some(other) => {
                let message = format!("{what} must be a whole number of at least {least}, not {other}");
                diagnostics.error(Code::WrongType, self.span, message).help("write digits only, without quotes");
                None
            }
            None if diagnostics.len() > before => None,
            None => self.mismatch(what, "a whole number", diagnostics),
        }
    }

    /// The items of a list, reported where it is anything else.
    pub fn list(&self, what: impl Display, diagnostics: &mut Diagnostics) -> Option<&[Node<'s>]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => self.mismatch(what, "a list", diagnostics),
        }
    }

    /// The entries of a mapping whose keys the user chooses, reported where it is anything else.
    pub fn entries(&self, what: impl Display, diagnostics: &mut Diagnostics) -> Option<&[(Node<'s>, Node<'s>)]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => self.mismatch(what, "a mapping", diagnostics),
        }
    }

    /// `None`, with the report that `what` must be `wanted`, unless the node was reported already.
    pub fn mismatch<T>(&self, what: impl Display, wanted: &str, diagnostics: &mut Diagnostics) -> Option<T> {
        let found = match &self.data {
            Data::Broken => return None,
            Data::Scalar(_, Style::Plain) => match self.scalar_value(diagnostics) {
                Some(value) => article(&value),
                None => return None,
            },
            Data::Scalar(..) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a mapping",
        };
        diagnostics
            .error(Code::WrongType, self.span, format!("{what} must be {wanted}, not {found}"))
            .help(how_to_write(wanted, found));
        None
    }
}

/// What to do where `wanted` is wanted and `found` was found.
fn how_to_write(wanted: &str, found: &str) -> String {
    let help = match wanted {
        "a mapping" => "a mapping is `key: value` on lines of its own, indented, or `{ key: value }`",
        "a list" => "a list is `- item` on lines of its own, or `[item, item]`",
        "text" if matches!(found, "a list" | "a mapping") => "write one text; to begin it with `[` or `{`, quote it",
        "text" => "quote it",
        "true or false" => "write `true` or `false`, without quotes",
        "a whole number" => "write digits only, without quotes",
        "a duration" => "write a number with `ms`, `s`, `m`, `h` or `d`, like `500ms` or `1.5m`",
        "an expression" => "write it as text without braces, like `count > 3`",
        other => return format!("write {other}"),
    };
    help.to_owned()
}

fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
