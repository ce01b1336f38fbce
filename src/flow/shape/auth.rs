//! What `auth` may hold.

use crate::yaml::{Key, Kind, Shape};

/// The value of `auth`.
pub(super) const AUTH: Kind = Kind::Named("auth", &Kind::Either(&[Kind::Choice(&["none"]), Kind::Object(&AUTH_SHAPE)]));

/// `auth` as a mapping.
pub(crate) static AUTH_SHAPE: Shape = Shape {
    noun: "`auth`",
    doc: "The credentials of a request: exactly one kind. They go only to the origin they were written for.",
    keys: &[
        Key::new("bearer", Kind::Template, "A token, sent as `Authorization: Bearer …`."),
        Key::new("basic", Kind::Object(&BASIC), "User name and password, sent as `Authorization: Basic …`."),
        Key::new(
            "digest",
            Kind::Object(&DIGEST),
            "User name and password, sent as `Authorization: Digest …` in answer to the server's challenge.",
        ),
        Key::new(
            "oauth",
            Kind::Name,
            "A token of the environment's `oauth` client of this name, sent as `Authorization: Bearer …` and refreshed.",
        ),
    ],
    refused: &[],
    extensible: false,
};

/// `auth: { basic: … }`.
pub(crate) static BASIC: Shape =
    Shape { noun: "`basic`", doc: "A user name and a password.", keys: BASIC_KEYS, refused: &[], extensible: false };

const BASIC_KEYS: &[Key] = &[
    Key::required("username", Kind::Template, "The user name."),
    Key::required("password", Kind::Template, "The password. It is masked wherever it would be written."),
];

/// `auth: { digest: … }`.
pub(crate) static DIGEST: Shape = Shape {
    noun: "`digest`",
    doc: "A user name and a password that never leaves in clear.",
    keys: BASIC_KEYS,
    refused: &[],
    extensible: false,
};
