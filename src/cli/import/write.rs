//! Puts what was imported on the disk: all of it or nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::Target;
use crate::cli::exit::Exit;
use crate::cli::output::{Output, visible};
use crate::import::Import;
use crate::yaml;

/// Writes the files and tells their paths on stdout, what was lost and what to know on stderr.
///
/// # Errors
/// Files that exist already, unless `force` says to replace them; a disk that cannot be written. Both were told, and
/// nothing was changed.
pub(in crate::cli) fn write(import: &Import, target: &Target, output: &Output) -> Result<Exit, Exit> {
    put(&files(import), target, output)?;
    for note in &import.notes {
        output.say(&format!("note: {}", visible(note)));
    }
    for loss in &import.losses {
        output.say(&format!("not carried over: {}", visible(&loss.to_string())));
    }
    Ok(if import.losses.is_empty() { Exit::Success } else { Exit::Failed })
}

/// Writes files, each with its path below the target's folder, and tells their paths on stdout.
///
/// # Errors
/// As [`write`].
pub(in crate::cli) fn put(files: &[(String, String)], target: &Target, output: &Output) -> Result<(), Exit> {
    if !target.force {
        let there: Vec<_> = files.iter().map(|(path, _)| target.out.join(path)).filter(|path| path.exists()).collect();
        if let Some(first) = there.first() {
            let more = if there.len() > 1 { format!(", and {} more", there.len() - 1) } else { String::new() };
            output.error(
                &format!("{}{more}: the file exists; nothing was written", visible(&first.to_string_lossy())),
                Some("name another folder with --out, or write over what is there with --force"),
            );
            return Err(Exit::Invalid);
        }
    }
    if let Err(error) = place(files, &target.out) {
        let folder = visible(&target.out.to_string_lossy());
        output.error(&format!("{folder} cannot be written: {error}; nothing was changed"), None);
        return Err(Exit::Unwritten);
    }
    let shown = |path: &str| match target.out.to_string_lossy() {
        out if out == "." => visible(path),
        out => visible(&format!("{}/{path}", out.trim_end_matches('/'))),
    };
    let list: String = files.iter().map(|(path, _)| format!("{}\n", shown(path))).collect();
    output.results(&list)
}

fn files(import: &Import) -> Vec<(String, String)> {
    let flows = import.flows.iter().map(|(path, draft)| (path.clone(), draft.to_yaml()));
    let environments = import.environments.iter().map(|(path, keys)| {
        let mut text = String::new();
        for (key, value) in keys {
            yaml::write::entry(&mut text, key, value, 0, true);
        }
        (path.clone(), text)
    });
    flows.chain(environments).collect()
}

/// Everything is written beside its place first; then it is moved there, and moved back if that fails half way.
fn place(files: &[(String, String)], out: &Path) -> io::Result<()> {
    let made = first_missing(out);
    let done = fs::create_dir_all(out).and_then(|()| {
        let new = tempfile::Builder::new().prefix(".wxflow-import-").tempdir_in(out)?;
        let old = tempfile::Builder::new().prefix(".wxflow-replaced-").tempdir_in(out)?;
        for (at, (_, text)) in files.iter().enumerate() {
            fs::write(new.path().join(at.to_string()), text)?;
        }
        let mut moved = Moved::default();
        let done = files.iter().enumerate().try_for_each(|(at, (path, _))| {
            moved.replace(&new.path().join(at.to_string()), &out.join(path), &old.path().join(at.to_string()))
        });
        if done.is_err() {
            moved.undo();
        }
        done
    });
    if let (Err(_), Some(made)) = (&done, made) {
        fs::remove_dir_all(made).ok();
    }
    done
}

/// The outermost folder that `create_dir_all(path)` will make.
fn first_missing(path: &Path) -> Option<PathBuf> {
    let missing = |p: &&Path| !p.as_os_str().is_empty() && !p.exists();
    path.ancestors().take_while(missing).last().map(Path::to_path_buf)
}

/// What was moved so far.
#[derive(Default)]
struct Moved {
    folders: Vec<PathBuf>,
    /// Where a file now stands, and where the one is kept that stood there before.
    files: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Moved {
    fn replace(&mut self, from: &Path, to: &Path, keep: &Path) -> io::Result<()> {
        if let Some(folder) = to.parent() {
            self.folders.extend(first_missing(folder));
            fs::create_dir_all(folder)?;
        }
        let kept = match fs::rename(to, keep) {
            Ok(()) => Some(keep.to_path_buf()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        self.files.push((to.to_path_buf(), kept));
        fs::rename(from, to)
    }

    fn undo(self) {
        for (to, kept) in self.files {
            match kept {
                Some(kept) => fs::rename(kept, to).ok(),
                None => fs::remove_file(to).ok(),
            };
        }
        for folder in self.folders {
            fs::remove_dir_all(folder).ok();
        }
    }
}
