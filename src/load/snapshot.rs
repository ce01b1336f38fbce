//! Snapshots on disk: beside the flow, and like all that a flow reads never outside of the project.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Project, read};
use crate::check::Snapshots;
use crate::redact::Redacted;

/// The snapshots of one project.
#[derive(Debug)]
pub struct SnapshotFiles {
    root: PathBuf,
    closed: bool,
}

impl SnapshotFiles {
    /// Those of `project`.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        Self { root: project.root.clone(), closed: project.closed }
    }

    /// # Errors
    /// `existing`, symlinks followed, lies outside of the project.
    fn permit(&self, existing: &Path, path: &str) -> Result<PathBuf, String> {
        if self.closed {
            return Err(format!("`{path}` cannot be kept: the flow lies directly in the home folder"));
        }
        let real = existing.canonicalize().map_err(|e| format!("`{path}` cannot be reached: {}", read::reason(&e)))?;
        if real.starts_with(&self.root) {
            return Ok(real);
        }
        Err(format!("`{path}` lies outside of the project, {}", self.root.display()))
    }
}

impl Snapshots for SnapshotFiles {
    fn read(&self, folder: &Path, path: &str) -> Result<Option<String>, String> {
        let file = folder.join(path);
        match file.symlink_metadata() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            _ => {}
        }
        let file = self.permit(&file, path)?;
        std::fs::read_to_string(file).map(Some).map_err(|e| format!("`{path}` cannot be read: {}", read::reason(&e)))
    }

    /// Whole or not at all: another run may read at the same time.
    fn write(&self, folder: &Path, path: &str, text: &Redacted<String>) -> Result<(), String> {
        let fail = |e: std::io::Error| format!("`{path}` cannot be written: {}", read::reason(&e));
        let file = folder.join(path);
        let above = file.parent().unwrap_or(folder);
        // Nothing is made through a symlink that leads out.
        let existing = above.ancestors().find(|a| a.symlink_metadata().is_ok()).unwrap_or(folder);
        self.permit(existing, path)?;
        std::fs::create_dir_all(above).map_err(fail)?;
        let above = self.permit(above, path)?;
        let name = file.file_name().unwrap_or_default();
        let mut new = tempfile::NamedTempFile::new_in(&above).map_err(fail)?;
        new.write_all(text.as_bytes()).map_err(fail)?;
        open_to_others(new.as_file()).map_err(fail)?;
        new.persist(above.join(name)).map_err(|e| fail(e.error))?;
        Ok(())
    }
}

/// Temporary files are the person's alone; a snapshot is a file of the project like any other.
#[cfg(unix)]
fn open_to_others(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Surroundings;
    use crate::redact::Redactor;

    fn store() -> (tempfile::TempDir, SnapshotFiles, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        std::fs::create_dir_all(root.join("flows")).unwrap();
        let around = Surroundings::new(&root, None).unwrap();
        let files = SnapshotFiles::of(&Project::named(&root, &around).unwrap());
        let flows = root.join("flows");
        (dir, files, flows)
    }

    fn text(text: &str) -> Redacted<String> {
        Redactor::new().redact(text.to_owned())
    }

    #[test]
    fn what_is_written_is_read() {
        let (_dir, store, flows) = store();
        let path = "__snapshots__/a.flow.yaml/x.json";
        assert_eq!(store.read(&flows, path), Ok(None));
        store.write(&flows, path, &text("1\n")).unwrap();
        store.write(&flows, path, &text("2\n")).unwrap();
        assert_eq!(store.read(&flows, path), Ok(Some("2\n".to_owned())));
        let kept = std::fs::read_dir(flows.join("__snapshots__/a.flow.yaml")).unwrap().count();
        assert_eq!(kept, 1, "no temporary file is left");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_read_or_written_outside() {
        let (dir, store, flows) = store();
        let outside = dir.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("x.json"), "secret").unwrap();
        std::os::unix::fs::symlink(&outside, flows.join("__snapshots__")).unwrap();
        let refused = |result: Result<(), String>| assert!(result.unwrap_err().contains("outside of the project"));
        refused(store.read(&flows, "__snapshots__/x.json").map(drop));
        refused(store.write(&flows, "__snapshots__/x.json", &text("new")));
        refused(store.write(&flows, "__snapshots__/deep/er/x.json", &text("new")));
        refused(store.write(&flows, "../../outside/x.json", &text("new")));
        assert_eq!(std::fs::read_to_string(outside.join("x.json")).unwrap(), "secret");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    }
}
