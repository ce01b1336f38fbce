//! OAuth settings of Postman as clients of the environments that are written.

use serde_json::json;

use super::auth::setting;
use super::request::{Context, Sender};
use super::text::{Part, parts};
use crate::http::Url;
use crate::value::{Map, Value};

/// Postman's names of grants that a client here has too.
const GRANTS: &[(&str, &str)] = &[
    ("authorization_code", "authorization_code"),
    ("authorization_code_with_pkce", "authorization_code"),
    ("client_credentials", "client_credentials"),
];
/// Keys of a client that hold a URL, and Postman's.
const URLS: &[(&str, &str)] =
    &[("authorize_url", "authUrl"), ("token_url", "accessTokenUrl"), ("redirect_uri", "redirect_uri")];

/// A client, in Postman's texts.
#[derive(Clone, Debug)]
pub(super) struct Client {
    /// What flows call it.
    pub(super) name: String,
    auth: Value,
    /// Where its tokens are sent.
    hosts: Vec<String>,
}

/// A text with the values of its variables; `None` where one has no value.
pub(super) fn resolved(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let one = |part: Part<'_>| match part {
        Part::Text(text) => Some(text.to_owned()),
        Part::Name(name) => value(name).filter(|value| !value.is_empty() && !value.contains("{{")),
    };
    parts(text).into_iter().map(one).collect()
}

/// The host of a URL.
pub(super) fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

impl Client {
    /// As it stands in an environment whose variables `value` knows; `None` where that does not say enough.
    pub(super) fn written(&self, value: &dyn Fn(&str) -> Option<String>) -> Option<Map<String, Value>> {
        let get = |name: &str| setting(&self.auth, "oauth2", name).filter(|v| !v.is_empty());
        let (_, grant) = GRANTS.iter().find(|(theirs, _)| get("grant_type").as_deref() == Some(*theirs))?;
        let mut client = Map::from_iter([("grant".to_owned(), json!(grant))]);
        for (ours, theirs) in URLS {
            let needed = *ours == "token_url" || *grant == "authorization_code";
            let url = get(theirs).filter(|_| needed).and_then(|text| resolved(&text, value));
            match url.filter(|url| host(url).is_some() && url.starts_with("http")) {
                Some(url) => _ = client.insert((*ours).to_owned(), url.into()),
                None if needed => return None,
                None => {}
            }
        }
        let id = get("clientId")?;
        let place = || json!({"env": variable(&id, "CLIENT_ID")});
        client.insert("client_id".to_owned(), resolved(&id, value).map_or_else(place, Value::from));
        match get("clientSecret") {
            Some(secret) => {
                client.insert("client_secret".to_owned(), json!({"env": variable(&secret, "CLIENT_SECRET")}));
            }
            None if *grant == "client_credentials" => return None,
            None => {}
        }
        let scopes = get("scope").and_then(|text| resolved(&text, value)).unwrap_or_default();
        let scopes: Vec<&str> = scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
        if !scopes.is_empty() {
            client.insert("scopes".to_owned(), scopes.into());
        }
        let home = client.get("token_url").and_then(Value::as_str).and_then(host);
        if self.hosts.iter().any(|host| Some(host) != home.as_ref()) {
            client.insert("hosts".to_owned(), self.hosts.clone().into());
        }
        Some(client)
    }
}

/// The environment variable for a text: the variable's name where it is one, in capitals.
fn variable(text: &str, otherwise: &str) -> String {
    match parts(text).as_slice() {
        [Part::Name(name)] if name.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
        }
        _ => otherwise.to_owned(),
    }
}

impl Context {
    /// The value of a variable that is no secret.
    pub(super) fn open_value(&self, name: &str) -> Option<String> {
        self.value(name).filter(|_| !self.secrets.holds(name)).map(str::to_owned)
    }
}

impl Sender<'_, '_> {
    /// `{oauth: NAME}`, where an environment is written that can hold the client.
    pub(super) fn oauth(&mut self, auth: &Value) -> Option<Value> {
        if !self.context.has_environment {
            return None;
        }
        let host = self.host.clone()?;
        if let Some(client) = self.context.oauth.iter_mut().find(|client| client.auth == *auth) {
            if !client.hosts.contains(&host) {
                client.hosts.push(host);
            }
            return Some(json!({"oauth": client.name}));
        }
        let mut client = Client { name: String::new(), auth: auth.clone(), hosts: vec![host.clone()] };
        client.written(&|name| self.context.open_value(name))?;
        if let Some(secret) = setting(auth, "oauth2", "clientSecret") {
            self.context.secrets.hide(&secret);
            self.context.secrets.learn_names(&secret);
        }
        // `webexapis.com` is `webex`, `api.example.com` is `example`.
        let labels: Vec<&str> = host.split('.').collect();
        let label = labels.iter().rev().nth(1).or(labels.first()).copied().unwrap_or("oauth");
        let label: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
        let wish = match label.as_str() {
            "webexapis" | "ciscospark" => "webex",
            label if label.starts_with(|c: char| c.is_ascii_alphabetic()) => label,
            _ => "oauth",
        };
        let taken = |name: &str| self.context.oauth.iter().any(|client| client.name == name);
        let numbered = (2..).map(|number: usize| format!("{wish}_{number}"));
        client.name = std::iter::once(wish.to_owned()).chain(numbered).find(|name| !taken(name))?;
        let auth = json!({"oauth": client.name});
        self.context.oauth.push(client);
        Some(auth)
    }
}
