//! Which files are flows: what the person names, and every `*.flow.yaml` below a folder they name.
//!
//! Hidden folders are left out; links to folders are followed, each folder once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Surroundings, read, shown};
use crate::diagnostic::nearest;
use crate::source::FileError;

/// A flow file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Absolute, symlinks followed.
    pub path: PathBuf,
    /// As messages show it.
    pub shown: String,
    /// A part (`_name.flow.yaml`) found in a folder: validated, but run only by a flow that uses it.
    pub part: bool,
}

/// The flows of `paths` (with none: `flows/`), sorted by path, each once; and warnings about files that look like
/// flows and are not taken.
///
/// # Errors
/// A path that does not exist, is no flow, or holds none; every such path is told.
pub fn discover(paths: &[PathBuf], around: &Surroundings) -> Result<(Vec<Discovered>, Vec<String>), Vec<FileError>> {
    let mut search =
        Search { around, found: Vec::new(), folders: HashSet::new(), top: PathBuf::new(), warnings: Vec::new() };
    let mut errors = Vec::new();
    let default = [PathBuf::from("flows")];
    for path in if paths.is_empty() { &default } else { paths } {
        if let Err(mut error) = search.named(path) {
            if paths.is_empty() {
                error.help = Some("name a flow or a folder: wxflow run PATH".to_owned());
            }
            errors.push(error);
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let Search { mut found, warnings, .. } = search;
    // A part that was also named is run.
    found.sort_by(|a, b| (&a.shown, a.part).cmp(&(&b.shown, b.part)));
    let mut seen = HashSet::new();
    found.retain(|f| seen.insert(f.path.clone()));
    Ok((found, warnings))
}

struct Search<'a> {
    around: &'a Surroundings,
    found: Vec<Discovered>,
    folders: HashSet<PathBuf>,
    /// The folder that was named.
    top: PathBuf,
    warnings: Vec<String>,
}

impl Search<'_> {
    fn named(&mut self, path: &Path) -> Result<(), FileError> {
        let name = path.display();
        let real = self.around.current.join(path).canonicalize().map_err(|e| FileError {
            message: format!("{name}: {}", read::reason(&e)),
            help: neighbour(&self.around.current.join(path)),
        })?;
        if real.is_dir() {
            let (before, skipped) = (self.found.len(), self.warnings.len());
            self.folders.clear();
            self.top.clone_from(&real);
            self.folder(&real, &self.around.current.join(path))?;
            if self.found.len() == before {
                let help = match self.warnings.get(skipped) {
                    Some(warning) => warning.clone(),
                    None => "flow files are named *.flow.yaml".to_owned(),
                };
                return Err(FileError { message: format!("{name}: no flow in this folder"), help: Some(help) });
            }
            return Ok(());
        }
        let text = path.to_string_lossy();
        let shown = shown(&self.around.current.join(path), &self.around.current);
        if !text.ends_with(".flow.yaml") {
            if !text.ends_with(".yaml") && !text.ends_with(".yml") {
                let help = "flow files are named *.flow.yaml".to_owned();
                return Err(FileError { message: format!("{name} is not a flow file"), help: Some(help) });
            }
            self.warnings.push(format!("{shown}: name it *.flow.yaml, or a folder run will not find it"));
        }
        self.found.push(Discovered { path: real, shown, part: false });
        Ok(())
    }

    /// `folder` is the real one, `path` the way that led to it.
    fn folder(&mut self, folder: &Path, path: &Path) -> Result<(), FileError> {
        if !self.folders.insert(folder.to_owned()) {
            return Ok(());
        }
        let shown_folder = shown(path, &self.around.current);
        let told = |e: &std::io::Error| FileError {
            message: format!("{shown_folder}: the folder cannot be read: {}", read::reason(e)),
            help: None,
        };
        let mut entries =
            std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>).map_err(|e| told(&e))?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let here = path.join(entry.file_name());
            if name.starts_with('.') {
                continue;
            }
            let Ok(real) = entry.path().canonicalize() else {
                if name.ends_with(".flow.yaml") {
                    self.warnings.push(format!("{}: the link leads nowhere", shown(&here, &self.around.current)));
                }
                continue;
            };
            if real.is_dir() {
                self.folder(&real, &here)?;
            } else if name.ends_with(".flow.yaml") {
                let shown = shown(&here, &self.around.current);
                // Messages quote the file: a link must not make them quote any file of this machine.
                if !real.starts_with(&self.top) && !real.starts_with(folder) {
                    self.warnings.push(format!("{shown} is not taken: the link leads out of the folder"));
                    continue;
                }
                // Reading a pipe would wait for somebody who writes.
                if !real.is_file() {
                    self.warnings.push(format!("{shown} is not taken: it is not a regular file"));
                    continue;
                }
                self.found.push(Discovered { path: real, shown, part: name.starts_with('_') });
            } else if name.ends_with(".flow.yml") {
                let shown = shown(&here, &self.around.current);
                self.warnings.push(format!("{shown} is not taken: rename it to *.flow.yaml"));
            }
        }
        Ok(())
    }
}

/// "did you mean …" for a path that does not exist, from the names beside it.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    let names: Vec<_> =
        std::fs::read_dir(folder).ok()?.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    let name = path.file_name()?.to_str()?;
    let near = nearest(name, names.iter().map(String::as_str)).or_else(|| {
        // `smoke` for `smoke.flow.yaml` is the commonest slip and far from it by letters.
        names.iter().map(String::as_str).find(|n| n.strip_suffix(".flow.yaml") == Some(name))
    })?;
    Some(format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn project() -> (tempfile::TempDir, Surroundings) {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["flows/b", "flows/.hidden", "empty"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        for file in ["flows/c.flow.yaml", "flows/b/a.flow.yaml", "flows/_part.flow.yaml", "flows/.hidden/x.flow.yaml"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        fs::write(dir.path().join("flows/data.yaml"), "").unwrap();
        fs::write(dir.path().join("empty/old.flow.yml"), "").unwrap();
        let around = Surroundings::new(dir.path(), None).unwrap();
        (dir, around)
    }

    fn names(paths: &[&str], around: &Surroundings) -> Vec<(String, bool)> {
        let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
        discover(&paths, around).unwrap().0.into_iter().map(|f| (f.shown, f.part)).collect()
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_is_taken_only_from_inside_the_folder() {
        let (dir, around) = project();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, dir.path().join("flows").join(name)).unwrap();
        link(&outside.path().join("secret"), "out.flow.yaml");
        link(&dir.path().join("flows/data.yaml"), "in.flow.yaml");
        let (found, warnings) = discover(&[PathBuf::from("flows")], &around).unwrap();
        assert!(found.iter().any(|f| f.shown == "flows/in.flow.yaml"));
        assert_eq!(warnings, ["flows/out.flow.yaml is not taken: the link leads out of the folder"]);
    }

    #[test]
    fn a_folder_means_its_flows_sorted_without_hidden_ones() {
        let (_dir, around) = project();
        let expected = [("flows/_part.flow.yaml", true), ("flows/b/a.flow.yaml", false), ("flows/c.flow.yaml", false)];
        let expected = expected.map(|(n, p)| (n.to_owned(), p));
        assert_eq!(names(&[], &around), expected);
        assert_eq!(names(&["flows", "./flows", "flows/c.flow.yaml"], &around), expected);
    }

    #[test]
    fn what_is_named_is_taken_as_it_is() {
        let (_dir, around) = project();
        assert_eq!(names(&["flows/_part.flow.yaml"], &around), [("flows/_part.flow.yaml".to_owned(), false)]);
        let (found, warnings) = discover(&["flows/data.yaml".into()], &around).unwrap();
        assert_eq!((found.len(), warnings.len()), (1, 1));
    }

    #[test]
    fn every_path_that_gives_nothing_is_told() {
        let (_dir, around) = project();
        let errors = discover(&["empty".into(), "flow".into(), "flows/c".into()], &around).unwrap_err();
        let texts: Vec<_> = errors.iter().map(|e| (e.message.as_str(), e.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(
            texts[0],
            ("empty: no flow in this folder", "empty/old.flow.yml is not taken: rename it to *.flow.yaml")
        );
        assert_eq!(texts[1], ("flow: it does not exist", "did you mean `flows`?"));
        assert_eq!(texts[2], ("flows/c: it does not exist", "did you mean `c.flow.yaml`?"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_a_circle_ends() {
        let (dir, around) = project();
        std::os::unix::fs::symlink("..", dir.path().join("flows/b/up")).unwrap();
        assert_eq!(names(&["flows"], &around).len(), 3);
    }
}
