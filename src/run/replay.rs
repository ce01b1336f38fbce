//! A run answered from a recording: no socket, no waiting, and time as it went when it was recorded.

use std::cell::Cell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Clock;
use super::record::Sent;
use crate::event::{Assertion, StepOutcome};
use crate::http::{Delivery, Request, Response, Sending, Transport, TransportError, TransportErrorKind};
use crate::redact::{PLACEHOLDER, Redactor};

/// One recorded send.
#[derive(Debug)]
pub struct Recorded {
    /// The flow run it belongs to: [`Recording::replay`]'s `run`.
    pub run: String,
    /// `step 3, “Create a room”`, for messages.
    pub step: String,
    /// The method.
    pub method: String,
    /// The URL, with placeholders for secrets.
    pub url: String,
    /// The body's text, with placeholders too; empty for none.
    pub body: String,
    /// How long it took.
    pub took: Duration,
    /// The reply, or why there was none.
    pub reply: Result<Response, String>,
}

/// A recorded run. All flows of a command share it.
#[derive(Debug)]
pub struct Recording {
    sends: Vec<Recorded>,
    /// The places in `sends` of each method and [`plain`] URL.
    index: HashMap<String, Vec<usize>>,
    starts: HashMap<String, Timestamp>,
    used: Mutex<Vec<bool>>,
}

impl Recording {
    /// The sends in their order, and when each flow run began.
    #[must_use]
    pub fn new(sends: Vec<Recorded>, starts: HashMap<String, Timestamp>) -> Self {
        let used = Mutex::new(vec![false; sends.len()]);
        let mut index: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, send) in sends.iter().enumerate() {
            index.entry(key(&send.method, &send.url)).or_default().push(place);
        }
        Self { sends, index, starts, used }
    }

    /// What answers one flow run, and tells it the time.
    #[must_use]
    pub fn replay(&self, run: String, redactor: &Redactor) -> Replay<'_> {
        let earliest = || self.starts.values().min().copied();
        let start = self.starts.get(&run).copied().or_else(earliest).unwrap_or(Timestamp::UNIX_EPOCH);
        Replay { recording: self, run, start, passed: Cell::default(), redactor: redactor.for_recording() }
    }
}

/// The recording as one flow run sees it: its own sends first, each once; then those of others, as a flow that runs once
/// may have run in another's place.
#[derive(Debug)]
pub struct Replay<'r> {
    recording: &'r Recording,
    run: String,
    start: Timestamp,
    passed: Cell<Duration>,
    redactor: Redactor,
}

impl Replay<'_> {
    fn find(&self, request: &Request) -> Result<&Recorded, TransportError> {
        let key = key(request.method.as_str(), &self.redactor.mask_fields(request.url.as_str()));
        let body = plain(&self.redactor.mask_fields(std::str::from_utf8(&request.body).unwrap_or_default()));
        let Recording { sends, index, .. } = self.recording;
        let mut used = self.recording.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = |place: &usize| used.get(*place) == Some(&false);
        let left = index.get(&key).into_iter().flatten().copied().filter(is_left);
        let left: Vec<(usize, &Recorded)> = left.filter_map(|place| Some((place, sends.get(place)?))).collect();
        let own = |send: &Recorded| send.run == self.run;
        let says_same = |send: &Recorded| plain(&send.body) == body;
        let find = |wanted: &dyn Fn(&Recorded) -> bool| left.iter().find(|(_, send)| wanted(send)).copied();
        let found = find(&|send| own(send) && says_same(send))
            .or_else(|| find(&own))
            .or_else(|| find(&says_same))
            .or_else(|| left.first().copied());
        let Some((place, send)) = found else {
            let next = sends.iter().zip(used.iter()).find(|(send, used)| !**used && own(send));
            return Err(self.unrecorded(request, next.map(|(send, _)| send)));
        };
        used.iter_mut().skip(place).take(1).for_each(|used| *used = true);
        Ok(send)
    }

    fn unrecorded(&self, request: &Request, next: Option<&Recorded>) -> TransportError {
        let message = format!("{} {} is not in the recording", request.method, request.url);
        let help = match next {
            Some(Recorded { method, url, step, .. }) => {
                format!("the next recorded request of this flow is {method} {url} ({step}); record the run again")
            }
            None => "the recording has no more requests of this flow; record the run again".to_owned(),
        };
        let (kind, delivery) = (TransportErrorKind::Refused, Delivery::NotSent);
        TransportError { kind, delivery, message, help: Some(help) }
    }
}

impl Transport for Replay<'_> {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        let reply = self.find(request).and_then(|send| {
            self.passed.set(self.passed.get() + send.took);
            match &send.reply {
                Ok(reply) => Ok(reply.with_body(reply.body.clone())),
                Err(message) => Err(TransportError {
                    kind: TransportErrorKind::Connect,
                    delivery: Delivery::NotSent,
                    message: message.clone(),
                    help: None,
                }),
            }
        });
        Box::pin(std::future::ready(reply))
    }
}

impl Clock for Replay<'_> {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.passed.get()).unwrap_or_default();
        self.start.checked_add(passed).unwrap_or(self.start)
    }

    fn elapsed(&self) -> Duration {
        self.passed.get()
    }

    fn sleep<'a>(&'a self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
        self.passed.set(self.passed.get().saturating_add(duration));
        Box::pin(tokio::task::yield_now())
    }
}

fn key(method: &str, url: &str) -> String {
    format!("{method} {}", plain(url))
}

/// A text in which all secrets are the same: the ones of a replay are others than the recorded.
fn plain(url: &str) -> String {
    let mut pieces = url.split(PLACEHOLDER);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push('*');
        out.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// Takes out of the verdict what hangs on a secret: the replay has only placeholders and invented values.
pub(super) fn set_aside(outcome: &mut StepOutcome, sent: &[Sent], redactor: &Redactor) {
    let body = sent.last().and_then(|sent| sent.reply.as_ref().ok()).map_or(&[][..], |reply| &reply.body);
    // Of a whole body that holds a placeholder nothing is known: not its digest, and no snapshot of it.
    let hidden = body.windows(PLACEHOLDER.len()).any(|window| window == PLACEHOLDER.as_bytes());
    let whole = |subject: &str| hidden && ["sha256", "snapshot"].contains(&subject);
    for assertion in
        outcome.assertions.iter_mut().filter(|a| a.not_replayable || whole(&a.subject) || hangs_on_secret(a, redactor))
    {
        assertion.not_replayable = true;
        assertion.passed = true;
        assertion.at = None;
        let claim = format!("{} {}", assertion.subject, assertion.predicate);
        outcome.warnings.push(format!("not replayable: `{claim}` depends on a secret's value"));
    }
}

fn hangs_on_secret(assertion: &Assertion, redactor: &Redactor) -> bool {
    let Assertion { subject, expected, actual, message, .. } = assertion;
    let values = [expected, actual].into_iter().flatten().map(ToString::to_string);
    let mut texts = values.chain(message.clone());
    // Certificates are not recorded.
    subject.starts_with("certificate")
        || texts.any(|text| text.contains(PLACEHOLDER) || redactor.carries_secret(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn secrets_in_a_url_are_all_the_same() {
        let url = "https://a.example/wxflow-secret-00012/x?t=wxflow-secret-00001&n=1";
        assert_eq!(plain(url), "https://a.example/*/x?t=*&n=1");
    }
}
