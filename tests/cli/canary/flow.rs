//! The project that sends every canary from every source to every position.

use std::fmt::Write as _;

use super::secret::Canary;
use crate::project::Project;

/// Where canaries come from; the names of those in [`INSIDE`] are bound by the flow itself.
pub(super) const GIVEN: [&str; 17] = [
    "s_file",
    "s_stdin",
    "s_literal",
    "s_env",
    "s_dotenv",
    "s_variable",
    "s_row",
    "s_varfile",
    "e_env",
    "e_file",
    "client_secret",
    "jwt_key",
    "given_access",
    "given_refresh",
    "given_capture",
    "s_object",
    "s_typed",
];
const INPUTS: [&str; 10] =
    ["s_file", "s_stdin", "s_literal", "s_env", "s_dotenv", "s_variable", "s_row", "s_varfile", "e_env", "e_file"];
/// Names that the flow binds, and the source that they are made from.
const BOUND: [(&str, &str); 5] = [
    ("given_capture", "given_capture"),
    ("from_set", "s_file"),
    ("from_part", "s_stdin"),
    ("from_object", "s_env"),
    ("from_list", "e_env"),
];

/// The names that are sent in this turn, and whose canary each holds.
pub(super) fn sent(turn: usize) -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = std::env::var("WXFLOW_CANARY").is_ok_and(|which| which == "all");
    let names = INPUTS.into_iter().map(|name| (name, name)).chain(BOUND).enumerate();
    names.filter(move |(number, _)| all || *number == turn % 15).map(|(_, name)| name)
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ending {
    Passes,
    Fails,
}

const FAILING: &str = "    expect:
      status: 418
      body: { eq: nothing, contains: nothing, length: 0 }
      headers: { x-echo-0: nothing, x-echo-1: { matches: ^nothing$ }, set-cookie: { length: 99 } }
      cookies: { echo0: nothing, echo1: { type: number } }
      json: { \"$.values[0]\": nothing, $.all: { all: { eq: nothing } }, $.first: { in: [a, b] } }
      xpath: { //title: nothing }
      schema: { type: array }
      url: { eq: nothing }
      redirects: { length: 7 }
      that: [\"response.text == 'x'\", \"NAME == 'x'\", \"response.headers == 1\"]
";

/// The main flow.
fn flow(canaries: &[Canary], ending: Ending, turn: usize) -> String {
    let inputs = INPUTS.map(|name| match name {
        "s_env" => "  s_env: { env: WEBEX_S_ENV, secret: true }\n".to_owned(),
        "s_dotenv" => "  s_dotenv: { env: WEBEX_S_DOTENV, secret: true }\n".to_owned(),
        name => format!("  {name}: {{ secret: true }}\n"),
    });
    let mut text = format!(
        "inputs:\n{}  jwt_key: {{ secret: true }}\n  s_object: {{ type: object, secret: true }}\n  url: null\n",
        inputs.concat()
    );
    text.push_str("defaults: { base_url: \"{{ url }}\", timeout: 20s }\nsteps:\n");
    text.push_str(
        "  - name: Get a key
    request: GET /login
    capture: { given_capture: { json: $.key, secret: true } }
  - set: { from_set: \"{{ s_file }}\", unused: \"{{ s_file ~ s_env }}\" }
  - name: A part
    use: ./_part.flow.yaml
    with: { inner: \"{{ s_stdin }}\" }
    capture: { from_part: \"{{ outputs.out }}\" }
  - set: { object: \"{{ {'user': s_env, 'deep': [{'x': s_env}]} }}\", list: \"{{ [e_env, 'other'] }}\" }
  - set: { from_object: \"{{ object.deep[0].x }}\", from_list: \"{{ list[0] }}\" }
  - name: Mint
    jwt: { algorithm: HS256, secret: { text: \"{{ jwt_key }}\" }, expires_in: 5m, claims: { sub: x, key: \"{{ s_file }}\" } }
    capture: { minted: \"{{ jwt.token }}\" }
  - name: Use the token
    request: POST /json/minted
    auth: { bearer: \"{{ minted }}\" }
    json: { token: \"{{ minted }}\" }
  - name: OAuth
    request: GET /json/given_access
    auth: { oauth: webex }
  - name: An object that was given
    request: POST /json/s_object/{{ s_object.deep[0].x }}
    json: { whole: \"{{ s_object }}\", again: \"{{ s_object | tojson }}\" }
  - name: Each
    for_each: { item: \"{{ [s_variable, s_literal] }}\" }
    request: POST /json/all/{{ item }}
    json: { a: \"{{ item }}\" }
",
    );
    for (name, source) in sent(turn) {
        let canary = canaries.iter().find(|c| c.name == source).unwrap();
        for step in steps(canary) {
            let mut step = step.replace("NAME", name);
            if ending == Ending::Fails {
                step.push_str("    continue_on_failure: true\n");
                step.push_str(&FAILING.replace("NAME", name));
            } else {
                step.push_str("    expect: { status: any }\n    capture: { seen: \"{{ response.text }}\", head: \"{{ response.headers }}\" }\n");
            }
            text.push_str(&step);
        }
    }
    text.push_str("outputs: { out: \"{{ s_file }}\", all: \"{{ object }}\" }\n");
    text
}

fn steps(canary: &Canary) -> Vec<String> {
    let around = |kind: &str| {
        let mut step = format!("  - name: NAME as {kind}\n    request: POST /{kind}/NAME/{{{{ NAME }}}}/end\n");
        step.push_str("    query: { q: \"{{ NAME }}\", l: [a, \"{{ NAME }}\"] }\n");
        if canary.fits_header() {
            step.push_str("    headers: { X-Key: \"{{ NAME }}\", X-Mixed: \"id={{ NAME }};v=1\" }\n");
        }
        if canary.fits_cookie() {
            step.push_str("    cookies: { mine: \"{{ NAME }}\" }\n");
        }
        step
    };
    let mut steps = vec![
        around("json") + "    json: { a: [{ b: \"{{ NAME }}\" }], t: \"x{{ NAME }}y\", o: \"{{ {'k': NAME} }}\", e: \"{{ NAME | base64_encode }}\" }\n",
        around("html") + "    form: { a: \"{{ NAME }}\", l: [\"{{ NAME }}\", b] }\n",
        around("text") + "    multipart: { a: \"{{ NAME }}\", b: [c, \"{{ NAME }}\"] }\n",
        around("xml") + "    text: \"<a>{{ NAME }}</a>\"\n",
        around("long") + "    text: \"{{ NAME }}\"\n",
        "  - name: NAME redirected\n    request: GET /go/NAME/{{ NAME }}\n".to_owned(),
        "  - name: NAME basic\n    request: GET /json/NAME/basic\n    auth: { basic: { username: me, password: \"{{ NAME }}\" } }\n".to_owned(),
        "  - name: NAME digest\n    request: GET /digest/NAME/x?y=1\n    auth: { digest: { username: me, password: \"{{ NAME }}\" } }\n".to_owned(),
    ];
    if canary.fits_header() {
        steps.push(
            "  - name: NAME bearer\n    request: GET /json/NAME/bearer\n    auth: { bearer: \"{{ NAME }}\" }\n"
                .to_owned(),
        );
    }
    steps
}

/// Steps that fail for what is in the secret: each message must do without it.
fn mistakes() -> String {
    const ACTIONS: [&str; 25] = [
        "wait: \"{{ s_file }}\"",
        "check: [\"s_file == 'x'\", \"s_file > 5\", \"s_file | int > 5\", \"s_file in [1]\", \"not s_file\", \"s_file is divisibleby 3\"]",
        "when: \"s_file\"\n    wait: 1ms",
        "set: { a: \"{{ s_file | from_json }}\" }",
        "set: { a: \"{{ s_file | base64_decode }}\" }",
        "set: { a: \"{{ s_file | parse_date }}\" }",
        "set: { a: \"{{ s_file | parse_date('%Y') }}\" }",
        "set: { a: \"{{ s_file | jwt_claims }}\" }",
        "set: { a: \"{{ s_file | webex_id }}\" }",
        "set: { a: \"{{ s_file | xpath('//a') }}\" }",
        "set: { a: \"{{ s_file | jsonpath('$.a') }}\" }",
        "set: { a: \"{{ s_file.missing }}\" }",
        "set: { a: \"{{ {'x': s_file}[s_file] }}\" }",
        "set: { a: \"{{ s_file | int }}\" }",
        "set: { a: \"{{ 'x' | hmac_sha256(s_file, encoding='base64') }}\" }",
        "for_each: { x: \"{{ s_file }}\" }\n    wait: 1ms",
        "request: GET {{ s_file }}",
        "request: GET http://127.0.0.1:1/{{ s_file }}?a={{ s_file }}",
        "request: GET /x\n    timeout: \"{{ s_file }}\"",
        "request: GET /x\n    redirects: \"{{ s_file }}\"",
        "request: POST /x\n    file: \"{{ s_file }}\"",
        "request: POST /x\n    multipart: { a: { file: other.txt, type: \"{{ s_file }}\" } }",
        "request: GET /x\n    headers: { X: '{{ s_file ~ \"\\n\" ~ s_file }}' }",
        "request: GET /x\n    save: \"{{ s_file }}/x\"",
        "jwt: { algorithm: RS256, key: { pem: \"{{ s_file }}\" }, claims: { a: 1 } }",
    ];
    let mut text =
        "inputs: { s_file: { secret: true }, url: null }\ndefaults: { base_url: \"{{ url }}\" }\nsteps:\n".to_owned();
    for (number, action) in ACTIONS.iter().enumerate() {
        writeln!(text, "  - name: Mistake {number}\n    continue_on_failure: true\n    {action}").unwrap();
    }
    text
}

/// A secret that a person types, and a step that fails with it.
const ASKING: &str = "inputs: { s_typed: { secret: true }, url: null }
defaults: { base_url: \"{{ url }}\" }
steps:
  - request: POST /json/s_typed/{{ s_typed }}
    json: { a: \"{{ s_typed }}\" }
    expect: { status: 418, json: { $.first: nothing } }
";

const PART: &str = "inputs: { inner: { secret: true } }\nsteps:\n  - set: { twice: \"{{ inner ~ inner }}\" }\noutputs: { out: \"{{ inner }}\", twice: \"{{ twice }}\" }\n";

/// The value as a line of `.env`.
fn dotenv(value: &str) -> String {
    format!(
        "WEBEX_S_DOTENV=\"{}\"\n",
        value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r")
    )
}

pub(super) fn project(canaries: &[Canary], url: &str, turn: usize) -> Project {
    let value = |name: &str| canaries.iter().find(|c| c.name == name).unwrap().value.as_str();
    let environment = format!(
        "vars: {{ url: \"{url}\" }}
secrets:
  e_env: {{ env: E_ENV }}
  e_file: {{ file: ~/e_file }}
  jwt_key: {{ file: ~/jwt_key }}
oauth:
  webex:
    grant: client_credentials
    token_url: {url}/token
    client_id: C1
    client_secret: {{ env: CLIENT_SECRET }}
"
    );
    // The last line break of a file is its own.
    let line = |name: &str| format!("{}\n", value(name));
    let vars =
        serde_json::json!({ "s_varfile": value("s_varfile"), "s_object": { "deep": [{ "x": value("s_object") }] } });
    let row = serde_json::json!([{ "s_row": value("s_row") }]).to_string();
    Project::new()
        .file("flows/passes.flow.yaml", flow(canaries, Ending::Passes, turn))
        .file("flows/fails.flow.yaml", flow(canaries, Ending::Fails, turn))
        .file("mistakes/mistakes.flow.yaml", mistakes())
        .file("mistakes/other.txt", "x")
        .file("flows/_part.flow.yaml", PART)
        .file("environments/e.yaml", environment)
        .file("given/s_file", line("s_file"))
        .file("given/vars.json", vars.to_string())
        .file("asking/asking.flow.yaml", ASKING)
        .file("given/rows.json", row)
        .file("home/e_file", line("e_file"))
        .file("home/jwt_key", line("jwt_key"))
        .file(".env", dotenv(value("s_dotenv")))
        .variable("WEBEX_S_ENV", value("s_env"))
        .variable("WXFLOW_VAR_s_variable", value("s_variable"))
        .variable("E_ENV", value("e_env"))
        .variable("CLIENT_SECRET", value("client_secret"))
}
