//! From YAML nodes to templates: which texts of a file are templates, and which places take none.

use super::{Expression, Template, ValueTemplate};
use crate::diagnostic::{Code, Diagnostics};
use crate::value::Value;
use crate::yaml::{Data, Node};

/// Anything: scalars by their type, texts as templates, lists and mappings with what is in them. A template in a key is
/// reported.
pub fn value(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<ValueTemplate> {
    match &node.data {
        Data::Broken => None,
        Data::Scalar(..) => match node.scalar_value(diagnostics)? {
            Value::String(_) => compile(node, diagnostics).map(ValueTemplate::text),
            literal => Some(ValueTemplate::Literal(literal)),
        },
        Data::List(items) => {
            // Not one `collect` into `Option`: it would stop at the first mistake.
            let items: Vec<_> = items.iter().map(|item| value(item, diagnostics)).collect();
            items.into_iter().collect::<Option<Vec<_>>>().map(ValueTemplate::list)
        }
        Data::Map(entries) => {
            let read = |(key, node): &(Node<'_>, Node<'_>)| {
                let (key, value) = (literal_key(key, diagnostics), value(node, diagnostics));
                Some((key?.into_boxed_str(), value?))
            };
            let entries: Vec<_> = entries.iter().map(read).collect();
            entries.into_iter().collect::<Option<Vec<_>>>().map(ValueTemplate::object)
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
