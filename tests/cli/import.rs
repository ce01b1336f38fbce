//! `wxflow import postman`: files on stdout, notes and losses on stderr, all or nothing on the disk.

use crate::project::Project;

const COLLECTION: &str = r#"{
  "info": { "name": "Rooms", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
  "item": [
    {
      "name": "Who",
      "event": [{ "listen": "test", "script": { "exec": ["pm.test('ok', () => pm.response.to.have.status(200));", "pm.environment.set('_me', pm.response.json().id);"] } }],
      "request": { "method": "GET", "url": "{{WEBEX}}/people/me", "header": [{ "key": "Authorization", "value": "Bearer {{access_token}}" }] }
    },
    { "name": "Me again", "request": { "method": "GET", "url": "{{WEBEX}}/people/{{_me}}", "header": [{ "key": "Authorization", "value": "Bearer {{access_token}}" }] } }
  ],
  "variable": [{ "key": "WEBEX", "value": "https://webexapis.com/v1" }]
}"#;
const ENVIRONMENT: &str =
    r#"{ "name": "Live", "values": [{ "key": "access_token", "value": "abcdef-123456", "enabled": true }] }"#;

#[test]
fn a_collection_becomes_flows_that_run() {
    let project = Project::new().file("c.json", COLLECTION).file("e.json", ENVIRONMENT);
    let done = project.run(&["import", "postman", "c.json", "--environment", "e.json"]);
    assert_eq!(done.stdout, "flows/rooms.flow.yaml\nenvironments/live.yaml\n");
    assert_eq!(
        done.stderr,
        "note: the variable _me is `me` here\n\
         note: secrets are not written: give them with --secret NAME=@FILE or in an environment: access_token\n"
    );
    assert_eq!(done.status, 0);
    let flow = std::fs::read_to_string(project.path("flows/rooms.flow.yaml")).unwrap();
    assert_eq!(
        flow,
        "name: Rooms\n\
         \n\
         inputs:\n  access_token: { env: WEBEX_ACCESS_TOKEN, secret: true }\n  \
         WEBEX: { default: https://webexapis.com/v1, env: WEBEX_URL }\n\
         defaults:\n  base_url: \"{{ WEBEX }}\"\n  auth: { bearer: \"{{ access_token }}\" }\n\
         \n\
         steps:\n  - name: Who\n    request: GET /people/me\n    expect: { status: 200 }\n    capture: { me: $.id }\n    \
         continue_on_failure: true\n\
         \n  - name: Me again\n    request: \"GET /people/{{ me }}\"\n    expect: { status: any }\n    continue_on_failure: true\n"
    );
    let environment = std::fs::read_to_string(project.path("environments/live.yaml")).unwrap();
    assert_eq!(environment, "secrets:\n  access_token: { env: WEBEX_ACCESS_TOKEN }\n");
    assert_eq!(project.run(&["run", "--sandbox", "-q"]).status, 0);
}

#[test]
fn what_is_lost_makes_the_status_1() {
    let lossy = COLLECTION.replace("pm.test('ok', () => ", "pm.sendRequest('https://x.example'); pm.test('ok', () => ");
    let project = Project::new().file("c.json", lossy);
    let done = project.run(&["import", "postman", "c.json", "--out", "new/place"]);
    assert_eq!(done.stdout, "new/place/flows/rooms.flow.yaml\n");
    let last = done.stderr.lines().last().unwrap();
    assert_eq!(last, "not carried over: c.json: Who: test script, line 1: pm.sendRequest('https://x.example');");
    assert_eq!(done.status, 1);
}

#[test]
fn nothing_is_written_over_unless_asked() {
    let project = Project::new().file("c.json", COLLECTION).file("flows/rooms.flow.yaml", "mine");
    let done = project.run(&["import", "postman", "c.json"]);
    assert_eq!(
        done.stderr,
        "error: ./flows/rooms.flow.yaml: the file exists; nothing was written\n  \
         name another folder with --out, or write over what is there with --force\n"
    );
    assert_eq!((done.status, done.stdout.as_str()), (2, ""));
    assert_eq!(std::fs::read_to_string(project.path("flows/rooms.flow.yaml")).unwrap(), "mine");
    assert_eq!(project.run(&["import", "postman", "c.json", "--force"]).status, 0);
    assert_ne!(std::fs::read_to_string(project.path("flows/rooms.flow.yaml")).unwrap(), "mine");
    // Nothing else is left behind.
    let names: Vec<_> = std::fs::read_dir(project.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|n| n.to_string_lossy().starts_with(".wxflow")), "{names:?}");
}

#[test]
fn bad_input_names_its_place_and_writes_nothing() {
    let project = Project::new().file("c.json", &COLLECTION[..200]).file("folder/readme.yaml", "a: b\n");
    let done = project.run(&["import", "postman", "c.json", "--out", "out"]);
    assert!(done.stderr.starts_with("error: c.json:6:46: "), "{}", done.stderr);
    assert!(done.stderr.contains("the file ends in the middle"), "{}", done.stderr);
    assert_eq!(done.status, 2);
    let done = project.run(&["import", "postman", "folder", "--out", "out"]);
    assert!(done.stderr.starts_with("error: folder: no *.request.yaml in this folder"), "{}", done.stderr);
    let done = project.run(&["import", "postman", "gone.json", "--out", "out"]);
    assert!(done.stderr.contains("gone.json") && done.status == 2, "{}", done.stderr);
    assert!(!project.path("out").exists());
}
