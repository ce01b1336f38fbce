//! Why no reply came: a closed set of kinds, so that retry rules and messages need no guessing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The phase or rule that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransportErrorKind {
    /// The host name has no address.
    Resolve,
    /// No connection: refused, unreachable, or the proxy would not.
    Connect,
    /// TLS: certificate, name or protocol.
    Tls,
    /// `timeout` passed.
    Timeout,
    /// The connection broke after the request began.
    Interrupted,
    /// The reply is not HTTP, or its encoding is broken.
    Protocol,
    /// The decoded body is larger than `max_body`.
    TooLarge,
    /// A rule of ours forbids it (a host outside `hosts`, the sandbox's closed network).
    Refused,
}

impl TransportErrorKind {
    /// The closed word that events carry.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::Protocol => "protocol",
            Self::TooLarge => "too-large",
            Self::Refused => "refused",
        }
    }
}

/// Whether the server can have seen the request: POST and PATCH are resent only when it cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Not one byte of it left.
    NotSent,
    /// It went out on a connection kept from an earlier request, which the server closed without a byte of reply: most
    /// likely it was closing already. An idempotent request may be sent again at once (RFC 9112 section 9.3.1).
    OnClosingConnection,
    /// Some or all of it may have arrived.
    MayHaveArrived,
}

/// A send that ended without a whole reply.
#[derive(Clone, Debug)]
pub struct TransportError {
    /// The phase or rule.
    pub kind: TransportErrorKind,
    /// Whether the server can have seen the request.
    pub delivery: Delivery,
    /// What happened: a sentence without a final period, naming the host.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TransportError {}
