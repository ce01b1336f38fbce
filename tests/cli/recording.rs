//! `run --record` and `run --replay`.

use serde_json::Value;

use crate::project::{FAILS, Project};

/// Secrets in a URL, a header and bodies; cleanup, waits, random values and the time.
const FLOW: &str = r#"name: Keep
inputs:
  webex_url: { default: https://webexapis.com/v1, env: WEBEX_URL }
  bot_token: { env: WEBEX_BOT_TOKEN, secret: true }
vars: { title: "Space {{ uuid() }}" }
steps:
  - name: Say it
    request: "POST {{ webex_url }}/_wxflow/echo?t={{ bot_token | base64_encode }}"
    json: { token: "{{ bot_token }}", note: plain }
    expect:
      json:
        $.json.note: plain
        $.json.token: "{{ bot_token }}"
    capture: { echoed: { json: $.json.token, secret: true } }
  - name: Same
    check: ["echoed == bot_token"]
  - name: Wait
    wait: 30ms
  - name: Open a space
    request: "POST {{ webex_url }}/rooms"
    auth: { bearer: "{{ bot_token }}" }
    json: { title: "{{ title }}" }
    expect: { json: { $.title: "{{ title }}" } }
    capture: { room_id: $.id }
    cleanup: { request: "DELETE {{ webex_url }}/rooms/{{ room_id }}", auth: { bearer: "{{ bot_token }}" } }
  - name: Look twice
    for_each: { n: [1, 2] }
    request: "GET {{ webex_url }}/rooms/{{ room_id }}?n={{ n }}"
    auth: { bearer: "{{ bot_token }}" }
"#;

fn recorded() -> Project {
    let project = Project::new().file("flows/a.flow.yaml", FLOW);
    let done = project.run(&["run", "--sandbox", "--record", "kept/a.har"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    project
}

fn har(project: &Project) -> String {
    std::fs::read_to_string(project.path("kept/a.har")).unwrap()
}

#[test]
fn a_replay_has_the_verdicts_of_its_recording() {
    let project = recorded();
    let done = project.run(&["run", "--replay", "kept/a.har"]);
    for told in [
        "warning: not replayable: `$.json.token equals` depends on a secret's value\n",
        "warning: not replayable: `echoed == bot_token` depends on a secret's value\n",
        "steps 6 passed · assertions 7 held, 2 not replayable · requests 5 ·",
        "PASSED\n",
    ] {
        assert!(done.stdout.contains(told), "{told}\n{}", done.stdout);
    }
    assert_eq!((done.status, done.stderr.as_str()), (0, ""));
}

#[test]
fn a_recording_holds_no_secret_and_one_placeholder_for_each() {
    let har = har(&recorded());
    let parsed: Value = serde_json::from_str(&har).unwrap();
    let sent = &parsed["log"]["entries"][0]["request"];
    let placeholder = "wxflow-secret-00000";
    assert_eq!(sent["postData"]["text"], format!("{{\"token\":\"{placeholder}\",\"note\":\"plain\"}}"));
    let bearer = &parsed["log"]["entries"][1]["request"]["headers"];
    let bearer = bearer.as_array().unwrap().iter().find(|header| header["name"] == "authorization");
    assert_eq!(bearer.unwrap()["value"], format!("Bearer {placeholder}"));
    let url = sent["url"].as_str().unwrap();
    assert!(url.contains("?t=wxflow-secret-0000"), "{url}");
    assert!(!har.contains("***"));
}

#[test]
fn a_changed_reply_turns_its_step_red() {
    let project = recorded();
    let mut har: Value = serde_json::from_str(&har(&project)).unwrap();
    let text = har["log"]["entries"][1]["response"]["content"]["text"].as_str().unwrap().replace("Space", "Place");
    har["log"]["entries"][1]["response"]["content"]["text"] = text.into();
    let project = project.file("changed.har", har.to_string());
    let done = project.run(&["run", "--replay", "changed.har"]);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(done.stdout.contains("✗ Open a space"), "{}", done.stdout);
    assert!(done.stdout.contains("failed: $.title equals"), "{}", done.stdout);
}

#[test]
fn a_request_that_was_not_recorded_fails_by_name() {
    let project = recorded().file("flows/a.flow.yaml", FLOW.replace("/rooms\"", "/teams\""));
    let done = project.run(&["run", "--replay", "kept/a.har"]);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(done.stdout.contains("/v1/teams is not in the recording"), "{}", done.stdout);
    assert!(done.stdout.contains("/v1/rooms (step 4 `Open a space`)"), "{}", done.stdout);
}

#[test]
fn several_flows_rows_and_one_login_replay_with_any_number_of_jobs() {
    let used = FLOW.replace("name: Keep", "name: Used") + "outputs: { title: \"{{ title }}\" }\n";
    let user = "steps:\n  - use: ./_used.flow.yaml\n    once: true\n    capture: { t: \"{{ outputs.title }}\" }\n";
    let project = Project::new()
        .file("flows/_used.flow.yaml", used)
        .file("flows/a.flow.yaml", FLOW)
        .file("flows/b.flow.yaml", user)
        .file("flows/c.flow.yaml", user);
    let recorded = project.run(&["run", "--sandbox", "--repeat", "3", "-j", "4", "--record", "a.har"]);
    assert_eq!(recorded.status, 0, "{}{}", recorded.stdout, recorded.stderr);
    for jobs in ["1", "4"] {
        let done = project.run(&["run", "--repeat", "3", "-j", jobs, "--replay", "a.har"]);
        assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    }
}

#[test]
fn a_failed_run_is_recorded_too() {
    let flow = FLOW.replace("$.json.note: plain", "$.json.note: other");
    let project = Project::new().file("flows/a.flow.yaml", flow).file("flows/b.flow.yaml", FAILS);
    assert_eq!(project.run(&["run", "--sandbox", "--record", "a.har"]).status, 1);
    let done = project.run(&["run", "--replay", "a.har"]);
    assert_eq!(done.status, 1, "{}", done.stdout);
    assert!(done.stdout.contains("failed: $.json.note equals"), "{}", done.stdout);
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let project = Project::new().file("flows/a.flow.yaml", FLOW).file("b.har", "{}").file("c.har", "no");
    let missing = project.run(&["run", "--replay", "a.har"]);
    missing.is(2, "", "error: the recording a.har cannot be read: No such file or directory (os error 2)\n");
    let other = "error: b.har is not a recording\n  \
        `wxflow run --record FILE` makes a recording\n";
    project.run(&["run", "--replay", "b.har"]).is(2, "", other);
    let broken = "error: c.har is not a recording: expected ident at line 1 column 2\n  \
        `wxflow run --record FILE` makes a recording\n";
    project.run(&["run", "--replay", "c.har"]).is(2, "", broken);
    let both = project.run(&["run", "--replay", "b.har", "--record", "c.har"]);
    assert_eq!(both.status, 2);
    assert!(both.stderr.contains("cannot be used with"), "{}", both.stderr);
}
