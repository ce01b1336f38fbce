//! Reads HTML into a tree, as browsers do (the HTML standard's parser): nothing is malformed, what is missing is added.
//!
//! The parser takes time that grows with depth squared, so the text is fed in pieces and the depth looked at between them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::tree_builder::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, parse_document};

use super::tree::{Builder, MAX_DEPTH, Name, Tree};
use super::xml::too_deep;
use super::{Unreadable, unreadable};

/// How much is parsed before the depth is looked at again, in bytes.
const PIECE: usize = 4 << 10;

/// Misnested tags make the parser invent elements; so many are enough.
const MAX_NODES: usize = 4_000_000;

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Tree, Unreadable> {
    let mut options = ParseOpts::default();
    // What a reader without JavaScript is given.
    options.tree_builder.scripting_enabled = false;
    let mut parser = parse_document(Sink::default(), options);
    let mut rest = text;
    while !rest.is_empty() {
        let end = (PIECE.min(rest.len())..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        parser.process(StrTendril::from_slice(piece));
        let sink = &parser.tokenizer.sink.sink;
        if sink.deepest.get() > MAX_DEPTH {
            return Err(too_deep());
        }
        if sink.nodes.borrow().len() > MAX_NODES {
            return Err(unreadable(format!("it has more than {MAX_NODES} nodes"), "ask `body` about its text"));
        }
        rest = after;
    }
    build(&parser.finish()).ok_or_else(too_deep)
}

/// Copies the parser's tree into document order; `None` where it is too deep.
fn build(nodes: &[Node]) -> Option<Tree> {
    let mut builder = Builder::new(true);
    // A node to open, or `None` to close the innermost one.
    let children = |at: usize| nodes.get(at).map_or(&[][..], |node| &node.children);
    let mut todo: Vec<Option<usize>> = children(0).iter().rev().map(|at| Some(*at)).collect();
    while let Some(next) = todo.pop() {
        let Some(at) = next else {
            builder.close();
            continue;
        };
        match nodes.get(at).map(|node| &node.data) {
            Some(Data::Element(name, attributes)) => {
                if !builder.element(named(name)) {
                    return None;
                }
                for attribute in attributes {
                    builder.attribute(named(&attribute.name), &attribute.value);
                }
                todo.push(None);
                todo.extend(children(at).iter().rev().map(|at| Some(*at)));
            }
            Some(Data::Text(text)) => builder.text(text),
            Some(Data::Comment(text)) => builder.comment(text),
            Some(Data::Nothing) | None => {}
        }
    }
    Some(builder.finish())
}

fn named(name: &QualName) -> Name {
    Name {
        namespace: (*name.ns).into(),
        prefix: name.prefix.as_deref().unwrap_or_default().into(),
        local: (*name.local).into(),
    }
}

#[derive(Debug)]
struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    depth: u32,
    data: Data,
}

#[derive(Debug)]
enum Data {
    Element(QualName, Vec<Attribute>),
    Text(StrTendril),
    Comment(StrTendril),
    /// The document itself, its DOCTYPE.
    Nothing,
}

/// An element's name by value: atoms, so a copy is two words.
#[derive(Debug)]
struct Tag(Namespace, LocalName);

impl ElemName for Tag {
    fn ns(&self) -> &Namespace {
        &self.0
    }

    fn local_name(&self) -> &LocalName {
        &self.1
    }
}

/// What the parser builds into; 0 is the document.
struct Sink {
    nodes: RefCell<Vec<Node>>,
    deepest: Cell<u32>,
}

impl Default for Sink {
    fn default() -> Self {
        let document = Node { parent: None, children: Vec::new(), depth: 0, data: Data::Nothing };
        Self { nodes: RefCell::new(vec![document]), deepest: Cell::new(0) }
    }
}

impl Sink {
    fn add(&self, data: Data) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { parent: None, children: Vec::new(), depth: 0, data });
        nodes.len() - 1
    }

    fn detach(&self, at: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let Some(parent) = nodes.get_mut(at).and_then(|node| node.parent.take()) else { return };
        if let Some(parent) = nodes.get_mut(parent) {
            // What is moved is nearly always the last.
            if let Some(place) = parent.children.iter().rposition(|child| *child == at) {
                parent.children.remove(place);
            }
        }
    }

    /// Puts `child` at a place among the children of `parent`; `None` is the end.
    fn place(&self, parent: usize, place: Option<usize>, child: NodeOrText<usize>) {
        let child = match child {
            NodeOrText::AppendNode(at) => {
                self.detach(at);
                at
            }
            NodeOrText::AppendText(text) => {
                let place = place.unwrap_or_else(|| self.nodes.borrow().get(parent).map_or(0, |p| p.children.len()));
                if self.joined(parent, place, &text) {
                    return;
                }
                self.add(Data::Text(text))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let Some(above) = nodes.get_mut(parent) else { return };
        let place = place.unwrap_or(above.children.len()).min(above.children.len());
        above.children.insert(place, child);
        let depth = above.depth + 1;
        if let Some(child) = nodes.get_mut(child) {
            (child.parent, child.depth) = (Some(parent), depth);
            if matches!(child.data, Data::Element(..)) {
                self.deepest.set(self.deepest.get().max(depth));
            }
        }
    }

    /// Text is added to the text before it, where there is one.
    fn joined(&self, parent: usize, place: usize, text: &StrTendril) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let before = nodes.get(parent).and_then(|p| p.children.get(place.checked_sub(1)?).copied());
        match before.and_then(|at| nodes.get_mut(at)) {
            Some(Node { data: Data::Text(before), .. }) => {
                before.push_tendril(text);
                true
            }
            _ => false,
        }
    }

    fn parent(&self, at: usize) -> Option<usize> {
        self.nodes.borrow().get(at)?.parent
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Vec<Node>;
    type ElemName<'a> = Tag;

    fn finish(self) -> Vec<Node> {
        self.nodes.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name(&self, target: &usize) -> Tag {
        match self.nodes.borrow().get(*target).map(|node| &node.data) {
            Some(Data::Element(name, _)) => Tag(name.ns.clone(), name.local.clone()),
            _ => Tag(html5ever::ns!(), html5ever::local_name!("")),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> usize {
        self.add(Data::Element(name, attributes))
    }

    fn create_comment(&self, text: StrTendril) -> usize {
        self.add(Data::Comment(text))
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> usize {
        self.add(Data::Nothing)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        self.place(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &usize, previous: &usize, child: NodeOrText<usize>) {
        match self.parent(*element) {
            Some(_) => self.append_before_sibling(element, child),
            None => self.append(previous, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template's contents stand in the template.
    fn get_template_contents(&self, target: &usize) -> usize {
        *target
    }

    fn same_node(&self, x: &usize, y: &usize) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        if let NodeOrText::AppendNode(at) = &child {
            self.detach(*at);
        }
        let Some(parent) = self.parent(*sibling) else { return };
        let place = self.nodes.borrow().get(parent).and_then(|p| p.children.iter().rposition(|c| c == sibling));
        self.place(parent, place, child);
    }

    fn add_attrs_if_missing(&self, target: &usize, more: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(Node { data: Data::Element(_, attributes), .. }) = nodes.get_mut(*target) {
            for attribute in more {
                if attributes.iter().all(|known| known.name != attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &usize, new_parent: &usize) {
        let mut nodes = self.nodes.borrow_mut();
        let moved = nodes.get_mut(*node).map(|node| std::mem::take(&mut node.children)).unwrap_or_default();
        let depth = nodes.get(*new_parent).map_or(0, |parent| parent.depth) + 1;
        for child in &moved {
            if let Some(child) = nodes.get_mut(*child) {
                (child.parent, child.depth) = (Some(*new_parent), depth);
            }
        }
        if let Some(parent) = nodes.get_mut(*new_parent) {
            parent.children.extend(moved);
        }
    }
}
