//! A secret's file, which the person names in an environment or with `--secret`: it may lie anywhere.

use std::path::{Path, PathBuf};

use super::read::reason;
use crate::source::FileError;

/// A secret is a line or a key: 1 MiB.
const LARGEST: u64 = 1 << 20;

/// The text of `path` without the line break at its end; `~/` is `home`, a relative path is from `folder`.
///
/// # Errors
/// It cannot be read, is not UTF-8, or is larger than 1 MiB. The message holds nothing of the text.
pub fn secret(path: &str, folder: &Path, home: Option<&Path>) -> Result<String, FileError> {
    let fail = |why: &str| FileError { message: format!("the secret's file {path}: {why}"), help: None };
    let bytes = small(path, folder, home).map_err(|why| fail(&why))?;
    let mut text = String::from_utf8(bytes).map_err(|_| fail("it is not UTF-8"))?;
    trim(&mut text);
    Ok(text)
}

/// The bytes of a certificate or a key that the person who runs flows names: `~/` is `home`, a relative path is from
/// `folder`.
///
/// # Errors
/// It cannot be read, or is larger than 1 MiB.
pub fn pem(path: &str, folder: &Path, home: Option<&Path>) -> Result<Vec<u8>, FileError> {
    small(path, folder, home).map_err(|why| FileError { message: format!("the file {path}: {why}"), help: None })
}

fn small(path: &str, folder: &Path, home: Option<&Path>) -> Result<Vec<u8>, String> {
    let full: PathBuf = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => return Err("there is no home folder for `~`".to_owned()),
        (None, _) => folder.join(path),
    };
    let metadata = std::fs::metadata(&full).map_err(|e| reason(&e))?;
    if metadata.len() > LARGEST {
        return Err("it is larger than 1 MiB".to_owned());
    }
    std::fs::read(&full).map_err(|e| reason(&e))
}

/// Takes the line break away that editors and `echo` put at the end.
pub fn trim(text: &mut String) {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_relative_and_the_last_line_break() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("k"), " hunter2 \r\n").unwrap();
        assert_eq!(secret("~/k", Path::new("/"), Some(dir.path())).unwrap(), " hunter2 ");
        assert_eq!(secret("k", dir.path(), None).unwrap(), " hunter2 ");
        let error = secret("~/gone", Path::new("/"), Some(dir.path())).unwrap_err();
        assert_eq!(error.message, "the secret's file ~/gone: it does not exist");
    }
}
