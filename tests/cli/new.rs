//! `wxflow new`.

use crate::project::Project;

#[test]
fn a_new_flow_runs_as_it_is() {
    let project = Project::new();
    project.run(&["new", "Say hello"]).is(
        0,
        "flows/say-hello.flow.yaml\n",
        "next: look at it, then `wxflow validate flows/say-hello.flow.yaml` and `wxflow run --sandbox flows/say-hello.flow.yaml`\n",
    );
    project.run(&["validate"]).is(0, "1 flow valid\n", "");
    assert_eq!(project.run(&["run", "--sandbox", "-q"]).status, 0);
    let flow = std::fs::read_to_string(project.path("flows/say-hello.flow.yaml")).unwrap();
    assert!(flow.contains("\nname: Say hello\n"), "{flow}");
    let again = project.run(&["new", "say-hello"]);
    assert_eq!(again.status, 2);
    assert_eq!(project.run(&["new", "say-hello", "--force"]).status, 0);
}

#[test]
fn a_new_flow_from_a_curl_command() {
    let project = Project::new();
    let done = project.run(&["new", "who", "--from-curl", "curl https://webexapis.com/v1/people -u a:b12345678"]);
    assert_eq!((done.status, done.stdout.as_str()), (0, "flows/who.flow.yaml\n"));
    let flow = std::fs::read_to_string(project.path("flows/who.flow.yaml")).unwrap();
    assert!(flow.contains("name: who\n") && flow.contains("request: GET /people\n"), "{flow}");
    assert!(!flow.contains("b12345678"));
    assert_eq!(project.run(&["new", "x", "--from-curl", "wget x"]).status, 2);
    assert_eq!(project.run(&["new", "//"]).status, 2);
}
