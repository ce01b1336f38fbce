//! From YAML nodes to templates: which texts of a file are templates, and which places take none.

use super::{Expression, Template, ValueTemplate};
use crate::diagnostic::{Code, Diagnostics};
use crate::value::{Map, Value};
use crate::yaml::{Data, Node};

/// Anything: scalars by their type, texts as templates, lists and mappings with what is in them. A template in a key is
/// reported.
pub fn value(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<ValueTemplate> {
    match &node.data {
        Data::Broken => None,
        Data::Scalar(..) => match node.scalar_value(diagnostics)? {
            Value::String(text) if text.contains("{{") || text.contains("{%") => {
                compile(node, diagnostics).map(ValueTemplate::Template)
            }
            literal => Some(ValueTemplate::Literal(literal)),
        },
        Data::List(items) => {
            // Not one `collect` into `Option`: it would stop at the first mistake.
            let items: Vec<_> = items.iter().map(|item| value(item, diagnostics)).collect();
            items.into_iter().collect::<Option<Vec<_>>>().map(list)
        }
        Data::Map(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, node)| {
                    let key = literal_key(key, diagnostics);
                    Some((key, value(node, diagnostics)?)).and_then(|(key, value)| Some((key?, value)))
                })
                .collect();
            entries.into_iter().collect::<Option<Vec<_>>>().map(map)
        }
    }
}

/// Text that may hold templates, and nothing but text. `what` names it: "`name`".
pub fn template(node: &Node<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Template> {
    node.text(what, diagnostics)?;
    compile(node, diagnostics)
}

/// As [`template`], where a plain number or boolean stands for its text: `page: 2` in a query.
pub fn scalar(node: &Node<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Template> {
    if node.scalar().is_none() {
        return node.mismatch(what, "text, a number or a boolean", diagnostics);
    }
    if node.is_null() {
        let message = format!("{what} must be text, a number or a boolean, not null");
        diagnostics.error(Code::WrongType, node.span, message).help("leave it out, or quote the word: \"null\"");
        return None;
    }
    node.scalar_value(diagnostics)?;
    compile(node, diagnostics)
}

/// A bare expression. Braces in it are reported with the way to write it without.
pub fn expression(node: &Node<'_>, what: &str, diagnostics: &mut Diagnostics) -> Option<Expression> {
    let Some(text) = node.scalar() else { return node.mismatch(what, "an expression", diagnostics) };
    Expression::compile(text, &node.offsets(diagnostics.source().text()), diagnostics)
}

/// The text of a key; a template in it is reported.
pub fn literal_key(key: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = key.scalar()?;
    let Some(at) = text.find("{{") else { return Some(text.to_owned()) };
    let span = key.offsets(diagnostics.source().text()).span(at..at + 2);
    diagnostics
        .error(Code::TemplateMisplaced, span, "a key cannot hold a template")
        .help("templates stand in values, never in keys");
    None
}

fn compile(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Template> {
    let offsets = node.offsets(diagnostics.source().text());
    Template::compile(node.scalar()?, &offsets, diagnostics)
}

/// What holds no template is one literal, which is never rendered again.
fn list(items: Vec<ValueTemplate>) -> ValueTemplate {
    if items.iter().all(|item| item.literal().is_some()) {
        let literals = items.into_iter().filter_map(into_literal);
        return ValueTemplate::Literal(Value::Array(literals.collect()));
    }
    ValueTemplate::List(items)
}

fn map(entries: Vec<(String, ValueTemplate)>) -> ValueTemplate {
    if entries.iter().all(|(_, value)| value.literal().is_some()) {
        let literals = entries.into_iter().filter_map(|(key, value)| Some((key, into_literal(value)?)));
        return ValueTemplate::Literal(Value::Object(literals.collect::<Map<_, _>>()));
    }
    ValueTemplate::Map(entries)
}

fn into_literal(template: ValueTemplate) -> Option<Value> {
    match template {
        ValueTemplate::Literal(value) => Some(value),
        _ => None,
    }
}
