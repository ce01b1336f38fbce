//! A request of Postman as the request of a step.

use std::collections::{HashMap, HashSet};

use super::address::{Address, add};
use super::auth::Credentials;
use super::collection::Request;
use super::oauth::{self, Client};
use super::read::{Variable, description, text};
use super::secret::Secrets;
use super::text::Binder;
use crate::flow::draft::DraftStep;
use crate::import::Loss;
use crate::import::secret::is_secret_name;
use crate::value::{Map, Value};

/// What is known of the whole collection.
#[derive(Default)]
pub(super) struct Context {
    pub(super) secrets: Secrets,
    /// Variables with a value: of the collection and of the flow's folders.
    pub(super) known: HashMap<String, Variable>,
    /// Variables of the environments.
    pub(super) environment: HashMap<String, Variable>,
    /// Variables that stand in JSON without quotes.
    pub(super) bare: HashSet<String>,
    /// Inputs that are paths of files, with Postman's path.
    pub(super) files: HashMap<String, String>,
    /// Which request sets a variable, for flows that need it from another one.
    pub(super) set_by: HashMap<String, String>,
    /// Whether an environment is written, which can hold OAuth clients.
    pub(super) has_environment: bool,
    /// Clients that fetch tokens.
    pub(super) oauth: Vec<Client>,
    pub(super) losses: Vec<Loss>,
    pub(super) notes: Vec<String>,
}

impl Context {
    /// The value of a variable, where it is known: an environment's wins.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.environment.get(name).or_else(|| self.known.get(name)).map(|v| v.value.as_str()).filter(|v| !v.is_empty())
    }
}

/// What all requests of a flow share: it stands in `defaults`.
#[derive(Default)]
pub(super) struct Shared {
    /// What most URLs begin with, in Postman's text.
    pub(super) base: Option<String>,
    /// Credentials of most requests, as the file will have them.
    pub(super) auth: Option<Value>,
}

/// Writes the request of one step.
pub(super) struct Sender<'a, 'n> {
    pub(super) context: &'a mut Context,
    pub(super) names: &'a mut Binder<'n>,
    /// Where the request goes, as far as that is known.
    pub(super) host: Option<String>,
    /// What was lost of this request.
    pub(super) lost: Vec<String>,
}

impl Sender<'_, '_> {
    /// Notes something that cannot be carried over.
    pub(super) fn lose(&mut self, what: &str) {
        self.lost.push(what.to_owned());
    }

    /// A credential in Postman's text: a literal one becomes an input.
    pub(super) fn lift(&mut self, text: &str, wish: &str) -> String {
        let context = &mut *self.context;
        let (known, environment) = (&context.known, &context.environment);
        let taken = |name: &str| known.contains_key(name) || environment.contains_key(name);
        context.secrets.lift(text, wish, &taken)
    }

    /// The step's request; `None` where it has no URL.
    pub(super) fn step(&mut self, request: &Request<'_>, shared: &Shared) -> Option<DraftStep> {
        let parts = request.request;
        let url = if parts.is_string() { Some(parts) } else { parts.get("url") };
        let address = Address::read(url, &|name| lacks_scheme(self.context.value(name)))?;
        self.host = oauth::resolved(&address.base, &|name| self.context.open_value(name)).and_then(|u| oauth::host(&u));
        let method = self.method(parts);
        let (mut query, raw_query) = address.query_values(self.names);
        for (key, value) in &mut query {
            if is_secret_name(key)
                && let Value::String(text) = value
                && !text.contains("{{")
            {
                let lifted = self.lift(text, key);
                *value = self.names.template(&lifted).into();
            }
        }
        let path = address.path_template(self.names, &|name| self.context.value(name).is_some_and(|v| v.contains('/')));
        // What begins with two would name a host.
        let at_home = path.starts_with('/') && !path.starts_with("//");
        let on_base = at_home && shared.base.as_ref() == Some(&address.base);
        let base = if on_base { String::new() } else { address.base_template(self.names) };
        let raw_query = if raw_query.is_empty() { raw_query } else { format!("?{raw_query}") };
        let mut step = DraftStep::new(&request.title, "request", format!("{method} {base}{path}{raw_query}"));
        if let Some(description) = description(parts) {
            step.set("description", description);
        }
        self.headers(request, &method, &mut query, on_base, shared, &mut step);
        if let Some((name, password)) = &address.user
            && !step.keys.contains_key("auth")
        {
            let found = self.basic(name, password);
            if let Some(auth) = found.auth {
                step.set("auth", auth);
            } else if let Some((name, value)) = found.header {
                let headers = step.keys.entry("headers").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(headers) = headers
                    && !headers.keys().any(|h| h.eq_ignore_ascii_case("authorization"))
                {
                    headers.insert(name, value.into());
                }
            }
        }
        if !query.is_empty() {
            step.set("query", query);
        }
        if request.item.pointer("/protocolProfileBehavior/followRedirects") == Some(&Value::Bool(false)) {
            step.set("redirects", false);
        }
        Some(step)
    }

    fn method(&mut self, request: &Value) -> String {
        const KNOWN: &[&str] = &[
            "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "PURGE", "LINK",
            "UNLINK", "VIEW",
        ];
        let method = request.get("method").map(text).unwrap_or_default().to_ascii_uppercase();
        match method.as_str() {
            "" => "GET".to_owned(),
            method if KNOWN.contains(&method) => method.to_owned(),
            other => {
                self.lose(&format!("the method {other}: it is GET here"));
                "GET".to_owned()
            }
        }
    }

    fn headers(
        &mut self,
        request: &Request<'_>,
        method: &str,
        query: &mut Map<String, Value>,
        on_base: bool,
        shared: &Shared,
        step: &mut DraftStep,
    ) {
        let given = given_headers(request.request.get("header"));
        let content_type =
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value.as_str());
        let prunes = matches!(method, "GET" | "HEAD" | "PURGE" | "VIEW" | "UNLINK")
            && request.item.pointer("/protocolProfileBehavior/disableBodyPruning") != Some(&Value::Bool(true));
        let implied = match request.request.get("body") {
            Some(body) if !prunes => self.body(body, content_type, step),
            _ => None,
        };
        let mut headers = match step.keys.get("headers") {
            Some(Value::Object(headers)) => headers.clone(),
            _ => Map::new(),
        };
        let mut auth = None;
        let mut cookies = Map::new();
        for (name, value) in &given {
            let lower = name.to_ascii_lowercase();
            match lower.as_str() {
                // It follows from the body, or is the length or place of one that Postman computes.
                "content-length" | "transfer-encoding" => continue,
                "content-type"
                    if implied.is_some_and(|kind| {
                        value.trim().split(';').next().is_some_and(|v| v.eq_ignore_ascii_case(kind))
                    }) =>
                {
                    continue;
                }
                "content-type"
                    if step
                        .keys
                        .keys()
                        .all(|k| !matches!(k.as_str(), "json" | "form" | "multipart" | "text" | "file")) =>
                {
                    continue;
                }
                "authorization" => match self.typed_authorization(value) {
                    Some(found) => {
                        auth = Some(found);
                        continue;
                    }
                    None => {
                        let lifted = self.lift(value, "authorization");
                        let value = self.names.template(&lifted);
                        headers.insert(name.clone(), value.into());
                        continue;
                    }
                },
                "cookie" if !value.contains("{{") || value.contains('=') => {
                    for pair in value.split(';').filter_map(|p| p.trim().split_once('=')) {
                        if http::HeaderName::from_bytes(pair.0.trim().as_bytes()).is_ok()
                            && !pair.1.contains(['\r', '\n'])
                        {
                            let lifted =
                                if is_secret_name(pair.0) { self.lift(pair.1, pair.0) } else { pair.1.to_owned() };
                            cookies.insert(pair.0.trim().to_owned(), self.names.template(&lifted).into());
                        }
                    }
                    continue;
                }
                _ => {}
            }
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
                self.lose(&format!("the header {name}: it has a name that no header can have"));
                continue;
            }
            let value = self.field(name, &value.replace(['\r', '\n', '\0'], " "));
            let there = headers.keys().find(|there| there.eq_ignore_ascii_case(name)).cloned();
            add(&mut headers, there.as_deref().unwrap_or(name), value.into());
        }
        let Credentials { auth: inherited, header, query: parameter } = match request.auth {
            // What somebody typed as a header is what Postman sends.
            Some(found) if auth.is_none() && !headers.keys().any(|h| h.eq_ignore_ascii_case("authorization")) => {
                self.credentials(found)
            }
            _ => Credentials::default(),
        };
        if let Some((name, value)) = header {
            headers.insert(name, value.into());
        }
        if let Some((name, value)) = parameter {
            add(query, &name, value.into());
        }
        match auth.or(inherited) {
            Some(auth) if on_base && shared.auth.as_ref() == Some(&auth) => {}
            Some(auth) => step.set("auth", auth),
            None if on_base && shared.auth.is_some() => step.set("auth", "none"),
            None => {}
        }
        if !headers.is_empty() {
            step.set("headers", headers);
        }
        if !cookies.is_empty() {
            step.set("cookies", cookies);
        }
    }
}

/// Whether a value is a host without a scheme.
pub(super) fn lacks_scheme(value: Option<&str>) -> bool {
    value.is_some_and(|v| !v.contains("://") && !v.starts_with("{{") && !v.starts_with('/'))
}

/// The headers of a request: a list, or Postman's old text of lines.
pub(super) fn given_headers(headers: Option<&Value>) -> Vec<(String, String)> {
    match headers {
        Some(Value::Array(list)) => list
            .iter()
            .filter(|h| h.get("disabled") != Some(&Value::Bool(true)))
            .filter_map(|h| {
                let name = h.get("key")?.as_str()?.trim().to_owned();
                (!name.is_empty()).then(|| (name, h.get("value").map(text).unwrap_or_default()))
            })
            .collect(),
        Some(Value::String(lines)) => lines
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .filter(|(name, _)| !name.is_empty() && !name.starts_with("//"))
            .collect(),
        _ => Vec::new(),
    }
}
