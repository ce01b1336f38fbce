//! Reading a mapping by its [`Shape`]: unknown, refused and missing keys are reported here, once for the whole language.

use std::time::Duration;

use super::elsewhere::{Meant, meant};
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
            if !fields.has_word_for(&[key.name]) {
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

    /// Whether one of its unknown keys was answered in a way that says where `keys` are: it is like one of them, means it
    /// in another tool, or has its own words. Then a message that they are missing adds nothing.
    #[must_use]
    pub fn has_word_for(&self, keys: &[&'static str]) -> bool {
        self.keys().filter(|(name, _)| self.shape.key(name).is_none()).any(|(name, _)| {
            self.shape.refused.iter().any(|(refused, ..)| *refused == name)
                || match meant(self.shape, name) {
                    Some(Meant::Advice(_)) => true,
                    Some(Meant::Key(key)) => keys.contains(&key),
                    None => nearest(name, keys.iter().copied()).is_some(),
                }
        })
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

fn unknown(shape: &Shape, entries: &[(Node<'_>, Node<'_>)], name: &str, span: Span, diagnostics: &mut Diagnostics) {
    if let Some((_, message, help)) = shape.refused.iter().find(|(key, ..)| *key == name) {
        diagnostics.error(Code::ReservedKey, span, *message).help(*help);
        return;
    }
    let message = format!("{} has no key `{name}`", shape.noun);
    let help = match meant(shape, name) {
        Some(Meant::Advice(advice)) => {
            // Two words for one thing, like `url` and `method`, are one mistake.
            let earlier = entries.iter().filter_map(|(key, _)| key.scalar()).take_while(|key| *key != name);
            if earlier
                .filter(|key| shape.key(key).is_none())
                .any(|key| meant(shape, key) == Some(Meant::Advice(advice)))
            {
                return;
            }
            advice.to_owned()
        }
        Some(Meant::Key(key)) => format!("did you mean `{key}`?"),
        None => {
            let free =
                shape.keys.iter().map(|k| k.name).filter(|k| !entries.iter().any(|(e, _)| e.scalar() == Some(k)));
            match nearest(name, free) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its keys are {}", words(&shape.keys.iter().map(|k| k.name).collect::<Vec<_>>())),
            }
        }
    };
    diagnostics.error(Code::UnknownKey, span, message).help(help);
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
