//! `wxflow list`.

use crate::project::{PASSES, Project};

const ASKS: &str = "\
name: Asks
inputs:
  name: { default: Ann, description: Who }
  token: { env: WEBEX_BOT_TOKEN, secret: true }
steps:
  - check: [\"name != token\"]
  - wait: 1ms
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
  Asks, 2 steps
    name   default \"Ann\" · Who
    token  required, secret, env WEBEX_BOT_TOKEN
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
