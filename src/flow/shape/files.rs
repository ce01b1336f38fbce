//! What `multipart`, `file` and `save` may hold, and `http`.

use crate::yaml::{Key, Kind, Shape};

pub(super) const MULTIPART_KEY: Key = Key::new(
    "multipart",
    Kind::Map(&Kind::Text, &Kind::OneOrMany(&PART)),
    "The body as `multipart/form-data`, for uploads: each field a text, `{file, type, filename}`, or a list of these.",
);
pub(super) const FILE_KEY: Key = Key::new(
    "file",
    Kind::Template,
    "The body from a file, sent as it is: a path relative to the flow's folder. Its `Content-Type` is guessed from the name unless a header says it.",
);
pub(super) const HTTP_KEY: Key =
    Key::new("http", Kind::Numbers(&["1.1", "2"]), "The HTTP version to insist on, 1.1 or 2. Left out: negotiated.");
pub(super) const SAVE_KEY: Key = Key::new(
    "save",
    Kind::Template,
    "Keeps the reply's body in this file, relative to the flow's folder. The person must allow it: --allow-write.",
);

const PART: Kind = Kind::Either(&[Kind::Scalar, Kind::Object(&PART_SHAPE)]);

/// A file in `multipart`.
pub(crate) static PART_SHAPE: Shape = Shape {
    noun: "a file of `multipart`",
    doc: "A file to upload.",
    keys: &[
        Key::required("file", Kind::Template, "Its path, relative to the flow's folder."),
        Key::new("type", Kind::Template, "Its media type, like `image/png`. Left out: guessed from `filename`."),
        Key::new("filename", Kind::Template, "What it is called in the request. Left out: its own name."),
    ],
    refused: &[],
    extensible: false,
};
