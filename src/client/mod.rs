//! The real [`Transport`]: one request over a socket, one reply, nothing done behind the caller's back.
//!
//! reqwest is held back from all it would do on its own (redirects, retries, cookies, decoding, reading the system's
//! roots), as a test tool must show each of these. It has a client per scheme and HTTP version, each made when first
//! needed: roots take milliseconds to read and plain HTTP must not pay for them.

mod decode;
mod explain;
mod http2;
mod options;
mod probe;
mod tls;

use std::cell::OnceCell;
use std::sync::{Arc, OnceLock};

use ::http::header::{AUTHORIZATION, UPGRADE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::time::{Instant, timeout_at};

use crate::http::{
    Bytes, Delivery, Request, Response, Sending, Timing, Transport, TransportError, TransportErrorKind as Kind,
    Version, encoding,
};
pub use options::{ClientOptions, Identity, Proxy, certificates_from_pem};

use decode::DecodeError;
use explain::{Phase, THEIR_FAULT, authority, explain, failure, stalled, too_late_to_connect};
use probe::Probe;

/// The largest head of an HTTP/2 reply, in bytes as RFC 9113 section 6.5.2 counts them. hyper's own bound for HTTP/1.1 is
/// about the same; that for HTTP/2 is 16 KiB, which honest replies pass.
const LARGEST_HEAD: u32 = 256 << 10;

/// Makes a [`Client`] for each worker thread; they share what is dear to read, but no connection.
#[derive(Clone, Debug)]
pub struct Clients(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: ClientOptions,
    trust: OnceLock<Result<tls::Trust, String>>,
}

impl Clients {
    /// Reads nothing yet.
    #[must_use]
    pub fn new(options: ClientOptions) -> Self {
        Self(Arc::new(Shared { options, trust: OnceLock::new() }))
    }

    /// A client with its own connections, to be used on one runtime.
    #[must_use]
    pub fn client(&self) -> Client {
        Client { shared: Arc::clone(&self.0), slots: Default::default() }
    }
}

/// Which HTTP versions a connection may speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Any,
    Http1,
    Http2,
}

/// Sends over sockets. Connections are kept and reused; they belong to the runtime that first used them.
#[derive(Debug)]
pub struct Client {
    shared: Arc<Shared>,
    /// By scheme (plain, TLS) and [`Protocol`].
    slots: [[OnceCell<reqwest::Client>; 3]; 2],
}

impl Client {
    /// A client alone; see [`Clients`] for several.
    #[must_use]
    pub fn new(options: ClientOptions) -> Self {
        Clients::new(options).client()
    }

    fn http(&self, request: &Request) -> Result<&reqwest::Client, TransportError> {
        let protocol = match request.version {
            None => Protocol::Any,
            Some(Version::HTTP_2) => Protocol::Http2,
            Some(_) => Protocol::Http1,
        };
        // An https proxy needs roots for plain requests too.
        let through_tls = matches!(&self.shared.options.proxy, Proxy::Through(url) if url.scheme() == "https");
        let secure = through_tls || request.url.scheme() == "https";
        let [plain, tls] = &self.slots;
        let [any, http1, http2] = if secure { tls } else { plain };
        let slot = match protocol {
            Protocol::Any => any,
            Protocol::Http1 => http1,
            Protocol::Http2 => http2,
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = self.shared.build(secure, protocol).map_err(|reason| {
            let message = format!("no connection to {} can be prepared: {reason}", authority(&request.url));
            let help = reason.contains("CA certificates").then_some(
                "install the system's certificates (package `ca-certificates`), or name an authority with `--cacert FILE`",
            );
            failure(Kind::Tls, Delivery::NotSent, message, help)
        })?;
        Ok(slot.get_or_init(|| client))
    }

    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let started = Instant::now();
        let deadline = started + request.timeout;
        let options = &self.shared.options;
        let client = self.http(request)?;
        let wire = wire_request(request);
        let probe = Probe::default();
        notice_closed_connections().await;
        let mut reply = match timeout_at(deadline, probe.watch(client.execute(wire))).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(e)) if e.is_timeout() && probe.is_in_handshake() => return Err(stalled(request, options)),
            Ok(Err(e)) => {
                let mut error = explain(&e, request, Phase::Reply, options);
                let unanswered = (error.kind, error.delivery) == (Kind::Interrupted, Delivery::MayHaveArrived);
                if unanswered && probe.timing().connect.is_none() {
                    error.delivery = Delivery::OnClosingConnection;
                }
                return Err(error);
            }
            Err(_) if probe.is_connecting() => {
                return Err(too_late_to_connect(request, probe.is_in_handshake(), options));
            }
            Err(_) => return Err(too_late(request, "waiting for the reply of")),
        };
        if reply.status() == ::http::StatusCode::SWITCHING_PROTOCOLS && !request.headers.contains_key(UPGRADE) {
            let message = format!("{} switched to another protocol, which nobody asked for", authority(&request.url));
            return Err(failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(THEIR_FAULT)));
        }
        let first_byte = started.elapsed();
        let wire_body = match timeout_at(deadline, read_body(request, &mut reply, options)).await {
            Ok(body) => body?,
            Err(_) => return Err(too_late(request, "reading the reply's body from")),
        };
        let wire_size = wire_body.len() as u64;
        let codings = encoding::codings(reply.headers());
        let body = if codings.is_empty() {
            wire_body
        } else {
            decode::decode(&codings, wire_body, request.max_body).map_err(|e| undecoded(request, e))?
        };
        let timing = Timing { first_byte: Some(first_byte), total: started.elapsed(), ..probe.timing() };
        Ok(assemble(&mut reply, body, wire_size, timing))
    }
}

impl Transport for Client {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }
}

impl Shared {
    fn build(&self, secure: bool, protocol: Protocol) -> Result<reqwest::Client, String> {
        let options = &self.options;
        let tls = if secure {
            let trust = self.trust.get_or_init(|| tls::trust(options)).clone()?;
            tls::config(options, trust, protocol)
        } else {
            tls::unused()
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.map_err(|e| e.to_string())?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .tls_info(true)
            .tcp_nodelay(true)
            .connector_layer(probe::ConnectLayer)
            .dns_resolver(probe::Resolver)
            .http2_max_header_list_size(LARGEST_HEAD)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.idle_timeout)
            .user_agent(concat!("wxflow/", env!("CARGO_PKG_VERSION")))
            .default_headers([accept_encoding()].into_iter().collect());
        builder = match &options.proxy {
            Proxy::System => builder,
            Proxy::Direct => builder.no_proxy(),
            Proxy::Through(url) => {
                let except = options.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
                builder.proxy(reqwest::Proxy::all(url.clone()).map_err(|e| e.to_string())?.no_proxy(except))
            }
        };
        builder = match protocol {
            Protocol::Any => builder,
            Protocol::Http1 => builder.http1_only(),
            Protocol::Http2 => builder.http2_prior_knowledge(),
        };
        for (name, address) in &options.resolve {
            builder = builder.resolve(name, *address);
        }
        builder.build().map_err(|e| e.to_string())
    }
}

/// Lets the tasks of kept connections see that the server has closed theirs, which they are told while the runtime has
/// nothing else to do. A flow goes from one request to the next without a pause, and would send on a dead connection.
async fn notice_closed_connections() {
    // The first looks at the sockets, the second runs the tasks that were woken.
    for _ in 0..2 {
        tokio::task::yield_now().await;
    }
}

fn accept_encoding() -> (::http::HeaderName, ::http::HeaderValue) {
    (::http::header::ACCEPT_ENCODING, ::http::HeaderValue::from_static(decode::ACCEPTED))
}

fn wire_request(request: &Request) -> reqwest::Request {
    let mut url = request.url.clone();
    let mut headers = request.headers.clone();
    // `https://user:password@host` is no part of HTTP, and would be sent as HTTP/2's authority.
    if !url.username().is_empty() || url.password().is_some() {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<_>>();
        let pair = [decode(url.username()), decode(url.password().unwrap_or_default())].join(&b':');
        let basic = format!("Basic {}", BASE64.encode(pair));
        if let (Ok(basic), false) = (basic.parse(), headers.contains_key(AUTHORIZATION)) {
            headers.insert(AUTHORIZATION, basic);
        }
        url.set_username("").and_then(|()| url.set_password(None)).ok();
    }
    let mut wire = reqwest::Request::new(request.method.clone(), url);
    *wire.headers_mut() = headers;
    if !request.body.is_empty() {
        *wire.body_mut() = Some(request.body.clone().into());
    }
    wire
}

/// The body as it came. Its bound is `max_body` where it is not packed; a packed one may be a little larger than what
/// comes out of it, never much.
async fn read_body(
    request: &Request,
    reply: &mut reqwest::Response,
    options: &ClientOptions,
) -> Result<Bytes, TransportError> {
    let packed = reply.headers().contains_key(::http::header::CONTENT_ENCODING);
    let max = if packed { request.max_body.saturating_add(64 << 10) } else { request.max_body };
    let bodiless = request.method == ::http::Method::HEAD;
    let announced = reply.content_length().filter(|_| !bodiless).unwrap_or(0);
    if announced > max {
        return Err(too_large(request));
    }
    let mut first = Bytes::new();
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.map_err(|e| explain(&e, request, Phase::Body, options))? {
        if (first.len() + body.len() + chunk.len()) as u64 > max {
            return Err(too_large(request));
        }
        // Most bodies come in one piece, which needs no copy.
        if first.is_empty() && body.is_empty() {
            first = chunk;
            continue;
        }
        if body.is_empty() {
            body.reserve(usize::try_from(announced).unwrap_or(0).clamp(first.len() + chunk.len(), 1 << 20));
            body.extend_from_slice(&std::mem::take(&mut first));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(if body.is_empty() { first } else { body.into() })
}

fn assemble(reply: &mut reqwest::Response, body: Bytes, wire_size: u64, timing: Timing) -> Response {
    let headers = std::mem::take(reply.headers_mut());
    let mut response = Response::new(reply.status().as_u16(), headers, body);
    if let Some(reason) = reply.extensions().get::<hyper::ext::ReasonPhrase>() {
        response.reason = String::from_utf8_lossy(reason.as_bytes()).into_owned();
    }
    response.version = reply.version();
    response.remote_addr = reply.remote_addr();
    let tls = reply.extensions().get::<reqwest::tls::TlsInfo>();
    response.certificate = tls.and_then(|tls| tls.peer_certificate()).map(Bytes::copy_from_slice);
    response.wire_size = wire_size;
    response.timing = timing;
    response
}

fn too_late(request: &Request, doing: &str) -> TransportError {
    let message = format!("the timeout of {:?} passed while {doing} {}", request.timeout, authority(&request.url));
    failure(Kind::Timeout, Delivery::MayHaveArrived, message, Some("a longer `timeout` waits longer"))
}

fn too_large(request: &Request) -> TransportError {
    let message = format!("the reply of {} is larger than {} bytes", authority(&request.url), request.max_body);
    failure(Kind::TooLarge, Delivery::MayHaveArrived, message, Some("`--max-body SIZE` allows more"))
}

fn undecoded(request: &Request, error: DecodeError) -> TransportError {
    const PLAIN: &str = "`headers: { accept-encoding: identity }` asks for a plain reply";
    match error {
        DecodeError::TooDeep(times) => {
            let message = format!("the reply of {} is packed {times} times", authority(&request.url));
            failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(PLAIN))
        }
        DecodeError::TooLarge => too_large(request),
        DecodeError::Broken { coding, reason } => {
            let at = authority(&request.url);
            let message = format!("the reply of {at} says `content-encoding: {coding}`, and is not that: {reason}");
            failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(PLAIN))
        }
    }
}

/// Undoes `Content-Encoding`, for `fuzz/`.
#[cfg(fuzzing)]
pub fn undo_codings(codings: &[String], body: crate::http::Bytes, max: u64) -> Option<crate::http::Bytes> {
    decode::decode(codings, body, max).ok()
}

#[cfg(test)]
mod tests;
