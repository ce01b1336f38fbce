//! What an input may hold.

use crate::yaml::{Key, Kind, Shape};

/// What stands behind a name in `inputs`.
pub(super) const INPUT: Kind =
    Kind::Named("input", &Kind::Either(&[Kind::Object(&INPUT_SHAPE), Kind::Scalar, Kind::List(&Kind::Any)]));

/// The long form of an input.
pub(crate) static INPUT_SHAPE: Shape = Shape {
    noun: "an input",
    doc: "An input in its long form.",
    keys: &[
        Key::new(
            "default",
            Kind::Any,
            "Its value where nothing else gives one, as it stands: no template. Left out: the input is required.",
        ),
        Key::new(
            "env",
            Kind::Pattern("^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable"),
            "The environment variable that may give the value. Names that begin with WEBEX_ or WXFLOW_ are read without asking.",
        ),
        Key::new("description", Kind::Text, "What the value is and where to get it: shown when it is missing."),
        Key::new("secret", Kind::Boolean, "Whether the value is masked as *** wherever it would be written."),
        Key::new(
            "type",
            Kind::Choice(INPUT_TYPES),
            "What text from outside is converted to; a list or object is read as JSON. Left out: the default's type, else string.",
        ),
        Key::new("choices", Kind::List(&Kind::Any), "The only values it may have."),
        Key::new(
            "hosts",
            Kind::List(&Kind::Text),
            "The hosts a secret may be sent to: `webexapis.com`, `localhost:8080`, `*.webex.com`. Any other is refused before sending.",
        ),
    ],
    refused: &[],
    extensible: false,
};

/// The words of an input's `type`.
pub(crate) const INPUT_TYPES: &[&str] = &["string", "integer", "number", "boolean", "list", "object"];
