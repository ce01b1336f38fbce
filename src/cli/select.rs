//! Which flows a command is about: found, read, parsed and chosen by tag.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::args::Flows;
use super::exit::Exit;
use super::output::Output;
use crate::check::Schemas;
use crate::diagnostic::{Diagnostic, nearest};
use crate::flow::Flow;
use crate::load::{self, Discovered, Library, Parsed, Project, Surroundings};

/// Fewer flows than this are parsed here: a thread costs more than a flow.
const ALONE: usize = 16;

/// A flow file, read.
pub(super) struct Loaded {
    /// From the project root: as reports call it.
    pub(super) path: Arc<str>,
    /// The project it belongs to.
    pub(super) project: Arc<Project>,
    /// Only to be used by others: found as a part in a folder, or through a `use`.
    pub(super) part: bool,
    /// The flow, or what is wrong with it.
    pub(super) flow: Result<Arc<Flow>, Vec<Diagnostic>>,
    /// What is worth a look.
    pub(super) warnings: Vec<Diagnostic>,
}

/// The flows of the given paths, each valid or not, and those that they use. Every mistake of a file is in its place; it is
/// told by the caller.
///
/// # Errors
/// Paths that give nothing; they were told.
pub(super) fn load(flows: &Flows, around: &Surroundings, output: &Output) -> Result<Vec<Loaded>, Exit> {
    let (found, warnings) = load::discover(&flows.paths, around).map_err(|errors| {
        errors.iter().for_each(|error| output.file_error(error));
        Exit::Invalid
    })?;
    warnings.iter().for_each(|warning| output.warning(warning));
    let libraries = libraries(&found, flows.root.as_deref(), around, output)?;
    let pairs: Vec<_> = found.iter().zip(libraries).collect();
    let mut loaded = parse_all(&pairs);
    loaded.extend(used(&pairs));
    Ok(loaded)
}

/// The project of each flow, as a library of its flows; flows with the same root share one.
fn libraries(
    found: &[Discovered],
    root: Option<&Path>,
    around: &Surroundings,
    output: &Output,
) -> Result<Vec<Arc<Library>>, Exit> {
    let library = |project| Arc::new(Library::new(Arc::new(project), around.current.clone()));
    if let Some(root) = root {
        let project = Project::named(root, around).map_err(|error| {
            output.file_error(&error);
            Exit::Invalid
        })?;
        let library = library(project);
        return Ok(found.iter().map(|_| Arc::clone(&library)).collect());
    }
    let mut by_folder: HashMap<&Path, Arc<Library>> = HashMap::new();
    let mut by_root: HashMap<PathBuf, Arc<Library>> = HashMap::new();
    let of = |flow: &Discovered, by_root: &mut HashMap<PathBuf, Arc<Library>>| {
        let project = Project::of(&flow.path, around);
        Arc::clone(by_root.entry(project.root().to_owned()).or_insert_with(|| library(project)))
    };
    let libraries = found.iter().map(|flow| {
        let folder = flow.path.parent().unwrap_or(&flow.path);
        Arc::clone(by_folder.entry(folder).or_insert_with(|| of(flow, &mut by_root)))
    });
    Ok(libraries.collect())
}

fn parse_all(files: &[(&Discovered, Arc<Library>)]) -> Vec<Loaded> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let work = |chunk: &[(&Discovered, Arc<Library>)]| {
        let mut schemas = Schemas::default();
        chunk.iter().map(|(file, library)| parse(file, library, &mut schemas)).collect::<Vec<_>>()
    };
    if files.len() < ALONE || cores == 1 {
        return work(files);
    }
    thread::scope(|scope| {
        let chunks = files.chunks(files.len().div_ceil(cores));
        let threads: Vec<_> = chunks.map(|chunk| scope.spawn(move || work(chunk))).collect();
        let joined = threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn parse(file: &Discovered, library: &Library, schemas: &mut Schemas) -> Loaded {
    loaded(&library.flow(&file.path, &file.shown, schemas), library, file.part)
}

/// The flows that were read only because others use them: their mistakes want to be told too.
fn used(files: &[(&Discovered, Arc<Library>)]) -> Vec<Loaded> {
    let known: HashSet<&Path> = files.iter().map(|(file, _)| file.path.as_path()).collect();
    let mut seen = HashSet::new();
    let libraries = files.iter().map(|(_, library)| library).filter(|library| seen.insert(library.project().root()));
    let used = |library: &Arc<Library>| {
        let all = library.all().into_iter().filter(|parsed| !known.contains(parsed.place.as_path()));
        all.map(|parsed| loaded(&parsed, library, true)).collect::<Vec<_>>()
    };
    libraries.flat_map(used).collect()
}

fn loaded(parsed: &Parsed, library: &Library, part: bool) -> Loaded {
    let Parsed { path, flow, warnings, .. } = parsed;
    let (path, project) = (Arc::clone(path), Arc::clone(library.project()));
    Loaded { path, project, part, flow: flow.clone(), warnings: warnings.clone() }
}

/// Leaves out valid parts, and valid flows without any of `tags` (with no tags: none). A flow that is not valid stays:
/// who knows what its tags are.
///
/// # Errors
/// Nothing is left; it was told why.
pub(super) fn choose(mut flows: Vec<Loaded>, tags: &[String], output: &Output) -> Result<Vec<Loaded>, Exit> {
    flows.retain(|f| f.flow.is_err() || !f.part);
    if flows.is_empty() {
        let help = "name the file itself to run it";
        output.error("nothing to run: every flow here is a part (its name begins with `_`)", Some(help));
        return Err(Exit::Invalid);
    }
    if tags.is_empty() {
        return Ok(flows);
    }
    let mut known: Vec<String> =
        flows.iter().filter_map(|f| f.flow.as_ref().ok()).flat_map(|f| f.tags.clone()).collect();
    known.sort();
    known.dedup();
    flows.retain(|f| f.flow.as_ref().map_or(true, |flow| flow.tags.iter().any(|tag| tags.contains(tag))));
    if flows.is_empty() {
        let near = tags.iter().find_map(|tag| nearest(tag, known.iter().map(String::as_str)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "no flow here has tags".to_owned(),
            None => format!("the tags here are {}", known.join(", ")),
        };
        output.error(&format!("no flow has the tag {}", tags.join(" or ")), Some(&help));
        return Err(Exit::Invalid);
    }
    Ok(flows)
}
