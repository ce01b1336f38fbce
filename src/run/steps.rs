//! `steps.<id>`: what earlier steps left behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::Object;

/// The ended steps that have an `id`.
#[derive(Debug, Default)]
pub(super) struct Steps(Mutex<HashMap<Arc<str>, Value>>);

impl Steps {
    /// Keeps what a step left behind.
    pub(super) fn insert(&self, id: &Arc<str>, value: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(id), value);
    }

    /// `steps`, as templates see it.
    pub(super) fn value(self: &Arc<Self>) -> Value {
        Value::from_dyn_object(Arc::clone(self))
    }
}

impl Object for Steps {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key.as_str()?).cloned()
    }
}
