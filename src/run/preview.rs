//! What a run would do, without doing it: each step in order, as far as it is known before anything is sent.
//!
//! What only the run can tell (captures, replies, `now()`, `uuid()`) stays as it is written: `{{ room_id }}`.

use std::sync::Arc;

use super::entropy::Entropy;
use super::scope::Scope;
use super::step::loop_value;
use super::{Clock, Job};
use crate::flow::{
    Action, Auth, Body, Defaults, Field, ForEach, JwtStep, Part, RequestTemplate, Setting, Step, UseStep, join,
    stands_alone,
};
use crate::http::{Origin, Url};
use crate::redact::{MASK, Redactor};
use crate::source::Source;
use crate::template::{self, Preview, Previewer, Template, ValueTemplate, to_template_value};
use crate::value::Value;

/// A step, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Previewed {
    /// Its name.
    pub name: Arc<str>,
    /// The item of a `for_each`, from 1, where the list is known.
    pub item: Option<u32>,
    /// What it would do, masked. A request is its line, its headers, an empty line and its body.
    pub lines: Vec<String>,
}

/// The steps of `job`, in order. Nothing is sent, and no file is read.
#[must_use]
pub fn preview(job: &Job<'_>, redactor: &Redactor, clock: &dyn Clock) -> Vec<Previewed> {
    let mut view = View {
        source: &job.flow.source,
        defaults: &job.flow.defaults,
        redactor,
        scope: Scope::default(),
        entropy: Entropy::new(clock, job),
        out: Vec::new(),
    };
    for input in &job.inputs {
        if input.secret {
            redactor.learn_value(&input.name, &input.value, None);
        }
        view.scope.bind(&input.name, to_template_value(&input.value), input.secret);
    }
    for var in &job.flow.vars {
        view.bind(&var.name, &var.value);
    }
    let until = job.until.map_or(usize::MAX, |number| number as usize);
    for step in job.flow.steps.iter().take(until) {
        view.step(step);
    }
    view.out
}

struct View<'a> {
    source: &'a Source,
    defaults: &'a Defaults,
    redactor: &'a Redactor,
    scope: Scope,
    entropy: Entropy<'a>,
    out: Vec<Previewed>,
}

impl View<'_> {
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
                    let lines = vec!["skipped: there is nothing to loop over: the list is empty".to_owned()];
                    self.out.push(Previewed { name: Arc::clone(&step.label), item: None, lines });
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
        let mut lines: Vec<String> = each.into_iter().collect();
        if let Some(when) = &step.when {
            let source = when.source();
            match self.with(|p| p.truth(when)) {
                Some(true) => {}
                Some(false) => {
                    lines.push(format!("skipped: `when: {source}` is false"));
                    self.out.push(Previewed { name: Arc::clone(&step.label), item, lines });
                    return;
                }
                None => lines.push(format!("when {source}:")),
            }
        }
        self.action(&step.action, &mut lines);
        self.out.push(Previewed { name: Arc::clone(&step.label), item, lines });
    }

    fn action(&mut self, action: &Action, lines: &mut Vec<String>) {
        match action {
            Action::Request(step) => {
                self.request(&step.request, lines);
                for cleanup in &step.cleanup {
                    if let Action::Request(undo) = &cleanup.action {
                        let (url, _) = self.url(&undo.request);
                        if step.request.body.is_some()
                            && lines.last().is_some_and(|last| !last.starts_with("cleanup: "))
                        {
                            lines.push(String::new());
                        }
                        lines.push(format!("cleanup: {} {url}", undo.request.method));
                    }
                }
            }
            Action::Jwt(step) => self.jwt(step, lines),
            Action::Use(step) => self.used(step, lines),
            Action::Set(bindings) => {
                for binding in bindings {
                    let preview = self.bind(&binding.name, &binding.value);
                    lines.push(format!("set {} = {}", binding.name, self.masked(&preview)));
                }
            }
            Action::Wait(setting) => lines.push(match setting {
                Setting::Fixed(duration) => format!("wait {duration:?}"),
                Setting::Rendered(template) => format!("wait {}", self.text(template)),
            }),
            Action::Check(expressions) => {
                lines.extend(expressions.iter().map(|expression| format!("check {}", expression.source())));
            }
        }
    }

    fn used(&self, step: &UseStep, lines: &mut Vec<String>) {
        lines.push(format!("use {}{}", step.path, if step.once { ", once for all flows" } else { "" }));
        for with in &step.with {
            let preview = self.value(&with.value);
            lines.push(format!("with {} = {}", with.name, self.masked(&preview)));
        }
        let steps = step.flow.steps.len();
        lines.push(format!("runs its {steps} step{}", if steps == 1 { "" } else { "s" }));
    }

    fn jwt(&self, step: &JwtStep, lines: &mut Vec<String>) {
        lines.push(format!("sign a JSON Web Token with {}", step.algorithm));
        let preview = self.value(&step.claims);
        lines.extend(self.pretty(preview).lines().map(str::to_owned));
        match &step.expires_in {
            Some(Setting::Fixed(duration)) => lines.push(format!("expires in {duration:?}")),
            Some(Setting::Rendered(template)) => lines.push(format!("expires in {}", self.text(template))),
            None => {}
        }
    }

    fn request(&self, request: &RequestTemplate, lines: &mut Vec<String>) {
        let (url, at_home) = self.url(request);
        lines.push(format!("{} {url}", request.method));
        let mut headers = Vec::new();
        let own = |name: &str| request.headers.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let inherited = self.defaults.headers.iter().filter(|f| !own(&f.name)).map(|f| (f, at_home));
        for (field, may_be_secret) in inherited.chain(request.headers.iter().map(|f| (f, true))) {
            headers.extend(self.field(field, may_be_secret).map(|text| (field.name.to_lowercase(), text)));
        }
        let has = |headers: &[(String, String)], name: &str| headers.iter().any(|(known, _)| known == name);
        let auth = match (&request.auth, &self.defaults.auth) {
            (Some(auth), _) => Some(&**auth),
            (None, Some(auth)) if at_home && !has(&headers, "authorization") => Some(auth),
            _ => None,
        };
        headers.extend(auth.and_then(scheme).map(|scheme| ("authorization".to_owned(), format!("{scheme} {MASK}"))));
        let cookies: Vec<_> =
            request.cookies.iter().filter_map(|f| Some(format!("{}={}", f.name, self.field(f, true)?))).collect();
        if !cookies.is_empty() {
            headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
        let body = request.body.as_deref().map(|body| self.body(body));
        if let Some((kind, _)) = &body
            && !has(&headers, "content-type")
            && !kind.is_empty()
        {
            headers.push(("content-type".to_owned(), (*kind).to_owned()));
        }
        lines.extend(headers.into_iter().map(|(name, value)| format!("{name}: {value}")));
        if let Some((_, text)) = body {
            lines.push(String::new());
            lines.extend(text.lines().map(str::to_owned));
        }
    }

    /// The URL with its query, masked; and whether it is at the origin of `base_url`.
    fn url(&self, request: &RequestTemplate) -> (String, bool) {
        let text = |template: &Template| self.with(|p| p.text(template, true)).value.unwrap_or_default();
        let base = self.defaults.base_url.as_ref().map(text);
        let url = text(&request.url);
        let whole = stands_alone(&url);
        let mut url = if whole { url } else { join(base.as_deref(), &url) };
        let origin = |url: &str| Url::parse(url).ok().and_then(|url| Origin::of(&url));
        let at_home = !whole || base.as_deref().is_none_or(|base| origin(base) == origin(&url));
        let own = |name: &str| request.query.iter().any(|f| *f.name == *name);
        let inherited = self.defaults.query.iter().filter(|f| !own(&f.name)).map(|f| (f, at_home));
        for (field, may_be_secret) in inherited.chain(request.query.iter().map(|f| (f, true))) {
            if let Some(value) = self.field(field, may_be_secret) {
                let separator = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{separator}{}={value}", field.name);
            }
        }
        (self.redactor.mask_fields(&url).into_owned(), at_home)
    }

    /// The text of a field, masked; `None` where it is left out.
    fn field(&self, field: &Field, may_be_secret: bool) -> Option<String> {
        let preview = self.value(&field.value);
        if preview.value.is_none() || (preview.secret && !may_be_secret) {
            return None;
        }
        Some(self.masked(&preview))
    }

    /// The body's type, empty where it is guessed from a file, and its text, masked.
    fn body(&self, body: &Body) -> (&'static str, String) {
        let pairs = |fields: Vec<(&str, String)>| fields.into_iter().map(|(n, v)| format!("{n}={v}\n")).collect();
        match body {
            Body::Json(template) => ("application/json", self.pretty(self.value(template))),
            Body::Form(fields) => {
                let fields = fields.iter().filter_map(|f| Some((&*f.name, self.field(f, true)?)));
                ("application/x-www-form-urlencoded", pairs(fields.collect()))
            }
            Body::Multipart(parts) => {
                let parts = parts.iter().filter_map(|part| match part {
                    Part::Text(field) => Some((&*field.name, self.field(field, true)?)),
                    Part::File(file) => Some((&*file.name, format!("@{}", self.text(&file.path.template)))),
                });
                ("multipart/form-data", pairs(parts.collect()))
            }
            Body::Text(template) => ("text/plain; charset=utf-8", self.text(template)),
            Body::File(path) => ("", format!("@{}", self.text(&path.template))),
        }
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

/// The scheme of credentials, as it stands in their header.
fn scheme(auth: &Auth) -> Option<&'static str> {
    match auth {
        Auth::Bearer(_) | Auth::OAuth(_) => Some("Bearer"),
        Auth::Basic { .. } => Some("Basic"),
        Auth::Digest { .. } => Some("Digest"),
        Auth::None => None,
    }
}
