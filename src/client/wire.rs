//! A request as hyper wants it: its target in the form that the connection needs, and the headers that every client sends.

use ::http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, PROXY_AUTHORIZATION, USER_AGENT};
use ::http::{HeaderMap, HeaderValue, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_body_util::Full;
use url::Position;

use super::decode;
use super::kept::{Connection, Wire};
use crate::http::{Bytes, Request, Url, Version};

/// The longest URL that the `http` crate takes.
pub(super) const LONGEST: usize = u16::MAX as usize - 1;

/// Scheme, host and port of a URL.
pub(super) fn origin(url: &Url) -> &str {
    // Without user and password, which are no part of an origin and come before the host.
    match url.has_authority() && (!url.username().is_empty() || url.password().is_some()) {
        true => &url[Position::BeforeHost..Position::AfterPort],
        false => &url[..Position::AfterPort],
    }
}

/// `request` for a connection.
///
/// # Errors
/// The `http` crate does not take its target; why.
pub(super) fn wire(request: &Request, connection: &Connection) -> Result<Wire, String> {
    let url = &request.url;
    let whole = connection.is_http2() || connection.forward.is_some();
    let path = &url[Position::BeforePath..Position::AfterQuery];
    let target = match whole {
        // The URL without its user, password and fragment.
        true => format!("{}://{}{path}", url.scheme(), &url[Position::BeforeHost..Position::AfterPort]),
        false => path.to_owned(),
    };
    let mut wire = Wire::new(Full::new(request.body.clone()));
    *wire.method_mut() = request.method.clone();
    *wire.uri_mut() = Uri::from_maybe_shared(Bytes::from(target)).map_err(|e| e.to_string())?;
    let headers = wire.headers_mut();
    *headers = request.headers.clone();
    authorize(headers, url);
    let mut or_else = |name, value: &dyn Fn() -> HeaderValue| _ = headers.entry(name).or_insert_with(value);
    or_else(ACCEPT, &|| HeaderValue::from_static("*/*"));
    or_else(ACCEPT_ENCODING, &|| HeaderValue::from_static(decode::ACCEPTED));
    or_else(USER_AGENT, &|| HeaderValue::from_static(concat!("wxflow/", env!("CARGO_PKG_VERSION"))));
    if let Some(forward) = &connection.forward
        && let Some(authorization) = &forward.authorization
    {
        or_else(PROXY_AUTHORIZATION, &|| authorization.clone());
    }
    if connection.is_http2() {
        *wire.version_mut() = Version::HTTP_2;
    } else if !headers.contains_key(HOST) {
        let host = &url[Position::BeforeHost..Position::AfterPort];
        headers.insert(HOST, HeaderValue::from_str(host).map_err(|e| e.to_string())?);
    }
    Ok(wire)
}

/// `https://user:password@host` is no part of HTTP, and would be sent as HTTP/2's authority.
fn authorize(headers: &mut HeaderMap, url: &Url) {
    if url.username().is_empty() && url.password().is_none() || headers.contains_key(AUTHORIZATION) {
        return;
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<_>>();
    let pair = [decode(url.username()), decode(url.password().unwrap_or_default())].join(&b':');
    if let Ok(basic) = format!("Basic {}", BASE64.encode(pair)).parse() {
        headers.insert(AUTHORIZATION, basic);
    }
}
