//! `retry`: the same request again after a failure that may pass.
//!
//! POST and PATCH go out again only where the server cannot have seen them, or the flow says `unsafe`. What
//! `rate_limit` handles is left to it.

use std::time::Duration;

use super::Stop;
use super::rate_limit::asks_to_wait;
use super::send::{Chain, Failed, Received, Rules, Sender};
use super::waiting::{LONGEST_DELAY, RetryRule};
use crate::event::{Reason, Wait};
use crate::http::{Delivery, Method, Response, TransportError, TransportErrorKind};

impl Sender<'_, '_> {
    /// Sends until a reply stands, as often as `retry` allows.
    ///
    /// # Errors
    /// The last send gave no reply, or must not be repeated; or the person's interrupt.
    pub(super) async fn retried(&mut self, chain: &mut Chain, rules: &Rules) -> Result<Received, Stop> {
        let mut sends = 1;
        loop {
            let result = self.advance(chain, rules).await;
            let again = rules.waiting.retry.as_ref().filter(|retry| match &result {
                Ok(received) => resends_status(retry, chain, &received.response, rules, self),
                Err(Failed::Unanswered(error)) => resends_error(retry, chain, error),
                Err(Failed::Stop(_)) => false,
            });
            let wait = again.filter(|retry| sends < retry.attempts).map(|retry| pause(retry, sends));
            // Where there is no time left to wait, the failure itself says more.
            let Some(wait) = wait.filter(|wait| self.fits(*wait)) else {
                return result.map_err(|failed| failed.into_stop(sends, &chain.current.method));
            };
            let status = result.ok().map(|received| received.response.status);
            sends += 1;
            chain.because = Reason::Retry;
            let attempt = self.log.attempts() + 1;
            self.wait(Wait { reason: Reason::Retry, status, wait_ms: wait.as_millis() as u64, attempt }).await?;
        }
    }
}

fn is_safe(chain: &Chain) -> bool {
    !matches!(chain.current.method, Method::POST | Method::PATCH)
}

fn resends_status(
    retry: &RetryRule,
    chain: &Chain,
    response: &Response,
    rules: &Rules,
    sender: &Sender<'_, '_>,
) -> bool {
    retry.statuses.contains(&response.status)
        && (is_safe(chain) || retry.resend_unsafe)
        && (rules.max_wait.is_none() || asks_to_wait(response, sender.context).is_none())
}

fn resends_error(retry: &RetryRule, chain: &Chain, error: &TransportError) -> bool {
    use TransportErrorKind::{Connect, Interrupted, Resolve, Timeout};
    // A wrong certificate, a broken reply or one too large is the same the next time.
    let passing = matches!(error.kind, Resolve | Connect | Timeout | Interrupted);
    retry.network && passing && (is_safe(chain) || retry.resend_unsafe || error.delivery == Delivery::NotSent)
}

/// The wait after this many sends.
fn pause(retry: &RetryRule, sends: u32) -> Duration {
    let factor = retry.backoff.powi(i32::try_from(sends - 1).unwrap_or(i32::MAX));
    let seconds = retry.delay.as_secs_f64() * factor;
    // Beyond every duration there is the longest.
    Duration::try_from_secs_f64(seconds).map_or(LONGEST_DELAY, |wait| wait.min(LONGEST_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        let rule = |delay, backoff| RetryRule {
            attempts: 100,
            delay: Duration::from_millis(delay),
            backoff,
            network: true,
            statuses: Vec::new(),
            resend_unsafe: false,
        };
        let waits = |rule: &RetryRule| [1, 2, 3, 6, 99].map(|sends| pause(rule, sends).as_millis());
        assert_eq!(waits(&rule(1000, 2.0)), [1000, 2000, 4000, 30_000, 30_000]);
        assert_eq!(waits(&rule(100, 1.5)), [100, 150, 225, 759, 30_000]);
        assert_eq!(waits(&rule(500, 1.0)), [500; 5]);
        assert_eq!(waits(&rule(0, 100.0)), [0; 5]);
    }
}
