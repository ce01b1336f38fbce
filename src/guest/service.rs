//! The three calls to Webex that make and show a guest.

use ::http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::json;

use super::{Guest, GuestError, GuestErrorKind, inspect, lifetime};
use crate::http::{HeaderValue, Method, Request, Response, Transport, Url};
use crate::value::Value;

/// The most characters of a server's message that are repeated.
const MESSAGE: usize = 500;

/// An access token.
#[derive(Clone)]
pub struct Access {
    /// The token.
    pub token: String,
    /// Its lifetime in seconds; `None` where Webex did not say.
    pub expires_in: Option<u64>,
}

/// A guest that a Service App made.
pub struct ServiceAppGuest {
    /// Its token.
    pub access: Access,
    /// Webex's whole reply, the token in it too.
    pub reply: Value,
}

/// Webex's API, behind any transport.
pub struct Webex<'a> {
    transport: &'a dyn Transport,
    base: Url,
}

impl<'a> Webex<'a> {
    /// `base` is the API's URL with `/v1`, if there is one.
    ///
    /// # Errors
    /// It is not the URL of a server.
    pub fn new(transport: &'a dyn Transport, base: &str) -> Result<Self, GuestError> {
        let wrong = |why: &str| {
            GuestError::input(format!("the base URL {why}")).help(format!("write one like {}", super::BASE_URL))
        };
        let url = Url::parse(base.trim()).map_err(|error| wrong(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("does not begin with https:// or http:// and a host"));
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong("may only have a host, a port and a path"));
        }
        Ok(Self { transport, base: url })
    }

    /// Where requests go.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// `POST /jwt/login`: a guest token for an access token. `now` is for the explanation of a refusal only: an expired
    /// token is sent too, as this machine's clock may be the wrong one.
    ///
    /// # Errors
    /// The text is no JSON Web Token (then nothing is sent), or Webex gave no access token for it.
    pub async fn login(&self, guest_token: &str, now: Timestamp) -> Result<Access, GuestError> {
        let known = inspect(guest_token, None, now)?;
        let request = self.request(Method::POST, "jwt/login", guest_token)?;
        let reply = self.transport.send(&request).await?;
        let help = || match known.problems.first() {
            Some(problem) => format!("{problem}: create a new one"),
            None => "check that the issuer and the secret belong together, and this machine's clock".to_owned(),
        };
        let body = self.read(&reply, "the guest token", help)?;
        access(body, "token")
    }

    /// `GET /people/me`: the person behind an access token.
    ///
    /// # Errors
    /// Webex does not know the token, or did not answer.
    pub async fn person(&self, token: &str) -> Result<Value, GuestError> {
        let request = self.request(Method::GET, "people/me", token)?;
        let reply = self.transport.send(&request).await?;
        let help = || "it has expired, was revoked, or is no access token: get a new one".to_owned();
        let body = self.read(&reply, "the access token", help)?;
        if body.get("id").is_none_or(|id| !id.is_string()) {
            return Err(GuestError::new(GuestErrorKind::Reply, "the reply holds no person"));
        }
        Ok(body.clone())
    }

    /// `POST /guests/token`: a guest of a Service App, made or found by its id, with an access token.
    ///
    /// # Errors
    /// The guest has no id or no name, or Webex gave no token.
    pub async fn guest(&self, service_app_token: &str, guest: Guest<'_>) -> Result<ServiceAppGuest, GuestError> {
        guest.check()?;
        let mut request = self.request(Method::POST, "guests/token", service_app_token)?;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.body = json!({"subject": guest.id, "displayName": guest.name}).to_string().into();
        let reply = self.transport.send(&request).await?;
        let help = || {
            "it takes the access token of a Service App with the scope guest-issuer:write, authorized in Control Hub"
                .to_owned()
        };
        let body = self.read(&reply, "the Service App's token", help)?;
        Ok(ServiceAppGuest { access: access(body, "accessToken")?, reply: body.clone() })
    }

    fn request(&self, method: Method, path: &str, token: &str) -> Result<Request, GuestError> {
        let token = token.trim();
        let bad = || {
            GuestError::input("the token is empty, or has characters that no token has")
                .help("give the token alone, on one line and without `Bearer`")
        };
        if !is_token(token) {
            return Err(bad());
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| bad())?;
        value.set_sensitive(true);
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        let mut request = Request::new(method, url);
        request.headers.insert(AUTHORIZATION, value);
        Ok(request)
    }

    /// The reply's JSON; an error where the status is not one of success. `help` is what to do about a 4xx.
    fn read<'r>(
        &self,
        reply: &'r Response,
        sent: &str,
        help: impl FnOnce() -> String,
    ) -> Result<&'r Value, GuestError> {
        let host = self.base.authority();
        let status = reply.status;
        let (name, said) = (format!("{status} {}", reply.reason), said(reply));
        match status {
            200..300 => reply.json().map_err(|error| {
                let message = format!("the reply of {host} is not JSON: {}", error.message);
                GuestError::new(GuestErrorKind::Reply, message).help("check the base URL: the API's ends in /v1")
            }),
            300..400 => {
                let target = reply.header("location").unwrap_or_else(|| "nowhere".to_owned());
                let message = format!("{host} answered {name}, a redirect to {target}");
                Err(GuestError::new(GuestErrorKind::Refused(status), message)
                    .help("check the base URL: no token is sent along to another place"))
            }
            429 => {
                let wait = reply.header("retry-after").and_then(|text| text.trim().parse().ok());
                let wait = wait.map_or_else(|| "later".to_owned(), |seconds| format!("in {}", lifetime(seconds)));
                let message = format!("{host} has had too many requests: {name}{said}");
                Err(GuestError::new(GuestErrorKind::Refused(status), message).help(format!("try again {wait}")))
            }
            500.. => {
                let message = format!("{host} could not answer: {name}{said}");
                let help = "the trouble is on the other side: try again later";
                Err(GuestError::new(GuestErrorKind::Failed(status), message).help(help))
            }
            _ => {
                let message = format!("{host} refused {sent}: {name}{said}");
                // An API's refusal is JSON; a page is some other server's.
                let help =
                    if reply.json().is_ok() { help() } else { "check the base URL: the API's ends in /v1".into() };
                Err(GuestError::new(GuestErrorKind::Refused(status), message).help(help))
            }
        }
    }
}

/// Webex's message and its trackingId, as its support asks for it: `: message (trackingId ROUTERGW_…)`.
fn said(reply: &Response) -> String {
    let body = reply.json().ok();
    let text = |name: &str| body.and_then(|b| b.get(name)).and_then(Value::as_str);
    let mut said = String::new();
    if let Some(message) = text("message").filter(|m| !m.is_empty()) {
        let message = cut(message);
        said = format!(": {}", message.trim_end_matches('.'));
    }
    if let Some(id) = text("trackingId").map(str::to_owned).or_else(|| reply.header("trackingid")) {
        let id = cut(&id);
        said.push_str(&format!(" (trackingId {id})"));
    }
    said
}

/// With the ellipsis the redactor knows that a secret may be cut.
fn cut(text: &str) -> String {
    let mut kept: String = text.chars().take(MESSAGE).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    kept
}

fn access(body: &Value, name: &str) -> Result<Access, GuestError> {
    let token = body.get(name).and_then(Value::as_str).filter(|token| is_token(token));
    let token = token.ok_or_else(|| {
        GuestError::new(GuestErrorKind::Reply, format!("the reply holds no access token (`{name}`)"))
            .help("check the base URL: the API's ends in /v1")
    })?;
    Ok(Access { token: token.to_owned(), expires_in: body.get("expiresIn").and_then(Value::as_u64) })
}

/// Visible ASCII: what a header can carry, and what steers no terminal.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}
