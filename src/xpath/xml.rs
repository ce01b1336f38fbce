//! Reads XML into a tree: no DTD and so no entities but the five of XML, whatever the document declares.

use roxmltree::{Document, Error, Node, NodeType};

use super::tree::{Builder, MAX_DEPTH, Name, Tree};
use super::{Unreadable, unreadable};

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Tree, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let document = Document::parse(text).map_err(|error| explain(&error, text))?;
    let mut builder = Builder::new(false);
    let mut at = document.root().first_child();
    while let Some(node) = at {
        if !push(node, text, &mut builder) {
            return Err(too_deep());
        }
        at = node.first_child();
        // Up until there is a next one; no recursion, since the server decides how deep this goes.
        let mut last = node;
        while at.is_none() && !last.is_root() {
            if last.is_element() {
                builder.close();
            }
            at = last.next_sibling();
            let Some(parent) = last.parent() else { break };
            last = parent;
        }
    }
    Ok(builder.finish())
}

pub(super) fn too_deep() -> Unreadable {
    unreadable(
        format!("its elements are nested more than {MAX_DEPTH} deep"),
        "use `body: { contains: … }` or `matches` on its text",
    )
}

fn push(node: Node<'_, '_>, text: &str, builder: &mut Builder) -> bool {
    match node.node_type() {
        NodeType::Root => {}
        NodeType::Element => {
            let tag = node.tag_name();
            let written = text.get(node.range().start + 1..).unwrap_or("");
            let good = builder.element(name(tag.namespace(), prefix(written, tag.name()), tag.name()));
            for attribute in node.attributes() {
                let written = text.get(attribute.range().start..).unwrap_or("");
                let prefix = prefix(written, attribute.name());
                builder.attribute(name(attribute.namespace(), prefix, attribute.name()), attribute.value());
            }
            return good;
        }
        NodeType::Text => builder.text(node.text().unwrap_or("")),
        NodeType::Comment => builder.comment(node.text().unwrap_or("")),
        NodeType::PI => {
            if let Some(instruction) = node.pi() {
                builder.instruction(instruction.target, instruction.value.unwrap_or(""));
            }
        }
    }
    true
}

fn name(namespace: Option<&str>, prefix: &str, local: &str) -> Name {
    Name { namespace: namespace.unwrap_or("").into(), prefix: prefix.into(), local: local.into() }
}

/// The prefix with which `local` is written at the start of `text`; the parser resolves it and forgets it.
fn prefix<'t>(text: &'t str, local: &str) -> &'t str {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '>' | '/')).unwrap_or(0);
    match text.split_at_checked(end) {
        Some((prefix, rest)) if rest.strip_prefix(':').is_some_and(|rest| rest.starts_with(local)) => prefix,
        _ => "",
    }
}

fn explain(error: &Error, text: &str) -> Unreadable {
    match error {
        Error::DtdDetected => unreadable(
            "it has a DOCTYPE, and wxflow reads no DTD and no entities".to_owned(),
            "a DTD can make a parser read files and grow without bound; ask `body` about the text instead",
        ),
        Error::UnknownEntityReference(name, _) => unreadable(
            format!("it uses the entity `&{name};`, and without a DTD XML has only amp, lt, gt, quot and apos"),
            "ask `body` about the text instead",
        ),
        _ if !text.trim_start().starts_with('<') => {
            unreadable("it does not begin with `<`".to_owned(), "`json` asks a JSON body, `body` any text")
        }
        error => unreadable(format!("it is not well-formed: {error}"), "`body` asks about the text as it is"),
    }
}
