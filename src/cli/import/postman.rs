//! `wxflow import postman`: the files that were named, read.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::Postman;
use super::write;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, visible};
use crate::diagnostic::Diagnostic;
use crate::import::ImportError;
use crate::import::postman::{Collection, import};
use crate::load;

/// More files than any collection has.
const MAX_FILES: usize = 20_000;
const MAX_DEPTH: usize = 32;

/// Imports a collection.
///
/// # Errors
/// Input that cannot be read, or files that cannot be written; it was told.
pub(super) fn postman(args: &Postman, output: &Output) -> Result<Exit, Exit> {
    let told = |trouble: Trouble| trouble.tell(output);
    let collection = collection(&args.collection).map_err(told)?;
    let environments = args.environments.iter().map(|path| Ok((shown(path), text(path)?)));
    let environments: Vec<_> = environments.collect::<Result<_, _>>().map_err(told)?;
    let import = import(&collection, &environments).map_err(|error| told(Trouble::Other(error)))?;
    write::write(&import, &args.target, output)
}

/// Why the input cannot be read.
enum Trouble {
    /// A file that is missing, or no text.
    Files(Vec<Diagnostic>),
    /// Anything else.
    Other(ImportError),
}

impl Trouble {
    fn other(message: String, help: Option<String>) -> Self {
        Self::Other(ImportError { message, help })
    }

    fn tell(&self, output: &Output) -> Exit {
        match self {
            Self::Files(list) => output.diagnostics(list),
            Self::Other(error) => output.error(&visible(&error.message), error.help.as_deref().map(visible).as_deref()),
        }
        Exit::Invalid
    }
}

fn collection(path: &Path) -> Result<Collection, Trouble> {
    if !path.is_dir() {
        return Ok(Collection::File(shown(path), text(path)?));
    }
    let mut files = Vec::new();
    folder(path, "", 0, &mut files)?;
    Ok(Collection::Folder(shown(path), files))
}

/// The YAML files below a folder. Links are not followed: a collection is what lies in its folder.
fn folder(path: &Path, below: &str, depth: usize, files: &mut Vec<(String, String)>) -> Result<(), Trouble> {
    let entries = fs::read_dir(path).map_err(|error| Trouble::other(format!("{}: {error}", shown(path)), None))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let below = format!("{below}{name}");
        let is_link = path.symlink_metadata().is_ok_and(|meta| meta.file_type().is_symlink());
        if path.is_dir() && !is_link && depth < MAX_DEPTH && name != ".git" && name != "node_modules" {
            folder(&path, &format!("{below}/"), depth + 1, files)?;
        } else if !is_link && path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            if files.len() == MAX_FILES {
                let help = "name the folder of one collection".to_owned();
                return Err(Trouble::other(
                    format!("{}: more than {MAX_FILES} YAML files below this folder", shown(&path)),
                    Some(help),
                ));
            }
            files.push((below, text(&path)?));
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, Trouble> {
    load::source(path, &shown(path)).map(|source| source.text().to_owned()).map_err(Trouble::Files)
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
