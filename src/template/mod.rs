//! STUB until branch `template` is merged.
#![allow(missing_docs)]
pub mod lower;
use crate::diagnostic::Diagnostics;
use crate::source::{OffsetMap, Span};
use crate::value::Value;

#[derive(Debug, Clone)]
pub struct NameUse {
    pub path: Vec<String>,
    pub span: Span,
    pub path_span: Span,
    pub guarded: bool,
}
pub struct Context(pub Value);
#[derive(Debug)]
pub struct RenderError {
    pub message: String,
    pub span: Span,
}
impl RenderError {
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        true
    }
}
impl std::fmt::Display for RenderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
#[derive(Debug)]
pub struct Template(String);
impl Template {
    pub fn compile(text: &str, _: &OffsetMap, _: &mut Diagnostics) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        (!self.0.contains("{{")).then_some(&self.0)
    }
}
#[derive(Debug)]
pub enum ValueTemplate {
    Literal(Value),
    Template(Template),
    List(Vec<ValueTemplate>),
    Map(Vec<(String, ValueTemplate)>),
}
impl ValueTemplate {
    #[must_use]
    pub fn literal(&self) -> Option<&Value> {
        if let Self::Literal(v) = self { Some(v) } else { None }
    }
    pub fn render(&self, context: &Context) -> Result<Value, RenderError> {
        match self {
            Self::Literal(v) => Ok(v.clone()),
            Self::Template(t) => {
                let name = t.0.trim_matches(['{', '}', ' ']);
                context
                    .0
                    .get(name)
                    .cloned()
                    .ok_or_else(|| RenderError { message: format!("`{name}` is undefined"), span: Span::default() })
            }
            Self::List(l) => l.iter().map(|v| v.render(context)).collect::<Result<Vec<_>, _>>().map(Value::Array),
            Self::Map(m) => {
                m.iter().map(|(k, v)| Ok((k.clone(), v.render(context)?))).collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }
    pub fn names(&self, _: &mut dyn FnMut(NameUse)) {}
}
#[derive(Debug)]
pub struct Expression(String);
impl Expression {
    pub fn compile(text: &str, _: &OffsetMap, _: &mut Diagnostics) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
    pub fn evaluate(&self, context: &Context) -> Result<Value, RenderError> {
        ValueTemplate::Template(Template(self.0.clone())).render(context)
    }
    pub fn names(&self, _: &mut dyn FnMut(NameUse)) {}
}
