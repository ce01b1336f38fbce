//! `--var`, `--var-file` and `--secret`: read once, for all flows.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::args::Values;
use super::exit::Exit;
use super::machine;
use super::output::Output;
use super::rows::Rows;
use crate::diagnostic::nearest;
use crate::flow::Flow;
use crate::load::{self, Surroundings};
use crate::run::inputs::Offer;
use crate::source::FileError;
use crate::value::{Value, type_name};

/// What the person gave on the command line.
pub(super) struct Given {
    /// Those of `--var`, then those of `--var-file`.
    pub(super) vars: Vec<Offer>,
    pub(super) secrets: Vec<(String, String)>,
}

impl Given {
    /// Reads the files and the stdin that `--secret` names; each secret is masked from here on.
    ///
    /// # Errors
    /// A name twice, a file that cannot be read, an empty secret; all were told.
    pub(super) fn read(values: &Values, around: &Surroundings, output: &Output) -> Result<Self, Exit> {
        let mut mistakes = Vec::new();
        let mut mistake = |message: String, help: Option<&str>| {
            mistakes.push(FileError { message, help: help.map(str::to_owned) });
        };
        let names: Vec<_> = values.vars.iter().chain(&values.secrets).map(|(name, _)| name.as_str()).collect();
        for (index, name) in names.iter().enumerate() {
            if names.iter().skip(index + 1).any(|other| other == name) {
                mistake(format!("the input `{name}` is given twice"), Some("keep one --var or --secret for it"));
            }
        }
        let mut vars = Vec::new();
        for (name, text) in &values.vars {
            match var(name, text, around) {
                Ok(value) if text.starts_with('@') => vars.push(offer(name, value, format!("--var {name}={text}"))),
                Ok(value) => vars.push(offer(name, value, format!("--var {name}"))),
                Err(e) => mistake(format!("--var {name}: {}", e.message), e.help.as_deref()),
            }
        }
        for file in &values.var_files {
            match var_file(file, around) {
                Ok(offers) => vars.extend(offers),
                Err(e) => mistake(format!("--var-file: {}", e.message), e.help.as_deref()),
            }
        }
        if values.secrets.iter().filter(|(_, value)| value == "-").count() > 1 {
            mistake("only one --secret can come from stdin".to_owned(), Some("put the others into files: NAME=@FILE"));
        }
        let mut secrets = Vec::new();
        for (name, value) in &values.secrets {
            match secret(name, value, around, output) {
                Ok(text) if text.is_empty() => {
                    mistake(format!("--secret {name}: the value is empty"), Some("give it a value"));
                }
                Ok(text) => secrets.push((name.clone(), text)),
                Err(e) => mistake(format!("--secret {name}: {}", e.message), Some("name a file that you can read")),
            }
        }
        if mistakes.is_empty() {
            return Ok(Self { vars, secrets });
        }
        mistakes.iter().for_each(|m| output.file_error(m));
        Err(Exit::Invalid)
    }

    /// Every name must be an input of some flow.
    ///
    /// # Errors
    /// Names that no flow declares; they were told.
    pub(super) fn declared(&self, rows: &Rows, flows: &[&Flow], output: &Output) -> Result<(), Exit> {
        let declared = || flows.iter().flat_map(|f| &f.inputs).map(|i| &*i.name);
        let mut good = Ok(());
        let offers = self.vars.iter().map(|offer| (offer.origin.to_string(), &*offer.name));
        let secrets = self.secrets.iter().map(|(name, _)| (format!("--secret {name}"), name.as_str()));
        let columns = rows.columns().map(|(file, column)| (format!("--data {file}"), &**column));
        for (origin, name) in offers.chain(secrets).chain(columns) {
            if declared().any(|d| d == name) {
                let secret = flows.iter().flat_map(|f| &f.inputs).any(|i| *i.name == *name && i.secret);
                if secret && origin == format!("--var {name}") {
                    output.warning(&visible("--var", name));
                }
                continue;
            }
            let help = nearest(name, declared()).map(|near| format!("did you mean `{near}`?"));
            let help = help.unwrap_or_else(|| "`wxflow list` shows the inputs of each flow".to_owned());
            output.error(&format!("{origin}: no flow has an input `{name}`"), Some(&help));
            good = Err(Exit::Invalid);
        }
        good
    }
}

fn offer(name: &str, value: Value, origin: String) -> Offer {
    Offer { name: Arc::from(name), value, origin: Arc::from(origin) }
}

/// A value as it is, or what stands in the file behind `@`.
fn var(name: &str, text: &str, around: &Surroundings) -> Result<Value, FileError> {
    let Some(file) = text.strip_prefix('@') else { return Ok(Value::String(text.to_owned())) };
    load::table(file, &around.current).map_err(|error| {
        let help =
            format!("{name}=@FILE reads a .csv, .json or .yaml file; put a text that begins with @ into --var-file");
        FileError { help: error.help.map(|_| help), ..error }
    })
}

fn var_file(file: &str, around: &Surroundings) -> Result<Vec<Offer>, FileError> {
    let fail = |message: String| FileError { message, help: Some("write `name: value` lines".to_owned()) };
    match load::table(file, &around.current)? {
        Value::Object(map) => {
            Ok(map.into_iter().map(|(name, value)| offer(&name, value, format!("--var-file {file}"))).collect())
        }
        other => Err(fail(format!("{file} holds a value of type {}, not names and values", type_name(&other)))),
    }
}

fn secret(name: &str, value: &str, around: &Surroundings, output: &Output) -> Result<String, FileError> {
    let text = hidden(value, &around.current)?.unwrap_or_else(|| {
        output.warning(&visible("--secret", name));
        value.to_owned()
    });
    output.redactor.learn(name, &text, None);
    Ok(text)
}

/// What `@FILE` or `-` (stdin) stands for, without the line break at its end; `None` where `value` is the value itself.
///
/// # Errors
/// The file or stdin cannot be read.
pub(super) fn hidden(value: &str, folder: &Path) -> Result<Option<String>, FileError> {
    if let Some(file) = value.strip_prefix('@') {
        return load::secret(file, folder, machine::home().as_deref()).map(Some);
    }
    if value != "-" {
        return Ok(None);
    }
    // It can be read only once, and `--watch` asks again.
    static STDIN: OnceLock<Result<String, String>> = OnceLock::new();
    let read = STDIN.get_or_init(|| {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|e| e.to_string())?;
        load::trim(&mut text);
        Ok(text)
    });
    read.clone().map(Some).map_err(|e| FileError { message: format!("stdin cannot be read: {e}"), help: None })
}

fn visible(option: &str, name: &str) -> String {
    format!("{option} {name}=…: other processes can see it; write --secret {name}=@FILE or {name}=-")
}
