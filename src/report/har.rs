//! HAR 1.2: every request of a run, for browsers' network panels and other tools that read archives.
//!
//! A flow run is a page, a send an entry. What HAR has no word for stands in fields that begin with `_`, as it asks.

mod masked;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::spool::Part;
use super::{FlowWriter, Format, Frame, Key, Run, Segments, display};
use crate::event::{
    Body, Encoding, EventKind, Exchange, Failure, Header, Notes, Phase, Reply, RunEvent, StepOutcome, Take, Times,
};
use crate::redact::{Redacted, Redactor};
use masked::MaskedLines;

/// What a recording says about its run, when that has ended.
type About = Box<dyn Fn() -> Value + Send + Sync>;

/// The format. It knows the pages, one per flow run; entries are spooled.
#[derive(Default)]
pub(super) struct Har {
    pages: Arc<Mutex<Vec<Page>>>,
    /// What a recording says about its run, and what masks it; `None` in a report.
    recording: Option<(About, Redactor)>,
}

impl Har {
    /// A recording, which says `about` its run what a replay must know.
    pub(super) fn recording(about: impl Fn() -> Value + Send + Sync + 'static, redactor: &Redactor) -> Self {
        Self { recording: Some((Box::new(about), redactor.for_recording())), ..Self::default() }
    }
}

/// A flow run as HAR's list of pages has it.
#[derive(Clone)]
struct Page {
    key: Key,
    started: String,
    /// The flow's `name`.
    name: String,
}

impl Page {
    fn id(&self) -> String {
        format!("{}{}", self.key.path, self.key.suffix())
    }

    fn json(&self) -> Value {
        json!({
            "startedDateTime": self.started,
            "id": self.id(),
            "title": self.name,
            "pageTimings": { "onContentLoad": -1, "onLoad": -1 },
            "_flow": self.key.path,
            "_row": self.key.row,
            "_repeat": self.key.repeat,
        })
    }
}

impl Format for Har {
    fn flow(&self, key: &Key) -> Box<dyn FlowWriter> {
        let page = Page { key: key.clone(), started: String::new(), name: String::new() };
        Box::new(Writer { pages: Arc::clone(&self.pages), page, empty: true, notes: String::new() })
    }

    fn assemble(&self, run: &Run, segments: &mut Segments, out: &mut dyn Write) -> io::Result<()> {
        let started = run.started.as_deref();
        let version = match started.map(|event| &event.kind) {
            Some(EventKind::RunStarted { wxflow, .. }) => wxflow.as_str(),
            _ => env!("CARGO_PKG_VERSION"),
        };
        let creator = display::json(&json!({ "name": "wxflow", "version": version }))?;
        write!(out, r#"{{"log":{{"version":"1.2","creator":{creator},"#)?;
        let mut out: Box<dyn Write + '_> = match &self.recording {
            Some((_, redactor)) => Box::new(MaskedLines::new(out, redactor)),
            None => Box::new(out),
        };
        if let Some((about, _)) = &self.recording {
            writeln!(out, "\"_recording\":\n{}\n,\"_steps\":[", display::json(&about())?)?;
            segments.copy_all(Part::Index, ",\n", &mut out)?;
            write!(out, "\n],")?;
        }
        writeln!(out, "\"pages\":[")?;
        let mut pages = std::mem::take(&mut *self.pages.lock().unwrap_or_else(PoisonError::into_inner));
        pages.sort_by(|a, b| a.key.cmp(&b.key));
        for (i, page) in pages.iter().enumerate() {
            let comma = if i > 0 { ",\n" } else { "" };
            write!(out, "{comma}{}", display::json(&page.json())?)?;
        }
        writeln!(out, "\n],\"entries\":[")?;
        segments.copy(",\n", &mut out)?;
        writeln!(out, "\n]}}}}")?;
        out.flush()
    }
}

/// Writes one flow.
struct Writer {
    pages: Arc<Mutex<Vec<Page>>>,
    page: Page,
    /// It has no entry yet.
    empty: bool,
    /// What a recording notes of its steps, a line each.
    notes: String,
}

impl Writer {
    fn entries(&mut self, event: &RunEvent, step: &StepOutcome, body: &mut dyn Write) -> io::Result<()> {
        let page = self.page.id();
        for exchange in &step.exchanges {
            body.write_all(if std::mem::take(&mut self.empty) { b"" } else { b",\n" })?;
            let entry = entry(&page, event, step, exchange);
            body.write_all(display::json(&entry)?.as_bytes())?;
        }
        Ok(())
    }
}

impl FlowWriter for Writer {
    fn event(&mut self, event: &Redacted<RunEvent>, body: &mut dyn Write) -> io::Result<()> {
        match &event.kind {
            EventKind::FlowStarted { name, .. } if self.page.started.is_empty() => {
                self.page.started.clone_from(&event.time);
                self.page.name.clone_from(name);
            }
            EventKind::StepFinished(step) => self.entries(event, step, body)?,
            _ => {}
        }
        Ok(())
    }

    fn record(&mut self, take: &Redacted<Take>, body: &mut dyn Write) -> io::Result<()> {
        let Take { event, notes } = &**take;
        let mut phase = Phase::Step;
        if let EventKind::StepFinished(step) = &event.kind {
            phase = step.phase;
            self.entries(event, step, body)?;
        }
        if !notes.is_empty() {
            let page = self.page.id();
            let (flow, step, item) = (event.flow.as_deref(), event.step, event.item);
            let line = display::json(&StepNotes { page: &page, flow, step, item, phase, notes })?;
            self.notes.push_str(if self.notes.is_empty() { "" } else { ",\n" });
            self.notes.push_str(&line);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Frame {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner).push(self.page);
        Frame { index: self.notes, ..Frame::default() }
    }
}

/// What a recording notes of a step.
#[derive(Serialize)]
struct StepNotes<'a> {
    page: &'a str,
    flow: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    phase: Phase,
    #[serde(flatten)]
    notes: &'a Notes,
}

/// An entry; its fields stand in the order in which people read them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    pageref: &'a str,
    started_date_time: String,
    time: f64,
    request: Value,
    response: Value,
    cache: Value,
    timings: Value,
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    /// The file that the step stands in: a used flow's own.
    #[serde(rename = "_flow")]
    flow: Option<&'a str>,
    #[serde(rename = "_step")]
    step: Option<u32>,
    #[serde(rename = "_item", skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    #[serde(rename = "_name")]
    name: &'a str,
    #[serde(rename = "_phase")]
    phase: Phase,
    #[serde(rename = "_because")]
    because: crate::event::Reason,
    #[serde(rename = "_reused", skip_serializing_if = "std::ops::Not::not")]
    reused: bool,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<SendError<'a>>,
}

/// Why there was no reply.
#[derive(Serialize)]
struct SendError<'a> {
    #[serde(flatten)]
    failure: &'a Failure,
    message: &'a str,
}

fn entry<'a>(page: &'a str, event: &'a RunEvent, step: &'a StepOutcome, exchange: &'a Exchange) -> Entry<'a> {
    let (timings, time) = timings(&exchange.times);
    Entry {
        pageref: page,
        started_date_time: started(&event.time, step.duration_ms - exchange.start_ms),
        time,
        request: request(exchange),
        response: response(exchange.reply.as_ref()),
        cache: json!({}),
        timings,
        server: exchange.reply.as_ref().and_then(|reply| reply.remote_ip.as_deref()),
        comment: exchange.error.as_deref(),
        flow: event.flow.as_deref(),
        step: event.step,
        item: event.item,
        name: &step.name,
        phase: step.phase,
        because: exchange.because,
        reused: exchange.times.reused,
        error: exchange
            .failure
            .as_ref()
            .zip(exchange.error.as_deref())
            .map(|(failure, message)| SendError { failure, message }),
    }
}

/// The moment `before` milliseconds ahead of `time`.
fn started(time: &str, before: f64) -> String {
    let before = Duration::try_from_secs_f64(before.max(0.0) / 1000.0).unwrap_or_default();
    let before = SignedDuration::try_from(before).unwrap_or_default();
    let moment = time.parse::<Timestamp>().ok().and_then(|end| end.checked_sub(before).ok());
    moment.map_or_else(|| time.to_owned(), |moment| format!("{moment:.3}"))
}

/// HAR's phases and their sum. What did not happen is -1; TLS stands in `connect` too, as HAR 1.1 had no word for it.
fn timings(times: &Times) -> (Value, f64) {
    let phase = |ms: Option<f64>| ms.unwrap_or(-1.0);
    let tls = times.tls_ms.unwrap_or(0.0);
    let connect = times.connect_ms.map(|ms| ms + tls);
    let receive = times.body_ms.unwrap_or(0.0);
    let before = times.dns_ms.unwrap_or(0.0) + connect.unwrap_or(0.0);
    let wait = (times.total_ms - before - receive).max(0.0);
    let timings = json!({
        "blocked": -1,
        "dns": phase(times.dns_ms),
        "connect": phase(connect),
        "ssl": phase(times.tls_ms),
        "send": 0,
        "wait": wait,
        "receive": receive,
    });
    (timings, before + wait + receive)
}

fn request(exchange: &Exchange) -> Value {
    let Exchange { method, url, headers, body, reply, .. } = exchange;
    let version = reply.as_ref().map_or("HTTP/1.1".to_owned(), version);
    let query = Url::parse(url).ok().map(|url| pairs(url.query().unwrap_or_default())).unwrap_or_default();
    let mut request = json!({
        "method": method,
        "url": url,
        "httpVersion": version,
        "cookies": headers_named(headers, "cookie").flat_map(|line| line.split("; ")).filter_map(pair).collect::<Vec<_>>(),
        "headers": headers,
        "queryString": query,
        "headersSize": -1,
        "bodySize": body.as_ref().map_or(0, |body| body.size),
    });
    if let (Some(body), Some(request)) = (body, request.as_object_mut()) {
        request.insert("postData".to_owned(), post_data(body, headers));
    }
    request
}

fn post_data(body: &Body, headers: &[Header]) -> Value {
    let mime = headers_named(headers, "content-type").next().unwrap_or_default();
    let mut data = json!({ "mimeType": mime, "text": body.text });
    if let Some(data) = data.as_object_mut() {
        // HAR has no word for it here; browsers' tools use this one.
        if body.encoding == Encoding::Base64 {
            data.insert("_encoding".to_owned(), json!("base64"));
        }
        if body.cut {
            data.insert("comment".to_owned(), json!(cut(body)));
        }
    }
    data
}

fn cut(body: &Body) -> String {
    format!("cut, {} in all", display::count(body.size, "byte"))
}

/// Without a reply HAR wants a status of 0.
fn response(reply: Option<&Reply>) -> Value {
    let Some(reply) = reply else {
        return json!({
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "" }, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        });
    };
    let cookies = headers_named(&reply.headers, "set-cookie").filter_map(set_cookie).collect::<Vec<_>>();
    json!({
        "status": reply.status,
        "statusText": reply.reason,
        "httpVersion": version(reply),
        "cookies": cookies,
        "headers": reply.headers,
        "content": content(reply),
        "redirectURL": headers_named(&reply.headers, "location").next().unwrap_or_default(),
        "headersSize": -1,
        "bodySize": reply.wire_size,
    })
}

fn content(reply: &Reply) -> Value {
    let mime = headers_named(&reply.headers, "content-type").next().unwrap_or_default();
    let mut content = json!({ "size": reply.size, "mimeType": mime });
    let Some(fields) = content.as_object_mut() else { return content };
    if reply.size > reply.wire_size {
        fields.insert("compression".to_owned(), json!(reply.size - reply.wire_size));
    }
    if let Some(body) = &reply.body {
        fields.insert("text".to_owned(), json!(body.text));
        if body.encoding == Encoding::Base64 {
            fields.insert("encoding".to_owned(), json!("base64"));
        }
        if body.cut {
            fields.insert("comment".to_owned(), json!(cut(body)));
        }
    }
    content
}

fn version(reply: &Reply) -> String {
    format!("HTTP/{}", reply.http_version)
}

fn headers_named<'h>(headers: &'h [Header], name: &'h str) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
}

fn pairs(query: &str) -> Vec<Value> {
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

/// `name=value`.
fn pair(text: &str) -> Option<Value> {
    let (name, value) = text.split_once('=')?;
    Some(json!({ "name": name.trim(), "value": value.trim() }))
}

/// A `Set-Cookie` line as HAR has it (RFC 6265 section 4.1).
fn set_cookie(line: &str) -> Option<Value> {
    let mut parts = line.split(';');
    let mut cookie = pair(parts.next()?)?;
    let fields = cookie.as_object_mut()?;
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "path" => _ = fields.insert("path".to_owned(), json!(value)),
            "domain" => _ = fields.insert("domain".to_owned(), json!(value)),
            "httponly" => _ = fields.insert("httpOnly".to_owned(), json!(true)),
            "secure" => _ = fields.insert("secure".to_owned(), json!(true)),
            "expires" => {
                // HAR wants ISO 8601; what is no date stays in the header.
                let date = jiff::fmt::rfc2822::parse(value).ok().map(|date| date.timestamp());
                date.map(|date| fields.insert("expires".to_owned(), json!(date.to_string())));
            }
            _ => {}
        }
    }
    Some(cookie)
}

#[cfg(test)]
mod tests;
