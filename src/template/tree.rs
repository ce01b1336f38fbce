//! A JSON-like tree of templates: bodies, `with`, claims, operands.

use crate::value::{Map, Value};

use super::node::NameUse;
use super::{Context, RenderError, Rendered, Template};

/// Values with templates for leaves. Keys are literal: templates never stand in keys.
#[derive(Debug)]
pub enum ValueTemplate {
    /// A value as it is.
    Literal(Value),
    /// A template, whose value keeps its type where it is exactly one `{{ }}`.
    Text(Template),
    /// A list.
    List(Vec<ValueTemplate>),
    /// An object, in the order of the file.
    Object(Vec<(Box<str>, ValueTemplate)>),
}

impl ValueTemplate {
    /// A leaf; plain text becomes a literal.
    #[must_use]
    pub fn text(template: Template) -> Self {
        match template.literal() {
            Some(text) => Self::Literal(Value::String(text.to_owned())),
            None => Self::Text(template),
        }
    }

    /// A list; a literal where all items are.
    #[must_use]
    pub fn list(items: Vec<ValueTemplate>) -> Self {
        if !items.iter().all(|item| matches!(item, Self::Literal(_))) {
            return Self::List(items);
        }
        Self::Literal(items.into_iter().filter_map(Self::into_literal).collect())
    }

    /// An object; a literal where all values are.
    #[must_use]
    pub fn object(members: Vec<(Box<str>, ValueTemplate)>) -> Self {
        if !members.iter().all(|(_, value)| matches!(value, Self::Literal(_))) {
            return Self::Object(members);
        }
        let literal = |(key, value): (Box<str>, Self)| Some((String::from(key), value.into_literal()?));
        Self::Literal(Value::Object(members.into_iter().filter_map(literal).collect()))
    }

    /// The value, where there is no template in it.
    #[must_use]
    pub fn literal(&self) -> Option<&Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    fn into_literal(self) -> Option<Value> {
        match self {
            Self::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The names its templates use, in the order of the file.
    #[must_use]
    pub fn names(&self) -> Vec<NameUse> {
        let mut out = Vec::new();
        self.collect_names(&mut out);
        out
    }

    fn collect_names(&self, out: &mut Vec<NameUse>) {
        match self {
            Self::Literal(_) => {}
            Self::Text(template) => out.extend(template.names()),
            Self::List(items) => items.iter().for_each(|item| item.collect_names(out)),
            Self::Object(members) => members.iter().for_each(|(_, value)| value.collect_names(out)),
        }
    }

    /// The value; a key or an item whose template gives `omit` is left out. Every rendered leaf whose template names a
    /// secret is added to `secrets`, to be learned and masked whole. `secret` is true where there was one.
    ///
    /// # Errors
    /// As [`Template::render_json`], for the first template that fails.
    pub fn render(&self, context: &Context<'_>, secrets: &mut Vec<Value>) -> Result<Rendered<Value>, RenderError> {
        let before = secrets.len();
        let value = self.value(context, secrets)?;
        Ok(Rendered { value, secret: secrets.len() > before })
    }

    fn value(&self, context: &Context<'_>, secrets: &mut Vec<Value>) -> Result<Option<Value>, RenderError> {
        match self {
            Self::Literal(value) => Ok(Some(value.clone())),
            Self::Text(template) => {
                let Rendered { value, secret } = template.render_json(context)?;
                if secret {
                    secrets.extend(value.clone());
                }
                Ok(value)
            }
            Self::List(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    out.extend(item.value(context, secrets)?);
                }
                Ok(Some(Value::Array(out)))
            }
            Self::Object(members) => {
                let mut out = Map::with_capacity(members.len());
                for (key, value) in members {
                    if let Some(value) = value.value(context, secrets)? {
                        out.insert(String::from(key.as_ref()), value);
                    }
                }
                Ok(Some(Value::Object(out)))
            }
        }
    }
}
