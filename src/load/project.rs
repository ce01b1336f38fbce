//! The project root: the folder that a flow's files may come from.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::dotenv;
use super::touched::Touched;
use crate::source::FileError;

/// The folders that decide where a project's root is: handed in, as only the command line reads them.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The current folder, absolute, symlinks followed.
    pub current: PathBuf,
    /// The person's home, which never is a root. Symlinks followed.
    pub home: Option<PathBuf>,
}

/// A project: its root, and the `.env` in it.
#[derive(Debug)]
pub struct Project {
    /// Absolute, symlinks followed.
    pub(super) root: PathBuf,
    /// A flow directly in `$HOME` or `/` has no root: it may read no file at all.
    pub(super) closed: bool,
    pub(super) dotenv: OnceLock<Result<dotenv::Variables, FileError>>,
    /// Which files its flows asked for.
    pub(super) touched: Touched,
}

impl Surroundings {
    /// With symlinks followed, so that paths can be compared.
    ///
    /// # Errors
    /// The current folder is gone.
    pub fn new(current: &Path, home: Option<&Path>) -> io::Result<Self> {
        Ok(Self { current: current.canonicalize()?, home: home.and_then(|h| h.canonicalize().ok()) })
    }

    fn forbids(&self, folder: &Path) -> bool {
        folder.parent().is_none() || self.home.as_deref() == Some(folder)
    }
}

impl Project {
    /// The root that the person names with `--root`.
    ///
    /// # Errors
    /// It is no folder, or it is the home folder or `/`, which would open everything to a flow.
    pub fn named(root: &Path, around: &Surroundings) -> Result<Self, FileError> {
        let shown = root.display();
        let fail = |message: String, help: &str| FileError { message, help: Some(help.to_owned()) };
        let found = around.current.join(root).canonicalize();
        let folder =
            found.map_err(|e| fail(format!("--root {shown}: {}", super::read::reason(&e)), "name a folder"))?;
        if !folder.is_dir() {
            return Err(fail(format!("--root {shown} is not a folder"), "name the folder that holds your flows"));
        }
        if around.forbids(&folder) {
            let message = format!("--root {shown} would let flows read everything in your home folder");
            return Err(fail(message, "put the flows into a folder of their own and name that one"));
        }
        Ok(Self::at(folder, false))
    }

    /// The project of a flow (absolute path, symlinks followed): the nearest folder above it with `environments/` or
    /// `.git`, else the current folder if it holds the flow, else the flow's own folder.
    #[must_use]
    pub fn of(flow: &Path, around: &Surroundings) -> Self {
        let folder = flow.parent().unwrap_or(flow);
        let marked = |f: &&Path| !around.forbids(f) && (f.join("environments").is_dir() || f.join(".git").exists());
        if let Some(root) = folder.ancestors().find(marked) {
            return Self::at(root.to_owned(), false);
        }
        if folder.starts_with(&around.current) && !around.forbids(&around.current) {
            return Self::at(around.current.clone(), false);
        }
        Self::at(folder.to_owned(), around.forbids(folder))
    }

    fn at(root: PathBuf, closed: bool) -> Self {
        Self { root, closed, dotenv: OnceLock::new(), touched: Touched::default() }
    }

    /// The root: absolute, symlinks followed.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files that its flows asked for so far, those that were not there too, without those that they wrote.
    #[must_use]
    pub fn asked_for(&self) -> Vec<PathBuf> {
        self.touched.read()
    }

    /// A file's path from the root, with `/`; as it is where it lies elsewhere (a named flow outside of `--root`).
    #[must_use]
    pub fn path_of(&self, file: &Path) -> String {
        file.strip_prefix(&self.root).unwrap_or(file).to_string_lossy().replace('\\', "/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        fs::create_dir_all(path.join("home/work/project/flows/deep")).unwrap();
        (dir, path.join("home"))
    }

    fn root_of(flow: &str, current: &str, home: &Path) -> PathBuf {
        let around = Surroundings::new(&home.join(current), Some(home)).unwrap();
        Project::of(&home.join(flow), &around).root.strip_prefix(home).unwrap().to_owned()
    }

    #[test]
    fn nearest_marked_ancestor_then_current_folder_then_the_flows_own() {
        let (_dir, home) = folder();
        let flow = "work/project/flows/deep/a.flow.yaml";
        assert_eq!(root_of(flow, "work/project", &home), Path::new("work/project"));
        assert_eq!(root_of(flow, "work/project/flows/deep", &home), Path::new("work/project/flows/deep"));
        fs::create_dir(home.join("work/other")).unwrap();
        assert_eq!(root_of(flow, "work/other", &home), Path::new("work/project/flows/deep"));
        fs::write(home.join("work/.git"), "gitdir: elsewhere").unwrap();
        assert_eq!(root_of(flow, "work/other", &home), Path::new("work"));
        fs::create_dir(home.join("work/project/environments")).unwrap();
        assert_eq!(root_of(flow, "work/other", &home), Path::new("work/project"));
    }

    #[test]
    fn home_is_never_a_root() {
        let (_dir, home) = folder();
        fs::create_dir(home.join(".git")).unwrap();
        fs::create_dir(home.join("environments")).unwrap();
        assert_eq!(root_of("work/a.flow.yaml", "", &home), Path::new("work"));
        let around = Surroundings::new(&home, Some(&home)).unwrap();
        assert!(Project::of(&home.join("a.flow.yaml"), &around).closed);
        assert!(Project::named(Path::new("."), &around).is_err());
        assert!(Project::named(Path::new("/"), &around).is_err());
        assert!(Project::named(Path::new("gone"), &around).is_err());
        assert!(Project::named(Path::new("work"), &around).is_ok());
    }
}
