//! A document as XPath sees it: one array of nodes in document order, filled by the XML and the HTML reader.
//!
//! An element's text stands in one piece, because all text nodes share one buffer in document order: nothing is copied
//! to compare it. Every visit is counted, since a short expression can ask for quadratic work (`//*/following::*`).

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;

use xpath_eval::{ExpandedName, Node as XPathNode, NodeKind};

/// The deepest element that is taken, in the document and in what browsers accept.
pub(super) const MAX_DEPTH: u32 = 512;

/// How many nodes one query may look at.
const BUDGET: u64 = 5_000_000;

/// So many bytes of text count as one visit.
const BYTES_PER_VISIT: u64 = 16;

/// A name, or nothing for nodes that have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Name {
    /// Empty for none.
    pub(super) namespace: Box<str>,
    /// As written; empty for none.
    pub(super) prefix: Box<str>,
    pub(super) local: Box<str>,
}

#[derive(Debug)]
struct Node {
    kind: NodeKind,
    /// Index into the names.
    name: u32,
    parent: u32,
    /// One past the last node below this one; itself and its attributes included.
    end: u32,
    /// In the text buffer for the root, elements and text; in the other buffer for the rest.
    text: Range<u32>,
}

/// A read document.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    names: Vec<Name>,
    /// The content of the text nodes, in document order.
    text: String,
    /// The values of attributes, comments and instructions.
    other: String,
    /// HTML's names have no case.
    caseless: bool,
    visits: Cell<u64>,
}

impl Tree {
    pub(super) fn root(&self) -> Handle<'_> {
        self.visits.set(0);
        Handle { tree: self, at: 0, namespace: false }
    }

    /// Whether the query since [`Tree::root`] was cut short.
    pub(super) fn exhausted(&self) -> bool {
        self.visits.get() > BUDGET
    }

    /// Counts, and says whether there is still something left to spend.
    fn visit(&self, count: u64) -> bool {
        let visits = self.visits.get().saturating_add(count);
        self.visits.set(visits);
        visits <= BUDGET
    }

    fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(at as usize)
    }
}

/// Fills a tree in document order.
pub(super) struct Builder {
    tree: Tree,
    known: HashMap<Name, u32>,
    open: Vec<u32>,
}

impl Builder {
    pub(super) fn new(caseless: bool) -> Self {
        let tree = Tree {
            nodes: Vec::new(),
            names: Vec::new(),
            text: String::new(),
            other: String::new(),
            caseless,
            visits: Cell::new(0),
        };
        let mut builder = Self { tree, known: HashMap::new(), open: Vec::new() };
        builder.begin(NodeKind::Root, Name::default());
        builder
    }

    /// Opens an element. False where it would lie too deep: then the document is not to be read on.
    pub(super) fn element(&mut self, name: Name) -> bool {
        self.begin(NodeKind::Element, name);
        self.open.len() as u32 <= MAX_DEPTH + 1
    }

    /// Closes the innermost element.
    pub(super) fn close(&mut self) {
        let end = self.tree.nodes.len() as u32;
        let text = self.tree.text.len() as u32;
        if let Some(node) = self.open.pop().and_then(|at| self.tree.nodes.get_mut(at as usize)) {
            (node.end, node.text.end) = (end, text);
        }
    }

    /// An attribute of the element opened last: before anything else in it.
    pub(super) fn attribute(&mut self, name: Name, value: &str) {
        self.leaf(NodeKind::Attribute, name, value);
    }

    /// Text; joined with text that came directly before.
    pub(super) fn text(&mut self, content: &str) {
        let parent = self.open.last().copied();
        self.tree.text.push_str(content);
        let end = self.tree.text.len() as u32;
        match self.tree.nodes.last_mut() {
            Some(last) if last.kind == NodeKind::Text && Some(last.parent) == parent => last.text.end = end,
            _ if content.is_empty() => {}
            _ => self.push(NodeKind::Text, Name::default(), end - content.len() as u32..end),
        }
    }

    pub(super) fn comment(&mut self, content: &str) {
        self.leaf(NodeKind::Comment, Name::default(), content);
    }

    pub(super) fn instruction(&mut self, target: &str, content: &str) {
        let name = Name { local: target.into(), ..Name::default() };
        self.leaf(NodeKind::ProcessingInstruction, name, content);
    }

    pub(super) fn finish(mut self) -> Tree {
        while !self.open.is_empty() {
            self.close();
        }
        self.tree
    }

    fn begin(&mut self, kind: NodeKind, name: Name) {
        let start = self.tree.text.len() as u32;
        self.push(kind, name, start..start);
        self.open.push(self.tree.nodes.len() as u32 - 1);
    }

    fn leaf(&mut self, kind: NodeKind, name: Name, value: &str) {
        let start = self.tree.other.len() as u32;
        self.tree.other.push_str(value);
        self.push(kind, name, start..self.tree.other.len() as u32);
    }

    fn push(&mut self, kind: NodeKind, name: Name, text: Range<u32>) {
        let names = &mut self.tree.names;
        let name = match self.known.get(&name) {
            Some(known) => *known,
            None => {
                let index = names.len() as u32;
                names.push(name.clone());
                self.known.insert(name, index);
                index
            }
        };
        let parent = self.open.last().copied().unwrap_or(0);
        let end = self.tree.nodes.len() as u32 + 1;
        self.tree.nodes.push(Node { kind, name, parent, end, text });
    }
}

/// A node of a tree.
#[derive(Clone, Copy)]
pub(super) struct Handle<'t> {
    tree: &'t Tree,
    at: u32,
    /// The namespace that this node's prefix stands for, instead of the node: `name()` finds the prefix through it.
    namespace: bool,
}

impl PartialEq for Handle<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.namespace) == (other.at, other.namespace)
    }
}

impl Eq for Handle<'_> {}

impl<'t> Handle<'t> {
    fn node(self) -> Option<&'t Node> {
        self.tree.node(self.at)
    }

    fn name(self) -> Option<&'t Name> {
        self.tree.names.get(self.node()?.name as usize)
    }

    /// The string-value (XPath 1.0 section 5), borrowed.
    pub(super) fn text(self) -> &'t str {
        if self.namespace {
            return self.name().map_or("", |name| &name.namespace);
        }
        let Some(node) = self.node() else { return "" };
        let buffer = match node.kind {
            NodeKind::Root | NodeKind::Element | NodeKind::Text => &self.tree.text,
            _ => &self.tree.other,
        };
        let text = buffer.get(node.text.start as usize..node.text.end as usize).unwrap_or("");
        if self.tree.visit(1 + text.len() as u64 / BYTES_PER_VISIT) { text } else { "" }
    }

    fn at(self, at: u32) -> Self {
        Self { at, namespace: false, ..self }
    }

    /// The nodes directly below, attributes first.
    fn inside(self) -> impl Iterator<Item = Self> + 't {
        let has_inside = self.node().filter(|_| !self.namespace);
        let end = has_inside.map_or(0, |node| node.end);
        let mut at = self.at + 1;
        std::iter::from_fn(move || {
            if at >= end || !self.tree.visit(1) {
                return None;
            }
            let found = self.at(at);
            at = found.node()?.end;
            Some(found)
        })
    }
}

impl<'t> XPathNode<'t> for Handle<'t> {
    fn kind(self) -> NodeKind {
        if self.namespace {
            return NodeKind::Namespace;
        }
        self.node().map_or(NodeKind::Root, |node| node.kind)
    }

    fn parent(self) -> Option<Self> {
        if self.at == 0 || !self.tree.visit(1) {
            return None;
        }
        Some(self.at(self.node()?.parent))
    }

    fn children(self) -> impl Iterator<Item = Self> + 't {
        self.inside().skip_while(|node| node.kind() == NodeKind::Attribute)
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 't {
        self.inside().take_while(|node| node.kind() == NodeKind::Attribute)
    }

    fn namespaces(self) -> impl Iterator<Item = Self> + 't {
        let prefixed = |node: &Self| node.name().is_some_and(|name| !name.prefix.is_empty());
        std::iter::once(self).chain(self.attributes()).filter(prefixed).map(|node| Self { namespace: true, ..node })
    }

    fn expanded_name(self) -> Option<ExpandedName> {
        let name = self.name().filter(|name| !name.local.is_empty())?;
        if self.namespace {
            return Some(ExpandedName { namespace_uri: None, local_name: name.prefix.to_string() });
        }
        let uri = Some(name.namespace.to_string()).filter(|uri| !uri.is_empty());
        Some(ExpandedName { namespace_uri: uri, local_name: name.local.to_string() })
    }

    fn string_value(self) -> String {
        self.text().to_owned()
    }

    fn document_order(self, other: Self) -> Ordering {
        (self.at, !self.namespace).cmp(&(other.at, !other.namespace))
    }

    /// A name without a prefix is of any namespace.
    fn has_expanded_name(self, namespace: Option<&str>, local: &str) -> bool {
        let Some(name) = self.name() else { return false };
        let same = if self.tree.caseless { name.local.eq_ignore_ascii_case(local) } else { &*name.local == local };
        same && namespace.is_none_or(|namespace| &*name.namespace == namespace)
    }

    fn with_string_value<R>(self, f: impl FnOnce(&str) -> R) -> R {
        f(self.text())
    }
}
