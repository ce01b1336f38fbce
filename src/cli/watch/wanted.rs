//! Which changes matter: those of flows in the named folders, and of every file that the last run asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::EventKind;
use notify::event::{CreateKind, ModifyKind, RemoveKind};

use crate::cli::args::Run;
use crate::cli::machine;
use crate::load::{self, Project, Surroundings};

/// What a run depends on: absolute, symlinks followed where the file is there.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Single files.
    pub(super) files: BTreeSet<PathBuf>,
    /// Folders in which every flow counts, those that are not there yet too.
    pub(super) folders: BTreeSet<PathBuf>,
    /// `environments/` of the projects, where one is chosen.
    pub(super) environments: BTreeSet<PathBuf>,
}

impl Wanted {
    /// What runs of `args` depend on, as far as `projects` know.
    pub(super) fn of(args: &Run, projects: &[Arc<Project>], around: &Surroundings) -> Self {
        let mut wanted = Self::default();
        let flows = [PathBuf::from("flows")];
        let paths = if args.flows.paths.is_empty() { flows.as_slice() } else { &args.flows.paths };
        for path in paths {
            let full = around.current.join(path);
            match full.canonicalize() {
                Ok(real) if real.is_dir() => _ = wanted.folders.insert(real),
                _ => wanted.file(&full),
            }
        }
        for file in given(args) {
            let home = file.strip_prefix("~/").zip(machine::home()).map(|(rest, home)| home.join(rest));
            wanted.file(&home.unwrap_or_else(|| around.current.join(file)));
        }
        for project in projects {
            wanted.files.extend(project.asked_for());
            if !args.sandbox {
                wanted.files.insert(project.root().join(".env"));
            }
            if args.values.env.is_some() {
                wanted.environments.insert(project.root().join("environments"));
            }
        }
        wanted
    }

    fn file(&mut self, path: &Path) {
        let place = path.canonicalize().ok();
        let not_yet = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        self.files.extend(place.or_else(not_yet));
    }

    /// The folders that must be watched for this, and whether all below them too.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Path, bool)> {
        let parents =
            self.files.iter().filter_map(|file| file.parent()).chain(self.environments.iter().map(PathBuf::as_path));
        let inside = |folder: &Path| self.folders.iter().any(|f| folder.starts_with(f));
        let parents: BTreeSet<_> = parents.filter(|folder| !inside(folder) && folder.is_dir()).collect();
        self.folders
            .iter()
            .map(|folder| (folder.as_path(), true))
            .chain(parents.into_iter().map(|folder| (folder, false)))
    }

    /// Whether what happened to `path` matters.
    pub(super) fn takes(&self, path: &Path, kind: EventKind) -> bool {
        if matches!(kind, EventKind::Access(_)) {
            return false;
        }
        let of_environment = path.parent().is_some_and(|folder| self.environments.contains(folder))
            && path.extension().is_some_and(|e| e == "yaml");
        self.files.contains(path) || of_environment || self.folders.iter().any(|folder| in_folder(path, folder, kind))
    }

    /// For the person: `flows and 3 files`.
    pub(super) fn words(&self, current: &Path) -> String {
        let inside = |file: &Path| self.folders.iter().any(|folder| file.starts_with(folder));
        let files = self.files.iter().filter(|file| file.is_file() && !inside(file)).count();
        let mut words: Vec<_> = self.folders.iter().map(|folder| load::shown(folder, current)).collect();
        if files > 0 {
            words.push(if files == 1 { "1 file".to_owned() } else { format!("{files} files") });
        }
        if words.is_empty() { "for flows to appear".to_owned() } else { words.join(" and ") }
    }
}

/// A flow, or a whole folder that came, went or got another name: it may hold flows.
fn in_folder(path: &Path, folder: &Path, kind: EventKind) -> bool {
    let Ok(inside) = path.strip_prefix(folder) else { return false };
    let hidden = inside.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
    let moved = matches!(
        kind,
        EventKind::Create(CreateKind::Folder | CreateKind::Any) | EventKind::Modify(ModifyKind::Name(_))
    );
    let is_folder = matches!(kind, EventKind::Remove(RemoveKind::Folder)) || moved && (path.is_dir() || !path.exists());
    let is_flow = path.to_string_lossy().ends_with(".flow.yaml");
    !hidden && (is_flow || is_folder && path.extension().is_none())
}

/// The files that the options name.
fn given(args: &Run) -> impl Iterator<Item = &str> {
    let values = &args.values;
    let pairs = values.vars.iter().chain(&values.secrets).filter_map(|(_, value)| value.strip_prefix('@'));
    pairs.chain(values.var_files.iter().map(String::as_str)).chain(args.choice.data.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, DataChange};

    #[test]
    fn flows_of_folders_and_named_files_count() {
        let wanted = Wanted {
            files: [PathBuf::from("/p/data.csv")].into(),
            folders: [PathBuf::from("/p/flows")].into(),
            environments: [PathBuf::from("/p/environments")].into(),
        };
        let written = EventKind::Modify(ModifyKind::Data(DataChange::Any));
        let takes = |path: &str, kind| wanted.takes(Path::new(path), kind);
        for path in ["/p/data.csv", "/p/flows/a.flow.yaml", "/p/flows/deep/_b.flow.yaml", "/p/environments/x.yaml"] {
            assert!(takes(path, written), "{path}");
            assert!(!takes(path, EventKind::Access(AccessKind::Any)), "{path}");
        }
        for path in
            ["/p/other.csv", "/p/flows/notes.txt", "/p/flows/.a.flow.yaml.swp", "/p/flows/.git/x", "/p/a.flow.yaml"]
        {
            assert!(!takes(path, written), "{path}");
        }
        assert!(takes("/p/flows/new", EventKind::Remove(RemoveKind::Folder)));
        assert!(!takes("/p/flows/new", EventKind::Remove(RemoveKind::File)));
    }
}
