//! `wxflow import curl` and `wxflow import har`.

use std::io::Write as _;
use std::process::Stdio;

use crate::project::{Done, Project};

const COMMANDS: &str = r#"# Who am I
curl -sS -H "Authorization: Bearer abcdefghijk" https://webexapis.com/v1/people/me

# Make a room
curl -X POST 'https://webexapis.com/v1/rooms?notify=true&tag=a%20b' -H "Authorization: Bearer abcdefghijk" \
  -H 'Content-Type: application/json' -d '{"title": "it'"'"'s {{x}}", "n": 1, "password": "supersecret1"}'

curl -F files=@agenda.txt\;type=text/plain -F roomId=$ROOM_ID -u me:pass1234 https://webexapis.com/v1/messages -k
"#;

#[test]
fn commands_become_steps_and_secrets_inputs() {
    let project = Project::new().file("rooms.sh", COMMANDS);
    project.run(&["import", "curl", "rooms.sh"]).is(
        1,
        "flows/rooms.flow.yaml\n",
        "
note: input `room_id` takes its value from ROOM_ID: run with --allow-env ROOM_ID
note: input `token` takes its value from the variable WEBEX_ACCESS_TOKEN
note: input `password` is a secret and was not written: run with --secret password=@FILE
note: input `password_2` is a secret and was not written: run with --secret password_2=@FILE
not carried over: rooms.sh: line 8: `-k`: certificates are checked: run with --insecure HOST
",
    );
    let flow = std::fs::read_to_string(project.path("flows/rooms.flow.yaml")).unwrap();
    assert_eq!(
        flow,
        r#"name: rooms

inputs:
  room_id: { env: ROOM_ID }
  token:
    env: WEBEX_ACCESS_TOKEN
    secret: true
    hosts: [webexapis.com]
    description: The access token for webexapis.com
  password: { secret: true, hosts: [webexapis.com], description: The field password }
  password_2:
    secret: true
    hosts: [webexapis.com]
    description: The password for webexapis.com
  files_file:
    default: ../agenda.txt
    description: A file, relative to this flow's folder
defaults:
  base_url: https://webexapis.com/v1

steps:
  - name: Who am I
    request: GET /people/me
    auth: { bearer: "{{ token }}" }

  - name: Make a room
    request: POST /rooms
    query: { notify: "true", tag: a b }
    auth: { bearer: "{{ token }}" }
    json: { title: "it's {{ '{{' }}x}}", n: 1, password: "{{ password }}" }

  - request: POST /messages
    auth: { basic: { username: me, password: "{{ password_2 }}" } }
    multipart:
      files: { file: "{{ files_file }}", type: text/plain }
      roomId: "{{ room_id }}"
"#
    );
    project.run(&["validate"]).is(0, "1 flow valid\n", "");
    let again = project.run(&["import", "curl", "rooms.sh"]);
    assert_eq!(again.status, 2);
    assert!(again.stderr.contains("the file exists; nothing was written"), "{}", again.stderr);
}

#[test]
fn one_command_behind_dashes_runs_against_the_sandbox() {
    let project = Project::new();
    let url = "https://webexapis.com/v1/people/me";
    project.run(&["import", "curl", "--", "curl", "-H", "Authorization: Bearer abcdefghijk", url]).is(
        0,
        "flows/people-me.flow.yaml\n",
        "note: input `token` takes its value from the variable WEBEX_ACCESS_TOKEN\n",
    );
    assert_eq!(project.run(&["run", "--sandbox", "-q"]).status, 0);
}

#[test]
fn stdin_and_the_quotes_of_windows() {
    let text = "curl ^\"https://a.example/items?x=1^&y=2^\" ^\r\n  -X ^\"PUT^\" ^\r\n  -H ^\"content-type: application/json^\" ^\r\n  \
                -H ^\"sec-fetch-mode: cors^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"b^\\^\"^}^\"";
    let project = Project::new();
    let mut child = project.command(&["import", "curl", "--out", "new"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    Done::of(child.wait_with_output().unwrap()).is(
        0,
        "new/flows/items.flow.yaml\n",
        "note: headers that only a browser needs were left out: sec-fetch-mode\n",
    );
    let flow = std::fs::read_to_string(project.path("new/flows/items.flow.yaml")).unwrap();
    let steps = flow.split("steps:\n").nth(1).unwrap();
    assert_eq!(steps, "  - request: PUT /items\n    query: { x: 1, y: 2 }\n    json: { a: b }\n");
}

#[test]
fn what_cannot_be_understood_is_named_with_its_place() {
    let project = Project::new()
        .file("a.sh", "curl https://a.example\n\ncurl --frobnicate https://a.example\n")
        .file("b.sh", "curl 'https://a.example\n")
        .file("c.sh", "wget https://a.example\n");
    let said = |file: &str| {
        let done = project.run(&["import", "curl", file]);
        assert_eq!((done.status, done.stdout.as_str()), (2, ""));
        done.stderr
    };
    assert!(said("a.sh").starts_with("error: a.sh:3: curl's `--frobnicate` is not supported\n"));
    assert!(said("b.sh").starts_with("error: b.sh:1: the quote ' never ends\n"));
    assert!(said("c.sh").starts_with("error: c.sh: there is no curl command\n"));
    assert!(said("gone.sh").starts_with("error: gone.sh cannot be read: "));
    assert!(!project.path("flows").exists());
}

/// Found by fuzzing: the flow had a URL that is none, or a template where curl sends braces.
#[test]
fn data_that_becomes_a_query_is_encoded_where_a_url_cannot_hold_it() {
    let project =
        Project::new().file("a.sh", r#"curl -G https://a.example/items -d '{"a": "b c|{{d}}"}' -d 'q=a%20b'"#);
    project.run(&["import", "curl", "a.sh"]).is(0, "flows/a.flow.yaml\n", "");
    let flow = std::fs::read_to_string(project.path("flows/a.flow.yaml")).unwrap();
    let steps = flow.split("steps:\n").nth(1).unwrap();
    assert_eq!(steps, "  - request: GET /items?%7B%22a%22:%20%22b%20c%7C%7B%7Bd%7D%7D%22%7D&q=a%20b\n");
    project.run(&["validate"]).is(0, "1 flow valid\n", "");
}

const HAR: &str = r#"{"log": {"entries": [
  {"request": {"method": "GET", "url": "https://cdn.example/a.png", "headers": []}, "response": {"status": 200, "content": {"mimeType": "image/png"}}},
  {"request": {"method": "POST", "url": "https://webexapis.com/v1/rooms",
     "headers": [{"name": "Authorization", "value": "Bearer abcdefghijk"}, {"name": "Cookie", "value": "sid=topsecret99"}, {"name": "User-Agent", "value": "Mozilla"}],
     "postData": {"mimeType": "application/json", "text": "{\"title\": \"T\"}"}},
   "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{\"id\": \"Y2lzY29zcGFyazov\"}"}}},
  {"request": {"method": "DELETE", "url": "https://webexapis.com/v1/rooms/Y2lzY29zcGFyazov", "headers": [{"name": "Authorization", "value": "Bearer abcdefghijk"}]},
   "response": {"status": 204, "content": {}}},
  {"request": {"method": "GET", "url": "https://other.example/x", "headers": []}, "response": {"status": 200, "content": {}}}
]}}"#;

#[test]
fn a_har_file_becomes_a_flow_with_captures() {
    let project = Project::new().file("session.har", HAR);
    project.run(&["import", "har", "session.har", "--host", "webexapis.com"]).is(
        0,
        "flows/session.flow.yaml\n",
        "
note: 2 of 4 requests were chosen
note: input `token` takes its value from the variable WEBEX_ACCESS_TOKEN
note: input `cookie` is a secret and was not written: run with --secret cookie=@FILE
note: headers that only a browser needs were left out: user-agent
",
    );
    let flow = std::fs::read_to_string(project.path("flows/session.flow.yaml")).unwrap();
    assert!(!flow.contains("abcdefghijk") && !flow.contains("topsecret99"), "{flow}");
    assert_eq!(
        flow.split("defaults:\n").nth(1).unwrap(),
        r#"  base_url: https://webexapis.com/v1
  auth: { bearer: "{{ token }}" }

steps:
  - request: POST /rooms
    headers: { Cookie: "{{ cookie }}" }
    json: { title: T }
    capture: { room_id: $.id }

  - request: "DELETE /rooms/{{ room_id }}"
    expect: { status: 204 }
"#
    );
    project.run(&["validate"]).is(0, "1 flow valid\n", "");
}

#[test]
fn a_har_file_that_is_cut_says_where() {
    let project = Project::new().file("a.har", &HAR[..200]).file("b.har", "{\"log\": {\"entries\": []}}");
    let cut = project.run(&["import", "har", "a.har"]);
    assert_eq!(cut.status, 2);
    assert!(cut.stderr.starts_with("error: a.har:3:"), "{}", cut.stderr);
    let empty = project.run(&["import", "har", "b.har"]);
    empty.is(2, "", "error: b.har: none of its 0 requests is chosen\n  the file has no entries\n");
}

/// Found by fuzzing: an importer marks what it fills in, and a host may begin with the letters of a mark.
#[test]
fn a_host_with_the_letters_of_a_mark_is_a_host() {
    let project = Project::new();
    project.run(&[
        "import",
        "curl",
        "curl qxvhole && curl http://b.example/x && curl http://b.example/y",
        "--out",
        "new",
    ]);
    let flow = std::fs::read_to_string(project.path("new/flows/qxvhole.flow.yaml")).unwrap();
    assert!(flow.contains("- request: GET http://qxvhole/\n"), "{flow}");
}
