//! A server that writes every canary it has been sent back in every encoding, wherever a reply has room for text.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::encoding;
use super::secret::{Canary, Search};

/// A request as it came.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    /// The parts of the path, decoded.
    pub(super) fn path(&self) -> Vec<String> {
        let path = self.target.split('?').next().unwrap_or("");
        let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        path.split('/').skip(1).map(decode).collect()
    }

    pub(super) fn query(&self, name: &str) -> Vec<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        url::form_urlencoded::parse(query.as_bytes()).filter(|(n, _)| n == name).map(|(_, v)| v.into_owned()).collect()
    }
}

pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

struct Shared {
    canaries: Vec<Canary>,
    search: Search,
    /// By canary: it was sent here, so it is written back.
    known: Mutex<Vec<bool>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// It gives out the canaries whose names begin with `given_` itself.
    pub(super) fn start(canaries: Vec<Canary>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let known = Mutex::new(vec![false; canaries.len()]);
        let shared = Arc::new(Shared { search: Search::new(&canaries), canaries, known, seen: Arc::clone(&seen) });
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while shared.answer(stream.as_ref().unwrap()).is_some() {});
            }
        });
        Self { url, seen }
    }

    /// All requests so far, which are forgotten.
    pub(super) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Shared {
    fn answer(&self, mut stream: &TcpStream) -> Option<()> {
        let seen = read(stream)?;
        self.note(&seen);
        let reply = self.reply(&seen);
        self.seen.lock().unwrap().push(seen);
        stream.write_all(&reply).ok()
    }

    /// Notes which canaries came.
    fn note(&self, seen: &Seen) {
        let headers = seen.headers.iter().flat_map(|(_, value)| [b"\n", value.as_slice()].concat());
        let all: Vec<u8> = seen.target.bytes().chain(headers).chain([b'\n']).chain(seen.body.iter().copied()).collect();
        let mut known = self.known.lock().unwrap();
        for number in self.search.known(&all) {
            known[number] = true;
        }
    }

    fn given(&self, name: &str) -> &str {
        &self.canaries.iter().find(|c| c.name == name).unwrap().value
    }

    fn reply(&self, seen: &Seen) -> Vec<u8> {
        let path = seen.path();
        let kind = path.first().map_or("", String::as_str);
        // The one that this request is about, and what was given out.
        let about = path.get(1).map_or("", String::as_str);
        let known: Vec<_> = {
            let known = self.known.lock().unwrap();
            let all = self.canaries.iter().zip(known.iter()).filter(|(_, known)| **known).map(|(c, _)| c);
            all.filter(|c| c.name == about || about == "all").collect()
        };
        match kind {
            "token" => {
                let reply = serde_json::json!({
                    "access_token": self.given("given_access"), "refresh_token": self.given("given_refresh"),
                    "token_type": "Bearer", "expires_in": 3600,
                });
                return head("200 OK", &[("content-type", "application/json".into())], reply.to_string().as_bytes());
            }
            "login" => {
                let reply = serde_json::json!({ "key": self.given("given_capture") });
                return head("200 OK", &[("content-type", "application/json".into())], reply.to_string().as_bytes());
            }
            "digest" if seen.header("authorization").is_none() => {
                let ask = r#"Digest realm="canary", nonce="n0nce", qop="auth", algorithm=SHA-256"#;
                return head("401 Unauthorized", &[("www-authenticate", ask.into())], b"");
            }
            _ => {}
        }
        let texts: Vec<String> = known.iter().flat_map(|canary| encoding::all(&canary.value)).collect();
        // No client takes a head of any size.
        let mut room = 150_000_usize;
        let mut fits = |text: &&String| {
            let left = room.checked_sub(text.len()).filter(|_| !text.chars().any(|c| c < ' ' || c == '\u{7f}'));
            room = left.unwrap_or(room);
            left.is_some()
        };
        let lines: Vec<&String> = texts.iter().filter(&mut fits).collect();
        let lines = lines.iter().copied();
        // Clients take about a hundred lines.
        let many: Vec<_> = lines.clone().map(String::as_str).collect();
        let mut headers: Vec<(String, String)> = many
            .chunks(many.len() / 60 + 1)
            .enumerate()
            .map(|(n, some)| (format!("x-echo-{n}"), some.join(" ")))
            .collect();
        for (n, text) in lines.clone().filter(|text| !text.contains([';', ','])).take(20).enumerate() {
            headers.push(("set-cookie".into(), format!("echo{n}={text}; Path=/nowhere")));
        }
        let headers: Vec<(&str, String)> = headers.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let reason = lines.clone().take(30).cloned().collect::<Vec<_>>().join(" ");
        if kind == "go" {
            let fits = |text: &&String| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%+/=".contains(&b));
            let back: Vec<_> = texts.iter().filter(fits).map(String::as_str).collect();
            let location = format!("/json/gone?back={}", back.join("&back="));
            return head(&format!("302 {reason}"), &[&headers[..], &[("location", location)]].concat(), b"");
        }
        let (kind, body) = match kind {
            "html" => {
                // A tag in it would be read as one, which makes it another text.
                let written: Vec<_> = texts.iter().filter(|t| !t.contains('<')).map(String::as_str).collect();
                ("text/html", format!("<!doctype html><title>x</title><pre>{}</pre>", written.join("\n")))
            }
            "xml" => ("application/xml", format!("<a><!-- {} --></a>", texts.join("\n"))),
            "text" => ("text/plain", texts.join("\n")),
            "long" => ("text/plain", format!("{}{}", "x".repeat((64 << 10) - 6), texts.join("\n"))),
            _ => {
                let values: Vec<_> = known.iter().map(|c| &c.value).collect();
                (
                    "application/json",
                    serde_json::json!({ "values": values, "all": texts, "first": values.first() }).to_string(),
                )
            }
        };
        let headers = [&headers[..], &[("content-type", format!("{kind}; charset=utf-8"))]].concat();
        head(&format!("200 {reason}"), &headers, body.as_bytes())
    }
}

fn head(status: &str, headers: &[(&str, String)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    [out.as_bytes(), b"\r\n", body].concat()
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok().filter(|n| *n > 0)?;
    let first = String::from_utf8(line).unwrap();
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok()?;
        let line = line.strip_suffix(b"\r\n")?;
        let Some(colon) = line.iter().position(|b| *b == b':') else { break };
        let name = String::from_utf8(line[..colon].to_ascii_lowercase()).unwrap();
        headers.push((name, line[colon + 1..].trim_ascii().to_owned()));
    }
    let length = headers.iter().find(|(n, _)| n == "content-length");
    let length = length.map_or(0, |(_, v)| std::str::from_utf8(v).unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { method, target, headers, body })
}
