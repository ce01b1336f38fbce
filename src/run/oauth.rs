//! `auth: { oauth: NAME }` of one step: a token that works, and another one where the server refuses it with a 401.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::learn::learn_tokens;
use super::record::Sent;
use super::{Context, Stop};
use crate::event::{Problem, Reason};
use crate::http::{HeaderValue, Request, Response, Sending, Transport};
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
    pub(super) async fn sign(
        &self,
        request: &mut Request,
        context: &Context<'_>,
        sent: &mut Vec<Sent>,
    ) -> Result<(), Stop> {
        let known = self.current.borrow().clone();
        let token = match known {
            Some((token, _)) => token,
            None => self.get(None, context, sent).await?,
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
    pub(super) async fn renewed(
        &self,
        reply: &Response,
        context: &Context<'_>,
        sent: &mut Vec<Sent>,
    ) -> Result<bool, Stop> {
        let known = self.current.borrow().clone();
        match known {
            Some((token, false)) if reply.status == 401 => {
                self.get(Some(&token), context, sent).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn get(
        &self,
        rejected: Option<&Secret>,
        context: &Context<'_>,
        sent: &mut Vec<Sent>,
    ) -> Result<Secret, Stop> {
        let Some(source) = context.oauth else {
            let message = format!("there is no OAuth client `{}` without an environment", self.name);
            return Err(Stop::problem(message, Some("choose one with -e NAME, or run with --sandbox")));
        };
        let now = || context.clock.now();
        // Also after an interrupt: a refresh that is dropped half way may lose the only refresh token.
        let kept = Kept { context, sent: RefCell::default() };
        let found = source.token(&self.name, rejected, &kept, &now).await;
        sent.extend(kept.sent.into_inner());
        let AccessToken { token, hosts } = found.map_err(|error| problem(&self.name, &error))?;
        context.redactor.learn(&self.name, token.expose(), hosts.as_deref());
        *self.current.borrow_mut() = Some((token.clone(), rejected.is_some()));
        Ok(token)
    }
}

/// Keeps what is asked of an authorization server, where the run is recorded.
struct Kept<'k, 'c> {
    context: &'k Context<'c>,
    sent: RefCell<Vec<Sent>>,
}

impl Transport for Kept<'_, '_> {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        let Context { transport, clock, options, .. } = *self.context;
        if !options.record {
            return transport.send(request);
        }
        Box::pin(async move {
            let start = clock.elapsed();
            let reply = transport.send(request).await.map(Arc::new);
            if let Ok(response) = &reply {
                learn_tokens(response, self.context);
            }
            let answer = match &reply {
                Ok(response) => Ok(response.with_body(response.body.clone())),
                Err(error) => Err(error.clone()),
            };
            let (request, took) = (request.clone(), clock.elapsed().saturating_sub(start));
            let start = Duration::ZERO;
            self.sent.borrow_mut().push(Sent {
                because: Reason::Auth,
                request: Arc::new(request),
                reply,
                let_go: None,
                start,
                took,
            });
            answer
        })
    }
}

fn problem(name: &str, error: &OAuthError) -> Stop {
    let message = format!("no token from the OAuth client `{name}`: {error}");
    Stop::Problem(Box::new(Problem { message, help: Some(error.help.clone()), code: None, at: None }))
}
