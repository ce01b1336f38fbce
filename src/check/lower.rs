//! What lowering a check needs, and the literals that more than one check holds: paths, regexes, header names.

use std::collections::HashMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regex::Regex;

use crate::diagnostic::{Code, Diagnostics};
use crate::http::HeaderName;
use crate::jsonpath::JsonPath;
use crate::source::{Files, Span};
use crate::template::opening;
use crate::xpath::XPath;
use crate::yaml::Node;

/// Where the mistakes go, and where files come from.
pub struct Lower<'a> {
    /// Collects every mistake of the flow.
    pub diagnostics: &'a mut Diagnostics,
    /// The files a flow may read.
    pub files: &'a dyn Files,
    /// The flow's folder: paths are relative to it.
    pub folder: &'a Path,
    /// The schema files compiled so far.
    pub schemas: &'a mut Schemas,
}

/// Schema files, compiled once for all the flows that name them.
#[derive(Debug, Default)]
pub struct Schemas {
    pub(super) compiled: HashMap<PathBuf, Arc<jsonschema::Validator>>,
}

impl Lower<'_> {
    /// The place in the file of a byte range in a scalar's text.
    pub(super) fn within(&self, node: &Node<'_>, range: std::ops::Range<usize>) -> Span {
        node.offsets(self.diagnostics.source().text()).span(range)
    }

    /// Reports a template where only a literal can stand. `what` is a sentence's subject: "a JSONPath".
    pub(super) fn literal(&mut self, node: &Node<'_>, what: impl Display, help: &str) -> bool {
        let Some(at) = node.scalar().and_then(opening) else { return true };
        let span = self.within(node, at..at + 2);
        self.diagnostics
            .error(
                Code::TemplateMisplaced,
                span,
                format!("{what} cannot hold a template: it is read before anything is sent"),
            )
            .help(help);
        false
    }

    /// A JSONPath; what is none is reported.
    pub fn json_path(&mut self, node: &Node<'_>) -> Option<JsonPath> {
        let text = node.text("a JSONPath", self.diagnostics)?;
        if !self.literal(
            node,
            "a JSONPath",
            "filter with the template: `{{ response.json | jsonpath('$…') }}`, under `that`",
        ) {
            return None;
        }
        let error = match JsonPath::parse(text) {
            Ok(path) => return Some(path),
            Err(error) => error,
        };
        let at = error.position.min(text.len());
        let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |c| at + c.len_utf8());
        let span = if text.starts_with('$') { self.within(node, at..end) } else { node.span };
        let diagnostic = self.diagnostics.error(
            Code::InvalidJsonPath,
            span,
            format!("`{text}` is not a JSONPath: {}", error.message),
        );
        if !text.starts_with('$') {
            let text = text.trim_start_matches(['@', '/']);
            let dot = if text.starts_with(['.', '[']) { "" } else { "." };
            diagnostic.help(format!("write `${dot}{text}`"));
        } else {
            // Empty brackets are known by the one before.
            let at = if text.get(..at).is_some_and(|t| t.ends_with('[')) { at - 1 } else { at };
            diagnostic.help(path_help(text.get(at..).unwrap_or("")));
        }
        None
    }

    /// An XPath.
    pub(super) fn xpath(&mut self, node: &Node<'_>) -> Option<XPath> {
        let text = node.text("an XPath", self.diagnostics)?;
        if !self.literal(node, "an XPath", "filter with the template: `{{ response.text | xpath('…') }}`, under `that`")
        {
            return None;
        }
        let error = match XPath::parse(text) {
            Ok(path) => return Some(path),
            Err(error) => error,
        };
        let span = if error.range.start < text.len() { self.within(node, error.range) } else { node.span };
        let message = format!("`{text}` is not an XPath: {}", error.message);
        let help = if text.starts_with('$') {
            "`$…` is a JSONPath, which stands under `json`; an XPath looks like `//item[1]/name`".to_owned()
        } else {
            error.help
        };
        self.diagnostics.error(Code::InvalidXPath, span, message).help(help);
        None
    }

    /// A regular expression, compiled.
    pub(super) fn regex(&mut self, node: &Node<'_>, what: &str) -> Option<Regex> {
        let text = node.text(what, self.diagnostics)?;
        if !self.literal(
            node,
            "a regular expression",
            "compare with `contains`, `starts_with` or `ends_with`, which take templates",
        ) {
            return None;
        }
        let error = match Regex::new(text) {
            Ok(regex) => return Some(regex),
            Err(error) => error,
        };
        let (span, why) = match regex_syntax::parse(text) {
            Err(regex_syntax::Error::Parse(e)) => {
                (Some(e.span().start.offset..e.span().end.offset), e.kind().to_string())
            }
            Err(regex_syntax::Error::Translate(e)) => {
                (Some(e.span().start.offset..e.span().end.offset), e.kind().to_string())
            }
            _ => (None, error.to_string()),
        };
        let span = span
            .map_or(node.span, |range| self.within(node, range.start..range.end.max(range.start + 1).min(text.len())));
        self.diagnostics
            .error(Code::InvalidRegex, span, format!("this is not a regular expression: {why}"))
            .help("the syntax is Rust's `regex` (https://docs.rs/regex): no look-around, no back-references");
        None
    }

    /// A header's name, in lower case.
    pub(super) fn header_name(&mut self, node: &Node<'_>) -> Option<Box<str>> {
        let text = node.scalar()?;
        if !self.literal(node, "a header's name", "write the name itself: names are literal") {
            return None;
        }
        match HeaderName::from_bytes(text.as_bytes()) {
            Ok(name) => Some(name.as_str().into()),
            Err(_) => {
                self.diagnostics
                    .error(Code::InvalidHeader, node.span, format!("`{text}` cannot be a header's name"))
                    .help("a header's name is letters, digits and `-`, without the colon");
                None
            }
        }
    }

    /// A cookie's name.
    pub(super) fn cookie_name(&mut self, node: &Node<'_>) -> Option<Box<str>> {
        let text = node.scalar()?;
        self.literal(node, "a cookie's name", "write the name itself: names are literal").then(|| text.into())
    }
}

/// What is meant by the `rest` of a path that cannot be read: the older dialects, mostly.
fn path_help(rest: &str) -> &'static str {
    let word = rest.trim_start();
    if word.starts_with("=~") {
        "to match a regular expression write `?search(@.name, 'x.*')`, or `?match(…)` for the whole text"
    } else if word.starts_with('=') {
        "compare with `==`"
    } else if rest.starts_with("[(") || rest.starts_with("(@.length") {
        "from the end count with a negative index: `[-1]` is the last item"
    } else if rest.starts_with("[]") {
        "all items are `[*]`, the first is `[0]`"
    } else if rest.starts_with(['-', ' ']) {
        "a name with `-` or a space is written in brackets: `$['content-type']`"
    } else {
        "a JSONPath looks like `$.items[0].name`, `$.items[*].id`, `$.items[?@.id == 1]` or `$['a key'].x` (RFC 9535)"
    }
}
