//! What the options of one curl command add up to.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::form::{split, unquoted};
use super::options::Meaning;
use crate::flow::METHODS;
use crate::http::{HeaderName, Url};
use crate::import::call::{Call, Part, Payload, pairs};
use crate::import::holes::{OPEN, begins_with_mark};
use crate::import::{ImportError, Loss};

/// What stands in no query as it is, and what would begin a template there.
const NO_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'{')
    .add(b'}')
    .add(b'`')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

/// A piece of `--data` and its kin.
#[derive(Debug)]
enum Data {
    /// As it is.
    Text(String),
    /// To be encoded: a name and its value.
    Pair(String, String),
    /// A file; with `true` without its line breaks.
    File(String, bool),
}

/// A command, or a part of one between `--next`.
#[derive(Debug)]
pub(super) struct Request {
    place: String,
    origin: String,
    urls: Vec<String>,
    method: Option<String>,
    headers: Vec<(String, String)>,
    data: Vec<Data>,
    query: Vec<Data>,
    parts: Vec<(String, Part)>,
    user: Option<String>,
    upload: Option<String>,
    digest: bool,
    get: bool,
    head: bool,
    json: bool,
    settings: Vec<(&'static str, Value)>,
    losses: Vec<Loss>,
}

impl Request {
    pub(super) fn new(place: &str, origin: &str) -> Self {
        Self {
            place: place.to_owned(),
            origin: origin.to_owned(),
            urls: Vec::new(),
            method: None,
            headers: Vec::new(),
            data: Vec::new(),
            query: Vec::new(),
            parts: Vec::new(),
            user: None,
            upload: None,
            digest: false,
            get: false,
            head: false,
            json: false,
            settings: Vec::new(),
            losses: Vec::new(),
        }
    }

    fn lose(&mut self, what: impl Into<String>) {
        self.losses.push(Loss::new(&self.place, what));
    }

    /// Takes one option.
    ///
    /// # Errors
    /// Its value is no such thing.
    pub(super) fn option(
        &mut self,
        option: &str,
        meaning: Meaning,
        value: String,
        line: usize,
    ) -> Result<(), ImportError> {
        let wrong = |what: &str| {
            let message = format!("{}:{line}: `{option}`: {what}", self.origin);
            Err(ImportError { message, help: None })
        };
        match meaning {
            Meaning::Method if !METHODS.contains(&&*value.to_ascii_uppercase()) => {
                return wrong("this is no method that a flow can send");
            }
            Meaning::Method => self.method = Some(value.to_ascii_uppercase()),
            Meaning::Header => self.header(option, &value),
            Meaning::Data => self.data.push(match value.strip_prefix('@') {
                Some(file) => Data::File(file.to_owned(), true),
                None => Data::Text(value),
            }),
            Meaning::DataRaw => self.data.push(Data::Text(value)),
            Meaning::DataBinary | Meaning::Json => {
                self.json |= meaning == Meaning::Json;
                self.data.push(match value.strip_prefix('@') {
                    Some(file) => Data::File(file.to_owned(), false),
                    None => Data::Text(value),
                });
            }
            Meaning::DataUrlencode => {
                let data = self.encoded(value);
                self.data.extend(data);
            }
            Meaning::UrlQuery => {
                let data = match value.strip_prefix('+') {
                    Some(raw) => Some(Data::Text(raw.to_owned())),
                    None => self.encoded(value),
                };
                self.query.extend(data);
            }
            Meaning::Form | Meaning::FormString => match value.split_once('=') {
                Some((name, text)) => self.part(name.to_owned(), text, meaning == Meaning::FormString),
                None => return wrong("write `name=value`"),
            },
            Meaning::User => self.user = Some(value),
            Meaning::Digest => self.digest = true,
            Meaning::Bearer => self.headers.push(("authorization".to_owned(), format!("Bearer {value}"))),
            Meaning::Get => self.get = true,
            Meaning::Head => self.head = true,
            Meaning::Cookie if value.contains('=') || value.contains(OPEN) => {
                self.headers.push(("cookie".to_owned(), value));
            }
            Meaning::Cookie if value.is_empty() => {}
            Meaning::Cookie => {
                self.lose(format!("`{option} {value}`: a file of cookies; a flow keeps those it gets itself"));
            }
            Meaning::UserAgent => self.headers.push(("user-agent".to_owned(), value)),
            Meaning::Referer => self.headers.push(("referer".to_owned(), value.trim_end_matches(";auto").to_owned())),
            Meaning::Url => self.urls.push(value),
            Meaning::Upload if value == "-" || value == "." => self.lose(format!("`{option} -`: a body from stdin")),
            Meaning::Upload => self.upload = Some(value),
            Meaning::MaxTime => match value.parse::<f64>() {
                Ok(seconds) if seconds > 0.0 && seconds < 1e6 => {
                    self.settings.push(("timeout", json!(format!("{seconds}s"))));
                }
                _ => return wrong("write a number of seconds"),
            },
            Meaning::Retry => match value.parse::<u16>() {
                Ok(0) => {}
                Ok(times) => self.settings.push(("retry", json!({"attempts": u32::from(times) + 1}))),
                Err(_) => return wrong("write a number"),
            },
            Meaning::MaxRedirects => match value.parse::<i32>() {
                Ok(0) => self.settings.push(("redirects", json!(false))),
                Ok(count @ 1..=50) => self.settings.push(("redirects", json!(count))),
                _ => self.lose(format!("`{option} {value}`")),
            },
            Meaning::Http1 => self.settings.push(("http", json!(1.1))),
            Meaning::Http2 => {}
            Meaning::Told(what) => self.lose(format!("`{option}`: {what}")),
            Meaning::Ignored | Meaning::Next => {}
        }
        Ok(())
    }

    fn header(&mut self, option: &str, value: &str) {
        if value.starts_with('@') {
            return self.lose(format!("`{option} {value}`: headers from a file"));
        }
        let (name, text) = match (value.split_once(':'), value.strip_suffix(';')) {
            // curl leaves such a header out.
            (Some((_, text)), _) if text.trim().is_empty() => return,
            (Some((name, text)), _) => (name.trim(), text.trim()),
            (None, Some(name)) => (name.trim(), ""),
            (None, None) => return self.lose(format!("`{option} {value}`: this is no header")),
        };
        let readable = !text.contains(|c: char| c.is_control() && c != '\t');
        if HeaderName::from_bytes(name.as_bytes()).is_err() || !readable {
            return self.lose(format!("`{option}`: `{}` is no header that can be sent", name.escape_debug()));
        }
        self.headers.push((name.to_owned(), text.to_owned()));
    }

    fn encoded(&mut self, value: String) -> Option<Data> {
        match value.find(['=', '@']) {
            Some(at) if value.as_bytes().get(at) == Some(&b'=') => {
                let (name, text) = value.split_once('=')?;
                Some(Data::Pair(name.to_owned(), text.to_owned()))
            }
            Some(_) => {
                self.lose(format!("`--data-urlencode {value}`: a value from a file"));
                None
            }
            None => Some(Data::Pair(String::new(), value)),
        }
    }

    fn part(&mut self, name: String, text: &str, literal: bool) {
        if literal {
            return self.parts.push((name, Part::Text(text.to_owned())));
        }
        if text.starts_with('<') {
            return self.lose(format!("`-F {name}=<…`: a text from a file"));
        }
        let Some(file) = text.strip_prefix('@') else {
            let (text, kind) = text.split_once(";type=").map_or((text, None), |(text, kind)| (text, Some(kind)));
            if let Some(kind) = kind {
                self.lose(format!("`-F {name}=…;type={kind}`: the type of a text"));
            }
            return self.parts.push((name, Part::Text(unquoted(text))));
        };
        let (mut kind, mut filename) = (None, None);
        let mut pieces = split(file).into_iter();
        let path = unquoted(&pieces.next().unwrap_or_default());
        // A type may have parameters of its own, behind `;` too.
        for piece in pieces {
            match (piece.split_once('='), &mut kind) {
                (Some(("type", value)), _) => kind = Some(unquoted(value)),
                (Some(("filename", value)), _) => filename = Some(unquoted(value)),
                (_, Some(kind)) => *kind += &format!(";{piece}"),
                _ => {}
            }
        }
        self.parts.push((name, Part::File(beside(&path), kind, filename)));
    }

    /// The calls of the command: one for each URL.
    ///
    /// # Errors
    /// A URL that is none.
    pub(super) fn calls(&mut self, losses: &mut Vec<Loss>) -> Result<Vec<Call>, ImportError> {
        if self.urls.len() > 1_000 {
            return Err(ImportError {
                message: format!("{}: one command has more than 1,000 URLs", self.origin),
                help: None,
            });
        }
        // What a shell lets through no header can hold.
        let (good, bad): (Vec<_>, Vec<_>) =
            self.headers.drain(..).partition(|(_, value)| !value.contains(|c: char| c.is_control() && c != '\t'));
        self.headers = good;
        bad.iter().for_each(|(name, _)| self.lose(format!("the header `{name}`: its value cannot be sent")));
        let query = join(&self.query);
        let payload = if self.get || self.head { Payload::Empty } else { self.payload() };
        let query = match (self.get || self.head, join(&self.data)) {
            (true, Some(data)) => Some(query.map_or(data.clone(), |query| format!("{query}&{data}"))),
            _ => query,
        };
        let mut headers = self.headers.clone();
        let add = |headers: &mut Vec<(String, String)>, name: &str, value: &str| {
            if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        if self.json {
            add(&mut headers, "content-type", "application/json");
            add(&mut headers, "accept", "application/json");
        }
        let from_data = matches!(payload, Payload::Text(_) | Payload::File(_)) && self.upload.is_none();
        if from_data {
            add(&mut headers, "content-type", "application/x-www-form-urlencoded");
        }
        let default = match &payload {
            _ if self.head => "HEAD",
            _ if self.upload.is_some() => "PUT",
            Payload::Empty => "GET",
            _ => "POST",
        };
        let password = self.user.as_ref().map(|user| {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            (user.to_owned(), password.to_owned(), self.digest)
        });
        let mut calls = Vec::new();
        for written in &self.urls {
            let url = self.url(written, query.as_deref())?;
            calls.push(Call {
                place: self.place.clone(),
                name: None,
                method: self.method.clone().unwrap_or_else(|| default.to_owned()),
                url,
                headers: headers.clone(),
                password: password.clone(),
                body: payload.clone(),
                settings: self.settings.clone(),
                status: None,
                captures: Vec::new(),
            });
        }
        losses.append(&mut self.losses);
        Ok(calls)
    }

    fn url(&self, written: &str, query: Option<&str>) -> Result<String, ImportError> {
        let wrong = |why: &str| ImportError {
            message: format!("{}: {}: `{}` is no URL: {why}", self.origin, self.place, written.escape_debug()),
            help: Some("write it with its scheme, in quotes".to_owned()),
        };
        let text = written.split('#').next().unwrap_or("");
        // A variable may hold the scheme and the host.
        let open = begins_with_mark(text);
        let text = if text.contains("://") || open { text.to_owned() } else { format!("http://{text}") };
        let mut url = if open {
            if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(wrong("there is a space in it"));
            }
            text
        } else {
            let url = Url::parse(&text).map_err(|error| wrong(&error.to_string()))?;
            if !matches!(url.scheme(), "http" | "https") {
                return Err(wrong("only http and https are sent"));
            }
            url.to_string()
        };
        if let Some(query) = query {
            let joint = if url.contains('?') { '&' } else { '?' };
            // Data that was not written for a URL may hold what none can; what is encoded already stays.
            url = format!("{url}{joint}{}", utf8_percent_encode(query, NO_QUERY));
        }
        Ok(url)
    }

    fn payload(&mut self) -> Payload {
        if let Some(file) = &self.upload {
            return Payload::File(beside(file));
        }
        if !self.parts.is_empty() {
            return Payload::Multipart(std::mem::take(&mut self.parts));
        }
        if let [Data::File(file, trimmed)] = self.data.as_slice() {
            let file = file.clone();
            if file == "-" {
                self.lose("a body from stdin");
                return Payload::Empty;
            }
            if *trimmed {
                self.lose(format!("`-d @{file}` leaves line breaks out; the flow sends the file as it is"));
            }
            return Payload::File(beside(&file));
        }
        if self.data.is_empty() {
            return Payload::Empty;
        }
        let typed = self.json || self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let all_pairs = self.data.iter().map(|data| match data {
            Data::Pair(name, value) if !name.is_empty() => Some(vec![(name.clone(), value.clone())]),
            Data::Text(text) => pairs(text),
            _ => None,
        });
        if !typed && let Some(fields) = all_pairs.collect::<Option<Vec<_>>>() {
            return Payload::Form(fields.into_iter().flatten().collect());
        }
        if self.data.iter().any(|data| matches!(data, Data::File(..))) {
            self.lose("a file as one part of the body");
        }
        let joint = if self.json { "" } else { "&" };
        Payload::Text(texts(&self.data).join(joint))
    }
}

fn texts(data: &[Data]) -> Vec<String> {
    let encode = |text: &str| crate::template::percent_encode(text);
    let text = |data: &Data| match data {
        Data::Text(text) => Some(text.clone()),
        Data::Pair(name, value) if name.is_empty() => Some(encode(value)),
        Data::Pair(name, value) => Some(format!("{name}={}", encode(value))),
        Data::File(..) => None,
    };
    data.iter().filter_map(text).collect()
}

fn join(data: &[Data]) -> Option<String> {
    let texts = texts(data);
    (!texts.is_empty()).then(|| texts.join("&"))
}

/// A path as the flow has it: flows stand in a folder of their own.
fn beside(path: &str) -> String {
    let windows = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with(['/', '~', '\\']) || windows {
        path.to_owned()
    } else {
        format!("../{}", path.trim_start_matches("./"))
    }
}
