//! Which flows a command is about: found, read, parsed and chosen by tag.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use super::args::{Flows, Tags};
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
    let projects = projects(&found, flows.root.as_deref(), around, output)?;
    let found = named(found, projects);
    let libraries = libraries(&found, around);
    let pairs: Vec<_> = found.iter().map(|(file, ..)| file).zip(libraries).collect();
    let mut loaded = parse_all(&pairs);
    loaded.extend(used(&pairs));
    Ok(loaded)
}

/// Each flow's project; flows with the same root share one.
fn projects(
    found: &[Discovered],
    root: Option<&Path>,
    around: &Surroundings,
    output: &Output,
) -> Result<Vec<Arc<Project>>, Exit> {
    if let Some(root) = root {
        let project = Project::named(root, around).map_err(|error| {
            output.file_error(&error);
            Exit::Invalid
        })?;
        let project = Arc::new(project);
        return Ok(found.iter().map(|_| Arc::clone(&project)).collect());
    }
    let mut by_folder: HashMap<&Path, Arc<Project>> = HashMap::new();
    let mut by_root: HashMap<PathBuf, Arc<Project>> = HashMap::new();
    let project = |flow: &Discovered, by_root: &mut HashMap<PathBuf, Arc<Project>>| {
        let project = Project::of(&flow.path, around);
        Arc::clone(by_root.entry(project.root().to_owned()).or_insert_with(|| Arc::new(project)))
    };
    let projects = found.iter().map(|flow| {
        let folder = flow.path.parent().unwrap_or(&flow.path);
        Arc::clone(by_folder.entry(folder).or_insert_with(|| project(flow, &mut by_root)))
    });
    Ok(projects.collect())
}

/// A flow file that was found, how reports call it, and its project.
type Found = (Discovered, Arc<str>, Arc<Project>);

/// Reports call a flow by its path from the root; where that is no name (two projects have one of the same path, or the
/// flow lies outside of `--root`) as messages do.
fn named(found: Vec<Discovered>, projects: Vec<Arc<Project>>) -> Vec<Found> {
    let path = |file: &Discovered, project: &Project| project.path_of(&file.path);
    let mut count: HashMap<String, usize> = HashMap::new();
    for (file, project) in found.iter().zip(&projects) {
        *count.entry(path(file, project)).or_default() += 1;
    }
    let pairs = found.into_iter().zip(projects).map(|(file, project)| {
        let path = path(&file, &project);
        let unique = file.path.starts_with(project.root()) && count.get(&path) == Some(&1);
        let name: Arc<str> = if unique { path.into() } else { file.shown.as_str().into() };
        (file, name, project)
    });
    pairs.collect()
}

/// The flows of each project, under the names that reports call them by.
fn libraries(found: &[Found], around: &Surroundings) -> Vec<Arc<Library>> {
    let mut names: HashMap<&Path, HashMap<PathBuf, Arc<str>>> = HashMap::new();
    for (file, name, project) in found {
        names.entry(project.root()).or_default().insert(file.path.clone(), Arc::clone(name));
    }
    let mut by_root: HashMap<&Path, Arc<Library>> = HashMap::new();
    let of = |(_, _, project): &'_ Found, names: HashMap<_, _>| {
        Arc::new(Library::new(Arc::clone(project), around.current.clone()).with_names(names))
    };
    let library = found.iter().map(|found| {
        let root = found.2.root();
        Arc::clone(by_root.entry(root).or_insert_with(|| of(found, names.remove(root).unwrap_or_default())))
    });
    library.collect()
}

fn parse_all(files: &[(&Discovered, Arc<Library>)]) -> Vec<Loaded> {
    let work = |chunk: &[(&Discovered, Arc<Library>)]| {
        let mut schemas = Schemas::default();
        chunk.iter().map(|(file, library)| parse(file, library, &mut schemas)).collect::<Vec<_>>()
    };
    if files.len() < ALONE {
        return work(files);
    }
    // Asked only here: the answer takes a dozen system calls.
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
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

/// Leaves out valid parts, and valid flows that `tags` does not want. A flow that is not valid stays: who knows what its
/// tags are.
///
/// # Errors
/// Nothing is left; it was told why.
pub(super) fn choose(mut flows: Vec<Loaded>, tags: &Tags, output: &Output) -> Result<Vec<Loaded>, Exit> {
    flows.retain(|f| f.flow.is_err() || !f.part);
    if flows.is_empty() {
        let help = "name the file itself to run it";
        output.error("nothing to run: every flow here is a part (its name begins with `_`)", Some(help));
        return Err(Exit::Invalid);
    }
    tagged(flows, tags, output)
}

/// Leaves out the valid flows that `tags` does not want.
///
/// # Errors
/// As [`choose`].
pub(super) fn tagged(mut flows: Vec<Loaded>, tags: &Tags, output: &Output) -> Result<Vec<Loaded>, Exit> {
    let known = known_tags(&flows);
    let has = |flow: &Flow, tags: &[String]| flow.tags.iter().any(|tag| tags.contains(tag));
    flows.retain(|f| f.flow.as_ref().map_or(true, |flow| tags.wanted.is_empty() || has(flow, &tags.wanted)));
    if flows.is_empty() {
        let near = tags.wanted.iter().find_map(|tag| nearest(tag, known.iter().map(String::as_str)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "no flow here has tags".to_owned(),
            None => format!("the tags here are {}", known.join(", ")),
        };
        output.error(&format!("no flow has the tag {}", tags.wanted.join(" or ")), Some(&help));
        return Err(Exit::Invalid);
    }
    for tag in tags.unwanted.iter().filter(|tag| !known.contains(tag)) {
        // A tag that nobody has excludes nothing, and what was to be left out would run.
        if let Some(near) = nearest(tag, known.iter().map(String::as_str)) {
            output.warning(&format!("--exclude-tags {tag}: no flow here has it; did you mean `{near}`?"));
        }
    }
    flows.retain(|f| f.flow.as_ref().map_or(true, |flow| !has(flow, &tags.unwanted)));
    if flows.is_empty() {
        let message = format!("nothing to run: every flow has the tag {}", tags.unwanted.join(" or "));
        output.error(&message, Some("leave out less with --exclude-tags"));
        return Err(Exit::Invalid);
    }
    Ok(flows)
}

fn known_tags(flows: &[Loaded]) -> Vec<String> {
    let mut known: Vec<String> =
        flows.iter().filter_map(|f| f.flow.as_ref().ok()).flat_map(|f| f.tags.clone()).collect();
    known.sort();
    known.dedup();
    known
}

/// The number, from 1, of the step with this id or name.
pub(super) fn step_number(flow: &Flow, name: &str) -> Option<u32> {
    let by_id = flow.steps.iter().position(|step| step.id.as_deref() == Some(name));
    let found = by_id.or_else(|| flow.steps.iter().position(|step| &*step.label == name));
    found.map(|index| index as u32 + 1)
}

/// Every flow must have the step that `--step` names.
///
/// # Errors
/// Flows that have not; they were told.
pub(super) fn have_step(flows: &[&Flow], name: &str, output: &Output) -> Result<(), Exit> {
    let mut good = Ok(());
    for flow in flows.iter().filter(|flow| step_number(flow, name).is_none()) {
        let names = || flow.steps.iter().flat_map(|step| step.id.as_deref().into_iter().chain([&*step.label]));
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "its steps are {}",
                flow.steps.iter().map(|s| format!("`{}`", s.label)).collect::<Vec<_>>().join(", ")
            ),
        };
        output.error(&format!("--step {name}: {} has no such step", flow.source.name()), Some(&help));
        good = Err(Exit::Invalid);
    }
    good
}
