//! HAR 1.2, as browsers save what they sent: the requests that matter become the steps of a flow.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use super::call::{Call, Part, Payload};
use super::holes::Holes;
use super::reply::Replies;
use super::steps;
use super::{FileNames, Import, ImportError, Loss};
use crate::flow::METHODS;
use crate::http::{HeaderName, Url};

/// The most requests of one flow: more are no flow a person reads.
const MOST: usize = 2_000;
/// The longest body that is written into a flow.
const LONGEST: usize = 1 << 20;

/// Which entries count; an empty list is all.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Host names, `*.name` for those below it too.
    pub hosts: Vec<String>,
    /// Methods, in capitals.
    pub methods: Vec<String>,
}

#[derive(Deserialize)]
struct Har<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    request: Asked<'a>,
    #[serde(borrow, default)]
    response: Answered<'a>,
    #[serde(borrow, rename = "_resourceType", default)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow, default)]
    headers: Vec<Pair<'a>>,
    #[serde(borrow)]
    post_data: Option<PostData<'a>>,
}

#[derive(Deserialize)]
struct Pair<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData<'a> {
    #[serde(borrow, default)]
    mime_type: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    params: Vec<Param<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Param<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    value: Option<Cow<'a, str>>,
    #[serde(borrow)]
    file_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content_type: Option<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answered<'a> {
    status: i64,
    #[serde(borrow)]
    headers: Vec<Pair<'a>>,
    #[serde(borrow)]
    content: Content<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Content<'a> {
    #[serde(borrow)]
    mime_type: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    encoding: Option<Cow<'a, str>>,
}

/// The flow of a HAR file. `name` is what the flow is called, `origin` the file's name for messages.
///
/// # Errors
/// It is no HAR file, or nothing of it is chosen.
pub fn har(bytes: &[u8], name: &str, origin: &str, choice: &Choice) -> Result<Import, ImportError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let har: Har<'_> = serde_json::from_slice(bytes).map_err(|error| {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        let help = if error.is_eof() { "it ends too early: save it again" } else { "save it as HAR from the browser" };
        let message = format!("{origin}:{}:{}: this is no HAR file: {why}", error.line(), error.column());
        ImportError { message, help: Some(help.to_owned()) }
    })?;
    let all = har.log.entries.len();
    let mut losses = Vec::new();
    let (mut holes, mut replies) = (Holes::default(), Replies::default());
    let mut calls: Vec<Call> = Vec::new();
    let mut cookies = HashSet::new();
    for (number, entry) in har.log.entries.iter().enumerate() {
        if !counts(entry, choice) {
            continue;
        }
        if calls.len() == MOST {
            let what = format!("only the first {MOST} requests: choose with --host and --method");
            losses.push(Loss::new(origin, what));
            break;
        }
        let place = format!("entry {}", number + 1);
        match call(entry, place.clone(), &mut losses) {
            Ok(mut call) => {
                own_cookies(&mut call, &cookies);
                for (of, capture) in replies.found_in(&mut call, &mut holes) {
                    if let Some(earlier) = calls.get_mut(of) {
                        earlier.captures.push(capture);
                    }
                }
                learn(entry, calls.len(), &mut replies, &mut cookies);
                calls.push(call);
            }
            Err(what) => losses.push(Loss::new(&place, what)),
        }
    }
    if calls.is_empty() {
        let help = match losses.first() {
            Some(loss) => loss.to_string(),
            None if all == 0 => "the file has no entries".to_owned(),
            None => "look at --host and --method; images, scripts, styles and fonts never count".to_owned(),
        };
        return Err(ImportError {
            message: format!("{origin}: none of its {all} requests is chosen"),
            help: Some(help),
        });
    }
    let (mut draft, mut notes) = steps::draft(calls, holes, true, &mut losses);
    notes.insert(0, format!("{} of {all} requests were chosen", draft.steps.len()));
    draft.set("name", name);
    let file = FileNames::default().unique(name, "har");
    let import = Import { flows: vec![(format!("flows/{file}.flow.yaml"), draft)], losses, notes, ..Import::default() };
    Ok(import.of_file(origin))
}

/// Whether an entry is chosen, and is no part of a page's looks.
fn counts(entry: &Entry<'_>, choice: &Choice) -> bool {
    let Ok(url) = Url::parse(&entry.request.url) else { return true };
    let host = url.host_str().unwrap_or("");
    let is = |wanted: &String| match wanted.strip_prefix("*.") {
        Some(above) => host.strip_suffix(above).is_some_and(|rest| rest.ends_with('.')),
        None => host.eq_ignore_ascii_case(wanted),
    };
    let chosen = (choice.hosts.is_empty() || choice.hosts.iter().any(is))
        && (choice.methods.is_empty() || choice.methods.iter().any(|m| m.eq_ignore_ascii_case(&entry.request.method)));
    let looks =
        ["image", "font", "stylesheet", "script", "media", "manifest", "texttrack", "websocket", "preflight", "ping"];
    let mime = entry.response.content.mime_type.to_ascii_lowercase();
    let mime = mime.split(';').next().unwrap_or("").trim();
    let is_static = ["image/", "font/", "video/", "audio/"].iter().any(|kind| mime.starts_with(kind))
        || ["text/css", "text/javascript", "application/javascript", "application/x-javascript", "application/wasm"]
            .contains(&mime)
        || mime.contains("font");
    let get = entry.request.method.eq_ignore_ascii_case("GET");
    chosen
        && matches!(url.scheme(), "http" | "https")
        && !looks.contains(&entry.kind.as_ref())
        && !(is_static && get)
        && !entry.request.method.eq_ignore_ascii_case("OPTIONS")
}

fn call(entry: &Entry<'_>, place: String, losses: &mut Vec<Loss>) -> Result<Call, String> {
    let asked = &entry.request;
    let mut url = Url::parse(&asked.url).map_err(|error| format!("its URL is none: {error}"))?;
    url.set_fragment(None);
    let method = asked.method.to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        return Err(format!("`{}` is no method that a flow can send", asked.method.escape_debug()));
    }
    let mut headers = Vec::new();
    for Pair { name, value } in &asked.headers {
        if name.starts_with(':') {
            continue;
        }
        let readable = !value.contains(|c: char| c.is_control() && c != '\t');
        if HeaderName::from_bytes(name.as_bytes()).is_err() || !readable {
            losses.push(Loss::new(&place, format!("the header `{}` cannot be sent", name.escape_debug())));
            continue;
        }
        headers.push((name.to_string(), value.to_string()));
    }
    let status = u16::try_from(entry.response.status).ok().filter(|status| (100..600).contains(status));
    let redirected = status.is_some_and(|status| (300..400).contains(&status) && status != 304);
    let mut call = Call {
        method,
        url: url.to_string(),
        headers,
        status: status.filter(|status| *status != 304),
        // The browser's next request is a step of its own.
        settings: if redirected { vec![("redirects", serde_json::json!(false))] } else { Vec::new() },
        ..Call::default()
    };
    call.body = asked.post_data.as_ref().map_or(Payload::Empty, |data| payload(data, &place, losses));
    if !matches!(call.body, Payload::Empty) && call.header("content-type").is_none() {
        let mime = asked.post_data.as_ref().map(|data| data.mime_type.to_string()).unwrap_or_default();
        if !mime.is_empty() {
            call.headers.push(("content-type".to_owned(), mime));
        }
    }
    call.place = place;
    Ok(call)
}

fn payload(data: &PostData<'_>, place: &str, losses: &mut Vec<Loss>) -> Payload {
    let mut lose = |what: String| losses.push(Loss::new(place, what));
    let text = data.text.as_deref().unwrap_or("");
    let multipart = data.mime_type.to_ascii_lowercase().starts_with("multipart/form-data");
    if !data.params.is_empty() && (multipart || text.is_empty()) {
        if !multipart {
            let decode = |text: &str| {
                percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
            };
            let pairs = data.params.iter().map(|p| (decode(&p.name), decode(p.value.as_deref().unwrap_or(""))));
            return Payload::Form(pairs.collect());
        }
        let parts = data.params.iter().map(|param| {
            let part = match &param.file_name {
                Some(file) => Part::File(file.to_string(), param.content_type.as_ref().map(ToString::to_string), None),
                None => Part::Text(param.value.as_deref().unwrap_or("").to_owned()),
            };
            (param.name.to_string(), part)
        });
        return Payload::Multipart(parts.collect());
    }
    if text.is_empty() {
        return Payload::Empty;
    }
    if multipart {
        lose("a multipart body without its parts".to_owned());
        return Payload::Empty;
    }
    if text.len() > LONGEST || text.contains('\u{FFFD}') || text.contains('\0') {
        lose("a body that is long or no text: put it into a file, and name it with `file`".to_owned());
        return Payload::Empty;
    }
    Payload::Text(text.to_owned())
}

/// Cookies that the flow gets by itself need not be given to it.
fn own_cookies(call: &mut Call, known: &HashSet<String>) {
    let Some(header) = call.header("cookie") else { return };
    let host = Url::parse(&call.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let own = header.split(';').all(|pair| {
        let name = pair.split('=').next().unwrap_or("").trim();
        known.contains(&format!("{host} {name}"))
    });
    if own {
        call.take_header("cookie");
    }
}

/// Keeps what a reply gives to later requests.
fn learn(entry: &Entry<'_>, at: usize, replies: &mut Replies, cookies: &mut HashSet<String>) {
    let Ok(url) = Url::parse(&entry.request.url) else { return };
    let host = url.host_str().unwrap_or("");
    for header in entry.response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie")) {
        // Browsers write several of them into one, a line each.
        for line in header.value.lines() {
            cookies.insert(format!("{host} {}", line.split('=').next().unwrap_or("").trim()));
        }
    }
    let content = &entry.response.content;
    let json = content.mime_type.contains("json");
    if let Some(text) = content.text.as_deref().filter(|_| json) {
        match content.encoding.as_deref() {
            Some("base64") => {
                use base64::Engine as _;
                let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_default();
                replies.learn(at, url.path(), &bytes);
            }
            _ => replies.learn(at, url.path(), text.as_bytes()),
        }
    }
}
