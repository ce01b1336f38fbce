//! Why there is no token, or no trust in one: a closed set of kinds, and words that say what to do.

use std::fmt;

use crate::http::TransportError;
use crate::jwt::JwtError;

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestErrorKind {
    /// What was handed in cannot be used. Nothing was sent.
    Input,
    /// No reply came.
    Unreachable,
    /// Webex said no: a status below 500, which it is.
    Refused(u16),
    /// Webex could not: a status from 500 up, which it is.
    Failed(u16),
    /// The reply has not what it must have.
    Reply,
}

/// A failure. It holds neither token nor secret of ours, but what a server said, which may repeat one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestError {
    /// Who can do something about it.
    pub kind: GuestErrorKind,
    /// What happened, without a final period.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl GuestError {
    pub(super) fn new(kind: GuestErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    pub(super) fn input(message: impl Into<String>) -> Self {
        Self::new(GuestErrorKind::Input, message)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<JwtError> for GuestError {
    fn from(error: JwtError) -> Self {
        Self { kind: GuestErrorKind::Input, message: error.message, help: error.help }
    }
}

impl From<TransportError> for GuestError {
    fn from(error: TransportError) -> Self {
        Self { kind: GuestErrorKind::Unreachable, message: error.message, help: error.help }
    }
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for GuestError {}
