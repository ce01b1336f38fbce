//! A flow as one file to hand on: the author's own text, with what it needs from other files and environments beside it.

use std::collections::HashMap;

use super::Exported;
use crate::diagnostic::Diagnostics;
use crate::flow::{Action, Body, FilePath, Flow, Part, RequestTemplate};
use crate::source::Span;
use crate::value::{Map, Value};
use crate::yaml::{Data, Node, parse, write};

/// What a flow needs besides its own text.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Other files, by their path from the flow's folder.
    pub files: Vec<(String, String)>,
    /// What is to be said of inputs that an environment gives a value: by their name.
    pub inputs: HashMap<String, String>,
}

/// The text of the bundle.
#[must_use]
pub fn bundle(flow: &Flow, needs: &Needs) -> Exported {
    let mut lost = Vec::new();
    losses(flow, true, &mut lost);
    let text = flow.source.text();
    let mut diagnostics = Diagnostics::new(std::sync::Arc::clone(&flow.source));
    let edits = parse(&flow.source, &mut diagnostics).map(|root| edits(text, &root, flow, needs)).unwrap_or_default();
    let mut text = apply(text, edits);
    if !needs.files.is_empty() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str("\n# What the flow needs from other files. They are looked up here before the disk.\n");
        let files: Map<String, Value> =
            needs.files.iter().map(|(path, text)| (path.clone(), Value::String(text.clone()))).collect();
        write::entry(&mut text, "files", &Value::Object(files), 0, true);
    }
    Exported { text, lost }
}

/// What cannot come along.
fn losses(flow: &Flow, root: bool, lost: &mut Vec<String>) {
    for step in &flow.steps {
        let mut lose = |what: String| lost.push(format!("{}: {what}", step.label));
        match &step.action {
            Action::Request(request) => {
                if request.expect.snapshot().is_some() {
                    lose("its snapshot: run with --update-snapshots where the bundle is, and look at it".to_owned());
                }
                request_losses(&request.request, &mut lose);
                for cleanup in &request.cleanup {
                    if let Action::Request(undo) = &cleanup.action {
                        request_losses(&undo.request, &mut lose);
                    }
                }
            }
            Action::Use(used) => losses(&used.flow, false, lost),
            _ => {}
        }
    }
    if !root {
        for (name, _) in &flow.oauth {
            lost.push(format!(
                "{}: `auth: {{ oauth: {name} }}` needs an environment that defines it; give the flow a token as an input",
                flow.path
            ));
        }
    }
}

fn request_losses(request: &RequestTemplate, lose: &mut dyn FnMut(String)) {
    let mut one = |path: &FilePath| {
        if path.template.literal().is_none() {
            lose("a file whose name only the run knows: put it beside the bundle".to_owned());
        }
    };
    match request.body.as_deref() {
        Some(Body::File(path)) => one(path),
        Some(Body::Multipart(parts)) => parts.iter().for_each(|part| match part {
            Part::File(file) => one(&file.path),
            Part::Text(_) => {}
        }),
        _ => {}
    }
}

/// A place in the text, and what stands there instead.
type Edit = (Span, String);

fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (span, new) in edits {
        let range = span.range();
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(&new);
        at = range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

fn entry<'n, 's>(node: &'n Node<'s>, name: &str) -> Option<&'n (Node<'s>, Node<'s>)> {
    match &node.data {
        Data::Map(entries) => entries.iter().find(|(key, _)| key.scalar() == Some(name)),
        _ => None,
    }
}

fn edits(text: &str, root: &Node<'_>, flow: &Flow, needs: &Needs) -> Vec<Edit> {
    let mut edits = Vec::new();
    // The flow may be a bundle already: its files come again, with all the others.
    if let Some((key, value)) = entry(root, "files") {
        let (start, end) = (line_start(text, key.span.start as usize), line_end(text, value.span.end as usize));
        edits.push((Span::new(above(text, start), end), String::new()));
    }
    let inputs = entry(root, "inputs").map(|(_, inputs)| inputs);
    if let Some(Data::Map(entries)) = inputs.map(|inputs| &inputs.data) {
        for (name, value) in entries {
            let input = flow.inputs.iter().find(|input| Some(&*input.name) == name.scalar());
            let open = input.is_some_and(|input| input.default.is_none());
            let described = name.scalar().filter(|_| open).and_then(|name| needs.inputs.get(name));
            edits.extend(described.and_then(|description| describe(text, value, description)));
        }
    }
    let mut clients: Vec<&str> = Vec::new();
    oauth(root, flow, &mut edits, &mut clients);
    if !clients.is_empty() {
        edits.push(tokens(text, root, inputs, &clients));
    }
    edits
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    // The span of a block ends behind its last line break.
    if text.get(..at).is_some_and(|before| before.ends_with('\n')) {
        return at;
    }
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |more| at + more + 1)
}

/// Where the comment begins that this writer put above the line at `start`.
fn above(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or("");
    let own = "\n# What the flow needs from other files. They are looked up here before the disk.\n";
    before.strip_suffix(own).map_or(start, str::len)
}

/// Gives an input that has no description one.
fn describe(text: &str, value: &Node<'_>, description: &str) -> Option<Edit> {
    // In the quotes of JSON it can stand inside of braces, whatever is in it.
    let entry = format!("description: {}", Value::String(description.to_owned()));
    let written = text.get(value.span.range())?;
    match &value.data {
        Data::Map(entries) if entries.iter().any(|(key, _)| key.scalar() == Some("description")) => None,
        Data::Map(entries) if written.starts_with('{') => {
            let inside = entries.last()?.1.span.end;
            Some((Span { start: inside, end: inside }, format!(", {entry}")))
        }
        Data::Map(entries) => {
            let first = entries.first()?.0.span.start as usize;
            let start = line_start(text, first);
            let indent = " ".repeat(first - start);
            Some((Span::new(start, start), format!("{indent}{entry}\n")))
        }
        Data::Scalar(..) if value.is_null() => Some((value.span, format!("{{ {entry} }}"))),
        Data::Scalar(..) if !written.contains('\n') && !written.contains([',', '{', '}', '[', ']']) => {
            Some((value.span, format!("{{ default: {written}, {entry} }}")))
        }
        _ => None,
    }
}

/// `auth: { oauth: NAME }` becomes a token that the person gives: the bundle has no environment.
fn oauth<'f>(node: &Node<'_>, flow: &'f Flow, edits: &mut Vec<Edit>, clients: &mut Vec<&'f str>) {
    match &node.data {
        Data::Map(entries) => {
            for (key, value) in entries {
                let client = flow.oauth.iter().find(|(name, span)| *span == value.span && value.scalar() == Some(name));
                match client {
                    Some((name, _)) if key.scalar() == Some("oauth") => {
                        edits.push((key.span, "bearer".to_owned()));
                        edits.push((value.span, format!("\"{{{{ {} }}}}\"", token(name))));
                        if !clients.contains(&&**name) {
                            clients.push(name);
                        }
                    }
                    _ => oauth(value, flow, edits, clients),
                }
            }
        }
        Data::List(items) => items.iter().for_each(|item| oauth(item, flow, edits, clients)),
        _ => {}
    }
}

fn token(client: &str) -> String {
    let plain: String = client.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{plain}_access_token")
}

/// Inputs for the tokens of OAuth clients.
fn tokens(text: &str, root: &Node<'_>, inputs: Option<&Node<'_>>, clients: &[&str]) -> Edit {
    let described = |client: &str| {
        format!("secret: true, description: Access token of the OAuth client {client}; get one with `wxflow login`")
    };
    let lines = |indent: &str| -> String {
        clients.iter().map(|client| format!("{indent}{}: {{ {} }}\n", token(client), described(client))).collect()
    };
    let at = |at: usize| Span::new(at, at);
    match inputs.map(|inputs| (&inputs.data, text.get(inputs.span.range()).unwrap_or(""), inputs.span)) {
        Some((Data::Map(entries), written, span)) if written.starts_with('{') => {
            let list: Vec<_> = clients.iter().map(|c| format!("{}: {{ {} }}", token(c), described(c))).collect();
            let joint = if entries.is_empty() { "" } else { ", " };
            (at((span.start + 1) as usize), format!(" {}{joint}", list.join(", ")))
        }
        Some((Data::Map(entries), ..)) if !entries.is_empty() => {
            let first = entries.first().map_or(0, |(key, _)| key.span.start as usize);
            let start = line_start(text, first);
            (at(start), lines(&" ".repeat(first - start)))
        }
        _ => {
            let keys = ["vars", "defaults", "steps"].iter().find_map(|key| entry(root, key));
            let start = keys.map_or(0, |(key, _)| line_start(text, key.span.start as usize));
            (at(start), format!("inputs:\n{}\n", lines("  ")))
        }
    }
}
