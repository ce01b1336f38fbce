//! `retry`, `poll` and `paginate` with their settings rendered: once, with the request.

use std::time::Duration;

use super::Stop;
use super::render::Renderer;
use crate::check::Expect;
use crate::flow::{POLL_WITHIN, RequestStep, Retry, RetryOn, Setting};
use crate::source::Span;

/// The statuses that ask to wait, and the one that asks for another token, unless `expect` names them.
const ASKING: [u16; 4] = [401, 423, 429, 503];
const ATTEMPTS: u32 = 3;
const DELAY: Duration = Duration::from_secs(1);
const BACKOFF: f64 = 2.0;
/// The longest wait of `retry`.
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_secs(2);
const PAGES: u32 = 50;

/// How often, how long and on what a step's request is sent again.
pub(super) struct Waiting {
    /// Which of [`ASKING`] the step names exactly: they are asked for, so never waited out.
    asked_for: [bool; 4],
    pub(super) retry: Option<RetryRule>,
    /// `every` and `within` of `poll`.
    pub(super) poll: Option<(Duration, Duration)>,
    pub(super) max_pages: u32,
}

/// `retry`, rendered.
pub(super) struct RetryRule {
    /// Sends in all.
    pub(super) attempts: u32,
    pub(super) delay: Duration,
    pub(super) backoff: f64,
    /// Whether a send without a reply is repeated.
    pub(super) network: bool,
    /// The statuses that are resent; none that the step asks for.
    pub(super) statuses: Vec<u16>,
    /// Whether POST and PATCH are resent although the server may have seen them.
    pub(super) resend_unsafe: bool,
}

impl Waiting {
    /// Renders the settings beside a request.
    ///
    /// # Errors
    /// A template failed, or what it gave is out of bounds.
    pub(super) fn render(action: &RequestStep, renderer: &Renderer<'_>) -> Result<Self, Stop> {
        let waiting = action.waiting.as_deref();
        let poll = waiting.and_then(|w| w.poll.as_ref());
        let paginate = waiting.and_then(|w| w.paginate.as_ref());
        // What `poll` waits for or fails on is as much asked for as what `expect` names.
        let conditions = poll.into_iter().flat_map(|poll| [Some(&poll.until), poll.fail_when.as_ref()]).flatten();
        let asking: Vec<&Expect> = std::iter::once(&action.expect).chain(conditions).collect();
        let mut asked_for = [false; 4];
        for (asked, status) in asked_for.iter_mut().zip(ASKING) {
            *asked = any(&asking, renderer, |expect| expect.names_exactly(status, renderer.names))?;
        }
        let retry = waiting.and_then(|w| w.retry.as_ref()).map(|retry| RetryRule::render(retry, &asking, renderer));
        let poll = poll.map(|poll| {
            let every = poll.every.as_ref().map_or(Ok(EVERY), |d| renderer.duration("every", poll.span, d))?;
            let within = poll.within.as_ref().map_or(Ok(POLL_WITHIN), |d| renderer.duration("within", poll.span, d))?;
            if every.is_zero() || within.is_zero() {
                return Err(renderer.problem(poll.span, "`every` and `within` must be more than 0", None));
            }
            Ok((every, within))
        });
        let max_pages = match paginate {
            Some(paginate) => at_least_one("max_pages", paginate.max_pages.as_ref(), PAGES, paginate.span, renderer)?,
            None => PAGES,
        };
        Ok(Self { asked_for, retry: retry.transpose()?, poll: poll.transpose()?, max_pages })
    }

    /// Whether the step names this status exactly, so that it is taken as it is.
    pub(super) fn names(&self, status: u16) -> bool {
        ASKING.iter().zip(self.asked_for).any(|(asking, asked)| *asking == status && asked)
    }

    /// Whether POST and PATCH may be sent again although the server may have carried them out.
    pub(super) fn resends_unsafe(&self) -> bool {
        self.retry.as_ref().is_some_and(|retry| retry.resend_unsafe)
    }
}

impl RetryRule {
    fn render(retry: &Retry, asking: &[&Expect], renderer: &Renderer<'_>) -> Result<Self, Stop> {
        let span = retry.span;
        let delay = retry.delay.as_ref().map_or(Ok(DELAY), |d| renderer.duration("delay", span, d))?;
        if delay > LONGEST_DELAY {
            let message = "`delay` is more than 30s, the longest wait of `retry`";
            return Err(renderer.problem(span, message, None));
        }
        let on = retry.on.as_deref().unwrap_or(&RetryOn::DEFAULT);
        let mut statuses = Vec::new();
        for status in (400..600).filter(|status| *status != 429) {
            let named = on.iter().any(|on| match on {
                RetryOn::Network => false,
                RetryOn::Class(class) => u16::from(*class) == status / 100,
                RetryOn::Status(one) => *one == status,
            });
            if named && !any(asking, renderer, |expect| expect.status_accepts(status, renderer.names))? {
                statuses.push(status);
            }
        }
        Ok(Self {
            attempts: at_least_one("attempts", retry.attempts.as_ref(), ATTEMPTS, span, renderer)?,
            delay,
            backoff: backoff(retry.backoff.as_ref(), span, renderer)?,
            network: on.contains(&RetryOn::Network),
            statuses,
            resend_unsafe: retry.resend_unsafe,
        })
    }
}

fn at_least_one(
    what: &str,
    setting: Option<&Setting<u32>>,
    default: u32,
    span: Span,
    renderer: &Renderer<'_>,
) -> Result<u32, Stop> {
    match setting.map_or(Ok(default), |setting| renderer.count(what, span, setting))? {
        0 => Err(renderer.problem(span, format!("`{what}` must be at least 1, and came out as 0"), None)),
        count => Ok(count),
    }
}

fn backoff(setting: Option<&Setting<f64>>, span: Span, renderer: &Renderer<'_>) -> Result<f64, Stop> {
    let template = match setting {
        None => return Ok(BACKOFF),
        Some(Setting::Fixed(backoff)) => return Ok(*backoff),
        Some(Setting::Rendered(template)) => template,
    };
    let text = renderer.required("backoff", span, template)?.text;
    let number = text.parse::<f64>().ok().filter(|n| (1.0..=100.0).contains(n));
    number.ok_or_else(|| renderer.problem(span, format!("backoff `{text}` is not a number from 1 to 100"), None))
}

fn any(
    asking: &[&Expect],
    renderer: &Renderer<'_>,
    holds: impl Fn(&Expect) -> Result<bool, crate::check::CheckError>,
) -> Result<bool, Stop> {
    for expect in asking {
        if holds(expect).map_err(|e| renderer.problem(e.span, e.message, None))? {
            return Ok(true);
        }
    }
    Ok(false)
}
