//! `--var` and `--secret`: read once, for all flows.

use std::io::Read as _;
use std::path::Path;

use super::args::Values;
use super::exit::Exit;
use super::machine;
use super::output::Output;
use crate::diagnostic::nearest;
use crate::flow::Flow;
use crate::load::{self, Surroundings};
use crate::source::FileError;

/// What the person gave on the command line.
pub(super) struct Given {
    pub(super) vars: Vec<(String, String)>,
    pub(super) secrets: Vec<(String, String)>,
}

impl Given {
    /// Reads the files and the stdin that `--secret` names; each secret is masked from here on.
    ///
    /// # Errors
    /// A name twice, a file that cannot be read, an empty secret; all were told.
    pub(super) fn read(values: &Values, around: &Surroundings, output: &Output) -> Result<Self, Exit> {
        let mut mistakes = Vec::new();
        let mut mistake = |message: String, help: &str| {
            mistakes.push(FileError { message, help: Some(help.to_owned()) });
        };
        let names: Vec<_> = values.vars.iter().chain(&values.secrets).map(|(name, _)| name.as_str()).collect();
        for (index, name) in names.iter().enumerate() {
            if names.iter().skip(index + 1).any(|other| other == name) {
                mistake(format!("the input `{name}` is given twice"), "keep one --var or --secret for it");
            }
        }
        for (name, value) in &values.vars {
            let file = value.strip_prefix('@').filter(|f| [".csv", ".json", ".yaml"].iter().any(|e| f.ends_with(e)));
            if file.is_some() {
                mistake(
                    format!("--var {name}={value}: values from files are not supported yet"),
                    "give the value itself",
                );
            }
        }
        if values.secrets.iter().filter(|(_, value)| value == "-").count() > 1 {
            mistake("only one --secret can come from stdin".to_owned(), "put the others into files: NAME=@FILE");
        }
        let mut secrets = Vec::new();
        for (name, value) in &values.secrets {
            match secret(name, value, around, output) {
                Ok(text) if text.is_empty() => {
                    mistake(format!("--secret {name}: the value is empty"), "give it a value");
                }
                Ok(text) => secrets.push((name.clone(), text)),
                Err(error) => mistake(format!("--secret {name}: {}", error.message), "name a file that you can read"),
            }
        }
        if mistakes.is_empty() {
            return Ok(Self { vars: values.vars.clone(), secrets });
        }
        mistakes.iter().for_each(|m| output.file_error(m));
        Err(Exit::Invalid)
    }

    /// Every name must be an input of some flow.
    ///
    /// # Errors
    /// Names that no flow declares; they were told.
    pub(super) fn declared(&self, flows: &[&Flow], output: &Output) -> Result<(), Exit> {
        let declared = || flows.iter().flat_map(|f| &f.inputs).map(|i| &*i.name);
        let mut good = Ok(());
        let vars = self.vars.iter().map(|(name, _)| ("--var", name));
        for (option, name) in vars.chain(self.secrets.iter().map(|(name, _)| ("--secret", name))) {
            if declared().any(|d| d == name) {
                let secret = flows.iter().flat_map(|f| &f.inputs).any(|i| *i.name == **name && i.secret);
                if secret && option == "--var" {
                    output.warning(&visible(option, name));
                }
                continue;
            }
            let help = nearest(name, declared()).map(|near| format!("did you mean `{near}`?"));
            let help = help.unwrap_or_else(|| "`wxflow list` shows the inputs of each flow".to_owned());
            output.error(&format!("{option} {name}: no flow has an input `{name}`"), Some(&help));
            good = Err(Exit::Invalid);
        }
        good
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
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|e| FileError { message: format!("stdin cannot be read: {e}"), help: None })?;
    load::trim(&mut text);
    Ok(Some(text))
}

fn visible(option: &str, name: &str) -> String {
    format!("{option} {name}=…: other processes can see it; write --secret {name}=@FILE or {name}=-")
}
