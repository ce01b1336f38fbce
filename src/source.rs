//! A text file with positions: what every diagnostic points into.
//!
//! Offsets are bytes; lines and columns are 1-based and columns count Unicode scalars, as editors do.

mod bundle;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub use bundle::{Bundle, Overlay, plain};

/// A half-open byte range in one [`Source`]. 32 bits: a flow file is at most 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`, in bytes.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The same range as `usize`, for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A 1-based line and column (in Unicode scalars).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalars, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A named text, with its line table made on first use.
pub struct Source {
    name: String,
    text: String,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source called `name` (how messages show its path) that holds `text`.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { name: name.into(), text: text.into(), lines: OnceLock::new() })
    }

    /// The path as messages show it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of `span`; empty where the span is not inside the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset. An offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_at(offset);
        let start = self.lines().get(line as usize - 1).copied().unwrap_or(0) as usize;
        let mut end = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.text.get(start..end).map_or(0, |s| s.chars().count());
        Position { line, column: column as u32 + 1 }
    }

    /// The 1-based line of a byte offset: without the column, which takes as long to find as the line is.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> u32 {
        self.lines().partition_point(|&start| start <= offset).max(1) as u32
    }

    /// The text of a 1-based line, without its line break.
    #[must_use]
    pub fn line(&self, line: u32) -> &str {
        let lines = self.lines();
        let index = (line as usize).saturating_sub(1);
        let Some(&start) = lines.get(index) else { return "" };
        let end = lines.get(index + 1).map_or(self.text.len(), |&e| e as usize);
        self.text.get(start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(breaks.map(|i| i as u32 + 1)).collect()
        })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

/// Why a file that a flow names could not be had. `message` is a sentence without a final period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// What happened, in words.
    pub message: String,
    /// What to do next, where there is something to do.
    pub help: Option<String>,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FileError {}

/// The files a flow may read and, where the person allows it, write: everything impure is handed in, and the project-root jail lives behind this.
pub trait Files {
    /// The bytes of `path` as a flow in `folder` names it.
    ///
    /// # Errors
    /// The file is missing, unreadable, or outside of what a flow may read.
    fn read(&self, folder: &Path, path: &str) -> Result<Vec<u8>, FileError>;

    /// The absolute path that `path` resolves to under the same rules.
    ///
    /// # Errors
    /// As [`Files::read`].
    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError>;

    /// The absolute path that [`Files::write`] would write to. The file need not be there, nor its folders.
    ///
    /// # Errors
    /// Nothing may be written there.
    fn target(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        Ok(folder.join(path))
    }

    /// Writes a file whole or not at all; folders are made, and what was there is replaced.
    ///
    /// # Errors
    /// As [`Files::target`], or the disk refuses. Where these files can only be read, always.
    fn write(&self, folder: &Path, path: &str, bytes: &[u8]) -> Result<(), FileError> {
        let _ = (folder, bytes);
        Err(FileError { message: format!("`{path}` cannot be written here"), help: None })
    }
}

/// Where the characters of a decoded scalar stand in the file, so that a mistake inside a quoted, folded or
/// block text still gets the right caret.
#[derive(Clone, Debug)]
pub enum OffsetMap {
    /// The text stands in the file as it is, from this byte on.
    Plain(u32),
    /// Pieces: (first byte in the text, first byte in the file), ascending. A byte inside a piece is that far from its start.
    Pieces(Vec<(u32, u32)>),
}

impl OffsetMap {
    /// The byte in the file of a byte in the text.
    #[must_use]
    pub fn offset(&self, at: usize) -> u32 {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        match self {
            OffsetMap::Plain(start) => start.saturating_add(at),
            OffsetMap::Pieces(pieces) => {
                let index = pieces.partition_point(|(text, _)| *text <= at).saturating_sub(1);
                pieces.get(index).map_or(at, |(text, file)| file + at.saturating_sub(*text))
            }
        }
    }

    /// The span in the file of a byte range in the text.
    #[must_use]
    pub fn span(&self, range: std::ops::Range<usize>) -> Span {
        let start = self.offset(range.start);
        // The end of the last byte, not the start of the next piece.
        let end = if range.end > range.start { self.offset(range.end - 1) + 1 } else { start };
        Span { start, end: end.max(start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_scalars_and_lines_from_one() {
        let s = Source::new("a", "a\nÄb\r\nc");
        assert_eq!(s.position(0), Position { line: 1, column: 1 });
        assert_eq!(s.position(4), Position { line: 2, column: 2 });
        assert_eq!(s.position(99), Position { line: 3, column: 2 });
        assert_eq!(s.line(2), "Äb");
        assert_eq!(s.line(9), "");
    }
}
