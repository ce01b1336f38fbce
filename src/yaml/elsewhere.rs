//! What people write who come from other tools, and how it is said here.
//!
//! A word is compared in small letters, without `-` and `_`: `statusCode` and `status_code` are one habit.

use super::Shape;

/// What an unknown key most likely means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// This key of the same mapping.
    Key(&'static str),
    /// Something that stands elsewhere, or in another form: what to write.
    Advice(&'static str),
}

/// The meaning of `name` in a mapping of `shape`, where it is a habit of other tools.
pub(super) fn meant(shape: &Shape, name: &str) -> Option<Meant> {
    let word: String = name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect();
    let advice = ADVICE.iter().find(|(noun, words, _)| *noun == shape.noun && words.contains(&word.as_str()));
    if let Some((.., advice)) = advice {
        return Some(Meant::Advice(advice));
    }
    let keys = KEYS.iter().filter(|(_, words)| words.contains(&word.as_str())).map(|(key, _)| *key);
    keys.into_iter().find(|key| shape.keys.iter().any(|known| known.name == *key)).map(Meant::Key)
}

/// (our key, what others call it). A word that means several is the first of them that the mapping has.
const KEYS: &[(&str, &[&str])] = &[
    ("when", &["if", "condition", "unless", "onlyif"]),
    ("json", &["body", "data", "payload", "jsonbody", "jsonpath", "path"]),
    ("text", &["raw", "rawbody"]),
    ("form", &["formurlencoded", "urlencoded", "formparams"]),
    ("multipart", &["files", "formdata", "multipartformdata", "attachments", "upload"]),
    ("query", &["params", "queryparams", "queryparameters", "querystring", "searchparams", "urlparams"]),
    ("expect", &["assert", "asserts", "assertions", "test", "tests", "response", "checks", "validate", "validations"]),
    ("capture", &["extract", "register", "captures", "bind", "extractors", "saveas", "store", "export", "output"]),
    ("vars", &["variables", "constants", "env", "globals", "locals", "let"]),
    ("steps", &["requests", "scenario", "scenarios", "stages", "tasks", "items", "item", "entries"]),
    ("description", &["desc", "summary", "comment", "docs"]),
    ("name", &["title", "label"]),
    ("for_each", &["foreach", "loop", "withitems", "repeat", "iterate", "times"]),
    ("wait", &["sleep", "delay", "pause"]),
    ("use", &["uses", "include", "import", "call", "flow", "template"]),
    ("with", &["inputs", "arguments", "args", "parameters"]),
    ("cleanup", &["teardown", "finally", "after", "always", "defer", "ensure", "rollback"]),
    ("continue_on_failure", &["continueonerror", "ignoreerrors", "allowfailure", "failfast", "softfail"]),
    ("redirects", &["followredirects", "followredirect", "redirect", "maxredirects", "location", "allowredirects"]),
    ("paginate", &["pagination", "paging", "pages"]),
    ("rate_limit", &["ratelimit", "throttle"]),
    ("auth", &["authentication", "authorization", "credentials"]),
    ("set", &["setvariable", "assign", "variable"]),
    ("status", &["code", "statuscode", "responsecode", "httpcode", "responsestatus"]),
    ("body", &["text", "content", "bodytext", "responsebody"]),
    ("duration", &["responsetime", "latency", "time", "elapsed", "took", "timing"]),
    ("schema", &["jsonschema"]),
    ("that", &["js", "expression", "expressions", "predicates"]),
    ("sha256", &["hash", "digest", "checksum"]),
    ("certificate", &["cert", "ssl", "tls"]),
    ("regex", &["regexp", "pattern", "match"]),
    ("value", &["template", "expr"]),
    ("secret", &["sensitive", "mask", "masked", "hidden", "password", "private"]),
    ("choices", &["options", "enum", "values", "oneof", "allowed"]),
    ("default", &["value", "fallback", "initial"]),
    ("env", &["environment", "variable", "fromenv"]),
    ("attempts", &["count", "times", "max", "maxattempts", "retries", "limit", "maxretries", "loop", "loopcount"]),
    ("delay", &["interval", "wait", "sleep", "backoffdelay", "initialdelay"]),
    ("backoff", &["multiplier", "factor"]),
    ("on", &["statuses", "statuscodes", "status", "onstatus", "retryon"]),
    ("every", &["interval", "delay", "wait"]),
    ("within", &["timeout", "max", "maxtime", "deadline", "for"]),
    ("until", &["condition", "expect", "success"]),
    ("items", &["data", "results", "list", "path"]),
    ("next", &["nextpage", "nexturl", "link", "nextlink"]),
    ("max_pages", &["limit", "maxpages", "max"]),
    ("max_wait", &["max", "timeout", "within"]),
    ("algorithm", &["alg"]),
    ("claims", &["payload", "body"]),
    ("expires_in", &["expiresin", "exp", "ttl", "lifetime", "expiry"]),
    ("eq", &["equals"]),
    ("grant", &["granttype", "flow", "type"]),
    ("token_url", &["tokenendpoint", "accesstokenurl", "tokenuri"]),
    ("authorize_url", &["authurl", "authorizationurl", "authorizationendpoint", "authorizeuri"]),
    ("redirect_uri", &["callbackurl", "redirecturl", "callback"]),
    ("scopes", &["scope"]),
];

const REQUEST: &str = "method and URL stand in one text: `request: GET /people/me`";
const NO_CODE: &str =
    "a flow holds no code and runs no commands: send with `request`, compare with `expect`, compute with `set`";
const PERSON: &str = "that is for the person who runs the flow: `wxflow run --insecure HOST`, `--cacert FILE`, `--proxy URL`, or the environment's `tls` and `proxy`";
const CREDENTIALS: &str =
    "the kind is the key: `auth: { bearer: \"{{ token }}\" }`, `auth: { basic: { username: …, password: … } }`";
const IN_DEFAULTS: &str =
    "what all requests share stands under `defaults`, like `defaults: { base_url: …, headers: … }`";
const IN_A_STEP: &str = "it belongs to a step: move it into the step under `steps` that it is for";

/// (the mapping's noun, the words, what to write instead).
const ADVICE: &[(&str, &[&str], &str)] = &[
    (
        "a step",
        &[
            "url",
            "uri",
            "method",
            "endpoint",
            "get",
            "post",
            "put",
            "patch",
            "delete",
            "head",
            "req",
            "httprequest",
            "verb",
        ],
        REQUEST,
    ),
    ("a cleanup", &["url", "uri", "method", "get", "post", "put", "delete", "req"], REQUEST),
    (
        "a step",
        &["run", "script", "exec", "shell", "cmd", "command", "prerequest", "before", "hooks", "event"],
        NO_CODE,
    ),
    ("a step", &["insecure", "verify", "verifyssl", "ssl", "tls", "cacert", "proxy", "cert"], PERSON),
    ("a step", &["skip", "disabled", "only", "enabled"], "a step that runs only sometimes has a condition: `when: …`"),
    (
        "a step",
        &["retries", "retrycount", "maxretries", "attempts"],
        "write `retry: { attempts: 3 }`: three sends in all",
    ),
    (
        "a step",
        &["until", "waitfor", "waituntil", "waituntilready"],
        "to send again until a reply is as wanted: `poll: { until: { json: { $.status: done } } }`",
    ),
    (
        "a step",
        &["strategy", "matrix"],
        "to run a step several times write `for_each: { item: [a, b] }`; for a whole flow use `wxflow run --data FILE`",
    ),
    ("a step", &["graphql"], "a GraphQL request is a POST: `json: { query: \"…\", variables: { … } }`"),
    ("a step", &["outputs"], "a step has `capture`; `outputs` stands at the flow's top level"),
    ("a step", &["env", "environment"], "values come in through the flow's `inputs`, constants stand in its `vars`"),
    (
        "a flow",
        &["jobs", "workflow", "collection"],
        "a flow is one list of `steps`; several jobs are several flow files",
    ),
    (
        "a flow",
        &["on", "triggers", "schedule", "cron"],
        "remove it: when a flow runs is said where `wxflow run` is called, in CI or cron",
    ),
    (
        "a flow",
        &["options", "vus", "iterations", "thresholds"],
        "remove it: `wxflow run --repeat N` and `-j N` say how often and how many at once",
    ),
    (
        "a flow",
        &[
            "baseurl",
            "url",
            "host",
            "server",
            "runners",
            "headers",
            "query",
            "auth",
            "timeout",
            "redirects",
            "ratelimit",
        ],
        IN_DEFAULTS,
    ),
    (
        "a flow",
        &[
            "if", "when", "foreach", "loop", "retry", "poll", "expect", "capture", "request", "json", "use", "set",
            "check", "assert", "asserts", "tests",
        ],
        IN_A_STEP,
    ),
    (
        "a flow",
        &["cleanup", "teardown", "finally", "after", "afterall"],
        "what is made is undone beside the step that makes it: `cleanup` under that request",
    ),
    (
        "a flow",
        &["setup", "before", "beforeall", "init", "prerequest", "script"],
        "write it as the first of `steps`, or as a flow of its own that others `use`, with `once: true` where once is enough",
    ),
    ("a flow", &["secrets"], "a secret is an input: `inputs: { token: { env: WEBEX_TOKEN, secret: true } }`"),
    (
        "a flow",
        &["env", "environment"],
        "values come in through `inputs`, constants stand in `vars`; `environments/NAME.yaml` is chosen with `-e NAME`",
    ),
    (
        "an environment",
        &["baseurl", "url", "host", "server", "headers", "auth"],
        "an environment gives values to inputs: `vars: { webex_url: https://… }`, and the flow uses them under `defaults`",
    ),
    ("`auth`", &["type", "kind", "scheme", "token", "username", "user", "password", "bearertoken"], CREDENTIALS),
    (
        "`auth`",
        &["apikey", "key", "header"],
        "a key in a header or a query is written there: `headers: { X-Api-Key: \"{{ key }}\" }`",
    ),
    (
        "an input",
        &["required", "optional"],
        "remove it: an input without `default` is required, one with `default` is not",
    ),
    (
        "`expect`",
        &["equals", "eq", "contains", "matches"],
        "say of what: `json: { $.path: … }`, `body: { contains: … }`, `headers: { name: … }`",
    ),
    ("`expect`", &["contenttype"], "it is a header: `headers: { content-type: { contains: json } }`"),
    (
        "`expect`",
        &["size", "length", "bytes"],
        "ask it of the reply: `that: response.size < 1000`, or `body: { length: … }`",
    ),
    (
        "a capture",
        &["from", "source", "path", "expression", "selector"],
        "name the source: `json`, `xpath`, `header`, `cookie`, `regex` or `value`",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Key, Kind};

    static STEP: Shape = Shape {
        noun: "a step",
        doc: "",
        keys: &[Key::new("json", Kind::Any, ""), Key::new("continue_on_failure", Kind::Any, "")],
        refused: &[],
        extensible: false,
    };

    #[test]
    fn a_word_means_a_key_that_the_mapping_has() {
        assert_eq!(meant(&STEP, "body"), Some(Meant::Key("json")));
        assert_eq!(meant(&STEP, "continue-on-error"), Some(Meant::Key("continue_on_failure")));
        assert_eq!(meant(&STEP, "asserts"), None);
        assert_eq!(meant(&STEP, "GET"), Some(Meant::Advice(REQUEST)));
    }

    #[test]
    fn words_are_written_as_they_are_compared() {
        let words = KEYS.iter().map(|(_, words)| *words).chain(ADVICE.iter().map(|(_, words, _)| *words)).flatten();
        for word in words {
            assert!(word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{word}");
        }
    }
}
