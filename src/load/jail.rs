//! The jail: no file that a flow names, to read or to write, may lie outside of the project root, symlinks followed, nor be one that
//! holds the person's secrets.

use std::io::{self, ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use super::{Project, inside, read};
use crate::diagnostic::nearest;
use crate::source::{FileError, Files};

/// The largest file that a flow may read: Webex takes 100 MB.
const LARGEST: u64 = 128 << 20;

impl Files for Project {
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        let inside = self.judge(folder, path)?;
        let fail = |e| refusal(format!("`{path}` cannot be read: {}", read::reason(&e)), None);
        let file = inside::open(&self.root, &inside).map_err(fail)?;
        let length = file.metadata().map_or(0, |m| m.len());
        let mut bytes = Vec::with_capacity(length.min(LARGEST) as usize);
        // Bounded by what is read: a file may grow meanwhile.
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() as u64 > LARGEST {
            return Err(refusal(format!("`{path}` is larger than 128 MiB, the most that a flow may read"), None));
        }
        Ok(bytes)
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        Ok(self.root.join(self.judge(folder, path)?))
    }

    fn target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        Ok(self.root.join(self.judge_target(folder, path)?))
    }

    fn write(&self, folder: &Path, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        let inside = self.judge_target(folder, path)?;
        self.touched.write(&self.root.join(&inside));
        let written = inside::replace(&self.root, &inside, bytes);
        written.map_err(|e| refusal(format!("`{path}` cannot be written: {}", read::reason(&e)), None))
    }
}

/// Where `path` would be written: links of what there is followed, `..` out of what there is not yet undone.
fn destination(folder: &Path, path: &str) -> io::Result<PathBuf> {
    let mut at = folder.canonicalize()?;
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => drop(at.pop()),
            Component::Normal(name) => {
                at.push(name);
                match at.symlink_metadata() {
                    // A link that leads nowhere is refused here: what it would make cannot be judged.
                    Ok(_) => at = at.canonicalize()?,
                    Err(e) if e.kind() == ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
            _ => {}
        }
    }
    Ok(at)
}

impl Project {
    /// Where a file that may be read lies, from the root, links followed.
    fn judge(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.relative(path)?;
        let found = folder.join(path).canonicalize();
        self.touched.ask(folder, path, found.as_deref().ok());
        let file = found.map_err(|e| self.missing(folder, path, &e))?;
        let inside = self.permit(folder, path, &file)?;
        if file.is_dir() {
            return Err(refusal(format!("`{path}` is a folder, not a file"), None));
        }
        if !file.is_file() {
            return Err(refusal(format!("`{path}` is not a regular file"), None));
        }
        Ok(inside)
    }

    /// Where a file that may be written lies, or will lie.
    fn judge_target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.relative(path)?;
        let file = destination(folder, path)
            .map_err(|e| refusal(format!("`{path}` cannot be written: {}", read::reason(&e)), None))?;
        let inside = self.permit(folder, path, &file)?;
        // What a server sends must not become what runs next with the person's secrets.
        if file.to_string_lossy().to_ascii_lowercase().ends_with(".flow.yaml") {
            let help = "choose a name that does not end in .flow.yaml";
            return Err(refusal(format!("`{path}` is refused: a flow may not write flows"), Some(help.to_owned())));
        }
        if path.ends_with('/') || file.is_dir() {
            return Err(refusal(format!("`{path}` is a folder, not a file"), Some("add the file's name".to_owned())));
        }
        if file.exists() && !file.is_file() {
            return Err(refusal(format!("`{path}` is not a regular file"), None));
        }
        Ok(inside)
    }

    /// What any path of a flow must be, before anything is looked at.
    fn relative(&self, path: &str) -> Result<(), FileError> {
        if path.is_empty() {
            return Err(refusal("the path is empty".to_owned(), None));
        }
        if Path::new(path).is_absolute() || path.starts_with('~') {
            let help = "write the path relative to the flow's folder";
            return Err(refusal(format!("`{path}` is not a relative path"), Some(help.to_owned())));
        }
        if self.closed {
            let help = "move the flow into a folder of its own, or name the project's folder with --root";
            let message = format!("`{path}` may not be used: the flow lies directly in the home folder");
            return Err(refusal(message, Some(help.to_owned())));
        }
        Ok(())
    }

    /// The path of `file`, links followed, from the root.
    fn permit(&self, folder: &Path, path: &str, file: &Path) -> Result<PathBuf, FileError> {
        let outside = || {
            let message = format!("`{path}` lies outside of the project, {}", self.root.display());
            refusal(message, Some("copy the file into the project, or widen the project with --root".to_owned()))
        };
        let inside = file.strip_prefix(&self.root).map_err(|_| outside())?;
        let is = |part: Option<Component<'_>>, name: &str| {
            part.is_some_and(|p| p.as_os_str().to_str().is_some_and(|p| p.eq_ignore_ascii_case(name)))
        };
        if is(inside.components().next(), "environments") {
            let help = "take the value as an input instead: an environment's vars and secrets reach a flow by name";
            let message = format!("`{path}` is refused: a flow may not use files under environments/");
            return Err(refusal(message, Some(help.to_owned())));
        }
        if inside.components().any(|part| is(Some(part), ".git")) {
            return Err(refusal(format!("`{path}` is refused: a flow may not use files under .git/"), None));
        }
        // A project may keep its flows below a dot folder (`.github/flows`): that one is no hiding place.
        let own = folder.canonicalize().ok();
        let below = own.and_then(|own| file.strip_prefix(own).ok()).unwrap_or(inside);
        if below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")) {
            let help = "rename the file without the leading dot; secrets reach a flow as inputs";
            let message = format!("`{path}` is refused: a flow may not use dot-files");
            return Err(refusal(message, Some(help.to_owned())));
        }
        Ok(inside.to_owned())
    }

    /// Why `path` could not be followed, with the name of a neighbour that was probably meant. Nothing outside of the
    /// project is looked at, so that a flow cannot even ask what is there.
    fn missing(&self, folder: &Path, path: &str, error: &std::io::Error) -> FileError {
        let wanted = folder.join(path);
        let around = wanted.parent().and_then(|p| p.canonicalize().ok()).filter(|p| p.starts_with(&self.root));
        if error.kind() != ErrorKind::NotFound {
            return refusal(format!("`{path}` cannot be read: {}", read::reason(error)), None);
        }
        let names: Vec<String> = around
            .and_then(|around| std::fs::read_dir(around).ok())
            .map(|entries| entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect())
            .unwrap_or_default();
        let name = wanted.file_name().and_then(|n| n.to_str()).unwrap_or("");
        let near = nearest(name, names.iter().map(String::as_str).filter(|n| !n.starts_with('.')));
        let help = near.map(|near| match path.rsplit_once('/') {
            Some((folder, _)) => format!("did you mean `{folder}/{near}`?"),
            None => format!("did you mean `{near}`?"),
        });
        refusal(format!("there is no file `{path}`"), help.or(Some("paths are relative to the flow's folder".into())))
    }
}

fn refusal(message: String, help: Option<String>) -> FileError {
    FileError { message, help }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Surroundings;
    use std::fs;

    /// `outside.txt` beside a project with flows, a schema, an environment, `.env`, `.git` and a dot folder.
    fn project() -> (tempfile::TempDir, Project, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let root = top.join("project");
        for folder in ["flows", "schemas", "environments", ".git", ".github/flows"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(top.join("outside.txt"), "secret").unwrap();
        for file in [".env", ".git/config", "environments/prod.yaml", "schemas/person.json", ".github/flows/a.json"] {
            fs::write(root.join(file), "inside").unwrap();
        }
        let around = Surroundings::new(&top, None).unwrap();
        let project = Project::named(&root, &around).unwrap();
        let flows = root.join("flows");
        (dir, project, flows)
    }

    fn refused(project: &Project, folder: &Path, path: &str) -> String {
        project.read(folder, path).unwrap_err().message
    }

    #[test]
    fn files_of_the_project_are_read() {
        let (_dir, project, flows) = project();
        assert_eq!(project.read(&flows, "../schemas/person.json").unwrap(), b"inside");
        assert_eq!(project.read(&project.root.join(".github/flows"), "a.json").unwrap(), b"inside");
    }

    #[test]
    fn what_lies_outside_or_holds_secrets_is_refused_with_the_reason() {
        let (_dir, project, flows) = project();
        assert!(refused(&project, &flows, "../../outside.txt").contains("outside of the project"));
        assert!(refused(&project, &flows, "/etc/hostname").contains("not a relative path"));
        assert!(refused(&project, &flows, "~/x").contains("not a relative path"));
        assert!(refused(&project, &flows, "../environments/prod.yaml").contains("under environments/"));
        assert!(refused(&project, &flows, "../.git/config").contains("under .git/"));
        assert!(refused(&project, &flows, "../.env").contains("dot-files"));
        assert!(refused(&project, &flows, "../.github/flows/a.json").contains("dot-files"));
        assert!(refused(&project, &flows, "../schemas").contains("is a folder"));
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_are_followed_before_judging() {
        let (_dir, project, flows) = project();
        std::os::unix::fs::symlink("../../outside.txt", flows.join("innocent.txt")).unwrap();
        std::os::unix::fs::symlink("../..", flows.join("up")).unwrap();
        std::os::unix::fs::symlink("../.env", flows.join("settings.txt")).unwrap();
        std::os::unix::fs::symlink("../environments/prod.yaml", flows.join("prod.txt")).unwrap();
        assert!(refused(&project, &flows, "innocent.txt").contains("outside of the project"));
        assert!(refused(&project, &flows, "up/outside.txt").contains("outside of the project"));
        assert!(refused(&project, &flows, "settings.txt").contains("dot-files"));
        assert!(refused(&project, &flows, "prod.txt").contains("under environments/"));
    }

    #[test]
    fn a_missing_file_names_its_neighbour_but_never_one_outside() {
        let (_dir, project, flows) = project();
        let error = project.read(&flows, "../schemas/persn.json").unwrap_err();
        assert_eq!(error.message, "there is no file `../schemas/persn.json`");
        assert_eq!(error.help.as_deref(), Some("did you mean `../schemas/person.json`?"));
        let error = project.read(&flows, "../../outside.tx").unwrap_err();
        assert_eq!(error.help.as_deref(), Some("paths are relative to the flow's folder"));
    }

    #[test]
    fn what_is_written_replaces_whole_files_inside_the_project() {
        let (_dir, project, flows) = project();
        project.write(&flows, "out/deep/a.bin", b"one").unwrap();
        project.write(&flows, "out/deep/a.bin", b"two").unwrap();
        assert_eq!(fs::read(flows.join("out/deep/a.bin")).unwrap(), b"two");
        assert_eq!(fs::read_dir(flows.join("out/deep")).unwrap().count(), 1, "nothing temporary is left");
        project.write(&flows, "new/../../schemas/b.json", b"three").unwrap();
        assert_eq!(fs::read(project.root.join("schemas/b.json")).unwrap(), b"three");
        assert!(!flows.join("new").exists());
    }

    #[test]
    fn nothing_is_written_outside_nor_over_secrets() {
        let (_dir, project, flows) = project();
        let refused = |path: &str| project.write(&flows, path, b"x").unwrap_err().message;
        assert!(refused("../../outside.txt").contains("outside of the project"));
        assert!(refused("gone/../../../outside.txt").contains("outside of the project"));
        assert!(refused("/etc/x").contains("not a relative path"));
        assert!(refused("../environments/new.yaml").contains("under environments/"));
        assert!(refused("../.git/hooks/pre-commit").contains("under .git/"));
        assert!(refused(".hidden/x").contains("dot-files"));
        assert!(refused("../schemas").contains("is a folder"));
        assert!(refused("").contains("empty"));
        assert!(refused("b.Flow.yaml").contains("may not write flows"));
        assert_eq!(fs::read(project.root.parent().unwrap().join("outside.txt")).unwrap(), b"secret");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_no_write_out() {
        let (_dir, project, flows) = project();
        std::os::unix::fs::symlink("../../outside.txt", flows.join("innocent.txt")).unwrap();
        std::os::unix::fs::symlink("../..", flows.join("up")).unwrap();
        std::os::unix::fs::symlink("../../not-there", flows.join("nowhere")).unwrap();
        for path in ["innocent.txt", "up/new.txt", "nowhere"] {
            assert!(project.write(&flows, path, b"x").is_err(), "{path}");
        }
        assert_eq!(fs::read(project.root.parent().unwrap().join("outside.txt")).unwrap(), b"secret");
        assert!(!project.root.parent().unwrap().join("not-there").exists());
    }
}
