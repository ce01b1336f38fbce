//! Raw sends kept during a step, and what of them goes into its event.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;

use super::{Context, Detail};
use crate::event::{Body, Encoding, Exchange, Failure, Header, Reason, Reply, Times, Wait};
use crate::http::{Bytes, HeaderMap, Request, Response, TransportError};
use crate::redact::Redactor;
use crate::webex;

/// One send as it happened.
pub(super) struct Sent {
    pub(super) because: Reason,
    pub(super) request: Arc<Request>,
    pub(super) reply: Result<Arc<Response>, TransportError>,
    /// The size of a body that was let go.
    pub(super) let_go: Option<usize>,
    /// Since the step began.
    pub(super) start: Duration,
    /// How long the send took.
    pub(super) took: Duration,
}

impl Sent {
    /// Lets go of a body that is larger than `limit`: a poll must not keep every large reply that was not yet it.
    pub(super) fn lighten(&mut self, limit: usize) {
        if let Ok(response) = &mut self.reply
            && response.body.len() > limit
        {
            self.let_go = Some(response.body.len());
            *response = Arc::new(response.with_body(Bytes::new()));
        }
    }
}

/// What one step's sends leave behind, also when they fail.
#[derive(Default)]
pub(super) struct Log {
    /// When the first of them began.
    pub(super) began: Option<Duration>,
    pub(super) sent: Vec<Sent>,
    /// What was asked of an authorization server for it: for recordings.
    pub(super) tokens: Vec<Sent>,
    pub(super) waits: Vec<Wait>,
}

impl Log {
    /// Every send, those for tokens first.
    pub(super) fn whole(&self) -> Vec<&Sent> {
        self.tokens.iter().chain(&self.sent).collect()
    }

    /// How many sends there were, redirects and handshakes of `auth` not counted.
    pub(super) fn attempts(&self) -> u32 {
        let attempts = self.sent.iter().filter(|sent| !matches!(sent.because, Reason::Redirect | Reason::Auth));
        u32::try_from(attempts.count()).unwrap_or(u32::MAX)
    }

    /// How long the server has made the step wait.
    pub(super) fn rate_limited(&self) -> Duration {
        let waits = self.waits.iter().filter(|wait| wait.reason == Reason::RateLimit);
        Duration::from_millis(waits.map(|wait| wait.wait_ms).fold(0, u64::saturating_add))
    }
}

/// How much of a send is told, and what masks it.
struct Depth<'a> {
    headers: bool,
    bodies: bool,
    /// Whether a refusal of Webex is explained.
    hints: bool,
    /// Of a body, in bytes.
    limit: usize,
    redactor: &'a Redactor,
    /// Text is only what is UTF-8: what is written must give the same bytes again.
    exact: bool,
}

/// The events' form of a step's sends. Headers and bodies are in it where the run asked for them, or the step failed.
pub(super) fn exchanges(sent: &[Sent], failed: bool, context: &Context<'_>) -> Vec<Exchange> {
    let depth = Depth {
        headers: failed || context.options.detail != Detail::Failures,
        bodies: failed || context.options.detail == Detail::Everything,
        hints: failed,
        limit: context.options.report_bodies,
        redactor: context.redactor,
        exact: false,
    };
    sent.iter().map(|s| exchange(s, &depth)).collect()
}

/// As [`exchanges`], whole, with a placeholder for each secret: what a recording keeps.
pub(super) fn whole(sent: &[&Sent], redactor: &Redactor) -> Vec<Exchange> {
    let depth = Depth { headers: true, bodies: true, hints: false, limit: usize::MAX, redactor, exact: true };
    sent.iter().map(|s| exchange(s, &depth)).collect()
}

fn exchange(sent: &Sent, depth: &Depth<'_>) -> Exchange {
    let Depth { headers, bodies, limit, redactor, .. } = *depth;
    let request = &sent.request;
    let (reply, error, failure) = match &sent.reply {
        Ok(response) => {
            let size = sent.let_go.unwrap_or(response.body.len()) as u64;
            let hint = if depth.hints { webex::hint(request, response) } else { None };
            (Some(Reply { size, hint, ..reply(response, depth) }), None, None)
        }
        Err(TransportError { kind, delivery, message, help }) => {
            let failure = Failure { kind: *kind, delivery: *delivery, help: help.clone() };
            (None, Some(message.clone()), Some(failure))
        }
    };
    Exchange {
        because: sent.because,
        method: request.method.to_string(),
        url: request.url.to_string(),
        headers: if headers { lines(&request.headers) } else { Vec::new() },
        body: (bodies && !request.body.is_empty())
            .then(|| body(std::str::from_utf8(&request.body).ok(), &request.body, limit, redactor)),
        start_ms: milliseconds(sent.start),
        times: times(sent),
        reply,
        error,
        failure,
    }
}

fn reply(response: &Response, depth: &Depth<'_>) -> Reply {
    let Depth { headers, bodies, limit, redactor, exact, .. } = *depth;
    let is_text = || match exact {
        true => std::str::from_utf8(&response.body).ok(),
        false => (!response.text_was_lossy()).then(|| response.text()),
    };
    Reply {
        status: response.status,
        reason: response.reason.clone(),
        http_version: response.version_text().to_owned(),
        headers: if headers { lines(&response.headers) } else { Vec::new() },
        body: (bodies && !response.body.is_empty()).then(|| body(is_text(), &response.body, limit, redactor)),
        size: response.body.len() as u64,
        wire_size: response.wire_size,
        remote_ip: response.remote_addr.map(|a| a.ip().to_string()),
        hint: None,
    }
}

/// Masked before it is cut: a secret across the cut would leave its first half.
fn body(text: Option<&str>, bytes: &[u8], limit: usize, redactor: &Redactor) -> Body {
    let (encoding, whole) = match text {
        Some(text) => (Encoding::Text, redactor.mask_fields(text)),
        None => {
            let text = base64::engine::general_purpose::STANDARD.encode(redactor.mask_bytes(bytes));
            (Encoding::Base64, std::borrow::Cow::Owned(redactor.mask(&text).into_owned()))
        }
    };
    let mut end = whole.len().min(limit);
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    let cut = end < whole.len();
    let text = whole.get(..end).unwrap_or("").to_owned();
    Body { text, encoding, size: bytes.len() as u64, cut }
}

fn lines(headers: &HeaderMap) -> Vec<Header> {
    let line = |(name, value): (&crate::http::HeaderName, &crate::http::HeaderValue)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    headers.iter().map(line).collect()
}

fn times(sent: &Sent) -> Times {
    let Ok(response) = &sent.reply else {
        return Times { total_ms: milliseconds(sent.took), ..Times::default() };
    };
    let timing = response.timing;
    Times {
        dns_ms: timing.dns.map(milliseconds),
        connect_ms: timing.connect.map(milliseconds),
        tls_ms: timing.tls.map(milliseconds),
        first_byte_ms: timing.first_byte.map(milliseconds),
        body_ms: timing.first_byte.map(|first| milliseconds(timing.total.saturating_sub(first))),
        total_ms: milliseconds(sent.took),
        reused: timing.reused,
    }
}

/// Milliseconds to the microsecond: finer digits are noise.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}
