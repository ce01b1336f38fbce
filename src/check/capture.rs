//! `capture`: a name gets a value out of the reply, from exactly one source.

use std::fmt;

use regex::Regex;

use super::missing::nothing_at;
use super::reply::Reply;
use super::shape::CAPTURE;
use super::subject::{SET_COOKIE, header_lines};
use super::{CheckError, Lower};
use crate::diagnostic::Code;
use crate::jsonpath::JsonPath;
use crate::source::Span;
use crate::template::{Context, NameUse, ValueTemplate, read};
use crate::value::Value;
use crate::xpath::XPath;
use crate::yaml::{Data, Fields, Node};

/// One capture, without its name.
#[derive(Debug)]
pub struct Capture {
    source: Source,
    default: Option<Box<ValueTemplate>>,
    secret: bool,
    span: Span,
}

/// Where the value comes from: to add a source, add a variant and its key in the shape.
#[derive(Debug)]
enum Source {
    Json(Box<JsonPath>),
    XPath(Box<XPath>),
    Header(Box<str>),
    Cookie(Box<str>),
    Regex(Box<Regex>),
    Value(Box<ValueTemplate>),
    Body,
    Status,
    Url,
}

/// A captured value.
#[derive(Clone, PartialEq)]
pub struct Captured {
    /// The value.
    pub value: Value,
    /// Whether the capture is marked `secret: true`, or its template names a secret.
    pub secret: bool,
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured").field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// The keys that say where a value comes from; exactly one must be there.
const SOURCES: [&str; 9] = ["json", "xpath", "header", "cookie", "regex", "value", "body", "status", "url"];

impl Capture {
    /// Reads the `capture` of a step: names with their places, in the file's order. The names are the caller's to check.
    pub fn lower_all(node: &Node<'_>, cx: &mut Lower<'_>) -> Vec<(String, Span, Capture)> {
        let Some(entries) = node.entries("`capture`", cx.diagnostics) else { return Vec::new() };
        if entries.is_empty() {
            cx.diagnostics
                .error(Code::InvalidValue, node.span, "`capture` is empty")
                .help("leave it out, or write `name: $.path`");
        }
        let read = entries.iter().filter_map(|(name, source)| {
            let capture = Capture::lower(source, cx)?;
            Some((name.scalar()?.to_owned(), name.span, capture))
        });
        read.collect()
    }

    /// Reads what stands behind one name.
    pub fn lower(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Self> {
        match &node.data {
            Data::Map(_) => long(node, cx),
            Data::Broken => None,
            Data::List(_) => node.mismatch("a capture", "a JSONPath, a template or a mapping", cx.diagnostics),
            Data::Scalar(..) => {
                let source = short(node, cx)?;
                Some(Self { source, default: None, secret: false, span: node.span })
            }
        }
    }

    /// Where the source stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether it is marked `secret: true`.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Gets the value.
    ///
    /// # Errors
    /// The source finds nothing and there is no `default`, or a template failed.
    pub fn evaluate(&self, reply: &Reply<'_>, context: &Context<'_>) -> Result<Captured, CheckError> {
        let fail = |message: String| CheckError { message, span: self.span };
        let (value, secret) = match (self.source.find(reply, context).map_err(fail)?, &self.default) {
            (Found::Value(value, secret), _) => (value, secret),
            (Found::Nothing(_), Some(default)) => {
                super::rendered(default, context).map_err(|error| fail(super::sentence(&error)))?
            }
            (Found::Nothing(why), None) => return Err(fail(why)),
        };
        Ok(Captured { value, secret: secret || self.secret })
    }

    /// Visits every name its templates use.
    pub fn names(&self, visit: &mut dyn FnMut(NameUse)) {
        if let Source::Value(template) = &self.source {
            template.names().into_iter().for_each(&mut *visit);
        }
        if let Some(default) = &self.default {
            default.names().into_iter().for_each(&mut *visit);
        }
    }
}

enum Found {
    /// The value, and whether the template that made it names a secret.
    Value(Value, bool),
    /// Nothing, and the sentence for it.
    Nothing(String),
}

impl Source {
    /// # Errors
    /// Something other than "there is none": no `default` covers it.
    fn find(&self, reply: &Reply<'_>, context: &Context<'_>) -> Result<Found, String> {
        let text = |found: Option<&str>, why: &dyn Fn() -> String| match found {
            Some(text) => Found::Value(Value::from(text), false),
            None => Found::Nothing(why()),
        };
        Ok(match self {
            Source::Json(path) => return find_json(path, reply),
            Source::XPath(path) => match reply.xpath(path) {
                Ok(Some(value)) => Found::Value(value, false),
                Ok(None) => Found::Nothing(format!("`{path}` finds nothing in the body")),
                Err(why) if reply.response.body.is_empty() => Found::Nothing(format!("`{path}` finds nothing: {why}")),
                Err(why) => return Err(why),
            },
            Source::Header(name) if &**name == SET_COOKIE => match header_lines(reply, name) {
                lines if lines.is_empty() => Found::Nothing(format!("the reply has no header `{name}`")),
                lines => Found::Value(Value::Array(lines), false),
            },
            Source::Header(name) => {
                text(reply.response.header(name).as_deref(), &|| format!("the reply has no header `{name}`"))
            }
            Source::Cookie(name) => text(reply.cookie(name), &|| format!("the reply sets no cookie `{name}`")),
            Source::Regex(regex) => {
                let found = regex.captures(reply.response.text());
                let group =
                    found.as_ref().and_then(|found| if regex.captures_len() > 1 { found.get(1) } else { found.get(0) });
                text(group.map(|m| m.as_str()), &|| format!("the body has nothing that matches `{}`", regex.as_str()))
            }
            Source::Value(template) => match super::rendered(template, context) {
                Ok((value, secret)) => Found::Value(value, secret),
                Err(error) if error.undefined => Found::Nothing(super::sentence(&error)),
                Err(error) => return Err(super::sentence(&error)),
            },
            Source::Body => Found::Value(Value::from(reply.response.text()), false),
            Source::Status => Found::Value(Value::from(reply.response.status), false),
            Source::Url => Found::Value(Value::from(reply.url), false),
        })
    }
}

/// An empty body has nothing at any path; one that is there and is not JSON is a failure that no `default` hides.
fn find_json(path: &JsonPath, reply: &Reply<'_>) -> Result<Found, String> {
    let body = match reply.json() {
        Ok(body) => body,
        Err(why) if reply.response.body.is_empty() => {
            return Ok(Found::Nothing(format!("`{path}` finds nothing: {why}")));
        }
        Err(why) => return Err(why),
    };
    let nothing = || Found::Nothing(nothing_at(path, body));
    if path.is_singular() {
        let found = path.first(body).map_err(|error| format!("`{path}` {error}"))?;
        return Ok(found.map_or_else(nothing, |value| Found::Value(value.clone(), false)));
    }
    let nodes = path.query(body).map_err(|error| format!("`{path}` {error}"))?;
    Ok(if nodes.is_empty() { nothing() } else { Found::Value(nodes.into_iter().cloned().collect(), false) })
}

/// `$.path` or a template.
fn short(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Source> {
    let text = node.scalar()?;
    if text.starts_with('$') {
        return cx.json_path(node).map(|path| Source::Json(Box::new(path)));
    }
    if text.contains("{{") {
        return read::value(node, cx.diagnostics).map(|template| Source::Value(Box::new(template)));
    }
    let help = match text.starts_with(['.', '[']) {
        true => format!("a JSONPath begins with `$`: write `${text}`"),
        false if text.contains(' ') || matches!(text, "" | "~" | "null") => {
            "write a JSONPath like `$.id`, or a template".to_owned()
        }
        false => format!(
            "write the JSONPath `$.{text}`, or the template \"{{{{ {text} }}}}\"; a constant belongs into `set`"
        ),
    };
    cx.diagnostics
        .error(
            Code::InvalidValue,
            node.span,
            format!("`{text}` captures nothing: it is neither a JSONPath nor a template"),
        )
        .help(help);
    None
}

fn long(node: &Node<'_>, cx: &mut Lower<'_>) -> Option<Capture> {
    let fields = Fields::read(node, &CAPTURE, cx.diagnostics)?;
    let secret = fields.get("secret").and_then(|n| n.boolean("`secret`", cx.diagnostics)).unwrap_or(false);
    let default = fields.get("default").and_then(|n| read::value(n, cx.diagnostics)).map(Box::new);
    let before = cx.diagnostics.len();
    let Some((key, value)) = fields.one_of(&SOURCES, cx.diagnostics) else {
        // Unknown keys have been reported; what is missing is worth a word only where nothing else was said.
        if cx.diagnostics.len() == before && fields.keys().all(|(key, _)| CAPTURE.key(key).is_some()) {
            cx.diagnostics
                .error(Code::MissingKey, fields.head(), "this capture has no source")
                .help("add one of `json`, `xpath`, `header`, `cookie`, `regex`, `value`, `body`, `status`, `url`");
        }
        return None;
    };
    let source = match key {
        "json" => Source::Json(Box::new(cx.json_path(value)?)),
        "xpath" => Source::XPath(Box::new(cx.xpath(value)?)),
        "header" => Source::Header(named(value, "`header`", cx).and_then(|()| cx.header_name(value))?),
        "cookie" => Source::Cookie(named(value, "`cookie`", cx).and_then(|()| cx.cookie_name(value))?),
        "regex" => Source::Regex(Box::new(cx.regex(value, "`regex`")?)),
        "value" => Source::Value(Box::new(read::value(value, cx.diagnostics)?)),
        "body" => flag(key, value, Source::Body, cx)?,
        "status" => flag(key, value, Source::Status, cx)?,
        _ => flag(key, value, Source::Url, cx)?,
    };
    Some(Capture { source, default, secret, span: value.span })
}

fn named(node: &Node<'_>, what: &str, cx: &mut Lower<'_>) -> Option<()> {
    node.text(what, cx.diagnostics).map(|_| ())
}

/// `body`, `status` and `url` take only `true`.
fn flag(key: &str, node: &Node<'_>, source: Source, cx: &mut Lower<'_>) -> Option<Source> {
    if node.boolean(format_args!("`{key}`"), cx.diagnostics)? {
        return Some(source);
    }
    cx.diagnostics
        .error(Code::InvalidValue, node.span, format!("`{key}: false` captures nothing"))
        .help(format!("write `{key}: true`, or leave the capture out"));
    None
}
