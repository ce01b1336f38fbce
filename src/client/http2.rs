//! What went wrong in HTTP/2's own terms (RFC 9113 section 7): who ended what, and why.

use h2::Reason;

use super::explain::{Phase, THEIR_FAULT, authority, failure};
use crate::http::{Delivery, Request, TransportError, TransportErrorKind as Kind};

/// What to do where the server does not keep to it.
pub(super) const INSISTED: &str = "the server may not speak HTTP/2, or not well: `http: 1.1` may work";

/// Says who ended the connection or the stream, the server or we, and what that means for the request.
pub(super) fn explain(error: &h2::Error, request: &Request, phase: Phase) -> TransportError {
    let at = authority(&request.url);
    let reason = error.reason().unwrap_or(Reason::PROTOCOL_ERROR);
    let arrived = |kind, message, help| failure(kind, Delivery::MayHaveArrived, message, help);
    if !error.is_remote() {
        let message = format!("{at} broke the rules of HTTP/2 ({reason})");
        return arrived(Kind::Protocol, message, Some(INSISTED));
    }
    if reason == Reason::REFUSED_STREAM {
        // Nothing was done with the request (section 8.7).
        let message = format!("{at} refused the request before it looked at it");
        return failure(Kind::Interrupted, Delivery::NotSent, message, None);
    }
    if error.is_go_away() && reason == Reason::NO_ERROR {
        // h2 says so of the streams behind the last one that the server will answer, and of no other (section 6.8).
        let message = format!("{at} is closing its connections, and did not look at the request");
        return failure(Kind::Interrupted, Delivery::NotSent, message, None);
    }
    if reason == Reason::HTTP_1_1_REQUIRED {
        let message = format!("{at} wants this request over HTTP/1.1 ({reason:?})");
        return arrived(Kind::Protocol, message, Some("write `http: 1.1`"));
    }
    let ended = match (error.is_go_away(), phase) {
        (true, _) => "the connection",
        (false, Phase::Reply) => "the request",
        (false, Phase::Body) => "the reply's body",
    };
    let why = match reason {
        Reason::INTERNAL_ERROR => "an error of its own".to_owned(),
        Reason::CANCEL => "it cancelled it".to_owned(),
        Reason::ENHANCE_YOUR_CALM => "too many requests or frames".to_owned(),
        other => other.description().to_owned(),
    };
    let help = (reason == Reason::INTERNAL_ERROR).then_some(THEIR_FAULT);
    arrived(Kind::Interrupted, format!("{at} ended {ended}: {why} ({reason:?})"), help)
}
