//! Credentials of a request.

use std::sync::Arc;

use crate::template::Template;

/// The `auth` of a request or of `defaults`.
#[derive(Debug)]
pub enum Auth {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer(Template),
    /// `Authorization: Basic …` (RFC 7617), UTF-8.
    Basic {
        /// The user name.
        username: Template,
        /// The password: secret.
        password: Template,
    },
    /// `Authorization: Digest …` (RFC 7616), in answer to the server's challenge.
    Digest {
        /// The user name.
        username: Template,
        /// The password: secret.
        password: Template,
    },
    /// `Authorization: Bearer …` with a token of the environment's `oauth` client of this name.
    OAuth(Arc<str>),
    /// No credentials, also not the default ones.
    None,
}
