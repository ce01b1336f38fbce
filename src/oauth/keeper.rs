//! A token that works, whenever one is asked for: kept, refreshed when it is about to end, and once however many ask.

use std::sync::Arc;

use jiff::Timestamp;

use super::error::{ErrorKind, OAuthError};
use super::{Client, Grant, StoreKey, TokenStore, Tokens, grant};
use crate::http::Transport;
use crate::redact::Secret;

/// Gives out the tokens of one client.
#[derive(Clone)]
pub struct Keeper {
    client: Client,
    key: StoreKey,
    store: Arc<dyn TokenStore>,
}

impl Keeper {
    /// The keeper of `client`, which `environment` calls `name`.
    #[must_use]
    pub fn new(client: Client, environment: &str, name: &str, store: Arc<dyn TokenStore>) -> Self {
        let key = StoreKey::new(environment, name, &client);
        Self { client, key, store }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What an environment calls it, and the environment's name.
    #[must_use]
    pub fn names(&self) -> (&str, &str) {
        (&self.key.client, &self.key.environment)
    }

    /// What is kept now, fresh or not.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn kept(&self) -> Result<Option<Tokens>, OAuthError> {
        self.store.read(&self.key)
    }

    /// Keeps tokens that a person's login gave.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn keep(&self, tokens: &Tokens) -> Result<(), OAuthError> {
        self.store.lock(&self.key).await?.write(tokens)
    }

    /// Forgets what is kept.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn forget(&self) -> Result<(), OAuthError> {
        self.store.lock(&self.key).await?.remove()
    }

    /// Tokens that are good for a minute or more. `rejected` is one that the server refused: never that one again,
    /// whatever its lifetime says. `now` is read again after each wait.
    ///
    /// # Errors
    /// Nothing is kept and nobody can be asked; the server refuses; the store fails.
    pub async fn tokens(
        &self,
        rejected: Option<&Secret>,
        transport: &dyn Transport,
        now: &dyn Fn() -> Timestamp,
    ) -> Result<Tokens, OAuthError> {
        let good = |tokens: &Tokens| tokens.is_fresh(now()) && rejected != Some(&tokens.access);
        if let Some(tokens) = self.store.read(&self.key)?.filter(good) {
            return Ok(tokens);
        }
        let locked = self.store.lock(&self.key).await?;
        // Whoever held the lock before us has most likely done it.
        let kept = locked.read()?;
        if let Some(tokens) = kept.as_ref().filter(|tokens| good(tokens)) {
            return Ok(tokens.clone());
        }
        let tokens = self.renew(kept.as_ref(), transport, now()).await?;
        locked.write(&tokens)?;
        Ok(tokens)
    }

    async fn renew(
        &self,
        kept: Option<&Tokens>,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<Tokens, OAuthError> {
        let client = &self.client;
        if client.grant == Grant::ClientCredentials {
            return grant::client_credentials(client, transport, now).await;
        }
        let own = kept.and_then(|tokens| tokens.refresh.as_ref());
        let mut last = None;
        // A kept one may be newer than the environment's, or long dead; the other one is tried then.
        for candidate in own.into_iter().chain(client.refresh_token.as_ref().filter(|given| Some(*given) != own)) {
            match grant::refresh(client, candidate, kept, transport, now).await {
                Err(error) if error.kind == ErrorKind::InvalidGrant => last = Some(error),
                other => return other,
            }
        }
        let StoreKey { environment, client: name, .. } = &self.key;
        let again = format!("sign in again: `wxflow login {name} -e {environment}`");
        let help = match (&client.refresh_token, client.grant.is_interactive()) {
            (Some(_), false) => {
                format!("give `refresh_token` of `{name}` in the environment `{environment}` a new one")
            }
            (Some(_), true) => format!("{again}, or give its `refresh_token` in the environment a new one"),
            (None, true) if kept.is_none() => format!("sign in: `wxflow login {name} -e {environment}`"),
            (None, true) => again,
            (None, false) => {
                format!("add `refresh_token: {{ env: … }}` to `{name}` in the environment `{environment}`")
            }
        };
        let none = || match kept {
            None => OAuthError::new(ErrorKind::NotLoggedIn, format!("there is no token for `{name}`")),
            Some(_) => OAuthError::new(
                ErrorKind::NotLoggedIn,
                format!("the token of `{name}` has ended and there is no refresh token"),
            ),
        };
        Err(last.unwrap_or_else(none).with_help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::super::MemoryStore;
    use super::super::tests::{Script, at, client, run};
    use super::*;
    use serde_json::json;

    fn keeper(grant: Grant, refresh: Option<&str>) -> Keeper {
        let mut client = client(grant);
        client.refresh_token = refresh.map(Secret::new);
        Keeper::new(client, "prod", "webex", Arc::new(MemoryStore::new()))
    }

    fn kept(keeper: &Keeper, access: &str, expires_in: i64) {
        let reply = json!({"access_token": access, "expires_in": expires_in, "refresh_token": "r1"});
        run(keeper.keep(&Tokens::parse(&reply, at(0)).unwrap())).unwrap();
    }

    fn ask(keeper: &Keeper, rejected: Option<&str>, script: &Script) -> Result<String, OAuthError> {
        let rejected = rejected.map(Secret::new);
        let tokens = run(keeper.tokens(rejected.as_ref(), script, &|| at(0)))?;
        Ok(tokens.access.expose().to_owned())
    }

    #[test]
    fn a_fresh_token_is_used_and_a_short_one_refreshed() {
        let script = Script::new(&[(200, r#"{"access_token":"b","expires_in":3600}"#)]);
        let keeper = keeper(Grant::AuthorizationCode, None);
        kept(&keeper, "a", 60);
        assert_eq!(ask(&keeper, None, &script).unwrap(), "a");
        kept(&keeper, "a", 59);
        assert_eq!(ask(&keeper, None, &script).unwrap(), "b");
        assert_eq!(ask(&keeper, None, &script).unwrap(), "b");
        assert_eq!(script.sent().len(), 1);
        assert_eq!(keeper.kept().unwrap().unwrap().refresh, Some(Secret::new("r1")));
    }

    #[test]
    fn fifty_askers_make_one_refresh() {
        let script = Script::slow(&[(200, r#"{"access_token":"b","expires_in":3600}"#)]);
        let keeper = keeper(Grant::AuthorizationCode, None);
        kept(&keeper, "a", 1);
        let now = || at(0);
        let found = run(async {
            let local = tokio::task::LocalSet::new();
            let (script, keeper) = (std::rc::Rc::new(script), std::rc::Rc::new(keeper));
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    let (script, keeper) = (script.clone(), keeper.clone());
                    local.spawn_local(async move { keeper.tokens(None, &*script, &now).await.unwrap().access })
                })
                .collect();
            local.await;
            let mut found = Vec::new();
            for task in tasks {
                found.push(task.await.unwrap());
            }
            assert_eq!(script.sent().len(), 1);
            found
        });
        assert!(found.len() == 50 && found.iter().all(|token| token.expose() == "b"));
    }

    #[test]
    fn a_rejected_token_is_renewed_unless_somebody_did() {
        let script = Script::new(&[(200, r#"{"access_token":"b","expires_in":3600}"#)]);
        let keeper = keeper(Grant::AuthorizationCode, None);
        kept(&keeper, "a", 3600);
        assert_eq!(ask(&keeper, Some("a"), &script).unwrap(), "b");
        assert_eq!(ask(&keeper, Some("a"), &script).unwrap(), "b");
        assert_eq!(script.sent().len(), 1);
    }

    #[test]
    fn the_environments_refresh_token_helps_out() {
        let ok = (200, r#"{"access_token":"b","expires_in":3600}"#);
        let script = Script::new(&[ok, (400, r#"{"error":"invalid_grant"}"#), ok]);
        let keeper = keeper(Grant::RefreshToken, Some("ci"));
        assert_eq!(ask(&keeper, None, &script).unwrap(), "b");
        kept(&keeper, "a", 1);
        assert_eq!(ask(&keeper, None, &script).unwrap(), "b");
        let sent: Vec<bool> = script.bodies().iter().map(|body| body.contains("refresh_token=ci")).collect();
        assert_eq!(sent, [true, false, true]);
    }

    #[test]
    fn what_cannot_be_renewed_says_what_to_do() {
        let script = Script::new(&[(400, r#"{"error":"invalid_grant"}"#)]);
        let keeper = keeper(Grant::AuthorizationCode, None);
        let none = ask(&keeper, None, &script).unwrap_err();
        assert_eq!((none.kind, none.message.as_str()), (ErrorKind::NotLoggedIn, "there is no token for `webex`"));
        assert_eq!(none.help, "sign in: `wxflow login webex -e prod`");
        kept(&keeper, "a", 1);
        let dead = ask(&keeper, None, &script).unwrap_err();
        assert_eq!(
            (dead.kind, dead.help.as_str()),
            (ErrorKind::InvalidGrant, "sign in again: `wxflow login webex -e prod`")
        );
        assert!(keeper.kept().unwrap().is_some(), "a failed refresh loses nothing");
    }

    #[test]
    fn client_credentials_are_asked_for_anew() {
        let script = Script::new(&[(200, r#"{"access_token":"b","expires_in":3600}"#)]);
        assert_eq!(ask(&keeper(Grant::ClientCredentials, None), None, &script).unwrap(), "b");
        assert!(script.bodies()[0].starts_with("grant_type=client_credentials"));
    }
}
