//! A reply, read whole, whose text and JSON are made once and borrowed after.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{Bytes, HeaderMap, Version, body};
use crate::value::Value;

/// How long each phase of a send took. A phase that did not happen (a reused connection) is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// Name resolution.
    pub dns: Option<Duration>,
    /// TCP connect.
    pub connect: Option<Duration>,
    /// TLS handshake.
    pub tls: Option<Duration>,
    /// From the start of the send to the response's head.
    pub first_byte: Option<Duration>,
    /// The request went over a connection that an earlier one had opened.
    pub reused: bool,
    /// From the start of the send to the last byte of the body.
    pub total: Duration,
}

/// A body that was asked for as JSON and is not: where and why.
#[derive(Clone, Debug)]
pub struct JsonError {
    /// Line in the body, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// What the parser says.
    pub message: String,
}

/// One reply.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The reason phrase; the code's own where the server sent none (HTTP/2 has none).
    pub reason: String,
    /// The protocol version.
    pub version: Version,
    /// The headers, as received.
    pub headers: HeaderMap,
    /// The decoded body.
    pub body: Bytes,
    /// The bytes of the body on the wire, before decoding.
    pub wire_size: u64,
    /// The peer's address, where there is a socket.
    pub remote_addr: Option<SocketAddr>,
    /// The server's certificate in DER, where there was TLS; see [`super::Certificate`].
    pub certificate: Option<Bytes>,
    /// Where the time went.
    pub timing: Timing,
    text: OnceLock<(String, bool)>,
    json: OnceLock<Result<Arc<Value>, JsonError>>,
}

impl Response {
    /// A reply with these parts; no peer, no times.
    #[must_use]
    pub fn new(status: u16, headers: HeaderMap, body: Bytes) -> Self {
        let reason = ::http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
        Self {
            status,
            reason: reason.to_owned(),
            version: Version::HTTP_11,
            headers,
            wire_size: body.len() as u64,
            body,
            remote_addr: None,
            certificate: None,
            timing: Timing::default(),
            text: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    /// The body as text by its declared charset, else UTF-8. What cannot be decoded is U+FFFD.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.decoded().0
    }

    /// True where [`Response::text`] had to put U+FFFD for something.
    #[must_use]
    pub fn text_was_lossy(&self) -> bool {
        self.decoded().1
    }

    /// True where the body has been read as text, and not all of it could be.
    #[must_use]
    pub fn decoded_lossily(&self) -> bool {
        self.text.get().is_some_and(|(_, lossy)| *lossy)
    }

    /// The body as JSON, whatever its `Content-Type`; parsed on first use only.
    ///
    /// # Errors
    /// The body is not one JSON value.
    pub fn json(&self) -> Result<&Value, &JsonError> {
        self.shared_json().map(|json| &**json)
    }

    /// As [`Response::json`], for those who keep it beyond the borrow.
    ///
    /// # Errors
    /// The body is not one JSON value.
    pub fn shared_json(&self) -> Result<&Arc<Value>, &JsonError> {
        self.json.get_or_init(|| body::parse_json(&self.body).map(Arc::new)).as_ref()
    }

    /// The body as a JSON value of one's own, for those who take it apart; it is parsed anew.
    ///
    /// # Errors
    /// As [`Response::json`].
    pub fn parse_json(&self) -> Result<Value, JsonError> {
        body::parse_json(&self.body)
    }

    /// The same reply, with `json` for its JSON; body and text stay as they came.
    #[must_use]
    pub fn with_json(&self, json: Value) -> Self {
        Self { json: OnceLock::from(Ok(Arc::new(json))), ..self.with_body(self.body.clone()) }
    }

    /// The same reply, with another body; `wire_size` stays as it came.
    #[must_use]
    pub fn with_body(&self, body: Bytes) -> Self {
        Self {
            status: self.status,
            reason: self.reason.clone(),
            version: self.version,
            headers: self.headers.clone(),
            body,
            wire_size: self.wire_size,
            remote_addr: self.remote_addr,
            timing: self.timing,
            certificate: self.certificate.clone(),
            text: OnceLock::new(),
            json: OnceLock::new(),
        }
    }

    /// A header's lines joined with `, ` (RFC 9110 section 5.3); `None` where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let lines: Vec<_> = self.headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// `1.0`, `1.1`, `2` or `3`.
    #[must_use]
    pub fn version_text(&self) -> &'static str {
        match self.version {
            Version::HTTP_09 => "0.9",
            Version::HTTP_10 => "1.0",
            Version::HTTP_2 => "2",
            Version::HTTP_3 => "3",
            _ => "1.1",
        }
    }

    fn decoded(&self) -> &(String, bool) {
        self.text.get_or_init(|| body::decode_text(&self.headers, &self.body))
    }
}
