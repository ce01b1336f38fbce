//! Bare expressions: `when`, `check`, `that`.

use minijinja::value::ValueKind;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{OffsetMap, Span};
use crate::value::Value;

use super::eval::{Evaluator, at};
use super::node::{NameUse, Node};
use super::text::{Failure, type_name};
use super::{Context, RenderError, Rendered, TemplateValue, convert, is_omit, lower, scan};

/// A compiled expression without braces.
#[derive(Debug)]
pub struct Expression {
    source: Box<str>,
    pub(super) node: Box<Node>,
}

/// A name of an expression with its value, to show when an assertion failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// As in the expression: `response.json.items`.
    pub path: String,
    /// `None` where it is undefined or is no data.
    pub value: Option<Value>,
    /// True where it is secret: show `***`.
    pub secret: bool,
}

impl Expression {
    /// Compiles `text`. Every mistake is added to `diagnostics`; `None` where there was one.
    pub fn compile(text: &str, map: &OffsetMap, diagnostics: &mut Diagnostics) -> Option<Self> {
        if let Some(brace) = scan::braces(text) {
            let bare = text.replace("{{", "").replace("}}", "");
            let end = text.get(brace..).and_then(|t| t.char_indices().nth(2)).map_or(text.len(), |(i, _)| brace + i);
            diagnostics
                .error(Code::BracesInExpression, map.span(brace..end), "an expression stands here without braces")
                .help(format!("write `{}`, without braces", bare.split_whitespace().collect::<Vec<_>>().join(" ")));
            return None;
        }
        let node = Box::new(lower::expression(text, 0..text.len(), map, diagnostics)?);
        Some(Self { source: text.into(), node })
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The place in the file.
    #[must_use]
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// The names it uses, in the order of the text.
    #[must_use]
    pub fn names(&self) -> Vec<NameUse> {
        let mut out = Vec::new();
        self.node.names(&mut out);
        out
    }

    /// The value.
    ///
    /// # Errors
    /// Something is undefined, of the wrong type, too large or takes too long.
    pub fn evaluate(&self, context: &Context<'_>) -> Result<Rendered<TemplateValue>, RenderError> {
        let mut evaluator = Evaluator::new(context);
        let value = evaluator.value(&self.node)?;
        let secret = evaluator.secret(&self.node);
        Ok(Rendered { value: Some(value).filter(|v| !is_omit(v)), secret })
    }

    /// The value, which must be a boolean.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; or it is no boolean: nothing is true by accident.
    pub fn evaluate_bool(&self, context: &Context<'_>) -> Result<bool, RenderError> {
        let value = Evaluator::new(context).value(&self.node)?;
        if value.kind() == ValueKind::Bool {
            return Ok(value.is_true());
        }
        let failure = Failure::new(format!("the expression must give a boolean, not {}", type_name(&value)));
        let help = match value.kind() {
            ValueKind::String | ValueKind::Seq | ValueKind::Map => "compare it, as in `x | length > 0` or `x == '…'`",
            _ => "compare it, as in `x == 1`",
        };
        Err(at(self.node.span, failure.help(help)))
    }

    /// The names in it with their values, each once, in the order of the text.
    #[must_use]
    pub fn explain(&self, context: &Context<'_>) -> Vec<Shown> {
        let mut out: Vec<Shown> = Vec::new();
        self.node.each_path(false, &mut |node, path, _| {
            let name = path.join(".");
            if path == [super::OMIT_NAME] || out.iter().any(|shown| shown.path == name) {
                return;
            }
            let value = Evaluator::new(context).soft(node).ok();
            let value = value.and_then(|value| convert::from_template_value(&value).ok());
            out.push(Shown { path: name, value, secret: context.secret_path(path) });
        });
        out
    }
}
