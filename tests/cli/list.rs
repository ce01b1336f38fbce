//! `wxflow list`.

use crate::project::{BROKEN, PASSES, Project};

const ASKS: &str = "\
name: Asks
description: Asks for two things.
inputs:
  name: { default: Ann, description: Who }
  token: { env: WEBEX_BOT_TOKEN, secret: true }
steps:
  - check: [\"name != token\"]
  - wait: 1ms
outputs: { name: \"{{ name }}\" }
";

#[test]
fn text() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/b.flow.yaml", ASKS);
    project.run(&["list"]).is(
        0,
        "
flows/a.flow.yaml
  Passes, 1 step, tags smoke

flows/b.flow.yaml
  Asks, 2 steps, outputs name
  Asks for two things.
    name   string, default \"Ann\" · Who
    token  string, required, secret, env WEBEX_BOT_TOKEN
",
        "",
    );
}

#[test]
fn json() {
    let done = Project::new().file("flows/b.flow.yaml", ASKS).run(&["list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(list[0]["path"], "flows/b.flow.yaml");
    assert_eq!(list[0]["inputs"][1]["env"], "WEBEX_BOT_TOKEN");
    assert_eq!(list[0]["inputs"][1]["required"], true);
    assert_eq!(list[0]["steps"].as_array().map(Vec::len), Some(2));
}

#[test]
fn parts_are_marked_and_broken_flows_hide_no_others() {
    let project = Project::new()
        .file("flows/_p.flow.yaml", PASSES)
        .file("flows/b.flow.yaml", BROKEN)
        .file("flows/c.flow.yaml", PASSES);
    let done = project.run(&["list"]);
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("a step has no key `nmae`"), "{}", done.stderr);
    let expected = "\
flows/_p.flow.yaml  (part)
  Passes, 1 step, tags smoke

flows/b.flow.yaml
  not valid: 1 mistake

flows/c.flow.yaml
  Passes, 1 step, tags smoke
";
    assert_eq!(done.stdout, expected);
    let done = project.run(&["list", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let marks: Vec<_> = list.as_array().unwrap().iter().map(|f| (&f["part"], &f["valid"])).collect();
    assert_eq!(serde_json::json!(marks), serde_json::json!([[true, true], [false, false], [false, true]]));
}
