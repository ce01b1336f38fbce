//! One send and its reply, as reports show it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::{Delivery, TransportErrorKind};

/// Why a send happened, or a wait before one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The step's first send, or a `wait` step.
    Step,
    /// A redirect was followed.
    Redirect,
    /// The server asked to wait (429, 423, 503).
    RateLimit,
    /// `retry` after a network error or a status.
    Retry,
    /// `poll` looks again.
    Poll,
    /// The next page.
    Page,
    /// The access token was refreshed, or a digest challenge answered.
    Auth,
}

/// A header line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Its name, lower case.
    pub name: String,
    /// Its value; bytes that are not UTF-8 are U+FFFD.
    pub value: String,
}

/// How [`Body::text`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As text.
    Text,
    /// In base64: the body is not text.
    Base64,
}

/// A body, or the beginning of one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// Its text, masked and cut.
    pub text: String,
    /// How `text` is written.
    pub encoding: Encoding,
    /// The size of the whole body in bytes.
    pub size: u64,
    /// True where `text` is not all of it.
    pub cut: bool,
}

/// Where the time of a send went, in milliseconds. Absent phases did not happen: nothing is resolved for an address, nor
/// connected where the connection was reused.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// Name resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<f64>,
    /// TCP connect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// From the send's beginning to the reply's head: connecting and the server's work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// From the reply's head to the body's last byte, unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_ms: Option<f64>,
    /// From the send's beginning to its end.
    pub total_ms: f64,
    /// True where the request went over a connection that an earlier one had opened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
}

/// A reply.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// `1.1`, `2`.
    pub http_version: String,
    /// The headers; empty where the run did not ask for them and the step passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The body; absent where there is none, or the run did not ask for it and the step passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The decoded size in bytes.
    pub size: u64,
    /// The size on the wire in bytes.
    pub wire_size: u64,
    /// The peer's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
    /// What a refusal usually means and what to do, in one line, where a step failed and the service (Webex) is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One send.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Exchange {
    /// Why it happened.
    pub because: Reason,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers we set; empty where the run did not ask for them and the step passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<Header>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// When it began, in milliseconds since the step began.
    pub start_ms: f64,
    /// Where the time went.
    pub times: Times,
    /// The reply; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    /// Why there was none, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The same for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Why a send has no reply.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The phase or rule that failed.
    pub kind: TransportErrorKind,
    /// Whether the server can have seen the request.
    pub delivery: Delivery,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}
