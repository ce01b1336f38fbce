//! `run --replay`: what hangs on secrets, on time and on failures is as it was when it was recorded.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::oauth;
use crate::project::{Done, Project};

const SECRET: &str = "ABCDEFG-9999 \"hunter2\" +/é";
const HEAD: &str =
    "inputs:\n  webex_url: { default: https://webexapis.com/v1, env: WEBEX_URL }\n  s: { secret: true }\n";

/// Steps over the echo of a sandbox, recorded with a secret `s`.
fn recorded(steps: &str, status: i32) -> Project {
    let project = Project::new().file("flows/a.flow.yaml", format!("{HEAD}{steps}")).file("s.txt", SECRET);
    let done = project.run(&["run", "--sandbox", "--secret", "s=@s.txt", "--record", "a.har"]);
    assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
    project
}

fn har(project: &Project) -> Value {
    serde_json::from_str(&std::fs::read_to_string(project.path("a.har")).unwrap()).unwrap()
}

fn replay(project: &Project) -> Done {
    project.run(&["run", "--replay", "a.har"])
}

#[track_caller]
fn told(done: &Done, status: i32, lines: &[&str]) {
    for line in lines {
        assert!(done.stdout.contains(line), "{line}\n{}{}", done.stdout, done.stderr);
    }
    assert_eq!(done.status, status, "{}{}", done.stdout, done.stderr);
}

const HIDDEN: &str = r#"steps:
  - name: Say
    request: POST {{ webex_url }}/_wxflow/echo
    json: { s: "{{ s }}", plain: yes }
    expect:
      json: { $.json.s: { starts_with: ABC, exists: true }, $.json.plain: "yes" }
      schema: { properties: { json: { properties: { s: { pattern: hunter } } } } }
      that:
        - s | length == 26
        - response.json.json.s | length == 26
        - response.status == 200
    capture:
      part: { regex: 'hunter\d' }
      copy: $.json.s
  - name: Copied
    check: ["copy == s", "1 == 1"]
  - name: Now and then
    when: s[:3] == 'ABC'
    check: ["true"]
  - name: Never
    when: s[:3] == 'XYZ'
    check: ["false"]
  - name: Look
    request: POST {{ webex_url }}/_wxflow/echo
    json: { s: "{{ s }}" }
    poll: { every: 10ms, within: 5s, until: { json: { $.json.s: { contains: hunter } } } }
"#;

#[test]
fn a_piece_of_a_secret_that_was_captured_is_not_known_in_a_replay() {
    // What the expression finds stands in the placeholder too, and is another text there.
    let steps = r#"steps:
  - request: POST {{ webex_url }}/_wxflow/echo
    json: { s: "{{ s }}", kind: secret }
    capture:
      piece: { regex: '"s":\s*"(.{9})' }
      kind: $.json.kind
  - request: GET {{ webex_url }}/_wxflow/echo?piece={{ piece }}&kind={{ kind }}
    expect: { that: ["'kind=secret' in response.text", "'piece=' ~ piece in response.text"] }
"#;
    let project = recorded(steps, 0);
    let url = har(&project)["log"]["entries"][1]["request"]["url"].clone();
    assert!(url.as_str().unwrap().ends_with("?piece=ABCDEFG-9&kind=secret"), "{url}");
    let lines = ["not replayable: `capture piece` depends on a secret's value\n", "PASSED\n"];
    told(&replay(&project), 0, &lines);
}

#[test]
fn a_secret_object_keeps_its_shape_in_a_replay() {
    let flow = r#"inputs:
  webex_url: { default: https://webexapis.com/v1, env: WEBEX_URL }
  login: { type: object, secret: true }
steps:
  - request: POST {{ webex_url }}/_wxflow/echo?user={{ login.user }}&code={{ login.codes[1] }}
    json: { tries: "{{ login.tries }}" }
    expect: { json: { $.json.tries: 3 } }
"#;
    let login = r#"{ "login": { "user": "someone-secret", "codes": [11112222, 33334444], "tries": 3 } }"#;
    let project = Project::new().file("flows/a.flow.yaml", flow).file("login.json", login);
    let done = project.run(&["run", "--sandbox", "--var-file", "login.json", "--record", "a.har"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let kept = std::fs::read_to_string(project.path("a.har")).unwrap();
    assert!(!kept.contains("someone-secret") && !kept.contains("33334444"), "{kept}");
    told(&replay(&project), 0, &["PASSED\n"]);
}

#[test]
fn what_hangs_on_a_secret_is_not_replayable_and_counted() {
    let project = recorded(HIDDEN, 0);
    let lines = [
        "not replayable: `$.json.s starts with` depends on a secret's value\n",
        "not replayable: `schema matches` depends",
        "not replayable: `s | length == 26` depends",
        "not replayable: `response.json.json.s | length == 26` depends",
        "not replayable: `capture part` depends",
        "not replayable: `copy == s` depends",
        "not replayable: `when: s[:3] == 'ABC'` depends on a secret's value; it was true when it was recorded",
        "not replayable: `when: s[:3] == 'XYZ'` depends on a secret's value; it was false when it was recorded",
        "not replayable: `$.json.s contains` depends",
        // The status, `exists` and what is plain are judged.
        "steps 4 passed, 1 skipped · assertions 7 held, 6 not replayable · requests 2",
    ];
    told(&replay(&project), 0, &lines);
    let report = project.run(&["run", "--replay", "a.har", "--report", "html=a.html", "--report", "markdown=a.md"]);
    assert_eq!(report.status, 0);
    let read = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
    assert!(read("a.html").contains("– $.json.s starts with · not replayable"), "{}", read("a.html"));
    assert!(read("a.html").contains("6 not replayable"));
    assert!(read("a.md").contains("6 assertions not replayable"), "{}", read("a.md"));
}

#[test]
fn what_failed_and_is_not_replayable_stays_failed() {
    let steps = r#"steps:
  - request: POST {{ webex_url }}/_wxflow/echo
    json: { s: "{{ s }}" }
    expect: { json: { $.json.s: { ends_with: nothing } }, that: [s == 'other', s != 'other'] }
"#;
    let project = recorded(steps, 1);
    let lines = [
        "failed: $.json.s ends with",
        "failed: s == 'other'\n",
        "failed when it was recorded; it depends on a secret's value, so it is not replayable",
        "not replayable: `s != 'other'` depends",
        "assertions 1 held, 2 failed, 1 not replayable",
    ];
    told(&replay(&project), 1, &lines);
}

#[test]
fn now_comes_from_the_recording_to_the_second() {
    let steps = r#"vars: { began: "{{ now() }}" }
steps:
  - request: GET {{ webex_url }}/_wxflow/echo?at={{ now() }}&began={{ began }}
    for_each: { n: "{{ [now(), now() + 1] }}" }
    json: { n: "{{ n }}" }
    cleanup: { request: "GET {{ webex_url }}/_wxflow/echo?clean={{ now() }}" }
"#;
    let project = recorded(steps, 0);
    told(&replay(&project), 0, &["requests 4"]);
    // Long ago: only a replay that takes every `now()` from the recording asks for these URLs.
    let text = har(&project).to_string();
    let seconds = regex::Regex::new(r"\b1[6-9]\d{8}\b|\b2\d{9}\b").unwrap();
    let moved = seconds.replace_all(&text, |found: &regex::Captures<'_>| {
        (found[0].parse::<i64>().unwrap() - 1_000_000_000).to_string()
    });
    let project = project.file("a.har", moved.as_bytes());
    told(&replay(&project), 0, &["requests 4"]);
}

#[test]
fn a_network_error_is_replayed_as_it_was() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It takes a request and closes: it may have been carried out, so a POST is not sent again.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            _ = stream.read(&mut [0; 1024]).unwrap();
        }
    });
    let steps = format!(
        "steps:\n  - request: POST {url}/a\n    retry: {{ attempts: 3, delay: 1ms }}\n    continue_on_failure: true\n  \
         - request: GET {url}/b\n    retry: {{ attempts: 3, delay: 1ms }}\n    continue_on_failure: true\n  \
         - request: GET http://127.0.0.1:1/c\n"
    );
    let project = Project::new().file("flows/a.flow.yaml", steps);
    let recorded = project.run(&["run", "--record", "a.har"]);
    told(&recorded, 1, &["steps 3 failed", "requests 5"]);
    let error = har(&project)["log"]["entries"][0]["_error"].clone();
    assert_eq!((&error["kind"], &error["delivery"]), (&"interrupted".into(), &"may-have-arrived".into()), "{error}");
    let replayed = replay(&project);
    assert_eq!(replayed, recorded);
}

#[test]
fn a_secret_that_was_learned_later_stands_nowhere_in_the_recording() {
    let flow = r#"inputs: { webex_url: { default: "https://webexapis.com/v1", env: WEBEX_URL }, x: { type: string } }
steps:
  - request: POST {{ webex_url }}/_wxflow/echo?x={{ x }}
    json: { x: "{{ x }}" }
    headers: { x-x: "{{ x }}" }
  - request: POST {{ webex_url }}/_wxflow/echo
    json: { x: "{{ x }}" }
    capture: { late: { json: $.json.x, secret: true } }
"#;
    // Another flow, which ends before the value is known as a secret.
    let first = flow.split_inclusive("x-x: \"{{ x }}\" }\n").next().unwrap();
    let project = Project::new().file("flows/a.flow.yaml", first).file("flows/b.flow.yaml", flow);
    let arguments = ["run", "--var", "x=late-secret/9", "-j", "1"];
    let recorded = project.run(&[&arguments[..], &["--sandbox", "--record", "a.har"]].concat());
    assert_eq!(recorded.status, 0, "{}{}", recorded.stdout, recorded.stderr);
    let text = har(&project).to_string();
    assert!(!text.contains("late-secret") && text.contains("wxflow-secret-"), "{text}");
    let done = project.run(&[&arguments[..], &["--replay", "a.har"]].concat());
    told(&done, 0, &["steps 3 passed"]);
}

#[test]
fn a_recording_has_no_secret_in_any_encoding_and_stays_json() {
    let steps = r#"  pin: { secret: true, type: integer, default: 123456789 }
  word: { secret: true, default: secret }
steps:
  - request: POST {{ webex_url }}/_wxflow/echo?u={{ s }}&h={{ s | base64_encode }}&w={{ word }}
    headers: { x-s: "a{{ s | base64_encode }}", x-t: "{{ s | url_encode }}" }
    json:
      raw: "{{ s }}"
      b0: "{{ s | base64_encode }}"
      b1: "{{ ('x' ~ s) | base64_encode }}"
      b2: "{{ ('xy' ~ s) | base64url_encode }}"
      json: "{{ {'a': s} | tojson }}"
      percent: "{{ s | url_encode }}"
      html: "{{ s | escape }}"
      pin: "{{ pin }}"
      list: [1, "{{ pin }}", 2]
      word: "{{ word }}"
    expect: { json: { $.json.list: { length: 3 } } }
"#;
    let project = recorded(steps, 0);
    let whole = har(&project);
    let text = whole.to_string();
    for secret in ["hunter", "ABCDEFG", "QUJDREVGRy", "FCQ0RFRkct", "BQkNERUZHL", "41424344454647", "123456789"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let sent: Value =
        serde_json::from_str(whole["log"]["entries"][0]["request"]["postData"]["text"].as_str().unwrap()).unwrap();
    assert!(sent["pin"].as_str().unwrap().starts_with("wxflow-secret-"), "{sent}");
    // A placeholder is not masked again, though `secret` is a secret here.
    let placeholder = regex::Regex::new(r"^wxflow-secret-\d{5}$").unwrap();
    assert!(placeholder.is_match(sent["word"].as_str().unwrap()), "{sent}");
    assert!(placeholder.is_match(sent["raw"].as_str().unwrap()), "{sent}");
    told(&replay(&project), 0, &["steps 1 passed", "1 not replayable"]);
}

#[test]
fn tokens_are_recorded_masked_and_replayed_without_a_network() {
    let (url, heard) = oauth::server();
    let project = oauth::project(&url).variable("REFRESH_TOKEN", "from-ci");
    let done = project.run(&["run", "-e", "ci", "-j", "1", "--record", "a.har"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let text = har(&project).to_string();
    assert!(text.contains("/token") && text.contains("grant_type=refresh_token"), "{text}");
    for secret in ["fresh-token", "hunter22", "next-one", "from-ci"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert_eq!(heard.try_iter().count(), 3);
    let other = oauth::project(&url).file("a.har", text);
    let done = other.run(&["run", "-e", "ci", "--replay", "a.har"]);
    told(&done, 0, &["flows 2 passed", "requests 2"]);
    assert_eq!(heard.try_iter().count(), 0);
    assert!(!other.path("home/.local").exists());
}

#[test]
fn a_token_signed_with_a_key_is_replayed() {
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
               -----END PRIVATE KEY-----\n";
    let flow = r#"inputs:
  webex_url: { default: "https://webexapis.com/v1", env: WEBEX_URL }
  key: { secret: true }
steps:
  - jwt: { algorithm: EdDSA, key: { pem: "{{ key }}" }, claims: { sub: x }, expires_in: 60s }
    capture: { token: "{{ jwt.token }}", ends: "{{ jwt.claims.exp }}" }
  - request: GET {{ webex_url }}/_wxflow/echo?e={{ ends }}
    headers: { x-token: "{{ token }}" }
"#;
    let project = Project::new().file("flows/a.flow.yaml", flow).file("key.pem", key);
    let done = project.run(&["run", "--sandbox", "--secret", "key=@key.pem", "--record", "a.har"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let text = har(&project).to_string();
    assert!(!text.contains("MC4CAQAwBQYDK2VwBCIE") && !text.contains("eyJ"), "{text}");
    told(&replay(&project), 0, &["steps 2 passed"]);
}

#[test]
fn redirects_cookies_rows_and_loops_are_replayed() {
    let steps = r#"  who: { default: nobody }
steps:
  - request: GET {{ webex_url }}/_wxflow/cookies/set?session={{ who }}
  - request: GET {{ webex_url }}/_wxflow/redirect?to=/v1/_wxflow/cookies
    expect: { redirects: { length: 1 }, json: { $.cookies.session: "{{ who }}" } }
  - for_each: { n: [1, 2, 2] }
    request: GET {{ webex_url }}/_wxflow/echo?n={{ n }}
    expect: { json: { $.query.n: ["{{ n ~ '' }}"] } }
"#;
    let project =
        Project::new().file("flows/a.flow.yaml", format!("{HEAD}{steps}")).file("rows.csv", "who\nada\ngrace\n");
    let arguments = ["run", "--data", "rows.csv", "--seed", "1", "-j", "1"];
    let recorded = project.run(&[&arguments[..], &["--sandbox", "--record", "a.har"]].concat());
    assert_eq!(recorded.status, 0, "{}{}", recorded.stdout, recorded.stderr);
    let done = project.run(&[&arguments[..], &["--replay", "a.har"]].concat());
    assert_eq!(done, recorded);
    let less = project.run(&["run", "--replay", "a.har"]);
    told(&less, 1, &["is not in the recording"]);
}

#[test]
fn an_interrupted_recording_is_whole_and_not_replayed() {
    let steps = "steps:\n  - request: GET {{ webex_url }}/_wxflow/echo\n    cleanup:\n      request: GET {{ webex_url }}/_wxflow/echo?left=1\n  - wait: 60s\n";
    let project = Project::new().file("flows/a.flow.yaml", format!("{HEAD}{steps}"));
    let mut child = project.command(&["run", "--sandbox", "--record", "a.har"]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains("waiting") {
        assert_ne!(stdout.read_line(&mut text).unwrap(), 0, "{text}");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{text}");
    assert_eq!(har(&project)["log"]["entries"].as_array().unwrap().len(), 2);
    // The `wait` would pass, and so would all that was never begun.
    let refusal = "error: the recording a.har is of a run that was interrupted, so it does not hold all of it\n  \
        record the run again with `wxflow run --record FILE`, and let it end\n";
    replay(&project).is(2, "", refusal);
}

#[test]
fn a_recording_that_cannot_be_written_is_status_3() {
    let project = Project::new().file("flows/a.flow.yaml", format!("{HEAD}steps:\n  - check: ['true']\n"));
    let project = project.file("taken", "");
    let done = project.run(&["run", "--sandbox", "--record", "taken/a.har"]);
    assert_eq!(done.status, 3, "{}{}", done.stdout, done.stderr);
    assert!(done.stderr.starts_with("error: could not write taken/a.har: "), "{}", done.stderr);
}

#[test]
fn a_watched_run_is_recorded_each_time() {
    let project = Project::new().file("flows/a.flow.yaml", crate::project::PASSES);
    let mut child = project.command(&["run", "--watch", "--record", "a.har"]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut wait = || {
        let mut told = String::new();
        while !told.contains("Ctrl-C ends") {
            assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "{told}");
        }
    };
    wait();
    assert_eq!(har(&project)["log"]["pages"][0]["title"], "Passes");
    std::fs::write(project.path("home/new"), crate::project::FAILS).unwrap();
    std::fs::rename(project.path("home/new"), project.path("flows/a.flow.yaml")).unwrap();
    wait();
    assert_eq!(har(&project)["log"]["pages"][0]["title"], "Fails");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn what_is_no_recording_is_told_apart() {
    let project = recorded("steps:\n  - request: GET {{ webex_url }}/_wxflow/echo\n", 0);
    let whole = std::fs::read(project.path("a.har")).unwrap();
    let chrome = r#"{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[{"startedDateTime":"2026-11-21T10:00:00.000Z","id":"page_1","title":"x","pageTimings":{}}],"entries":[{"_initiator":{"type":"other"}}]}}"#;
    let project = project
        .file("cut.har", &whole[..whole.len() - 200])
        .file("chrome.har", chrome)
        .file("later.har", String::from_utf8(whole).unwrap().replace(r#""v":1"#, r#""v":2"#));
    let refused = |name: &str| {
        let done = project.run(&["run", "--replay", name]);
        assert_eq!((done.status, done.stdout.as_str()), (2, ""), "{}", done.stderr);
        done.stderr
    };
    let cut = refused("cut.har");
    assert!(cut.starts_with("error: the recording cut.har is cut off: EOF while parsing"), "{cut}");
    let help = "`wxflow run --record FILE` makes a recording; `wxflow import har` makes flows of a HAR file";
    let expected =
        format!("error: chrome.har is a HAR file made by WebInspector, not a recording of a run\n  {help}\n");
    assert_eq!(refused("chrome.har"), expected);
    let later = refused("later.har");
    assert!(later.starts_with("error: later.har was recorded by another version of wxflow\n"), "{later}");
}
