//! JSON Schema of a body: compiled at load, without the network; violations named by JSON Pointer.

use std::sync::Arc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};

use super::references::{Failure, compile};
use super::reply::Reply;
use super::verdict::Verdict;
use super::{Lower, Schemas};
use crate::diagnostic::{Code, Diagnostics};
use crate::source::{Source, Span};
use crate::template::Context;
use crate::value::Value;
use crate::yaml::{Data, Node, parse};

/// The most violations that one failure lists.
const SHOWN: usize = 5;

/// The value of `expect.schema`.
#[derive(Debug)]
pub(super) struct SchemaCheck {
    validator: Arc<Validator>,
    /// The file as the flow names it; `None` for an inline schema.
    file: Option<Box<str>>,
    span: Span,
}

impl SchemaCheck {
    /// Reads and compiles `schema`.
    pub(super) fn lower(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Self> {
        let (validator, file) = match &node.data {
            Data::Map(_) => (Arc::new(inline(node, cx)?), None),
            _ => {
                let path = node.text("`schema`", cx.diagnostics)?;
                if !cx.literal(
                    node,
                    "a schema's path",
                    "write the path as it is: the schema is read before anything is sent",
                ) {
                    return None;
                }
                (file(path, node.span, cx)?, Some(path.into()))
            }
        };
        Some(Self { validator, file, span: node.span })
    }

    /// Its file as the flow names it; `None` where it stands in the flow.
    pub(super) fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Judges the body.
    pub(super) fn judge(&self, reply: &Reply<'_>, context: &Context<'_>) -> Verdict {
        Verdict { hidden: context.hides(reply.response.text()), ..self.verdict(reply) }
    }

    fn verdict(&self, reply: &Reply<'_>) -> Verdict {
        let name = self.file.as_deref().unwrap_or("the schema");
        let verdict = Verdict::failed("schema", "matches", self.span);
        let expected = self.file.as_deref().map(Value::from);
        let body = match reply.json() {
            Ok(body) => body,
            Err(message) => return Verdict { message: Some(message), expected, pending: true, ..verdict },
        };
        let mut errors = self.validator.iter_errors(body);
        let shown: Vec<_> = errors.by_ref().take(SHOWN).map(|error| violation(&error)).collect();
        if shown.is_empty() {
            return Verdict { expected, ..Verdict::passed("schema", "matches", self.span) };
        }
        // Counting on is as dear as validating; one more is enough to say that there are more.
        let more = if errors.next().is_some() { "\n  and more" } else { "" };
        let message = format!("the body does not match {name}:\n  {}{more}", shown.join("\n  "));
        Verdict { message: Some(message), expected, ..verdict }
    }
}

/// `/items/0/id: 5 is not of type "string"`. Long values are not repeated.
fn violation(error: &ValidationError<'_>) -> String {
    let pointer = error.instance_path().as_str();
    let place = if pointer.is_empty() { "the body" } else { pointer };
    let large = match error.instance().as_ref() {
        Value::Array(_) | Value::Object(_) => true,
        Value::String(text) => text.len() > 80,
        _ => false,
    };
    if large { format!("{place}: {}", error.masked()) } else { format!("{place}: {error}") }
}

fn inline(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Validator> {
    if !without_templates(node, cx) {
        return None;
    }
    let schema = node.value(cx.diagnostics)?;
    // An invented name: `$ref`s are relative to the flow's folder.
    match compile(&schema, &cx.folder.join("schema"), cx.files, &document) {
        Ok(validator) => Some(validator),
        Err(Failure::Reference(message, help)) => {
            cx.diagnostics
                .error(Code::InvalidSchema, node.span, format!("this is no JSON Schema: {message}"))
                .help(help);
            None
        }
        Err(Failure::Schema(error)) => {
            let span = locate(node, error.instance_path().as_str()).unwrap_or(node.span);
            let (message, help) = broken(&error);
            cx.diagnostics.error(Code::InvalidSchema, span, format!("this is no JSON Schema: {message}")).help(help);
            None
        }
    }
}

fn file(path: &str, span: Span, cx: &mut Lower<'_>) -> Option<Arc<Validator>> {
    let resolved = cx.files.resolve(cx.folder, path).ok();
    let Schemas { compiled } = &mut *cx.schemas;
    if let Some(known) = resolved.as_ref().and_then(|resolved| compiled.get(resolved)) {
        return Some(Arc::clone(known));
    }
    let bytes = match cx.files.read(cx.folder, path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let diagnostic = cx.diagnostics.error(Code::FileUnreadable, span, format!("the schema `{path}`: {error}"));
            diagnostic.help = error.help;
            return None;
        }
    };
    let place = resolved.clone().unwrap_or_else(|| cx.folder.join(path));
    let built = document(path, &bytes).and_then(|schema| {
        compile(&schema, &place, cx.files, &document).map_err(|failure| match failure {
            Failure::Schema(error) => broken(&error),
            Failure::Reference(message, help) => (message, help),
        })
    });
    match built {
        Ok(validator) => {
            let validator = Arc::new(validator);
            if let Some(resolved) = resolved {
                compiled.insert(resolved, Arc::clone(&validator));
            }
            Some(validator)
        }
        Err((message, help)) => {
            cx.diagnostics
                .error(Code::InvalidSchema, span, format!("`{path}` is no JSON Schema: {message}"))
                .help(help);
            None
        }
    }
}

/// The schema file as a value: JSON, or YAML by its name.
fn document(path: &str, bytes: &[u8]) -> Result<Value, (String, String)> {
    let lower = path.to_ascii_lowercase();
    let value = if lower.ends_with(".yaml") || lower.ends_with(".yml") {
        let source = Source::new(path, String::from_utf8_lossy(bytes));
        let mut diagnostics = Diagnostics::new(Arc::clone(&source));
        let value = parse(&source, &mut diagnostics).and_then(|node| node.value(&mut diagnostics));
        let first = diagnostics.into_sorted().into_iter().next();
        value.ok_or_else(|| {
            let (message, at) = first.map_or_else(Default::default, |d| (d.message, source.position(d.span.start)));
            (format!("at {at}: {message}"), format!("correct `{path}`: it is read as YAML"))
        })?
    } else {
        let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        serde_json::from_slice(json).map_err(|e| (e.to_string(), format!("correct `{path}`: it is read as JSON")))?
    };
    if value.is_object() || value.is_boolean() {
        return Ok(value);
    }
    Err((format!("it holds {}", super::reply::with_article(&value)), "a schema is a JSON object".to_owned()))
}

/// What is wrong with a schema, and what to do.
pub(super) fn broken(error: &ValidationError<'_>) -> (String, String) {
    let pointer = error.instance_path().as_str();
    let keyword = pointer.rsplit('/').next().unwrap_or("");
    let (text, help) = match error.kind() {
        ValidationErrorKind::Referencing(reference) => return unresolved(&reference.to_string()),
        ValidationErrorKind::AnyOf { .. } if keyword == "type" => (
            format!("{} is no type", error.instance()),
            "a type is `string`, `integer`, `number`, `boolean`, `null`, `array` or `object`, or a list of these",
        ),
        ValidationErrorKind::Format { .. } if keyword == "pattern" => {
            (format!("{} is no regular expression", error.instance()), "correct it, or escape what is meant as it is")
        }
        _ => (error.to_string(), "see https://json-schema.org/draft/2020-12 for what a keyword takes"),
    };
    let place = if pointer.is_empty() { String::new() } else { format!("at {pointer}: ") };
    (format!("{place}{text}"), help.to_owned())
}

/// A `$ref` whose document is there and whose place in it is not. The library's words name that place in quotes.
fn unresolved(words: &str) -> (String, String) {
    let what = words.split('\'').nth(1).unwrap_or("");
    let message = match words.split(' ').next() {
        Some("Pointer") => format!("a `$ref` points to `#{what}`, and nothing is there"),
        Some("Anchor") => format!("a `$ref` points to `#{what}`, and no `$anchor` has that name"),
        _ => format!("a `$ref` leads nowhere: {words}"),
    };
    (message, "definitions stand under `$defs`: `{ $ref: \"#/$defs/person\" }`".to_owned())
}

/// The span of the node that a JSON Pointer leads to.
fn locate(node: &Node<'_>, pointer: &str) -> Option<Span> {
    let mut at = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        at = match &at.data {
            Data::Map(entries) => &entries.iter().find(|(key, _)| key.scalar() == Some(step.as_str()))?.1,
            Data::List(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at.span)
}

fn without_templates(node: &Node<'_>, cx: &mut Lower<'_>) -> bool {
    match &node.data {
        Data::Scalar(..) => {
            cx.literal(node, "a schema", "compare this value under `json`, whose operands take templates")
        }
        Data::List(items) => items.iter().all(|item| without_templates(item, cx)),
        Data::Map(entries) => entries.iter().all(|(_, value)| without_templates(value, cx)),
        Data::Broken => true,
    }
}
