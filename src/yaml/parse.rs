//! Parser events to a tree of nodes, with budgets, unique keys, and everything the language does not have refused.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use super::quick::Quick;
use super::{Data, Node, Style, traps};
use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Source, Span};

/// Nesting deeper than any flow a person writes; keeps every later recursion bounded.
const MAX_DEPTH: usize = 64;
/// Nodes that aliases may add: far above honest reuse, far below a "billion laughs".
const MAX_ALIASED: usize = 100_000;

/// The one document of `source`; `None` where it is so broken that nothing can be said of its parts. All problems
/// found are in `diagnostics`.
pub fn parse<'s>(source: &'s Source, diagnostics: &mut Diagnostics) -> Option<Node<'s>> {
    let before = diagnostics.len();
    let mut builder = Builder::new(source.text(), diagnostics);
    if let Some(root) = Quick::new(source.text(), &mut builder).document() {
        return Some(root);
    }
    builder.diagnostics.truncate(before);
    parsed(source, builder)
}

/// Whether the short way reads `text`; where it does, the long way must say the same.
#[cfg(any(test, fuzzing))]
pub(super) fn agrees(text: &str) -> bool {
    let source = Source::new("a.flow.yaml", text);
    let both = [true, false].map(|quick| {
        let mut diagnostics = Diagnostics::new(std::sync::Arc::clone(&source));
        let mut builder = Builder::new(source.text(), &mut diagnostics);
        let root = match quick {
            true => Quick::new(source.text(), &mut builder).document(),
            false => parsed(&source, builder),
        };
        (format!("{root:#?}"), format!("{:#?}", diagnostics.into_sorted()), root.is_some())
    });
    let [quick, parsed] = both;
    if quick.2 {
        assert_eq!(quick.0, parsed.0, "{text}");
        assert_eq!(quick.1, parsed.1, "{text}");
    }
    quick.2
}

/// The long way: any YAML.
pub(super) fn parsed<'s>(source: &'s Source, mut builder: Builder<'s, '_>) -> Option<Node<'s>> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut events = Parser::new_from_str_with_options(source.text(), options);
    let root = match builder.document(&mut events) {
        Ok(root) => root,
        Err(error) => {
            traps::explain(source, &error, builder.diagnostics);
            return None;
        }
    };
    if root.is_none() {
        let end = source.text().len();
        let what = if source.text().trim().is_empty() { "the file is empty" } else { "the file has no content" };
        builder.diagnostics.error(Code::YamlSyntax, Span::new(0, end.min(1)), what).help("a flow needs `steps:`");
    }
    root
}

type Events<'s> = Parser<'s, granit_parser::StrInput<'s>>;

/// Makes nodes of what was read, and says what is wrong with them.
pub(super) struct Builder<'s, 'd> {
    text: &'s str,
    diagnostics: &'d mut Diagnostics,
    anchors: HashMap<usize, Node<'s>>,
    aliased: usize,
}

impl<'s, 'd> Builder<'s, 'd> {
    pub(super) fn new(text: &'s str, diagnostics: &'d mut Diagnostics) -> Self {
        Self { text, diagnostics, anchors: HashMap::new(), aliased: 0 }
    }

    fn document(&mut self, events: &mut Events<'s>) -> Result<Option<Node<'s>>, ScanError> {
        let mut root = None;
        let mut documents = 0;
        while let Some(next) = events.next() {
            let (event, span) = next?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::StreamEnd => {}
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents == 2 {
                        let at = byte_span(&span);
                        self.diagnostics
                            .error(Code::YamlUnsupported, at, "a second document begins here")
                            .help("a flow file holds one document: put the second one into a file of its own");
                        return Ok(root);
                    }
                }
                event => root = Some(self.node(event, &span, events, 0)?),
            }
        }
        Ok(root)
    }

    fn node(
        &mut self,
        event: Event<'s>,
        span: &granit_parser::Span,
        events: &mut Events<'s>,
        depth: usize,
    ) -> Result<Node<'s>, ScanError> {
        let at = byte_span(span);
        if event.tag().is_some() {
            let tag_at = span.tag_span().map_or(at, |s| byte_span(&s));
            self.diagnostics
                .error(Code::YamlUnsupported, tag_at, "YAML tags are not part of the flow language")
                .help("remove the tag; quote a value to make it text");
        }
        let (anchor, node) = match event {
            Event::Scalar(text, style, anchor, _) => (anchor, self.scalar(text, style_of(style), at)),
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(at, events, depth)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(at, events, depth)?),
            Event::Alias(anchor) => (0, self.alias(anchor, at)),
            _ => (0, Node { span: at, data: Data::Broken }),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    pub(super) fn scalar(&mut self, text: Cow<'s, str>, style: Style, at: Span) -> Node<'s> {
        if style == Style::Plain && at.start == at.end {
            return Node { span: at, data: Data::Scalar(Cow::Borrowed(""), Style::Plain) };
        }
        if style == Style::Plain {
            traps::swallowed_comment(self.text, at, self.diagnostics);
        }
        Node { span: at, data: Data::Scalar(text, style) }
    }

    fn list(&mut self, start: Span, events: &mut Events<'s>, depth: usize) -> Result<Node<'s>, ScanError> {
        let mut items = Vec::new();
        let mut end = start;
        while let Some(next) = events.next() {
            let (event, span) = next?;
            if matches!(event, Event::SequenceEnd) {
                end = if items.is_empty() || span.start != span.end { byte_span(&span) } else { end };
                break;
            }
            let item = self.node(event, &span, events, depth + 1)?;
            end = item.span;
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(self.listed(start.to(end), items))
    }

    /// A list with these items.
    pub(super) fn listed(&mut self, span: Span, mut items: Vec<Node<'s>>) -> Node<'s> {
        for item in items.iter_mut().filter(|item| is_empty(item)) {
            self.empty(item, "this list item is empty");
        }
        Node { span, data: Data::List(items) }
    }

    fn map(&mut self, start: Span, events: &mut Events<'s>, depth: usize) -> Result<Node<'s>, ScanError> {
        let mut entries: Vec<(Node<'s>, Node<'s>)> = Vec::new();
        let mut end = start;
        while let Some(next) = events.next() {
            let (event, span) = next?;
            if matches!(event, Event::MappingEnd) {
                end = if span.start == span.end { end } else { byte_span(&span) };
                break;
            }
            let key = self.node(event, &span, events, depth + 1)?;
            let Some(next) = events.next() else { break };
            let (event, span) = next?;
            let value = self.node(event, &span, events, depth + 1)?;
            end = value.span;
            entries.push((key, value));
        }
        entries.shrink_to_fit();
        Ok(self.mapped(start.to(end), entries))
    }

    /// A mapping with these entries.
    pub(super) fn mapped(&mut self, span: Span, entries: Vec<(Node<'s>, Node<'s>)>) -> Node<'s> {
        // `{{ x }}` is a mapping in a mapping: the outer one is told of, the inner one is nothing to speak of.
        let inner = self.text.get(..span.start as usize).is_some_and(|before| before.ends_with('{'));
        if inner || traps::unquoted_template(self.text, span, self.diagnostics) {
            return Node { span, data: Data::Broken };
        }
        let entries = self.checked(entries);
        Node { span, data: Data::Map(entries) }
    }

    /// Keys are text and unique, values are not empty. Entries that break this are reported and left out.
    fn checked(&mut self, entries: Vec<(Node<'s>, Node<'s>)>) -> Vec<(Node<'s>, Node<'s>)> {
        if are_in_order(&entries) {
            return entries;
        }
        let mut seen: HashMap<String, Span> = HashMap::new();
        let many = entries.len() > 8;
        let mut kept: Vec<(Node<'s>, Node<'s>)> = Vec::with_capacity(entries.len());
        for (key, mut value) in entries {
            let Some(name) = key.scalar() else {
                if !key.is_broken() {
                    self.diagnostics
                        .error(Code::YamlUnsupported, key.span, "a key must be text")
                        .help("a list or mapping cannot be a key; to begin a text with `[` or `{`, quote it");
                }
                continue;
            };
            if name == "<<" && matches!(key.data, Data::Scalar(_, Style::Plain)) {
                self.diagnostics
                    .error(Code::YamlUnsupported, key.span, "YAML merge keys (`<<`) are not part of the flow language")
                    .help("write the keys out, or share values through `vars` and `defaults`");
                continue;
            }
            let earlier = if many {
                seen.get(name).copied()
            } else {
                kept.iter().find(|(k, _)| k.scalar() == Some(name)).map(|(k, _)| k.span)
            };
            if let Some(earlier) = earlier {
                self.diagnostics
                    .error(Code::DuplicateKey, key.span, format!("the key `{name}` stands here twice"))
                    .related(earlier, "first here")
                    .help("remove one of the two, or rename it");
                continue;
            }
            if is_empty(&value) {
                value.span = key.span;
                let message = format!("`{name}` has no value");
                self.empty(&mut value, &message);
            }
            if many {
                seen.insert(name.to_owned(), key.span);
            }
            kept.push((key, value));
        }
        kept
    }

    fn empty(&mut self, node: &mut Node<'s>, message: &str) {
        self.diagnostics
            .error(Code::YamlEmptyValue, node.span, message)
            .help("write `null` if nothing is meant; if its value stands on the lines below, indent them");
        node.data = Data::Broken;
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Node<'s> {
        // An alias to the node it stands in has no node yet.
        let Some(node) = self.anchors.get(&anchor) else {
            self.diagnostics
                .error(Code::YamlUnsupported, at, "this alias refers to the value it stands in")
                .help("an alias repeats an earlier, complete value");
            return Node { span: at, data: Data::Broken };
        };
        self.aliased += count(node);
        if self.aliased > MAX_ALIASED {
            self.diagnostics
                .error(Code::YamlBudget, at, format!("aliases expand to more than {MAX_ALIASED} values"))
                .help("write the values out, or build them with a template");
            return Node { span: at, data: Data::Broken };
        }
        node.clone()
    }
}

/// Whether nothing is to be said of a few entries.
fn are_in_order(entries: &[(Node<'_>, Node<'_>)]) -> bool {
    let fine = |(at, (key, value)): (usize, &(Node<'_>, Node<'_>))| {
        let earlier = entries.get(..at).unwrap_or(&[]);
        key.scalar().is_some_and(|name| name != "<<" && earlier.iter().all(|(other, _)| other.scalar() != Some(name)))
            && !is_empty(value)
    };
    entries.len() <= 16 && entries.iter().enumerate().all(fine)
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    matches!(&node.data, Data::Scalar(text, Style::Plain) if text.is_empty())
}

fn count(node: &Node<'_>) -> usize {
    match &node.data {
        Data::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Data::Map(entries) => 1 + entries.iter().map(|(_, value)| 1 + count(value)).sum::<usize>(),
        _ => 1,
    }
}

fn byte_span(span: &granit_parser::Span) -> Span {
    let start = span.start.byte_offset().unwrap_or(0);
    Span::new(start, span.end.byte_offset().unwrap_or(start))
}
