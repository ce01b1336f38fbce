//! What assertions and captures look at: one reply, borrowed, with what the engine knows about how it came.

use std::cell::OnceCell;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::http::cookies::{Cookie, parse_set_cookie};
use crate::http::{Certificate, Response};
use crate::value::{Value, type_name};
use crate::xpath::{Document, Markup, XPath};

/// One redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The status that redirected.
    pub status: u16,
    /// The URL that answered with it.
    pub url: String,
    /// The absolute URL it led to.
    pub location: String,
}

impl Hop {
    /// `{status, url, location}`, as flows see it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::json!({ "status": self.status, "url": self.url, "location": self.location })
    }
}

/// A reply and its way. What costs something to make (cookies, the digest) is made on first use.
#[derive(Debug)]
pub struct Reply<'r> {
    /// The last reply.
    pub response: &'r Response,
    /// The URL that gave it, after redirects.
    pub url: &'r str,
    /// The redirects that led there, in order.
    pub redirects: &'r [Hop],
    /// How long the last send took.
    pub duration: Duration,
    /// How many sends it took in all.
    pub attempts: u32,
    cookies: OnceCell<Vec<Cookie>>,
    sha256: OnceCell<String>,
    markup: OnceCell<Result<Document, String>>,
}

impl<'r> Reply<'r> {
    /// A reply from `url`, without redirects, sent once, that took what the transport measured.
    #[must_use]
    pub fn new(response: &'r Response, url: &'r str) -> Self {
        Self {
            response,
            url,
            redirects: &[],
            duration: response.timing.total,
            attempts: 1,
            cookies: OnceCell::new(),
            sha256: OnceCell::new(),
            markup: OnceCell::new(),
        }
    }

    /// The value of a cookie that the reply sets; the last one where it sets several of the name (RFC 6265 section 5.3).
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        let cookies = self.cookies.get_or_init(|| parse_set_cookie(&self.response.headers));
        cookies.iter().rfind(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// The SHA-256 of the decoded body, lower-case hex.
    pub(super) fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| Sha256::digest(&self.response.body).iter().map(|b| format!("{b:02x}")).collect())
    }

    /// The last send's time as a duration text, to the microsecond: what is compared is what is shown.
    pub(super) fn duration_text(&self) -> String {
        let micros = self.duration.as_micros();
        let text = format!("{}.{:03}", micros / 1000, micros % 1000);
        format!("{}ms", text.trim_end_matches('0').trim_end_matches('.'))
    }

    /// The hops as flows see them.
    pub(super) fn redirects_value(&self) -> Value {
        Value::Array(self.redirects.iter().map(Hop::to_value).collect())
    }

    /// What an XPath finds in the body: read once, as XML or HTML. `Ok(None)` where it finds nothing.
    pub(super) fn xpath(&self, path: &XPath) -> Result<Option<Value>, String> {
        let document = self.markup.get_or_init(|| markup(self.response)).as_ref();
        document.map_err(Clone::clone).and_then(|document| path.query(document))
    }

    /// The certificate that the server showed.
    pub(super) fn certificate(&self) -> Result<Certificate, String> {
        match &self.response.certificate {
            Some(der) => Certificate::from_der(der),
            None if self.url.starts_with("https:") => {
                Err("there was no TLS, so no certificate: the sandbox answered".to_owned())
            }
            None => Err("the reply came over plain HTTP, where there is no certificate".to_owned()),
        }
    }

    /// The body as JSON, or the one sentence that every check of it answers with.
    pub(super) fn json(&self) -> Result<&'r Value, String> {
        self.response.json().map_err(|error| {
            if self.response.body.is_empty() {
                return format!("the body is empty, so there is no JSON in it (status {})", self.response.status);
            }
            let kind = self.response.header("content-type");
            let kind = kind.as_deref().unwrap_or("without a content-type");
            let head = head(self.response.text());
            let packed = match self.response.header("content-encoding") {
                // What is still packed here is so because nobody knows how.
                Some(codings) if !codings.is_empty() && self.response.text_was_lossy() => {
                    format!(", with `content-encoding: {codings}`,")
                }
                _ => String::new(),
            };
            let (line, column, why) = (error.line, error.column, &error.message);
            format!(
                "the body is not JSON: {why} at line {line}, column {column}; it is {kind}{packed} and begins with `{head}`"
            )
        })
    }
}

/// The body as XML or HTML, or the sentence that every check of it answers with.
fn markup(response: &Response) -> Result<Document, String> {
    let kind = response.header("content-type");
    if response.body.is_empty() {
        return Err(format!("the body is empty, so there is no XML or HTML in it (status {})", response.status));
    }
    let text = response.text();
    let markup = Markup::of(kind.as_deref(), text);
    Document::read(text, markup).map_err(|error| {
        let what = if markup == Markup::Xml { "XML" } else { "HTML" };
        format!(
            "the body cannot be read as {what}: {} ({}); it is {} and begins with `{}`",
            error.message,
            error.help,
            kind.as_deref().unwrap_or("without a content-type"),
            head(text),
        )
    })
}

/// The first line's beginning, short enough for a message.
fn head(text: &str) -> String {
    let line = text.trim_start().lines().next().unwrap_or("").trim_end();
    let head: String = line.chars().take(60).collect();
    if head.len() < text.trim().len() { format!("{head}…") } else { head }
}

/// A type's name in a sentence: "a list".
pub(super) fn with_article(value: &Value) -> String {
    match type_name(value) {
        "null" => "null".to_owned(),
        "string" => "text".to_owned(),
        name @ ("integer" | "object") => format!("an {name}"),
        name => format!("a {name}"),
    }
}
