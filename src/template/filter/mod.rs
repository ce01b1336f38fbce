//! The filters and tests: MiniJinja's, with ours beside them, in one environment that the whole program shares.

use std::sync::LazyLock;

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use super::node::{Comparison, Math};
use super::operate;
use super::text::{self, Failure, type_name};

mod bounded;
mod date;
mod digest;
mod encode;
mod json;
pub(super) mod pattern;
mod token;
mod xpath;

pub(super) use date::check_format;
pub use encode::percent_encode;
pub(super) use json::query as query_json;
pub(super) use xpath::query as query_markup;

/// Every filter by name, sorted.
const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "base64_decode",
    "base64_encode",
    "base64url_decode",
    "base64url_encode",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "format_date",
    "from_json",
    "groupby",
    "hmac_sha1",
    "hmac_sha256",
    "indent",
    "int",
    "items",
    "join",
    "jsonpath",
    "jwt_claims",
    "jwt_header",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "md5",
    "min",
    "parse_date",
    "pprint",
    "regex_find",
    "regex_replace",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "sha256",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "url_decode",
    "url_encode",
    "urlencode",
    "webex_id",
    "xpath",
    "zip",
];

/// Every test by name, sorted; `defined` and `undefined` are the evaluator's.
const TESTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// The names of the filters, for documentation and suggestions.
pub fn filter_names() -> impl Iterator<Item = &'static str> {
    FILTERS.iter().copied()
}

/// The names of the tests (`x is …`), for documentation and suggestions.
pub fn test_names() -> impl Iterator<Item = &'static str> {
    TESTS.iter().copied()
}

/// The name with a life of its own, where there is such a filter.
pub(super) fn filter(name: &str) -> Option<&'static str> {
    FILTERS.iter().find(|known| **known == name).copied()
}

/// The name with a life of its own, where there is such a test.
pub(super) fn test(name: &str) -> Option<&'static str> {
    TESTS.iter().find(|known| **known == name).copied()
}

/// The comparison a test stands for.
pub(super) fn comparison(test: &str) -> Option<Comparison> {
    Some(match test {
        "==" | "eq" | "equalto" => Comparison::Equal,
        "!=" | "ne" => Comparison::NotEqual,
        "<" | "lt" | "lessthan" => Comparison::Less,
        "<=" | "le" => Comparison::LessOrEqual,
        ">" | "gt" | "greaterthan" => Comparison::Greater,
        ">=" | "ge" => Comparison::GreaterOrEqual,
        "in" => Comparison::In,
        _ => return None,
    })
}

/// A state to call filters and tests with.
pub(super) fn state() -> State<'static, 'static> {
    static SHARED: LazyLock<Environment<'static>> = LazyLock::new(environment);
    SHARED.empty_state()
}

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    for test in TESTS {
        if let Some(op) = comparison(test) {
            env.add_test(*test, move |a: &Value, b: &Value| operate::compare(op, a, b).map_err(Error::from));
        }
    }
    // MiniJinja's panics on 0.
    env.add_test("divisibleby", |value: &Value, by: &Value| {
        let rest = operate::calculate(Math::Remainder, value, by)?;
        Ok::<_, Error>(operate::equal(&rest, &Value::from(0)))
    });
    env.add_filter("safe", |value: Value| value);
    // MiniJinja writes `True` and `5.0`, as Python does.
    env.add_filter("string", |value: &Value| text::of(value).map_err(Error::from));
    bounded::add(&mut env);
    encode::add(&mut env);
    digest::add(&mut env);
    json::add(&mut env);
    xpath::add(&mut env);
    token::add(&mut env);
    pattern::add(&mut env);
    date::add(&mut env);
    env
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Error::new(ErrorKind::InvalidOperation, failure.message.clone()).with_source(failure)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What one of our own filters failed with, or MiniJinja's words.
pub(super) fn failure(error: &Error) -> Failure {
    if let Some(own) = std::error::Error::source(error).and_then(|source| source.downcast_ref::<Failure>()) {
        return Failure { message: own.message.clone(), help: own.help.clone() };
    }
    match (error.kind(), error.detail()) {
        (_, Some("invalid float literal" | "invalid digit found in string")) => {
            Failure::new("the text is not a number").help("give a fallback: `int(default=0)`")
        }
        (ErrorKind::MissingArgument, _) => Failure::new("an argument is missing"),
        (ErrorKind::TooManyArguments, None) => Failure::new("too many arguments"),
        (_, Some(detail)) => Failure::new(detail.to_owned()),
        (kind, None) => Failure::new(kind.to_string()),
    }
}

/// The text a filter works on.
fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| {
        Failure::new(format!("needs a string, not {}", type_name(value)))
            .help("convert it with `| string` or `| tojson`")
    })
}

/// What a filter was called with; the first is its subject.
struct Arguments {
    values: Vec<Value>,
    named: Kwargs,
}

impl Arguments {
    fn new(values: Rest<Value>, named: Kwargs) -> Self {
        Self { values: values.0, named }
    }

    fn subject(&self) -> Value {
        self.values.first().cloned().unwrap_or(Value::UNDEFINED)
    }

    /// An argument by place, from 1, or by name.
    fn get(&self, place: usize, name: &str) -> Option<Value> {
        self.values.get(place).cloned().or_else(|| self.named.get::<Option<Value>>(name).ok().flatten())
    }
}
