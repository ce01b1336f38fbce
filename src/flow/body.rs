//! A request's body as the user typed it.

use super::Field;
use crate::source::Span;
use crate::template::{Template, ValueTemplate};

/// A request's body.
#[derive(Debug)]
pub enum Body {
    /// `application/json`.
    Json(ValueTemplate),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<Field>),
    /// `multipart/form-data` (RFC 7578), in the file's order; a list of the file is several parts of one name.
    Multipart(Vec<Part>),
    /// Text; `text/plain; charset=utf-8` unless a header says otherwise.
    Text(Template),
    /// A file as it is; its type is guessed from its name unless a header says it.
    File(FilePath),
}

/// The path of a file, relative to the flow's folder; read when used.
#[derive(Debug)]
pub struct FilePath {
    /// Where it stands.
    pub span: Span,
    /// The path. A literal one was resolved when the flow was read.
    pub template: Template,
}

/// One part of a multipart body.
#[derive(Debug)]
pub enum Part {
    /// A text; a template that gives a list repeats it.
    Text(Field),
    /// A file.
    File(Box<FilePart>),
}

/// `{file, type, filename}`.
#[derive(Debug)]
pub struct FilePart {
    /// The field's name, literal.
    pub name: Box<str>,
    /// The file.
    pub path: FilePath,
    /// `type`; left out, it is guessed from `filename`.
    pub kind: Option<Template>,
    /// `filename`; left out, the file's own.
    pub filename: Option<Template>,
}
