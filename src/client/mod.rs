//! The real [`Transport`]: one request over a socket, one reply, nothing done behind the caller's back.
//!
//! hyper speaks HTTP, hyper-util connects; there is no client above them, as a test tool must show all that one would do
//! on its own (redirects, retries, cookies, decoding), and one that does none of it still costs more than the send.
//! TLS is set up when first needed: roots take milliseconds to read and plain HTTP must not pay for them.

mod connect;
mod decode;
mod explain;
mod http2;
mod kept;
mod options;
mod tls;
mod wire;

use std::cell::OnceCell;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use ::http::Uri;
use ::http::header::UPGRADE;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};

use crate::http::{
    Bytes, Delivery, Request, Response, Sending, Timing, Transport, TransportError, TransportErrorKind as Kind,
    Version, encoding,
};
pub use options::{ClientOptions, Identity, Proxy, certificates_from_pem};

use connect::{Connector, Marks};
use decode::DecodeError;
use explain::{Phase, THEIR_FAULT, Via, authority, explain, explain_connect, failure, too_late_to_connect, unwritable};
use kept::{Connection, Pool};
use wire::{LONGEST, origin, wire};

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
        Client { shared: Arc::clone(&self.0), tls: Default::default(), proxies: OnceCell::new(), pool: Pool::default() }
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
    /// By [`Protocol`].
    tls: [OnceCell<Arc<ClientConfig>>; 3],
    proxies: OnceCell<Matcher>,
    pool: Pool,
}

impl Client {
    /// A client alone; see [`Clients`] for several.
    #[must_use]
    pub fn new(options: ClientOptions) -> Self {
        Clients::new(options).client()
    }

    async fn exchange(&self, request: &Request) -> Result<Response, TransportError> {
        let started = Instant::now();
        let deadline = started + request.timeout;
        let marks = Marks::default();
        let (mut connection, mut reply) = match timeout_at(deadline, self.answered(request, &marks)).await {
            Ok(answered) => answered?,
            Err(_) if marks.is_connecting() => {
                let proxy = self.route(request)?.1;
                let via = proxy.map(|proxy| Via::new(proxy.uri(), &self.shared.options));
                return Err(too_late_to_connect(request, via.as_ref(), marks.is_in_handshake()));
            }
            Err(_) => return Err(too_late(request, "waiting for the reply of")),
        };
        if reply.status() == ::http::StatusCode::SWITCHING_PROTOCOLS && !request.headers.contains_key(UPGRADE) {
            let message = format!("{} switched to another protocol, which nobody asked for", authority(&request.url));
            return Err(failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(THEIR_FAULT)));
        }
        let first_byte = started.elapsed();
        let wire_body = match timeout_at(deadline, read_body(request, &mut connection, &mut reply)).await {
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
        let timing = Timing { first_byte: Some(first_byte), total: started.elapsed(), ..marks.timing() };
        let response = assemble(reply, &connection, body, wire_size, timing);
        self.pool.keep(connection);
        Ok(response)
    }

    /// The head of the reply, and the connection that its body will come over.
    async fn answered(
        &self,
        request: &Request,
        marks: &Marks,
    ) -> Result<(Connection, hyper::Response<Incoming>), TransportError> {
        if request.url.as_str().len() > LONGEST {
            return Err(unwritable(request, &format!("its URL is longer than {LONGEST} bytes")));
        }
        let idle = self.shared.options.idle_timeout;
        let kept = self.pool.take(origin(&request.url), protocol(request), idle).await;
        let mut connection = match kept {
            Some(kept) => kept,
            None => self.connect(request, marks).await?,
        };
        loop {
            let sending = wire(request, &connection).map_err(|reason| unwritable(request, &reason))?;
            let error = match connection.send(sending).await {
                Ok(reply) => return Ok((connection, reply)),
                Err(error) => error,
            };
            // A kept connection ended before a byte of the request was written.
            if connection.reused && error.message().is_some() {
                connection = self.connect(request, marks).await?;
                continue;
            }
            let mut told = explain(error.error(), request, Phase::Reply);
            if connection.reused && (told.kind, told.delivery) == (Kind::Interrupted, Delivery::MayHaveArrived) {
                told.delivery = Delivery::OnClosingConnection;
            }
            return Err(told);
        }
    }

    /// Boxed: it is large, and most sends need none of it.
    fn connect<'a>(
        &'a self,
        request: &'a Request,
        marks: &'a Marks,
    ) -> Pin<Box<dyn Future<Output = Result<Connection, TransportError>> + 'a>> {
        Box::pin(self.connected(request, marks))
    }

    async fn connected(&self, request: &Request, marks: &Marks) -> Result<Connection, TransportError> {
        let options = &self.shared.options;
        let (target, proxy) = self.route(request)?;
        let through_tls = proxy.as_ref().is_some_and(|proxy| proxy.uri().scheme_str() == Some("https"));
        let protocol = protocol(request);
        let tls = match through_tls || request.url.scheme() == "https" {
            true => Some(self.tls(request, protocol)?),
            false => None,
        };
        let connector = Connector { options, tls, protocol, marks };
        let connected = connector.connect(&target, proxy.as_ref()).await;
        let connected = connected.map_err(|error| {
            let via = proxy.map(|proxy| Via::new(proxy.uri(), options));
            explain_connect(&error, request, via.as_ref(), marks.is_in_handshake(), options.connect_timeout)
        })?;
        Connection::open(connected, origin(&request.url), protocol)
            .await
            .map_err(|e| explain(&e, request, Phase::Reply))
    }

    /// Where a request goes, and the proxy before that.
    fn route(&self, request: &Request) -> Result<(Uri, Option<Intercept>), TransportError> {
        let target = Uri::try_from(request.url.as_str()).map_err(|e| unwritable(request, &e.to_string()))?;
        let proxies = self.proxies.get_or_init(|| connect::proxies(&self.shared.options));
        let proxy = proxies.intercept(&target);
        Ok((target, proxy))
    }

    fn tls(&self, request: &Request, protocol: Protocol) -> Result<&Arc<ClientConfig>, TransportError> {
        let [any, http1, http2] = &self.tls;
        let slot = match protocol {
            Protocol::Any => any,
            Protocol::Http1 => http1,
            Protocol::Http2 => http2,
        };
        if let Some(config) = slot.get() {
            return Ok(config);
        }
        let Shared { options, trust } = &*self.shared;
        let config = trust
            .get_or_init(|| tls::trust(options))
            .clone()
            .and_then(|trust| tls::config(options, trust, protocol).map_err(|e| e.to_string()));
        let config = config.map_err(|reason| {
            let message = format!("no connection to {} can be prepared: {reason}", authority(&request.url));
            let help = reason.contains("CA certificates").then_some(
                "install the system's certificates (package `ca-certificates`), or name an authority with `--cacert FILE`",
            );
            failure(Kind::Tls, Delivery::NotSent, message, help)
        })?;
        Ok(slot.get_or_init(|| Arc::new(config)))
    }
}

impl Transport for Client {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        Box::pin(self.exchange(request))
    }
}

fn protocol(request: &Request) -> Protocol {
    match request.version {
        None => Protocol::Any,
        Some(Version::HTTP_2) => Protocol::Http2,
        Some(_) => Protocol::Http1,
    }
}

/// The body as it came. Its bound is `max_body` where it is not packed; a packed one may be a little larger than what
/// comes out of it, never much.
async fn read_body(
    request: &Request,
    connection: &mut Connection,
    reply: &mut hyper::Response<Incoming>,
) -> Result<Bytes, TransportError> {
    let packed = reply.headers().contains_key(::http::header::CONTENT_ENCODING);
    let max = if packed { request.max_body.saturating_add(64 << 10) } else { request.max_body };
    let incoming = reply.body_mut();
    // None is announced for the reply of a HEAD, whatever its `content-length`.
    let announced = incoming.size_hint().exact().unwrap_or(0);
    if announced > max {
        return Err(too_large(request));
    }
    let mut first = Bytes::new();
    let mut body = Vec::new();
    while let Some(frame) = connection.drive(incoming.frame()).await {
        let frame = frame.map_err(|e| explain(&e, request, Phase::Body))?;
        // Trailers are nothing that a flow can look at.
        let Ok(chunk) = frame.into_data() else { continue };
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

fn assemble(
    reply: hyper::Response<Incoming>,
    connection: &Connection,
    body: Bytes,
    wire_size: u64,
    timing: Timing,
) -> Response {
    let (head, _) = reply.into_parts();
    let mut response = Response::new(head.status.as_u16(), head.headers, body);
    if let Some(reason) = head.extensions.get::<hyper::ext::ReasonPhrase>() {
        response.reason = String::from_utf8_lossy(reason.as_bytes()).into_owned();
    }
    response.version = head.version;
    response.remote_addr = connection.remote;
    response.certificate = connection.certificate.clone();
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
