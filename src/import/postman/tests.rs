//! Collections to flows: what each form becomes, and that every result is a valid flow.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::check::Schemas;
use crate::flow::Flow;
use crate::source::{FileError, Files, Source};

const ORDERS: &str = include_str!("../../../tests/data/postman/orders.postman_collection.json");

/// Imported flows name no files but through inputs.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &Path, path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError { message: format!("there is no file `{path}`"), help: None })
    }

    fn resolve(&self, folder: &Path, path: &str) -> Result<PathBuf, FileError> {
        self.read(folder, path).map(|_| folder.join(path))
    }
}

fn of(collection: &Value) -> Import {
    import(&Collection::File("c.json".to_owned(), collection.to_string()), &[]).unwrap()
}

/// The texts of the flows, each of which must be valid, without a warning.
fn texts(import: &Import) -> Vec<String> {
    let text = |(path, draft): &(String, Draft)| {
        let text = draft.to_yaml();
        let source = Source::new(path, text.as_str());
        let flow =
            Flow::parse(source, path.as_str().into(), "flows".into(), &Nothing, &mut Schemas::default(), &mut ());
        let told = flow.map_or_else(|mistakes| mistakes, |(_, warnings)| warnings);
        let problems: Vec<_> = told.into_iter().map(|d| d.message).collect();
        assert!(problems.is_empty(), "{problems:#?}\n{text}");
        text
    };
    import.flows.iter().map(text).collect()
}

/// The one step that a request becomes, from its `request:` line on.
fn step(request: Value, script: &str) -> String {
    let event = json!([{"listen": "test", "script": {"exec": script.lines().collect::<Vec<_>>()}}]);
    let import = of(&json!({"info": {"name": "C"}, "item": [{"name": "R", "request": request, "event": event}]}));
    assert_eq!(import.losses, []);
    let text = texts(&import).remove(0);
    let from = text.find("    request:").unwrap();
    text[from..].replace("    continue_on_failure: true\n", "").lines().map(|l| format!("{}\n", &l[4..])).collect()
}

fn expects(script: &str) -> String {
    let step = step(json!("https://a.example/x"), script);
    step.split_once('\n').unwrap().1.to_owned()
}

fn sends(request: Value) -> String {
    step(request, "").replace("expect: { status: any }\n", "")
}

#[test]
fn a_collection_becomes_flows() {
    let import = of(&serde_json::from_str(ORDERS).unwrap());
    let all: Vec<_> =
        texts(&import).into_iter().zip(&import.flows).map(|(text, (path, _))| format!("## {path}\n{text}")).collect();
    let losses: Vec<_> = import.losses.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(format!(
        "{}\n## notes\n{}\n## losses\n{}",
        all.join("\n"),
        import.notes.join("\n"),
        losses.join("\n")
    ));
}

#[test]
fn legacy_scripts() {
    assert_eq!(
        expects(
            "if (responseCode.code != 200) { tests['failed'] = false } else {\n var j = JSON.parse(responseBody);\n if (j.id === undefined) { tests['none'] = false } else { postman.setEnvironmentVariable('_id', j.id); tests['id ' + j.id] = true } }"
        ),
        "expect: { status: 200, json: { $.id: { exists: true } } }\ncapture:\n  id: { json: $.id, default: unset }\n"
            .replace(
                "expect: { status: 200, json: { $.id: { exists: true } } }",
                "expect:\n  status: 200\n  json: { $.id: { exists: true } }"
            )
            .replace(
                "capture:\n  id: { json: $.id, default: unset }",
                "capture: { id: { json: $.id, default: unset } }"
            )
    );
    assert_eq!(
        expects("tests['a'] = responseBody.has('x'); tests['b'] = responseTime < 500;"),
        "expect:\n  status: any\n  body: { contains: x }\n  duration: { lt: 500ms }\n".replace(
            "expect:\n  status: any\n  body: { contains: x }\n  duration: { lt: 500ms }\n",
            "expect: { status: any, body: { contains: x }, duration: { lt: 500ms } }\n"
        )
    );
    assert_eq!(
        expects(
            "tests['h'] = postman.getResponseHeader('X-A') === '1';\ntests['t'] = JSON.parse(responseBody).items.length > 0"
        ),
        "expect:\n  status: any\n  headers: { x-a: \"1\" }\n  json: { $.items: { length: { gt: 0 } } }\n"
    );
}

#[test]
fn modern_scripts() {
    let cases = [
        ("pm.test('a', () => pm.response.to.be.ok)", "expect: { status: 2xx }\n"),
        (
            "pm.test('a', () => { pm.expect(pm.response.code).to.be.oneOf([200, 201]) })",
            "expect: { status: [200, 201] }\n",
        ),
        ("pm.test('a', () => pm.response.to.have.status('Created'))", "expect: { status: 201 }\n"),
        ("pm.expect(pm.response.json().a.b).to.eql('x');", "expect: { status: any, json: { $.a.b: x } }\n"),
        (
            "pm.expect(pm.response.json()['odd key'][0]).to.exist",
            "expect:\n  status: any\n  json:\n    $['odd key'][0]: { not: null }\n",
        ),
        (
            "pm.expect(pm.response.json().a).to.eql({x: 1})",
            "expect:\n  status: any\n  json: { $.a: { eq: { x: 1 } } }\n",
        ),
        (
            "pm.expect(pm.response.json().a).to.not.include('{{x}}')",
            "expect:\n  status: any\n  json: { $.a: { not: { contains: \"{{ '{{' }}x}}\" } } }\n",
        ),
        ("pm.expect(pm.response.code).to.be.below(300)", "expect: { status: any, that: [response.status < 300] }\n"),
        (
            "if (pm.response.code === 200) { pm.expect(pm.response.json().a).to.eql(1) }",
            "expect:\n  status: any\n  that: [response.status != 200 or response.json.a == 1]\n"
                .replace(
                    "expect:\n  status: any\n  that: [response.status != 200 or response.json.a == 1]",
                    "expect: { status: any, that: [response.status != 200 or response.json.a == 1] }",
                )
                .as_str()
                .to_owned()
                .leak(),
        ),
        (
            "if (pm.response.code === 200) { pm.environment.set('t', pm.response.headers.get('X-T')) }",
            "expect: { status: any }\ncapture: { t: { header: x-t, default: unset } }\n",
        ),
        (
            "pm.environment.set('id', `room-${pm.response.json().id}`)",
            "expect: { status: any }\ncapture:\n  id: { value: \"{{ 'room-' ~ response.json.id }}\" }\n"
                .replace(
                    "capture:\n  id: { value: \"{{ 'room-' ~ response.json.id }}\" }",
                    "capture: { id: { value: \"{{ 'room-' ~ response.json.id }}\" } }",
                )
                .leak(),
        ),
    ];
    for (script, wanted) in cases {
        assert_eq!(expects(script), wanted, "{script}");
    }
}

#[test]
fn what_a_test_compares_with_is_what_was_there_before() {
    let collection = json!({"info": {"name": "C"}, "item": [
        {"name": "A", "request": "https://a.example/x", "event": [{"listen": "test", "script": {"exec": "pm.globals.set('id', pm.response.json().id)"}}]},
        {"name": "B", "request": "https://a.example/{{id}}", "event": [{"listen": "test", "script": {"exec": "pm.expect(pm.response.json().id).to.not.eql(pm.globals.get('id')); pm.globals.set('id', pm.response.json().id)"}}]},
        {"name": "C", "request": "https://a.example/{{id}}"}
    ]});
    let text = texts(&of(&collection)).remove(0);
    assert!(
        text.contains("$.id: { not: \"{{ id }}\" }")
            && text.contains("new_id: $.id")
            && text.contains("GET /{{ new_id }}"),
        "{text}"
    );
}

#[test]
fn polling_becomes_poll() {
    assert_eq!(
        expects(
            "const j = pm.response.json();\nif (j.state !== 'done') { setTimeout(() => {}, 500); postman.setNextRequest('R'); } else { pm.test('ok', () => pm.expect(j.size).to.be.above(0)) }"
        ),
        "poll:\n  until: { status: any, json: { $.state: done } }\n  every: 500ms\nexpect:\n  status: any\n  json: { $.size: { gt: 0 } }\n"
    );
}

/// Found by fuzzing: `GET //orders` is no path on `base_url`.
#[test]
fn a_path_with_two_slashes_stands_behind_its_base() {
    let item = |url: &str| json!({"name": "R", "request": url});
    let items = ["{{u}}/a", "{{u}}//b", "https://a.example//c"].map(item);
    let text = texts(&of(&json!({"info": {"name": "C"}, "item": items}))).remove(0);
    let requests: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("request: ")).collect();
    assert_eq!(requests, ["GET /a", "\"GET {{ u }}//b\"", "GET https://a.example//c"]);
}

#[test]
fn bodies() {
    let post = |body: Value| json!({"method": "POST", "url": "https://a.example/x", "body": body});
    assert_eq!(
        sends(post(
            json!({"mode": "raw", "raw": "{\"a\": {{n}}, \"b\": \"x{{s}}\"}", "options": {"raw": {"language": "json"}}})
        )),
        "request: POST https://a.example/x\njson: { a: \"{{ n }}\", b: \"x{{ s }}\" }\n"
    );
    // Sent as text, it keeps its type and hides its secret.
    assert_eq!(
        sends(post(json!({"mode": "raw", "raw": "{\"password\": \"hunter22\", \"n\": 1}"}))),
        "request: POST https://a.example/x\nheaders: { Content-Type: text/plain }\njson: { password: \"{{ password }}\", n: 1 }\n"
    );
    // 1.10 would become 1.1, and a comment is no JSON: both are sent as they are.
    assert_eq!(
        sends(post(json!({"mode": "raw", "raw": "{\"a\": 1.10}", "options": {"raw": {"language": "json"}}}))),
        "request: POST https://a.example/x\nheaders: { Content-Type: application/json }\ntext: '{\"a\": 1.10}'\n"
    );
    assert_eq!(
        sends(post(
            json!({"mode": "urlencoded", "urlencoded": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}, {"key": "b", "value": "x", "disabled": true}]})
        )),
        "request: POST https://a.example/x\nform: { a: [\"1\", \"2\"] }\n"
    );
    assert_eq!(
        sends(post(json!({"mode": "graphql", "graphql": {"query": "query { a }", "variables": "{\"n\": 1}"}}))),
        "request: POST https://a.example/x\njson:\n  query: query { a }\n  variables: { n: 1 }\n"
    );
    assert_eq!(sends(post(json!({"mode": "formdata", "formdata": []}))), "request: POST https://a.example/x\n");
    let mut typed = post(json!({"mode": "formdata", "formdata": [{"key": "a", "value": "b"}]}));
    typed["header"] = json!([{"key": "Content-Type", "value": "multipart/mixed"}]);
    let written =
        "request: POST https://a.example/x\nheaders: { Content-Type: multipart/mixed }\nmultipart: { a: b }\n";
    assert_eq!(sends(typed.clone()), written);
    typed["header"] = json!([{"key": "Content-Type", "value": "application/json"}]);
    let import = of(&json!({"info": {"name": "C"}, "item": [{"name": "R", "request": typed}]}));
    assert_eq!(import.losses[0].what, "the header Content-Type: a form of parts sets it itself");
    assert!(!texts(&import)[0].contains("headers:"));
    assert_eq!(
        sends(post(json!({"mode": "file", "file": {"src": "C:/upload/x.bin"}}))),
        "request: POST https://a.example/x\nfile: \"{{ body_file }}\"\n"
    );
}

#[test]
fn credentials_are_never_literals() {
    let get = |auth: Value| json!({"method": "GET", "url": "https://a.example/x", "auth": auth});
    // v2.0 has a mapping where v2.1 has a list.
    assert_eq!(
        sends(get(json!({"type": "bearer", "bearer": {"token": "abcdef123456"}}))),
        "request: GET https://a.example/x\nauth: { bearer: \"{{ access_token }}\" }\n"
    );
    assert_eq!(
        sends(get(
            json!({"type": "digest", "digest": [{"key": "username", "value": "ada"}, {"key": "password", "value": "pa55word"}]})
        )),
        "request: GET https://a.example/x\nauth: { digest: { username: ada, password: \"{{ password }}\" } }\n"
    );
    assert_eq!(
        sends(get(
            json!({"type": "apikey", "apikey": [{"key": "key", "value": "k"}, {"key": "value", "value": "abcdef123456"}, {"key": "in", "value": "query"}]})
        )),
        "request: GET https://a.example/x\nquery: { k: \"{{ k }}\" }\n"
    );
    let secret = "s3cr3t-value-1";
    let collection = json!({"info": {"name": "C"}, "variable": [{"key": "pass", "value": "x"}, {"key": "api_token", "value": secret}], "item": [{
        "name": "R",
        "request": {"method": "POST", "url": format!("https://a.example/x?api_key={secret}"), "description": format!("use {secret}"),
            "header": [{"key": "Authorization", "value": format!("Bearer {secret}")}, {"key": "Cookie", "value": format!("session_token={secret}")}],
            "body": {"mode": "raw", "raw": format!("{{\"client_secret\": \"{secret}\"}}"), "options": {"raw": {"language": "json"}}}},
        "event": [{"listen": "test", "script": {"exec": format!("pm.sendRequest('{secret}'); pm.environment.set('my_token', '{secret}');")}}]
    }]});
    let environment = json!({"name": "E", "values": [{"key": "other", "value": secret, "type": "secret"}]}).to_string();
    let import =
        import(&Collection::File("c".to_owned(), collection.to_string()), &[("e".to_owned(), environment)]).unwrap();
    let written = format!("{:?}{:?}{:?}{}", import.environments, import.losses, import.notes, texts(&import).join(""));
    assert!(!written.contains(secret), "{written}");
    assert!(written.contains("\"env\": String(\"OTHER\")"), "{written}");
}

#[test]
fn a_folder_of_yaml_is_a_collection() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = vec![
        file(
            ".resources/definition.yaml",
            "$kind: collection\nname: Rooms API\nvariables:\n  - key: url\n    value: 'https://a.example'\nauth:\n  type: bearer\n  credentials:\n    - key: token\n      value: '{{token}}'\n",
        ),
        file(
            "Rooms/Second.request.yaml",
            "$kind: http-request\nmethod: GET\nurl: '{{url}}/rooms/:id'\norder: 2000\npathVariables:\n  - key: id\n    value: '{{room}}'\n",
        ),
        file(
            "Rooms/First.request.yaml",
            "$kind: http-request\nname: Make a room\nmethod: POST\nurl: '{{url}}/rooms'\norder: 1000\nheaders:\n  X-A: b\nbody:\n  type: json\n  content: |-\n    {\"title\": \"x\"}\nscripts:\n  - type: afterResponse\n    language: text/javascript\n    code: |-\n      pm.test('ok', () => pm.response.to.have.status(200));\n      pm.environment.set('room', pm.response.json().id);\n",
        ),
        file("Rooms/.resources/First.resources/examples/x.example.yaml", "$kind: http-example\n"),
    ];
    let import = import(&Collection::Folder("rooms".to_owned(), files), &[]).unwrap();
    let text = texts(&import).remove(0);
    let steps = &text[text.find("steps:").unwrap()..];
    assert_eq!(
        steps,
        "steps:\n  - name: Make a room\n    request: POST /rooms\n    headers: { X-A: b }\n    json: { title: x }\n    expect: { status: 200 }\n    capture: { room: $.id }\n    continue_on_failure: true\n\n  \
         - name: Second\n    request: \"GET /rooms/{{ room }}\"\n    expect: { status: any }\n    continue_on_failure: true\n"
    );
    let broken = vec![file("A.request.yaml", "url: {{url}}/x\n")];
    let error = super::import(&Collection::Folder("f".to_owned(), broken), &[]).unwrap_err();
    assert!(error.message.starts_with("f/A.request.yaml:1:6: "), "{error:?}");
}

#[test]
fn bad_input_names_its_place() {
    let message =
        |text: &str| import(&Collection::File("c.json".to_owned(), text.to_owned()), &[]).unwrap_err().message;
    assert_eq!(message("{\"item\": [\n  {\"name\""), "c.json:2:9: the file ends in the middle");
    assert_eq!(message("{\"item\": [}"), "c.json:1:11: this is not JSON: expected value");
    assert_eq!(message(""), "c.json: the file is empty");
    assert_eq!(message("{\"values\": []}"), "c.json: this is an environment, not a collection");
    assert_eq!(
        message("{\"requests\": [], \"order\": []}"),
        "c.json: this is a v1 collection, a format that Postman gave up in 2017"
    );
    assert!(message("{\"info\": {\"schema\": \"https://schema.getpostman.com/json/collection/v9.0.0/collection.json\"}, \"item\": []}").contains("v9.0.0 is not known"));
    assert_eq!(message("{\"item\": []}"), "c.json: the collection has no request");
    assert!(message(&"[".repeat(10_000)).contains("recursion limit"));
}

#[test]
fn a_byte_order_mark_and_foreign_names() {
    let text = "\u{feff}{\"info\": {\"name\": \"C\"}, \"item\": [{\"name\": \"Комната 🚀: #1\", \"request\": \"{{адрес}}/x\"}]}";
    let import = import(&Collection::File("c".to_owned(), text.to_owned()), &[]).unwrap();
    assert!(texts(&import)[0].contains("- name: \"Комната 🚀: #1\"\n    request: \"GET {{ value }}/x\""));
    assert_eq!(import.notes, ["the variable адрес is `value` here"]);
}

/// Collections of every odd shape: keys that matter, with values that do not fit.
fn odd() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("https://a.example/{{x}}"), Just("{{x}}{{y}}"), Just("{{$guid}}"), Just(":id/{{"), Just("POST"), Just("raw"), Just("test"),
        Just("bearer"), Just("oauth2"), Just("formdata"), Just("prerequest"), Just("Authorization"), Just("Basic YTpi"), Just(""), Just("Cookie"), Just("{%"),
        Just("pm.test('a', () => { pm.expect(pm.response.json().a[0]).to.eql(pm.environment.get('x')) }); pm.environment.set('x', pm.response.json().y)"),
        Just("pm.environment.set('v', Date.now()); pm.environment.set('w', Math.floor(Math.random() * 10)); setTimeout(() => {}, 10)"),
        Just("if (pm.response.code == 1 && x) { postman.setNextRequest('test') }"), Just("{\"a\": {{x}}, \"{{k}}\": [1.10]}"), Just("\u{1b}[0m\r\n"),
    ]
    .prop_map(Value::from);
    let key = prop_oneof![
        Just("item"),
        Just("request"),
        Just("name"),
        Just("url"),
        Just("raw"),
        Just("method"),
        Just("header"),
        Just("body"),
        Just("mode"),
        Just("auth"),
        Just("type"),
        Just("bearer"),
        Just("key"),
        Just("value"),
        Just("event"),
        Just("listen"),
        Just("script"),
        Just("exec"),
        Just("query"),
        Just("variable"),
        Just("formdata"),
        Just("src"),
        Just("description"),
    ];
    let leaf = prop_oneof![8 => word, 1 => any::<i32>().prop_map(Value::from), 1 => Just(Value::Null), 1 => Just(Value::Bool(true))];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|all| Value::Object(all.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

#[test]
fn a_request_that_cannot_be_sent_is_kept_as_a_comment() {
    let import = of(&json!({"info": {"name": "C"}, "item": [
        {"name": "Files", "request": {"method": "GET", "url": "ftp://a.example/x"}},
        {"name": "Who", "request": {"method": "GET", "url": "https://a.example/me"}},
        {"name": "Later", "request": {"method": "POST", "url": ""}}]}));
    let losses: Vec<_> = import.losses.iter().map(ToString::to_string).collect();
    let what = "it has no URL that can be sent: the request is left out";
    assert_eq!(losses, [format!("c.json: Files: {what}"), format!("c.json: Later: {what}")]);
    assert_eq!(
        texts(&import)[0],
        format!(
            "name: C\n\nsteps:\n  # not carried over: Files, GET ftp://a.example/x: {what}\n  \
             # not carried over: Later, POST: {what}\n  \
             - name: Who\n    request: GET https://a.example/me\n    expect: {{ status: any }}\n    \
             continue_on_failure: true\n"
        )
    );
}

#[test]
fn oauth_settings_become_a_client_of_the_environment() {
    let entry = |key: &str, value: &str| json!({"key": key, "value": value});
    let auth = json!({"type": "oauth2", "oauth2": [
        entry("grant_type", "authorization_code_with_pkce"), entry("authUrl", "{{url}}/authorize"),
        entry("accessTokenUrl", "{{url}}/access_token"), entry("clientId", "C1"),
        entry("clientSecret", "{{client_secret}}"), entry("redirect_uri", "http://localhost:8080/oauth"),
        entry("scope", "spark:people_read spark:rooms_read")]});
    let request =
        |name: &str| json!({"name": name, "request": {"method": "GET", "url": format!("{{{{url}}}}/{name}")}});
    let collection = json!({"info": {"name": "C"}, "auth": auth, "item": [request("a"), request("b")]}).to_string();
    let environment = json!({"name": "Live", "values": [
        entry("url", "https://webexapis.com/v1"), entry("client_secret", "hunter2hunter2")]});
    let collection = Collection::File("c.json".to_owned(), collection);
    let import = import(&collection, &[("e.json".to_owned(), environment.to_string())]).unwrap();
    assert!(texts(&import)[0].contains("  auth: { oauth: webex }\n"), "{}", texts(&import)[0]);
    let (path, keys) = &import.environments[0];
    assert_eq!(path, "environments/live.yaml");
    assert_eq!(
        keys.get("oauth"),
        Some(&json!({"webex": {
            "grant": "authorization_code", "authorize_url": "https://webexapis.com/v1/authorize",
            "token_url": "https://webexapis.com/v1/access_token", "redirect_uri": "http://localhost:8080/oauth",
            "client_id": "C1", "client_secret": {"env": "CLIENT_SECRET"},
            "scopes": ["spark:people_read", "spark:rooms_read"]}}))
    );
    assert!(import.notes.iter().any(|note| note.contains("`wxflow login webex -e live`")), "{:?}", import.notes);
    // Without an environment there is no place for a client: the token is asked for.
    let alone = super::import(&collection, &[]).unwrap();
    assert!(texts(&alone)[0].contains("auth: { bearer: \"{{ access_token }}\" }"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_stands_in_a_collection_the_flows_are_valid(request in odd(), event in odd(), auth in odd(), word in "\\PC{0,8}") {
        let events = json!([{"listen": "test", "script": {"exec": event}}, {"listen": "prerequest", "script": {"exec": event}}]);
        let entry = json!([{"key": word, "value": request}, {"key": request, "value": word, "type": "file"}]);
        let item = json!([
            {"name": word, "request": request, "event": event, "auth": auth},
            {"name": "F", "auth": auth, "item": [{"name": word, "request": {"url": request, "method": word, "header": entry, "body": request, "auth": auth}, "event": events},
                {"name": "B", "request": {"url": {"raw": word, "query": entry}, "method": "POST", "body": {"mode": "urlencoded", "urlencoded": entry}}},
                {"name": "M", "request": {"url": format!("https://a.example/{word}"), "method": "POST", "body": {"mode": "formdata", "formdata": entry}}}]}
        ]);
        let collection = json!({"info": {"name": word}, "item": item, "variable": [{"key": word, "value": request}, {"key": "x", "value": word}]});
        if let Ok(import) = import(&Collection::File("c".to_owned(), collection.to_string()), &[]) {
            texts(&import);
        }
    }

    #[test]
    fn no_script_panics(script in "[-a-z0-9 .(){}\\[\\];=!'\"`$/+<>&|?:,\n]{0,120}") {
        script::understand(&script);
    }
}

#[test]
fn variables_that_are_made_of_others_stand_below_them() {
    let variables = json!([
        {"key": "both", "value": "{{left}}{{right}}"}, {"key": "right", "value": "{{left}}r"},
        {"key": "left", "value": "{{host}}l"}, {"key": "host", "value": "https://a.example"},
        {"key": "round", "value": "{{again}}"}, {"key": "again", "value": "{{round}}"},
    ]);
    let request = json!({"name": "R", "request": "https://a.example/?a={{both}}&b={{round}}"});
    let import = of(&json!({"info": {"name": "C"}, "variable": variables, "item": [request]}));
    let text = texts(&import).remove(0);
    assert!(text.contains("vars:\n  left: \"{{ host }}l\"\n  right: \"{{ left }}r\"\n  both:"), "{text}");
    assert!(text.contains("  round: null\n") && !text.contains("again"), "{text}");
    let losses: Vec<_> = import.losses.iter().map(ToString::to_string).collect();
    assert_eq!(losses, ["c.json: C: the variable round: its value leads back to itself"]);
}

#[test]
fn a_variable_that_is_no_default_is_asked_for() {
    let request = json!({"name": "R", "request": "https://a.example/{{at}}"});
    let variables = json!([{"key": "at", "value": "{{"}]);
    let import = of(&json!({"info": {"name": "C"}, "variable": variables, "item": [request]}));
    assert!(texts(&import)[0].contains("inputs:\n  at: null\n"), "{}", texts(&import)[0]);
}

#[test]
fn a_variable_of_a_folder_is_known_in_that_folder_only() {
    let request = json!({"name": "R", "request": "https://a.example/{{at}}"});
    let folder = |at: &str| json!({"name": at, "variable": [{"key": "at", "value": at}], "item": [request]});
    let item = json!([folder("one"), folder("two"), {"name": "three", "item": [request]}]);
    let import = of(&json!({"info": {"name": "C"}, "variable": [{"key": "at", "value": "top"}], "item": item}));
    let at = |text: &String| text.split_once("  at: ").unwrap().1.lines().next().unwrap().to_owned();
    assert_eq!(texts(&import).iter().map(at).collect::<Vec<_>>(), ["one", "two", "top"]);
}

#[test]
fn a_collection_of_too_many_requests_is_refused() {
    let text = format!("{{\"item\": [{}1]}}", "1,".repeat(MOST));
    let error = import(&Collection::File("c.json".to_owned(), text), &[]).unwrap_err();
    assert_eq!(error.message, "c.json: 20001 requests, more than 20000");
}
