//! Snapshots, each in a file of its own: two steps must not share one.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostics};
use crate::flow::{Action, Flow, RequestStep, Step};

/// Reports steps whose snapshots would be one file, and snapshots where none can be kept.
pub(super) fn check(flow: &Flow, diagnostics: &mut Diagnostics) {
    let mut known: HashMap<String, &Step> = HashMap::new();
    for step in &flow.steps {
        let Action::Request(request) = &step.action else { continue };
        let undone = request.cleanup.iter().filter_map(|cleanup| expected(cleanup)?.expect.snapshot());
        for rule in undone {
            diagnostics
                .error(Code::InvalidValue, rule.span(), "a cleanup keeps no snapshot")
                .help("compare with `json`, or ask in a step of its own");
        }
        let Some(rule) = request.expect.snapshot() else { continue };
        // Some file systems know no case.
        let slug = step.slug().to_lowercase();
        if let Some(first) = known.get(&slug) {
            let message =
                format!("the steps `{}` and `{}` would share one snapshot, `{slug}.json`", first.label, step.label);
            diagnostics
                .error(Code::DuplicateName, rule.span(), message)
                .related(first.span, "the first one")
                .help("give one of them an `id`: its snapshot is called after it");
        } else {
            known.insert(slug, step);
        }
    }
}

fn expected(step: &Step) -> Option<&RequestStep> {
    match &step.action {
        Action::Request(request) => Some(request),
        _ => None,
    }
}
