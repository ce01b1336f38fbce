//! The keys of `expect`, of a predicate and of a capture: for the reader, the docs and the JSON Schema.

use crate::yaml::{Key, Kind, Shape};

/// A value to compare with, or operators.
pub static PREDICATE_VALUE: Kind = Kind::Either(&[Kind::Object(&PREDICATE), Kind::Scalar, Kind::List(&Kind::Any)]);

/// Not a `const`: that would have the compiler evaluate the cycle between a predicate and its operators.
macro_rules! predicate {
    () => {
        Kind::Named("predicate", &PREDICATE_VALUE)
    };
}

const STATUS: Kind = Kind::Either(&[Kind::Integer(100), Kind::Choice(&["any", "1xx", "2xx", "3xx", "4xx", "5xx"])]);
const ORDERED: Kind = Kind::Scalar;
const FLAG: Kind = Kind::Either(&[Kind::Boolean, Kind::Template]);
const TYPE: Kind = Kind::Choice(&["string", "integer", "number", "boolean", "null", "list", "object"]);

/// `expect`.
pub static EXPECT: Shape = Shape {
    noun: "`expect`",
    doc: "What the reply must be. All assertions are judged and every failure is reported.",
    keys: &[
        Key::new(
            "status",
            Kind::OneOrMany(&STATUS),
            "The status: `200`, a class like `2xx`, a list of these, or `any`. Left out: below \
             400. 429, 423 and 503 count as asked for only when named exactly.",
        ),
        Key::new(
            "headers",
            Kind::Map(&Kind::Text, &predicate!()),
            "Header name → predicate. Repeated lines are joined with `, `; `set-cookie` is a list; \
             a number compares as a number.",
        ),
        Key::new(
            "json",
            Kind::Map(&Kind::JsonPath, &predicate!()),
            "JSONPath (RFC 9535) → predicate. A singular path gives the value, any other the list of values.",
        ),
        Key::new(
            "xpath",
            Kind::Map(&Kind::Text, &predicate!()),
            "XPath 1.0 → predicate, for XML and HTML. One node is its text, several the list; names without a prefix match in any namespace.",
        ),
        Key::new("body", predicate!(), "Predicate on the body's text."),
        Key::new("sha256", predicate!(), "The body's SHA-256 digest: 64 hexadecimal digits, lower case."),
        Key::new(
            "cookies",
            Kind::Map(&Kind::Text, &predicate!()),
            "Name of a cookie that the reply sets → predicate on its value.",
        ),
        Key::new(
            "schema",
            Kind::Either(&[Kind::Text, Kind::Map(&Kind::Text, &Kind::Any)]),
            "JSON Schema of the body (2020-12 by default, formats asserted): a file's path, or the schema itself.",
        ),
        Key::new("duration", predicate!(), "Predicate on the last send's time, like `{ lt: 800ms }`."),
        Key::new("url", predicate!(), "Predicate on the final URL, after redirects."),
        Key::new(
            "redirects",
            predicate!(),
            "Predicate on the list of redirects that were followed, like `{ length: 1 }`; each is \
             `{status, url, location}`.",
        ),
        Key::new("certificate", Kind::Object(&CERTIFICATE), "Predicates on the certificate that the server showed."),
        Key::new(
            "snapshot",
            Kind::Either(&[Kind::Boolean, Kind::Object(&SNAPSHOT)]),
            "The body equals the snapshot that is stored beside the flow; `--update-snapshots` writes it.",
        ),
        Key::new(
            "that",
            Kind::OneOrMany(&Kind::Expression),
            "Expressions that must be true, without braces. On failure the values in them are shown.",
        ),
    ],
    refused: &[],
    extensible: false,
};

/// `snapshot` in its long form.
pub static SNAPSHOT: Shape = Shape {
    noun: "`snapshot`",
    doc: "The body against the snapshot that is stored beside the flow.",
    keys: &[Key::new("ignore", Kind::List(&Kind::JsonPath), "What may differ: JSONPaths, left out on both sides.")],
    refused: &[],
    extensible: false,
};

/// `certificate`.
pub static CERTIFICATE: Shape = Shape {
    noun: "`certificate`",
    doc: "The server's certificate. Fails over plain HTTP, where there is none.",
    keys: &[
        Key::new(
            "days_left",
            predicate!(),
            "Predicate on the whole days until it ends, like `{ gt: 14 }`; negative after.",
        ),
        Key::new("subject", predicate!(), "Predicate on whose it is, like `O=Example, CN=api.example.com`."),
        Key::new("issuer", predicate!(), "Predicate on who signed it, in the same form."),
    ],
    refused: &[],
    extensible: false,
};

/// The operators of a predicate.
pub static PREDICATE: Shape = Shape {
    noun: "a predicate",
    doc: "Operators, all of which must hold. A value that is no mapping means `eq`.",
    keys: &[
        Key::new(
            "eq",
            Kind::Any,
            "Equal: typed, `1` equals `1.0` and not `\"1\"`, key order is nothing. Inside, all is literal.",
        ),
        Key::new("in", Kind::Either(&[Kind::List(&Kind::Any), Kind::Template]), "Equal to one of these."),
        Key::new(
            "like",
            Kind::Any,
            "Equal as far as it goes: objects may have more keys, lists may not have more items.",
        ),
        Key::new(
            "not",
            predicate!(),
            "The predicate does not hold. Fails where there is no value, or one of the wrong type.",
        ),
        Key::new("lt", ORDERED, "Less than: two numbers, two durations, or two RFC 3339 instants."),
        Key::new("le", ORDERED, "At most: two numbers, two durations, or two RFC 3339 instants."),
        Key::new("gt", ORDERED, "Greater than: two numbers, two durations, or two RFC 3339 instants."),
        Key::new("ge", ORDERED, "At least: two numbers, two durations, or two RFC 3339 instants."),
        Key::new("contains", Kind::Any, "The text contains this text; the list contains this item."),
        Key::new("starts_with", Kind::Template, "The text begins with this."),
        Key::new("ends_with", Kind::Template, "The text ends with this."),
        Key::new(
            "matches",
            Kind::Regex,
            "This regular expression (Rust `regex` syntax) is found anywhere in the text.",
        ),
        Key::new("length", predicate!(), "Predicate on the number of characters, items or keys."),
        Key::new("empty", FLAG, "Whether the text, list or object has nothing in it."),
        Key::new("all", predicate!(), "Predicate on every item of the list; fails on an empty list."),
        Key::new("any", predicate!(), "Predicate on at least one item of the list."),
        Key::new("none", predicate!(), "Predicate that no item of the list may pass."),
        Key::new("type", Kind::Either(&[TYPE, Kind::Null, Kind::Template]), "The type's name."),
        Key::new("exists", FLAG, "Whether something was found; `null` exists."),
    ],
    refused: &[],
    extensible: false,
};

/// A capture in its long form.
pub static CAPTURE: Shape = Shape {
    noun: "a capture",
    doc: "Exactly one source, and what to do with it.",
    keys: &[
        Key::new("json", Kind::JsonPath, "JSONPath into the body; a path that can find many gives the list."),
        Key::new("xpath", Kind::Text, "XPath 1.0 into an XML or HTML body: one node's text, or the list of several."),
        Key::new("header", Kind::Text, "A header's text, repeated lines joined with `, `; of `set-cookie` the list."),
        Key::new("cookie", Kind::Text, "The value of a cookie that the reply sets."),
        Key::new(
            "regex",
            Kind::Regex,
            "What this finds in the body's text: group 1 if there is one, else all of the match.",
        ),
        Key::new("value", Kind::Any, "A template."),
        Key::new("body", Kind::Boolean, "`true`: the body's text."),
        Key::new("status", Kind::Boolean, "`true`: the status."),
        Key::new("url", Kind::Boolean, "`true`: the final URL, after redirects."),
        Key::new("secret", Kind::Boolean, "Whether the value is masked wherever it would be written."),
        Key::new("default", Kind::Any, "The value where the source finds nothing. Without it that is a failure."),
    ],
    refused: &[],
    extensible: false,
};

/// What stands behind a name in `capture`: a JSONPath, a template, or the long form.
pub static CAPTURE_SOURCE: Kind = Kind::Either(&[Kind::JsonPath, Kind::Template, Kind::Object(&CAPTURE)]);
