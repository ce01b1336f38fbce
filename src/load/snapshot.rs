//! Snapshots on disk: beside the flow, by the same rules as all that a flow reads and writes.

use std::io::ErrorKind;
use std::path::Path;

use super::Project;
use crate::check::Snapshots;
use crate::redact::Redacted;
use crate::source::Files;

impl Snapshots for Project {
    fn read(&self, folder: &Path, path: &str) -> Result<Option<String>, String> {
        if folder.join(path).symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound) {
            return Ok(None);
        }
        let bytes = Files::read(self, folder, path).map_err(|e| e.message)?;
        String::from_utf8(bytes).map(Some).map_err(|_| format!("`{path}` cannot be read: it is not UTF-8"))
    }

    /// Whole or not at all: another run may read at the same time.
    fn write(&self, folder: &Path, path: &str, text: &Redacted<String>) -> Result<(), String> {
        Files::write(self, folder, path, text.as_bytes()).map_err(|e| e.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Surroundings;
    use crate::redact::Redactor;
    use std::path::PathBuf;

    fn store() -> (tempfile::TempDir, Project, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("project");
        std::fs::create_dir_all(root.join("flows")).unwrap();
        let around = Surroundings::new(&root, None).unwrap();
        let files = Project::named(&root, &around).unwrap();
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
        assert_eq!(Snapshots::read(&store, &flows, path), Ok(None));
        Snapshots::write(&store, &flows, path, &text("1\n")).unwrap();
        Snapshots::write(&store, &flows, path, &text("2\n")).unwrap();
        assert_eq!(Snapshots::read(&store, &flows, path), Ok(Some("2\n".to_owned())));
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
        refused(Snapshots::read(&store, &flows, "__snapshots__/x.json").map(drop));
        refused(Snapshots::write(&store, &flows, "__snapshots__/x.json", &text("new")));
        refused(Snapshots::write(&store, &flows, "__snapshots__/deep/er/x.json", &text("new")));
        refused(Snapshots::write(&store, &flows, "../../outside/x.json", &text("new")));
        assert_eq!(std::fs::read_to_string(outside.join("x.json")).unwrap(), "secret");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    }
}
