//! Warnings for credentials that stand in the flow file itself.

use super::Reader;
use super::settings::is_template;
use crate::diagnostic::Code;
use crate::yaml::{Data, Node};

/// Keys whose literal value is a credential, in lower case and without `-` and `_`.
const NAMES: &[&str] = &[
    "authorization",
    "proxyauthorization",
    "xapikey",
    "xauthtoken",
    "password",
    "passwd",
    "secret",
    "clientsecret",
    "apikey",
    "token",
    "accesstoken",
    "refreshtoken",
];

/// The fewest characters of a credential: shorter ones are examples.
const SHORTEST: usize = 8;

impl Reader<'_> {
    /// Warns about every literal in `node` that looks like a credential.
    pub(super) fn credentials_in(&mut self, node: &Node<'_>) {
        match &node.data {
            Data::Map(entries) => {
                for (key, value) in entries {
                    let name = key.scalar().unwrap_or("");
                    if names_credential(name)
                        && value.scalar().is_some_and(|v| v.len() >= SHORTEST)
                        && !is_template(value)
                    {
                        self.credential_literal(value, &format!("the value of `{name}`"));
                    } else {
                        self.credentials_in(value);
                    }
                }
            }
            Data::List(items) => items.iter().for_each(|item| self.credentials_in(item)),
            Data::Scalar(text, _) if is_token(text) && !is_template(node) => self.credential_literal(node, "a token"),
            Data::Scalar(..) | Data::Broken => {}
        }
    }

    /// Warns about one.
    pub(super) fn credential_literal(&mut self, node: &Node<'_>, what: &str) {
        self.diagnostics
            .warning(Code::CredentialLiteral, node.span, format!("{what} stands in the flow file"))
            .help("whoever reads the file can read it, and it is not masked: make it a secret input and write \"{{ its_name }}\"");
    }
}

fn names_credential(key: &str) -> bool {
    let plain: String = key.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    NAMES.contains(&plain.to_ascii_lowercase().as_str())
}

/// Whether a text is a JSON Web Token, or an `Authorization` value.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let word = |text: &str| text.len() >= SHORTEST && !text.contains(char::is_whitespace);
    let jwt = text.starts_with("eyJ") && text.matches('.').count() == 2;
    word(text) && jwt || ["Bearer ", "Basic "].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_credential() {
        for yes in ["Authorization", "client_secret", "X-API-Key", "accessToken"] {
            assert!(names_credential(yes), "{yes}");
        }
        for no in ["token_type", "secretary", "expires_in"] {
            assert!(!names_credential(no), "{no}");
        }
        assert!(is_token("Bearer abcdefghij"));
        assert!(is_token("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"));
        assert!(!is_token("Bearer of bad news"));
    }
}
