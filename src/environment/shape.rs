//! The keys of an environment file, for its reader and its JSON Schema.

use crate::yaml::{Key, Kind, Shape};

const HOST: Kind = Kind::Pattern(
    r"^(\*\.)?[^*/@\s]+$",
    "a host name like `webexapis.com`, with a port if one is meant, or `*.webex.com` for every name below one",
);
const VARIABLE: Kind = Kind::Pattern("^[^=\\s]+$", "the name of an environment variable");

/// An environment file.
pub static ENVIRONMENT: Shape = Shape {
    noun: "an environment",
    doc: "Values, secrets and permissions for a run, chosen with `-e NAME`.",
    keys: &[
        Key::new("extends", Kind::Text, "another environment to build on: mappings merge, lists replace"),
        Key::new("vars", Kind::Map(&Kind::Name, &Kind::Any), "values for inputs, by the input's name"),
        Key::new("secrets", Kind::Map(&Kind::Name, &Kind::Object(&SECRET)), "secret values for inputs"),
        Key::new("allow_env", Kind::List(&VARIABLE), "variables that flows may ask for besides WEBEX_… and WXFLOW_…"),
        Key::new("hosts", Kind::List(&HOST), "the only hosts that requests may go to"),
        Key::new("tls", Kind::Object(&TLS), "the connection's certificates: PEM files, from the project root"),
        Key::new(
            "proxy",
            Kind::Text,
            "the proxy to go through, an http, https, socks5 or socks5h URL; `none` for none. NO_PROXY still counts",
        ),
        Key::new(
            "oauth",
            Kind::Map(&Kind::Name, &Kind::Object(&OAUTH)),
            "clients that get tokens, for `auth: { oauth: NAME }`",
        ),
    ],
    refused: &[],
    extensible: true,
};

/// `tls`.
pub(super) static TLS: Shape = Shape {
    noun: "`tls`",
    doc: "The connection's certificates: paths from the project root, `~/` is the home folder.",
    keys: &[
        Key::new("ca", Kind::Text, "certificate authorities to trust beside the system's"),
        Key::new("cert", Kind::Text, "the certificate to show to servers that ask for one, with its chain"),
        Key::new("key", Kind::Text, "its private key; left out, it is in the file of `cert`"),
    ],
    refused: &[("insecure", UNCHECKED, CHECKED), ("verify", UNCHECKED, CHECKED)],
    extensible: false,
};

const UNCHECKED: &str = "no environment can switch the check of certificates off";
const CHECKED: &str = "use --insecure HOST for one run, or trust the server's authority with `ca`";

/// One entry of `secrets`.
pub(super) static SECRET: Shape = Shape {
    noun: "a secret",
    doc: "Where a secret's value is, and where it may be sent.",
    keys: &[
        Key::new("env", VARIABLE, "the variable that holds it, in the process or in .env"),
        Key::new("file", Kind::Text, "the file that holds it, also outside of the project; `~/` is the home folder"),
        Key::new("hosts", Kind::List(&HOST), "the only hosts it may be sent to"),
    ],
    refused: &[(
        "value",
        "a secret's value does not stand in the environment file",
        "put it into a variable (`env`) or into a file outside of the project (`file`)",
    )],
    extensible: false,
};

/// One entry of `oauth`.
pub(super) static OAUTH: Shape = Shape {
    noun: "an OAuth client",
    doc: "Where and how tokens are got, and where they may be sent.",
    keys: &[
        Key::new("grant", Kind::Choice(GRANTS), "how tokens are got"),
        Key::new("authorize_url", URL, "where a person agrees: for authorization_code"),
        Key::new("token_url", URL, "where tokens are given out and refreshed"),
        Key::new("device_url", URL, "where device codes are given out: for device_code"),
        Key::new("client_id", Kind::Either(&[Kind::Text, Kind::Object(&PLACE)]), "the client's id, or its place"),
        Key::new("client_secret", Kind::Object(&PLACE), "the place of the client's secret"),
        Key::new("refresh_token", Kind::Object(&PLACE), "the place of a refresh token, for machines without a person"),
        Key::new("redirect_uri", URL, "where the browser brings the code: as registered with the client"),
        Key::new("scopes", Kind::List(&Kind::Text), "what to ask for"),
        Key::new(
            "hosts",
            Kind::List(&HOST),
            "the only hosts its tokens may be sent to; left out, the one of `token_url`",
        ),
    ],
    refused: &[],
    extensible: false,
};

const GRANTS: &[&str] = &["authorization_code", "refresh_token", "client_credentials", "device_code"];
const URL: Kind = Kind::Pattern("^https?://", "a URL");

/// Where a value is.
pub(super) static PLACE: Shape = Shape {
    noun: "a secret",
    doc: "Where a secret's value is.",
    keys: &[
        Key::new("env", VARIABLE, "the variable that holds it, in the process or in .env"),
        Key::new("file", Kind::Text, "the file that holds it, also outside of the project; `~/` is the home folder"),
    ],
    refused: &[(
        "value",
        "a secret's value does not stand in the environment file",
        "put it into a variable (`env`) or into a file outside of the project (`file`)",
    )],
    extensible: false,
};
