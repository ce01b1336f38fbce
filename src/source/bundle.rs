//! Files that a flow brings along in its `files`: looked up before the disk.
//!
//! A file of a bundle has a place of its own, below the bundle's file, so that it is never taken for one on the disk, nor for
//! one of another bundle: `/project/a.flow.yaml/../schemas/person.json`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::{FileError, Files};

/// The `files` of a flow.
#[derive(Debug)]
pub struct Bundle {
    /// The flow's file.
    place: PathBuf,
    /// By where they would stand on the disk.
    files: BTreeMap<PathBuf, Arc<str>>,
}

impl Bundle {
    /// The files of the flow at `place`, each under its path from the flow's folder.
    #[must_use]
    pub fn new(place: PathBuf, files: impl IntoIterator<Item = (String, String)>) -> Self {
        let folder = place.parent().unwrap_or(&place).to_owned();
        let files = files.into_iter().map(|(path, text)| (plain(&folder.join(path)), Arc::from(text))).collect();
        Self { place, files }
    }

    /// The file that `path` names from `folder`: its place, and its text.
    #[must_use]
    pub fn find(&self, folder: &Path, path: &str) -> Option<(PathBuf, Arc<str>)> {
        let wanted = plain(&folder.join(path));
        let text = self.files.get(&wanted)?;
        let home = plain(self.place.parent().unwrap_or(&self.place));
        let shared = home.components().zip(wanted.components()).take_while(|(a, b)| a == b).count();
        let mut place = self.place.clone();
        // The file itself counts as a folder here.
        (shared..home.components().count()).for_each(|_| place.push(".."));
        place.push("..");
        place.extend(wanted.components().skip(shared));
        Some((place, Arc::clone(text)))
    }

    /// The flow's file.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// All files: where each would stand on the disk, and its text.
    pub fn all(&self) -> impl Iterator<Item = (PathBuf, Arc<str>)> {
        self.files.iter().map(|(path, text)| (path.clone(), Arc::clone(text)))
    }
}

/// A path without `.` and `..`: where a file of a bundle would stand on the disk.
#[must_use]
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The files of a bundle before those behind it.
#[derive(Clone, Copy)]
pub struct Overlay<'a> {
    bundle: Option<&'a Bundle>,
    files: &'a dyn Files,
}

impl<'a> Overlay<'a> {
    /// `files`, with `bundle` before them.
    #[must_use]
    pub fn new(bundle: Option<&'a Bundle>, files: &'a dyn Files) -> Self {
        Self { bundle, files }
    }

    fn folder(&self, folder: &Path) -> PathBuf {
        if self.bundle.is_some() { plain(folder) } else { folder.to_owned() }
    }
}

impl Files for Overlay<'_> {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        match self.bundle.and_then(|bundle| bundle.find(folder, path)) {
            Some((_, text)) => Ok(text.as_bytes().to_vec()),
            None => self.files.read(&self.folder(folder), path),
        }
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        match self.bundle.and_then(|bundle| bundle.find(folder, path)) {
            Some((place, _)) => Ok(place),
            None => self.files.resolve(&self.folder(folder), path),
        }
    }

    fn target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.files.target(&self.folder(folder), path)
    }

    fn write(&self, folder: &Path, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.files.write(&self.folder(folder), path, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_every_path_that_leads_to_it() {
        let files = [("../schemas/a.json".to_owned(), "{}".to_owned()), ("_b.flow.yaml".to_owned(), "b".to_owned())];
        let bundle = Bundle::new(PathBuf::from("/p/flows/x.flow.yaml"), files);
        let found = |folder: &str, path: &str| bundle.find(Path::new(folder), path).map(|(place, _)| place);
        let a = found("/p/flows", "./../schemas/a.json").unwrap();
        assert_eq!(plain(&a), Path::new("/p/schemas/a.json"));
        assert!(a.starts_with("/p/flows/x.flow.yaml"));
        let folder = found("/p/flows", "_b.flow.yaml").unwrap();
        assert_eq!(plain(&folder), Path::new("/p/flows/_b.flow.yaml"));
        assert_eq!(found(&folder.parent().unwrap().to_string_lossy(), "../schemas/a.json"), Some(a));
        assert_eq!(found("/p", "_b.flow.yaml"), None);
        assert_eq!(plain(Path::new("/../../a/./b/../c")), Path::new("/a/c"));
    }
}
