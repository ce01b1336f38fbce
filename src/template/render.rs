//! Text with holes.

use crate::diagnostic::Diagnostics;
use crate::source::OffsetMap;
use crate::value::Value;

use super::eval::{Evaluator, at};
use super::node::{Kind, NameUse, Node};
use super::operate::too_large;
use super::scan::{Piece, pieces};
use super::text::{self, Failure};
use super::{Context, MAX_BYTES, RenderError, Rendered, TemplateValue, convert, filter, habit, is_omit, lower};

/// A compiled template: plain text, exactly one `{{ }}`, or text with holes.
#[derive(Debug)]
pub struct Template(pub(super) Repr);

#[derive(Debug)]
pub(super) enum Repr {
    Literal(Box<str>),
    Hole(Box<Node>),
    Mixed(Box<[Part]>),
}

#[derive(Debug)]
pub(super) enum Part {
    Text(Box<str>),
    Hole(Node),
}

impl Template {
    /// Compiles `text`, whose characters stand in the file where `map` says. Every mistake is added to `diagnostics`;
    /// `None` where there was one.
    pub fn compile(text: &str, map: &OffsetMap, diagnostics: &mut Diagnostics) -> Option<Self> {
        if !text.as_bytes().windows(2).any(|pair| matches!(pair, b"{{" | b"{%")) {
            habit::dollars(text, 0..text.len(), map, diagnostics);
            return Some(Self::from_literal(text));
        }
        let mut parts = Vec::new();
        let mut sound = true;
        for piece in pieces(text, map, diagnostics)? {
            match piece {
                Piece::Text(range) => {
                    habit::dollars(text, range.clone(), map, diagnostics);
                    parts.push(Part::Text(text.get(range)?.into()));
                }
                Piece::Hole(range) => match lower::expression(text, range, map, diagnostics) {
                    Some(node) => parts.push(Part::Hole(node)),
                    None => sound = false,
                },
            }
        }
        if !sound {
            return None;
        }
        match parts.as_slice() {
            [Part::Hole(_)] => match parts.pop() {
                Some(Part::Hole(node)) => Some(Self(Repr::Hole(Box::new(node)))),
                _ => None,
            },
            _ => Some(Self(Repr::Mixed(parts.into()))),
        }
    }

    /// Text as it is, braces and all.
    #[must_use]
    pub fn from_literal(text: &str) -> Self {
        Self(Repr::Literal(text.into()))
    }

    /// The text, where there is no `{{ }}` in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &self.0 {
            Repr::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The names it uses, in the order of the text.
    #[must_use]
    pub fn names(&self) -> Vec<NameUse> {
        let mut out = Vec::new();
        self.holes().for_each(|node| node.names(&mut out));
        out
    }

    /// The text before the first `{{`, which says what a URL begins with.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        match &self.0 {
            Repr::Literal(text) => text,
            Repr::Hole(_) => "",
            Repr::Mixed(parts) => match parts.first() {
                Some(Part::Text(text)) => text,
                _ => "",
            },
        }
    }

    fn holes(&self) -> impl Iterator<Item = &Node> {
        let (one, many) = match &self.0 {
            Repr::Literal(_) => (None, None),
            Repr::Hole(node) => (Some(node.as_ref()), None),
            Repr::Mixed(parts) => (None, Some(parts.iter())),
        };
        let many = many.into_iter().flatten().filter_map(|part| match part {
            Part::Hole(node) => Some(node),
            Part::Text(_) => None,
        });
        one.into_iter().chain(many)
    }

    /// The value; exactly one `{{ }}` keeps its type, anything else is text.
    ///
    /// # Errors
    /// Something is undefined, of the wrong type, too large or takes too long.
    pub fn render(&self, context: &Context<'_>) -> Result<Rendered<TemplateValue>, RenderError> {
        match &self.0 {
            Repr::Hole(node) => {
                let mut evaluator = Evaluator::new(context);
                let value = evaluator.value(node)?;
                let secret = evaluator.secret(node);
                Ok(Rendered { value: Some(value).filter(|v| !is_omit(v)), secret })
            }
            _ => self
                .render_text(context)
                .map(|r| Rendered { value: r.value.map(TemplateValue::from), secret: r.secret }),
        }
    }

    /// As [`Template::render`], as JSON.
    ///
    /// # Errors
    /// As [`Template::render`]; or the value is no data, such as a number JSON has not.
    pub fn render_json(&self, context: &Context<'_>) -> Result<Rendered<Value>, RenderError> {
        if let Repr::Hole(node) = &self.0 {
            let Rendered { value, secret } = self.render(context)?;
            let value = value.map(|v| convert::from_template_value(&v)).transpose();
            return Ok(Rendered { value: value.map_err(|m| at(node.span, Failure::new(m)))?, secret });
        }
        self.render_text(context).map(|r| Rendered { value: r.value.map(Value::String), secret: r.secret })
    }

    /// Always text; a sole `{{ omit }}` gives none.
    ///
    /// # Errors
    /// As [`Template::render`]; or a value has no text: null, a list, an object.
    pub fn render_text(&self, context: &Context<'_>) -> Result<Rendered<String>, RenderError> {
        self.write(context, &mut |_, value, out| text::write(value, out))
    }

    /// A URL: each hole is percent-encoded as one path segment or query value, unless it begins the text or ends in `| safe`.
    /// What a hole gives that names a secret is added to `secrets`, to be learned: a URL is not masked whole.
    ///
    /// # Errors
    /// As [`Template::render_text`]; or a path segment would be `.` or `..`, which servers and clients resolve away.
    pub fn render_url(
        &self,
        context: &Context<'_>,
        secrets: &mut Vec<String>,
    ) -> Result<Rendered<String>, RenderError> {
        let mut encoded = Vec::new();
        let rendered = self.write(context, &mut |node, value, out| {
            if context.names_secret(node) {
                secrets.push(text::of(value)?);
            }
            let safe = matches!(&node.kind, Kind::Filter(call) if call.name == "safe");
            if safe || self.begins_with(node) {
                return text::write(value, out);
            }
            encoded.push((out.len(), node.span));
            out.push_str(&filter::percent_encode(&text::of(value)?));
            Ok(())
        })?;
        let url = rendered.value.as_deref().unwrap_or_default();
        for (at_byte, span) in encoded {
            let segment = segment(url, at_byte);
            if matches!(segment, "." | "..") {
                let message = format!("a path segment cannot be `{segment}`: it would lead to another path");
                return Err(at(span, Failure::new(message)));
            }
        }
        Ok(rendered)
    }

    fn begins_with(&self, node: &Node) -> bool {
        self.literal_prefix().is_empty() && self.holes().next().is_some_and(|first| std::ptr::eq(first, node))
    }

    fn write(
        &self,
        context: &Context<'_>,
        put: &mut dyn FnMut(&Node, &TemplateValue, &mut String) -> Result<(), Failure>,
    ) -> Result<Rendered<String>, RenderError> {
        let mut out = String::new();
        let mut secret = false;
        match &self.0 {
            Repr::Literal(text) => out.push_str(text),
            Repr::Hole(node) => {
                let Rendered { value, secret: named } = self.render(context)?;
                secret = named;
                let Some(value) = value else { return Ok(Rendered { value: None, secret }) };
                put(node, &value, &mut out).map_err(|f| at(node.span, f))?;
            }
            Repr::Mixed(parts) => {
                let mut evaluator = Evaluator::new(context);
                for part in parts {
                    match part {
                        Part::Text(text) => out.push_str(text),
                        Part::Hole(node) => {
                            let value = evaluator.value(node)?;
                            put(node, &value, &mut out).map_err(|f| at(node.span, f))?;
                            secret |= evaluator.secret(node);
                            if out.len() > MAX_BYTES {
                                return Err(at(node.span, too_large()));
                            }
                        }
                    }
                }
            }
        }
        Ok(Rendered { value: Some(out), secret })
    }
}

/// The path segment around a byte of a URL; empty behind `?` or `#`.
fn segment(url: &str, byte: usize) -> &str {
    let Some((before, after)) = url.split_at_checked(byte) else { return "" };
    if before.contains(['?', '#']) {
        return "";
    }
    let start = before.rfind('/').map_or(0, |slash| slash + 1);
    let end = byte + after.find(['/', '?', '#']).unwrap_or(after.len());
    url.get(start..end).unwrap_or_default()
}
