//! One request on its way through a route: its parts as routes ask for them.

use std::borrow::Cow;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::answer::Refusal;
use super::fixtures::Fixtures;
use super::scope::Scopes;
use super::store::{Role, Store};
use crate::http::{HeaderMap, Request};
use crate::value::{Map, Value};

/// What a route gets: the request, the `{}` of its path, the store and the time.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) param: Cow<'a, str>,
    pub(super) store: &'a mut Store,
    pub(super) fixtures: &'a Fixtures,
    pub(super) now: Timestamp,
    /// For the few error texts that repeat it.
    pub(super) tracking_id: &'a str,
    /// What the token was granted; `None` may do whatever its owner may.
    pub(super) scopes: Option<Scopes>,
}

/// Whose token it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) person: Uuid,
    pub(super) role: Role,
}

impl Caller {
    /// Refuses everyone but an administrator.
    pub(super) fn must_administer(self) -> Result<(), Refusal> {
        if self.role == Role::Admin { Ok(()) } else { Err(Refusal::missing_scope()) }
    }
}

impl Call<'_> {
    /// The first query parameter of this name; an empty one counts as absent, as `?before&after` in Webex's own links.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        self.request.url.query_pairs().find(|(k, v)| k == name && !v.is_empty()).map(|(_, v)| v.into_owned())
    }

    /// Refuses a token that carries scopes but none of these, which are separated by spaces.
    pub(super) fn require(&self, any_of: &str) -> Result<(), Refusal> {
        match &self.scopes {
            Some(scopes) if !scopes.allow(any_of) => Err(Refusal::missing_scope()),
            _ => Ok(()),
        }
    }

    /// The body as a form. Its type is not looked at, but for JSON: some clients leave it out.
    pub(super) fn form(&self) -> Result<Form, Refusal> {
        let kind = header(&self.request.headers, "content-type").unwrap_or_default();
        if kind.trim().to_ascii_lowercase().starts_with("application/json") {
            return Err(Refusal::oauth(415, "invalid_request", "Send the body as application/x-www-form-urlencoded."));
        }
        Ok(Form(url::form_urlencoded::parse(&self.request.body).into_owned().collect()))
    }

    /// Where the sandbox answers for this client: scheme, host, port, and `/v1` where the request had it.
    pub(super) fn base_url(&self) -> String {
        let origin = self.request.url.origin().ascii_serialization();
        let version = if self.request.url.path().starts_with("/v1/") { "/v1" } else { "" };
        format!("{origin}{version}")
    }

    /// The body as a JSON object. No `Content-Type` at all is let through; which of the two the real service
    /// does is not known.
    pub(super) fn body(&self) -> Result<Fields, Refusal> {
        if let Some(kind) = header(&self.request.headers, "content-type") {
            let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            if essence != "application/json" && !essence.ends_with("+json") {
                return Err(Refusal::new(
                    415,
                    format!("The content type {essence} is not supported; send application/json."),
                ));
            }
        }
        match serde_json::from_slice(&self.request.body) {
            Ok(Value::Object(map)) => Ok(Fields(map)),
            _ => Err(Refusal::malformed()),
        }
    }
}

/// A header's first line as text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A path segment as it was meant.
pub(super) fn decode_segment(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

/// The fields of a form. A blank one counts as absent.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.trim().is_empty()).map(|(_, value)| value.as_str())
    }

    /// # Errors
    /// `invalid_request`, with the field's name.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::oauth(400, "invalid_request", format!("{name} is missing")))
    }
}

/// The members of a JSON body. `null` counts as absent.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(s)) => Ok(Some(s)),
            Some(_) => Err(Refusal::bad_request(format!("{name} must be a string"))),
        }
    }

    /// EMU's text for what is missing: "roomId cannot be null"; blank text is taken for missing.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name)?
            .filter(|s| !s.trim().is_empty())
            .ok_or_else(|| Refusal::bad_request(format!("{name} cannot be null")))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(*b)),
            Some(_) => Err(Refusal::bad_request(format!("{name} must be true or false"))),
        }
    }
}
