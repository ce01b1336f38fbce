//! What `jwt` may hold.

use crate::yaml::{Key, Kind, Shape};

const NAMED_ANY: Kind = Kind::Map(&Kind::Text, &Kind::Any);

/// `jwt`.
pub(crate) static JWT: Shape = Shape {
    noun: "`jwt`",
    doc: "A JSON Web Token to sign (RFC 7519).",
    keys: &[
        Key::required(
            "algorithm",
            Kind::Choice(ALGORITHMS),
            "The signature algorithm. HS… takes `secret`; RS…, PS…, ES… and EdDSA take `key`.",
        ),
        Key::new(
            "secret",
            Kind::Object(&SECRET),
            "The shared secret of HS256, HS384, HS512: `{base64 | text | hex: …}`.",
        ),
        Key::new("key", Kind::Object(&KEY), "The private key of RS…, PS…, ES… and EdDSA: `{pem: …}`."),
        Key::new("header", NAMED_ANY, "Header parameters besides `alg` and `typ`, like `kid`."),
        Key::required(
            "claims",
            NAMED_ANY,
            "The claims. `iat` is only there if you write it; `exp` is written here or comes from `expires_in`.",
        ),
        Key::new("expires_in", Kind::Duration, "How long from now the token is valid: sets `exp`."),
    ],
    refused: &[],
    extensible: false,
};

/// The words of `algorithm`.
pub(crate) const ALGORITHMS: &[&str] =
    &["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// `secret` of `jwt`.
pub(crate) static SECRET: Shape = Shape {
    noun: "`secret`",
    doc: "A shared secret: exactly one of its forms.",
    keys: &[
        Key::new(
            "base64",
            Kind::Template,
            "The secret in base64, either alphabet, padded or not. A Webex Guest Issuer secret is this.",
        ),
        Key::new("text", Kind::Template, "The secret as it is."),
        Key::new("hex", Kind::Template, "The secret in hex digits."),
    ],
    refused: &[],
    extensible: false,
};

/// `key` of `jwt`.
pub(crate) static KEY: Shape = Shape {
    noun: "`key`",
    doc: "A private key.",
    keys: &[Key::required("pem", Kind::Template, "The key as PEM text, `-----BEGIN PRIVATE KEY-----` and on.")],
    refused: &[],
    extensible: false,
};
