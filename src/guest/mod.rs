//! Webex guests: the JWT of a Guest Issuer app, its exchange for an access token, and the Service App's one call.
//!
//! Guest Issuer apps can no longer be made, those that exist still work; Service Apps succeed them. What is sent and
//! signed is what `guestissuer` 0.6.2 sends and signs, so that tokens of both tools are the same.

mod error;
mod inspect;
mod issuer;
mod service;
mod time;

pub use error::{GuestError, GuestErrorKind};
pub use inspect::{Inspection, Signature, inspect};
pub use issuer::{Guest, Issuer, secret};
pub use service::{Access, ServiceAppGuest, Webex};
pub use time::{lifetime, moment};

/// How long a guest token lives where nobody says: 90 minutes, in seconds.
pub const DEFAULT_LIFE: u64 = 5400;

/// How long one lives that is used at once, in seconds.
pub const QUICK_LIFE: u64 = 60;

/// Where Webex's API is.
pub const BASE_URL: &str = "https://webexapis.com/v1";

#[cfg(test)]
mod tests;
