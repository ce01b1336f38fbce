//! `rate_limit`: the same request again once the time that the server asked for has passed.

use std::sync::Arc;
use std::time::Duration;

use super::retry_after::{self, Asked};
use super::send::{Chain, Received, Rules, Sender};
use super::{Context, Stop};
use crate::event::{Reason, Wait};
use crate::http::{Method, Request, Response};

/// From here on seconds say nothing to a person.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Sender<'_, '_> {
    /// Sends `request` until its reply stands: redirects followed, retried, the server's waits waited.
    ///
    /// # Errors
    /// No reply, a refused host, too many redirects, a wait that does not fit, or the person's interrupt.
    pub(super) async fn deliver(
        &mut self,
        request: Arc<Request>,
        because: Reason,
        rules: &Rules,
    ) -> Result<Received, Stop> {
        let mut chain = Chain::new(request, because);
        loop {
            let received = self.retried(&mut chain, rules).await?;
            let status = received.response.status;
            let Some(wait) = self.rate_limited(&chain.current, &received.response, rules)? else {
                return Ok(received);
            };
            chain.because = Reason::RateLimit;
            let attempt = self.log.attempts() + 1;
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            self.wait(Wait { reason: Reason::RateLimit, status: Some(status), wait_ms, attempt }).await?;
        }
    }

    /// How long to wait before the same request goes out again; `None` where the reply stands.
    fn rate_limited(&self, request: &Request, reply: &Response, rules: &Rules) -> Result<Option<Duration>, Stop> {
        let (Some(max), Some(Asked { wait, guessed })) = (rules.max_wait, asks_to_wait(reply, self.context)) else {
            return Ok(None);
        };
        // 423 and 503 do not say that nothing happened: a POST is not sent twice on their word.
        let unsafe_method = matches!(request.method, Method::POST | Method::PATCH);
        let resend = reply.status == 429 || !unsafe_method || rules.waiting.resends_unsafe();
        if !resend || rules.waiting.names(reply.status) {
            return Ok(None);
        }
        let asked = match guessed {
            None if wait > YEAR => format!("the server asked to wait more than a year ({})", reply.status),
            None => format!("the server asked to wait {} s ({})", wait.as_secs(), reply.status),
            Some(why) => format!("the server answered {} {why}, which is taken as {} s", reply.status, wait.as_secs()),
        };
        let left = max.saturating_sub(self.log.rate_limited());
        if wait > left {
            let message = format!("{asked}, and {} s of waiting are left to this step", left.as_secs());
            return Err(Stop::problem(message, Some("raise `rate_limit: { max_wait: … }`, or slow the flow down")));
        }
        if !self.fits(wait) {
            let message = format!("{asked}, which is longer than `poll` may still take");
            return Err(Stop::problem(message, Some("raise `within`, or look less often with `every`")));
        }
        Ok(Some(wait))
    }
}

/// How long a reply asks to wait, where it is one that `rate_limit` handles.
pub(super) fn asks_to_wait(reply: &Response, context: &Context<'_>) -> Option<Asked> {
    retry_after::asked(reply, context.clock.now())
}
