//! Bare expressions: `when`, `check`, `that`.

use minijinja::value::ValueKind;

use crate::diagnostic::{Code, Diagnostics};
use crate::source::{OffsetMap, Span};
use crate::value::Value;

use super::eval::{Evaluator, at};
use super::node::{Kind, NameUse, Node};
use super::text::{Failure, type_name};
use super::{Context, RenderError, Rendered, TemplateValue, convert, is_omit, lower, scan};

/// A compiled expression without braces.
#[derive(Debug)]
pub struct Expression {
    source: Box<str>,
    pub(super) node: Box<Node>,
    /// What it compares that is more than a name, as it is written.
    sides: Box<[(Span, Box<str>)]>,
}

/// A part of an expression with its value, to show when an assertion failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// As in the expression: `response.json.items`, `items | length`.
    pub text: String,
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
        let mut sides = Vec::new();
        node.each_side(&mut |side| {
            let words = diagnostics.source().slice(side.span).split_whitespace().collect::<Vec<_>>().join(" ");
            sides.push((side.span, words.into()));
        });
        Some(Self { source: text.into(), node, sides: sides.into() })
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

    /// What it says of the values in it, each once: the sides of its comparisons that were looked at, then its names.
    #[must_use]
    pub fn explain(&self, context: &Context<'_>) -> Vec<Shown> {
        let mut out: Vec<Shown> = Vec::new();
        let value_of = |node| {
            let value = Evaluator::new(context).soft(node).ok();
            value.and_then(|value| convert::from_template_value(&value).ok())
        };
        self.node.each_judged_side(context, &mut |side| {
            let text = self.sides.iter().find(|(span, _)| *span == side.span).map_or("", |(_, text)| text);
            if let (false, Some(value)) = (out.iter().any(|shown| shown.text == text), value_of(side)) {
                out.push(Shown { text: text.to_owned(), value: Some(value), secret: context.names_secret(side) });
            }
        });
        self.node.each_path(false, &mut |node, path, _| {
            let text = path.join(".");
            if path == [super::OMIT_NAME] || out.iter().any(|shown| shown.text == text) {
                return;
            }
            out.push(Shown { text, value: value_of(node), secret: context.secret_path(path) });
        });
        out
    }
}

impl Node {
    /// Every side of a comparison and every subject of a test that is more than a name or a literal.
    fn each_side<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        self.own_sides(visit);
        self.children(&mut |child| child.each_side(visit));
    }

    /// As [`Node::each_side`], of what was looked at when the expression was judged, and gives the same when asked again.
    fn each_judged_side<'n>(&'n self, context: &Context<'_>, visit: &mut dyn FnMut(&'n Node)) {
        let holds = |node| Evaluator::new(context).value(node).is_ok_and(|value| value.is_true());
        match &self.kind {
            Kind::And(both) | Kind::Or(both) => {
                both.0.each_judged_side(context, visit);
                if holds(&both.0) == matches!(self.kind, Kind::And(_)) {
                    both.1.each_judged_side(context, visit);
                }
            }
            Kind::Not(inner) => inner.each_judged_side(context, visit),
            _ => self.own_sides(&mut |side| {
                if !side.asks_ambient() {
                    visit(side);
                }
            }),
        }
    }

    fn own_sides<'n>(&'n self, visit: &mut dyn FnMut(&'n Node)) {
        let mut side = |node: &'n Node| {
            if !matches!(node.kind, Kind::Const(_) | Kind::List(_) | Kind::Map(_)) && !node.path(&mut Vec::new()) {
                visit(node);
            }
        };
        match &self.kind {
            Kind::Compare(chain) => {
                side(&chain.0);
                chain.1.iter().for_each(|(_, node)| side(node));
            }
            Kind::Test(call) => side(&call.subject),
            _ => {}
        }
    }
}
