//! What `environments/NAME.yaml` may hold.

use crate::yaml::{Key, Kind, Shape};

const SECRET_VALUE: Kind = Kind::Object(&SECRET);

/// An environment file.
pub static ENVIRONMENT: Shape = Shape {
    noun: "an environment",
    doc: "A wxflow environment, chosen with `-e NAME`. It opens variables and files of this machine to the flows it runs.",
    keys: &[
        Key::new(
            "extends",
            Kind::Upcoming("write the values of the other environment here too"),
            "the environment this one adds to",
        ),
        Key::new("vars", Kind::Map(&Kind::Name, &Kind::Any), "Values of inputs: name and value, as they stand."),
        Key::new(
            "secrets",
            Kind::Map(&Kind::Name, &SECRET_VALUE),
            "Secret values of inputs: name and `{env: VARIABLE}` or `{file: path}`. They are masked wherever they would be written.",
        ),
        Key::new(
            "allow_env",
            Kind::Upcoming("run with `--allow-env NAME` instead"),
            "the environment variables that flows may read",
        ),
        Key::new(
            "hosts",
            Kind::List(&Kind::Text),
            "The only hosts that may be sent to: `webexapis.com`, `localhost:8080`, `*.webex.com`. Left out: any.",
        ),
        Key::new("tls", Kind::Upcoming("remove it"), "certificates of the connection"),
        Key::new("proxy", Kind::Upcoming("set `HTTPS_PROXY` in the process environment"), "the proxy to go through"),
        Key::new(
            "oauth",
            Kind::Upcoming("get a token by other means and put it under `secrets`"),
            "where and how tokens are got",
        ),
    ],
    refused: &[],
    extensible: true,
};

/// One entry of `secrets`.
pub static SECRET: Shape = Shape {
    noun: "a secret",
    doc: "Where a secret comes from: an environment variable or a file of this machine.",
    keys: &[
        Key::new(
            "env",
            Kind::Pattern("^[A-Za-z_][A-Za-z0-9_]*$", "the name of an environment variable"),
            "The environment variable that holds it.",
        ),
        Key::new(
            "file",
            Kind::Text,
            "The file that holds it; `~/` is your home folder. A final line break is dropped.",
        ),
        Key::new("hosts", Kind::List(&Kind::Text), "The hosts it may be sent to. Any other is refused before sending."),
    ],
    refused: &[],
    extensible: false,
};
