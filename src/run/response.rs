//! `response` as templates see it: fields are converted when they are asked for, JSON once.

use std::sync::{Arc, OnceLock};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};
use sha2::{Digest, Sha256};

use super::send::Received;
use crate::check::Hop;
use crate::flow::RESPONSE_FIELDS;
use crate::http::cookies::parse_set_cookie;
use crate::http::{Request, Response};
use crate::template::{failing_value, shared_json, to_template_value};
use crate::value;

/// The reply of a request step.
#[derive(Debug)]
pub(super) struct ResponseObject {
    response: Arc<Response>,
    request: Arc<Request>,
    redirects: Vec<Hop>,
    duration_ms: f64,
    attempts: u32,
    json: OnceLock<Value>,
}

impl ResponseObject {
    pub(super) fn of(received: &Received) -> Value {
        Value::from_object(Self {
            response: Arc::clone(&received.response),
            request: Arc::clone(&received.request),
            redirects: received.hops.clone(),
            duration_ms: super::record::milliseconds(received.took),
            attempts: received.attempts,
            json: OnceLock::new(),
        })
    }

    /// The body as JSON, made on first use; a body that is none fails where it is used.
    fn json(&self) -> Value {
        let made = || match self.response.shared_json() {
            Ok(json) => shared_json(Arc::clone(json)),
            Err(error) => {
                let (line, column, why) = (error.line, error.column, &error.message);
                let message = format!("the reply's body is not JSON: {why} at line {line}, column {column}");
                failing_value(&message, Some("`response.text` has it as text"))
            }
        };
        self.json.get_or_init(made).clone()
    }

    fn headers(&self) -> Value {
        let mut map = value::Map::new();
        for name in self.response.headers.keys() {
            let name = name.as_str();
            let lines = self.response.headers.get_all(name).iter();
            let value = match name {
                // Joined lines of `set-cookie` cannot be taken apart again (RFC 6265 section 3).
                "set-cookie" => lines.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect(),
                _ => value::Value::String(self.response.header(name).unwrap_or_default()),
            };
            map.insert(name.to_owned(), value);
        }
        to_template_value(&value::Value::Object(map))
    }

    fn cookies(&self) -> Value {
        let mut map = value::Map::new();
        for cookie in parse_set_cookie(&self.response.headers) {
            let name = cookie.name.clone();
            map.insert(name, serde_json::to_value(cookie).unwrap_or_default());
        }
        to_template_value(&value::Value::Object(map))
    }
}

impl Object for ResponseObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let response = &self.response;
        Some(match key.as_str()? {
            "status" => Value::from(response.status),
            "reason" => Value::from(response.reason.as_str()),
            "http_version" => Value::from(response.version_text()),
            "headers" => self.headers(),
            "cookies" => self.cookies(),
            "text" => Value::from(response.text()),
            "json" => self.json(),
            "url" => Value::from(self.request.url.as_str()),
            "duration_ms" => Value::from(self.duration_ms),
            "size" => Value::from(response.body.len()),
            "wire_size" => Value::from(response.wire_size),
            "sha256" => Value::from(hex(&Sha256::digest(&response.body))),
            "redirects" => to_template_value(&self.redirects.iter().map(Hop::to_value).collect()),
            "remote_ip" => Value::from(response.remote_addr.map(|a| a.ip().to_string())),
            "attempts" => Value::from(self.attempts),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        // Without what would fail as soon as the whole is rendered.
        let is_json = self.response.json().is_ok();
        Enumerator::Values(
            RESPONSE_FIELDS.iter().filter(|f| is_json || **f != "json").map(|f| Value::from(*f)).collect(),
        )
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
