//! `use` from outside: one `once` login for many flows, and mistakes around used flows.

use crate::project::Project;

const PART: &str = include_str!("../../flows/_login-guest.flow.yaml");
const FLOW: &str = include_str!("../../flows/recipes/log-in-once.flow.yaml");

#[test]
fn one_login_for_twenty_flows_on_four_threads() {
    let flow = FLOW.replace("../_login-guest", "./_login-guest");
    let mut project = Project::new().file("flows/_login-guest.flow.yaml", PART);
    for n in 1..=20 {
        project = project.file(&format!("flows/f{n}.flow.yaml"), &flow);
    }
    let done = project.run(&["run", "flows", "--sandbox", "-j", "4", "--report", "events=events.ndjson"]);
    assert_eq!(done.status, 0, "{}{}", done.stdout, done.stderr);
    let events = std::fs::read_to_string(project.path("events.ndjson")).unwrap();
    assert_eq!(events.matches("/jwt/login\"").count(), 1);
    assert_eq!(events.matches("\"reused\":true").count(), 19);
}

#[test]
fn an_input_that_nothing_gives_is_told_at_the_use_and_nothing_is_sent() {
    let project = Project::new()
        .file("flows/_part.flow.yaml", "inputs: { user: null }\nsteps: [{ wait: 0s }]\n")
        .file("flows/a.flow.yaml", "steps:\n  - use: ./_part.flow.yaml\n");
    let done = project.run(&["run", "flows"]);
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("`flows/_part.flow.yaml`: input `user` has no value"), "{}", done.stderr);
    assert!(done.stderr.contains("flows/a.flow.yaml:2:10"), "{}", done.stderr);
    assert!(done.stderr.contains("give it here: `with: { user: … }`"), "{}", done.stderr);
}
