//! `auth`: bearer, basic, digest, oauth, or none.

use std::sync::Arc;

use super::Reader;
use crate::diagnostic::Code;
use crate::flow::{Auth, shape};
use crate::template::Template;
use crate::yaml::{Data, Fields, Node};

impl Reader<'_> {
    pub(super) fn auth(&mut self, node: &Node<'_>) -> Option<Auth> {
        if let Data::Scalar(text, _) = &node.data {
            if text == "none" {
                return Some(Auth::None);
            }
            let help = if node.is_null() || text == "false" {
                "to send no credentials write `auth: none`".to_owned()
            } else if text.contains("{{") {
                let scheme = text.split_once(' ').filter(|(word, _)| word.eq_ignore_ascii_case("bearer"));
                let token = scheme.map_or(&**text, |(_, token)| token.trim());
                format!("say which kind it is: `auth: {{ bearer: \"{token}\" }}`")
            } else {
                "write `auth: { bearer: … }`, `auth: { basic: { username: …, password: … } }` or `auth: none`"
                    .to_owned()
            };
            self.diagnostics.error(Code::WrongType, node.span, "`auth` must be a mapping or `none`").help(help);
            return None;
        }
        let before = self.diagnostics.len();
        let fields = Fields::read(node, &shape::AUTH_SHAPE, self.diagnostics)?;
        let Some((kind, value)) = fields.one_of(&["bearer", "basic", "digest", "oauth"], self.diagnostics) else {
            if self.diagnostics.len() == before {
                self.diagnostics
                    .error(Code::MissingKey, node.span, "`auth` says no kind of credentials")
                    .help("write `{ bearer: … }`, `{ basic: { username: …, password: … } }`, `{ digest: … }` likewise, or `none`");
            }
            return None;
        };
        if kind == "oauth" {
            value.text("`oauth`", self.diagnostics)?;
            let name = self.name(value)?;
            self.oauth.push((Arc::clone(&name), value.span));
            return Some(Auth::OAuth(name));
        }
        if kind != "bearer" {
            let shape = if kind == "basic" { &shape::BASIC } else { &shape::DIGEST };
            let fields = Fields::read(value, shape, self.diagnostics)?;
            let username = fields.get("username").and_then(|n| self.template(n, "`username`"));
            let password = fields.get("password").and_then(|n| self.credential(n, "`password`"));
            let (username, password) = (username?, password?);
            return Some(match kind {
                "basic" => Auth::Basic { username, password },
                _ => Auth::Digest { username, password },
            });
        }
        if let Some(text) = value.scalar()
            && text.to_ascii_lowercase().starts_with("bearer ")
        {
            self.diagnostics
                .error(Code::InvalidValue, value.span, "the word `Bearer` would be sent twice")
                .help(format!("write the token only: \"{}\"", text.get(7..).unwrap_or("").trim()));
            return None;
        }
        Some(Auth::Bearer(self.credential(value, "`bearer`")?))
    }

    /// A text that is secret: a warning where it stands in the file as it is.
    pub(super) fn credential(&mut self, node: &Node<'_>, what: &str) -> Option<Template> {
        if let Some(text) = node.scalar()
            && !text.contains("{{")
        {
            if text.is_empty() {
                self.diagnostics
                    .error(Code::InvalidValue, node.span, format!("{what} is empty"))
                    .help("hand it in: a secret input, and here \"{{ its_name }}\"");
                return None;
            }
            self.credential_literal(node, what);
        }
        self.template(node, what)
    }
}
