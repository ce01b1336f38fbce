//! `METHOD url` and `base_url`: what can be known of them before anything is rendered.

use std::ops::Range;

use super::Reader;
use super::settings::is_template;
use crate::diagnostic::{Code, nearest};
use crate::http::{Method, Url};
use crate::source::Span;
use crate::template::{Template, opening};
use crate::yaml::{Data, Node, Style};

/// The methods a misspelt one is compared with (RFC 9110, 5789; WebDAV's are too rare to be a suggestion).
pub(crate) const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"];

impl Reader<'_> {
    /// `METHOD url`, with its label for reports.
    pub(super) fn request_line(&mut self, node: &Node<'_>) -> Option<(Method, Template)> {
        let Some(text) = node.text("`request`", self.diagnostics) else {
            if let (Data::Map(_), Some(last)) = (&node.data, self.diagnostics.last_mut()) {
                last.help("write method and URL in one text, and the rest beside it: `request: GET /people/me`");
            }
            return None;
        };
        let word = text.trim_start();
        let start = text.len() - word.len();
        if word.starts_with("{{") {
            self.begins_with_template(node, start, word);
            return None;
        }
        let Some((method, rest)) = word.split_once(char::is_whitespace) else {
            self.half_a_request(node, word);
            return None;
        };
        let url = rest.trim();
        let method_at = self.place(node, start..start + method.len());
        if url.is_empty() {
            self.half_a_request(node, method);
            return None;
        }
        let from = start + method.len() + 1 + (rest.len() - rest.trim_start().len());
        let method = self.method(method, method_at, url);
        let url = self.url(node, text, from..from + url.len());
        Some((method?, url?))
    }

    /// `{{ … }} …`: a templated method, or a URL without its method.
    fn begins_with_template(&mut self, node: &Node<'_>, start: usize, word: &str) {
        let end = closing(word);
        if !word.get(end..).is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
            return self.half_a_request(node, word);
        }
        let at = self.place(node, start..start + end);
        self.diagnostics
            .error(Code::InvalidMethod, at, "the method cannot be a template")
            .help("write it out: one step per method, with `when` if it depends on a value");
    }

    fn half_a_request(&mut self, node: &Node<'_>, word: &str) {
        let is_url = word.starts_with(['/', '{']) || word.contains("://") || word.contains('.');
        let (message, help) = if word.is_empty() {
            ("`request` is empty".to_owned(), "write the method and the URL: `GET /people/me`".to_owned())
        } else if is_url {
            ("the method is missing".to_owned(), format!("write it before the URL: `GET {word}`"))
        } else {
            (
                "the URL is missing".to_owned(),
                format!("write it behind the method: `{} /people/me`", word.to_uppercase()),
            )
        };
        self.diagnostics.error(Code::InvalidUrl, node.span, message).help(help);
    }

    fn method(&mut self, text: &str, at: Span, url: &str) -> Option<Method> {
        let upper = text.to_ascii_uppercase();
        let report = |this: &mut Self, message: String, help: String| {
            this.diagnostics.error(Code::InvalidMethod, at, message).help(help);
            None
        };
        if METHODS.contains(&upper.as_str()) && text != upper {
            return report(self, format!("the method `{text}` must be in capitals"), format!("write `{upper} {url}`"));
        }
        if text == "CONNECT" {
            let help = "a proxy is set by the person who runs the flow: `HTTPS_PROXY`".to_owned();
            return report(self, "`CONNECT` opens a tunnel and is no request of a flow".to_owned(), help);
        }
        if !METHODS.contains(&text)
            && let Some(near) = nearest(text, METHODS.iter().copied())
        {
            return report(self, format!("`{text}` is not a method"), format!("did you mean `{near}`?"));
        }
        match Method::from_bytes(text.as_bytes()) {
            Ok(method) if text == upper => Some(method),
            Ok(_) => report(
                self,
                format!("`{text}` is not a method: methods are in capitals"),
                format!("begin with the method, like `GET {url}`"),
            ),
            Err(_) => report(
                self,
                format!("`{text}` is not a method"),
                format!("begin with the method, like `GET {url}`: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, …"),
            ),
        }
    }

    /// The URL of a request: `text[range]`.
    fn url(&mut self, node: &Node<'_>, text: &str, range: Range<usize>) -> Option<Template> {
        let url = text.get(range.clone()).unwrap_or("");
        let before = self.diagnostics.len();
        self.url_characters(node, url, range.start);
        let at = self.place(node, range.clone());
        if url.starts_with("//") {
            self.invalid_url(at, "a URL that begins with `//` has no scheme", format!("write `https:{url}`"));
        } else if url.starts_with('/') {
            if !self.has_base_url {
                let message = "this path has no `base_url` to be appended to";
                let help = format!(
                    "add `defaults: {{ base_url: https://… }}` to the flow, or write the full URL here: `https://…{url}`"
                );
                self.invalid_url(at, message, help);
            }
        } else if !url.starts_with("{{") {
            self.full_url(url, at, "the URL");
        }
        (self.diagnostics.len() == before).then_some(())?;
        self.part(node, range, "the URL")
    }

    /// `defaults.base_url`.
    pub(super) fn base_url(&mut self, node: &Node<'_>) -> Option<Template> {
        let text = node.text("`base_url`", self.diagnostics)?;
        let before = self.diagnostics.len();
        self.url_characters(node, text, 0);
        if let Some(at) = outside(text).find_map(|r| text.get(r.clone())?.find('?').map(|i| r.start + i)) {
            let at = self.place(node, at..at + 1);
            self.invalid_url(at, "`base_url` cannot hold a query", "put it under `defaults: { query: … }`".to_owned());
        }
        if !text.starts_with("{{") {
            self.full_url(text, node.span, "`base_url`");
        }
        (self.diagnostics.len() == before).then_some(())?;
        self.template(node, "`base_url`")
    }

    /// Spaces, fragments and control characters outside of templates.
    fn url_characters(&mut self, node: &Node<'_>, url: &str, offset: usize) {
        for range in outside(url) {
            let part = url.get(range.clone()).unwrap_or("");
            let wrong = |c: char| c.is_whitespace() || c.is_control() || "#{}".contains(c);
            let Some((i, c)) = part.char_indices().find(|(_, c)| wrong(*c)) else { continue };
            let from = offset + range.start + i;
            let at = self.place(node, from..from + c.len_utf8());
            if "{}".contains(c) {
                let name: String = part.chars().skip_while(|c| *c != '{').skip(1).take_while(|c| *c != '}').collect();
                let name = if name.trim().is_empty() { "name" } else { name.trim() };
                let help = format!("a template has two braces: `{{{{ {name} }}}}`; a literal brace is `%7B` or `%7D`");
                self.invalid_url(at, &format!("a URL cannot hold a single `{c}`"), help);
            } else if c.is_whitespace() && part.get(i..).is_some_and(|rest| rest.trim_start().starts_with("HTTP/")) {
                let help = "leave it out; to insist on a version write `http: 1.1` or `http: 2` beside it".to_owned();
                self.invalid_url(at, "the version of HTTP does not stand behind the URL", help);
            } else if c == '#' {
                let help = "a fragment is never sent: remove it, or write `%23` for a literal `#`".to_owned();
                self.invalid_url(at, "a URL here cannot hold a fragment (`#…`)", help);
            } else {
                let help =
                    "write `%20`, or hand the value in through `query` or a template, which encode it".to_owned();
                self.invalid_url(at, "a URL cannot hold a space", help);
            }
            return;
        }
    }

    /// A URL that begins in the file with its scheme, or should.
    fn full_url(&mut self, url: &str, at: Span, what: &str) {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => {}
            Some(other) if other.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) => {
                let near = nearest(other, ["https", "http"]);
                let help =
                    near.map_or("write an `https://` URL".to_owned(), |near| format!("did you mean `{near}://`?"));
                return self.invalid_url(
                    at,
                    &format!("{what} must begin with `http://` or `https://`, not `{other}://`"),
                    help,
                );
            }
            _ => {
                let host = url.split(['/', ':']).next().unwrap_or("");
                let help = if let Some(template) = url.strip_prefix('$').filter(|rest| rest.starts_with("{{")) {
                    format!("a template has no `$` before it: `{template}`")
                } else if url.starts_with(['"', '\'']) {
                    "remove the quotes: here they would be part of the URL".to_owned()
                } else if matches!(host, "http" | "https") {
                    let rest = url.trim_start_matches(host).trim_start_matches([':', '/']);
                    format!("write `{host}://{rest}`")
                } else if host.contains('.') || host == "localhost" {
                    let scheme = if host == "localhost" { "http" } else { "https" };
                    format!("write the scheme too: `{scheme}://{url}`")
                } else if what == "the URL" {
                    format!("begin the path with `/`: `/{url}`")
                } else {
                    format!("write the scheme and the host: `https://{url}`")
                };
                let message = match what {
                    "the URL" => "this is neither a path nor a full URL".to_owned(),
                    _ => format!("{what} must begin with `http://` or `https://`"),
                };
                return self.invalid_url(at, &message, help);
            }
        }
        if url.contains("{{") {
            return;
        }
        match Url::parse(url) {
            Err(error) => {
                self.invalid_url(at, &format!("{what} cannot be read: {error}"), "check host and port".to_owned());
            }
            Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
                let help = "write `auth: { basic: { username: …, password: … } }`".to_owned();
                self.invalid_url(at, &format!("{what} cannot hold a user name or a password"), help);
            }
            Ok(_) => {}
        }
    }

    fn invalid_url(&mut self, at: Span, message: &str, help: String) {
        self.diagnostics.error(Code::InvalidUrl, at, message).help(help);
    }

    /// A part of a scalar as a template of its own.
    fn part(&mut self, node: &Node<'_>, range: Range<usize>, what: &str) -> Option<Template> {
        let Data::Scalar(text, _) = &node.data else { return None };
        let span = self.place(node, range.clone());
        let part = text.get(range)?;
        let node = Node { span, data: Data::Scalar(part.into(), Style::Plain) };
        self.template(&node, what)
    }

    /// The place in the file of a byte range in a scalar's text.
    pub(super) fn place(&self, node: &Node<'_>, range: Range<usize>) -> Span {
        node.offsets(self.diagnostics.source().text()).span(range)
    }
}

/// The parts of `text` that stand outside of `{{ }}`.
pub(super) fn outside(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let rest = text.get(at..).unwrap_or("");
        let start = at;
        match opening(rest) {
            None => {
                done = true;
                Some(start..text.len())
            }
            Some(open) => {
                at = start + open + closing(rest.get(open..).unwrap_or(""));
                Some(start..start + open)
            }
        }
    })
}

/// How long the `{{ … }}` at the start of `text` is: quotes inside hide `}}`. Without an end, all of it.
fn closing(text: &str) -> usize {
    let mut quote = None;
    let mut previous = ' ';
    for (i, c) in text.char_indices().skip(2) {
        match quote {
            Some(q) if c == q && previous != '\\' => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '}' && previous == '}' => return i + 1,
            None => {}
        }
        previous = c;
    }
    text.len()
}

/// The words of a request for reports: its line as written.
pub(super) fn label(node: &Node<'_>) -> String {
    let text = node.scalar().unwrap_or("request");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a node is text that holds a template, or a literal.
pub(super) fn literal<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.scalar().filter(|_| !is_template(node))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_outside_of_templates() {
        let parts = |text: &str| outside(text).map(|r| text[r].to_owned()).collect::<Vec<_>>();
        assert_eq!(parts("/a/{{ x }}/b"), ["/a/", "/b"]);
        assert_eq!(parts("{{ '}}' }}/b"), ["", "/b"]);
        assert_eq!(parts("/a {{ x"), ["/a ", ""]);
        assert_eq!(parts(""), [""]);
    }
}
