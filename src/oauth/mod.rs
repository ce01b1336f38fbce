//! OAuth 2.0: the grants of RFC 6749, 7636 and 8628 over any `Transport`, and tokens that are kept and refreshed.
//!
//! Clock, chance and disk are handed in. Redirects are not followed: a token address that moves is a mistake to tell.

mod client;
mod device;
mod error;
mod explain;
mod grant;
mod keeper;
mod owner;
mod pkce;
mod reply;
mod revoke;
pub mod scopes;
mod store;
mod token;

pub use client::{Client, Grant};
pub use device::{DeviceCode, Poll, poll_device, start_device};
pub use error::{ErrorKind, OAuthError};
pub use grant::{authorize_url, client_credentials, exchange_code, refresh, returned_code};
pub use keeper::Keeper;
pub use owner::{Owner, owner};
pub use pkce::{Pkce, state};
pub use revoke::revoke;
pub use store::{Locked, Locking, MemoryStore, StoreKey, TokenStore};
pub use token::Tokens;

#[cfg(test)]
mod tests;
