//! One request of a flow: where it goes, what it carries there, what is asked of the reply.

use std::sync::Arc;

use super::facts::{Purpose, RequestFacts, SecretFacts};
use super::names::{Secrets, written};
use super::walk::Walk;
use crate::check::Expect;
use crate::flow::{
    Action, Auth, Body, FilePath, Part, RateLimit, RequestStep, RequestTemplate, Retry, RetryOn, Setting, Step,
    Waiting, auth_names, join, request_names,
};
use crate::http::{Origin, Url};
use crate::source::Source;
use crate::template::Template;

impl Walk<'_> {
    /// The request of a step or of a cleanup, whose secrets are noted on their way; without what undoes it.
    pub(super) fn request(&mut self, step: &Step, action: &RequestStep) -> RequestFacts {
        let request = &action.request;
        let (url, host, at_home) = self.target(request);
        self.carries(step, request, &host, at_home);
        self.request_files(step, action);
        let source = self.source();
        let auth = match (&request.auth, &self.flow.defaults.auth) {
            (Some(auth), _) => Some(&**auth),
            (None, auth) => auth.as_ref().filter(|_| at_home),
        };
        let mut expects = vec![match action.expect.status() {
            Some(status) => format!("status {}", self.written_at(status.span())),
            None => "status below 400".to_owned(),
        }];
        expects.extend(action.expect.subjects());
        let mut waiting = action.waiting.as_deref().map(|w| waiting(w, source)).unwrap_or_default();
        let own = request.settings.as_ref().and_then(|settings| settings.rate_limit.as_ref());
        waiting.extend(own.or(self.flow.defaults.settings.rate_limit.as_ref()).map(|limit| rate_limit(limit, source)));
        RequestFacts {
            name: Arc::clone(&step.label),
            method: request.method.to_string(),
            url,
            host,
            auth: auth.and_then(|auth| kind_of(auth).map(str::to_owned).or_else(|| client_of(auth))),
            body: request.body.as_deref().map(body),
            expects,
            waiting,
            cleanup: Vec::new(),
        }
    }

    /// The cleanups of a request.
    pub(super) fn cleanups(&mut self, action: &RequestStep) -> Vec<RequestFacts> {
        let undo = action.cleanup.iter().filter_map(|undo| match &undo.action {
            Action::Request(action) => Some(self.request(undo, action)),
            _ => None,
        });
        undo.collect()
    }

    /// The URL as it is written, its host, and whether it is at the origin of `base_url`.
    fn target(&self, request: &RequestTemplate) -> (String, String, bool) {
        let source = self.source();
        let base = self.flow.defaults.base_url.as_ref();
        let known_base = base.map(|base| self.names.text(base, source));
        let own = self.names.text(&request.url, source);
        let known = join(known_base.as_deref(), &own);
        let as_written = written(&request.url, source);
        // Where the URL begins with a value, only that tells whether it is a path.
        let base_counts = known != own || as_written.starts_with('/');
        let base_written = base.map(|base| written(base, source)).filter(|_| base_counts);
        let origin = |url: &str| Url::parse(url).ok().and_then(|url| Origin::of(&url));
        let at_home = own.is_empty()
            || own.starts_with(['/', '?'])
            || known_base.as_deref().is_none_or(|base| origin(base).is_some() && origin(base) == origin(&known));
        let host = host_of(&known).unwrap_or_else(|| head_of(&known).to_owned());
        (join(base_written.as_deref(), &as_written), host, at_home)
    }

    /// Notes which secrets go to `host`.
    fn carries(&mut self, step: &Step, request: &RequestTemplate, host: &str, at_home: bool) {
        let flow = self.flow;
        let mut used = Vec::new();
        request_names(request, &mut |name| used.push(name));
        let replaced = |own: &[crate::flow::Field], name: &str| own.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        if at_home {
            let headers = flow.defaults.headers.iter().filter(|f| !replaced(&request.headers, &f.name));
            let query = flow.defaults.query.iter().filter(|f| !request.query.iter().any(|own| own.name == f.name));
            headers.chain(query).for_each(|field| used.extend(field.value.names()));
        }
        let mut secrets: Secrets = self.names.all(used);
        let default = flow.defaults.auth.as_ref().filter(|_| at_home);
        if let Some(auth) = request.auth.as_deref().or(default) {
            secrets.extend(self.credentials(step, auth));
        }
        for secret in secrets {
            if let Some(secret) = self.facts.secrets.get_mut(secret) {
                secret.sent.entry(host.to_owned()).or_default().insert(Arc::clone(&step.label));
            }
        }
    }

    /// The secrets of credentials. A name that is used as one is a secret from here on.
    fn credentials(&mut self, step: &Step, auth: &Auth) -> Secrets {
        let token = match auth {
            Auth::Bearer(token) => token,
            Auth::Basic { password, .. } | Auth::Digest { password, .. } => password,
            Auth::OAuth(client) => {
                let bound = (self.clients)(client);
                let what = ("the token of an OAuth client of the environment", None);
                let secret = SecretFacts { name: client.to_string(), what, bound, ..Default::default() };
                return Secrets::from([self.secret(secret)]);
            }
            Auth::None => return Secrets::new(),
        };
        let mut used = Vec::new();
        auth_names(auth, &mut |name| used.push(name));
        let known = self.names.all(used);
        if !known.is_empty() {
            return known;
        }
        let name = token.names().first().and_then(|used| used.path.first().cloned());
        let (label, what) = match &name {
            Some(name) => (name.clone(), ("used as a credential", None)),
            None => ("credential".to_owned(), ("written in the flow itself, in", Some(Arc::clone(&step.label)))),
        };
        let secret = self.secret(SecretFacts { name: label, what, ..Default::default() });
        if let Some(name) = name {
            self.names.mark(&name, secret);
        }
        Secrets::from([secret])
    }

    fn request_files(&mut self, step: &Step, action: &RequestStep) {
        let path = |path: &FilePath, source: &Source| written(&path.template, source);
        let source = self.source();
        let mut found = Vec::new();
        match action.request.body.as_deref() {
            Some(Body::File(file)) => found.push((path(file, source), Purpose::Sending)),
            Some(Body::Multipart(parts)) => found.extend(parts.iter().filter_map(|part| match part {
                Part::File(file) => Some((path(&file.path, source), Purpose::Sending)),
                Part::Text(_) => None,
            })),
            _ => {}
        }
        found.extend(action.expect.schemas().map(|file| (file.to_owned(), Purpose::Schema)));
        if action.expect.snapshot().is_some() {
            let file = self.flow.path.rsplit('/').next().unwrap_or(&self.flow.path);
            found.push((format!("__snapshots__/{file}/{}.json", step.slug()), Purpose::Snapshot));
        }
        found.extend(action.request.save.as_ref().map(|save| (path(save, source), Purpose::Save)));
        for (path, purpose) in found {
            self.file(step, path, purpose);
        }
    }
}

/// The host of a whole URL, with its port where that is not the scheme's own; `None` where a hole is left in it.
fn host_of(url: &str) -> Option<String> {
    let head = head_of(url);
    if head.contains("{{") {
        return None;
    }
    let url = Url::parse(head).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// A URL up to its path: `https://host:port`, or the template that it begins with.
fn head_of(url: &str) -> &str {
    let from = match url.strip_prefix("{{") {
        Some(_) => return url.find("}}").and_then(|end| url.get(..end + 2)).unwrap_or(url),
        None => url.find("://").map_or(0, |at| at + 3),
    };
    let end = url.get(from..).and_then(|rest| rest.find(['/', '?'])).map_or(url.len(), |at| from + at);
    url.get(..end).unwrap_or(url)
}

fn kind_of(auth: &Auth) -> Option<&'static str> {
    match auth {
        Auth::Bearer(_) => Some("bearer token"),
        Auth::Basic { .. } => Some("basic: user name and password"),
        Auth::Digest { .. } => Some("digest: user name and password"),
        Auth::OAuth(_) | Auth::None => None,
    }
}

fn client_of(auth: &Auth) -> Option<String> {
    match auth {
        Auth::OAuth(client) => Some(format!("token of the OAuth client {client}")),
        _ => None,
    }
}

fn body(body: &Body) -> &'static str {
    match body {
        Body::Json(_) => "JSON",
        Body::Form(_) => "a form",
        Body::Multipart(_) => "a multipart form",
        Body::Text(_) => "text",
        Body::File(_) => "a file",
    }
}

fn waiting(waiting: &Waiting, source: &Source) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(Retry { attempts, on, resend_unsafe, .. }) = &waiting.retry {
        let attempts = attempts.as_ref().map_or_else(|| "3".to_owned(), |n| setting(n, ToString::to_string, source));
        let on: Vec<_> = on.as_deref().unwrap_or(&RetryOn::DEFAULT).iter().map(retried).collect();
        let also = if *resend_unsafe { ", POST and PATCH too" } else { "" };
        words.push(format!("retry: sent up to {attempts} times, on {}{also}", on.join(", ")));
    }
    if let Some(poll) = &waiting.poll {
        let time = |time: &Option<_>, else_: &str| {
            time.as_ref().map_or_else(|| else_.to_owned(), |t| setting(t, |t| format!("{t:?}"), source))
        };
        let until = poll.until.subjects();
        let until = if until.is_empty() { status(&poll.until, source) } else { until.join(", ") };
        words.push(format!(
            "poll: every {} until {until}, for at most {}",
            time(&poll.every, "2s"),
            time(&poll.within, "60s")
        ));
    }
    if let Some(paginate) = &waiting.paginate {
        let most =
            paginate.max_pages.as_ref().map_or_else(|| "50".to_owned(), |n| setting(n, ToString::to_string, source));
        words.push(format!("paginate: joins {} of up to {most} pages", paginate.items));
    }
    words
}

fn status(expect: &Expect, source: &Source) -> String {
    expect.status().map_or_else(|| "accepted".to_owned(), |rule| format!("status {}", source.slice(rule.span())))
}

fn retried(on: &RetryOn) -> String {
    match on {
        RetryOn::Network => "network".to_owned(),
        RetryOn::Class(class) => format!("{class}xx"),
        RetryOn::Status(status) => status.to_string(),
    }
}

fn rate_limit(limit: &RateLimit, source: &Source) -> String {
    match limit {
        RateLimit::Wait => "rate limit: waited for".to_owned(),
        RateLimit::Fail => "rate limit: fails".to_owned(),
        RateLimit::Within(most) => {
            format!("rate limit: waited for, at most {}", setting(most, |t| format!("{t:?}"), source))
        }
    }
}

/// A setting in words, as it is written where it is a template.
pub(super) fn setting<T>(setting: &Setting<T>, fixed: impl FnOnce(&T) -> String, source: &Source) -> String {
    match setting {
        Setting::Fixed(value) => fixed(value),
        Setting::Rendered(template) => written(template as &Template, source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls_with_and_without_holes() {
        for (url, host, head) in [
            ("https://a.example/x?y={{ z }}", Some("a.example"), "https://a.example"),
            ("https://a.example:8443", Some("a.example:8443"), "https://a.example:8443"),
            ("https://a.example:443/{{ x }}", Some("a.example"), "https://a.example:443"),
            ("{{ url }}/people/me", None, "{{ url }}"),
            ("https://{{ region }}.example/x", None, "https://{{ region }}.example"),
        ] {
            assert_eq!((host_of(url).as_deref(), head_of(url)), (host, head), "{url}");
        }
    }
}
