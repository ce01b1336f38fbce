//! Habits of other template languages, and how the same is written here.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostics, nearest};
use crate::source::OffsetMap;

/// Warns about `${name}` and `${{ name }}` in `text[range]`, which stands outside of `{{ }}`: they are no templates here.
pub(super) fn dollars(text: &str, range: Range<usize>, map: &OffsetMap, diagnostics: &mut Diagnostics) {
    let Some(part) = text.get(range.clone()) else { return };
    for (at, _) in part.match_indices('$').map(|(at, dollar)| (range.start + at, dollar)) {
        let rest = text.get(at + 1..).unwrap_or("");
        if rest.starts_with("{{") {
            diagnostics
                .warning(Code::LiteralText, map.span(at..at + 3), "the `$` before `{{` is sent too")
                .help("write `{{ … }}` alone; where a dollar sign is meant, write it `{{ '$' }}`");
        } else if let Some((name, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        {
            let message = format!("`${{{name}}}` is no template: it is sent as it stands");
            diagnostics
                .warning(Code::LiteralText, map.span(at..at + name.len() + 3), message)
                .help(format!("write `{{{{ {name} }}}}`; where the text is meant, write it `{{{{ '${{{name}}}' }}}}`"));
        }
    }
}

/// What to write instead of an expression that cannot be read.
pub(super) fn syntax(source: &str) -> String {
    let help = if source.contains("{{") {
        "`{{ }}` is open already: write the name without braces"
    } else if let Some(word) = source.trim_start().strip_prefix('$') {
        return dollar(word);
    } else if source.contains("===") || source.contains("!==") {
        "compare with `==` and `!=`"
    } else if source.contains("&&") || source.contains("||") {
        "write `and`, `or` and `not`"
    } else if source.contains("=>") {
        "there are no functions of your own: use `map`, `select` or `selectattr`"
    } else if source.contains('=') && !["==", "!=", "<=", ">="].iter().any(|op| source.contains(op)) {
        "compare with `==`"
    } else if source.contains('`') {
        "text stands in quotes and is joined with `~`: `'id-' ~ id`"
    } else if source.contains('?') {
        "write `a if condition else b`"
    } else if source.contains('!') && !source.contains("!=") {
        "write `not`"
    } else {
        "an expression is like `name`, `a + 1`, `list | length > 2` or `'text' ~ name`"
    };
    help.to_owned()
}

/// Postman's dynamic variables, and what begins like them.
fn dollar(word: &str) -> String {
    let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    let name = word.get(..end).unwrap_or("");
    let written = match name.to_ascii_lowercase().as_str() {
        "guid" | "randomuuid" | "uuid" => "write `uuid()`",
        "timestamp" => "write `now()`, the Unix seconds",
        "isotimestamp" | "datetime" | "localdatetime" => "write `now() | format_date('%Y-%m-%dT%H:%M:%SZ')`",
        "randomint" | "random" => "write `random_int(0, 1000)`",
        "processenv" | "env" | "dotenv" => "name the variable in an input, `token: { env: TOKEN }`, and write `token`",
        lower if lower.starts_with("random") => "write `random_string(8)`, `random_int(0, 1000)` or `uuid()`",
        _ if word.starts_with(['.', '[']) => "a JSONPath stands in a filter: `response.json | jsonpath('$.id')`",
        _ if !name.is_empty() => return format!("write the name without `$`: `{name}`"),
        _ => "write a name or an expression, without `$`",
    };
    written.to_owned()
}

/// What to write instead of calling the method `name`.
pub(super) fn method(name: &str, is_filter: bool) -> String {
    let lower = name.to_ascii_lowercase();
    let written = match lower.as_str() {
        "touppercase" => "… | upper",
        "tolowercase" => "… | lower",
        "strip" | "trimstart" | "trimend" => "… | trim",
        "tostring" => "… | string",
        "stringify" | "dumps" => "… | tojson",
        "parse" | "loads" => "… | from_json",
        "includes" | "contains" | "indexof" | "has" => "'part' in …",
        "startswith" => "… is startingwith('a')",
        "endswith" => "… is endingwith('a')",
        "replaceall" | "sub" => "… | replace('a', 'b')",
        "match" | "exec" | "search" | "find" => "… | regex_find('a(.*)')",
        "filter" => "… | selectattr('key', 'eq', 1)",
        "substring" | "substr" => "…[0:3]",
        "keys" => "… | list",
        "tofixed" => "… | round(2)",
        "get" => {
            return "names stand as they are, like `token`, and what is inside them as `room.id` or `room['id']`"
                .to_owned();
        }
        _ if is_filter => return format!("use the filter: `… | {name}`"),
        _ => return "use a filter, like `… | upper` or `… | length`; docs/language.md lists them".to_owned(),
    };
    format!("write `{written}`")
}

/// What to write instead of calling the function `name`.
pub(super) fn function(name: &str, known: &[&'static str]) -> String {
    let lower = name.to_ascii_lowercase().replace('_', "");
    let written = match lower.as_str() {
        "len" | "size" | "count" => "… | length",
        "newuuid" | "uuid4" | "uuidv4" | "guid" | "generateuuid" => "uuid()",
        "newdate" | "timestamp" | "unixtimestamp" | "time" | "date" | "today" => {
            "now()`, and a date as `now() | format_date('%Y-%m-%d')"
        }
        "randint" | "random" | "randomint" => "random_int(0, 1000)",
        "randomstr" | "randstring" | "randomalphanumeric" => "random_string(8)",
        "str" => "… | string",
        "number" | "parseint" => "… | int",
        "tojson" | "json" | "jsonencode" => "… | tojson",
        "fromjson" | "jsondecode" => "… | from_json",
        "contains" => "'part' in …",
        "startswith" => "… is startingwith('a')",
        "endswith" => "… is endingwith('a')",
        "base64" | "b64encode" | "btoa" => "… | base64_encode",
        "b64decode" | "atob" => "… | base64_decode",
        "encodeuri" | "encodeuricomponent" | "urlquote" => "… | url_encode",
        "env" | "getenv" | "processenv" => {
            return "name the variable in an input, `token: { env: TOKEN }`, and write `token`".to_owned();
        }
        _ => {
            return match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the functions are {}", known.join(", ")),
            };
        }
    };
    format!("write `{written}`")
}

/// What to write instead of a name that other tools bind themselves, like `env`; `None` for all others.
pub fn context(name: &str) -> Option<&'static str> {
    Some(match name {
        "inputs" | "vars" | "secrets" | "variables" | "input" => {
            "inputs, vars and captures stand by their own names, like `token`, without a prefix"
        }
        "env" | "process" | "environment" => {
            "name the variable in an input, `token: { env: TOKEN }`, and write `token`"
        }
        "pm" | "bru" | "postman" => "names stand as they are, like `token`; what a step found is bound by `capture`",
        "github" | "matrix" | "runner" | "needs" => {
            "hand it in as an input: `wxflow run --var name=value`, or an input with `env: …`"
        }
        "body" | "res" | "current" | "status" | "headers" => {
            "the reply is `response`: `response.json`, `response.status`, `response.headers['content-type']`"
        }
        _ => return None,
    })
}
