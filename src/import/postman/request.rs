//! A request of Postman as the request of a step.

use std::collections::{HashMap, HashSet};

use super::address::Address;
use super::collection::Request;
use super::oauth::{self, Client};
use super::read::{Variable, description, text};
use super::secret::Secrets;
use super::text::Binder;
use crate::flow::draft::{DraftStep, Numbers};
use crate::import::Loss;
use crate::import::secret::is_secret_name;
use crate::value::{Map, Value};

/// What is known of the whole collection.
#[derive(Default)]
pub(super) struct Context {
    pub(super) secrets: Secrets,
    pub(super) known: Known,
    /// Variables of the environments.
    pub(super) environment: HashMap<String, Variable>,
    /// Variables that stand in JSON without quotes.
    pub(super) bare: HashSet<String>,
    /// Inputs that are paths of files, with Postman's path.
    pub(super) files: HashMap<String, String>,
    /// The input that a path became, by what it wished to be called and the path.
    pub(super) paths: HashMap<(String, String), String>,
    pub(super) numbers: Numbers,
    /// Which request sets a variable, for flows that need it from another one.
    pub(super) set_by: HashMap<String, String>,
    /// Whether an environment is written, which can hold OAuth clients.
    pub(super) has_environment: bool,
    /// Clients that fetch tokens.
    pub(super) oauth: Vec<Client>,
    pub(super) losses: Vec<Loss>,
    pub(super) notes: Vec<String>,
}

/// Variables with a value: of the collection, and of the folders of the flow that is made.
#[derive(Default)]
pub(super) struct Known {
    pub(super) collection: HashMap<String, Variable>,
    pub(super) folder: HashMap<String, Variable>,
}

impl Known {
    pub(super) fn get(&self, name: &str) -> Option<&Variable> {
        self.folder.get(name).or_else(|| self.collection.get(name))
    }

    pub(super) fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
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
}

/// Whether a value is a host without a scheme.
pub(super) fn lacks_scheme(value: Option<&str>) -> bool {
    value.is_some_and(|v| !v.contains("://") && !v.starts_with("{{") && !v.starts_with('/'))
}
