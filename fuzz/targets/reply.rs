//! Hostile replies: `Link`, `Set-Cookie`, `Retry-After`, `Content-Type`; the codings of a body; XML and HTML.
//! The first byte chooses the coding, then lines of headers, an empty line, the body.

use wxflow::http::cookies::{CookieJar, parse_set_cookie};
use wxflow::http::link::next_link;
use wxflow::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Response, Url};
use wxflow::xpath::{Document, Markup, XPath};

#[cfg(fuzzing)]
const MOST: u64 = 1 << 20;

pub(crate) fn run(data: &[u8]) {
    let Some((coding, data)) = data.split_first() else { return };
    #[cfg(not(fuzzing))]
    let _ = coding;
    let end = data.windows(2).position(|pair| pair == b"\n\n").unwrap_or(data.len());
    let (head, body) = data.split_at(end);
    let body = Bytes::copy_from_slice(body.get(2..).unwrap_or_default());
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let (name, value) = match line.split_first() {
            Some((b'l', value)) => ("link", value),
            Some((b'c', value)) => ("set-cookie", value),
            Some((b'r', value)) => ("retry-after", value),
            Some((_, value)) => ("content-type", value),
            None => continue,
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    let _ = next_link(&headers);
    let _ = parse_set_cookie(&headers);
    let url = Url::parse("https://www.a.example/x/y").expect("it is one");
    let mut jar = CookieJar::new();
    jar.store(&url, &headers);
    if let Some(line) = jar.header_for(&url) {
        assert!(!line.as_bytes().iter().any(|b| b.is_ascii_control() && *b != b'\t'), "{line:?}");
    }
    let elsewhere = Url::parse("https://b.example/x/y").expect("it is one");
    assert!(jar.header_for(&elsewhere).is_none(), "a cookie of another host");
    #[cfg(fuzzing)]
    let names = ["gzip", "deflate", "br", "zstd", "identity"];
    #[cfg(fuzzing)]
    let codings: Vec<String> = [coding % 5, coding / 5 % 5].map(|i| names[usize::from(i)].to_owned()).into();
    #[cfg(fuzzing)]
    if let Some(decoded) = wxflow::client::undo_codings(&codings, body.clone(), MOST) {
        assert!(decoded.len() as u64 <= MOST.max(body.len() as u64));
    }
    let response = Response::new(429, headers, body);
    #[cfg(fuzzing)]
    let wait = wxflow::run::asked_to_wait(&response, jiff::Timestamp::UNIX_EPOCH);
    #[cfg(fuzzing)]
    assert!(wait.is_some_and(|wait| wait.as_secs() >= 1), "a 429 is waited for");
    let _ = response.json();
    let text = response.text();
    for markup in [Markup::Xml, Markup::Html] {
        if let Ok(document) = Document::read(text, markup) {
            let path = XPath::parse("//*[text()]/@*").expect("it is one");
            let _ = path.query(&document);
        }
    }
}
