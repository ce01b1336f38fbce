//! Reading a mapping by its [`Shape`]: unknown, refused and missing keys are reported here, once for the whole language.

use std::time::Duration;

use super::{Node, Shape};
use crate::diagnostic::{Code, Diagnostics, nearest};
use crate::source::Span;
use crate::value::duration_of;

/// A mapping whose keys have been checked.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n, 's> {
    /// Where the mapping stands.
    pub span: Span,
    shape: &'static Shape,
    entries: &'n [(Node<'s>, Node<'s>)],
}

impl<'n, 's> Fields<'n, 's> {
    /// The fields of `node` by `shape`. `None` where it is not a mapping; that, every unknown or refused key and every
    /// missing one are reported.
    pub fn read(node: &'n Node<'s>, shape: &'static Shape, diagnostics: &mut Diagnostics) -> Option<Self> {
        let entries = node.entries(shape.noun, diagnostics)?;
        for (key, _) in entries {
            let name = key.scalar().unwrap_or("");
            let extra = shape.extensible && name.starts_with("x-");
            if shape.key(name).is_none() && !extra {
                unknown(shape, entries, name, key.span, diagnostics);
            }
        }
        let fields = Self { span: node.span, shape, entries };
        for key in shape.keys.iter().filter(|k| k.required && fields.get(k.name).is_none()) {
            // A misspelt key has been reported with its suggestion: saying that the right one is missing adds nothing.
            let misspelt = entries.iter().filter_map(|(k, _)| k.scalar()).any(|k| nearest(k, [key.name]).is_some());
            if !misspelt {
                let message = format!("{} needs `{}`", shape.noun, key.name);
                diagnostics
                    .error(Code::MissingKey, fields.head(), message)
                    .help(format!("add `{}:`: {}", key.name, key.doc));
            }
        }
        Some(fields)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node<'s>> {
        debug_assert!(self.shape.key(key).is_some(), "`{key}` is not in the shape of {}", self.shape.noun);
        self.entries.iter().find(|(k, _)| k.scalar() == Some(key)).map(|(_, value)| value)
    }

    /// Where a key stands.
    #[must_use]
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|(k, _)| k.scalar() == Some(key)).map(|(k, _)| k.span)
    }

    /// The keys that are there, in the file's order.
    pub fn keys(&self) -> impl Iterator<Item = (&'n str, Span)> {
        self.entries.iter().filter_map(|(k, _)| Some((k.scalar()?, k.span)))
    }

    /// The first key: where a message about the whole mapping points.
    #[must_use]
    pub fn head(&self) -> Span {
        self.entries.first().map_or(self.span, |(key, _)| key.span)
    }

    /// Reports where two or more of `keys` are there; `None` with none or several, else the one.
    pub fn one_of(&self, keys: &[&'static str], diagnostics: &mut Diagnostics) -> Option<(&'static str, &'n Node<'s>)> {
        let found: Vec<_> = keys.iter().filter_map(|k| Some((*k, self.key_span(k)?, self.get(k)?))).collect();
        if let [(first, first_span, _), (second, second_span, _), ..] = found.as_slice() {
            let known: Vec<_> =
                keys.iter().copied().filter(|k| self.shape.keys.iter().any(|key| key.name == *k)).collect();
            let both = format!("`{first}` and `{second}` cannot stand together in {}", self.shape.noun);
            diagnostics
                .error(Code::ConflictingKeys, *second_span, both)
                .related(*first_span, "the other one")
                .help(format!("keep one of {}", words(&known)));
            return None;
        }
        found.first().map(|(key, _, node)| (*key, *node))
    }
}

/// "`a`, `b` or `c`".
pub(super) fn words(keys: &[&str]) -> String {
    let quoted: Vec<_> = keys.iter().map(|k| format!("`{k}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// What people write who come from other runners, and the key that says it here.
const ELSEWHERE: [(&str, &[&str]); 30] = [
    ("if", &["when"]),
    ("condition", &["when"]),
    ("unless", &["when"]),
    ("body", &["json", "body"]),
    ("data", &["json"]),
    ("payload", &["json"]),
    ("raw", &["text"]),
    ("files", &["multipart"]),
    ("form_data", &["multipart"]),
    ("params", &["query"]),
    ("http", &["request"]),
    ("url", &["request"]),
    ("method", &["request"]),
    ("get", &["request"]),
    ("post", &["request"]),
    ("assert", &["expect"]),
    ("asserts", &["expect"]),
    ("assertions", &["expect"]),
    ("test", &["expect"]),
    ("tests", &["expect"]),
    ("extract", &["capture"]),
    ("register", &["capture"]),
    ("variables", &["vars"]),
    ("foreach", &["for_each"]),
    ("loop", &["for_each"]),
    ("with_items", &["for_each"]),
    ("sleep", &["wait"]),
    ("delay", &["wait"]),
    ("teardown", &["cleanup"]),
    ("equals", &["eq"]),
];

fn unknown(shape: &Shape, entries: &[(Node<'_>, Node<'_>)], name: &str, span: Span, diagnostics: &mut Diagnostics) {
    if let Some((_, message, help)) = shape.refused.iter().find(|(key, ..)| *key == name) {
        diagnostics.error(Code::ReservedKey, span, *message).help(*help);
        return;
    }
    let free = shape.keys.iter().map(|k| k.name).filter(|k| !entries.iter().any(|(e, _)| e.scalar() == Some(k)));
    let elsewhere = ELSEWHERE.iter().filter(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
    let meant = elsewhere.flatten().copied().find(|ours| shape.keys.iter().any(|k| k.name == *ours));
    let suggestion = meant.or_else(|| nearest(name, free)).map(str::to_owned);
    let message = format!("{} has no key `{name}`", shape.noun);
    diagnostics.error(Code::UnknownKey, span, message).help(match suggestion {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its keys are {}", words(&shape.keys.iter().map(|k| k.name).collect::<Vec<_>>())),
    });
}

/// A duration that stands literally in the file, reported where it is not one.
pub fn duration(node: &Node<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let Some(text) = node.scalar() else { return node.mismatch(what, "a duration", diagnostics) };
    match duration_of(text) {
        Ok(duration) => Some(duration),
        Err(help) => {
            diagnostics
                .error(Code::InvalidDuration, node.span, format!("{what} `{text}` is not a duration"))
                .help(help);
            None
        }
    }
}
