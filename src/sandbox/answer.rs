//! What a route gives back: status, headers, body and the wait before it; and Webex's one shape of error.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde_json::json;

use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Response};
use crate::value::Value;

/// The content encodings that `/_wxflow/encoded/…` can put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950: HTTP's `deflate` is zlib-wrapped (RFC 9110 section 8.4.1.2).
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

/// One reply of the sandbox, before it is on a wire. No `Debug`: its body may hold a token.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers; `content-length` and `date` are the wire's.
    pub headers: HeaderMap,
    /// The body, not encoded yet.
    pub body: Bytes,
    /// What the wire encodes the body with; the header says so already.
    pub encoding: Option<Encoding>,
    /// How long to wait before answering.
    pub delay: Duration,
}

impl Answer {
    /// A reply with no body.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), encoding: None, delay: Duration::ZERO }
    }

    pub(super) fn with_body(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut answer = Self::empty(status);
        answer.headers.insert(::http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = body.into();
        answer
    }

    /// 200 with this value as JSON. Webex answers 200 also to what it creates.
    pub(super) fn json(value: &Value) -> Self {
        Self::json_with(200, value)
    }

    pub(super) fn json_with(status: u16, value: &Value) -> Self {
        Self::with_body(status, "application/json", value.to_string())
    }

    /// Adds a header line; a value that is none is left out.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.append(name, value);
        }
        self
    }

    /// The bytes that go over the wire.
    ///
    /// # Errors
    /// An encoder failed; none does when it writes to memory.
    pub fn wire_body(&self) -> io::Result<Bytes> {
        let Some(encoding) = self.encoding else { return Ok(self.body.clone()) };
        let mut out = Vec::new();
        match encoding {
            Encoding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
                encoder.write_all(&self.body)?;
                encoder.finish()?;
            }
            Encoding::Deflate => {
                let mut encoder = flate2::write::ZlibEncoder::new(&mut out, flate2::Compression::fast());
                encoder.write_all(&self.body)?;
                encoder.finish()?;
            }
            Encoding::Brotli => {
                brotli::CompressorReader::new(self.body.as_ref(), 4096, 4, 20).read_to_end(&mut out)?;
            }
            Encoding::Zstd => out = zstd::encode_all(self.body.as_ref(), 1)?,
        }
        Ok(out.into())
    }

    /// The reply as the client of `Transport` sees it: decoded, with the size it would have on the wire.
    #[must_use]
    pub fn into_response(self) -> Response {
        let wire_size = self.wire_body().map_or(self.body.len(), |b| b.len()) as u64;
        let mut response = Response::new(self.status, self.headers, self.body);
        response.wire_size = wire_size;
        response
    }
}

/// A request the service will not serve; it becomes the error body of Webex.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
    pub(super) headers: Vec<(HeaderName, String)>,
    /// The `error` that OAuth clients read (RFC 6749 section 5.2).
    oauth: Option<&'static str>,
    /// What `errors` says where it is not the message again.
    detail: Option<&'static str>,
}

/// What every route returns.
pub(super) type Outcome = Result<Answer, Refusal>;

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), headers: Vec::new(), oauth: None, detail: None }
    }

    /// A failure of an OAuth route: both shapes in one body, because clients of both kinds are in use and Webex's
    /// own is not documented.
    pub(super) fn oauth(status: u16, code: &'static str, description: impl Into<String>) -> Self {
        Self { oauth: Some(code), ..Self::new(status, description) }
    }

    /// With this text in `errors`, below a general message.
    pub(super) fn detail(mut self, text: &'static str) -> Self {
        self.detail = Some(text);
        self
    }

    /// The live service's text for a token without the scope of a route.
    pub(super) fn missing_scope() -> Self {
        Self::forbidden(
            "The server understood the request, but refused to fulfill it because the access token is missing required \
             scopes or the user is missing required roles or licenses.",
        )
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    pub(super) fn malformed() -> Self {
        Self::new(400, "The request could not be understood by the server due to malformed syntax.")
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(401, "The request requires a valid access token set in the Authorization request header.")
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, message)
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "The requested resource could not be found.")
    }

    pub(super) fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `{message, errors: [{description}], trackingId}`, in OAuth routes with `error` and `error_description`.
    pub(super) fn into_answer(self, tracking_id: &str) -> Answer {
        let detail = self.detail.unwrap_or(&self.message);
        let mut body = json!({
            "message": self.message,
            "errors": [{"description": detail}],
            "trackingId": tracking_id,
        });
        if let Some(code) = self.oauth {
            body["error"] = code.into();
            body["error_description"] = detail.into();
        }
        let answer = Answer::json_with(self.status, &body);
        self.headers.into_iter().fold(answer, |answer, (name, value)| answer.header(name, &value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_can_be_decoded_again() {
        let text = b"sandbox ".repeat(50);
        let encoded = |encoding| {
            let mut answer = Answer::with_body(200, "text/plain", text.clone());
            answer.encoding = Some(encoding);
            let wire = answer.wire_body().unwrap();
            assert!(wire.len() < text.len());
            assert_eq!(answer.into_response().wire_size, wire.len() as u64);
            wire
        };
        fn read(mut reader: impl Read) -> Vec<u8> {
            let mut out = Vec::new();
            reader.read_to_end(&mut out).unwrap();
            out
        }
        assert_eq!(read(flate2::read::GzDecoder::new(&encoded(Encoding::Gzip)[..])), text);
        assert_eq!(read(flate2::read::ZlibDecoder::new(&encoded(Encoding::Deflate)[..])), text);
        assert_eq!(read(brotli::Decompressor::new(&encoded(Encoding::Brotli)[..], 4096)), text);
        assert_eq!(zstd::decode_all(&encoded(Encoding::Zstd)[..]).unwrap(), text);
    }
}
