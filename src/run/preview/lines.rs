//! A preview in lines, for `--dry-run`: a request is its line, its headers, an empty line and its body.

use super::{Act, Credentials, Previewed, PreviewedBody, PreviewedPart, PreviewedRequest, PreviewedUse};
use crate::redact::MASK;

impl Previewed {
    /// What it would do, in lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.notes.clone();
        match &self.act {
            Act::Nothing => {}
            Act::Request(request) => request.lines(&mut lines),
            Act::Set(set) | Act::Vars(set) => {
                lines.extend(set.iter().map(|(name, value)| format!("set {name} = {value}")));
            }
            Act::Use(used) => used.lines(&mut lines),
            Act::Words(words) => lines.extend_from_slice(words),
        }
        let has_body = matches!(&self.act, Act::Request(request) if request.body.is_some());
        if has_body && !self.cleanup.is_empty() {
            lines.push(String::new());
        }
        lines.extend(self.cleanup.iter().map(|undo| format!("cleanup: {} {}", undo.method, undo.url)));
        lines
    }
}

impl PreviewedUse {
    fn lines(&self, lines: &mut Vec<String>) {
        lines.push(format!("use {}{}", self.path, if self.once { ", once for all flows" } else { "" }));
        lines.extend(self.with.iter().map(|(name, value)| format!("with {name} = {value}")));
        let plural = if self.count == 1 { "" } else { "s" };
        lines.push(format!("runs its {} step{plural}", self.count));
    }
}

impl PreviewedRequest {
    fn lines(&self, lines: &mut Vec<String>) {
        lines.push(format!("{} {}", self.method, self.url));
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        if let Some(credentials) = &self.credentials {
            let scheme = match credentials {
                Credentials::Bearer(_) | Credentials::OAuth(_) => "Bearer",
                Credentials::Password(.., false) => "Basic",
                Credentials::Password(.., true) => "Digest",
            };
            lines.push(format!("authorization: {scheme} {MASK}"));
        }
        if !self.cookies.is_empty() {
            lines.push(format!("cookie: {}", pairs(&self.cookies).collect::<Vec<_>>().join("; ")));
        }
        let Some(body) = &self.body else { return };
        if let Some(kind) = body.content_type().filter(|_| !self.headers.iter().any(|(name, _)| name == "content-type"))
        {
            lines.push(format!("content-type: {kind}"));
        }
        lines.push(String::new());
        match body {
            PreviewedBody::Json(text) | PreviewedBody::Text(text) => lines.extend(text.lines().map(str::to_owned)),
            PreviewedBody::Form(fields) => lines.extend(pairs(fields).flat_map(|pair| split(&pair))),
            PreviewedBody::Multipart(parts) => lines.extend(parts.iter().flat_map(|(name, part)| match part {
                PreviewedPart::Text(text) => split(&format!("{name}={text}")),
                PreviewedPart::File(path, ..) => vec![format!("{name}=@{path}")],
            })),
            PreviewedBody::File(path) => lines.push(format!("@{path}")),
        }
    }
}

impl PreviewedBody {
    /// Its type where no header says it; `None` where it is guessed from a file.
    #[must_use]
    pub fn content_type(&self) -> Option<&'static str> {
        match self {
            PreviewedBody::Json(_) => Some("application/json"),
            PreviewedBody::Form(_) => Some("application/x-www-form-urlencoded"),
            PreviewedBody::Multipart(_) => Some("multipart/form-data"),
            PreviewedBody::Text(_) => Some("text/plain; charset=utf-8"),
            PreviewedBody::File(_) => None,
        }
    }
}

fn pairs(fields: &[(String, String)]) -> impl Iterator<Item = String> {
    fields.iter().map(|(name, value)| format!("{name}={value}"))
}

fn split(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
