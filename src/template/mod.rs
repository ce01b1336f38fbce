//! Templates (`text with {{ expression }}`) and bare expressions: compiled once, then rendered against a scope.
//!
//! MiniJinja parses expressions and gives most filters and tests. Its tree is lowered to an own, small one and evaluated
//! here, because the language asks for what MiniJinja's machine cannot be told: typed comparison (`1 == true` is false,
//! ordering different types is an error), undefined as an error everywhere, `omit`, places in the file for every name,
//! and tens of bytes for a template, not kilobytes.

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Object, ObjectRepr};

use crate::source::Span;

mod convert;
mod eval;
mod expression;
mod filter;
mod function;
mod habit;
mod json;
mod literal;
mod lower;
mod missing;
mod node;
mod operate;
mod preview;
pub mod read;
mod render;
mod scan;
mod slice;
mod text;
mod tree;

pub use convert::{from_template_value, to_template_value};
pub use expression::{Expression, Shown};
pub use filter::{filter_names, percent_encode, test_names};
pub use function::function_names;
pub use habit::context as known_elsewhere;
pub use json::shared_json;
pub use minijinja::Value as TemplateValue;
pub use node::NameUse;
pub use preview::{Preview, Previewer};
pub use render::Template;
pub use tree::ValueTemplate;

/// Where the first template of a text begins. Most texts are short and have none.
pub(crate) fn opening(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).position(|pair| pair == b"{{")
}

use node::Node;

/// What one render may spend: a unit per node evaluated, per item of a list gone through, and per KiB of text made.
const FUEL: u32 = 100_000;

/// The most bytes a text may hold: 16 MiB.
const MAX_BYTES: usize = 16 << 20;

/// The most items a list may hold that a template makes: 16 MiB of values of 24 bytes.
const MAX_ITEMS: usize = MAX_BYTES / 24;

/// The name of the value that drops what holds it.
const OMIT_NAME: &str = "omit";

/// What a name is bound to.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The value. It may be lazy: an implementation of [`minijinja::value::Object`].
    pub value: TemplateValue,
    /// True where every text inside is secret.
    pub secret: bool,
}

/// The names a template may use.
pub trait Scope {
    /// What `name` is bound to now.
    fn lookup(&self, name: &str) -> Option<Bound>;

    /// True where what stands at `path` (a name and attributes, two or more) is secret although the name as a whole is
    /// not, as in `steps.login.outputs.token`. A path may end early, at an index that is computed.
    fn is_secret(&self, path: &[&str]) -> bool {
        let _ = path;
        false
    }

    /// Why `name` is not bound, as the end of a sentence: "step `Log in` failed before it was captured".
    fn why_unbound(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }
}

/// Time and chance, handed in so that a run can be repeated.
pub trait Ambient {
    /// The current time, for `now()`.
    fn now(&self) -> jiff::Timestamp;

    /// 128 random bits, new at every call, for `uuid()` and `random_…()`.
    fn random(&self) -> u128;
}

/// What a render happens in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    scope: &'a dyn Scope,
    ambient: &'a dyn Ambient,
    hides: Option<&'a dyn Fn(&str) -> bool>,
}

impl<'a> Context<'a> {
    /// A context of names, time and chance.
    #[must_use]
    pub fn new(scope: &'a dyn Scope, ambient: &'a dyn Ambient) -> Self {
        Self { scope, ambient, hides: None }
    }

    /// In a replay: `hides` tells the texts that stand for something else, or hold it.
    #[must_use]
    pub fn hiding(self, hides: Option<&'a dyn Fn(&str) -> bool>) -> Self {
        Self { hides, ..self }
    }

    /// Whether this is a replay.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.hides.is_some()
    }

    /// In a replay: whether `text` is, or holds, what the recording hides.
    #[must_use]
    pub fn hides(&self, text: &str) -> bool {
        self.hides.is_some_and(|hides| hides(text))
    }

    /// In a replay: whether what a name stands for is not known, as the recording hides it or a part of it.
    #[must_use]
    pub fn is_unknown(&self, used: &NameUse) -> bool {
        if self.hides.is_none() {
            return false;
        }
        let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
        if self.secret_path(&path) {
            return true;
        }
        let Some((name, rest)) = path.split_first() else { return false };
        let Some(Bound { value, .. }) = self.scope.lookup(name) else { return false };
        let found = rest.iter().try_fold(value, |value, name| value.get_attr(name).ok());
        let found = found.and_then(|value| convert::from_template_value(&value).ok());
        found.is_some_and(|value| self.hides(&value.to_string()))
    }

    /// Time and chance.
    #[must_use]
    pub fn ambient(&self) -> &'a dyn Ambient {
        self.ambient
    }

    /// What a name is bound to.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<Bound> {
        self.scope.lookup(name)
    }

    /// True where a name under `node` is secret.
    fn names_secret(&self, node: &Node) -> bool {
        let mut secret = false;
        node.each_path(false, &mut |_, path, _| secret = secret || self.secret_path(path));
        secret
    }

    fn names_secret_path(&self, node: &Node) -> bool {
        let mut path = Vec::with_capacity(4);
        node.path(&mut path);
        path.len() > 1 && self.scope.is_secret(&path)
    }

    fn secret_path(&self, path: &[&str]) -> bool {
        let Some(name) = path.first() else { return false };
        self.scope.lookup(name).is_some_and(|bound| bound.secret) || path.len() > 1 && self.scope.is_secret(path)
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Context(..)")
    }
}

/// The result of a render.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered<T> {
    /// `None` where it was `omit`: drop the key or the item that holds the template.
    pub value: Option<T>,
    /// True where the template names a secret, used or not: mask the value whole.
    pub secret: bool,
}

impl<T: fmt::Debug> fmt::Debug for Rendered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, self.secret) {
            (Some(value), false) => write!(f, "Rendered({value:?})"),
            (Some(_), true) => f.write_str("Rendered(***)"),
            (None, _) => f.write_str("Rendered(omit)"),
        }
    }
}

/// Why a template could not be rendered. Messages name types and keys, and values only of numbers calculated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderError {
    /// What happened, in words, without a final period.
    pub message: String,
    /// The place in the flow's file.
    pub span: Span,
    /// What to do next, where there is something to do.
    pub help: Option<String>,
    /// True where the only trouble is that nothing is there: a capture's `default` may stand in.
    pub undefined: bool,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RenderError {}

/// A value that fails when it is used, for lazy objects: `response.json` of a body that is no JSON.
/// `message` is a sentence without a final period.
#[must_use]
pub fn failing_value(message: &str, help: Option<&str>) -> TemplateValue {
    let failure = text::Failure { message: message.to_owned(), help: help.map(str::to_owned) };
    TemplateValue::from_object(Failing(failure))
}

#[derive(Debug)]
struct Failing(text::Failure);

impl Object for Failing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

fn failing(value: &TemplateValue) -> Option<&text::Failure> {
    value.downcast_object_ref::<Failing>().map(|failing| &failing.0)
}

/// The value of the name `omit`.
#[derive(Debug)]
struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("omit")
    }
}

fn omit() -> TemplateValue {
    static OMIT: LazyLock<TemplateValue> = LazyLock::new(|| TemplateValue::from_object(Omit));
    OMIT.clone()
}

fn is_omit(value: &TemplateValue) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

#[cfg(test)]
mod tests;
