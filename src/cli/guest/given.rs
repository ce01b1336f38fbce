//! Where tokens and secrets come from: an option, a file, stdin, or the environment. Each is masked from here on.

use std::cell::Cell;

use super::args::Issuer;
use crate::cli::exit::Exit;
use crate::cli::machine;
use crate::cli::output::Output;
use crate::cli::parse::seconds;
use crate::cli::values::hidden;

/// Reads what the person gave.
pub(super) struct Given<'a> {
    output: &'a Output,
    folder: std::path::PathBuf,
    stdin_is_taken: Cell<bool>,
}

impl<'a> Given<'a> {
    pub(super) fn new(output: &'a Output) -> Result<Self, Exit> {
        let folder = machine::surroundings(output)?.current;
        Ok(Self { output, folder, stdin_is_taken: Cell::new(false) })
    }

    /// A token as an argument. Guest tokens live for minutes, so a literal one does not warn.
    pub(super) fn token(&self, value: &str) -> Result<String, Exit> {
        self.read("TOKEN", value, "token", false)
    }

    /// `-s` of `verify`.
    pub(super) fn secret(&self, value: &str) -> Result<String, Exit> {
        self.read("-s", value, "Guest Issuer secret", true)
    }

    /// The id and the secret; both are told where both are missing.
    pub(super) fn issuer(&self, args: &Issuer) -> Result<(String, String), Exit> {
        let id = match &args.issuer {
            Some(id) => Some(id.clone()),
            None => self.first(&["ISSUER", "WEBEX_GUEST_ISSUER"])?,
        };
        let secret = match &args.secret {
            Some(value) => Some(self.secret(value)?),
            None => self.first(&["SECRET", "WEBEX_GUEST_SECRET"])?,
        };
        if let Some(secret) = &secret {
            self.output.redactor.learn("Guest Issuer secret", secret, None);
        }
        if id.is_none() {
            self.output.error("the Guest Issuer's id is missing", Some("give it with -i, or set ISSUER"));
        }
        if secret.is_none() {
            self.output
                .error("the Guest Issuer's secret is missing", Some("give it with -s @FILE or -s -, or set SECRET"));
        }
        id.zip(secret).ok_or(Exit::Invalid)
    }

    /// `EXPIRES`, in seconds.
    pub(super) fn expires(&self) -> Result<Option<u64>, Exit> {
        let Some(text) = self.first(&["EXPIRES"])? else { return Ok(None) };
        seconds(&text).map(Some).map_err(|help| {
            self.output.error("the variable EXPIRES is no lifetime", Some(&help));
            Exit::Invalid
        })
    }

    /// `-t`, else its variable.
    pub(super) fn service_app_token(&self, value: Option<&str>) -> Result<String, Exit> {
        let token = match value {
            Some(value) => Some(self.read("-t", value, "Service App token", true)?),
            None => self.first(&["WEBEX_SERVICE_APP_TOKEN"])?,
        };
        let Some(token) = token else {
            let help = "give it with -t @FILE or -t -, or set WEBEX_SERVICE_APP_TOKEN";
            self.output.error("the Service App's access token is missing", Some(help));
            return Err(Exit::Invalid);
        };
        self.output.redactor.learn("Service App token", token.trim(), None);
        Ok(token)
    }

    fn read(&self, option: &str, value: &str, name: &str, warn: bool) -> Result<String, Exit> {
        if value == "-" && self.stdin_is_taken.replace(true) {
            self.output.error("only one value can come from stdin", Some("put the other into a file: @FILE"));
            return Err(Exit::Invalid);
        }
        let text = match hidden(value, &self.folder) {
            Ok(text) => text,
            Err(error) => {
                self.output.error(&format!("{option}: {}", error.message), Some("name a file that you can read"));
                return Err(Exit::Invalid);
            }
        };
        if text.is_none() && warn {
            let other = format!("write {option} @FILE or {option} -");
            self.output.warning(&format!("{option} with the {name} itself: other processes can see it; {other}"));
        }
        let text = text.unwrap_or_else(|| value.to_owned());
        if text.trim().is_empty() {
            self.output.error(&format!("{option}: the {name} is empty"), None);
            return Err(Exit::Invalid);
        }
        self.output.redactor.learn(name, text.trim(), None);
        Ok(text)
    }

    /// The first of these variables that is set and not empty.
    fn first(&self, names: &[&str]) -> Result<Option<String>, Exit> {
        for name in names {
            if let Some(value) = variable(name, self.output)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}

/// A variable of the process that is not empty.
pub(super) fn variable(name: &str, output: &Output) -> Result<Option<String>, Exit> {
    match machine::variable(name) {
        Ok(value) => Ok(value.filter(|v| !v.is_empty())),
        Err(error) => {
            output.file_error(&error);
            Err(Exit::Invalid)
        }
    }
}
