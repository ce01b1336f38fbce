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

#[test]
fn a_folders_environments_are_checked_too() {
    let project = Project::new().file("flows/a.flow.yaml", PASSES).file("environments/a.yaml", "vars: {}\n");
    project.run(&["validate"]).is(0, "1 flow valid\n1 environment valid\n", "");
    let project = project.file("environments/b.yaml", "vars: 1\n");
    let done = project.run(&["validate", "flows"]);
    assert_eq!((done.status, done.stdout.as_str()), (2, "1 flow valid\n1 environment valid, 1 not\n"));
    assert!(done.stderr.contains("environments/b.yaml:1:7"), "{}", done.stderr);
    assert_eq!(project.run(&["validate", "flows/a.flow.yaml"]).status, 0, "who names a flow means that one");
}
