//! Where each input's value comes from: first hit wins, and all that is missing or wrong is told at once.
//!
//! The order: `--var`/`--secret` · the `--data` row · `WXFLOW_VAR_<name>` · the environment · the variable in `env`, from
//! the process, then from `.env`, where permitted · `default` · what the person types. A secret is learned before anything
//! is said about it.

mod invented;
mod origin;
#[cfg(test)]
mod tests;
mod uses;

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::environment::{Environment, SecretSource};
use crate::flow::{Input, Raw, convert};
use crate::redact::{HostPattern, Redactor, SHORTEST};
use crate::source::{FileError, Source};
use crate::value::Value;
pub use invented::{Invented, shape};

pub use origin::{Origin, Place, origins};
pub use uses::{Used, resolve_uses};

/// A value for an input.
#[derive(Clone)]
pub struct ResolvedInput {
    /// The input's name.
    pub name: Arc<str>,
    /// Its value, of its type.
    pub value: Value,
    /// Whether it is masked everywhere.
    pub secret: bool,
    /// The hosts it may be sent to; `None` for any.
    pub hosts: Option<Vec<HostPattern>>,
}

impl std::fmt::Debug for ResolvedInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Also of what is no secret only the name: an input's secrecy is the flow's word, and flows forget.
        f.debug_struct("ResolvedInput").field("name", &self.name).field("secret", &self.secret).finish_non_exhaustive()
    }
}

/// The machine's variables and files, handed in.
pub trait Outside {
    /// A variable of the process.
    ///
    /// # Errors
    /// It is not text.
    fn variable(&self, name: &str) -> Result<Option<String>, FileError>;
    /// A variable of the project's `.env`.
    ///
    /// # Errors
    /// The file cannot be read.
    fn dotenv(&self, name: &str) -> Result<Option<String>, FileError>;
    /// The text of a secret's file, without the line break at its end.
    ///
    /// # Errors
    /// The file cannot be read.
    fn secret_file(&self, path: &str) -> Result<String, FileError>;
    /// What the person types for an input of `flow` that nothing else gives; `None` where nobody is there to be asked.
    fn ask(&self, flow: &str, input: &Input) -> Option<String> {
        let _ = (flow, input);
        None
    }
    /// Whether the person lets `flow` read `variable`, which is set, for this input. Nobody there is a no.
    fn consents(&self, flow: &str, input: &Input, variable: &str) -> bool {
        let _ = (flow, input, variable);
        false
    }
}

/// A value that the person gives for every input of one name.
#[derive(Clone)]
pub struct Offer {
    /// The inputs' name.
    pub name: Arc<str>,
    /// The value; text is converted to the input's type.
    pub value: Value,
    /// Where it stands, for messages: `--var name`, `row 3 of people.csv`.
    pub origin: Arc<str>,
}

/// Everything a value can come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// `--var`, then `--var-file`: the first of a name counts.
    pub vars: &'a [Offer],
    /// The cells of the `--data` row.
    pub row: &'a [Offer],
    /// `--secret`: names and texts.
    pub secrets: &'a [(String, String)],
    /// The environment chosen with `-e`.
    pub environment: Option<&'a Environment>,
    /// `--allow-env`.
    pub allow_env: &'a [String],
    /// The machine; not asked with `sandbox`.
    pub outside: &'a dyn Outside,
    /// Whether the person is asked for what is missing.
    pub asking: bool,
    /// Under `--sandbox`: what takes the machine's place.
    pub sandbox: Option<&'a Invented>,
    /// Learns each secret.
    pub redactor: &'a Redactor,
}

/// The values of all inputs, and what the person should know although nothing is wrong.
#[derive(Debug)]
pub struct Resolved {
    /// In the flow's order.
    pub inputs: Vec<ResolvedInput>,
    /// Each points at its input.
    pub warnings: Vec<Diagnostic>,
}

/// Gives every input of a flow its value.
///
/// # Errors
/// Every input that has no value or a wrong one, pointing at its line in `source`.
pub fn resolve(source: &Arc<Source>, inputs: &[Input], sources: &Sources<'_>) -> Result<Resolved, Vec<Diagnostic>> {
    let mut list = Diagnostics::new(Arc::clone(source));
    let mut resolved = Vec::with_capacity(inputs.len());
    for input in inputs {
        if let Some(value) = one(input, sources, &mut list) {
            resolved.push(value);
        }
    }
    let all = list.into_sorted();
    if all.iter().any(|d| d.severity == Severity::Error) {
        return Err(all);
    }
    Ok(Resolved { inputs: resolved, warnings: all })
}

/// A value before it has its type.
struct Found {
    value: Raw,
    /// For messages: "--var name".
    origin: String,
    secret: bool,
    hosts: Option<Vec<HostPattern>>,
}

/// Why there is no value.
enum Lack {
    /// Nothing gives one; the second text is what could.
    Missing(String, String),
    /// Something that should give one is broken.
    Broken(FileError),
}

fn one(input: &Input, sources: &Sources<'_>, list: &mut Diagnostics) -> Option<ResolvedInput> {
    let found = match find(input, sources, list) {
        Ok(found) => found,
        Err(Lack::Missing(message, help)) => {
            list.error(Code::MissingInput, input.span, message).help(help);
            return None;
        }
        Err(Lack::Broken(error)) => {
            let message = format!("input `{}`: {}", input.name, error.message);
            let diagnostic = list.error(Code::InvalidInput, input.span, message);
            if let Some(help) = error.help {
                diagnostic.help(help);
            }
            return None;
        }
    };
    let secret = input.secret || found.secret;
    let bound = sources.sandbox.is_none();
    if secret && let Raw::Text(text) = &found.value {
        sources.redactor.learn(&input.name, text, found.hosts.as_deref().filter(|_| bound));
    }
    let value = match convert(input, found.value, secret, &found.origin) {
        Ok(value) => value,
        Err((message, help)) => {
            list.error(Code::InvalidInput, input.span, message).help(help);
            return None;
        }
    };
    if secret {
        sources.redactor.learn_value(&input.name, &value, found.hosts.as_deref().filter(|_| bound));
        if is_short(&value) {
            let message = format!(
                "the value of `{}` has fewer than {SHORTEST} bytes: it is masked only where it is a whole field",
                input.name
            );
            list.warning(Code::InvalidInput, input.span, message).help("use a longer secret");
        }
    }
    let hosts = input.hosts.clone().or(found.hosts).filter(|_| bound);
    Some(ResolvedInput { name: Arc::clone(&input.name), value, secret, hosts })
}

fn find(input: &Input, sources: &Sources<'_>, list: &mut Diagnostics) -> Result<Found, Lack> {
    let name = &*input.name;
    let text =
        |text: &str, origin: String| Found { value: Raw::Text(text.to_owned()), origin, secret: false, hosts: None };
    let given = |pairs: &[(String, String)]| pairs.iter().find(|(n, _)| n == name).map(|(_, text)| text.clone());
    if let Some(value) = given(sources.secrets) {
        return Ok(Found { secret: true, ..text(&value, format!("--secret {name}")) });
    }
    if let Some(offer) = sources.vars.iter().chain(sources.row).find(|offer| &*offer.name == name) {
        let value = match offer.value.clone() {
            Value::String(text) => Raw::Text(text),
            other => Raw::Value(other),
        };
        return Ok(Found { value, origin: offer.origin.to_string(), secret: false, hosts: None });
    }
    let environment = sources.environment;
    let secret = environment.and_then(|e| e.secrets.iter().find(|s| s.name == name));
    let var = environment.and_then(|e| e.vars.iter().find(|v| v.name == name));
    if let Some(sandbox) = sources.sandbox {
        let asked = match secret.map(|s| &s.from) {
            Some(Some(SecretSource::Variable(variable))) => Some(variable),
            _ => input.env.as_ref(),
        };
        if let Some((variable, value)) = asked.and_then(|a| sandbox.variables.iter().find(|(n, _)| n == a)) {
            return Ok(Found { secret: secret.is_some(), ..text(value, format!("the sandbox's {variable}")) });
        }
        if let Some(value) = sandbox.structured(name) {
            return Ok(Found { value: Raw::Value(value), secret: true, ..text("", "the recording".to_owned()) });
        }
        if secret.is_some() || (input.secret && input.default.is_none() && var.is_none()) {
            return Ok(Found { secret: true, ..text(&sandbox.secret(name), "the sandbox".to_owned()) });
        }
    } else {
        let variable = format!("WXFLOW_VAR_{name}");
        if let Some(value) = sources.outside.variable(&variable).map_err(Lack::Broken)? {
            return Ok(text(&value, variable));
        }
    }
    if let Some(var) = var {
        let origin = format!("the environment `{}`", environment.map_or("", |e| &e.name));
        return Ok(Found { value: Raw::Value(var.value.clone()), origin, secret: false, hosts: None });
    }
    if let Some(secret) = secret {
        let (value, origin) = environment_secret(input, secret.from.as_ref(), sources)?;
        return Ok(Found { secret: true, hosts: secret.hosts.clone(), ..text(&value, origin) });
    }
    if let Some((value, origin)) = asked_for(input, sources, list)? {
        return Ok(text(&value, origin));
    }
    match &input.default {
        Some(default) => Ok(Found {
            value: Raw::Value(default.clone()),
            origin: "its default".to_owned(),
            secret: false,
            hosts: None,
        }),
        None => match ask(input, sources, list) {
            Some(typed) => Ok(text(&typed, "what you typed".to_owned())),
            None => Err(missing(input, sources)),
        },
    }
}

fn ask(input: &Input, sources: &Sources<'_>, list: &Diagnostics) -> Option<String> {
    let asking = sources.asking && sources.sandbox.is_none();
    asking.then(|| sources.outside.ask(list.source().name(), input)).flatten()
}

/// The environment names one place. Where nothing is there, no other place is tried: a token of some other account
/// would be sent in its stead.
fn environment_secret(
    input: &Input,
    from: Option<&SecretSource>,
    sources: &Sources<'_>,
) -> Result<(String, String), Lack> {
    let environment = sources.environment.map_or("", |e| &e.name);
    let absent = |place: &str, help: String| {
        let message =
            format!("input `{}` has no value: the environment `{environment}` takes it from {place}", input.name);
        Lack::Missing(message, format!("{help}, or give it with {}", option(input, true)))
    };
    let named = |error: FileError| {
        let at = sources.environment.and_then(|e| e.secrets.iter().find(|secret| *secret.name == *input.name));
        let place = at.map(|secret| format!("{}:{}", secret.at.0.name(), secret.at.0.position(secret.at.1.start)));
        let help = place.map(|place| format!("the path stands at {place}; a relative one begins in the project root"));
        Lack::Broken(FileError { help: error.help.or(help), ..error })
    };
    match from {
        Some(SecretSource::Variable(name)) => match anywhere(name, sources)? {
            Some(value) if !value.is_empty() => Ok((value, format!("{name}, named by the environment"))),
            Some(_) => Err(absent(&format!("{name}, which is empty"), format!("set {name}"))),
            None => Err(absent(&format!("{name}, which is not set"), format!("set {name}"))),
        },
        Some(SecretSource::File(path)) => match sources.outside.secret_file(path).map_err(named)? {
            value if value.is_empty() => Err(absent(&format!("{path}, which is empty"), format!("fill {path}"))),
            value => Ok((value, format!("{path}, named by the environment"))),
        },
        None => Err(absent("nowhere", "name its place in the environment file".to_owned())),
    }
}

/// The variable that the flow asks for, where it may be read. An empty one counts as unset: that is how CI systems hand
/// over a secret that does not exist.
fn asked_for(input: &Input, sources: &Sources<'_>, list: &mut Diagnostics) -> Result<Option<(String, String)>, Lack> {
    let Some(name) = input.env.as_deref().filter(|_| sources.sandbox.is_none()) else { return Ok(None) };
    let set = || matches!(sources.outside.variable(name), Ok(Some(value)) if !value.is_empty());
    if permitted(name, sources) || (set() && sources.outside.consents(list.source().name(), input, name)) {
        return Ok(anywhere(name, sources)?.filter(|v| !v.is_empty()).map(|value| (value, name.to_owned())));
    }
    if input.default.is_some() && matches!(sources.outside.variable(name), Ok(Some(_))) {
        let message = format!("input `{}` takes its default: the flow may not read {name}", input.name);
        list.warning(Code::MissingInput, input.span, message).help(format!("permit it with --allow-env {name}"));
    }
    Ok(None)
}

fn anywhere(name: &str, sources: &Sources<'_>) -> Result<Option<String>, Lack> {
    let process = sources.outside.variable(name).map_err(Lack::Broken)?;
    if process.as_ref().is_some_and(|v| !v.is_empty()) {
        return Ok(process);
    }
    Ok(sources.outside.dotenv(name).map_err(Lack::Broken)?.or(process))
}

/// Whether a flow may read a variable without asking the person.
#[must_use]
pub fn permitted(name: &str, sources: &Sources<'_>) -> bool {
    name.starts_with("WEBEX_")
        || name.starts_with("WXFLOW_")
        || sources.environment.is_some_and(|e| e.allows(name))
        || sources.allow_env.iter().any(|n| n == name)
}

fn missing(input: &Input, sources: &Sources<'_>) -> Lack {
    let option = option(input, input.secret);
    let name = &input.name;
    match input.env.as_deref().filter(|_| sources.sandbox.is_none()) {
        None => Lack::Missing(format!("input `{name}` has no value"), format!("give it with {option}")),
        Some(variable) if permitted(variable, sources) => Lack::Missing(
            match sources.outside.variable(variable) {
                Ok(Some(_)) => format!("input `{name}` has no value: {variable} is empty"),
                _ => format!("input `{name}` has no value: {variable} is not set"),
            },
            format!("set {variable}=…, in the process or in .env, or give it with {option}"),
        ),
        Some(variable) => Lack::Missing(
            format!("input `{name}` has no value: the flow may not read {variable} without your permission"),
            format!("permit it with --allow-env {variable}, or give the value with {option}"),
        ),
    }
}

fn option(input: &Input, secret: bool) -> String {
    if secret { format!("--secret {}=@FILE", input.name) } else { format!("--var {}=…", input.name) }
}

fn is_short(secret: &Value) -> bool {
    match secret {
        Value::String(text) => (1..SHORTEST).contains(&text.trim().len()),
        Value::Number(number) => number.to_string().len() < SHORTEST,
        _ => false,
    }
}
