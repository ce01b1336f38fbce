//! Why a grant gave no token: a closed set of kinds, each explained in words.

use std::fmt;

use super::explain;
use crate::http::TransportError;

/// What is wrong, as far as the program has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A scope the client does not have, or the person may not grant.
    InvalidScope,
    /// The person, or a policy, said no.
    AccessDenied,
    /// The client's id or secret is wrong.
    InvalidClient,
    /// The code, the refresh token or the PKCE verifier is wrong, used or expired.
    InvalidGrant,
    /// The redirect URI is not one of the client's.
    RedirectMismatch,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// The server does not know this grant.
    UnsupportedGrant,
    /// The request is not what the server expects.
    InvalidRequest,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// The server failed.
    ServerError,
    /// The device code is too old.
    ExpiredToken,
    /// Too many tokens, or too many requests.
    TooMany,
    /// There is no token and nothing to get one with: a person must sign in.
    NotLoggedIn,
    /// No reply.
    Unreachable,
    /// The reply is not a token reply.
    Malformed,
    /// The token store.
    Store,
    /// The client lacks what its grant needs.
    Incomplete,
    /// A refusal of a kind we do not know.
    Other,
}

/// A grant that failed. Neither text holds a token or a secret; the server's own words are cut and on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened: a sentence without a final period.
    pub message: String,
    /// What it means and what to change.
    pub help: String,
    /// The reply's `trackingId`, for Webex's support.
    pub tracking_id: Option<String>,
}

impl OAuthError {
    /// An error of ours; the help is the kind's own.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: explain::help(kind).to_owned(), tracking_id: None }
    }

    /// The same with other help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// What the redirect brought back instead of a code (RFC 6749 section 4.1.2.1).
    #[must_use]
    pub fn from_redirect(code: &str, description: Option<&str>) -> Self {
        Self::refused("the authorization", code, description)
    }

    /// A refusal with the server's code and words.
    pub(super) fn refused(what: &str, code: &str, description: Option<&str>) -> Self {
        let description = description
            .map(|text| explain::one_line(text.trim().trim_end_matches('.')))
            .filter(|text| !text.is_empty());
        let kind = explain::kind(code, description.as_deref());
        let code = explain::one_line(code);
        let message = match description {
            Some(text) if code.is_empty() => format!("{what} was refused: {text}"),
            Some(text) => format!("{what} was refused: {code} ({text})"),
            None => format!("{what} was refused: {code}"),
        };
        Self::new(kind, message)
    }
}

impl From<TransportError> for OAuthError {
    fn from(error: TransportError) -> Self {
        let known = Self::new(ErrorKind::Unreachable, error.message);
        match error.help {
            Some(help) => known.with_help(help),
            None => known,
        }
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.tracking_id {
            Some(id) => write!(f, " [trackingId {id}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OAuthError {}
