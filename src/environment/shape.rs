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
        Key::new("oauth", Kind::Upcoming("get a token and give it as a secret"), "where and how tokens are got"),
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
    refused: &[(
        "insecure",
        "no environment can switch the check of certificates off",
        "use --insecure HOST for one run, or trust the server's authority with `ca`",
    )],
    extensible: false,
};

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
