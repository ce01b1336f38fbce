//! `jwt`: algorithm, key, claims; what is literal is tried now.

use super::{Reader, entry, url};
use crate::diagnostic::Code;
use crate::flow::{JwtStep, Key, names, secret_from_base64, secret_from_hex, shape};
use crate::jwt::{self, Algorithm};
use crate::source::Span;
use crate::yaml::{Data, Fields, Node};

impl Reader<'_> {
    pub(super) fn jwt(&mut self, node: &Node<'_>) -> Option<JwtStep> {
        let fields = Fields::read(node, &shape::JWT, self.diagnostics)?;
        let algorithm = fields.get("algorithm").and_then(|n| self.algorithm(n));
        let key = self.signing_key(&fields, algorithm);
        let header = match fields.get("header") {
            Some(node) => self.members(node, "`header`", &["alg"]),
            None => Some(None),
        };
        let claims = fields.get("claims").and_then(|n| self.members(n, "`claims`", &[]));
        let expires_in = fields.get("expires_in").map(|n| self.positive(n, "`expires_in`"));
        if let (Some(at), Some((exp, _))) =
            (fields.key_span("expires_in"), fields.get("claims").and_then(|n| entry(n, "exp")))
        {
            self.diagnostics
                .error(Code::ConflictingKeys, at, "`exp` comes from `expires_in` or stands in `claims`, not both")
                .related(exp, "the other one")
                .help("remove one of the two");
        }
        Some(JwtStep {
            algorithm: algorithm?,
            key: key?,
            header: header?,
            claims: claims??,
            expires_in: match expires_in {
                Some(setting) => Some(setting?),
                None => None,
            },
        })
    }

    fn algorithm(&mut self, node: &Node<'_>) -> Option<Algorithm> {
        let text = node.text("`algorithm`", self.diagnostics)?;
        match Algorithm::parse(text) {
            Ok(algorithm) => Some(algorithm),
            Err(error) => {
                let near = names::one_of(text, shape::ALGORITHMS);
                let help = error.help.filter(|_| !near.starts_with("did")).unwrap_or(near);
                self.diagnostics.error(Code::InvalidValue, node.span, error.message).help(help);
                None
            }
        }
    }

    /// The mapping of claims or header parameters. `set` are those that are set by other means.
    fn members(&mut self, node: &Node<'_>, what: &str, set: &[&str]) -> Option<Option<crate::template::ValueTemplate>> {
        if !matches!(node.data, Data::Map(_)) {
            return node.mismatch(what, "a mapping", self.diagnostics);
        }
        for name in set {
            if let Some((at, _)) = entry(node, name) {
                self.diagnostics
                    .error(Code::ConflictingKeys, at, format!("`{name}` comes from `algorithm`"))
                    .help("remove it here");
                return None;
            }
        }
        self.value(node).map(Some)
    }

    fn signing_key(&mut self, fields: &Fields<'_, '_>, algorithm: Option<Algorithm>) -> Option<Key> {
        let before = self.diagnostics.len();
        let Some((kind, node)) = fields.one_of(&["secret", "key"], self.diagnostics) else {
            if self.diagnostics.len() == before && !near_miss(fields) {
                let help = match algorithm {
                    Some(a) if !a.takes_secret() => "add `key: { pem: … }`",
                    _ => "add `secret: { base64: … }`, or `text` or `hex` as the secret is written",
                };
                self.diagnostics.error(Code::MissingKey, fields.head(), "`jwt` has nothing to sign with").help(help);
            }
            return None;
        };
        let at = fields.key_span(kind).unwrap_or(node.span);
        let key = if kind == "secret" { self.shared_secret(node) } else { self.private_key(node, algorithm) };
        if let Some(algorithm) = algorithm {
            self.family(algorithm, kind, at)?;
        }
        key
    }

    fn family(&mut self, algorithm: Algorithm, kind: &str, at: Span) -> Option<()> {
        let help = match (algorithm.takes_secret(), kind) {
            (true, "key") => "write `secret: { base64: … }`, or choose RS256, PS256, ES256 or EdDSA for a private key",
            (false, "secret") => "write `key: { pem: … }`, or choose HS256 for a shared secret",
            _ => return Some(()),
        };
        self.diagnostics
            .error(Code::ConflictingKeys, at, format!("`{algorithm}` is not signed with `{kind}`"))
            .help(help);
        None
    }

    fn shared_secret(&mut self, node: &Node<'_>) -> Option<Key> {
        if node.scalar().is_some() {
            self.diagnostics
                .error(Code::WrongType, node.span, "`secret` must say how it is written")
                .help("write `secret: { base64: … }` (Webex Guest Issuer), `{ text: … }` or `{ hex: … }`");
            return None;
        }
        let before = self.diagnostics.len();
        let fields = Fields::read(node, &shape::SECRET, self.diagnostics)?;
        let Some((form, value)) = fields.one_of(&["base64", "text", "hex"], self.diagnostics) else {
            if self.diagnostics.len() == before {
                self.diagnostics
                    .error(Code::MissingKey, node.span, "`secret` is empty")
                    .help("write `{ base64: … }`, `{ text: … }` or `{ hex: … }`");
            }
            return None;
        };
        if let Some(text) = url::literal(value) {
            let wrong = match form {
                "base64" => secret_from_base64(text).err(),
                "hex" => secret_from_hex(text).err(),
                _ => None,
            };
            if let Some((message, help)) = wrong {
                self.diagnostics.error(Code::InvalidValue, value.span, message).help(help);
                return None;
            }
        }
        let template = self.credential(value, &format!("`{form}`"))?;
        Some(match form {
            "base64" => Key::Base64(template),
            "hex" => Key::Hex(template),
            _ => Key::Text(template),
        })
    }

    fn private_key(&mut self, node: &Node<'_>, algorithm: Option<Algorithm>) -> Option<Key> {
        let fields = Fields::read(node, &shape::KEY, self.diagnostics)?;
        let value = fields.get("pem")?;
        if let (Some(text), Some(algorithm)) = (url::literal(value), algorithm.filter(|a| !a.takes_secret()))
            && let Err(error) = jwt::Key::from_pem(algorithm, text)
        {
            let diagnostic = self.diagnostics.error(Code::InvalidValue, value.span, error.message);
            diagnostic.help = error.help;
            return None;
        }
        Some(Key::Pem(self.credential(value, "`pem`")?))
    }
}

/// Whether an unknown key was likely meant as `secret` or `key`, and has been reported.
fn near_miss(fields: &Fields<'_, '_>) -> bool {
    fields.keys().any(|(key, _)| shape::JWT.key(key).is_none())
}
