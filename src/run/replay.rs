//! A run answered from a recording: no socket, no waiting, and time as it went when it was recorded.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Clock;
use crate::event::{Assertion, Notes, Phase, StepOutcome};
use crate::http::{Delivery, Request, Response, Sending, Transport, TransportError, TransportErrorKind};
use crate::redact::{PLACEHOLDER, Redactor};

/// What a name is bound to whose value the recording hides altogether.
pub(super) const UNKNOWN: &str = "wxflow-secret-99999";

/// One recorded send.
#[derive(Debug)]
pub struct Recorded {
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
    pub reply: Result<Response, TransportError>,
}

/// Where the recorded sends lie, by their number from 0: a recording may be larger than memory.
pub trait Shelf: fmt::Debug + Send + Sync {
    /// One of them; `None` where it cannot be read.
    fn get(&self, place: usize) -> Option<Recorded>;
}

/// What a recorded send is found by.
#[derive(Debug)]
pub struct Label {
    run: Arc<str>,
    request: u64,
    body: u64,
    /// An authorization server was asked for a token, which a replay does not need.
    token: bool,
}

impl Label {
    /// The label of a send that belongs to `run`, [`Recording::replay`]'s; `token` says that it only asked for a token.
    #[must_use]
    pub fn new(run: Arc<str>, send: &Recorded, token: bool) -> Self {
        Self { run, request: request_hash(&send.method, &send.url), body: hash(&plain(&send.body)), token }
    }

    /// Changes the run by its name; `None` where there is no such.
    #[must_use]
    pub fn renamed(self, name: impl FnOnce(&str) -> Option<Arc<str>>) -> Option<Self> {
        Some(Self { run: name(&self.run)?, ..self })
    }
}

/// Which step notes belong to: the flow's path, step and item (0 for none), and the phase.
pub type NotePlace = (Arc<str>, (u32, u32), Phase);

/// What was noted at one place, each with the flow run it belongs to.
type Noted = VecDeque<(Arc<str>, Notes)>;

/// A recorded run. All flows of a command share it.
#[derive(Debug)]
pub struct Recording {
    labels: Vec<Label>,
    shelf: Box<dyn Shelf>,
    /// The places of each method and [`plain`] URL.
    index: HashMap<u64, Vec<u32>>,
    starts: HashMap<Arc<str>, Timestamp>,
    used: Mutex<Vec<bool>>,
    notes: Mutex<HashMap<NotePlace, Noted>>,
}

impl Recording {
    /// The sends in their order, where they lie, when each flow run began, and what was noted of its steps.
    #[must_use]
    pub fn new(
        labels: Vec<Label>,
        shelf: Box<dyn Shelf>,
        starts: HashMap<Arc<str>, Timestamp>,
        noted: Vec<(Arc<str>, NotePlace, Notes)>,
    ) -> Self {
        let used = Mutex::new(vec![false; labels.len()]);
        let mut index: HashMap<u64, Vec<u32>> = HashMap::new();
        for (label, place) in labels.iter().zip(0_u32..) {
            index.entry(label.request).or_default().push(place);
        }
        let mut notes: HashMap<NotePlace, VecDeque<(Arc<str>, Notes)>> = HashMap::new();
        for (run, place, note) in noted {
            notes.entry(place).or_default().push_back((run, note));
        }
        Self { labels, shelf, index, starts, used, notes: Mutex::new(notes) }
    }

    /// What answers one flow run, and tells it the time.
    #[must_use]
    pub fn replay(&self, run: String, redactor: &Redactor) -> Replay<'_> {
        let earliest = || self.starts.values().min().copied();
        let start = self.starts.get(&*run).copied().or_else(earliest).unwrap_or(Timestamp::UNIX_EPOCH);
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
    /// What was noted of a step, each time once: a flow may use another one several times.
    pub(super) fn notes(&self, flow: &Arc<str>, at: (u32, u32), phase: Phase) -> Notes {
        let mut notes = self.recording.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let found = notes.get_mut(&(Arc::clone(flow), at, phase)).and_then(|left| {
            let own = left.iter().position(|(run, _)| **run == *self.run).unwrap_or(0);
            left.remove(own)
        });
        found.map(|(_, notes)| notes).unwrap_or_default()
    }

    /// Whether the recording hides something of a reply.
    pub(super) fn hides(&self, reply: &Response) -> bool {
        let holds = |bytes: &[u8]| bytes.windows(PLACEHOLDER.len()).any(|window| window == PLACEHOLDER.as_bytes());
        holds(&reply.body) || reply.headers.values().any(|value| holds(value.as_bytes()))
    }

    /// Whether `value` is a piece of a placeholder, so that the secret itself would have given another one: what stands
    /// elsewhere in the reply too is none.
    pub(super) fn cuts(&self, value: &str, reply: &Response) -> bool {
        let headers = reply.headers.values().filter_map(|value| value.to_str().ok());
        let mut found = false;
        for text in headers.chain([reply.text()]).filter(|text| !value.is_empty() && text.contains(PLACEHOLDER)) {
            for (start, _) in text.match_indices(value) {
                let end = start + value.len();
                found = true;
                if !placeholders(text).any(|p| start < p.end && p.start < end && (p.start < start || end < p.end)) {
                    return false;
                }
            }
        }
        found
    }

    fn find(&self, request: &Request) -> Result<Recorded, TransportError> {
        let url = self.redactor.mask_fields(request.url.as_str());
        let body = self.redactor.mask_fields(std::str::from_utf8(&request.body).unwrap_or_default());
        let body = hash(&plain(&body));
        let Recording { labels, index, shelf, .. } = self.recording;
        let mut used = self.recording.used.lock().unwrap_or_else(PoisonError::into_inner);
        let is_left = |place: &usize| used.get(*place) == Some(&false);
        let known = index.get(&request_hash(request.method.as_str(), &url)).into_iter().flatten();
        let left = known.map(|place| *place as usize).filter(is_left);
        let left: Vec<(usize, &Label)> = left.filter_map(|place| Some((place, labels.get(place)?))).collect();
        let own = |label: &Label| *label.run == *self.run;
        let find = |wanted: &dyn Fn(&Label) -> bool| left.iter().find(|(_, label)| wanted(label)).map(|(at, _)| *at);
        let mine = || (0..labels.len()).filter(|at| is_left(at) && labels.get(*at).is_some_and(own));
        // What became secret after it was sent is known here in plain.
        let masked_later = || {
            let looks_like = |send: &Recorded| send.method == request.method.as_str() && fits(&send.url, &url);
            mine().find(|at| shelf.get(*at).is_some_and(|send| send.url.contains(PLACEHOLDER) && looks_like(&send)))
        };
        // And what was cut out of a secret when it was recorded is not known here.
        let unknown = || {
            let looks_like = |send: &Recorded| send.method == request.method.as_str() && fits(&url, &send.url);
            url.contains(UNKNOWN).then(|| mine().find(|at| shelf.get(*at).is_some_and(|send| looks_like(&send))))?
        };
        let place = find(&|label| own(label) && label.body == body)
            .or_else(|| find(&own))
            .or_else(|| find(&|label| label.body == body))
            .or_else(|| left.first().map(|(at, _)| *at))
            .or_else(masked_later)
            .or_else(unknown);
        let Some(place) = place else {
            let next = mine().find(|at| labels.get(*at).is_some_and(|label| !label.token));
            return Err(unrecorded(request, next.and_then(|at| shelf.get(at))));
        };
        used.iter_mut().skip(place).take(1).for_each(|used| *used = true);
        shelf.get(place).ok_or_else(|| refused("the recording cannot be read any more".to_owned(), None))
    }
}

fn unrecorded(request: &Request, next: Option<Recorded>) -> TransportError {
    let message = format!("{} {} is not in the recording", request.method, request.url);
    let help = match next {
        Some(Recorded { method, url, step, .. }) => {
            format!("the next recorded request of this flow is {method} {url} ({step}); record the run again")
        }
        None => "the recording has no more requests of this flow; record the run again".to_owned(),
    };
    refused(message, Some(help))
}

fn refused(message: String, help: Option<String>) -> TransportError {
    let (kind, delivery) = (TransportErrorKind::Refused, Delivery::NotSent);
    TransportError { kind, delivery, message, help }
}

impl Transport for Replay<'_> {
    fn send<'a>(&'a self, request: &'a Request) -> Sending<'a> {
        let reply = self.find(request).and_then(|send| {
            self.passed.set(self.passed.get() + send.took);
            send.reply
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

fn request_hash(method: &str, url: &str) -> u64 {
    hash(&format!("{method} {}", plain(url)))
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A text in which all secrets are the same: the ones of a replay are others than the recorded.
fn plain(text: &str) -> String {
    pieces(text).collect::<Vec<_>>().join("*")
}

/// The places of placeholders.
fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(PLACEHOLDER).map(|(start, _)| {
        let end = start + PLACEHOLDER.len();
        let digits = text.bytes().skip(end).take_while(u8::is_ascii_digit).count();
        start..end + digits
    })
}

/// What stands between the placeholders of a text.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(PLACEHOLDER).enumerate().map(|(at, piece)| match at {
        0 => piece,
        _ => piece.trim_start_matches(|c: char| c.is_ascii_digit()),
    })
}

/// Whether `text` is `recorded`, with anything in the place of each placeholder.
fn fits(recorded: &str, text: &str) -> bool {
    let text = plain(text);
    let mut pieces = pieces(recorded);
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let end = match pieces.peek() {
            None => return rest.ends_with(piece),
            Some(_) => rest.find(piece).map(|at| at + piece.len()),
        };
        let Some(after) = end.and_then(|end| rest.get(end..)) else { return false };
        rest = after;
    }
    rest.is_empty()
}

/// An assertion in words, as notes and warnings have it.
fn claim(Assertion { subject, predicate, .. }: &Assertion) -> String {
    match predicate.as_str() {
        // An expression says it itself.
        "is true" => subject.clone(),
        _ => format!("{subject} {predicate}"),
    }
}

/// The assertions that did not hold, for a recording.
pub(super) fn failed(outcome: &StepOutcome) -> impl Iterator<Item = String> {
    outcome.assertions.iter().filter(|assertion| !assertion.passed).map(claim)
}

/// Gives the assertions that hang on a secret the verdict that they had when they were recorded: a replay has only
/// placeholders and made-up values.
pub(super) fn set_aside(outcome: &mut StepOutcome, recorded: &Notes) {
    for assertion in outcome.assertions.iter_mut().filter(|assertion| assertion.not_replayable) {
        let claim = claim(assertion);
        let did_fail = recorded.failed.iter().any(|failed| plain(failed) == plain(&claim));
        assertion.passed = !did_fail;
        (assertion.expected, assertion.actual) = (None, None);
        if did_fail {
            let message = "failed when it was recorded; it depends on a secret's value, so it is not replayable";
            assertion.message = Some(message.to_owned());
        } else {
            (assertion.at, assertion.message) = (None, None);
            outcome.warnings.push(format!("not replayable: `{claim}` depends on a secret's value"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_a_url_are_all_the_same() {
        let url = "https://a.example/wxflow-secret-00012/x?t=wxflow-secret-00001&n=1";
        assert_eq!(plain(url), "https://a.example/*/x?t=*&n=1");
    }

    #[test]
    fn what_was_masked_later_fits_what_is_not_masked() {
        let recorded = "https://a.example/wxflow-secret-00012/x?t=wxflow-secret-00001&n=1";
        assert!(fits(recorded, "https://a.example/abc/x?t=def&n=1"));
        assert!(fits("https://a.example/wxflow-secret-00012", "https://a.example/abc"));
        assert!(!fits(recorded, "https://a.example/abc/y?t=def&n=1"));
        assert!(!fits(recorded, "https://a.example/abc/x?t=def&n=12"));
        assert!(!fits("https://a.example/x", "https://a.example/xy"));
    }
}
