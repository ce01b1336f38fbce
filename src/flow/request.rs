//! A request as the user typed it; the engine renders it into an [`http::Request`](crate::http::Request).

use super::{Auth, Body, DurationSetting, FilePath, Setting};
use crate::http::{Method, Version};
use crate::source::Span;
use crate::template::{Template, ValueTemplate};

/// A named value: a header, a query parameter, a cookie, a form field. A list repeats the key.
#[derive(Debug)]
pub struct Field {
    /// The name, literal.
    pub name: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// The value.
    pub value: ValueTemplate,
}

/// Everything beside `request:`.
#[derive(Debug)]
pub struct RequestTemplate {
    /// Where `METHOD url` stands.
    pub span: Span,
    /// The method.
    pub method: Method,
    /// The URL, or a path that is appended to `base_url`.
    pub url: Template,
    /// `query`.
    pub query: Vec<Field>,
    /// `headers`.
    pub headers: Vec<Field>,
    /// `cookies`.
    pub cookies: Vec<Field>,
    /// `auth`; `None` takes the default one.
    pub auth: Option<Box<Auth>>,
    /// The body.
    pub body: Option<Box<Body>>,
    /// `http`: the version to insist on.
    pub version: Option<Version>,
    /// `save`: where the reply's body is kept.
    pub save: Option<Box<FilePath>>,
    /// `timeout`, `redirects`, `rate_limit`; `None` takes the default ones.
    pub settings: Option<Box<Settings>>,
}

/// How a request is sent; each `None` falls back to `defaults`, then to the language's own default.
#[derive(Debug, Default)]
pub struct Settings {
    /// The bound on each send.
    pub timeout: Option<DurationSetting>,
    /// How many redirects are followed; `false` is 0.
    pub redirects: Option<Setting<u32>>,
    /// What happens when the server asks to wait.
    pub rate_limit: Option<RateLimit>,
}

/// What happens on 429, and on 423 and 503 with `Retry-After`.
#[derive(Debug)]
pub enum RateLimit {
    /// Wait as asked, at most 2 minutes in a step.
    Wait,
    /// Take the reply as it is.
    Fail,
    /// Wait as asked, at most this long in a step.
    Within(DurationSetting),
}

/// The flow's `defaults`.
#[derive(Debug, Default)]
pub struct Defaults {
    /// What paths are appended to.
    pub base_url: Option<Template>,
    /// Headers of every request.
    pub headers: Vec<Field>,
    /// Query parameters of every request.
    pub query: Vec<Field>,
    /// Credentials of every request to `base_url`'s origin.
    pub auth: Option<Auth>,
    /// How requests are sent.
    pub settings: Settings,
}

/// Whether a request's URL has a scheme, so that `base_url` is not asked. A path may hold another URL: `/go?to=https://…`.
#[must_use]
pub fn stands_alone(url: &str) -> bool {
    !url.starts_with(['/', '?']) && url.contains("://")
}

/// A URL behind `base_url`, where it is a path, a query or nothing; any other stands alone.
#[must_use]
pub fn join(base: Option<&str>, url: &str) -> String {
    match base {
        Some(base) if url.starts_with('/') => format!("{}{url}", base.trim_end_matches('/')),
        Some(base) if url.is_empty() || url.starts_with('?') => format!("{base}{url}"),
        _ => url.to_owned(),
    }
}
