//! Credentials of a request.

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
    /// No credentials, also not the default ones.
    None,
}
