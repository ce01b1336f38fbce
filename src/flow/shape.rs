//! What a flow may hold: the tables that drive the reader, its suggestions and the JSON Schema.
//!

mod actions;
mod auth;
mod files;
mod input;
mod jwt;
mod waiting;

use crate::check::shape::{CAPTURE_SOURCE, EXPECT};
use crate::yaml::{Key, Kind, Shape};

pub(crate) use actions::{ACTIONS, REQUEST_ONLY, USE_ONLY};
use auth::AUTH;
pub(crate) use auth::{AUTH_SHAPE, BASIC, DIGEST};
pub(crate) use files::PART_SHAPE;
use files::{FILE_KEY, HTTP_KEY, MULTIPART_KEY, SAVE_KEY};
use input::INPUT;
pub(crate) use input::{INPUT_SHAPE, INPUT_TYPES};
pub(crate) use jwt::{ALGORITHMS, JWT, KEY, SECRET};
pub(crate) use waiting::{PAGINATE, POLL, RETRY};
use waiting::{PAGINATE_KEY, POLL_KEY, RETRY_KEY};

static CAPTURE_KIND: Kind = Kind::Named("capture", &CAPTURE_SOURCE);
const BOUND_ANY: Kind = Kind::Map(&Kind::Name, &Kind::Any);
const HEADERS: Kind = Kind::Map(&Kind::Text, &Kind::OneOrMany(&Kind::Sendable));
const COOKIES: Kind = Kind::Map(&Kind::Text, &Kind::Sendable);
const REDIRECTS: Kind = Kind::Either(&[Kind::Integer(0), Kind::Boolean]);
const RATE_LIMIT: Kind = Kind::Either(&[Kind::Choice(&["wait", "fail"]), Kind::Object(&RATE_LIMIT_SHAPE)]);

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
            "Words to choose flows by: `wxflow run --tags smoke`.",
        ),
        Key::new("version", Kind::Numbers(&["1"]), "The version of the flow language: 1."),
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
            Kind::Map(&Kind::Text, &Kind::Text),
            "Files that the flow brings along, path and text: looked up before the disk. `wxflow export bundle` writes them.",
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

/// `rate_limit` as a mapping.
pub(crate) static RATE_LIMIT_SHAPE: Shape = Shape {
    noun: "`rate_limit`",
    doc: "Wait as the server asks, at most this long in one step.",
    keys: &[Key::required("max_wait", Kind::Duration, "The longest one step may wait in all, like `5m`.")],
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
    doc: "One step: exactly one of `request`, `jwt`, `use`, `set`, `wait`, `check`, and what stands around it.",
    keys: &[
        NAME_KEY,
        Key::new(
            "id",
            Kind::Name,
            "A name for later steps: `steps.<id>.outcome`, `steps.<id>.response` and `steps.<id>.outputs`. Letters, digits and `_`.",
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
        Key::new(
            "use",
            Kind::Text,
            "Runs another flow as a step, in its own names: its path, relative to this flow's folder. Its `outputs` are there for this step's `capture`.",
        ),
        Key::new(
            "with",
            BOUND_ANY,
            "Values for the inputs of the flow that `use` runs. `omit` leaves an input to its own default.",
        ),
        Key::new(
            "once",
            Kind::Boolean,
            "Runs the flow of `use` at most once per command for the same inputs; all other steps that ask for it wait and get its outputs, or its failure.",
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
