//! A JSON document as templates see it, without a copy: a body of megabytes is asked for one field.
//!
//! A part of it is its parent and the step that leads there, so nothing is converted but the scalar that is read.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::value::Value;

use super::TemplateValue;
use super::convert::{from_number, to_template_value};

/// A list or an object inside a shared document.
#[derive(Debug)]
pub(super) enum Json {
    Root(Arc<Value>),
    Part(Arc<Json>, Step),
}

#[derive(Debug)]
pub(super) enum Step {
    Key(Box<str>),
    Index(usize),
}

/// A shared document as a template value. Reading a field of it costs the depth of the field.
#[must_use]
pub fn shared_json(value: Arc<Value>) -> TemplateValue {
    match value.as_ref() {
        Value::Array(_) | Value::Object(_) => TemplateValue::from_object(Json::Root(value)),
        scalar => to_template_value(scalar),
    }
}

impl Json {
    /// The value itself. Documents do not change, so the way there always leads to it.
    pub(super) fn value(&self) -> &Value {
        const NOTHING: &Value = &Value::Null;
        match self {
            Json::Root(value) => value,
            Json::Part(parent, Step::Key(key)) => parent.value().get(key.as_ref()).unwrap_or(NOTHING),
            Json::Part(parent, Step::Index(index)) => parent.value().get(index).unwrap_or(NOTHING),
        }
    }

    fn part(self: &Arc<Self>, value: &Value, step: impl FnOnce() -> Step) -> TemplateValue {
        match value {
            Value::Null => TemplateValue::from(()),
            Value::Bool(b) => TemplateValue::from(*b),
            Value::Number(n) => from_number(n),
            Value::String(s) => TemplateValue::from(s.as_str()),
            Value::Array(_) | Value::Object(_) => TemplateValue::from_object(Json::Part(Arc::clone(self), step())),
        }
    }
}

impl Object for Json {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.value().is_array() { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &TemplateValue) -> Option<TemplateValue> {
        match self.value() {
            Value::Object(map) => {
                let key = key.as_str()?;
                Some(self.part(map.get(key)?, || Step::Key(key.into())))
            }
            Value::Array(items) => {
                let index = key.as_usize()?;
                Some(self.part(items.get(index)?, || Step::Index(index)))
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.value() {
            Value::Array(items) => Enumerator::Seq(items.len()),
            Value::Object(map) => Enumerator::Values(map.keys().map(|key| TemplateValue::from(key.as_str())).collect()),
            _ => Enumerator::Empty,
        }
    }
}
