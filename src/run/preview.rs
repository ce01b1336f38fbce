//! What a run would do, without doing it: each step in order, as far as it is known before anything is sent.
//!
//! What only the run can tell (captures, replies, `now()`, `uuid()`) stays as it is written: `{{ room_id }}`.

mod lines;
mod request;

use std::sync::Arc;

use super::entropy::Entropy;
use super::scope::Scope;
use super::step::loop_value;
use super::{Clock, Job, ResolvedInput};
use crate::flow::{Action, Defaults, Flow, ForEach, JwtStep, Raw, Setting, Step, UseStep, convert};
use crate::redact::{MASK, Redactor};
use crate::source::Source;
use crate::template::{self, Preview, Previewer, Template, ValueTemplate, to_template_value};
use crate::value::Value;

pub use request::{Credentials, PreviewedBody, PreviewedPart, PreviewedRequest};

/// How a secret stands in a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrets {
    /// As `***`.
    Masked,
    /// As a name that is not known yet: `{{ bot_token }}`.
    Named,
    /// As it is: the person asked for it.
    Revealed,
}

/// A step, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// Its name.
    pub name: Arc<str>,
    /// The item of a `for_each`, from 1, where the list is known.
    pub item: Option<u32>,
    /// What stands around it: that it is skipped, its condition, its list.
    pub notes: Vec<String>,
    /// What it would do.
    pub act: Act,
    /// The requests that would undo it.
    pub cleanup: Vec<PreviewedRequest>,
}

/// What a step would do.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Nothing: it is skipped.
    Nothing,
    /// It sends this.
    Request(Box<PreviewedRequest>),
    /// It gives these names these values, each in one line.
    Set(Vec<(Arc<str>, String)>),
    /// As [`Act::Set`], of the flow's vars, before its steps. Only of [`preview_whole`].
    Vars(Vec<(Arc<str>, String)>),
    /// It runs another flow.
    Use(PreviewedUse),
    /// In words.
    Words(Vec<String>),
}

/// A flow that is used.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewedUse {
    /// Its path as written.
    pub path: String,
    /// Whether it runs once for all flows.
    pub once: bool,
    /// What it is given, each in one line.
    pub with: Vec<(Arc<str>, String)>,
    /// How many steps it has.
    pub count: usize,
    /// Its vars, as [`Act::Vars`], and its steps; empty with [`Secrets::Masked`].
    pub steps: Vec<Previewed>,
}

/// The steps of `job`, in order, secrets masked. Nothing is sent, and no file is read.
#[must_use]
pub fn preview(job: &Job<'_>, redactor: &Redactor, clock: &dyn Clock) -> Vec<Previewed> {
    let mut view = View::new(job, job.flow, Secrets::Masked, redactor, Entropy::new(clock, job));
    view.flow(&job.inputs);
    view.out
}

/// As [`preview`], with the vars that are not known before the run as a step of their own, and the steps of used flows.
/// With [`Secrets::Named`] a secret is a name that is not known, as an input without a value is.
#[must_use]
pub fn preview_whole(job: &Job<'_>, secrets: Secrets, clock: &dyn Clock) -> Vec<Previewed> {
    // Nothing is masked here, so nothing need be known.
    let redactor = Redactor::new();
    let mut view = View::new(job, job.flow, secrets, &redactor, Entropy::new(clock, job));
    view.flow(&job.inputs);
    view.out
}

struct View<'a> {
    job: &'a Job<'a>,
    flow: &'a Flow,
    source: &'a Source,
    defaults: &'a Defaults,
    secrets: Secrets,
    redactor: &'a Redactor,
    scope: Scope,
    entropy: Entropy<'a>,
    out: Vec<Previewed>,
}

impl<'a> View<'a> {
    fn new(job: &'a Job<'a>, flow: &'a Flow, secrets: Secrets, redactor: &'a Redactor, entropy: Entropy<'a>) -> Self {
        let (source, defaults) = (&*flow.source, &flow.defaults);
        Self { job, flow, source, defaults, secrets, redactor, scope: Scope::default(), entropy, out: Vec::new() }
    }

    fn flow(&mut self, inputs: &[ResolvedInput]) {
        for input in inputs {
            match self.secrets {
                Secrets::Named if input.secret => continue,
                Secrets::Masked if input.secret => self.redactor.learn_value(&input.name, &input.value, None),
                _ => {}
            }
            let secret = input.secret && self.secrets == Secrets::Masked;
            self.scope.bind(&input.name, to_template_value(&input.value), secret);
        }
        let vars: Vec<_> = self.flow.vars.iter().filter_map(|var| self.assign(&var.name, &var.value)).collect();
        if self.secrets != Secrets::Masked && !vars.is_empty() {
            self.push(Arc::from("vars"), None, Vec::new(), Act::Vars(vars));
        }
        let whole = std::ptr::eq(self.flow, self.job.flow);
        let until = self.job.until.filter(|_| whole).map_or(usize::MAX, |number| number as usize);
        let flow = self.flow;
        for step in flow.steps.iter().take(until) {
            self.step(step);
        }
    }

    fn push(&mut self, name: Arc<str>, item: Option<u32>, notes: Vec<String>, act: Act) {
        self.out.push(Previewed { name, item, notes, act, cleanup: Vec::new() });
    }

    fn with<T>(&self, f: impl FnOnce(&Previewer<'_>) -> T) -> T {
        f(&Previewer::new(&template::Context::new(&self.scope, &self.entropy), self.source))
    }

    /// A value whose secret leaves are masked from now on.
    fn value(&self, template: &ValueTemplate) -> Preview<Value> {
        let mut secrets = Vec::new();
        let preview = self.with(|p| p.value(template, &mut secrets));
        secrets.iter().for_each(|secret| self.redactor.learn_value("a value", secret, None));
        preview
    }

    fn bind(&mut self, name: &Arc<str>, template: &ValueTemplate) -> Preview<Value> {
        let preview = self.value(template);
        match &preview.value {
            Some(value) if preview.known => self.scope.bind(name, to_template_value(value), preview.secret),
            _ => self.scope.lose(name, &Arc::from("it is known in the run only")),
        }
        preview
    }

    /// Binds a name; its value in one line where it is not wholly known.
    fn assign(&mut self, name: &Arc<str>, template: &ValueTemplate) -> Option<(Arc<str>, String)> {
        let preview = self.bind(name, template);
        (!preview.known).then(|| (Arc::clone(name), self.masked(&preview)))
    }

    fn step(&mut self, step: &Step) {
        match &step.for_each {
            None => self.item(step, None, None),
            Some(for_each) => self.items(step, for_each),
        }
        for capture in &step.captures {
            self.scope.lose(&capture.name, &Arc::from("it is known in the run only"));
        }
    }

    fn items(&mut self, step: &Step, for_each: &ForEach) {
        let items = self.value(&for_each.items);
        let depth = self.scope.depth();
        match items.value {
            Some(Value::Array(list)) if items.known => {
                if list.is_empty() {
                    let notes = vec!["skipped: there is nothing to loop over: the list is empty".to_owned()];
                    self.push(Arc::clone(&step.label), None, notes, Act::Nothing);
                }
                for (index, item) in list.iter().enumerate() {
                    self.scope.enter(&for_each.name, to_template_value(item), items.secret);
                    self.scope.enter("loop", loop_value(index, list.len()), false);
                    self.item(step, Some(index as u32 + 1), None);
                    self.scope.leave(depth);
                }
            }
            other => {
                let list = self.masked(&Preview { value: other, ..items });
                self.item(step, None, Some(format!("for each {} of {list}:", for_each.name)));
            }
        }
    }

    fn item(&mut self, step: &Step, item: Option<u32>, each: Option<String>) {
        let mut notes: Vec<String> = each.into_iter().collect();
        if let Some(when) = &step.when {
            let source = when.source();
            match self.with(|p| p.truth(when)) {
                Some(true) => {}
                Some(false) => {
                    notes.push(format!("skipped: `when: {source}` is false"));
                    return self.push(Arc::clone(&step.label), item, notes, Act::Nothing);
                }
                None => notes.push(format!("when {source}:")),
            }
        }
        let act = self.action(&step.action);
        self.push(Arc::clone(&step.label), item, notes, act);
        if let (Action::Request(step), Some(at)) = (&step.action, self.out.len().checked_sub(1)) {
            let undo = step.cleanup.iter().filter_map(|cleanup| match &cleanup.action {
                Action::Request(undo) => Some(self.request(&undo.request)),
                _ => None,
            });
            let undo: Vec<_> = undo.collect();
            if let Some(previewed) = self.out.get_mut(at) {
                previewed.cleanup = undo;
            }
        }
    }

    fn action(&mut self, action: &Action) -> Act {
        match action {
            Action::Request(step) => Act::Request(Box::new(self.request(&step.request))),
            Action::Jwt(step) => Act::Words(self.jwt(step)),
            Action::Use(step) => Act::Use(self.used(step)),
            Action::Set(bindings) => {
                let mut set = Vec::with_capacity(bindings.len());
                for binding in bindings {
                    let preview = self.bind(&binding.name, &binding.value);
                    set.push((Arc::clone(&binding.name), self.masked(&preview)));
                }
                Act::Set(set)
            }
            Action::Wait(setting) => Act::Words(vec![match setting {
                Setting::Fixed(duration) => format!("wait {duration:?}"),
                Setting::Rendered(template) => format!("wait {}", self.text(template)),
            }]),
            Action::Check(expressions) => {
                Act::Words(expressions.iter().map(|expression| format!("check {}", expression.source())).collect())
            }
        }
    }

    fn used(&self, step: &UseStep) -> PreviewedUse {
        let mut with = Vec::with_capacity(step.with.len());
        let mut inputs: Vec<ResolvedInput> = Vec::new();
        for binding in &step.with {
            let preview = self.value(&binding.value);
            with.push((Arc::clone(&binding.name), self.masked(&preview)));
            let input = step.flow.inputs.iter().find(|input| input.name == binding.name);
            if let (Some(input), true, Some(value)) = (input, preview.known, preview.value) {
                let value = convert(input, Raw::Value(value), true, "`with`");
                let secret = input.secret || preview.secret;
                let name = Arc::clone(&input.name);
                inputs.extend(value.ok().map(|value| ResolvedInput { name, value, secret, hosts: None }));
            }
        }
        let given = |name: &Arc<str>| step.with.iter().any(|with| with.name == *name);
        let resolved = self.job.used.get(&step.flow.path).map_or(&[][..], Vec::as_slice);
        inputs.extend(resolved.iter().filter(|input| !given(&input.name)).cloned());
        let mut steps = Vec::new();
        if self.secrets != Secrets::Masked {
            let entropy = self.entropy.inside((0, 0), &step.flow.path);
            let mut inside = View::new(self.job, &step.flow, self.secrets, self.redactor, entropy);
            inside.flow(&inputs);
            steps = inside.out;
        }
        PreviewedUse { path: step.path.to_string(), once: step.once, with, count: step.flow.steps.len(), steps }
    }

    fn jwt(&self, step: &JwtStep) -> Vec<String> {
        let mut lines = vec![format!("sign a JSON Web Token with {}", step.algorithm)];
        let preview = self.value(&step.claims);
        lines.extend(self.pretty(preview).lines().map(str::to_owned));
        match &step.expires_in {
            Some(Setting::Fixed(duration)) => lines.push(format!("expires in {duration:?}")),
            Some(Setting::Rendered(template)) => lines.push(format!("expires in {}", self.text(template))),
            None => {}
        }
        lines
    }

    fn text(&self, template: &Template) -> String {
        match self.with(|p| p.text(template, false)) {
            Preview { secret: true, .. } => MASK.to_owned(),
            preview => self.redactor.mask_fields(&preview.value.unwrap_or_default()).into_owned(),
        }
    }

    /// A value in one line.
    fn masked(&self, preview: &Preview<Value>) -> String {
        match &preview.value {
            _ if preview.secret => MASK.to_owned(),
            Some(Value::String(text)) => self.redactor.mask(text).into_owned(),
            Some(value) => {
                let mut value = value.clone();
                self.redactor.mask_value(&mut value);
                value.to_string()
            }
            None => "omit".to_owned(),
        }
    }

    /// A value as JSON, its secret leaves masked.
    fn pretty(&self, preview: Preview<Value>) -> String {
        let mut value = preview.value.unwrap_or(Value::Null);
        self.redactor.mask_value(&mut value);
        format!("{value:#}")
    }
}
