//! A sandbox with a clock that stands still, and a small builder of requests to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::{Fault, Sandbox};
use crate::http::{HeaderName, HeaderValue, Method, Request, Url};
use crate::value::Value;

/// 2030-01-01T00:00:00Z.
pub(super) const NOW: i64 = 1_893_456_000;

pub(super) struct Lab {
    pub(super) sandbox: Arc<Sandbox>,
    now: Arc<AtomicI64>,
}

pub(super) struct Reply {
    pub(super) status: u16,
    /// Null where the body is no JSON.
    pub(super) json: Value,
    pub(super) answer: super::Answer,
}

pub(super) struct Builder<'a>(&'a Lab, Request);

impl Lab {
    pub(super) fn new() -> Self {
        Self::with_faults(&[])
    }

    pub(super) fn with_faults(faults: &[Fault]) -> Self {
        let now = Arc::new(AtomicI64::new(NOW));
        let seconds = Arc::clone(&now);
        let clock = move || Timestamp::from_second(seconds.load(Ordering::SeqCst)).unwrap();
        Self { sandbox: Arc::new(Sandbox::new(7, Box::new(clock)).with_faults(faults)), now }
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn variable(&self, name: &str) -> String {
        let variables = self.sandbox.variables("http://127.0.0.1:4000");
        variables.into_iter().find(|(n, _)| *n == name).unwrap().1
    }

    pub(super) fn person(&self) -> String {
        self.variable("WEBEX_ACCESS_TOKEN")
    }

    pub(super) fn request(&self, method: &str, target: &str) -> Builder<'_> {
        let url = Url::parse("http://127.0.0.1:4000").unwrap().join(target).unwrap();
        Builder(self, Request::new(Method::from_bytes(method.as_bytes()).unwrap(), url))
    }

    pub(super) fn get(&self, target: &str) -> Builder<'_> {
        self.request("GET", target)
    }

    pub(super) fn post(&self, target: &str) -> Builder<'_> {
        self.request("POST", target)
    }

    pub(super) fn put(&self, target: &str) -> Builder<'_> {
        self.request("PUT", target)
    }

    pub(super) fn delete(&self, target: &str) -> Builder<'_> {
        self.request("DELETE", target)
    }

    /// A new group room of the person; its id.
    pub(super) fn room(&self, title: &str) -> String {
        let body = serde_json::json!({"title": title});
        self.post("/rooms").token(&self.person()).json(&body).send().id()
    }

    /// The id of whose token it is.
    pub(super) fn id_of(&self, token: &str) -> String {
        self.get("/people/me").token(token).send().id()
    }
}

impl Builder<'_> {
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.1.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(super) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(&body.to_string())
    }

    pub(super) fn body(mut self, body: &str) -> Self {
        self.1.body = body.to_owned().into();
        self
    }

    pub(super) fn build(self) -> Request {
        self.1
    }

    pub(super) fn send(self) -> Reply {
        let answer = self.0.sandbox.handle(&self.1);
        let json = serde_json::from_slice(&answer.body).unwrap_or_default();
        Reply { status: answer.status, json, answer }
    }
}

impl Reply {
    pub(super) fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.json)).to_owned()
    }

    pub(super) fn message(&self) -> &str {
        self.json["message"].as_str().unwrap_or_else(|| panic!("no message in {}", self.json))
    }

    pub(super) fn items(&self) -> usize {
        self.json["items"].as_array().unwrap_or_else(|| panic!("no items in {}", self.json)).len()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers.get(name)?.to_str().ok()
    }

    /// Where the `Link` header leads.
    pub(super) fn next(&self) -> Option<&str> {
        self.header("link")?.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")
    }
}
