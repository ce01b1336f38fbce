//! A recording read entry by entry: what a send is found by stays in memory, the send itself in a temporary file.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use tempfile::SpooledTempFile;

use super::{Replayed, run_name};
use crate::event::{Notes, Phase};
use crate::http::{
    Bytes, Delivery, HeaderMap, HeaderName, HeaderValue, Response, Timing, TransportError, TransportErrorKind, Version,
};
use crate::run::inputs::Invented;
use crate::run::{Label, NotePlace, Recorded, Recording, Shelf};

/// What is kept in memory of the sends.
const IN_MEMORY: usize = 1 << 20;

/// What was read so far.
#[derive(Default)]
pub(super) struct Index {
    /// There was a `log`.
    pub(super) is_har: bool,
    pub(super) creator: Value,
    pub(super) about: Option<Value>,
    /// The names of flow runs, by their page's id.
    runs: HashMap<String, Arc<str>>,
    starts: HashMap<Arc<str>, Timestamp>,
    noted: Vec<StepNotes>,
    /// Each with its page's id in the place of its run: pages may stand behind the entries.
    labels: Vec<Label>,
    pages: HashSet<Arc<str>>,
    shelf: Spooled,
}

/// What HAR calls a page: a flow run.
#[derive(Deserialize)]
struct Page {
    id: String,
    #[serde(rename = "startedDateTime")]
    started: Option<String>,
    #[serde(rename = "_flow")]
    flow: Option<Arc<str>>,
    #[serde(rename = "_row")]
    row: Option<u32>,
    #[serde(rename = "_repeat")]
    repeat: Option<u32>,
}

#[derive(Deserialize)]
struct StepNotes {
    page: String,
    flow: Arc<str>,
    #[serde(default)]
    step: u32,
    #[serde(default)]
    item: u32,
    phase: Phase,
    #[serde(flatten)]
    notes: Notes,
}

impl Index {
    /// The recording; `None` where it lacks what every recording has.
    pub(super) fn replayed(self) -> Option<Replayed> {
        let about = self.about?;
        let variables = about["variables"].as_object()?.iter();
        let variables = variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let seed = about["seed"].as_u64();
        let secrets = about["secrets"].as_object().cloned().unwrap_or_default();
        let invented = Invented { variables: variables.collect(), secrets, seed: seed.unwrap_or_default() };
        let runs = self.runs;
        let noted = self.noted.into_iter().filter_map(|StepNotes { page, flow, step, item, phase, notes }| {
            let place: NotePlace = (flow, (step, item), phase);
            Some((Arc::clone(runs.get(&page)?), place, notes))
        });
        let noted = noted.collect();
        let named = |label: Label| label.renamed(|page| runs.get(page).cloned());
        let labels = self.labels.into_iter().map(named).collect::<Option<_>>()?;
        Some(Replayed { recording: Recording::new(labels, Box::new(self.shelf), self.starts, noted), invented, seed })
    }

    fn page(&mut self, page: Page) {
        // The pages of somebody else's HAR file have no flow.
        let Some(flow) = page.flow else { return };
        let run: Arc<str> = run_name((&flow, page.row, page.repeat)).into();
        let started = page.started.and_then(|time| time.parse().ok());
        self.starts.extend(started.map(|started| (Arc::clone(&run), started)));
        self.runs.insert(page.id, run);
    }

    /// # Errors
    /// The entry lacks something that a send has, or the disk is full.
    fn entry(&mut self, entry: &Value) -> Result<(), String> {
        let number = self.labels.len() + 1;
        let page = entry["pageref"].as_str().ok_or_else(|| format!("entry {number} belongs to no flow"))?;
        let send = send(entry).ok_or_else(|| format!("entry {number} is no request with its reply"))?;
        let page = match self.pages.get(page) {
            Some(page) => Arc::clone(page),
            None => {
                let page: Arc<str> = page.into();
                self.pages.insert(Arc::clone(&page));
                page
            }
        };
        self.labels.push(Label::new(page, &send, entry["_because"] == "auth"));
        self.shelf.put(entry).map_err(|error| format!("no place to keep entry {number}: {error}"))
    }
}

impl<'de> DeserializeSeed<'de> for &mut Index {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(Whole(self))
    }
}

/// The file: an object with `log`.
struct Whole<'i>(&'i mut Index);

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `log`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "log" => map.next_value_seed(Log(&mut *self.0))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

struct Log<'i>(&'i mut Index);

impl<'de> DeserializeSeed<'de> for Log<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Log<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a HAR log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let index = self.0;
        index.is_har = true;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "creator" => index.creator = map.next_value()?,
                "_recording" => index.about = Some(map.next_value()?),
                "_steps" => index.noted = map.next_value()?,
                "pages" => map.next_value::<Vec<Page>>()?.into_iter().for_each(|page| index.page(page)),
                // Of a HAR file that is no recording nothing is wanted but who made it.
                "entries" if index.about.is_some() => map.next_value_seed(Entries(&mut *index))?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// The list of entries, which is never held whole.
struct Entries<'i>(&'i mut Index);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(entry) = list.next_element::<Value>()? {
            self.0.entry(&entry).map_err(de::Error::custom)?;
        }
        Ok(())
    }
}

/// Sends in a file without a name, once they are many.
#[derive(Debug)]
struct Spooled {
    file: Mutex<SpooledTempFile>,
    places: Vec<Range<u64>>,
}

impl Default for Spooled {
    fn default() -> Self {
        Self { file: Mutex::new(SpooledTempFile::new(IN_MEMORY)), places: Vec::new() }
    }
}

impl Spooled {
    fn put(&mut self, entry: &Value) -> std::io::Result<()> {
        let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
        let bytes = serde_json::to_vec(entry)?;
        let start = self.places.last().map_or(0, |place| place.end);
        file.write_all(&bytes)?;
        self.places.push(start..start + bytes.len() as u64);
        Ok(())
    }
}

impl Shelf for Spooled {
    fn get(&self, place: usize) -> Option<Recorded> {
        let Range { start, end } = self.places.get(place)?.clone();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(end - start).ok()?);
        (&mut *file).take(end - start).read_to_end(&mut bytes).ok()?;
        drop(file);
        send(&serde_json::from_slice(&bytes).ok()?)
    }
}

fn send(entry: &Value) -> Option<Recorded> {
    let request = &entry["request"];
    let took = Duration::try_from_secs_f64(entry["time"].as_f64()?.max(0.0) / 1000.0).ok()?;
    let name = entry["_name"].as_str().unwrap_or_default();
    Some(Recorded {
        step: format!("step {} `{name}`", entry["_step"].as_u64().unwrap_or_default()),
        method: request["method"].as_str()?.to_owned(),
        url: request["url"].as_str()?.to_owned(),
        body: request["postData"]["text"].as_str().unwrap_or_default().to_owned(),
        took,
        reply: match entry.get("_error") {
            Some(error) => Err(SendError::deserialize(error).ok()?.into()),
            None => Ok(reply(entry, took)?),
        },
    })
}

/// Why there was no reply.
#[derive(Deserialize)]
struct SendError {
    kind: TransportErrorKind,
    delivery: Delivery,
    message: String,
    help: Option<String>,
}

impl From<SendError> for TransportError {
    fn from(SendError { kind, delivery, message, help }: SendError) -> Self {
        Self { kind, delivery, message, help }
    }
}

fn reply(entry: &Value, took: Duration) -> Option<Response> {
    let response = &entry["response"];
    let mut headers = HeaderMap::new();
    for line in response["headers"].as_array()? {
        let name = HeaderName::from_bytes(line["name"].as_str()?.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(line["value"].as_str()?.as_bytes()).ok()?);
    }
    let content = &response["content"];
    let text = content["text"].as_str().unwrap_or_default();
    let body: Bytes = match content["encoding"].as_str() {
        Some("base64") => base64::engine::general_purpose::STANDARD.decode(text).ok()?.into(),
        _ => text.to_owned().into(),
    };
    let status = u16::try_from(response["status"].as_u64()?).ok()?;
    let mut reply = Response::new(status, headers, body);
    response["statusText"].as_str()?.clone_into(&mut reply.reason);
    reply.version = match response["httpVersion"].as_str()? {
        "HTTP/0.9" => Version::HTTP_09,
        "HTTP/1.0" => Version::HTTP_10,
        "HTTP/2" => Version::HTTP_2,
        "HTTP/3" => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    reply.wire_size = response["bodySize"].as_u64().unwrap_or(reply.wire_size);
    let address = entry["serverIPAddress"].as_str().and_then(|ip| ip.parse::<IpAddr>().ok());
    reply.remote_addr = address.map(|ip| SocketAddr::new(ip, 0));
    reply.timing = Timing { total: took, ..Timing::default() };
    Some(reply)
}
