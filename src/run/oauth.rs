//! `auth: { oauth: NAME }` of one step: a token that works, and another one where the server refuses it with a 401.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Context, Stop};
use crate::event::Problem;
use crate::http::{HeaderValue, Request, Response, Transport};
use crate::oauth::OAuthError;
use crate::redact::{HostPattern, Secret};

/// An access token and where it may be sent.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// The only hosts it may be sent to; `None` for any.
    pub hosts: Option<Vec<HostPattern>>,
}

/// A token on its way.
pub type Getting<'a> = Pin<Box<dyn Future<Output = Result<AccessToken, OAuthError>> + 'a>>;

/// Gives out the tokens of the environment's clients.
pub trait TokenSource {
    /// A token of the client `name` that is good for a while; never `rejected`, which a server refused.
    ///
    /// # Errors
    /// There is none, and none can be got.
    fn token<'a>(
        &'a self,
        name: &'a str,
        rejected: Option<&'a Secret>,
        transport: &'a dyn Transport,
        now: &'a dyn Fn() -> Timestamp,
    ) -> Getting<'a>;
}

/// Who we are to the server.
#[derive(Clone)]
pub(super) struct OAuth {
    name: Arc<str>,
    /// The token in use, and whether it is in the place of a refused one.
    current: RefCell<Option<(Secret, bool)>>,
}

impl OAuth {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self { name, current: RefCell::new(None) }
    }

    /// Puts the token into `request`, got where there is none yet.
    ///
    /// # Errors
    /// No token can be got.
    pub(super) async fn sign(&self, request: &mut Request, context: &Context<'_>) -> Result<(), Stop> {
        let known = self.current.borrow().clone();
        let token = match known {
            Some((token, _)) => token,
            None => self.get(None, context).await?,
        };
        let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose())) else {
            let help = "it has a line break or another control character";
            return Err(Stop::problem(format!("the token of `{}` cannot stand in a header", self.name), Some(help)));
        };
        value.set_sensitive(true);
        request.headers.insert(http::header::AUTHORIZATION, value);
        Ok(())
    }

    /// Gets another token after a 401; false where the reply stands, as the second token was refused too.
    ///
    /// # Errors
    /// As [`OAuth::sign`].
    pub(super) async fn renewed(&self, reply: &Response, context: &Context<'_>) -> Result<bool, Stop> {
        let known = self.current.borrow().clone();
        match known {
            Some((token, false)) if reply.status == 401 => {
                self.get(Some(&token), context).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn get(&self, rejected: Option<&Secret>, context: &Context<'_>) -> Result<Secret, Stop> {
        let Some(source) = context.oauth else {
            let message = format!("there is no OAuth client `{}` without an environment", self.name);
            return Err(Stop::problem(message, Some("choose one with -e NAME, or run with --sandbox")));
        };
        let now = || context.clock.now();
        // Also after an interrupt: a refresh that is dropped half way may lose the only refresh token.
        let found = source.token(&self.name, rejected, context.transport, &now).await;
        let AccessToken { token, hosts } = found.map_err(|error| problem(&self.name, &error))?;
        context.redactor.learn(&self.name, token.expose(), hosts.as_deref());
        *self.current.borrow_mut() = Some((token.clone(), rejected.is_some()));
        Ok(token)
    }
}

fn problem(name: &str, error: &OAuthError) -> Stop {
    let message = format!("no token from the OAuth client `{name}`: {error}");
    Stop::Problem(Box::new(Problem { message, help: Some(error.help.clone()), code: None, at: None }))
}
