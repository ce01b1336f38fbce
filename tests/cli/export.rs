//! `wxflow export`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::project::Project;

const FLOW: &str = "\
# Kept as it is.
name: Rooms
inputs:
  url: { default: https://a.example/v1, env: WEBEX_URL }
  token: { env: WEBEX_BOT_TOKEN, secret: true, description: \"A bot's \\\"token\\\"\" }
  team: null
vars:
  title: \"It's {{ team }} {{ uuid() }}\"
defaults:
  base_url: \"{{ url }}\"
  auth: { bearer: \"{{ token }}\" }

steps:
  - name: Make one
    request: POST /rooms
    json: { title: \"{{ title }}\", cost: $5 }
    expect: { status: 200, json: { $.title: { contains: It }, $.id: { type: string } } }
    capture: { room: $.id }
    cleanup: { request: \"DELETE /rooms/{{ room }}\" }
  - name: Look
    request: GET /rooms
    query: { q: a b&c, id: \"{{ room }}\" }
    headers: { x-note: \"{{ team }}\" }
  - name: Send
    request: POST https://b.example/form
    auth: { basic: { username: me, password: \"{{ token }}\" } }
    form: { a b: \"c d\" }
";

#[test]
fn curl_commands_can_be_pasted() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).variable("WEBEX_BOT_TOKEN", "hunter22hunter22");
    project.run(&["export", "curl", "flows/a.flow.yaml", "--var", "team=R&D"]).is(
        0,
        "
# Rooms: flows/a.flow.yaml as curl commands
# Set these first:
token=\"${WEBEX_BOT_TOKEN:?A bots token}\"
title=\"It's R&D $(uuidgen)\"

# 1. Make one
curl --location https://a.example/v1/rooms \\
  -H \"authorization: Bearer ${token}\" \\
  -H 'content-type: application/json' \\
  --data-raw '{
  \"title\": \"'\"${title}\"'\",
  \"cost\": \"$5\"
}'
# then: room='…'   $.id

# 2. Look
curl --location \"https://a.example/v1/rooms?q=a%20b%26c&id=${room}\" \\
  -H 'x-note: R&D' \\
  -H \"authorization: Bearer ${token}\"

# 3. Send
curl --location https://b.example/form \\
  -u \"me:${token}\" \\
  --data-urlencode 'a%20b=c d'

# Cleanup
curl -X DELETE --location \"https://a.example/v1/rooms/${room}\" \\
  -H \"authorization: Bearer ${token}\"
",
        "",
    );
    let revealed =
        project.run(&["export", "curl", "flows/a.flow.yaml", "--var", "team=x", "--step", "Make one", "--reveal"]);
    assert!(revealed.stdout.contains("'authorization: Bearer hunter22hunter22'"), "{}", revealed.stdout);
    assert!(!revealed.stdout.contains("2. Look"));
    assert!(revealed.stderr.contains("--reveal"));
}

/// Every command is one that a shell reads as the words that were meant.
#[cfg(unix)]
#[test]
fn what_a_shell_makes_of_the_commands() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW);
    let script =
        project.run(&["export", "curl", "flows/a.flow.yaml", "--var", "team=it's `x` $HOME \"q\" \\ !"]).stdout;
    let shell = format!("curl() {{ printf '<%s>' \"$@\"; echo; }}\nuuidgen() {{ echo U; }}\nroom=R1\n{script}");
    let done = Command::new("sh").arg("-c").arg(shell).env("WEBEX_BOT_TOKEN", "t0k").output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("<https://a.example/v1/rooms?q=a%20b%26c&id=R1>"), "{said}");
    assert!(said.contains("<x-note: it's `x` $HOME \"q\" \\ !>"), "{said}");
    assert!(said.contains("<authorization: Bearer t0k>"), "{said}");
    assert!(said.contains("It's it's `x` $HOME \"q\" \\ ! U"), "{said}");
}

#[test]
fn a_bundle_keeps_the_text_and_brings_along_what_it_uses() {
    let flow = "\
name: Whole   # and comments
inputs:
  person: null
steps:
  - use: _part.flow.yaml
    with: { person: \"{{ person }}\" }
  - request: GET https://a.example/
    auth: { oauth: webex }
";
    let part = "inputs: { person: null }\nsteps:\n  - check: [\"person != ''\"]\n";
    let environment = "vars: { person: Ann }\noauth:\n  webex: { grant: client_credentials, token_url: \"https://a.example/t\", client_id: { env: A }, client_secret: { env: B } }\n";
    let project = Project::new()
        .file("flows/a.flow.yaml", flow)
        .file("flows/_part.flow.yaml", part)
        .file("environments/test.yaml", environment);
    project.run(&["export", "bundle", "flows/a.flow.yaml"]).is(
        0,
        "
name: Whole   # and comments
inputs:
  webex_access_token: { secret: true, description: Access token of the OAuth client webex; get one with `wxflow login` }
  person: { description: \"Given by an environment where the flow comes from: test\" }
steps:
  - use: _part.flow.yaml
    with: { person: \"{{ person }}\" }
  - request: GET https://a.example/
    auth: { bearer: \"{{ webex_access_token }}\" }

# What the flow needs from other files. They are looked up here before the disk.
files:
  _part.flow.yaml: |
    inputs: { person: null }
    steps:
      - check: [\"person != ''\"]
",
        "",
    );
    let bundle = project.run(&["export", "bundle", "flows/a.flow.yaml", "--out", "b/b.flow.yaml"]);
    bundle.is(0, "", "");
    project.run(&["validate", "b/b.flow.yaml"]).is(0, "2 flows valid\n", "");
    // A bundle of a bundle is the same again.
    let again = project.run(&["export", "bundle", "b/b.flow.yaml"]);
    assert_eq!(again.stdout, std::fs::read_to_string(project.path("b/b.flow.yaml")).unwrap());
    let there = project.run(&["export", "bundle", "flows/a.flow.yaml", "--out", "b/b.flow.yaml"]);
    there.is(2, "", "error: b/b.flow.yaml: the file exists; nothing was written\n  write over it with --force\n");
}

#[test]
fn no_bundle_holds_a_secret() {
    let literal = "steps:\n  - request: GET https://a.example/\n    auth: { bearer: abcdefgh12345678 }\n";
    let leaking = "# The token is hunter22hunter22\ninputs: { t: { env: WEBEX_BOT_TOKEN, secret: true } }\nsteps: [{ check: [\"t != ''\"] }]\n";
    let project = Project::new()
        .file("flows/a.flow.yaml", literal)
        .file("flows/b.flow.yaml", leaking)
        .variable("WEBEX_BOT_TOKEN", "hunter22hunter22");
    let refused = project.run(&["export", "bundle", "flows/a.flow.yaml"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("no credential may stand in it"), "{}", refused.stderr);
    let refused = project.run(&["export", "bundle", "flows/b.flow.yaml"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
    assert!(refused.stderr.contains("line 1 of the bundle holds the value of a secret"), "{}", refused.stderr);
}

/// The steps of runs, by their flow's file: names, outcomes, assertions, what was sent and what came back.
fn events(project: &Project, flows: &[PathBuf], root: &Path) -> BTreeMap<String, Vec<Value>> {
    let report = project.path("events.ndjson");
    let argument = format!("events={}", report.display());
    let root = root.to_string_lossy();
    let mut arguments =
        vec!["run", "--root", &*root, "--sandbox", "--seed", "7", "--report", &argument, "--allow-write"];
    arguments.extend(flows.iter().map(|flow| flow.to_str().unwrap()));
    let done = project.run(&arguments);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let text = std::fs::read_to_string(report).unwrap();
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut by_flow: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut event in events.filter(|event| event["type"] == "step_finished") {
        let file = event["flow"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        steady(&mut event);
        by_flow.entry(file).or_default().push(event);
    }
    by_flow
}

/// Takes out what is another in each run: times, addresses, and where a line stands.
fn steady(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| {
                !key.contains("time")
                    && !key.contains("duration")
                    && !key.contains("_ms")
                    && !["path", "flow", "at", "remote_ip", "timing", "headers", "waited", "started"]
                        .contains(&key.as_str())
            });
            map.values_mut().for_each(steady);
        }
        Value::Array(list) => list.iter_mut().for_each(steady),
        Value::String(text) => {
            let changing =
                [r"127\.0\.0\.1:\d+", r"\d{4}-\d\d-\d\dT[\d:.]+Z", r"[A-Za-z0-9_-]{24,}", r"\d+(\.\d+)? ?ms"];
            for pattern in changing {
                *text = regex::Regex::new(pattern).unwrap().replace_all(text, "…").into_owned();
            }
        }
        Value::Number(number) if number.is_f64() => *value = Value::Null,
        _ => {}
    }
}

#[test]
fn a_bundle_runs_as_its_flow_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut flows = Vec::new();
    for folder in ["flows", "flows/recipes"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        flows.extend(entries.filter(|path| path.to_string_lossy().ends_with(".flow.yaml")));
    }
    flows.retain(|flow| !flow.file_name().unwrap().to_string_lossy().starts_with('_'));
    assert!(flows.len() >= 10);
    // Each in a sandbox of its own: what flows leave there, others see.
    for flow in &flows {
        let project = Project::new();
        let name = flow.file_name().unwrap().to_string_lossy().into_owned();
        let bundle = project.path(&format!("bundles/{name}"));
        let (from, to) = (flow.to_string_lossy(), bundle.to_string_lossy());
        let done = project.run(&["export", "bundle", &from, "--out", &to]);
        assert_eq!(done.status, 0, "{name}: {}", done.stderr);
        let bundled = events(&project, &[bundle], &project.path("bundles"));
        assert!(bundled.contains_key(&name));
        assert_eq!(bundled, events(&project, std::slice::from_ref(flow), root), "{name}");
    }
}

#[test]
fn a_collection_has_scripts_for_what_is_expected() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).variable("WEBEX_BOT_TOKEN", "hunter22hunter22");
    let done = project.run(&["export", "postman", "flows/a.flow.yaml"]);
    assert_eq!((done.status, done.stderr.as_str()), (0, ""));
    let collection: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(collection["info"]["schema"], "https://schema.getpostman.com/json/collection/v2.1.0/collection.json");
    let names: Vec<_> = collection["item"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["Make one", "Look", "Send", "Cleanup"]);
    assert_eq!(collection["variable"][1]["type"], "secret");
    assert_eq!(collection["variable"][1]["value"], "");
    let first = &collection["item"][0];
    assert_eq!(first["request"]["url"], "{{url}}/rooms");
    assert_eq!(first["request"]["auth"]["bearer"][0]["value"], "{{token}}");
    let script = |item: &Value, at: usize| {
        let lines = item["event"][at]["script"]["exec"].as_array().unwrap();
        lines.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    };
    let before = script(first, 0);
    assert!(
        before.contains("pm.collectionVariables.set(\"title\", \"It's \" + String(pm.variables.get(\"team\"))"),
        "{before}"
    );
    let after = script(first, 1);
    for part in [
        "pm.collectionVariables.set(\"room\", value);",
        "pm.expect(pm.response.code === 200, String(pm.response.code)).to.equal(true);",
        "pm.expect(at(pm.response.json(), [\"title\"])).to.deep.include(\"It\");",
        "if (failed) pm.execution.setNextRequest(\"Clean up: Make one\");",
    ] {
        assert!(after.contains(part), "{part}\n{after}");
    }
    assert_eq!(collection["item"][1]["request"]["url"], "{{url}}/rooms?q=a%20b%26c&id={{room}}");
    assert!(script(&collection["item"][3]["item"][0], 0).contains("pm.execution.skipRequest()"));
}

#[test]
fn what_a_collection_cannot_say_is_told() {
    let flow = "steps:\n  - name: All\n    request: GET https://a.example/\n    paginate: { items: $.items }\n    expect: { json: { $..id: { length: 2 } } }\n";
    let project = Project::new().file("a.flow.yaml", flow);
    let done = project.run(&["export", "postman", "a.flow.yaml", "--out", "a.json"]);
    done.is(1, "", "not carried over: All: `paginate`\nnot carried over: All: `expect.json`: the path `$..id`\n");
    assert!(project.path("a.json").is_file());
}
