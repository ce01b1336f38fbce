//! What a flow may hold: the tables that drive the reader, its suggestions and the JSON Schema.
//!
//! A key of the language that this version lacks stays here as `Upcoming`, so that it answers with its own words.

use crate::check::shape::{CAPTURE_SOURCE, EXPECT};
use crate::yaml::{Key, Kind, Shape};

/// The actions of a step: exactly one stands in each.
pub(crate) const ACTIONS: &[&str] = &["request", "jwt", "use", "set", "wait", "check"];
/// The actions this version runs.
pub(crate) const ACTIONS_HERE: &[&str] = &["request", "jwt", "set", "wait", "check"];
/// The keys that stand only beside `request`.
pub(crate) const REQUEST_ONLY: &[&str] = &[
    "query",
    "headers",
    "cookies",
    "auth",
    "json",
    "form",
    "multipart",
    "text",
    "file",
    "timeout",
    "redirects",
    "http",
    "save",
    "retry",
    "rate_limit",
    "poll",
    "paginate",
    "expect",
    "cleanup",
];

static CAPTURE_KIND: Kind = Kind::Named("capture", &CAPTURE_SOURCE);
const NAMED_ANY: Kind = Kind::Map(&Kind::Text, &Kind::Any);
const BOUND_ANY: Kind = Kind::Map(&Kind::Name, &Kind::Any);
const HEADERS: Kind = Kind::Map(&Kind::Text, &Kind::OneOrMany(&Kind::Scalar));
const COOKIES: Kind = Kind::Map(&Kind::Text, &Kind::Scalar);
const REDIRECTS: Kind = Kind::Either(&[Kind::Integer(0), Kind::Boolean]);
const RATE_LIMIT: Kind = Kind::Either(&[Kind::Choice(&["wait", "fail"]), Kind::Object(&RATE_LIMIT_SHAPE)]);
const AUTH: Kind = Kind::Named("auth", &Kind::Either(&[Kind::Choice(&["none"]), Kind::Object(&AUTH_SHAPE)]));

/// A whole flow file.
pub(crate) static FLOW: Shape = Shape {
    noun: "a flow",
    doc: "A wxflow flow: requests that run from top to bottom, and what is expected of their replies.",
    keys: &[
        Key::new(
            "name",
            Kind::Text,
            "What the flow is called in reports. Left out: the file's name without `.flow.yaml`.",
        ),
        Key::new("description", Kind::Text, "What the flow shows or tests, for the people who read it."),
        Key::new(
            "tags",
            Kind::List(&Kind::Pattern(TAG, "a word")),
            "Words to choose flows by: `wxflow run --tag smoke`.",
        ),
        Key::new("version", Kind::Integer(1), "The version of the flow language: 1."),
        Key::new(
            "inputs",
            Kind::Map(&Kind::Name, &INPUT),
            "What the flow asks for. A plain value is the default; `null` makes the input required; the long form is `{default, env, description, secret, type, choices, hosts}`.",
        ),
        Key::new(
            "vars",
            BOUND_ANY,
            "Values worked out once, in order, before the first step. They may use inputs and the vars above them.",
        ),
        Key::new(
            "defaults",
            Kind::Object(&DEFAULTS),
            "What every request of this flow has unless its step says otherwise.",
        ),
        Key::required(
            "steps",
            Kind::List(&Kind::Named("step", &Kind::Object(&STEP))),
            "The steps, run from top to bottom.",
        ),
        Key::new(
            "outputs",
            BOUND_ANY,
            "What the flow gives to its caller, or to `--output`: name and value. A failed flow gives none.",
        ),
        Key::new(
            "files",
            Kind::Upcoming("keep the files on disk beside the flow and name them by their path"),
            "the files of a bundle, path and text",
        ),
    ],
    refused: &[
        (
            "data",
            "`data` is reserved for a later version of the language",
            "remove it: write one input per value for now",
        ),
        ("matrix", "`matrix` is reserved for a later version of the language", "remove it: use `for_each` on a step"),
        ("listeners", "`listeners` is reserved for a later version of the language", "remove it"),
        ("load", "`load` is reserved for a later version of the language", "remove it"),
        (
            "components",
            "`components` is reserved for a later version of the language",
            "remove it: put what requests share into `defaults`, and values into `vars`",
        ),
    ],
    extensible: true,
};

const TAG: &str = r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$";

const INPUT: Kind =
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

/// `defaults`.
pub(crate) static DEFAULTS: Shape = Shape {
    noun: "`defaults`",
    doc: "What every request of the flow has unless its step says otherwise.",
    keys: &[
        Key::new(
            "base_url",
            Kind::Template,
            "What the path of a request is appended to, like `https://webexapis.com/v1`. Defaults that are secret go only to its scheme, host and port.",
        ),
        Key::new(
            "headers",
            HEADERS,
            "Headers of every request. A header of the step replaces the one of the same name.",
        ),
        Key::new("query", HEADERS, "Query parameters of every request."),
        Key::new("auth", AUTH, "Credentials of every request to `base_url`'s scheme, host and port."),
        Key::new("timeout", Kind::Duration, "The longest each send may take. Left out: 30s."),
        Key::new("redirects", REDIRECTS, "How many redirects are followed, or `false` for none. Left out: 10."),
        Key::new("rate_limit", RATE_LIMIT, "What to do when the server asks to slow down. Left out: wait."),
    ],
    refused: &[],
    extensible: false,
};

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

/// `rate_limit` as a mapping.
pub(crate) static RATE_LIMIT_SHAPE: Shape = Shape {
    noun: "`rate_limit`",
    doc: "Wait as the server asks, at most this long in one step.",
    keys: &[Key::required("max_wait", Kind::Duration, "The longest one step may wait in all, like `5m`.")],
    refused: &[],
    extensible: false,
};

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
            Kind::Upcoming(
                "get a token by other means, hand it in as a secret input, and write `auth: { bearer: \"{{ token }}\" }`",
            ),
            "a token that the environment knows how to get",
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

const QUERY_KEY: Key =
    Key::new("query", HEADERS, "Query parameters, percent-encoded for you. A list repeats the key; `omit` drops it.");
const HEADERS_KEY: Key =
    Key::new("headers", HEADERS, "Request headers. A list sends the header several times; `omit` drops it.");
const COOKIES_KEY: Key = Key::new("cookies", COOKIES, "Cookies to send beside those the server has set.");
const AUTH_KEY: Key = Key::new(
    "auth",
    AUTH,
    "The credentials: `{bearer: …}`, `{basic: {username, password}}`, `{digest: {username, password}}`, or `none` to send none, not even those of `defaults`.",
);
const JSON_KEY: Key = Key::new("json", Kind::Any, "The body as JSON, with `Content-Type: application/json`.");
const FORM_KEY: Key =
    Key::new("form", HEADERS, "The body as a form, with `Content-Type: application/x-www-form-urlencoded`.");
const TEXT_KEY: Key = Key::new(
    "text",
    Kind::Template,
    "The body as text, with `Content-Type: text/plain; charset=utf-8` unless a header says otherwise.",
);
const TIMEOUT_KEY: Key =
    Key::new("timeout", Kind::Duration, "The longest each send may take. Left out: as in `defaults`, else 30s.");
const REDIRECTS_KEY: Key = Key::new(
    "redirects",
    REDIRECTS,
    "How many redirects are followed, or `false` for none. Left out: as in `defaults`, else 10.",
);
const RATE_LIMIT_KEY: Key = Key::new(
    "rate_limit",
    RATE_LIMIT,
    "On 429, and on 423 and 503 with Retry-After: `wait` and send again, `fail`, or `{max_wait: 5m}`. Left out: wait, at most 2 minutes.",
);
const MULTIPART_KEY: Key = Key::new(
    "multipart",
    Kind::Map(&Kind::Text, &Kind::OneOrMany(&PART)),
    "The body as `multipart/form-data`, for uploads: each field a text, `{file, type, filename}`, or a list of these.",
);
const FILE_KEY: Key = Key::new(
    "file",
    Kind::Template,
    "The body from a file, sent as it is: a path relative to the flow's folder. Its `Content-Type` is guessed from the name unless a header says it.",
);
const HTTP_KEY: Key =
    Key::new("http", Kind::Numbers(&["1.1", "2"]), "The HTTP version to insist on, 1.1 or 2. Left out: negotiated.");
const SAVE_KEY: Key = Key::new(
    "save",
    Kind::Template,
    "Keeps the reply's body in this file, relative to the flow's folder. The person must allow it: --allow-write.",
);
const RETRY_KEY: Key = Key::new(
    "retry",
    Kind::Upcoming("remove it; what a server asks to wait for (429) is waited for anyway, see `rate_limit`"),
    "sends again after a failure",
);
const POLL_KEY: Key = Key::new(
    "poll",
    Kind::Upcoming("remove it; put a `wait` step before this one if the server needs time"),
    "sends again until the reply is as wanted",
);
const PAGINATE_KEY: Key = Key::new(
    "paginate",
    Kind::Upcoming("remove it, and ask for enough in one page with a query parameter like `max`"),
    "follows the links to the next pages",
);
const NAME_KEY: Key =
    Key::new("name", Kind::Text, "What the step is called in reports. Left out: its action, like `GET /people/me`.");
const DESCRIPTION_KEY: Key =
    Key::new("description", Kind::Text, "Why the step is there, for the people who read the flow.");
const WHEN_KEY: Key = Key::new(
    "when",
    Kind::Expression,
    "An expression without braces that must give true or false. False skips the step, visibly.",
);

/// A step.
pub(crate) static STEP: Shape = Shape {
    noun: "a step",
    doc: "One step: exactly one of `request`, `jwt`, `set`, `wait`, `check`, and what stands around it.",
    keys: &[
        NAME_KEY,
        Key::new(
            "id",
            Kind::Name,
            "A name for later steps: `steps.<id>.outcome` and `steps.<id>.response`. Letters, digits and `_`.",
        ),
        DESCRIPTION_KEY,
        WHEN_KEY,
        Key::new(
            "for_each",
            Kind::Map(&Kind::Name, &Kind::Any),
            "Runs the step once per item: `for_each: {email: \"{{ emails }}\"}` has `email` and `loop` (index, first, last, length).",
        ),
        Key::new(
            "continue_on_failure",
            Kind::Boolean,
            "Whether the flow goes on after this step failed. It still fails in the end.",
        ),
        Key::new(
            "request",
            Kind::Template,
            "The method and the URL: `GET /people/me`. A path is appended to `defaults.base_url`; a full URL stands alone.",
        ),
        QUERY_KEY,
        HEADERS_KEY,
        COOKIES_KEY,
        AUTH_KEY,
        JSON_KEY,
        FORM_KEY,
        TEXT_KEY,
        MULTIPART_KEY,
        FILE_KEY,
        TIMEOUT_KEY,
        REDIRECTS_KEY,
        RATE_LIMIT_KEY,
        HTTP_KEY,
        SAVE_KEY,
        RETRY_KEY,
        POLL_KEY,
        PAGINATE_KEY,
        Key::new(
            "jwt",
            Kind::Object(&JWT),
            "Signs a JSON Web Token: `jwt.token` and `jwt.claims` for this step's `capture`.",
        ),
        Key::new("set", BOUND_ANY, "Binds names to values for the steps below."),
        Key::new("wait", Kind::Duration, "Waits this long, like `2s`."),
        Key::new("check", Kind::List(&Kind::Expression), "Expressions without braces that must all be true."),
        Key::new("use", Kind::Upcoming("copy the steps of the other flow here for now"), "runs another flow as a step"),
        Key::new("with", Kind::Upcoming("it belongs to `use`: remove it"), "the inputs of the flow that `use` runs"),
        Key::new(
            "once",
            Kind::Upcoming("it belongs to `use`: remove it"),
            "runs the flow of `use` at most once in the command",
        ),
        Key::new(
            "capture",
            Kind::Map(&Kind::Name, &CAPTURE_KIND),
            "Names for values of the reply: `$.id` (a JSONPath), a template, or `{json | xpath | header | cookie | regex | value: …, secret, default}`.",
        ),
        Key::new(
            "expect",
            Kind::Named("expect", &Kind::Object(&EXPECT)),
            "What the reply must be. Left out: any status below 400.",
        ),
        Key::new(
            "cleanup",
            Kind::Named("cleanup", &Kind::Either(&[Kind::Object(&CLEANUP), Kind::List(&Kind::Object(&CLEANUP))])),
            "What undoes this request: a request step, or a list of them. Registered once the reply was accepted, run when the flow ends, whatever happened.",
        ),
    ],
    refused: &[
        (
            "parallel",
            "`parallel` is reserved for a later version of the language",
            "remove it: steps run one after the other",
        ),
        (
            "group",
            "`group` is reserved for a later version of the language",
            "remove it: write the steps one after the other",
        ),
        (
            "else",
            "`else` is reserved for a later version of the language",
            "write a second step with the opposite `when`",
        ),
        (
            "goto",
            "`goto` is reserved for a later version of the language",
            "remove it: a flow runs from top to bottom; `when` skips a step",
        ),
        (
            "on_success",
            "`on_success` is reserved for a later version of the language",
            "give this step an `id`, and the next one `when: steps.<id>.outcome == 'passed'`",
        ),
        (
            "on_failure",
            "`on_failure` is reserved for a later version of the language",
            "use `cleanup`, or `continue_on_failure` and `when: steps.<id>.outcome == 'failed'` on the next step",
        ),
        (
            "needs",
            "`needs` is reserved for a later version of the language",
            "remove it: every step needs the ones above it",
        ),
        ("listen", "`listen` is reserved for a later version of the language", "remove it"),
        ("receive", "`receive` is reserved for a later version of the language", "remove it"),
        ("websocket", "`websocket` is reserved for a later version of the language", "remove it"),
        ("sse", "`sse` is reserved for a later version of the language", "remove it"),
        ("grpc", "`grpc` is reserved for a later version of the language", "remove it"),
    ],
    extensible: false,
};

/// A request step under `cleanup`.
pub(crate) static CLEANUP: Shape = Shape {
    noun: "a cleanup",
    doc: "A request that undoes what its step did.",
    keys: &[
        NAME_KEY,
        DESCRIPTION_KEY,
        WHEN_KEY,
        Key::required("request", Kind::Template, "The method and the URL: `DELETE /rooms/{{ room_id }}`."),
        QUERY_KEY,
        HEADERS_KEY,
        COOKIES_KEY,
        AUTH_KEY,
        JSON_KEY,
        FORM_KEY,
        TEXT_KEY,
        MULTIPART_KEY,
        FILE_KEY,
        TIMEOUT_KEY,
        REDIRECTS_KEY,
        RATE_LIMIT_KEY,
        HTTP_KEY,
        SAVE_KEY,
        RETRY_KEY,
        POLL_KEY,
        PAGINATE_KEY,
        Key::new(
            "expect",
            Kind::Named("expect", &Kind::Object(&EXPECT)),
            "What the reply must be. Left out: any status below 400.",
        ),
    ],
    refused: &[],
    extensible: false,
};

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
