//! A Guest Issuer app: who signs guest tokens.

use jiff::Timestamp;

use super::GuestError;
use crate::jwt::{self, Algorithm, Key};
use crate::value::Map;

/// Who the guest will be.
#[derive(Clone, Copy, Debug)]
pub struct Guest<'a> {
    /// The id that makes it the same guest each time (`sub`, `subject`).
    pub id: &'a str,
    /// The name that others see.
    pub name: &'a str,
}

/// A Guest Issuer app: its id and its secret.
#[derive(Clone, Debug)]
pub struct Issuer {
    id: String,
    key: Key,
}

impl Issuer {
    /// `id` as the developer portal shows it, a Webex id; `secret` in base64, as the portal shows it.
    ///
    /// # Errors
    /// The id is empty, or the secret is not base64.
    pub fn new(id: &str, secret: &str) -> Result<Self, GuestError> {
        let id = id.trim();
        if id.is_empty() {
            return Err(GuestError::input("the Guest Issuer's id is empty"));
        }
        Ok(Self { id: id.to_owned(), key: self::secret(secret)? })
    }

    /// The guest token: HS256, the claims `sub`, `name`, `iss`, `exp` in this order and no `iat`, as guestissuer has it.
    ///
    /// # Errors
    /// The guest has no id or no name.
    pub fn sign(&self, guest: Guest<'_>, expires: Timestamp) -> Result<String, GuestError> {
        guest.check()?;
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), guest.id.into());
        claims.insert("name".to_owned(), guest.name.into());
        claims.insert("iss".to_owned(), self.id.as_str().into());
        claims.insert("exp".to_owned(), expires.as_second().into());
        Ok(jwt::sign(&Map::new(), &claims, Algorithm::HS256, &self.key)?)
    }
}

impl Guest<'_> {
    pub(super) fn check(&self) -> Result<(), GuestError> {
        // What else may stand in an id is not settled: the documentation wants letters, digits and hyphens, and a
        // published client sends base64.
        for (text, what) in [(self.id, "user id"), (self.name, "name")] {
            if text.trim().is_empty() {
                return Err(GuestError::input(format!("the guest's {what} is empty")));
            }
        }
        Ok(())
    }
}

/// The key in a Guest Issuer's secret.
///
/// # Errors
/// It is empty or not base64.
pub fn secret(text: &str) -> Result<Key, GuestError> {
    if text.trim().is_empty() {
        return Err(GuestError::input("the Guest Issuer's secret is empty"));
    }
    Key::from_base64(text).map_err(|error| {
        GuestError::input(format!("the Guest Issuer's secret cannot be used: {}", error.message))
            .help("copy it whole from the app's page on developer.webex.com, without quotes")
    })
}
