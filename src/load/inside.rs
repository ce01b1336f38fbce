//! Opens files of the project by walking down from its root, for a path that was judged before.
//!
//! A path may lead elsewhere by the time it is opened. So each folder is opened from the one above it and no link is
//! followed: the judged path had none left, and one that stands there now was put there meanwhile.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
pub(super) use unix::{open, replace};

#[cfg(not(unix))]
pub(super) use elsewhere::{open, replace};

/// What is read, or a reason that it is none.
fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

#[cfg(unix)]
mod unix {
    use super::{File, Path, io, regular};
    use rustix::fd::OwnedFd;
    use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, renameat, unlinkat};
    use rustix::io::Errno;
    use std::ffi::OsStr;
    use std::io::Write as _;

    /// The file at `inside`, a path from `root` without links, for reading.
    ///
    /// # Errors
    /// The system's; a link, or anything but a regular file.
    pub(in crate::load) fn open(root: &Path, inside: &Path) -> io::Result<File> {
        let (folders, name) = split(inside)?;
        let above = folder(root, folders, false)?;
        // Opening a pipe would wait for somebody who writes.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        regular(openat(&above, name, flags, Mode::empty()).map_err(changed)?.into())
    }

    /// Writes beside the file at `inside` and renames: whoever reads it sees the old one or the new one, never half of
    /// it. Folders are made.
    ///
    /// # Errors
    /// The system's; a link among the folders.
    pub(in crate::load) fn replace(root: &Path, inside: &Path, bytes: &[u8]) -> io::Result<()> {
        let (folders, name) = split(inside)?;
        let above = folder(root, folders, true)?;
        let temporary = format!(".wxflow-{}", uuid::Uuid::new_v4().simple());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // As any new file: the umask takes away from it.
        let mut file = File::from(openat(&above, &*temporary, flags, Mode::from_raw_mode(0o666))?);
        let written = file.write_all(bytes).and_then(|()| Ok(renameat(&above, &*temporary, &above, name)?));
        if written.is_err() {
            unlinkat(&above, &*temporary, AtFlags::empty()).ok();
        }
        written
    }

    fn split(inside: &Path) -> io::Result<(&Path, &OsStr)> {
        let nameless = || io::Error::from(io::ErrorKind::IsADirectory);
        Ok((inside.parent().ok_or_else(nameless)?, inside.file_name().ok_or_else(nameless)?))
    }

    fn folder(root: &Path, folders: &Path, make: bool) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut at = rustix::fs::open(root, flags, Mode::empty())?;
        for name in folders.components().map(std::path::Component::as_os_str) {
            let down = || openat(&at, name, flags, Mode::empty());
            let found = match down() {
                Err(Errno::NOENT) if make => {
                    match mkdirat(&at, name, Mode::from_raw_mode(0o777)) {
                        // Another flow made it meanwhile.
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(error) => return Err(error.into()),
                    }
                    down()
                }
                found => found,
            };
            at = found.map_err(changed)?;
        }
        Ok(at)
    }

    /// Where a link stands, systems say `ELOOP`, or of a folder `ENOTDIR`.
    fn changed(error: Errno) -> io::Error {
        match error {
            Errno::LOOP | Errno::NOTDIR => io::Error::other("it was replaced while it was being opened"),
            error => error.into(),
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::{File, Path, io, regular};
    use std::io::Write as _;

    /// The file at `inside`, for reading. Here nothing is held between judging and opening.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::load) fn open(root: &Path, inside: &Path) -> io::Result<File> {
        regular(File::open(root.join(inside))?)
    }

    /// Writes beside the file at `inside` and renames. Folders are made.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::load) fn replace(root: &Path, inside: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = root.join(inside);
        let folder = file.parent().unwrap_or(root);
        std::fs::create_dir_all(folder)?;
        let mut temporary = tempfile::Builder::new().prefix(".wxflow-").tempfile_in(folder)?;
        temporary.write_all(bytes)?;
        temporary.persist(file)?;
        Ok(())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    fn root() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project/a/b")).unwrap();
        std::fs::write(dir.path().join("project/a/b/c"), "inside").unwrap();
        std::fs::write(dir.path().join("c"), "outside").unwrap();
        dir
    }

    fn read(root: &Path, inside: &str) -> io::Result<String> {
        let mut text = String::new();
        open(root, Path::new(inside))?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn a_link_that_was_put_there_after_judging_is_not_followed() {
        let dir = root();
        let root = dir.path().join("project");
        assert_eq!(read(&root, "a/b/c").unwrap(), "inside");
        std::fs::remove_file(root.join("a/b/c")).unwrap();
        symlink("../../../c", root.join("a/b/c")).unwrap();
        assert!(read(&root, "a/b/c").unwrap_err().to_string().contains("replaced"));
        replace(&root, Path::new("a/b/c"), b"new").unwrap();
        assert_eq!(read(&root, "a/b/c").unwrap(), "new", "the link itself was replaced");
        assert_eq!(std::fs::read_to_string(dir.path().join("c")).unwrap(), "outside");
        std::fs::rename(root.join("a"), root.join("old")).unwrap();
        symlink("../..", root.join("a")).unwrap();
        assert!(read(&root, "a/c").unwrap_err().to_string().contains("replaced"));
        assert!(replace(&root, Path::new("a/c"), b"new").is_err());
        assert!(replace(&root, Path::new("a/new/c"), b"new").is_err());
        assert_eq!(std::fs::read_to_string(dir.path().join("c")).unwrap(), "outside");
    }

    #[test]
    fn only_regular_files_are_read_and_a_pipe_does_not_wait() {
        let dir = root();
        let root = dir.path().join("project");
        let pipe = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap();
        assert!(pipe.success());
        assert!(read(&root, "pipe").unwrap_err().to_string().contains("not a regular file"));
        assert!(read(&root, "a").unwrap_err().to_string().contains("not a regular file"));
        assert_eq!(read(&root, "").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(read(Path::new("/dev"), "null").unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let dir = root();
        let root = dir.path().join("project");
        assert!(replace(&root, Path::new("a/b"), b"x").is_err());
        assert_eq!(std::fs::read_dir(root.join("a")).unwrap().count(), 1);
    }
}
