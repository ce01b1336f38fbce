//! Making a connection: the proxy, the host's addresses, TCP, a tunnel, TLS.

use std::cell::Cell;
use std::error::Error;
use std::future::{self, Ready};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ::http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use super::{ClientOptions, Protocol, Proxy};
use crate::http::{Bytes, Timing};

/// How long nothing comes before the system asks the other side whether it is still there, and between its questions.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// When the phases of one send began and ended. A reused connection passes none of them.
#[derive(Debug, Default)]
pub(super) struct Marks {
    began: Cell<Option<Instant>>,
    resolving: Cell<Option<Instant>>,
    resolved: Cell<Option<Instant>>,
    hello: Cell<Option<Instant>>,
    connected: Cell<Option<Instant>>,
}

impl Marks {
    /// Whether a connection was begun and is not there yet: then nothing of the request was sent.
    pub(super) fn is_connecting(&self) -> bool {
        self.began.get().is_some() && self.connected.get().is_none()
    }

    /// Whether what [`Marks::is_connecting`] waits for is TLS.
    pub(super) fn is_in_handshake(&self) -> bool {
        self.hello.get().is_some() && self.connected.get().is_none()
    }

    /// The phases that happened, of a send that was answered.
    pub(super) fn timing(&self) -> Timing {
        let Self { began, resolving, resolved, hello, connected } = self;
        let between = |from: Option<Instant>, to: Option<Instant>| Some(to?.saturating_duration_since(from?));
        let mut timing = Timing { reused: connected.get().is_none(), ..Timing::default() };
        if let Some(connected) = connected.get() {
            timing.dns = between(resolving.get(), resolved.get());
            timing.connect = between(resolved.get().or(began.get()), hello.get().or(Some(connected)));
            timing.tls = between(hello.get(), Some(connected));
        }
        timing
    }
}

fn mark(cell: &Cell<Option<Instant>>) {
    cell.set(Some(Instant::now()));
}

/// Why no connection came about.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// The host name has no address.
    Resolve(Cause),
    /// All else.
    Connect(Cause),
    /// The bound on connecting passed.
    TooLate,
}

type Cause = Box<dyn Error + Send + Sync>;

impl<E: Into<Cause>> From<E> for ConnectError {
    fn from(error: E) -> Self {
        Self::Connect(error.into())
    }
}

/// What bytes go over.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

pub(super) type Stream = TokioIo<Box<dyn Duplex>>;

/// A connection that is there.
pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) http2: bool,
    /// The other end: the proxy's, where there is one.
    pub(super) remote: Option<SocketAddr>,
    /// The server's own certificate, DER.
    pub(super) certificate: Option<Bytes>,
    pub(super) forward: Option<Forward>,
}

/// A proxy that is handed the request itself (RFC 9112 section 3.2.2), and no tunnel.
pub(super) struct Forward {
    /// What it is to know us by.
    pub(super) authorization: Option<HeaderValue>,
}

/// Which proxy a URL goes through.
pub(super) fn proxies(options: &ClientOptions) -> Matcher {
    match &options.proxy {
        Proxy::System => Matcher::from_system(),
        Proxy::Direct => Matcher::builder().build(),
        Proxy::Through(url) => {
            let except = options.no_proxy.as_deref().unwrap_or_default();
            Matcher::builder().all(url.as_str()).no(except).build()
        }
    }
}

/// What a connection is made with.
pub(super) struct Connector<'a> {
    pub(super) options: &'a ClientOptions,
    /// For `https`, also that of a proxy.
    pub(super) tls: Option<&'a Arc<ClientConfig>>,
    pub(super) protocol: Protocol,
    pub(super) marks: &'a Marks,
}

impl Connector<'_> {
    /// Connects to the host of `target`, or to `proxy` and by it to the host.
    ///
    /// # Errors
    /// No address, no answer, no TLS, or not within the options' bound.
    pub(super) async fn connect(&self, target: &Uri, proxy: Option<&Intercept>) -> Result<Connected, ConnectError> {
        mark(&self.marks.began);
        let made = tokio::time::timeout(self.options.connect_timeout, self.make(target, proxy)).await;
        let connected = made.map_err(|_| ConnectError::TooLate)??;
        mark(&self.marks.connected);
        Ok(connected)
    }

    async fn make(&self, target: &Uri, proxy: Option<&Intercept>) -> Result<Connected, ConnectError> {
        let secure = target.scheme_str() == Some("https");
        let tcp = self.tcp(proxy.map_or(target, Intercept::uri)).await?;
        let remote = tcp.peer_addr().ok();
        let (stream, forward): (Box<dyn Duplex>, _) = match proxy {
            None => (Box::new(tcp), None),
            // Boxed, as what most connections do not need would be room on every stack.
            Some(proxy) => Box::pin(self.beyond(proxy, target, tcp)).await?,
        };
        let http2 = self.protocol == Protocol::Http2;
        if !secure {
            return Ok(Connected { stream: TokioIo::new(stream), http2, remote, certificate: None, forward });
        }
        mark(&self.marks.hello);
        let stream = Box::pin(self.secured(target, stream, To::Target)).await?;
        let (_, session) = stream.get_ref();
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let certificate = certificate.map(|certificate| Bytes::copy_from_slice(certificate));
        let http2 = http2 || session.alpn_protocol() == Some(b"h2");
        Ok(Connected { stream: TokioIo::new(Box::new(stream)), http2, remote, certificate, forward })
    }

    /// From the proxy on: a way to the target, or the proxy itself where it is to be handed the request.
    async fn beyond(
        &self,
        proxy: &Intercept,
        target: &Uri,
        tcp: TcpStream,
    ) -> Result<(Box<dyn Duplex>, Option<Forward>), ConnectError> {
        let at = proxy.uri().clone();
        let scheme = proxy.uri().scheme_str().unwrap_or("http");
        if scheme.starts_with("socks") {
            // With these names, addresses are our own business; with `socks4a` and `socks5h` the proxy's.
            let here = matches!(scheme, "socks4" | "socks5");
            let target = if here { self.resolved(target).await? } else { target.clone() };
            let made = Made(Some(TokioIo::new(Box::new(tcp) as Box<dyn Duplex>)));
            let stream = if scheme.starts_with("socks4") {
                SocksV4::new(at, made).call(target).await?
            } else {
                let mut socks = SocksV5::new(at, made);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                socks.call(target).await?
            };
            return Ok((stream.into_inner(), None));
        }
        let stream: Box<dyn Duplex> = match scheme {
            "https" => Box::new(self.secured(proxy.uri(), tcp, To::Proxy).await?),
            _ => Box::new(tcp),
        };
        let authorization = proxy.basic_auth().cloned();
        if target.scheme_str() != Some("https") {
            return Ok((stream, Some(Forward { authorization })));
        }
        let mut tunnel = Tunnel::new(at, Made(Some(TokioIo::new(stream))));
        if let Some(authorization) = authorization {
            tunnel = tunnel.with_auth(authorization);
        }
        Ok((tunnel.call(target.clone()).await?.into_inner(), None))
    }

    async fn secured<S: Duplex>(&self, server: &Uri, stream: S, to: To) -> Result<TlsStream<S>, ConnectError> {
        let mut config = Arc::clone(self.tls.ok_or("there is no configuration for TLS")?);
        if to == To::Proxy {
            // It is spoken to in HTTP/1.1, whatever the target speaks.
            Arc::make_mut(&mut config).alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        let name = ServerName::try_from(bare(server.host().unwrap_or_default()).to_owned())?;
        Ok(TlsConnector::from(config).connect(name, stream).await?)
    }

    async fn tcp(&self, to: &Uri) -> Result<TcpStream, ConnectError> {
        let addresses = Addresses(self.addresses(to).await?);
        let to = with_port(to)?;
        let mut connector = HttpConnector::new_with_resolver(addresses);
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(self.options.connect_timeout));
        connector.set_keepalive(Some(KEEP_ALIVE));
        connector.set_keepalive_interval(Some(KEEP_ALIVE));
        Ok(connector.call(to).await?.into_inner())
    }

    /// The addresses of a host name, the user's before the system's. The port of `to` is not looked at.
    async fn addresses(&self, to: &Uri) -> Result<Vec<SocketAddr>, ConnectError> {
        let host = to.host().unwrap_or_default();
        if bare(host).parse::<IpAddr>().is_ok() {
            // Needs no resolver, and is asked of none.
            return Ok(Vec::new());
        }
        // The last word counts.
        if let Some((_, fixed)) = self.options.resolve.iter().rfind(|(name, _)| name.eq_ignore_ascii_case(host)) {
            return Ok(vec![*fixed]);
        }
        mark(&self.marks.resolving);
        let found = tokio::net::lookup_host((host, 0)).await.map_err(|e| ConnectError::Resolve(e.into()))?;
        mark(&self.marks.resolved);
        Ok(found.collect())
    }

    /// `target` with the first address of its host in place of its name.
    async fn resolved(&self, target: &Uri) -> Result<Uri, ConnectError> {
        let Some(first) = self.addresses(target).await?.first().map(SocketAddr::ip) else { return Ok(target.clone()) };
        let host = if first.is_ipv6() { format!("[{first}]") } else { first.to_string() };
        let port = target.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = target.scheme_str().unwrap_or("http");
        Ok(Uri::builder().scheme(scheme).authority(format!("{host}{port}")).path_and_query("/").build()?)
    }
}

/// The port of `http`, `https` and SOCKS (RFC 1928 section 3) where the URL names none.
pub(super) fn port(of: &Uri) -> u16 {
    of.port_u16().unwrap_or_else(|| match of.scheme_str() {
        Some("https") => 443,
        Some(scheme) if scheme.starts_with("socks") => 1080,
        _ => 80,
    })
}

/// hyper-util knows no port of SOCKS.
fn with_port(to: &Uri) -> Result<Uri, ConnectError> {
    if to.port().is_some() || !to.scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) {
        return Ok(to.clone());
    }
    let authority = format!("{}:{}", to.host().unwrap_or_default(), port(to));
    Ok(Uri::builder().scheme("socks5").authority(authority).path_and_query("/").build()?)
}

/// Whom TLS is spoken with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Target,
    Proxy,
}

/// An IPv6 address without the brackets that URLs have around it.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Addresses that are known already, for hyper-util's way to try them (RFC 8305).
#[derive(Clone)]
struct Addresses(Vec<SocketAddr>);

impl Service<Name> for Addresses {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        future::ready(Ok(self.0.clone().into_iter()))
    }
}

/// A stream that is there already, for hyper-util's tunnels.
struct Made(Option<Stream>);

impl Service<Uri> for Made {
    type Response = Stream;
    type Error = &'static str;
    type Future = Ready<Result<Stream, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        future::ready(self.0.take().ok_or("a stream is used once"))
    }
}
