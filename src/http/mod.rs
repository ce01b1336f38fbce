//! What goes over the wire, as data: requests, responses, and the one trait that sends.

mod body;
mod certificate;
pub mod cookies;
pub mod digest;
pub mod encoding;
mod error;
pub mod link;
pub mod multipart;
pub mod redirect;
mod response;
mod urls;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
pub use bytes::Bytes;
pub use url::Url;

pub use certificate::Certificate;
pub use error::{Delivery, TransportError, TransportErrorKind};
pub use response::{JsonError, Response, Timing};
pub use urls::Urls;

/// One request, ready to be sent: nothing in it is a template any more. A redirect or a resend is another one.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method; the caller's spelling, as RFC 9110 wants it.
    pub method: Method,
    /// The absolute URL. Its fragment is never sent.
    pub url: Url,
    /// Every header that we set. The transport adds `host`, `content-length`, `accept-encoding` and `user-agent` where absent.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// The HTTP version to force; `None` negotiates (ALPN).
    pub version: Option<Version>,
    /// The bound on the whole send: connecting, headers and body.
    pub timeout: Duration,
    /// The most bytes a decoded reply may have.
    pub max_body: u64,
}

impl Request {
    /// A request with no headers and no body, the language's default timeout (30 s) and body limit (64 MiB).
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            version: None,
            timeout: Duration::from_secs(30),
            max_body: 64 << 20,
        }
    }
}

/// Scheme, host and port of a URL: what credentials are bound to (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: String,
    /// The host, lower case; an IPv6 address in brackets.
    pub host: String,
    /// The port, the scheme's own where the URL has none.
    pub port: u16,
}

impl Origin {
    /// The origin of a URL; `None` where it has no host.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default()?,
        })
    }
}

/// A send under way. Not `Send`: each worker thread has its own runtime and its own client.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + 'a>>;

/// Sends one request and gets one response. It follows no redirect, keeps no cookie and resends nothing:
/// the engine does that, so that each send can be seen.
pub trait Transport {
    /// Sends `request`. A reply with any status is `Ok`.
    ///
    /// # Errors
    /// No reply, or one that could not be read whole.
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a>;
}
