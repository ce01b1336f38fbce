//! Where tokens are kept between runs: a trait, and the one that forgets.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::OwnedMutexGuard;

use super::{Client, OAuthError, Tokens};

/// Whose tokens: of one environment's client. Another client id, or another server, is another key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey {
    /// The environment's name.
    pub environment: String,
    /// The client's name in it.
    pub client: String,
    fingerprint: String,
}

impl StoreKey {
    /// The key of `client`, which `environment` calls `name`.
    #[must_use]
    pub fn new(environment: &str, name: &str, client: &Client) -> Self {
        let mut hash = Sha256::new();
        for part in [environment, name, client.token_url.as_str(), &client.client_id] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let fingerprint = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { environment: environment.to_owned(), client: name.to_owned(), fingerprint }
    }
}

/// As a file name without an ending: readable first, unmistakable last.
impl fmt::Display for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |text: &str| -> String {
            let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            text.chars().take(40).map(|c| if safe(c) { c } else { '_' }).collect()
        };
        write!(f, "{}.{}.{}", plain(&self.environment), plain(&self.client), self.fingerprint)
    }
}

/// A lock that is being waited for.
pub type Locking<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn Locked>, OAuthError>> + 'a>>;

/// Keeps tokens.
pub trait TokenStore: Send + Sync {
    /// What is kept now, without waiting for anyone; `None` for nothing.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self, key: &StoreKey) -> Result<Option<Tokens>, OAuthError>;

    /// Waits until nobody else, in any process, holds this key.
    fn lock<'a>(&'a self, key: &'a StoreKey) -> Locking<'a>;
}

/// A key that is ours until this is dropped.
pub trait Locked {
    /// What is kept now; `None` for nothing.
    ///
    /// # Errors
    /// It cannot be read.
    fn read(&self) -> Result<Option<Tokens>, OAuthError>;

    /// Keeps `tokens` instead.
    ///
    /// # Errors
    /// They cannot be written; what was kept is still there.
    fn write(&self, tokens: &Tokens) -> Result<(), OAuthError>;

    /// Keeps nothing any more.
    ///
    /// # Errors
    /// It cannot be removed.
    fn remove(&self) -> Result<(), OAuthError>;
}

/// A store that ends with the process: for the sandbox, for machines without a home, for tests.
#[derive(Default)]
pub struct MemoryStore {
    tokens: Arc<Mutex<HashMap<StoreKey, Tokens>>>,
    locks: Mutex<HashMap<StoreKey, Arc<tokio::sync::Mutex<()>>>>,
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl TokenStore for MemoryStore {
    fn read(&self, key: &StoreKey) -> Result<Option<Tokens>, OAuthError> {
        Ok(self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> Locking<'a> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = Arc::clone(locks.entry(key.clone()).or_default());
        Box::pin(async move {
            let guard = lock.lock_owned().await;
            let locked = LockedMemory { tokens: Arc::clone(&self.tokens), key: key.clone(), _guard: guard };
            Ok(Box::new(locked) as Box<dyn Locked>)
        })
    }
}

struct LockedMemory {
    tokens: Arc<Mutex<HashMap<StoreKey, Tokens>>>,
    key: StoreKey,
    _guard: OwnedMutexGuard<()>,
}

impl Locked for LockedMemory {
    fn read(&self) -> Result<Option<Tokens>, OAuthError> {
        Ok(self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&self.key).cloned())
    }

    fn write(&self, tokens: &Tokens) -> Result<(), OAuthError> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(self.key.clone(), tokens.clone());
        Ok(())
    }

    fn remove(&self) -> Result<(), OAuthError> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::client;
    use super::*;
    use crate::oauth::Grant;

    #[test]
    fn a_key_is_a_safe_file_name_and_tells_clients_apart() {
        let mut client = client(Grant::RefreshToken);
        let key = StoreKey::new("../prod", "we bex", &client);
        let name = key.to_string();
        assert!(name.starts_with("___prod.we_bex.") && name.len() == "___prod.we_bex.".len() + 16, "{name}");
        assert_ne!(name, StoreKey::new("-./prod", "we bex", &client).to_string());
        client.client_id = "C2".to_owned();
        assert_ne!(key, StoreKey::new("../prod", "we bex", &client));
    }
}
