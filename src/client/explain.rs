//! What went wrong on the wire, from the error chains of four libraries, in words that say what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use ::http::Uri;
use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::connect::{ConnectError, port};
use super::wire::LONGEST;
use super::{ClientOptions, Proxy, http2};
use crate::http::{Delivery, Request, TransportError, TransportErrorKind as Kind, Url, Version};

/// What to do about a reply that no server should send.
pub(super) const THEIR_FAULT: &str = "the server, or a proxy before it, is at fault: its log may say more";
const PROXY_PASSWORD: &str = "name them in the proxy's URL: `http://USER:PASSWORD@HOST:PORT`";
const SPEAKS_TLS: &str = "check that the port speaks TLS; a firewall or proxy between may also do this";
const DROPPED: &str = "the host or a firewall drops the packets: check the address, the network and the proxy settings";

/// Which part of a send an error ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Up to the reply's head.
    Reply,
    /// The reply's body.
    Body,
}

/// `host:port` of a URL, for messages.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

pub(super) fn failure(kind: Kind, delivery: Delivery, message: String, help: Option<&str>) -> TransportError {
    TransportError { kind, delivery, message, help: help.map(str::to_owned) }
}

/// Sorts an error of a connection that was there by what its causes are.
pub(super) fn explain(error: &hyper::Error, request: &Request, phase: Phase) -> TransportError {
    let url = &request.url;
    let at = authority(url);
    let causes = Causes::of(error);
    if let Some(tls) = causes.tls {
        return explain_tls(tls, request, Delivery::MayHaveArrived);
    }
    if causes.hyper.is_some_and(hyper::Error::is_canceled) {
        // hyper cancels only what it did not begin to write; why it did may be what a server said first.
        if let Some(error) = not_http(&causes, url) {
            return TransportError { delivery: Delivery::NotSent, ..error };
        }
        let message = format!("the connection to {at} was closed before the request was sent");
        return failure(Kind::Interrupted, Delivery::NotSent, message, None);
    }
    if phase == Phase::Reply
        && let Some(error) = not_http(&causes, url)
    {
        return error;
    }
    let broken = |io: &io::Error| {
        matches!(io.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
    };
    let ended = causes.hyper.is_some_and(|e| e.is_incomplete_message() || e.is_closed())
        || causes.io.or(causes.http2.and_then(h2::Error::get_io)).is_some_and(broken);
    if ended {
        let (what, help) = match phase {
            // A server that does not speak HTTP/2 may just hang up.
            Phase::Reply if request.version == Some(Version::HTTP_2) => {
                ("closed the connection before it replied", Some(http2::INSISTED))
            }
            Phase::Reply => ("closed the connection before it replied", None),
            Phase::Body => ("closed the connection before the whole body had come", None),
        };
        return failure(Kind::Interrupted, Delivery::MayHaveArrived, format!("{at} {what}"), help);
    }
    if let Some(error) = causes.http2.filter(|error| !error.is_io()) {
        return http2::explain(error, request, phase);
    }
    let (kind, part) = match phase {
        Phase::Reply => (Kind::Interrupted, "the exchange with"),
        Phase::Body => (Kind::Protocol, "the reply's body from"),
    };
    failure(kind, Delivery::MayHaveArrived, format!("{part} {at} broke: {}", causes.last), Some(THEIR_FAULT))
}

/// A request that the libraries will not write.
pub(super) fn unwritable(request: &Request, reason: &str) -> TransportError {
    let message = format!("the request to {} cannot be put into HTTP: {reason}", authority(&request.url));
    let long = request.url.as_str().len() > LONGEST;
    failure(Kind::Protocol, Delivery::NotSent, message, long.then_some("send what is so long in the body"))
}

/// A reply of which hyper cannot read the head.
fn not_http(causes: &Causes<'_>, url: &Url) -> Option<TransportError> {
    let at = authority(url);
    let fail = |message, help| Some(failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(help)));
    if causes.hyper.is_some_and(hyper::Error::is_parse_too_large) || causes.text.contains("header_list_way_too_large") {
        let message = format!("the head of the reply of {at} is too large: too many headers, or too long ones");
        return fail(message, THEIR_FAULT);
    }
    // A server that speaks first is none of HTTP's.
    let unasked = causes.text.contains("unexpected message from connection");
    if !unasked && !causes.hyper.is_some_and(hyper::Error::is_parse) {
        return None;
    }
    let in_headers = ["header", "content-length", "transfer-encoding"].iter().any(|part| causes.text.contains(part));
    let help = match url.scheme() {
        _ if in_headers => THEIR_FAULT,
        "http" => "if this port speaks TLS, write https://; otherwise check the port",
        _ => "check that the port is a web server's",
    };
    fail(format!("what {at} sent back is not HTTP ({})", causes.last), help)
}

/// The proxy that a connection is made through.
pub(super) struct Via {
    /// `host:port`.
    at: String,
    /// Where the person named it.
    check: &'static str,
}

impl Via {
    pub(super) fn new(proxy: &Uri, options: &ClientOptions) -> Self {
        let host = proxy.host().unwrap_or("(no host)");
        let at = format!("{host}:{}", port(proxy));
        let check = match options.proxy {
            Proxy::Through(_) => "check `--proxy`, or the environment's `proxy`",
            _ => "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
        };
        Self { at, check }
    }
}

/// Says why no connection came about.
pub(super) fn explain_connect(
    error: &ConnectError,
    request: &Request,
    via: Option<&Via>,
    in_handshake: bool,
    bound: Duration,
) -> TransportError {
    let url = &request.url;
    let at = authority(url);
    let fail = |kind, message, help: Option<&str>| failure(kind, Delivery::NotSent, message, help);
    let causes = match error {
        ConnectError::TooLate if in_handshake => {
            let message = format!("{at} did not finish the TLS handshake within {bound:?}");
            return fail(Kind::Connect, message, Some(SPEAKS_TLS));
        }
        ConnectError::TooLate => Causes::default(),
        ConnectError::Resolve(cause) | ConnectError::Connect(cause) => Causes::of(&**cause),
    };
    if let Some(tls) = causes.tls {
        return explain_tls(tls, request, Delivery::NotSent);
    }
    let io = causes.io.map(io::Error::kind);
    let too_late = matches!(error, ConnectError::TooLate) || io == Some(io::ErrorKind::TimedOut);
    if let Some(Via { at: proxy, check }) = via {
        let (reason, asks) = proxy_reason(&causes);
        let message = match io {
            Some(io::ErrorKind::ConnectionRefused) => {
                format!("no connection to {at}: the proxy {proxy} refused the connection")
            }
            _ if too_late => format!("no connection to {at} through the proxy {proxy} within {bound:?}"),
            _ => format!("no connection to {at} through the proxy {proxy} ({reason})"),
        };
        return fail(Kind::Connect, message, Some(if asks { PROXY_PASSWORD } else { check }));
    }
    if let ConnectError::Resolve(_) = error {
        let host = url.host_str().unwrap_or_default();
        let message = format!("the host name `{host}` has no address ({})", causes.last);
        return fail(Kind::Resolve, message, Some("check the spelling, the network and the proxy settings"));
    }
    match io {
        Some(io::ErrorKind::ConnectionRefused) => {
            let help = "nothing listens there: is the server running, and is the port right?";
            fail(Kind::Connect, format!("{at} refused the connection"), Some(help))
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) if url.scheme() == "https" => {
            let message = format!("{at} closed the connection during the TLS handshake");
            fail(Kind::Tls, message, Some(SPEAKS_TLS))
        }
        _ if too_late => fail(Kind::Connect, format!("no connection to {at} within {bound:?}"), Some(DROPPED)),
        _ => fail(Kind::Connect, format!("no connection to {at} ({})", causes.last), None),
    }
}

/// What the proxy did, in other words than hyper-util's where those say little, and whether it wants a password.
fn proxy_reason<'c>(causes: &'c Causes<'_>) -> (&'c str, bool) {
    let says = |words| causes.text.contains(words);
    match () {
        () if says("proxy authorization required") => ("it wants a user and a password", true),
        () if says("tunnel error: unsuccessful") => ("it refused to open a tunnel", false),
        () if says("tunnel error: unexpected end of file") || says("io error during socks handshake") => {
            ("it closed the connection", false)
        }
        () => (&causes.last, false),
    }
}

/// `timeout` passed before a connection was there.
pub(super) fn too_late_to_connect(request: &Request, via: Option<&Via>, in_handshake: bool) -> TransportError {
    let at = authority(&request.url);
    let (doing, help) = match via {
        Some(Via { at: proxy, check }) => (format!("while connecting to {at} through the proxy {proxy}"), *check),
        None if in_handshake => (format!("during the TLS handshake with {at}"), SPEAKS_TLS),
        None => (format!("while connecting to {at}"), DROPPED),
    };
    let message = format!("the timeout of {:?} passed {doing}", request.timeout);
    failure(Kind::Timeout, Delivery::NotSent, message, Some(help))
}

fn explain_tls(error: &rustls::Error, request: &Request, delivery: Delivery) -> TransportError {
    const OWN_CA: &str = "if it is your own authority's or a test server's, name its certificate with `--cacert FILE`, \
                          or in the environment with `tls: { ca: FILE }`";
    let url = &request.url;
    let at = authority(url);
    let (message, help) = match error {
        rustls::Error::InvalidCertificate(reason) => {
            let (reason, help) = certificate(reason, url);
            (format!("the certificate of {at} {reason}"), Some(help.unwrap_or(OWN_CA)))
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => (
            format!("{at} does not speak TLS: it answered the handshake with something else"),
            Some("if the server speaks plain HTTP, write http:// instead of https://"),
        ),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) if request.version.is_none() => (
            format!("{at} speaks none of the HTTP versions that wxflow offered"),
            Some("check that the port is a web server's"),
        ),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => (
            format!("{at} does not speak the HTTP version that was asked for"),
            Some("leave `http` out, and client and server choose one"),
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => (
            format!("{at} wants a client certificate"),
            Some("give one with `--cert` and `--key`, or in the environment with `tls: { cert: …, key: … }`"),
        ),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => (
            format!("{at} and wxflow have no TLS version or cipher in common ({error})"),
            Some("wxflow speaks TLS 1.2 and 1.3"),
        ),
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => (
            format!("{at} broke the TLS handshake off"),
            Some(
                "wxflow speaks TLS 1.2 and 1.3; the server may want another version, or a client certificate (`--cert`)",
            ),
        ),
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => (
            format!("{at} does not know the name `{}`", url.host_str().unwrap_or_default()),
            Some("check the URL's host: this server answers for other names"),
        ),
        other if delivery == Delivery::NotSent => (format!("TLS with {at} failed: {other}"), Some(SPEAKS_TLS)),
        other => (format!("TLS with {at} failed: {other}"), Some(THEIR_FAULT)),
    };
    failure(Kind::Tls, delivery, message, help)
}

/// What is wrong with a certificate, and what to do where it is not "trust its issuer".
fn certificate(error: &CertificateError, url: &Url) -> (String, Option<&'static str>) {
    const NAME: &str = "check the URL's host: the server, or something between, answers for another name";
    const RENEW: &str = "its owner must renew it; check this machine's clock too";
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("expired on {}", instant(not_after.as_secs())), Some(RENEW))
        }
        CertificateError::Expired => ("has expired".to_owned(), Some(RENEW)),
        CertificateError::NotValidYetContext { not_before, .. } => {
            let from = instant(not_before.as_secs());
            (format!("is valid only from {from} on"), Some("check this machine's clock"))
        }
        CertificateError::NotValidYet => ("is not valid yet".to_owned(), Some("check this machine's clock")),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let host = url.host_str().unwrap_or_default();
            let names: Vec<_> = presented.iter().map(|name| name_in_words(name)).collect();
            let names = if names.is_empty() { "no name at all".to_owned() } else { names.join(", ") };
            (format!("is not for `{host}`: it is for {names}"), Some(NAME))
        }
        CertificateError::NotValidForName => ("is for another name".to_owned(), Some(NAME)),
        CertificateError::UnknownIssuer => {
            ("is signed by an authority that this machine does not trust".to_owned(), None)
        }
        // Its issuer's name is one that is trusted, and the key another: an authority of one's own was made anew.
        CertificateError::BadSignature => {
            ("is not signed by the key of the authority that it names and this machine trusts".to_owned(), None)
        }
        CertificateError::Revoked => ("was revoked".to_owned(), Some("its owner must replace it")),
        other => {
            let text = other.to_string();
            if text.contains("CaUsedAsEndEntity") {
                return ("is self-signed".to_owned(), None);
            }
            (format!("is not valid: {text}"), Some("its owner must replace it"))
        }
    }
}

/// rustls gives `DnsName("a.example")` or `IpAddress(127.0.0.1)`.
fn name_in_words(name: &str) -> String {
    let inner = name.split_once('(').map_or(name, |(_, rest)| rest.trim_end_matches(')'));
    format!("`{}`", inner.trim_matches('"'))
}

fn instant(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    at.map_or_else(|| "an impossible date".to_owned(), |at| at.to_string())
}

/// The causes that decide.
#[derive(Default)]
struct Causes<'e> {
    tls: Option<&'e rustls::Error>,
    hyper: Option<&'e hyper::Error>,
    http2: Option<&'e h2::Error>,
    io: Option<&'e io::Error>,
    /// The innermost cause: the others repeat it or say less.
    last: String,
    /// All, lower case.
    text: String,
}

impl<'e> Causes<'e> {
    fn of(error: &'e (dyn Error + 'static)) -> Self {
        let mut causes = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.last = error.to_string();
            causes.text.push_str(&causes.last.to_ascii_lowercase());
            causes.text.push('\n');
            causes.tls = causes.tls.or(error.downcast_ref());
            causes.hyper = causes.hyper.or(error.downcast_ref());
            causes.http2 = causes.http2.or(error.downcast_ref());
            let io: Option<&io::Error> = error.downcast_ref();
            causes.io = io.or(causes.io);
            // An io::Error that wraps another error gives that one's source as its own and so hides it.
            next = match io.and_then(io::Error::get_ref) {
                Some(inner) => Some(inner),
                None => error.source(),
            };
        }
        causes
    }
}
