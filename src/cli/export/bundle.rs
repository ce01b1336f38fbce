//! `wxflow export bundle`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::ToFile;
use super::curl::known;
use super::{Chosen, choose, lost, put};
use crate::check::Schemas;
use crate::cli::exit::Exit;
use crate::cli::machine::Machine;
use crate::cli::output::Output;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::export::{self, Needs};
use crate::load::{self, Library};
use crate::run::inputs::Sources;
use crate::source::plain;

/// Writes a flow with all that it uses as one file.
///
/// # Errors
/// The flow is not valid, holds what looks like a credential, or the file cannot be written; it was told.
pub(super) fn bundle(args: &ToFile, output: &Output) -> Result<Exit, Exit> {
    let chosen = choose(&args.one, output)?;
    let Chosen { place, flow, project, around } = &chosen;
    let library = Library::new(Arc::clone(project), around.current.clone()).remembering();
    library.flow(place, &load::shown(place, &around.current), &mut Schemas::default());
    let all = library.all();
    let literals = all.iter().flat_map(|parsed| &parsed.warnings).filter(|d| d.code == Code::CredentialLiteral);
    let literals: Vec<Diagnostic> = literals.cloned().collect();
    if !literals.is_empty() {
        output.diagnostics(&literals);
        output.error("a bundle is handed on, so no credential may stand in it; nothing was written", None);
        return Err(Exit::Invalid);
    }
    let environments: Vec<_> = load::environment_names(project)
        .into_iter()
        .filter_map(|name| load::environment(project, &name, &around.current).ok())
        .collect();
    let mut missing = Vec::new();
    let files = files(&library, place, &mut missing);
    let needs = Needs { files, inputs: described(&environments) };
    let mut exported = export::bundle(flow, &needs);
    exported.lost.extend(missing);
    learn(&chosen, &environments, output);
    if let Some(line) = leaks(&exported.text, output) {
        let message = format!("line {line} of the bundle holds the value of a secret; nothing was written");
        output.error(&message, Some("make it a secret input of the flow, or take it out of the comment or file"));
        return Err(Exit::Invalid);
    }
    put(&exported, &args.target, output)?;
    Ok(lost(&exported, output))
}

/// The files that the flow at `place` and those that it uses name, with their text.
fn files(library: &Library, place: &Path, lost: &mut Vec<String>) -> Vec<(String, String)> {
    let home = place.parent().unwrap_or(place);
    let mut paths = library.named();
    // What a bundle brought along stands on no disk.
    let packed: HashMap<PathBuf, Arc<str>> = match &library.flow(place, "", &mut Schemas::default()).flow {
        Ok(flow) => flow.bundle.as_ref().map(|bundle| bundle.all().collect()).unwrap_or_default(),
        Err(_) => HashMap::new(),
    };
    paths.extend(packed.keys().cloned());
    paths.sort();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let name = relative(home, &path);
        let text = match packed.get(&path) {
            Some(text) => Ok(text.to_string()),
            // What a step of the flow itself saves need not be there yet.
            None if plain(place) == path || !path.exists() => continue,
            None => std::fs::read(&path).map_err(|e| e.to_string()).and_then(|bytes| {
                String::from_utf8(bytes).map_err(|_| "it is not text: put it beside the bundle".to_owned())
            }),
        };
        match text {
            Ok(text) => files.push((name, text)),
            Err(why) => lost.push(format!("the file {name}: {why}")),
        }
    }
    files
}

/// A path from a folder, with `/`; both are absolute.
fn relative(folder: &Path, path: &Path) -> String {
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().count() - shared;
    let mut parts = vec!["..".to_owned(); up];
    parts.extend(path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}

/// What is said of an input that environments give a value.
fn described(environments: &[Environment]) -> HashMap<String, String> {
    let mut names: HashMap<String, Vec<&str>> = HashMap::new();
    for environment in environments {
        let vars = environment.vars.iter().map(|var| &var.name);
        for name in vars.chain(environment.secrets.iter().map(|secret| &secret.name)) {
            names.entry(name.to_string()).or_default().push(&environment.name);
        }
    }
    let text = |list: &[&str]| format!("Given by an environment where the flow comes from: {}", list.join(", "));
    names.iter().map(|(name, list)| (name.clone(), text(list))).collect()
}

/// Learns the secrets that this machine has for the flow, so that none of them is handed on.
fn learn(chosen: &Chosen, environments: &[Environment], output: &Output) {
    let Chosen { flow, project, .. } = chosen;
    let machine = Machine { project, person: None };
    for environment in environments.iter().map(Some).chain([None]) {
        let sources = Sources {
            vars: &[],
            row: &[],
            secrets: &[],
            environment,
            allow_env: &[],
            outside: &machine,
            asking: false,
            sandbox: None,
            redactor: &output.redactor,
        };
        // What is missing or wrong here is no matter of a bundle.
        known(flow, &sources).ok();
    }
}

/// The first line that holds a secret.
fn leaks(text: &str, output: &Output) -> Option<usize> {
    if output.redactor.mask(text) == text {
        return None;
    }
    let line = text.lines().position(|line| output.redactor.mask(line) != line).map_or(1, |at| at + 1);
    Some(line)
}
