//! The headers of a request: its credentials and cookies have keys of their own.

use super::address::add;
use super::auth::Credentials;
use super::collection::Request;
use super::read::text;
use super::request::{Sender, Shared};
use crate::flow::draft::DraftStep;
use crate::import::secret::is_secret_name;
use crate::value::{Map, Value};

/// What the headers that somebody typed become.
#[derive(Default)]
struct Typed {
    headers: Map<String, Value>,
    cookies: Map<String, Value>,
    auth: Option<Value>,
}

impl Sender<'_, '_> {
    /// Sets the body, the headers and the credentials of `step`; a key that goes into the query is added there.
    pub(super) fn headers(
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
        let mut typed = Typed::default();
        if let Some(Value::Object(headers)) = step.keys.get("headers") {
            typed.headers = headers.clone();
        }
        for (name, value) in &given {
            if step.keys.contains_key("multipart") && is_other_type(name, value) {
                self.lose(&format!("the header {name}: a form of parts sets it itself"));
            } else if !follows_from_body(name, value, implied, step) {
                self.header(name, value, &mut typed);
            }
        }
        let Typed { mut headers, cookies, auth } = typed;
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

    fn header(&mut self, name: &str, value: &str, typed: &mut Typed) {
        if name.eq_ignore_ascii_case("authorization") {
            match self.typed_authorization(value) {
                Some(found) => typed.auth = Some(found),
                None => {
                    let lifted = self.lift(value, "authorization");
                    typed.headers.insert(name.to_owned(), self.names.template(&lifted).into());
                }
            }
        } else if name.eq_ignore_ascii_case("cookie") && (!value.contains("{{") || value.contains('=')) {
            self.cookies(value, &mut typed.cookies);
        } else if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.lose(&format!("the header {name}: it has a name that no header can have"));
        } else {
            let value = self.field(name, &value.replace(['\r', '\n', '\0'], " "));
            let there = typed.headers.keys().find(|there| there.eq_ignore_ascii_case(name)).cloned();
            add(&mut typed.headers, there.as_deref().unwrap_or(name), value.into());
        }
    }

    fn cookies(&mut self, header: &str, cookies: &mut Map<String, Value>) {
        for (name, value) in header.split(';').filter_map(|pair| pair.trim().split_once('=')) {
            let name = name.trim();
            if http::HeaderName::from_bytes(name.as_bytes()).is_err() || value.contains(['\r', '\n']) {
                self.lose(&format!("the cookie {name}: it has a name or a value that no cookie can have"));
                continue;
            }
            let lifted = if is_secret_name(name) { self.lift(value, name) } else { value.to_owned() };
            cookies.insert(name.to_owned(), self.names.template(&lifted).into());
        }
    }
}

/// Whether a header says that a form of parts is none.
fn is_other_type(name: &str, value: &str) -> bool {
    let multipart = value.trim_start().get(..10).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/"));
    name.eq_ignore_ascii_case("content-type") && !multipart
}

/// Whether a header says what the body says already, or its length, which is counted when it is sent.
fn follows_from_body(name: &str, value: &str, implied: Option<&str>, step: &DraftStep) -> bool {
    let is_body = |key: &String| matches!(key.as_str(), "json" | "form" | "multipart" | "text" | "file");
    match name.to_ascii_lowercase().as_str() {
        "content-length" | "transfer-encoding" => true,
        "content-type" => {
            let kind = value.trim().split(';').next().unwrap_or("");
            implied.is_some_and(|implied| kind.eq_ignore_ascii_case(implied)) || !step.keys.keys().any(is_body)
        }
        _ => false,
    }
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
