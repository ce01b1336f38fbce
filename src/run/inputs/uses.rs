//! The inputs of used flows that `with` leaves out: resolved before anything is sent, as the root's are.
//!
//! `--var`, `--secret`, `--data` and the person's answers reach only root flows. A used flow's input counts as missing only where some `use` does not give
//! it; that `use` is where the mistake is told.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ResolvedInput, Sources, one, permitted};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::flow::{Action, Flow, Input, UseStep};

/// What the inputs of used flows are where `with` does not say: by the flow's path. An input that only `with` can give is
/// not in the list.
pub type Used = HashMap<Arc<str>, Vec<ResolvedInput>>;

/// Values for the flows that `flow` uses, and those that they use; with them the warnings.
///
/// # Errors
/// Every input that nothing gives, pointing at the `use` that should, and every value of a wrong type.
pub fn resolve_uses(flow: &Flow, sources: &Sources<'_>) -> Result<(Used, Vec<Diagnostic>), Vec<Diagnostic>> {
    let sources = Sources { vars: &[], row: &[], secrets: &[], asking: false, ..*sources };
    let mut walk = Walk { sources, used: Used::new(), told: HashMap::new(), out: Vec::new() };
    walk.flow(flow);
    if walk.out.iter().any(|d| d.severity == Severity::Error) {
        return Err(walk.out);
    }
    Ok((walk.used, walk.out))
}

struct Walk<'a> {
    sources: Sources<'a>,
    used: Used,
    /// What is to be told about a flow's inputs, by its path, where a `use` leaves them out.
    told: HashMap<Arc<str>, Vec<(usize, Diagnostic)>>,
    out: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn flow(&mut self, flow: &Flow) {
        let mut sites = Diagnostics::new(Arc::clone(&flow.source));
        for step in &flow.steps {
            let Action::Use(action) = &step.action else { continue };
            let first = !self.used.contains_key(&action.flow.path);
            if first {
                self.inputs(&action.flow);
            }
            self.site(action, &mut sites);
            if first {
                self.flow(&action.flow);
            }
        }
        self.out.extend(sites.into_sorted());
    }

    fn inputs(&mut self, flow: &Flow) {
        let mut values = Vec::with_capacity(flow.inputs.len());
        let mut told = Vec::new();
        for (index, input) in flow.inputs.iter().enumerate() {
            let mut list = Diagnostics::new(Arc::clone(&flow.source));
            values.extend(one(input, &self.sources, &mut list));
            told.extend(list.into_sorted().into_iter().map(|d| (index, d)));
        }
        self.used.insert(Arc::clone(&flow.path), values);
        self.told.insert(Arc::clone(&flow.path), told);
    }

    /// Tells what concerns the inputs that this `use` leaves out.
    fn site(&mut self, action: &UseStep, sites: &mut Diagnostics) {
        let Some(told) = self.told.get_mut(&action.flow.path) else { return };
        let given = |input: &Input| action.with.iter().any(|with| with.name == input.name);
        told.retain(|(index, diagnostic)| {
            let Some(input) = action.flow.inputs.get(*index).filter(|input| !given(input)) else { return true };
            if diagnostic.code != Code::MissingInput || diagnostic.severity != Severity::Error {
                self.out.push(diagnostic.clone());
                return false;
            }
            let message = format!("`{}`: {}", action.flow.path, diagnostic.message);
            sites.error(Code::MissingInput, action.span, message).help(self::help(input, &self.sources));
            true
        });
    }
}

/// The command line's options do not reach the inputs of used flows, so they are not named.
fn help(input: &Input, sources: &Sources<'_>) -> String {
    let here = format!("give it here: `with: {{ {}: … }}`", input.name);
    match input.env.as_deref().filter(|_| sources.sandbox.is_none()) {
        None => here,
        Some(variable) if permitted(variable, sources) => format!("{here}, or set {variable}=…"),
        Some(variable) => format!("{here}, or permit {variable} with --allow-env {variable}"),
    }
}
