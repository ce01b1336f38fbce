//! `Retry-After` (RFC 9110 section 10.2.3): seconds or an HTTP date, read the way servers really write it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime::BrokenDownTime};
use jiff::tz::TimeZone;

use crate::http::Response;

/// How long a 429 without a usable `Retry-After` is waited for (Webex's own SDKs take 5 to 15 seconds).
const FALLBACK: Duration = Duration::from_secs(5);
/// The least wait: `0` and dates in the past would otherwise resend in a tight loop.
const LEAST: Duration = Duration::from_secs(1);

/// How long a reply asks to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) wait: Duration,
    /// Why this is our guess and not the server's word: what is wrong with its `Retry-After`.
    pub(super) guessed: Option<&'static str>,
}

/// What a reply asks for: 429 always, 423 and 503 with a usable `Retry-After`; `None` for all others.
pub(super) fn asked(response: &Response, now: Timestamp) -> Option<Asked> {
    let header = response.headers.get(http::header::RETRY_AFTER);
    let said = header.and_then(|v| v.to_str().ok()).and_then(|v| parse(v, now));
    match (response.status, said) {
        (429 | 423 | 503, Some(wait)) => Some(Asked { wait, guessed: None }),
        (429, None) => {
            let guessed =
                if header.is_some() { "with a `Retry-After` that is no time" } else { "without `Retry-After`" };
            Some(Asked { wait: FALLBACK, guessed: Some(guessed) })
        }
        _ => None,
    }
}

fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a u64 holds still mean "very long".
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).max(LEAST));
    }
    if let Some((whole, part)) = value.split_once('.')
        && [whole, part].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    {
        // Not in the RFC, and still sent: rounded up, so as not to come too early.
        return Some(Duration::from_secs(whole.parse::<u64>().unwrap_or(u64::MAX).saturating_add(1)));
    }
    let at = date(value)?;
    let seconds = (at.as_millisecond() - now.as_millisecond()).max(0);
    Some(Duration::from_millis(seconds.unsigned_abs()).max(LEAST))
}

/// The three forms of an HTTP date (RFC 9110 section 5.6.7), and RFC 3339, which JSON-minded servers write.
fn date(value: &str) -> Option<Timestamp> {
    let obsolete = |format| {
        let parsed = BrokenDownTime::parse(format, value).ok()?;
        parsed.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    };
    let modern = rfc2822::DateTimeParser::new().parse_timestamp(value).ok();
    modern
        .or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))
        .or_else(|| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Bytes, HeaderMap};

    fn reply(status: u16, retry_after: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert("retry-after", value.parse().unwrap());
        }
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        asked(&Response::new(status, headers, Bytes::new()), now).map(|asked| asked.wait.as_secs())
    }

    #[test]
    fn numbers_dates_and_garbage() {
        assert_eq!(reply(429, Some("7")), Some(7));
        assert_eq!(reply(429, Some("0")), Some(1));
        assert_eq!(reply(429, Some("Sat, 21 Nov 2026 10:01:30 GMT")), Some(90));
        assert_eq!(reply(429, Some("Sat, 21 Nov 2020 10:01:30 GMT")), Some(1));
        assert_eq!(reply(429, Some("99999999999999999999999")), Some(u64::MAX));
        assert_eq!(reply(429, Some("Saturday, 21-Nov-26 10:01:30 GMT")), Some(90));
        assert_eq!(reply(429, Some("Sat Nov 21 10:01:30 2026")), Some(90));
        assert_eq!(reply(429, Some("2026-11-21T10:01:30Z")), Some(90));
        assert_eq!(reply(429, Some(" 7 ")), Some(7));
        assert_eq!(reply(429, Some("2.5")), Some(3));
        assert_eq!(reply(429, Some("0.001")), Some(1));
        assert_eq!(reply(429, Some("1.")), Some(5));
        assert_eq!(reply(429, Some("soon")), Some(5));
        assert_eq!(reply(429, Some("-3")), Some(5));
        assert_eq!(reply(429, None), Some(5));
    }

    #[test]
    fn locked_and_unavailable_only_with_the_header() {
        assert_eq!(reply(503, Some("3")), Some(3));
        assert_eq!(reply(423, Some("3")), Some(3));
        assert_eq!(reply(503, None), None);
        assert_eq!(reply(503, Some("soon")), None);
        assert_eq!(reply(500, Some("3")), None);
        assert_eq!(reply(200, Some("3")), None);
    }
}
