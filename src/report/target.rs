//! Where a report goes: a file that is whole or not there, or a stream.

use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Where a report goes.
pub enum Target {
    /// A file. Its folders are made; it is replaced at once, so no one ever reads half a report.
    File(PathBuf),
    /// A file that others write too, like GitHub's step summary: the report is put behind what is there.
    Append(PathBuf),
    /// A stream, written at the run's end: `-` is the process's stdout, which the caller hands in.
    Stream(Box<dyn Write + Send>),
}

/// A report that could not be written: exit status 3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportError {
    /// Which: the path as it was given, or `-`.
    pub target: String,
    /// Why not.
    pub message: String,
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not write {}: {}", self.target, self.message)
    }
}

impl std::error::Error for ReportError {}

impl Target {
    /// The path as it was given; `-` for a stream.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Target::File(path) | Target::Append(path) => path.display().to_string(),
            Target::Stream(_) => "-".to_owned(),
        }
    }

    /// Gives `write` the place to write to.
    ///
    /// # Errors
    /// What `write` or the disk says; the old file, if there was one, is then still there.
    pub(super) fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self {
            Target::File(path) => replace(&path, write),
            Target::Append(path) => {
                let mut out = BufWriter::new(std::fs::OpenOptions::new().create(true).append(true).open(path)?);
                write(&mut out)?;
                out.flush()
            }
            Target::Stream(stream) => {
                let mut out = BufWriter::new(stream);
                write(&mut out)?;
                out.flush()
            }
        }
    }
}

/// Writes beside the file and renames. What is no regular file (`/dev/stderr`, a pipe) is written directly.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file() && !m.is_dir()) {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path)?);
        write(&mut out)?;
        return out.flush();
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wxflow-report-");
    // Temporary files are private by default; a report is a file like any other, so the umask decides.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut out = BufWriter::new(builder.tempfile_in(folder)?);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_and_files_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/report.xml");
        for text in ["one", "two"] {
            Target::File(path.clone()).write(|out| out.write_all(text.as_bytes())).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let failed = Target::File(path.clone()).write(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_is_there_stays_before_what_is_appended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        for text in ["one", "two"] {
            Target::Append(path.clone()).write(|out| out.write_all(text.as_bytes())).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "onetwo");
    }

    #[test]
    fn a_folder_is_no_target() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Target::File(folder.path().to_owned()).write(|_| Ok(())).is_err());
    }
}
