//! The names of one run of one flow: one flat namespace, plus what lives only inside a step.

use std::collections::HashMap;
use std::sync::Arc;

use crate::template::{self, Bound, NameUse, TemplateValue};

/// What a name is bound to, or why it is not.
enum Slot {
    Bound(Bound),
    /// It should be bound and is not: the message says by which step.
    Lost(Arc<str>),
}

/// Everything templates can see.
#[derive(Default)]
pub(super) struct Scope {
    names: HashMap<Arc<str>, Slot>,
    /// `response`, `jwt`, `loop`, the loop's own name: seen first, dropped when their step ends.
    local: Vec<(Arc<str>, Bound)>,
}

impl Scope {
    /// Binds a name for the rest of the flow.
    pub(super) fn bind(&mut self, name: &Arc<str>, value: TemplateValue, secret: bool) {
        self.names.insert(Arc::clone(name), Slot::Bound(Bound { value, secret }));
    }

    /// Unbinds a name, with the reason that a later use will be told.
    pub(super) fn lose(&mut self, name: &Arc<str>, reason: &Arc<str>) {
        self.names.insert(Arc::clone(name), Slot::Lost(Arc::clone(reason)));
    }

    /// Whether a name is bound for the rest of the flow.
    pub(super) fn is_bound(&self, name: &str) -> bool {
        matches!(self.names.get(name), Some(Slot::Bound(_)))
    }

    /// The value of a name bound for the rest of the flow, and whether it is secret.
    pub(super) fn bound(&self, name: &str) -> Option<(TemplateValue, bool)> {
        match self.names.get(name)? {
            Slot::Bound(bound) => Some((bound.value.clone(), bound.secret)),
            Slot::Lost(_) => None,
        }
    }

    /// Whether what a template names is secret.
    pub(super) fn names_secret(&self, used: &NameUse) -> bool {
        let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
        let whole = path.first().and_then(|name| template::Scope::lookup(self, name)).is_some_and(|bound| bound.secret);
        whole || template::Scope::is_secret(self, &path)
    }

    /// Binds a name until [`Scope::leave`] goes back behind it.
    pub(super) fn enter(&mut self, name: &str, value: TemplateValue, secret: bool) {
        self.local.push((Arc::from(name), Bound { value, secret }));
    }

    /// How many local names there are: to hand to [`Scope::leave`].
    pub(super) fn depth(&self) -> usize {
        self.local.len()
    }

    /// Drops the local names above `depth`.
    pub(super) fn leave(&mut self, depth: usize) {
        self.local.truncate(depth);
    }
}

impl template::Scope for Scope {
    fn lookup(&self, name: &str) -> Option<Bound> {
        if let Some((_, bound)) = self.local.iter().rev().find(|(n, _)| &**n == name) {
            return Some(bound.clone());
        }
        match self.names.get(name) {
            Some(Slot::Bound(bound)) => Some(bound.clone()),
            _ => None,
        }
    }

    /// A minted token is secret, the claims in it are what the flow wrote.
    fn is_secret(&self, path: &[&str]) -> bool {
        matches!(path, ["jwt", "token", ..])
    }

    fn why_unbound(&self, name: &str) -> Option<String> {
        match self.names.get(name) {
            Some(Slot::Lost(reason)) => Some(reason.to_string()),
            _ => None,
        }
    }
}
