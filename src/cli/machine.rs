//! This machine's variables, files and folders: the only reader of the process environment.

use std::path::PathBuf;

use super::exit::Exit;
use super::output::Output;
use super::person::Person;
use crate::flow::Input;
use crate::load::{self, Project, Surroundings};
use crate::run::inputs::Outside;
use crate::source::FileError;

/// The folders around the command.
///
/// # Errors
/// The current folder is gone; it was told.
pub(super) fn surroundings(output: &Output) -> Result<Surroundings, Exit> {
    let current = std::env::current_dir().map_err(|e| e.to_string());
    let found = current.and_then(|c| Surroundings::new(&c, home().as_deref()).map_err(|e| e.to_string()));
    found.map_err(|error| {
        output.error(&format!("the current folder cannot be read: {error}"), None);
        Exit::Invalid
    })
}

/// The person's home folder.
pub(super) fn home() -> Option<PathBuf> {
    std::env::home_dir().filter(|h| h.is_absolute())
}

/// A variable of the process.
///
/// # Errors
/// It is not UTF-8.
pub(super) fn variable(name: &str) -> Result<Option<String>, FileError> {
    match std::env::var_os(name).map(std::ffi::OsString::into_string) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(FileError { message: format!("the variable {name} is not UTF-8"), help: None }),
    }
}

/// What inputs of a project's flows may ask this machine, and the person at it, for.
pub(super) struct Machine<'a> {
    pub(super) project: &'a Project,
    pub(super) person: Option<&'a Person>,
}

impl Outside for Machine<'_> {
    fn variable(&self, name: &str) -> Result<Option<String>, FileError> {
        variable(name)
    }

    fn dotenv(&self, name: &str) -> Result<Option<String>, FileError> {
        self.project.dotenv(name)
    }

    fn secret_file(&self, path: &str) -> Result<String, FileError> {
        load::secret(path, self.project.root(), home().as_deref())
    }

    fn ask(&self, _: &str, input: &Input) -> Option<String> {
        self.person?.value(input)
    }

    fn consents(&self, flow: &str, input: &Input, variable: &str) -> bool {
        self.person.is_some_and(|person| person.consents(flow, input, variable))
    }
}
