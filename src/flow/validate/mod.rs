//! Names, checked in the order of execution: each must be bound by something that runs before.

mod scope;
mod snapshots;
mod uses;

use std::collections::HashSet;
use std::sync::Arc;

use super::{
    Action, Auth, Binding, Body, Defaults, Field, Flow, Key, Paginate, Part, Poll, RequestStep, RequestTemplate, Retry,
    Setting, Settings, Step, Waiting,
};
use crate::diagnostic::{Code, Diagnostics};
use crate::source::Source;
use crate::template::NameUse;
use scope::{Kind, Scope};
use uses::Place;

/// Where the names of some part are told one by one.
type Visit<'v> = &'v mut dyn FnMut(NameUse);

/// Reports every name that nothing before can have bound, every name bound twice, and sets `keep_response`.
pub(super) fn validate(flow: &mut Flow, broken: &HashSet<Arc<str>>, diagnostics: &mut Diagnostics) {
    snapshots::check(flow, diagnostics);
    let mut walk = Walk { scope: Scope::of(flow, broken), source: &flow.source, diagnostics };
    for input in &flow.inputs {
        walk.bind(&input.name, input.span, Kind::Input);
    }
    for var in &flow.vars {
        walk.scope.var = var.span;
        walk.check(Place::Vars, None, |v| var.value.names().into_iter().for_each(&mut *v));
        walk.bind(&var.name, var.span, Kind::Var);
    }
    for (index, step) in flow.steps.iter().enumerate() {
        walk.scope.at = index;
        walk.step(step, &flow.defaults);
    }
    walk.scope.at = usize::MAX;
    for output in &flow.outputs {
        walk.check(Place::Outputs, None, |v| output.value.names().into_iter().for_each(&mut *v));
    }
    let kept = walk.scope.kept;
    for (index, step) in flow.steps.iter_mut().enumerate() {
        step.keep_response = kept.contains(&index);
    }
}

struct Walk<'a, 'f> {
    scope: Scope<'f>,
    source: &'f Source,
    diagnostics: &'a mut Diagnostics,
}

impl<'f> Walk<'_, 'f> {
    fn check(&mut self, place: Place, step: Option<&'f Step>, names: impl FnOnce(Visit<'_>)) {
        let mut found = Vec::new();
        names(&mut |name| found.push(name));
        for name in found {
            uses::check(&name, place, step, &mut self.scope, self.diagnostics);
        }
    }

    fn bind(&mut self, name: &'f Arc<str>, span: crate::source::Span, kind: Kind) {
        self.scope.bind(name, span, kind, self.diagnostics);
    }

    fn step(&mut self, step: &'f Step, defaults: &'f Defaults) {
        self.own_id(step);
        if let Some(each) = &step.for_each {
            self.check(Place::Action, None, |v| each.items.names().into_iter().for_each(&mut *v));
            self.scope.enter(each, self.diagnostics);
        }
        if let Some(when) = &step.when {
            self.check(Place::Action, Some(step), |v| when.names().into_iter().for_each(&mut *v));
        }
        match &step.action {
            Action::Request(request) => self.request_step(step, request, defaults),
            Action::Jwt(jwt) => {
                self.check(Place::Action, Some(step), |v| {
                    let (Key::Base64(key) | Key::Text(key) | Key::Hex(key) | Key::Pem(key)) = &jwt.key;
                    key.names().into_iter().for_each(&mut *v);
                    jwt.header.iter().for_each(|header| header.names().into_iter().for_each(&mut *v));
                    jwt.claims.names().into_iter().for_each(&mut *v);
                    jwt.expires_in.iter().for_each(|setting| setting_names(setting, v));
                });
                self.captures(step, Place::Token);
            }
            Action::Use(action) => {
                self.check(Place::Action, Some(step), |v| {
                    action.with.iter().for_each(|with| with.value.names().into_iter().for_each(&mut *v));
                });
                self.captures(step, Place::Used);
            }
            Action::Set(bindings) => {
                for Binding { name, span, value } in bindings {
                    self.check(Place::Action, Some(step), |v| value.names().into_iter().for_each(&mut *v));
                    self.bind(name, *span, Kind::Set);
                }
            }
            Action::Wait(setting) => self.check(Place::Action, Some(step), |v| setting_names(setting, v)),
            Action::Check(checks) => {
                self.check(Place::Action, Some(step), |v| {
                    checks.iter().for_each(|check| check.names().into_iter().for_each(&mut *v));
                });
            }
        }
        self.scope.leave();
    }

    fn request_step(&mut self, step: &'f Step, request: &'f RequestStep, defaults: &'f Defaults) {
        self.request(step, &request.request, defaults);
        self.waiting(step, request, Place::Action, Place::Reply);
        self.captures(step, Place::Reply);
        self.check(Place::Reply, Some(step), |v| request.expect.names(v));
        for cleanup in &request.cleanup {
            let Action::Request(undo) = &cleanup.action else { continue };
            if let Some(when) = &cleanup.when {
                self.check(Place::Cleanup, Some(step), |v| when.names().into_iter().for_each(&mut *v));
            }
            self.check(Place::Cleanup, Some(step), |v| request_names(&undo.request, v));
            self.waiting(step, undo, Place::Cleanup, Place::CleanupReply);
            self.defaults(step, &undo.request, defaults);
            self.check(Place::CleanupReply, Some(step), |v| undo.expect.names(v));
        }
    }

    /// `retry`, `poll`, `paginate`: settings are rendered before sending, conditions are asked of each reply.
    fn waiting(&mut self, step: &'f Step, request: &'f RequestStep, before: Place, reply: Place) {
        let Some(waiting) = &request.waiting else { return };
        self.check(before, Some(step), |v| waiting_names(waiting, v));
        if let Some(poll) = &waiting.poll {
            self.check(reply, Some(step), |v| {
                poll.until.names(v);
                poll.fail_when.iter().for_each(|expect| expect.names(v));
            });
        }
    }

    fn captures(&mut self, step: &'f Step, place: Place) {
        for capture in &step.captures {
            self.check(place, Some(step), |v| capture.capture.names(v));
            self.bind(&capture.name, capture.span, Kind::Capture);
        }
    }

    /// What a request renders: its own parts, and the defaults that it does not replace.
    fn request(&mut self, step: &'f Step, request: &'f RequestTemplate, defaults: &'f Defaults) {
        self.check(Place::Action, Some(step), |v| request_names(request, v));
        self.defaults(step, request, defaults);
    }

    fn defaults(&mut self, step: &'f Step, request: &'f RequestTemplate, defaults: &'f Defaults) {
        let on_base = self.is_path(request);
        self.check(Place::Defaults, Some(step), |v| {
            let replaced = |own: &[Field], field: &Field| own.iter().any(|f| f.name.eq_ignore_ascii_case(&field.name));
            if on_base {
                defaults.base_url.iter().for_each(|url| url.names().into_iter().for_each(&mut *v));
                if let (Some(auth), None) = (&defaults.auth, &request.auth) {
                    auth_names(auth, v);
                }
            }
            for field in defaults.headers.iter().filter(|field| !replaced(&request.headers, field)) {
                field.value.names().into_iter().for_each(&mut *v);
            }
            for field in defaults.query.iter().filter(|field| !request.query.iter().any(|f| f.name == field.name)) {
                field.value.names().into_iter().for_each(&mut *v);
            }
            settings_names(&defaults.settings, v);
        });
    }

    /// Whether the URL is a path in the file: only then it is sure to go to `base_url`.
    fn is_path(&self, request: &RequestTemplate) -> bool {
        let line = self.source.slice(request.span).trim_start_matches(['"', '\'']);
        line.split_whitespace().nth(1).is_some_and(|url| url.starts_with('/'))
    }

    fn own_id(&mut self, step: &'f Step) {
        let Some(id) = &step.id else { return };
        let Some(&first) = self.scope.ids.get(&**id) else { return };
        if first == self.scope.at {
            return;
        }
        let at = step.id_span;
        let related = self.scope.steps.get(first).map_or(at, |step| step.id_span);
        self.diagnostics
            .error(Code::DuplicateName, at, format!("two steps have the id `{id}`"))
            .related(related, "first here")
            .help("give one of them another id");
    }
}

/// Visits every name that the parts of `request` itself use, without those of `defaults`.
pub(crate) fn request_names(request: &RequestTemplate, v: Visit<'_>) {
    request.url.names().into_iter().for_each(&mut *v);
    for field in request.query.iter().chain(&request.headers).chain(&request.cookies) {
        field.value.names().into_iter().for_each(&mut *v);
    }
    if let Some(auth) = &request.auth {
        auth_names(auth, v);
    }
    match request.body.as_deref() {
        Some(Body::Json(value)) => value.names().into_iter().for_each(&mut *v),
        Some(Body::Form(fields)) => fields.iter().for_each(|field| field.value.names().into_iter().for_each(&mut *v)),
        Some(Body::Multipart(parts)) => parts.iter().for_each(|part| part_names(part, v)),
        Some(Body::Text(text)) => text.names().into_iter().for_each(&mut *v),
        Some(Body::File(path)) => path.template.names().into_iter().for_each(&mut *v),
        None => {}
    }
    request.save.iter().for_each(|path| path.template.names().into_iter().for_each(&mut *v));
    if let Some(settings) = &request.settings {
        settings_names(settings, v);
    }
}

fn part_names(part: &Part, v: Visit<'_>) {
    match part {
        Part::Text(field) => field.value.names().into_iter().for_each(&mut *v),
        Part::File(file) => {
            let templates = std::iter::once(&file.path.template).chain(&file.kind).chain(&file.filename);
            templates.for_each(|template| template.names().into_iter().for_each(&mut *v));
        }
    }
}

/// Visits every name that credentials use.
pub(crate) fn auth_names(auth: &Auth, v: Visit<'_>) {
    match auth {
        Auth::Bearer(token) => token.names().into_iter().for_each(&mut *v),
        Auth::Basic { username, password } | Auth::Digest { username, password } => {
            username.names().into_iter().for_each(&mut *v);
            password.names().into_iter().for_each(&mut *v);
        }
        Auth::OAuth(_) | Auth::None => {}
    }
}

fn settings_names(settings: &Settings, v: Visit<'_>) {
    settings.timeout.iter().for_each(|setting| setting_names(setting, v));
    settings.redirects.iter().for_each(|setting| setting_names(setting, v));
    if let Some(super::RateLimit::Within(setting)) = &settings.rate_limit {
        setting_names(setting, v);
    }
}

fn waiting_names(waiting: &Waiting, v: Visit<'_>) {
    if let Some(Retry { attempts, delay, backoff, .. }) = &waiting.retry {
        attempts.iter().for_each(|setting| setting_names(setting, v));
        delay.iter().for_each(|setting| setting_names(setting, v));
        backoff.iter().for_each(|setting| setting_names(setting, v));
    }
    if let Some(Poll { every, within, .. }) = &waiting.poll {
        every.iter().chain(within).for_each(|setting| setting_names(setting, v));
    }
    if let Some(Paginate { max_pages: Some(setting), .. }) = &waiting.paginate {
        setting_names(setting, v);
    }
}

fn setting_names<T>(setting: &Setting<T>, v: Visit<'_>) {
    if let Setting::Rendered(template) = setting {
        template.names().into_iter().for_each(&mut *v);
    }
}
