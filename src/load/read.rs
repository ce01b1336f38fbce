//! Reading a text file a person wrote: what is wrong with it is told with its place.

use std::io::{self, ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::Project;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{Files as _, Source, Span};

/// A file larger than this is a mistake (a dump, a video): 64 MiB.
const LARGEST: u64 = 64 << 20;

/// The text of `path`, called `name` in messages; a byte order mark is left out.
///
/// # Errors
/// The file is missing, unreadable, too large, or not UTF-8.
pub fn source(path: &Path, name: &str) -> Result<Arc<Source>, Vec<Diagnostic>> {
    let bytes = bytes(path).map_err(|message| unreadable(name, String::new(), 0, message, None))?;
    decoded(&bytes, name)
}

/// The text of a flow that uses another: by the rules of the project.
pub(super) fn used(project: &Project, folder: &Path, path: &str, name: &str) -> Result<Arc<Source>, Vec<Diagnostic>> {
    let bytes = project.read(folder, path).map_err(|e| unreadable(name, String::new(), 0, e.message, None))?;
    decoded(&bytes, name)
}

fn decoded(bytes: &[u8], name: &str) -> Result<Arc<Source>, Vec<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(name, text)),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or(0);
            let message = format!("the file is not UTF-8: byte 0x{byte:02X} at offset {at}");
            let text = String::from_utf8_lossy(bytes).into_owned();
            let help = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
                "it looks like UTF-16: save it as UTF-8"
            } else {
                "save it as UTF-8"
            };
            Err(unreadable(name, text, at, message, Some(help)))
        }
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let told = |e: &io::Error| format!("the file cannot be read: {}", reason(e));
    let metadata = std::fs::metadata(path).map_err(|e| told(&e))?;
    if metadata.is_dir() {
        return Err("this is a folder, not a file".to_owned());
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(LARGEST) as usize);
    let file = std::fs::File::open(path).map_err(|e| told(&e))?;
    // Bounded by what is read, not by what the metadata said: a pipe has no length.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| told(&e))?;
    if bytes.len() as u64 > LARGEST {
        return Err("the file is larger than 64 MiB".to_owned());
    }
    Ok(bytes)
}

fn unreadable(name: &str, text: String, at: usize, message: String, help: Option<&str>) -> Vec<Diagnostic> {
    let mut list = Diagnostics::new(Source::new(name, text));
    let diagnostic = list.error(Code::FileUnreadable, Span::new(at, at + 1), message);
    if let Some(help) = help {
        diagnostic.help(help);
    }
    list.into_sorted()
}

/// An I/O error in plain words, without the number that Rust adds.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "it does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Arc<Source>, Vec<Diagnostic>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        source(file.path(), "a.flow.yaml")
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(read(b"\xEF\xBB\xBFname: x").unwrap().text(), "name: x");
    }

    #[test]
    fn text_that_is_not_utf8_is_shown_where_it_breaks() {
        let error = read(b"name: x\nother: St\xE8ve\n").unwrap_err().remove(0);
        assert_eq!(error.message, "the file is not UTF-8: byte 0xE8 at offset 17");
        assert_eq!(error.source.position(error.span.start).to_string(), "2:10");
        assert!(read(b"\xFF\xFEn\0").unwrap_err()[0].help.as_deref().unwrap().contains("UTF-16"));
    }

    #[test]
    fn missing_files_and_folders_say_so() {
        let dir = tempfile::tempdir().unwrap();
        let message = |path: &Path| source(path, "x").unwrap_err().remove(0).message;
        assert_eq!(message(&dir.path().join("gone")), "the file cannot be read: it does not exist");
        assert_eq!(message(dir.path()), "this is a folder, not a file");
    }
}
