//! `wxflow validate`.

use crate::project::{BROKEN, PASSES, Project};

#[test]
fn valid_flows_are_counted() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/_p.flow.yaml", PASSES);
    project.run(&["validate"]).is(0, "2 flows valid\n", "");
}

#[test]
fn mistakes_go_to_stderr_or_into_the_format() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("flows/_p.flow.yaml", BROKEN);
    project.run(&["validate"]).is(
        2,
        "1 flow valid, 1 not\n",
        "
error[unknown-key]: a step has no key `nmae`
 --> flows/_p.flow.yaml:2:5
  |
2 |   - nmae: x
  |     ^^^^
  |
  = help: did you mean `name`?

",
    );
    project.run(&["validate", "--format", "github"]).is(
        2,
        "::error file=flows/_p.flow.yaml,line=2,col=5,title=unknown-key::a step has no key `nmae`%0Adid you mean `name`?\n",
        "",
    );
    let done = project.run(&["validate", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(list[0]["code"], "unknown-key");
    assert_eq!(list[0]["line"], 2);
}
