//! The flows of a project, each file read and checked once per command, with the flows it uses.
//!
//! Threads share it. Where two read the same file at the same time the first to end counts, so that a mistake is told once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Project, read, shown};
use crate::check::Schemas;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::flow::{self, Flow, UseError};
use crate::source::{Bundle, FileError, Files, Source, plain};

/// How many flows may stand inside each other.
const DEPTH: usize = 32;

/// A flow file, read.
#[derive(Debug)]
pub struct Parsed {
    /// Absolute, symlinks followed.
    pub place: PathBuf,
    /// From the project root: as reports call it.
    pub path: Arc<str>,
    /// The flow, or what is wrong with it.
    pub flow: Result<Arc<Flow>, Vec<Diagnostic>>,
    /// What is worth a look.
    pub warnings: Vec<Diagnostic>,
}

/// The flows of one project.
#[derive(Debug)]
pub struct Library {
    project: Arc<Project>,
    /// What messages show paths relative to.
    current: PathBuf,
    /// What flows of a bundle or for one read of the project, in order; `None` where nobody wants to know.
    seen: Option<Mutex<Vec<PathBuf>>>,
    /// Flows that are called otherwise than by their path from the root.
    names: HashMap<PathBuf, Arc<str>>,
    parsed: Mutex<HashMap<PathBuf, Arc<Parsed>>>,
}

impl Library {
    /// No flow yet.
    #[must_use]
    pub fn new(project: Arc<Project>, current: PathBuf) -> Self {
        Self { project, current, seen: None, names: HashMap::new(), parsed: Mutex::default() }
    }

    /// Calls the flow at each of these places (absolute, symlinks followed) by this name, not by its path from the root.
    #[must_use]
    pub fn with_names(self, names: HashMap<PathBuf, Arc<str>>) -> Self {
        Self { names, ..self }
    }

    /// Remembers which files flows name: see [`Library::named`].
    #[must_use]
    pub fn remembering(self) -> Self {
        Self { seen: Some(Mutex::default()), ..self }
    }

    /// Every file that a flow read so far names, used flows too: where it would stand without symlinks, each once.
    #[must_use]
    pub fn named(&self) -> Vec<PathBuf> {
        let seen = self.seen.as_ref().map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let mut seen = seen.unwrap_or_default();
        seen.sort();
        seen.dedup();
        seen
    }

    fn note(&self, folder: &Path, path: &str) {
        if let Some(seen) = &self.seen {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(plain(&folder.join(path)));
        }
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// The flow at `place` (absolute, symlinks followed), called `shown` in messages.
    pub fn flow(&self, place: &Path, shown: &str, schemas: &mut Schemas) -> Arc<Parsed> {
        self.parse(place, shown, Vec::new(), None, schemas, || read::source(place, shown))
    }

    /// Every flow that was read so far, used ones too, sorted by path.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Parsed>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    /// `bundle` is the one that the flow is a file of.
    fn parse(
        &self,
        place: &Path,
        shown: &str,
        around: Vec<Frame>,
        bundle: Option<Arc<Bundle>>,
        schemas: &mut Schemas,
        read: impl FnOnce() -> Result<Arc<Source>, Vec<Diagnostic>>,
    ) -> Arc<Parsed> {
        if let Some(parsed) = self.lock().get(place) {
            return Arc::clone(parsed);
        }
        let path = self.names.get(place).map_or_else(|| self.project.path_of(&plain(place)).into(), Arc::clone);
        let folder = place.parent().unwrap_or(place).to_owned();
        let mut reading = Reading { library: self, chain: around, bundle };
        reading.chain.push(Frame { place: place.to_owned(), at: shown.to_owned() });
        // No lock is held meanwhile: a used flow is read by this thread, in the middle of the one that uses it.
        let flow =
            read().and_then(|source| Flow::parse(source, Arc::clone(&path), folder, self, schemas, &mut reading));
        let (flow, warnings) = match flow {
            Ok((flow, warnings)) => (Ok(Arc::new(flow)), warnings),
            Err(mistakes) => (Err(mistakes), Vec::new()),
        };
        let parsed = Arc::new(Parsed { place: place.to_owned(), path, flow, warnings });
        Arc::clone(self.lock().entry(place.to_owned()).or_insert(parsed))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Parsed>>> {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A flow that is being read.
#[derive(Clone)]
struct Frame {
    place: PathBuf,
    /// Its name, then the place of the `use` in it that is being followed, as `file:line`.
    at: String,
}

/// The library as one file sees it: with the flows around it, outermost first, itself last.
struct Reading<'l> {
    library: &'l Library,
    chain: Vec<Frame>,
    /// The files that the flow brings along, or is one of.
    bundle: Option<Arc<Bundle>>,
}

/// The files of the project, as flows name them.
impl Files for Library {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        self.note(folder, path);
        self.project.read(folder, path)
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.note(folder, path);
        self.project.resolve(folder, path)
    }

    fn target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.project.target(folder, path)
    }
}

impl flow::Library for Reading<'_> {
    fn flow(&mut self, folder: &Path, path: &str, at: &str, schemas: &mut Schemas) -> Result<Arc<Flow>, UseError> {
        let fail = |code, message, help: &str| Err(UseError { code, message, help: help.to_owned() });
        let Library { project, current, .. } = self.library;
        let packed = self.bundle.as_ref().and_then(|bundle| Some((Arc::clone(bundle), bundle.find(folder, path)?)));
        let on_disk = || self.library.resolve(folder, path);
        let place = packed.as_ref().map_or_else(on_disk, |(_, (place, _))| Ok(place.clone())).map_err(|error| {
            let whole = format!("{path}.flow.yaml");
            let help = match project.resolve(folder, &whole) {
                Ok(_) => format!("write the whole name: `{whole}`"),
                Err(_) => error.help.unwrap_or_else(|| "name a flow of this project".to_owned()),
            };
            UseError { code: Code::FileUnreadable, message: error.message, help }
        })?;
        if let Some(own) = self.chain.last_mut() {
            at.clone_into(&mut own.at);
        }
        if let Some(from) = self.chain.iter().position(|frame| frame.place == place) {
            let around: Vec<_> = self.chain.iter().skip(from).map(|frame| frame.at.as_str()).collect();
            let chain = format!("{} → {}", around.join(" → "), shown(&place, current));
            let help = "a flow cannot use itself: move what both need into a part of its own (`_name.flow.yaml`)";
            return fail(Code::UseCycle, format!("flows use each other in a circle: {chain}"), help);
        }
        if self.chain.len() >= DEPTH {
            let message = format!("more than {DEPTH} flows stand inside each other");
            return fail(
                Code::InvalidUse,
                message,
                "use the inner ones from further outside, and hand over their outputs",
            );
        }
        let name = match &packed {
            // There is no such file: it stands in the bundle's.
            Some((bundle, _)) => format!("{} › {path}", shown(bundle.place(), current)),
            None => shown(&place, current),
        };
        let bundle = packed.as_ref().map(|(bundle, _)| Arc::clone(bundle));
        let read = || match &packed {
            Some((_, (_, text))) => Ok(Source::new(&*name, &**text)),
            None => read::used(project, folder, path, &name),
        };
        match &self.library.parse(&place, &name, self.chain.clone(), bundle, schemas, read).flow {
            Ok(flow) => Ok(Arc::clone(flow)),
            Err(mistakes) => {
                let errors = mistakes.iter().filter(|d| d.severity == Severity::Error).count();
                let count = if errors == 1 { "1 mistake".to_owned() } else { format!("{errors} mistakes") };
                fail(
                    Code::InvalidUse,
                    format!("`{name}` has {count}"),
                    "correct that file first: its mistakes are told there",
                )
            }
        }
    }

    fn bundle(&self) -> Option<Arc<Bundle>> {
        self.bundle.clone()
    }

    fn unpack(&mut self, bundle: &Arc<Bundle>) {
        self.bundle = Some(Arc::clone(bundle));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Surroundings;
    use std::fs;

    fn library(files: &[(&str, &str)]) -> (tempfile::TempDir, Library) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for (name, text) in files {
            fs::write(root.join(name), text).unwrap();
        }
        let around = Surroundings::new(&root, None).unwrap();
        let project = Project::named(&root, &around).unwrap();
        (dir, Library::new(Arc::new(project), root))
    }

    fn mistakes(library: &Library, name: &str) -> Vec<(Code, String)> {
        let parsed = library.flow(&library.current.join(name), name, &mut Schemas::default());
        let list = parsed.flow.as_ref().err().cloned().unwrap_or_default();
        list.into_iter().map(|d| (d.code, d.message)).collect()
    }

    #[test]
    fn a_file_is_read_once_and_shared() {
        let use_b = "steps:\n  - use: ./_b.flow.yaml\n";
        let (_dir, library) =
            library(&[("a.flow.yaml", use_b), ("c.flow.yaml", use_b), ("_b.flow.yaml", "steps: [{ wait: 0s }]\n")]);
        assert_eq!(mistakes(&library, "a.flow.yaml"), []);
        assert_eq!(mistakes(&library, "c.flow.yaml"), []);
        let all = library.all();
        assert_eq!(all.iter().map(|p| &*p.path).collect::<Vec<_>>(), ["_b.flow.yaml", "a.flow.yaml", "c.flow.yaml"]);
        let used = |n: usize| match &all[n].flow.as_ref().unwrap().steps[0].action {
            crate::flow::Action::Use(action) => Arc::clone(&action.flow),
            _ => panic!("no use"),
        };
        assert!(Arc::ptr_eq(&used(1), &used(2)));
    }

    #[test]
    fn a_circle_is_told_once_with_the_whole_chain() {
        let (_dir, library) = library(&[
            ("a.flow.yaml", "steps:\n  - use: ./b.flow.yaml\n"),
            ("b.flow.yaml", "steps:\n  - wait: 0s\n  - use: ./c.flow.yaml\n"),
            ("c.flow.yaml", "steps:\n  - use: b.flow.yaml\n"),
        ]);
        assert_eq!(mistakes(&library, "a.flow.yaml"), [(Code::InvalidUse, "`b.flow.yaml` has 1 mistake".to_owned())]);
        assert_eq!(mistakes(&library, "b.flow.yaml"), [(Code::InvalidUse, "`c.flow.yaml` has 1 mistake".to_owned())]);
        let chain = "flows use each other in a circle: b.flow.yaml:3 → c.flow.yaml:2 → b.flow.yaml";
        assert_eq!(mistakes(&library, "c.flow.yaml"), [(Code::UseCycle, chain.to_owned())]);
    }

    #[test]
    fn nesting_has_an_end() {
        let name = |n: usize| format!("f{n}.flow.yaml");
        let text = |n: usize| {
            if n < 33 { format!("steps: [{{ use: {} }}]\n", name(n + 1)) } else { "steps: [{ wait: 0s }]".into() }
        };
        let files: Vec<_> = (0..=33).map(|n| (name(n), text(n))).collect();
        let files: Vec<_> = files.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let (_dir, library) = library(&files);
        assert_eq!(mistakes(&library, "f0.flow.yaml").len(), 1);
        assert_eq!(
            mistakes(&library, "f31.flow.yaml"),
            [(Code::InvalidUse, "more than 32 flows stand inside each other".to_owned())]
        );
        assert_eq!(mistakes(&library, "f32.flow.yaml"), []);
    }

    #[test]
    fn a_missing_flow_names_what_was_meant() {
        let (_dir, library) = library(&[
            ("a.flow.yaml", "steps: [{ use: ./_lgin.flow.yaml }, { use: ./_login }]\n"),
            ("_login.flow.yaml", "steps: [{ wait: 0s }]\n"),
        ]);
        let parsed = library.flow(&library.current.join("a.flow.yaml"), "a.flow.yaml", &mut Schemas::default());
        let help: Vec<_> = parsed.flow.as_ref().unwrap_err().iter().map(|d| d.help.clone().unwrap()).collect();
        assert_eq!(help, ["did you mean `./_login.flow.yaml`?", "write the whole name: `./_login.flow.yaml`"]);
    }
}
