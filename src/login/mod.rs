//! A person signs in: the loopback listener that the browser comes back to, the pages it shows, and the wait for a
//! device code.
//!
//! A browser is not trusted because it asks from this machine: every page stands behind a key that only this login
//! knows, every form carries a token, and every request must name this listener as its host.

mod browser;
mod device;
mod error;
mod listener;
mod page;

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

pub use browser::Browser;
pub use device::device;
pub use error::LoginError;
pub use listener::Listener;

use crate::oauth::{DeviceCode, OAuthError, Owner, Tokens};

/// What a login gave.
#[derive(Debug)]
pub struct Granted {
    /// The tokens; they are kept already.
    pub tokens: Tokens,
    /// The scopes that were asked for.
    pub asked: Vec<String>,
    /// Whose they are, or why nobody knows.
    pub owner: Result<Owner, String>,
    /// When they came.
    pub at: Timestamp,
}

impl Granted {
    /// What was granted: what the server said, else what was asked for (RFC 6749 section 5.1).
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        self.tokens.scopes.as_deref().unwrap_or(&self.asked)
    }
}

/// What a person has to know while a login goes on.
#[derive(Debug)]
pub enum Progress<'a> {
    /// Somebody brought an answer that is not this login's; the wait goes on.
    Strange,
    /// The server refused; the page lets the person choose again.
    Refused(&'a OAuthError),
    /// Enter this code.
    Code(&'a DeviceCode),
}

/// Clock, chance, and who is told: handed in.
pub trait Around {
    /// Now.
    fn now(&self) -> Timestamp;
    /// 32 bytes that nobody can guess.
    fn random(&self) -> [u8; 32];
    /// Called with every secret before it is used.
    fn learn(&self, name: &str, secret: &str);
    /// Called as things happen.
    fn tell(&self, progress: &Progress<'_>);
    /// Keeps the tokens.
    fn keep<'a>(&'a self, tokens: &'a Tokens) -> Keeping<'a>;
}

/// Tokens that are being kept.
pub type Keeping<'a> = Pin<Box<dyn Future<Output = Result<(), OAuthError>> + 'a>>;
