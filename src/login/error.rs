//! Why a login cannot begin, or came to nothing.

use std::fmt;

use crate::oauth::OAuthError;

/// A login that gave no token.
#[derive(Debug)]
pub enum LoginError {
    /// The environment, or this machine, does not allow it: what happened, and what to change.
    Setup(String, String),
    /// The server, the person or the store said no.
    Refused(OAuthError),
    /// The person gave up on the page.
    GivenUp,
}

impl From<OAuthError> for LoginError {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(message, _) => f.write_str(message),
            Self::Refused(error) => error.fmt(f),
            Self::GivenUp => f.write_str("the login was given up on the page"),
        }
    }
}

impl std::error::Error for LoginError {}
