//! A step: exactly one action, and what stands around it.

use std::sync::Arc;

use super::{Reader, url};
use crate::check::shape::CAPTURE;
use crate::check::{Capture, Expect, Lower};
use crate::diagnostic::Code;
use crate::flow::{Action, ForEach, NamedCapture, RequestStep, Step, names, shape};
use crate::source::Span;
use crate::template::Expression;
use crate::yaml::{Data, Fields, Node};

impl Reader<'_> {
    /// A step; `None` where its action could not be read. What it would have bound then counts as bound.
    pub(super) fn step(&mut self, node: &Node<'_>) -> Option<Step> {
        let Some(fields) = Fields::read(node, &shape::STEP, self.diagnostics) else {
            if node.scalar().is_some()
                && let Some(last) = self.diagnostics.last_mut()
            {
                last.help("a step is a mapping: `- request: GET /people/me`");
            }
            return None;
        };
        let action = self.single_action(&fields);
        if let Some(action) = action {
            self.belongings(&fields, action);
        }
        let name = self.title(&fields, "name");
        let _ = self.title(&fields, "description");
        let id = fields.get("id").and_then(|n| self.id(n));
        let when = fields.get("when").and_then(|n| self.expression(n, "`when`")).map(Box::new);
        let for_each = fields.get("for_each").and_then(|n| self.for_each(n)).map(Box::new);
        let continue_on_failure =
            fields.get("continue_on_failure").and_then(|n| n.boolean("`continue_on_failure`", self.diagnostics));
        let captures = fields.get("capture").map_or_else(Vec::new, |n| self.captures(n, action.unwrap_or("")));
        let label = self.label(name, &fields, action);
        let done = action.and_then(|action| self.action(action, &fields));
        let Some(action) = done else {
            self.broken.extend(captures.into_iter().map(|c| c.name));
            self.broken.extend(id);
            self.forget(&fields);
            return None;
        };
        Some(Step {
            span: fields.head(),
            label,
            id,
            id_span: fields.get("id").map_or_else(|| fields.head(), |n| n.span),
            when,
            for_each,
            continue_on_failure: continue_on_failure.unwrap_or(false),
            keep_response: false,
            action,
            captures,
        })
    }

    /// The one action of a step.
    fn single_action(&mut self, fields: &Fields<'_, '_>) -> Option<&'static str> {
        let found: Vec<_> = shape::ACTIONS.iter().filter_map(|key| Some((*key, fields.key_span(key)?))).collect();
        match found.as_slice() {
            [(action, _)] => Some(action),
            [] => {
                if !fields.has_word_for(shape::ACTIONS) {
                    self.no_action(fields);
                }
                None
            }
            [(first, first_at), (second, second_at), ..] => {
                self.diagnostics
                    .error(
                        Code::ConflictingKeys,
                        *second_at,
                        format!("a step has one action: `{first}` and `{second}` are two"),
                    )
                    .related(*first_at, "the first action")
                    .help("put the second one into a step of its own, with a `-` before it");
                None
            }
        }
    }

    fn no_action(&mut self, fields: &Fields<'_, '_>) {
        let lost = fields.keys().find(|(key, _)| shape::REQUEST_ONLY.contains(key));
        let help = match lost {
            Some((key, _)) => format!("`{key}` belongs to a request: add `request: GET /…`"),
            None => "add one of `request`, `jwt`, `use`, `set`, `wait`, `check`".to_owned(),
        };
        self.diagnostics.error(Code::MissingKey, fields.head(), "this step does nothing: it has no action").help(help);
    }

    /// Keys that belong to another action.
    fn belongings(&mut self, fields: &Fields<'_, '_>, action: &str) {
        for (key, at) in fields.keys() {
            let (owner, help) = if action != "request" && shape::REQUEST_ONLY.contains(&key) {
                let help = match (key, action) {
                    ("cleanup" | "expect", "use") => "write it in the flow that is used, under its request",
                    ("expect", "jwt" | "set" | "wait" | "check") => {
                        "only a reply can be expected: to test a value add a step `check: [ … ]`"
                    }
                    ("cleanup", _) => "put it under the request that it undoes",
                    _ => "move it to a request step, or remove it",
                };
                ("`request`", help)
            } else if key == "capture" && matches!(action, "set" | "wait" | "check") {
                let help = match action {
                    "set" => "`set` binds its names itself: put this one under `set` too",
                    _ => "to bind a value without a request use a step `set: { name: … }`",
                };
                ("`request`, `jwt` and `use`", help)
            } else if action != "use" && shape::USE_ONLY.contains(&key) {
                ("`use`", "remove it, or run a flow in this step: `use: ./other.flow.yaml`")
            } else {
                continue;
            };
            self.diagnostics
                .error(Code::ConflictingKeys, at, format!("`{key}` belongs to {owner}, and this step is `{action}`"))
                .help(help);
        }
    }

    fn id(&mut self, node: &Node<'_>) -> Option<Arc<str>> {
        let text = node.text("`id`", self.diagnostics)?;
        match names::word(text, "an id") {
            Ok(()) => Some(Arc::from(text)),
            Err((message, help)) => {
                self.diagnostics.error(Code::InvalidName, node.span, message).help(help);
                self.broken.insert(Arc::from(text));
                None
            }
        }
    }

    fn for_each(&mut self, node: &Node<'_>) -> Option<ForEach> {
        let example = "write `for_each: { item: \"{{ list }}\" }`: the name that each item gets, and the list";
        let entries = match &node.data {
            Data::Map(entries) => entries.as_slice(),
            Data::Broken => return None,
            _ => {
                self.diagnostics
                    .error(Code::WrongType, node.span, "`for_each` must name its item: a mapping with one name")
                    .help(example);
                return None;
            }
        };
        if let [_, (second, _), ..] = entries {
            let option = entries.iter().map(|(k, _)| k).find(|k| k.scalar().is_some_and(is_option));
            let at = option.unwrap_or(second).span;
            let help = match option.and_then(|k| k.scalar()) {
                Some(key) if shape::STEP.key(key).is_some() => format!("move `{key}` out of `for_each`, into the step"),
                _ => "options never go inside `for_each`: keep the one name and its list".to_owned(),
            };
            self.diagnostics.error(Code::ConflictingKeys, at, "`for_each` holds exactly one name").help(help);
            // Each of them may be the name that was meant.
            self.broken.extend(entries.iter().filter_map(|(k, _)| k.scalar()).map(Arc::from));
            return None;
        }
        let Some((key, value)) = entries.first() else {
            self.diagnostics.error(Code::MissingKey, node.span, "`for_each` is empty").help(example);
            return None;
        };
        let name = self.name(key);
        let is_list = match &value.data {
            Data::List(_) | Data::Broken => true,
            Data::Scalar(text, _) => text.trim_start().starts_with("{{"),
            Data::Map(_) => false,
        };
        if !is_list {
            self.diagnostics
                .error(Code::WrongType, value.span, "`for_each` needs a list")
                .help("write a template that gives one, like \"{{ emails }}\", or a list like `[a, b]`");
        }
        self.no_omit(value);
        let items = self.value(value).filter(|_| is_list);
        match (name, items) {
            (Some(name), Some(items)) => Some(ForEach { name, span: key.span, items }),
            (Some(name), None) => {
                self.broken.insert(name);
                None
            }
            _ => None,
        }
    }

    fn captures(&mut self, node: &Node<'_>, action: &str) -> Vec<NamedCapture> {
        let Some(entries) = node.entries("`capture`", self.diagnostics) else {
            if let (Some(text), Some(last)) = (node.scalar(), self.diagnostics.last_mut()) {
                last.help(format!("give it a name: `capture: {{ name: \"{text}\" }}`"));
            }
            return Vec::new();
        };
        let mut captures = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = self.name(key);
            let readable = !matches!(action, "jwt" | "use") || self.without_reply(value, action);
            let capture = readable.then(|| Capture::lower(value, &mut self.checks())).flatten();
            match (name, capture) {
                (Some(name), Some(capture)) => captures.push(NamedCapture { name, span: key.span, capture }),
                (Some(name), None) => {
                    self.broken.insert(name);
                }
                _ => {}
            }
        }
        captures
    }

    /// Whether a capture of a `jwt` or `use` step does without a reply, which it does not have.
    fn without_reply(&mut self, node: &Node<'_>, action: &str) -> bool {
        let wrong = match &node.data {
            Data::Scalar(text, _) => text.starts_with('$').then_some(node.span),
            Data::Map(entries) => entries
                .iter()
                .map(|(key, _)| key)
                .find(|key| {
                    key.scalar()
                        .is_some_and(|k| CAPTURE.key(k).is_some() && !["value", "secret", "default"].contains(&k))
                })
                .map(|key| key.span),
            _ => None,
        };
        if let Some(at) = wrong {
            let help = match action {
                "use" => {
                    "write a template: \"{{ outputs.name }}\"; the flow that is used says under `outputs` what it gives"
                }
                _ => "write a template: \"{{ jwt.token }}\", or \"{{ jwt.claims.sub }}\"",
            };
            self.diagnostics
                .error(Code::InvalidValue, at, format!("a `{action}` step has no reply to capture from"))
                .help(help);
        }
        wrong.is_none()
    }

    fn label(&mut self, name: Option<String>, fields: &Fields<'_, '_>, action: Option<&str>) -> Arc<str> {
        if let Some(name) = name {
            return name.into();
        }
        let node = action.and_then(|action| fields.get(action));
        match (action, node) {
            (Some("request"), Some(node)) => url::label(node).into(),
            (Some("use"), Some(node)) => format!("use {}", node.scalar().unwrap_or("")).into(),
            (Some("wait"), Some(node)) => format!("wait {}", node.scalar().unwrap_or("")).into(),
            (Some("set"), Some(Node { data: Data::Map(entries), .. })) => {
                let names: Vec<_> = entries.iter().filter_map(|(k, _)| k.scalar()).collect();
                format!("set {}", names.join(", ")).into()
            }
            (Some(action), _) => action.into(),
            (None, _) => "step".into(),
        }
    }

    fn action(&mut self, action: &str, fields: &Fields<'_, '_>) -> Option<Action> {
        let node = fields.get(action)?;
        Some(match action {
            "request" => {
                let cleanup = fields.get("cleanup").map_or_else(Vec::new, |n| self.cleanups(n));
                let cleanup = cleanup.into_iter().map(Arc::new).collect();
                Action::Request(Box::new(self.request_step(node, fields, cleanup)?))
            }
            "jwt" => Action::Jwt(Box::new(self.jwt(node)?)),
            "use" => Action::Use(Box::new(self.reuse(node, fields)?)),
            "set" => {
                let bindings = self.bindings(node, "`set`");
                if matches!(&node.data, Data::Map(entries) if entries.is_empty()) {
                    self.empty(node.span, "`set` binds nothing", "write `set: { name: value }`");
                }
                Action::Set(bindings)
            }
            "wait" => Action::Wait(self.duration(node, "`wait`")?),
            _ => Action::Check(self.check(node)?),
        })
    }

    fn request_step(
        &mut self,
        node: &Node<'_>,
        fields: &Fields<'_, '_>,
        cleanup: Vec<Arc<Step>>,
    ) -> Option<RequestStep> {
        let request = self.request(node, fields);
        let expect = match fields.get("expect") {
            Some(node) => Expect::lower(node, &mut self.checks()),
            None => Some(Expect::default()),
        };
        let waiting = self.waiting(fields);
        let mut expect = expect?;
        if let Some(poll) = waiting.as_ref().and_then(|waiting| waiting.poll.as_ref()) {
            expect.default_status(&poll.until);
        }
        Some(RequestStep { request: request?, expect, waiting, cleanup })
    }

    fn check(&mut self, node: &Node<'_>) -> Option<Vec<Expression>> {
        if node.scalar().is_some() {
            self.diagnostics
                .error(Code::WrongType, node.span, "`check` must be a list of expressions")
                .help(format!("write `check: [\"{}\"]`", node.scalar().unwrap_or("").replace('"', "'")));
            return None;
        }
        let items = node.list("`check`", self.diagnostics)?;
        if items.is_empty() {
            self.empty(node.span, "`check` is empty: it would always hold", "list the expressions that must be true");
        }
        let checks: Vec<_> = items.iter().map(|item| self.expression(item, "an expression of `check`")).collect();
        checks.into_iter().collect()
    }

    fn empty(&mut self, at: Span, message: &str, help: &str) {
        self.diagnostics.error(Code::InvalidValue, at, message).help(help);
    }

    /// A cleanup, or a list of them.
    fn cleanups(&mut self, node: &Node<'_>) -> Vec<Step> {
        match &node.data {
            Data::List(items) => {
                if items.is_empty() {
                    self.empty(node.span, "`cleanup` is empty", "write a request step, or remove the key");
                }
                items.iter().filter_map(|item| self.cleanup(item)).collect()
            }
            _ => self.cleanup(node).into_iter().collect(),
        }
    }

    fn cleanup(&mut self, node: &Node<'_>) -> Option<Step> {
        let Some(fields) = Fields::read(node, &shape::CLEANUP, self.diagnostics) else {
            if let (Some(text), Some(last)) = (node.scalar(), self.diagnostics.last_mut()) {
                last.help(format!("write `cleanup: {{ request: {text} }}`"));
            }
            return None;
        };
        let name = self.title(&fields, "name");
        let _ = self.title(&fields, "description");
        let when = fields.get("when").and_then(|n| self.expression(n, "`when`")).map(Box::new);
        let label = self.label(name, &fields, fields.get("request").map(|_| "request"));
        let request = self.request_step(fields.get("request")?, &fields, Vec::new())?;
        Some(Step {
            span: fields.head(),
            label,
            id: None,
            id_span: fields.head(),
            when,
            for_each: None,
            continue_on_failure: false,
            keep_response: false,
            action: Action::Request(Box::new(request)),
            captures: Vec::new(),
        })
    }

    /// What a broken step would have bound: `set` names and its `for_each` results.
    fn forget(&mut self, fields: &Fields<'_, '_>) {
        for key in ["set", "capture", "for_each"] {
            if let Some(Node { data: Data::Map(entries), .. }) = fields.get(key) {
                self.broken.extend(entries.iter().filter_map(|(k, _)| k.scalar()).map(Arc::from));
            }
        }
    }

    /// What the checks need to be read.
    pub(super) fn checks(&mut self) -> Lower<'_> {
        Lower { diagnostics: self.diagnostics, files: self.files, folder: self.folder, schemas: self.schemas }
    }
}

/// Words that people put into `for_each` as options.
fn is_option(key: &str) -> bool {
    shape::STEP.key(key).is_some()
        || ["in", "as", "items", "limit", "max", "parallel", "concurrency", "delay", "index", "until"].contains(&key)
}
