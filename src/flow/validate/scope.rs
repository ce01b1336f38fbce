//! What is bound at a point of the flow, and what will be.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostics};
use crate::flow::{Action, Flow, ForEach, Step};
use crate::source::{Source, Span};

/// What binds a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Input,
    Var,
    Capture,
    Set,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Input => "an input",
            Self::Var => "a var",
            Self::Capture => "a capture",
            Self::Set => "a value that was set",
        }
    }
}

/// The names of a flow, as far as the walk has come.
pub(super) struct Scope<'f> {
    /// Bound so far.
    pub(super) bound: HashMap<&'f str, (Span, Kind)>,
    /// Where steps bind names, first place first.
    pub(super) by_steps: HashMap<&'f str, Span>,
    /// Where `vars` binds names.
    pub(super) vars: HashMap<&'f str, Span>,
    /// Where `for_each` names its items.
    pub(super) items: HashMap<&'f str, Span>,
    /// The item of the step that the walk is in.
    pub(super) item: Option<&'f ForEach>,
    /// Counts as bound: its own mistake has been reported.
    pub(super) broken: &'f HashSet<Arc<str>>,
    pub(super) steps: &'f [Step],
    /// Step ids, first place first.
    pub(super) ids: HashMap<&'f str, usize>,
    /// The var that the walk is in.
    pub(super) var: Span,
    /// The index of the step that the walk is in; `usize::MAX` behind the last.
    pub(super) at: usize,
    /// Steps whose reply a later template reads.
    pub(super) kept: HashSet<usize>,
    pub(super) source: &'f Source,
}

impl<'f> Scope<'f> {
    pub(super) fn of(flow: &'f Flow, broken: &'f HashSet<Arc<str>>) -> Self {
        let mut by_steps = HashMap::new();
        let mut items = HashMap::new();
        let mut ids = HashMap::new();
        for (index, step) in flow.steps.iter().enumerate() {
            for capture in &step.captures {
                by_steps.entry(&*capture.name).or_insert(capture.span);
            }
            if let Action::Set(bindings) = &step.action {
                for binding in bindings {
                    by_steps.entry(&*binding.name).or_insert(binding.span);
                }
            }
            if let Some(each) = &step.for_each {
                items.entry(&*each.name).or_insert(each.span);
            }
            if let Some(id) = &step.id {
                ids.entry(&**id).or_insert(index);
            }
        }
        Self {
            bound: HashMap::new(),
            by_steps,
            vars: flow.vars.iter().map(|var| (&*var.name, var.span)).collect(),
            items,
            item: None,
            broken,
            steps: &flow.steps,
            ids,
            var: Span::default(),
            at: 0,
            kept: HashSet::new(),
            source: &flow.source,
        }
    }

    /// Whether a name can be read here.
    pub(super) fn has(&self, name: &str) -> bool {
        self.bound.contains_key(name) || self.item.is_some_and(|each| &*each.name == name) || self.broken.contains(name)
    }

    /// Every name that can be read here.
    pub(super) fn names(&self) -> impl Iterator<Item = &'f str> {
        self.bound.keys().copied().chain(self.item.map(|each| &*each.name))
    }

    /// Where a name that can be read here is bound.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        let item = self.item.filter(|each| &*each.name == name).map(|each| each.span);
        self.bound.get(name).map(|(span, _)| *span).or(item)
    }

    /// Binds a name; a capture or `set` may rebind a capture, a var or a set value, never an input or the item.
    pub(super) fn bind(&mut self, name: &'f str, span: Span, kind: Kind, diagnostics: &mut Diagnostics) {
        let item = self.item.filter(|each| &*each.name == name).map(|each| (each.span, "the item of `for_each`"));
        let earlier = match self.bound.get(name) {
            Some((at, earlier)) if *earlier == Kind::Input || kind == Kind::Var => Some((*at, earlier.words())),
            _ => item,
        };
        if let Some((at, what)) = earlier {
            diagnostics
                .error(Code::DuplicateName, span, format!("`{name}` is {what} already"))
                .related(at, "bound here")
                .help("inputs, vars, captures and items share their names: choose another one");
            return;
        }
        self.bound.insert(name, (span, kind));
    }

    /// Enters a `for_each`.
    pub(super) fn enter(&mut self, each: &'f ForEach, diagnostics: &mut Diagnostics) {
        if let Some((at, kind)) = self.bound.get(&*each.name) {
            diagnostics
                .error(Code::DuplicateName, each.span, format!("`{}` is {} already", each.name, kind.words()))
                .related(*at, "bound here")
                .help("inputs, vars, captures and items share their names: choose another one for the item");
        }
        self.item = Some(each);
    }

    /// Leaves it.
    pub(super) fn leave(&mut self) {
        self.item = None;
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, span: Span) -> u32 {
        self.source.position(span.start).line
    }
}
