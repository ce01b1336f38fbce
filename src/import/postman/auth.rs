//! Credentials of Postman as `auth` of a step.

use serde_json::json;

use super::read::text;
use super::request::Sender;
use crate::value::{Map, Value};

/// What credentials become.
#[derive(Default)]
pub(super) struct Credentials {
    pub(super) auth: Option<Value>,
    /// A header and its value.
    pub(super) header: Option<(String, String)>,
    /// A query parameter and its value.
    pub(super) query: Option<(String, String)>,
}

/// A setting of Postman's `auth`: v2.1 has a list of `{key, value}`, v2.0 a mapping.
pub(super) fn setting(auth: &Value, kind: &str, name: &str) -> Option<String> {
    let settings = auth.get(kind)?;
    let value = match settings {
        Value::Array(list) => list.iter().find(|s| s.get("key").and_then(Value::as_str) == Some(name))?.get("value")?,
        map => map.get(name)?,
    };
    (!value.is_null()).then(|| text(value))
}

impl Sender<'_, '_> {
    /// What an `auth` sends.
    pub(super) fn credentials(&mut self, auth: &Value) -> Credentials {
        let kind = auth.get("type").and_then(Value::as_str).unwrap_or("noauth");
        let get = |name: &str| setting(auth, kind, name).unwrap_or_default();
        let mut found = Credentials::default();
        match kind {
            "noauth" => {}
            "bearer" => {
                let token = get("token");
                if !token.is_empty() {
                    found.auth = Some(self.bearer(&token));
                }
            }
            "basic" | "digest" => {
                if kind == "basic" {
                    return self.basic(&get("username"), &get("password"));
                }
                // A proof of nothing cannot be written: both are asked for.
                let given = |name: &str| Some(get(name)).filter(|v| !v.is_empty()).unwrap_or(format!("{{{{{name}}}}}"));
                let username = self.names.template(&given("username"));
                let password = self.lift(&given("password"), "password");
                let password = self.names.template(&password);
                found.auth = Some(json!({kind: {"username": username, "password": password}}));
            }
            "apikey" => {
                let (key, value) = (get("key"), get("value"));
                if key.is_empty() || key.contains("{{") {
                    self.lose("an API key under a name that is a variable");
                    return found;
                }
                let value = self.lift(&value, &key);
                let pair = (key, self.names.template(&value));
                match get("in").as_str() {
                    "query" => found.query = Some(pair),
                    _ => found.header = Some(pair),
                }
            }
            "oauth2" => {
                let token = get("accessToken");
                let in_header =
                    get("addTokenTo") != "queryParams" && matches!(get("headerPrefix").trim(), "" | "Bearer");
                if token.is_empty()
                    && in_header
                    && let Some(auth) = self.oauth(auth)
                {
                    found.auth = Some(auth);
                    return found;
                }
                let token = if token.is_empty() {
                    self.oauth_note(auth);
                    "{{access_token}}".to_owned()
                } else {
                    token
                };
                if get("addTokenTo") == "queryParams" {
                    let token = self.lift(&token, "access_token");
                    found.query = Some(("access_token".to_owned(), self.names.template(&token)));
                } else {
                    let prefix = get("headerPrefix");
                    match prefix.trim() {
                        "" | "Bearer" => found.auth = Some(self.bearer(&token)),
                        other => {
                            let token = self.lift(&token, "access_token");
                            let value = self.names.template(&format!("{other} {token}"));
                            found.header = Some(("Authorization".to_owned(), value));
                        }
                    }
                }
            }
            other => self.lose(&format!("credentials of the kind `{other}`")),
        }
        found
    }

    /// User name and password. An API key as the user name, without a password, is a header of its own.
    pub(super) fn basic(&mut self, username: &str, password: &str) -> Credentials {
        if !username.is_empty() && !password.is_empty() {
            let username = self.names.template(username);
            let password = self.lift(password, "password");
            let auth = json!({"basic": {"username": username, "password": self.names.template(&password)}});
            return Credentials { auth: Some(auth), ..Credentials::default() };
        }
        let (username, password) = (self.lift(username, "api_key"), self.lift(password, "password"));
        let pair = self.names.expression(&format!("{username}:{password}"));
        let value = format!("Basic {{{{ ({pair}) | base64_encode }}}}");
        Credentials { header: Some(("Authorization".to_owned(), value)), ..Credentials::default() }
    }

    /// `{bearer: …}` for a token in Postman's text.
    pub(super) fn bearer(&mut self, token: &str) -> Value {
        let token = self.lift(token, "access_token");
        json!({"bearer": self.names.template(&token)})
    }

    fn oauth_note(&mut self, auth: &Value) {
        let get = |name: &str| setting(auth, "oauth2", name).filter(|v| !v.is_empty());
        let grant = get("grant_type").unwrap_or_else(|| "an OAuth grant".to_owned());
        let place = get("accessTokenUrl").map(|url| format!(" at {url}")).unwrap_or_default();
        let note = format!(
            "Postman itself fetched the token ({grant}{place}): give it as `access_token`, or name the client under `oauth` in the environment and write `auth: {{ oauth: NAME }}`"
        );
        if !self.context.notes.contains(&note) {
            self.context.notes.push(note);
        }
    }

    /// An `Authorization` header that somebody typed, as `auth` where it is one; `None` where it stays a header.
    pub(super) fn typed_authorization(&mut self, value: &str) -> Option<Value> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() && !rest.contains(' ') {
            return Some(self.bearer(rest));
        }
        if scheme.eq_ignore_ascii_case("basic") && !rest.contains("{{") {
            use base64::Engine as _;
            let bytes = base64::engine::general_purpose::STANDARD.decode(rest).ok()?;
            let pair = String::from_utf8(bytes).ok()?;
            let (username, password) = pair.split_once(':').filter(|(u, p)| !u.is_empty() && !p.is_empty())?;
            self.context.secrets.hide(rest);
            let password = self.lift(password, "password");
            let mut basic = Map::new();
            basic.insert("username".to_owned(), crate::flow::draft::literal(username).into());
            basic.insert("password".to_owned(), self.names.template(&password).into());
            return Some(json!({"basic": basic}));
        }
        None
    }
}
