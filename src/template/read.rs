//! From YAML nodes to templates: which texts of a file are templates, and which places take none.

use super::{Expression, Template, ValueTemplate, opening};
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
    let Some(at) = opening(text) else { return Some(text.to_owned()) };
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::Source;
    use crate::yaml::parse;

    /// What `read` makes of the value of `a`, and the messages as `line:column message`.
    fn read<T>(yaml: &str, read: impl FnOnce(&Node<'_>, &mut Diagnostics) -> T) -> (T, Vec<String>) {
        let source = Source::new("t", yaml);
        let mut diagnostics = Diagnostics::new(source.clone());
        let node = parse(&source, &mut diagnostics).unwrap();
        let Data::Map(entries) = &node.data else { panic!("a mapping") };
        let found = read(&entries[0].1, &mut diagnostics);
        let messages = diagnostics.into_sorted();
        let line = |d: &crate::diagnostic::Diagnostic| format!("{} {}", source.position(d.span.start), d.message);
        (found, messages.iter().map(line).collect())
    }

    #[test]
    fn values_keep_their_types_and_their_templates() {
        let (found, messages) = read("a: { n: 1, t: on, q: \"5\", l: [true, null], e: {} }\n", value);
        assert!(messages.is_empty(), "{messages:?}");
        let literal = found.as_ref().and_then(ValueTemplate::literal);
        assert_eq!(literal, Some(&json!({"n": 1, "t": "on", "q": "5", "l": [true, null], "e": {}})));
        let (found, _) = read("a: { n: 1, l: [\"{{ x }}\", 'y{{ z.w }}'] }\n", value);
        let found = found.unwrap();
        assert!(found.literal().is_none());
        let names: Vec<_> = found.names().into_iter().map(|n| n.path.join(".")).collect();
        assert_eq!(names, ["x", "z.w"]);
    }

    #[test]
    fn every_mistake_in_a_tree_is_reported() {
        let (found, messages) = read("a: { '{{ k }}': 1, l: ['{{ a b }}', 0123], m: \"{{\" }\n", value);
        assert!(found.is_none());
        let places: Vec<_> = messages.iter().filter_map(|m| m.split_once(' ')).collect();
        assert_eq!(places[0], ("1:7", "a key cannot hold a template"));
        assert_eq!(places[2].0, "1:37");
        assert!(places[2].1.starts_with("`0123` without quotes"), "{messages:?}");
        assert_eq!(places[3], ("1:48", "`{{` is never closed"));
        assert_eq!(messages.len(), 4, "{messages:?}");
    }

    #[test]
    fn texts_scalars_and_expressions() {
        assert_eq!(
            read("a: 5\n", |n, d| template(n, "`a`", d).is_some()),
            (false, vec!["1:4 `a` must be text, not a number".to_owned()])
        );
        assert_eq!(read("a: x{{ y }}\n", |n, d| template(n, "`a`", d).is_some()), (true, vec![]));
        for (yaml, text) in [("a: 5\n", "5"), ("a: true\n", "true"), ("a: x\n", "x"), ("a: \"1.10\"\n", "1.10")] {
            let (found, messages) = read(yaml, |n, d| scalar(n, "`a`", d));
            assert_eq!((found.as_ref().and_then(Template::literal), messages), (Some(text), vec![]), "{yaml}");
        }
        for (yaml, message) in [
            ("a: null\n", "1:4 `a` must be text, a number or a boolean, not null"),
            ("a: [1]\n", "1:4 `a` must be text, a number or a boolean, not a list"),
        ] {
            assert_eq!(read(yaml, |n, d| scalar(n, "`a`", d).is_some()), (false, vec![message.to_owned()]));
        }
        assert_eq!(read("a: x == 1\n", |n, d| expression(n, "`a`", d).is_some()), (true, vec![]));
        let (_, messages) = read("a: \"{{ x }}\"\n", |n, d| expression(n, "`a`", d).is_some());
        assert_eq!(messages, ["1:5 an expression stands here without braces"]);
        let (_, messages) = read("a: [x]\n", |n, d| expression(n, "`a`", d).is_some());
        assert_eq!(messages, ["1:4 `a` must be an expression, not a list"]);
    }
}
