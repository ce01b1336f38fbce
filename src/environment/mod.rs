//! An environment: the values, secrets and permissions that a person chooses with `-e`.
//!
//! It is trusted: it opens variables and files on this machine. Its values are data, never templates.

mod oauth;
mod read;
mod shape;

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::redact::HostPattern;
use crate::source::{Source, Span};
use crate::value::Value;

pub(crate) use read::variable;

pub use oauth::{ClientId, OAuthClient};
pub use shape::ENVIRONMENT;

/// One environment file, or several merged by `extends`.
#[derive(Debug)]
pub struct Environment {
    /// Its name: the file's stem.
    pub name: String,
    /// The chosen file.
    pub source: Arc<Source>,
    /// The environment it builds on, and where that stands; taken by whoever reads files.
    pub extends: Option<(String, Span)>,
    /// Values for inputs.
    pub vars: Vec<Var>,
    /// Secret values for inputs.
    pub secrets: Vec<Secret>,
    /// Variables that flows may ask for besides `WEBEX_…` and `WXFLOW_…`.
    pub allow_env: Option<Vec<String>>,
    /// Where requests may go at all.
    pub hosts: Option<Vec<HostPattern>>,
    /// The connection's certificates.
    pub tls: Tls,
    /// The proxy's URL, or `none`.
    pub proxy: Option<Located>,
    /// Where and how tokens are got.
    pub oauth: Vec<OAuthClient>,
}

/// `tls`: paths of PEM files, from the project root, `~/` allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Authorities to trust beside the system's.
    pub ca: Option<Located>,
    /// The client's certificate with its chain.
    pub cert: Option<Located>,
    /// Its private key; left out, in the same file.
    pub key: Option<Located>,
}

/// A text and where it stands.
#[derive(Clone)]
pub struct Located {
    /// The text.
    pub text: String,
    /// The file and place.
    pub at: (Arc<Source>, Span),
}

/// Two are the same where they say the same. No text is shown: a proxy's URL may hold a password.
impl PartialEq for Located {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Located {}

impl std::fmt::Debug for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Located").field(&self.at).finish()
    }
}

/// A value for the input of this name.
#[derive(Debug)]
pub struct Var {
    /// The input's name.
    pub name: String,
    /// The file and place of the name.
    pub at: (Arc<Source>, Span),
    /// Its value.
    pub value: Value,
}

/// A secret value for the input of this name.
#[derive(Debug)]
pub struct Secret {
    /// The input's name.
    pub name: String,
    /// The file and place of the name.
    pub at: (Arc<Source>, Span),
    /// Where its value is; `None` only until a base brings it.
    pub from: Option<SecretSource>,
    /// Where it may be sent; `None` for anywhere.
    pub hosts: Option<Vec<HostPattern>>,
}

/// Where a secret's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In this variable of the process or of `.env`.
    Variable(String),
    /// In this file, `~/` and relative paths (from the project root) allowed; a line break at its end is no part of it.
    File(String),
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            name: String::new(),
            source: Source::new("", ""),
            extends: None,
            vars: Vec::new(),
            secrets: Vec::new(),
            allow_env: None,
            hosts: None,
            tls: Tls::default(),
            proxy: None,
            oauth: Vec::new(),
        }
    }
}

impl Environment {
    /// Whether it permits flows to ask for this variable.
    #[must_use]
    pub fn allows(&self, variable: &str) -> bool {
        self.allow_env.iter().flatten().any(|name| name == variable)
    }

    /// This one laid over `base`: mappings merge, lists replace.
    #[must_use]
    pub fn over(self, base: Environment) -> Environment {
        let mut merged = base;
        for var in self.vars {
            merged.secrets.retain(|s| s.name != var.name);
            match merged.vars.iter_mut().find(|v| v.name == var.name) {
                Some(old) => {
                    old.at = var.at;
                    merge(&mut old.value, var.value);
                }
                None => merged.vars.push(var),
            }
        }
        for secret in self.secrets {
            merged.vars.retain(|v| v.name != secret.name);
            match merged.secrets.iter_mut().find(|s| s.name == secret.name) {
                Some(old) => {
                    old.at = secret.at;
                    old.from = secret.from.or(old.from.take());
                    old.hosts = secret.hosts.or(old.hosts.take());
                }
                None => merged.secrets.push(secret),
            }
        }
        merged.allow_env = self.allow_env.or(merged.allow_env);
        merged.hosts = self.hosts.or(merged.hosts);
        merged.tls.ca = self.tls.ca.or(merged.tls.ca);
        // A key belongs to its certificate: another certificate does not take the old one's.
        if self.tls.cert.is_some() {
            merged.tls.key = None;
        }
        merged.tls.cert = self.tls.cert.or(merged.tls.cert);
        merged.tls.key = self.tls.key.or(merged.tls.key);
        merged.proxy = self.proxy.or(merged.proxy);
        for client in self.oauth {
            match merged.oauth.iter().position(|c| c.name == client.name) {
                Some(index) => {
                    let base = merged.oauth.remove(index);
                    merged.oauth.insert(index, client.over(base));
                }
                None => merged.oauth.push(client),
            }
        }
        merged.name = self.name;
        merged.source = self.source;
        merged.extends = None;
        merged
    }

    /// Checks what only the merged whole can tell: each secret has its source, a key its
    /// certificate, an OAuth client what its grant needs.
    ///
    /// # Errors
    /// Every secret without one; a client's key without its certificate.
    pub fn complete(&self) -> Result<(), Vec<Diagnostic>> {
        let mut all = Vec::new();
        for secret in self.secrets.iter().filter(|s| s.from.is_none()) {
            let mut list = Diagnostics::new(Arc::clone(&secret.at.0));
            let message = format!("the secret `{}` does not say where its value is", secret.name);
            list.error(Code::MissingKey, secret.at.1, message).help("add `env: VARIABLE` or `file: PATH`");
            all.extend(list.into_sorted());
        }
        if let (Some(key), None) = (&self.tls.key, &self.tls.cert) {
            let mut list = Diagnostics::new(Arc::clone(&key.at.0));
            let message = "`key` belongs to a certificate, and `tls` names none";
            list.error(Code::MissingKey, key.at.1, message).help("add `cert: PATH`, or remove the key");
            all.extend(list.into_sorted());
        }
        all.extend(self.oauth.iter().filter_map(OAuthClient::lacks));
        if all.is_empty() { Ok(()) } else { Err(all) }
    }
}

fn merge(old: &mut Value, new: Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in new {
                match old.get_mut(&key) {
                    Some(slot) => merge(slot, value),
                    None => _ = old.insert(key, value),
                }
            }
        }
        (old, new) => *old = new,
    }
}
