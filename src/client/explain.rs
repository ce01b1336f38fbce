//! What went wrong on the wire, from the error chains of four libraries, in words that say what to do.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::{ClientOptions, Proxy};
use crate::http::{Delivery, TransportError, TransportErrorKind as Kind, Url};

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

/// Sorts an error of reqwest by what its causes are.
pub(super) fn explain(error: &reqwest::Error, url: &Url, phase: Phase, options: &ClientOptions) -> TransportError {
    let at = authority(url);
    let causes = Causes::of(error);
    if let Some(tls) = causes.tls {
        return explain_tls(tls, url, if error.is_connect() { Delivery::NotSent } else { Delivery::MayHaveArrived });
    }
    if error.is_connect() {
        return explain_connect(error, &causes, url, options);
    }
    if error.is_builder() {
        let message = format!("the request to {at} cannot be put into HTTP: {}", causes.last);
        return failure(Kind::Protocol, Delivery::NotSent, message, None);
    }
    let hyper = causes.hyper;
    if causes.text.contains("refused stream before processing") {
        // HTTP/2's REFUSED_STREAM: nothing was done with the request (RFC 9113 section 8.7).
        let message = format!("{at} refused the request before it looked at it");
        return failure(Kind::Interrupted, Delivery::NotSent, message, None);
    }
    if hyper.is_some_and(hyper::Error::is_canceled) {
        // hyper cancels only what it did not begin to write.
        let message = format!("the connection to {at} was closed before the request was sent");
        return failure(Kind::Interrupted, Delivery::NotSent, message, None);
    }
    if phase == Phase::Reply && hyper.is_some_and(hyper::Error::is_parse) {
        let help = if url.scheme() == "http" {
            "if this port speaks TLS, write https://; otherwise check the port"
        } else {
            "check that the port is a web server's"
        };
        let message = format!("what {at} sent back is not HTTP ({})", causes.last);
        return failure(Kind::Protocol, Delivery::MayHaveArrived, message, Some(help));
    }
    let what = match phase {
        Phase::Reply => "closed the connection before it replied",
        Phase::Body => "closed the connection before the whole body had come",
    };
    let ended = hyper.is_some_and(|e| e.is_incomplete_message() || e.is_closed())
        || causes.io.is_some_and(|e| {
            matches!(
                e.kind(),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
            )
        });
    if ended {
        return failure(Kind::Interrupted, Delivery::MayHaveArrived, format!("{at} {what}"), None);
    }
    let (kind, part) = match phase {
        Phase::Reply => (Kind::Interrupted, "the exchange with"),
        Phase::Body => (Kind::Protocol, "the reply's body from"),
    };
    failure(kind, Delivery::MayHaveArrived, format!("{part} {at} broke: {}", causes.last), None)
}

fn explain_connect(error: &reqwest::Error, causes: &Causes<'_>, url: &Url, options: &ClientOptions) -> TransportError {
    let at = authority(url);
    let fail = |kind, message, help: Option<&str>| failure(kind, Delivery::NotSent, message, help);
    if let Proxy::Through(proxy) = &options.proxy {
        let message = format!("no connection to {at} through the proxy {} ({})", authority(proxy), causes.last);
        return fail(Kind::Connect, message, Some("check `--proxy`, or the environment's `proxy`"));
    }
    if error.is_dns() {
        let host = url.host_str().unwrap_or_default();
        let message = format!("the host name `{host}` has no address ({})", causes.last);
        return fail(Kind::Resolve, message, Some("check the spelling, the network and the proxy settings"));
    }
    if causes.text.contains("proxy") || causes.text.contains("tunnel") {
        let message = format!("the proxy made no connection to {at} ({})", causes.last);
        return fail(Kind::Connect, message, Some("check HTTP_PROXY, HTTPS_PROXY and NO_PROXY"));
    }
    match causes.io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            let help = if options.proxy == Proxy::System && system_proxy_is_set() {
                "a proxy is set (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY) and may be what refused: check it and NO_PROXY"
            } else {
                "nothing listens there: is the server running, and is the port right?"
            };
            fail(Kind::Connect, format!("{at} refused the connection"), Some(help))
        }
        Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) if url.scheme() == "https" => {
            let help = "check that the port speaks TLS; a firewall or proxy between may also do this";
            fail(Kind::Tls, format!("{at} closed the connection during the TLS handshake"), Some(help))
        }
        _ if error.is_timeout() => {
            let help =
                "the host or a firewall drops the packets: check the address, the network and the proxy settings";
            fail(Kind::Connect, format!("no connection to {at} within {:?}", options.connect_timeout), Some(help))
        }
        _ => fail(Kind::Connect, format!("no connection to {at} ({})", causes.last), None),
    }
}

fn system_proxy_is_set() -> bool {
    let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn explain_tls(error: &rustls::Error, url: &Url, delivery: Delivery) -> TransportError {
    const OWN_CA: &str = "if it is your own authority's or a test server's, name its certificate with `--cacert FILE`, \
                          or in the environment with `tls: { ca: FILE }`";
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
        other => (format!("TLS with {at} failed: {other}"), None),
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
    io: Option<&'e io::Error>,
    /// The innermost cause: the others repeat it or say less.
    last: String,
    /// All but reqwest's, lower case.
    text: String,
}

impl<'e> Causes<'e> {
    fn of(error: &'e (dyn Error + 'static)) -> Self {
        let mut causes = Self::default();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.last = error.to_string();
            // reqwest's own words name the URL, which may say anything.
            if !error.is::<reqwest::Error>() {
                causes.text.push_str(&causes.last.to_ascii_lowercase());
                causes.text.push('\n');
            }
            causes.tls = causes.tls.or(error.downcast_ref());
            causes.hyper = causes.hyper.or(error.downcast_ref());
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
