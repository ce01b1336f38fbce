//! Which files flows asked for: what `--watch` looks at.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Files by what was done with them: absolute, symlinks followed.
#[derive(Debug, Default)]
pub(super) struct Touched(Mutex<Files>);

#[derive(Debug, Default)]
struct Files {
    asked: HashSet<PathBuf>,
    written: HashSet<PathBuf>,
}

impl Touched {
    /// A flow asked for `path`, which is at `place` where it is there.
    pub(super) fn ask(&self, folder: &Path, path: &str, place: Option<&Path>) {
        let place = place.map(Path::to_owned).or_else(|| {
            let file = folder.join(path);
            Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?))
        });
        self.lock().asked.extend(place);
    }

    /// A flow wrote the file at `place`.
    pub(super) fn write(&self, place: &Path) {
        self.lock().written.insert(place.to_owned());
    }

    /// What was asked for and not written: the rest changes by itself.
    pub(super) fn read(&self) -> Vec<PathBuf> {
        let files = self.lock();
        files.asked.difference(&files.written).cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
