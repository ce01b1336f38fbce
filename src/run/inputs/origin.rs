//! Where each input's value would come from, told and not used: what `explain` shows.

use std::sync::Arc;

use super::{HostPattern, Lack, Raw, Sources, find};
use crate::diagnostic::Diagnostics;
use crate::flow::{Input, convert};
use crate::source::Source;
use crate::value::Value;

/// Where an input's value would come from.
#[derive(Debug)]
pub struct Origin {
    /// Whether its value is masked everywhere.
    pub secret: bool,
    /// The hosts it may be sent to; `None` for any.
    pub hosts: Option<Vec<HostPattern>>,
    /// The place.
    pub place: Place,
    /// Its value, where it is no secret and has the input's type.
    pub value: Option<Value>,
}

/// The place of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// In words: `its default`, `WEBEX_URL`, `the environment ...`.
    From(String),
    /// Nothing gives it: why, and what could.
    Nowhere(String, String),
}

/// Where the value of each input would come from. Secrets are learned, as they are when they are used.
#[must_use]
pub fn origins(source: &Arc<Source>, inputs: &[Input], sources: &Sources<'_>) -> Vec<Origin> {
    let sources = Sources { asking: false, ..*sources };
    inputs.iter().map(|input| origin(source, input, &sources)).collect()
}

fn origin(source: &Arc<Source>, input: &Input, sources: &Sources<'_>) -> Origin {
    // What would be warned about is told in words of its own.
    let mut unheard = Diagnostics::new(Arc::clone(source));
    match find(input, sources, &mut unheard) {
        Ok(found) => {
            let secret = input.secret || found.secret;
            if let (true, Raw::Text(text)) = (secret, &found.value) {
                sources.redactor.learn(&input.name, text, None);
            }
            let converted = convert(input, found.value, secret, &found.origin);
            if let (true, Ok(value)) = (secret, &converted) {
                sources.redactor.learn_value(&input.name, value, None);
            }
            let hosts = input.hosts.clone().or(found.hosts);
            let (place, value) = match converted {
                Ok(value) => (Place::From(found.origin), Some(value).filter(|_| !secret)),
                Err((message, help)) => (Place::Nowhere(message, help), None),
            };
            Origin { secret, hosts, place, value }
        }
        Err(lack) => {
            let secret =
                input.secret || sources.environment.is_some_and(|e| e.secrets.iter().any(|s| s.name == *input.name));
            let place = match lack {
                Lack::Missing(message, help) => Place::Nowhere(message, help),
                Lack::Broken(error) => Place::Nowhere(error.message, error.help.unwrap_or_default()),
            };
            Origin { secret, hosts: input.hosts.clone(), place, value: None }
        }
    }
}
