//! From nodes to the model. Every part is read even where another is wrong, so that all problems come out at once.

mod auth;
mod body;
mod credential;
mod fields;
mod input;
mod jwt;
mod omit;
mod request;
mod reuse;
mod settings;
mod step;
mod url;
mod waiting;

pub use credential::is_token;

use std::collections::HashSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use url::METHODS;

use super::{Binding, Defaults, Library, Step, names, shape};
use crate::check::Schemas;
use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Files, Span};
use crate::template::{Expression, Template, ValueTemplate, opening, read};
use crate::yaml::{Data, Fields, Node};

/// What is known while a flow is read.
pub(super) struct Reader<'a> {
    pub(super) folder: &'a Path,
    pub(super) files: &'a dyn Files,
    pub(super) schemas: &'a mut Schemas,
    pub(super) library: &'a mut dyn Library,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// Names and ids whose value could not be read: they count as bound, so that one mistake is reported once.
    pub(super) broken: HashSet<Arc<str>>,
    /// Whether paths have something to be appended to.
    pub(super) has_base_url: bool,
    /// What `save` writes in the steps before: such a file need not be there yet.
    pub(super) saved: HashSet<PathBuf>,
    /// The clients of `auth: { oauth: … }`.
    pub(super) oauth: Vec<(Arc<str>, Span)>,
}

/// The parts of a flow that could be read.
pub(super) struct Parts {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) inputs: Vec<super::Input>,
    pub(super) vars: Vec<Binding>,
    pub(super) defaults: Defaults,
    pub(super) steps: Vec<Step>,
    pub(super) outputs: Vec<Binding>,
}

impl Reader<'_> {
    /// The whole flow; `None` where the root is no mapping.
    pub(super) fn flow(&mut self, mut root: Node<'_>) -> Option<Parts> {
        let fields = Fields::read(&root, &shape::FLOW, self.diagnostics)?;
        self.has_base_url = base_url(&fields).is_some();
        let name = self.title(&fields, "name");
        let description = self.title(&fields, "description");
        if let Some(node) = fields.get("version") {
            self.version(node);
        }
        let tags = fields.get("tags").map_or_else(Vec::new, |node| self.tags(node));
        let inputs = fields.get("inputs").map_or_else(Vec::new, |node| self.inputs(node));
        let vars = fields.get("vars").map_or_else(Vec::new, |node| self.bindings(node, "`vars`"));
        let defaults = fields.get("defaults").map_or_else(Defaults::default, |node| self.defaults(node));
        let outputs = fields.get("outputs").map_or_else(Vec::new, |node| self.bindings(node, "`outputs`"));
        let steps = self.steps(&mut root);
        Some(Parts { name, description, tags, inputs, vars, defaults, steps, outputs })
    }

    /// A text without templates: `name`, `description`.
    pub(super) fn title(&mut self, fields: &Fields<'_, '_>, key: &str) -> Option<String> {
        let node = fields.get(key)?;
        let text = node.text(format_args!("`{key}`"), self.diagnostics)?.to_owned();
        if text.trim().is_empty() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, format!("`{key}` is empty"))
                .help("write some words, or remove the key");
            return None;
        }
        self.no_template(node, format_args!("`{key}`"), "it is shown as it stands, also before anything has run");
        Some(text)
    }

    /// Reports a template where none may stand.
    pub(super) fn no_template(&mut self, node: &Node<'_>, what: impl Display, help: &str) -> bool {
        let Some(at) = node.scalar().and_then(opening) else { return false };
        let span = self.place(node, at..at + 2);
        self.diagnostics.error(Code::TemplateMisplaced, span, format!("a template cannot stand in {what}")).help(help);
        true
    }

    fn version(&mut self, node: &Node<'_>) {
        if node.is_broken() || node.scalar() == Some("1") {
            return;
        }
        self.diagnostics
            .error(Code::InvalidValue, node.span, "`version` must be 1, the version of the flow language")
            .help("write `version: 1`, or remove it; a version of your own goes into `x-version`");
    }

    fn tags(&mut self, node: &Node<'_>) -> Vec<String> {
        let Some(items) = node.list("`tags`", self.diagnostics) else { return Vec::new() };
        let mut tags = Vec::new();
        for item in items {
            let Some(tag) = item.text("a tag", self.diagnostics) else { continue };
            let word = tag.starts_with(|c: char| c.is_ascii_alphanumeric())
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c));
            if !word {
                self.diagnostics
                    .error(Code::InvalidName, item.span, format!("`{tag}` is not a tag"))
                    .help("a tag is one word of letters, digits, `-`, `_`, `.` and `:`, so that `--tags` can name it");
            } else if tags.iter().any(|t| t == tag) {
                self.diagnostics
                    .error(Code::DuplicateName, item.span, format!("the tag `{tag}` stands here twice"))
                    .help("remove one of the two");
            } else {
                tags.push(tag.to_owned());
            }
        }
        tags
    }

    /// A mapping from names to values: `vars`, `set`, `outputs`.
    pub(super) fn bindings(&mut self, node: &Node<'_>, what: &str) -> Vec<Binding> {
        let Some(entries) = node.entries(what, self.diagnostics) else { return Vec::new() };
        let mut bindings = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = self.name(key);
            self.no_omit(value);
            self.credentials_in(value);
            self.path_as_text(value);
            let value = self.value(value);
            match (name, value) {
                (Some(name), Some(value)) => bindings.push(Binding { name, span: key.span, value }),
                (Some(name), None) => {
                    self.broken.insert(name);
                }
                _ => {}
            }
        }
        bindings
    }

    /// Warns where a text is written like a JSONPath, which it is only in `capture`.
    fn path_as_text(&mut self, node: &Node<'_>) {
        let Some(text) = node.scalar().filter(|text| text.starts_with("$.") || text.starts_with("$[")) else { return };
        self.diagnostics
            .warning(Code::LiteralText, node.span, format!("this is the text `{text}`, not what the path finds"))
            .help("give what it finds a name with `capture` under its request, and write \"{{ that_name }}\" here");
    }

    /// A key that is a name, reported where it cannot be one.
    pub(super) fn name(&mut self, key: &Node<'_>) -> Option<Arc<str>> {
        let text = key.scalar()?;
        match names::check(text) {
            Ok(()) => Some(Arc::from(text)),
            Err((message, help)) => {
                self.diagnostics.error(Code::InvalidName, key.span, message).help(help);
                // It is bound under its wrong name, so that its uses are not reported as well.
                self.broken.insert(Arc::from(text));
                None
            }
        }
    }

    /// The steps. Each one's nodes are given back as soon as it is read: a large flow is never held twice.
    fn steps(&mut self, root: &mut Node<'_>) -> Vec<Step> {
        let Data::Map(entries) = &mut root.data else { return Vec::new() };
        let Some((_, node)) = entries.iter_mut().find(|(key, _)| key.scalar() == Some("steps")) else {
            return Vec::new();
        };
        if node.list("`steps`", self.diagnostics).is_none() {
            if let (Data::Map(_), Some(last)) = (&node.data, self.diagnostics.last_mut()) {
                last.help("each step begins with `- `, as in `- request: GET /people/me`");
            }
            return Vec::new();
        }
        let Data::List(items) = std::mem::replace(&mut node.data, Data::Broken) else { return Vec::new() };
        if items.is_empty() {
            self.diagnostics
                .error(Code::InvalidValue, node.span, "`steps` is empty: the flow would do nothing")
                .help("add a step, like `- request: GET /people/me`");
        }
        let mut steps = Vec::with_capacity(items.len());
        steps.extend(items.into_iter().filter_map(|item| self.step(&item)));
        steps
    }

    /// A text with templates.
    pub(super) fn template(&mut self, node: &Node<'_>, what: &str) -> Option<Template> {
        self.no_omit(node);
        read::template(node, what, self.diagnostics)
    }

    /// A value with templates anywhere in it.
    pub(super) fn value(&mut self, node: &Node<'_>) -> Option<ValueTemplate> {
        read::value(node, self.diagnostics)
    }

    /// A bare expression.
    pub(super) fn expression(&mut self, node: &Node<'_>, what: &str) -> Option<Expression> {
        read::expression(node, what, self.diagnostics)
    }
}

fn base_url<'n, 's>(fields: &Fields<'n, 's>) -> Option<&'n Node<'s>> {
    match &fields.get("defaults")?.data {
        Data::Map(entries) => entries.iter().find(|(k, _)| k.scalar() == Some("base_url")).map(|(_, v)| v),
        _ => None,
    }
}

/// The `files` that a flow brings along: paths and texts.
pub(super) fn files(root: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<(String, String)>> {
    let (_, node) = entry(root, "files")?;
    let mut files = Vec::new();
    for (key, value) in node.entries("`files`", diagnostics)? {
        let (Some(path), Some(text)) = (key.scalar(), value.text("a file of `files`", diagnostics)) else { continue };
        if path.is_empty() || path.starts_with(['/', '~']) {
            diagnostics
                .error(Code::FileRefused, key.span, format!("`{path}` is not a relative path"))
                .help("write the path as the flow's steps do, relative to the flow's folder");
            continue;
        }
        files.push((path.to_owned(), text.to_owned()));
    }
    Some(files)
}

/// What a misplaced or missing part is called in messages, with its place.
pub(super) fn entry<'n, 's>(node: &'n Node<'s>, key: &str) -> Option<(Span, &'n Node<'s>)> {
    match &node.data {
        Data::Map(entries) => entries.iter().find(|(k, _)| k.scalar() == Some(key)).map(|(k, v)| (k.span, v)),
        _ => None,
    }
}
