//! `use`, `with` and `once`.

use std::sync::Arc;

use super::Reader;
use crate::diagnostic::{Code, nearest};
use crate::flow::{Binding, Flow, Raw, UseError, UseStep, convert};
use crate::template::ValueTemplate;
use crate::yaml::{Fields, Node};

impl Reader<'_> {
    /// `node` is the path, `fields` what stands beside it.
    pub(super) fn reuse(&mut self, node: &Node<'_>, fields: &Fields<'_, '_>) -> Option<UseStep> {
        let once = fields.get("once").and_then(|n| n.boolean("`once`", self.diagnostics)).unwrap_or(false);
        let flow = self.used(node);
        let with = fields.get("with").map_or_else(Vec::new, |n| self.with(n, flow.as_deref()));
        Some(UseStep { path: node.scalar()?.into(), span: node.span, with, once, flow: flow? })
    }

    /// The flow at the path in `node`, read and checked with all that it uses itself.
    fn used(&mut self, node: &Node<'_>) -> Option<Arc<Flow>> {
        let path = node.text("`use`", self.diagnostics)?;
        if self.no_template(node, "`use`", "the path is literal: all flows are checked before anything is sent") {
            return None;
        }
        let source = self.diagnostics.source();
        let at = format!("{}:{}", source.name(), source.position(node.span.start).line);
        match self.library.flow(self.folder, path, &at, self.schemas) {
            Ok(flow) => Some(flow),
            Err(UseError { code, message, help }) => {
                self.diagnostics.error(code, node.span, message).help(help);
                None
            }
        }
    }

    /// The values are read also where `flow` could not be, so that their own mistakes are told.
    fn with(&mut self, node: &Node<'_>, flow: Option<&Flow>) -> Vec<Binding> {
        let Some(entries) = node.entries("`with`", self.diagnostics) else { return Vec::new() };
        let mut with = Vec::with_capacity(entries.len());
        for (key, node) in entries {
            let value = self.value(node);
            let (Some(name), Some(flow)) = (key.scalar(), flow) else { continue };
            let Some(input) = flow.inputs.iter().find(|input| &*input.name == name) else {
                self.unknown_input(key, name, flow);
                continue;
            };
            // A value with templates gets its type when it is rendered.
            if let Some(literal) = value.as_ref().and_then(ValueTemplate::literal)
                && let Err((message, help)) = convert(input, Raw::Value(literal.clone()), input.secret, "`with`")
            {
                self.diagnostics.error(Code::InvalidInput, node.span, message).help(help);
            }
            with.extend(value.map(|value| Binding { name: Arc::clone(&input.name), span: key.span, value }));
        }
        with
    }

    fn unknown_input(&mut self, key: &Node<'_>, name: &str, flow: &Flow) {
        let names = || flow.inputs.iter().map(|input| &*input.name);
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if flow.inputs.is_empty() => "it has no inputs: remove `with`".to_owned(),
            None => format!("its inputs are {}", names().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")),
        };
        self.diagnostics.error(Code::UnknownKey, key.span, format!("`{}` has no input `{name}`", flow.path)).help(help);
    }
}
