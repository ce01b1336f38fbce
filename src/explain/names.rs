//! The names of one flow while it is walked: what is known of their values, and which secrets they hold.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::source::Source;
use crate::template::{
    Ambient, Bound, Context, NameUse, Preview, Previewer, Scope, Template, TemplateValue, ValueTemplate,
    to_template_value,
};
use crate::value::Value;

/// Numbers of secrets in [`Facts::secrets`](super::Facts).
pub(super) type Secrets = BTreeSet<usize>;

/// The secrets of a flow's outputs.
pub(super) type Outputs = HashMap<Arc<str>, Secrets>;

#[derive(Default)]
struct Name {
    /// Known before the run, and no secret.
    value: Option<TemplateValue>,
    secrets: Secrets,
}

/// Everything templates can see.
#[derive(Default)]
pub(super) struct Names {
    names: HashMap<Arc<str>, Name>,
    /// The secrets of the step's own `jwt`.
    pub(super) token: Secrets,
    /// The step's own `outputs`.
    pub(super) outputs: Outputs,
    /// `steps.<id>.outputs`.
    pub(super) steps: HashMap<Arc<str>, Outputs>,
}

impl Names {
    /// Binds a name. A secret's value is not kept: nothing here needs it.
    pub(super) fn bind(&mut self, name: &Arc<str>, value: Option<&Value>, secrets: Secrets) {
        let value = value.filter(|_| secrets.is_empty()).map(to_template_value);
        self.names.insert(Arc::clone(name), Name { value, secrets });
    }

    /// Binds a name to what a template gives.
    pub(super) fn bind_template(&mut self, name: &Arc<str>, template: &ValueTemplate, source: &Source) {
        let secrets = self.all(template.names());
        let value = self.known(template, source);
        self.bind(name, value.as_ref(), secrets);
    }

    /// The secrets that a use of a name stands for.
    pub(super) fn of(&self, used: &NameUse) -> Secrets {
        let path: Vec<&str> = used.path.iter().map(String::as_str).collect();
        let some = |outputs: &Outputs, name: Option<&&str>| match name {
            Some(name) => outputs.get(*name).cloned().unwrap_or_default(),
            None => outputs.values().flatten().copied().collect(),
        };
        match path.as_slice() {
            ["jwt", ..] => self.token.clone(),
            ["outputs", rest @ ..] => some(&self.outputs, rest.first()),
            ["steps", id, "outputs", rest @ ..] => {
                self.steps.get(*id).map(|outputs| some(outputs, rest.first())).unwrap_or_default()
            }
            [name, ..] => self.names.get(*name).map(|name| name.secrets.clone()).unwrap_or_default(),
            [] => Secrets::new(),
        }
    }

    /// The secrets of all of these.
    pub(super) fn all(&self, used: impl IntoIterator<Item = NameUse>) -> Secrets {
        used.into_iter().flat_map(|name| self.of(&name)).collect()
    }

    /// Adds a secret to a name: it turned out to be one.
    pub(super) fn mark(&mut self, name: &str, secret: usize) {
        let entry = self.names.entry(Arc::from(name)).or_default();
        entry.secrets.insert(secret);
        entry.value = None;
    }

    /// A text as far as it is known.
    pub(super) fn text(&self, template: &Template, source: &Source) -> String {
        preview(self, source, |p| p.text(template, true)).value.unwrap_or_default()
    }

    /// A value, where all of it is known.
    pub(super) fn known(&self, template: &ValueTemplate, source: &Source) -> Option<Value> {
        let Preview { value, known, .. } = preview(self, source, |p| p.value(template, &mut Vec::new()));
        value.filter(|_| known)
    }
}

impl Scope for Names {
    fn lookup(&self, name: &str) -> Option<Bound> {
        let value = self.names.get(name)?.value.clone()?;
        Some(Bound { value, secret: false })
    }
}

/// A text as it is written, each hole as `{{ }}`.
pub(super) fn written(template: &Template, source: &Source) -> String {
    preview(&Names::default(), source, |p| p.text(template, false)).value.unwrap_or_default()
}

/// A value as it is written, in one line.
pub(super) fn written_value(template: &ValueTemplate, source: &Source) -> String {
    match preview(&Names::default(), source, |p| p.value(template, &mut Vec::new())).value {
        Some(Value::String(text)) => text,
        Some(value) => value.to_string(),
        None => "omit".to_owned(),
    }
}

fn preview<T>(names: &Names, source: &Source, of: impl FnOnce(&Previewer<'_>) -> T) -> T {
    of(&Previewer::new(&Context::new(names, &Never), source))
}

/// Holes that ask for time or chance are left open, so these are never asked.
struct Never;

impl Ambient for Never {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    fn random(&self) -> u128 {
        0
    }
}
